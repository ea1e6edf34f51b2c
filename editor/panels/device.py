"""The device chip: where training runs, and why there."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from compute.snapshot import Snapshot
from editor import theme
from editor.session import Session


class DeviceChip(QWidget):
    """A green chip with the OpenCL device, an amber one with the reference engine; the tip gives the reason.

    While the device is kept from training it says by what.
    """

    WIDEST = 30

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFont(theme.ui_font(9.0))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._text, self._on = "", False
        session.snapshot_changed.connect(self._show)
        self._show(session.snapshot)

    @property
    def text(self) -> str:
        """The device as the chip names it."""
        return self._text

    def _show(self, snapshot: Snapshot) -> None:
        text = snapshot.busy or (short_name(snapshot.device) if snapshot.device else "Looking for devices …")
        if (text, snapshot.on_opencl) == (self._text, self._on) and snapshot.device:
            return
        self._text, self._on = text, snapshot.on_opencl
        kind = "OpenCL device" if snapshot.on_opencl else "Computing on"
        name = snapshot.device or "not known yet"
        self.setToolTip(f"{kind}: {name}\n{snapshot.busy or snapshot.device_reason}".strip())
        self.setAccessibleName(f"{kind}: {name}")
        self.setAccessibleDescription(snapshot.busy or snapshot.device_reason)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        return QSize(metrics.horizontalAdvance(self._cut()) + 34, metrics.height() + 8)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _cut(self) -> str:
        return self._text if len(self._text) <= self.WIDEST else self._text[: self.WIDEST - 1].rstrip() + "…"

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        ground, ink = (t.good_ground, t.good) if self._on else (t.hover, t.warning)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(ground))
        area = QRectF(self.rect())
        painter.drawRoundedRect(area, area.height() / 2, area.height() / 2)
        painter.setBrush(theme.color(ink))
        painter.drawEllipse(QRectF(11, area.center().y() - 3.5, 7, 7))
        painter.setPen(theme.color(ink))
        painter.drawText(area.adjusted(24, 0, -8, 0), Qt.AlignmentFlag.AlignVCenter, self._cut())


def short_name(device: str) -> str:
    """A device's name without the noise that vendors put into it."""
    for noise in ("(R)", "(TM)", "(tm)", " CPU", " Processor", " with Radeon Graphics"):
        device = device.replace(noise, "")
    return " ".join(device.split())
