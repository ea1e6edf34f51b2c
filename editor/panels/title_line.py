"""A title in a line of its own: a name that can be edited where it stands."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, Qt
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QLineEdit, QStyle, QStyleOptionFrame

from editor import theme
from editor.plain import set_tip

MARGIN = 2
"""Pixels that Qt leaves free at both ends of a line's text."""


class TitleLine(QLineEdit):
    """A name that can be edited. While nobody edits it, its beginning is in sight.

    What is longer than the line is cut with … meanwhile, and the tip has the whole.
    """

    INSET = 7
    """Pixels from its edge to its text, so that what lies below can begin where the text does."""

    def __init__(self, points: float, name: str, tip: str) -> None:
        super().__init__()
        self._tip = tip
        self.setProperty("kind", "title")
        self.setFont(theme.ui_font(points, bold=True))
        self.setAccessibleName(name)
        set_tip(self, tip)

    def show_text(self, text: str) -> None:
        """What to show; where it is shown already, the cursor stays."""
        if text != self.text():
            self.setText(text)
            self.setCursorPosition(0)

    @property
    def shown(self) -> str:
        """What is in sight of the text: all of it while it is edited, else cut with … where it does not fit."""
        if self.hasFocus():
            return self.text()
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self._room().width())

    def _room(self) -> QRect:
        option = QStyleOptionFrame()
        self.initStyleOption(option)
        inside = self.style().subElementRect(QStyle.SubElement.SE_LineEditContents, option, self)
        return inside.adjusted(MARGIN, 0, -MARGIN, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        shown = self.shown
        if shown == self.text():
            super().paintEvent(event)
            return
        option = QStyleOptionFrame()
        self.initStyleOption(option)
        painter = QPainter(self)
        self.style().drawPrimitive(QStyle.PrimitiveElement.PE_PanelLineEdit, option, painter, self)
        painter.setPen(self.palette().color(QPalette.ColorRole.Text))
        painter.drawText(self._room(), int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            set_tip(self, self._tip if self.shown == self.text() else f"{self.text()}\n{self._tip}")
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.setCursorPosition(0)
