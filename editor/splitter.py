"""A splitter whose borders are hairlines, in the accent under the pointer."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSplitter, QSplitterHandle

from editor import theme


class _Handle(QSplitterHandle):
    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color(t.focus if self.underMouse() else t.line))
        painter.end()


class Splitter(QSplitter):
    """It paints its borders itself, so that no style sheet has to reach all that is inside."""

    def __init__(self, orientation: Qt.Orientation) -> None:
        super().__init__(orientation)
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)

    def createHandle(self) -> QSplitterHandle:
        handle = _Handle(self.orientation(), self)
        handle.setAttribute(Qt.WidgetAttribute.WA_Hover)
        return handle
