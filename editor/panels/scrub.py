"""A number that is typed, or dragged to the left and right."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QLineEdit

from editor import theme
from editor.panels.fields import number, number_text
from editor.panels.widgets import set_kind
from editor.plain import set_tip
from editor.scale import px

_PIXELS = 100.0
"""So many pixels of a drag change a number by its own size."""
_LEAST = 0.5
"""What counts as the size of a smaller number."""


class Scrub(QLineEdit):
    """put: another number, typed (Enter) or stepped to by the up and down keys; dragged: on the way of a drag.

    A drag that begins while nothing is typed changes the number: with Shift a tenth as fast. Without a drag the press
    puts the keyboard here.
    """

    put = Signal(float)
    dragged = Signal(float)

    def __init__(self, name: str, tip: str) -> None:
        super().__init__()
        self._tip, self._value = tip, 0.0
        self._press: tuple[QPoint, float] | None = None
        self._dragging = False
        self.setAccessibleName(name)
        self.setFont(theme.mono_font(9.5))
        self.setFixedWidth(QFontMetrics(self.font()).horizontalAdvance("−0.000000000") + px(20))
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        set_tip(self, tip)
        self.returnPressed.connect(self._take)

    @property
    def is_dragging(self) -> bool:
        """Whether the number is in the hand."""
        return self._dragging

    def show_value(self, value: float | None) -> None:
        """The number of now, unless another is being typed; None: there is none."""
        self.setEnabled(value is not None)
        if value is None or (self.hasFocus() and self.isModified()):
            if value is None:
                self.setText("")
            return
        self._value = value
        if not self._dragging:
            self.setText(number_text(value))
            if self.hasFocus():
                self.selectAll()

    def _take(self) -> None:
        try:
            value = float(number(self.text()))
        except ValueError as error:
            set_kind(self, "true", "invalid")
            set_tip(self, f"The number {error}.")
            return
        self._calm()
        self.setModified(False)
        self._value = value
        self.put.emit(value)
        self.selectAll()

    def _calm(self) -> None:
        set_kind(self, "false", "invalid")
        set_tip(self, self._tip)

    def _step(self) -> float:
        return max(abs(self._value), _LEAST) / _PIXELS

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = {Qt.Key.Key_Up: 5.0, Qt.Key.Key_Down: -5.0}.get(Qt.Key(event.key()))
        if by is None:
            super().keyPressEvent(event)
            return
        value = float(f"{self._value + by * self._step():.4g}")
        self._value = value
        self.setText(number_text(value))
        self.setModified(False)
        self._calm()
        self.put.emit(value)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and not self.isModified():
            self._press = event.position().toPoint(), self._value
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._press is None:
            super().mouseMoveEvent(event)
            return
        (start, value), at = self._press, event.position().toPoint()
        if not self._dragging and abs(at.x() - start.x()) < QApplication.startDragDistance():
            return
        self._dragging = True
        slow = 0.1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        size = max(abs(value), _LEAST) / _PIXELS
        self._value = float(f"{value + slow * (at.x() - start.x()) * size:.4g}")
        self.setText(number_text(self._value))
        self.setModified(False)
        self.dragged.emit(self._value)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, dragging = self._press, self._dragging
        self._press, self._dragging = None, False
        if pressed is None:
            super().mouseReleaseEvent(event)
        elif not dragging:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.selectAll()
