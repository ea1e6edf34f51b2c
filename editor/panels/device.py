"""The device chip: where training runs, and why there."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from compute.errors import as_sentence
from compute.snapshot import Snapshot
from editor import theme
from editor.plain import set_tip
from editor.scale import factor, px
from editor.session import Session


class DeviceChip(QAbstractButton):
    """A green chip with the OpenCL device, an amber one with the reference engine; the tip gives the reason.

    While the device is kept from training it says by what. A click asks for another one.
    """

    WIDEST = 30

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFont(theme.ui_font(9.0))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._said = ("", False, "")
        session.snapshot_changed.connect(self._show)
        self._show(session.snapshot)

    def text(self) -> str:
        """The device as the chip names it."""
        return self._said[0]

    def _show(self, snapshot: Snapshot) -> None:
        text = snapshot.busy or (device_name(snapshot.device) if snapshot.device else "Looking for devices …")
        reason = snapshot.busy or snapshot.device_problem or snapshot.device_reason
        if (text, snapshot.on_opencl, reason) == self._said:
            return
        self._said = text, snapshot.on_opencl, reason
        kind = "OpenCL device" if snapshot.on_opencl else "Computing on"
        name = snapshot.device or "not known yet"
        set_tip(self, f"{kind}: {name}\n{as_sentence(reason)}\nClick to choose another.")
        self.setAccessibleName(f"{kind}: {name}")
        self.setAccessibleDescription(reason)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        return QSize(metrics.horizontalAdvance(self._cut()) + px(50), metrics.height() + px(8))

    def minimumSizeHint(self) -> QSize:
        return QSize(px(120), self.sizeHint().height())

    def _cut(self) -> str:
        text = self.text()
        return text if len(text) <= self.WIDEST else text[: self.WIDEST - 1].rstrip() + "…"

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        ground, ink = (t.good_ground, t.good) if self._said[1] else (t.hover, t.warning)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = t.focus if self.hasFocus() else ink if self.underMouse() else ground
        painter.setPen(QPen(theme.color(line), 1.0))
        painter.setBrush(theme.color(ground))
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(area, area.height() / 2, area.height() / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(ink))
        side = factor()
        painter.drawEllipse(QRectF(11 * side, area.center().y() - 3.5 * side, 7 * side, 7 * side))
        painter.setPen(QPen(theme.color(ink), 1.4 * side))
        room = area.adjusted(24 * side, 0, -24 * side, 0)
        text = painter.fontMetrics().elidedText(self._cut(), Qt.TextElideMode.ElideRight, round(room.width()) + 1)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)
        painter.translate(area.right() - 16.5 * side, area.center().y())
        painter.scale(side, side)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline([QPointF(-3.5, -1.5), QPointF(0, 2), QPointF(3.5, -1.5)])


def device_name(device: str) -> str:
    """A device's name without the noise that vendors put into it."""
    for noise in ("(R)", "(TM)", "(tm)", " CPU", " Processor", " with Radeon Graphics"):
        device = device.replace(noise, "")
    return " ".join(device.split())
