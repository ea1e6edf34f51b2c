"""What the audit found of a weight or a wire, beside its numbers: a badge with a line, and one in each cell that was
compared."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from compute.check.result import Item, Verdict
from compute.explain import Quantity
from compute.graph import RecordId
from compute.tensor_view import TensorView
from editor import theme
from editor.canvas.ink import ink
from editor.canvas.paint_audit import paint_badge
from editor.plain import set_tip
from editor.scale import px
from editor.session import Session

RADIUS = 6.0
Cells = Mapping[tuple[int, int], Verdict]


def cells_of(item: Item | None, laid_out: TensorView) -> Cells:
    """Each cell of a table whose entry was compared, with what was found."""
    return {} if item is None else {laid_out.cell(entry): verdict for entry, verdict in item.entries.items()}


def badge_icon(verdict: Verdict | None) -> QIcon:
    """The badge of a verdict, for a list; empty for none."""
    side, ratio = 2 * px(RADIUS) + 2, 2.0
    pixmap = QPixmap(QSize(side, side) * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    if verdict is not None:
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_badge(painter, QPointF(side / 2, side / 2), px(RADIUS), verdict, ink())
        painter.end()
    return QIcon(pixmap)


class VerdictLine(QPushButton):
    """A badge with its sentence, cut where it is long; a press leads to all that was found of the node. Nothing while
    there is no audit of the numbers on show."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.item: Item | None = None
        self._record: RecordId | None = None
        self.setAccessibleName("What the audit found")
        set_tip(self, "What the audit found")
        self.setProperty("kind", "flat")
        self.setFont(theme.ui_font(9.0))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.hide()
        self.clicked.connect(self._read)

    def show_item(self, quantity: Quantity) -> Item | None:
        """What was found of the weight or wire that has these numbers."""
        found = self.session.auditing.shown
        self.item = item = found.at(quantity) if found is not None else None
        self.setVisible(item is not None)
        if found is not None and item is not None:
            said = found.told(item, self.session.facts.label)
            if said != self.accessibleName():
                self.setAccessibleName(said)
                set_tip(self, said)
            self._record = item.wire[1:] if item.wire is not None else item.node
            self.update()
        return item

    def _read(self) -> None:
        if self._record is not None:
            self.session.auditing.ask(self._record)

    def sizeHint(self) -> QSize:
        return QSize(px(120), self.fontMetrics().height() + px(8))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.item is None:
            return
        t, radius = theme.current(), px(RADIUS)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() or self.hasFocus():
            painter.setPen(theme.color(t.focus) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(t.hover))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 6, 6)
        paint_badge(painter, QPointF(radius + px(4), self.height() / 2), radius, self.item.verdict, ink())
        painter.setFont(self.font())
        painter.setPen(theme.color(t.error if self.item.verdict == "failed" else t.text_dim))
        area = self.rect().adjusted(2 * radius + px(10), 0, -px(4), 0)
        text = self.fontMetrics().elidedText(self.accessibleName(), Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), text)
