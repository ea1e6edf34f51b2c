"""The steps of a lesson as dots: which are done, and which one is on show."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from editor import theme
from editor.plain import set_tip
from editor.scale import px

_SIDE, _APART, _LEAST = 9, 15, 5
"""In pixels: a dot, from one to the next where there is room for it, and at least."""


class Dots(QWidget):
    """``chosen``: a step was clicked. Where the steps are too many for dots they are a bar."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._done: tuple[bool, ...] = ()
        self._asks: tuple[bool, ...] = ()
        self._at = 0
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        theme.notifier.changed.connect(self.update)

    def show_steps(self, done: Sequence[bool], asks: Sequence[bool], at: int) -> None:
        """done: which steps are; asks: which ask for something; at: the one on show."""
        self._done, self._asks, self._at = tuple(done), tuple(asks), at
        count = len(self._done)
        self.setAccessibleName(f"Step {at + 1} of {count}, {sum(self._done)} done" if count else "No steps")
        set_tip(self, "Click a dot to go to its step; a full one is done")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(px(120), px(18))

    @property
    def _apart(self) -> float:
        return min(float(px(_APART)), (self.width() - px(_SIDE) - 2) / max(len(self._done) - 1, 1))

    def middle(self, index: int) -> QPointF:
        """Where the dot of a step is."""
        return QPointF(px(_SIDE) / 2 + 1 + index * self._apart, self.height() / 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.hasFocus():
            painter.setPen(theme.color(t.focus))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        if not self._done:
            return
        if self._apart < px(_LEAST):
            self._paint_bar(painter)
            return
        radius = px(_SIDE) / 2
        for i, done in enumerate(self._done):
            here, middle = i == self._at, self.middle(i)
            color = theme.color(t.good if done else t.text if here else t.text_faint)
            painter.setPen(QPen(color, 1.6))
            painter.setBrush(color if done else Qt.BrushStyle.NoBrush)
            size = radius - 1 if here or self._apart > px(_SIDE) else self._apart / 2 - 1
            size = size if self._asks[i] or here else size * 0.62
            painter.drawEllipse(middle, size, size)
            if here:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(theme.color(t.text), 1.4))
                painter.drawEllipse(middle, radius + 1.5, radius + 1.5)

    def _paint_bar(self, painter: QPainter) -> None:
        t, high = theme.current(), float(px(5))
        whole = QRectF(1, (self.height() - high) / 2, self.width() - 2, high)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(t.line))
        painter.drawRoundedRect(whole, high / 2, high / 2)
        share = (self._at + 1) / len(self._done)
        painter.setBrush(theme.color(t.good))
        painter.drawRoundedRect(QRectF(whole.left(), whole.top(), whole.width() * share, high), high / 2, high / 2)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._done and event.button() == Qt.MouseButton.LeftButton:
            index = round((event.position().x() - px(_SIDE) / 2 - 1) / max(self._apart, 0.1))
            self.chosen.emit(max(0, min(index, len(self._done) - 1)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(Qt.Key(event.key()), 0)
        if step and 0 <= self._at + step < len(self._done):
            self.chosen.emit(self._at + step)
        elif not step:
            super().keyPressEvent(event)
