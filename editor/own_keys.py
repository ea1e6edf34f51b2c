"""Which keys belong to the widget that has the focus before they are shortcuts of the window."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QTabBar,
    QWidget,
)

_MOVING = frozenset(
    {
        Qt.Key.Key_Left,
        Qt.Key.Key_Right,
        Qt.Key.Key_Up,
        Qt.Key.Key_Down,
        Qt.Key.Key_Home,
        Qt.Key.Key_End,
        Qt.Key.Key_PageUp,
        Qt.Key.Key_PageDown,
    }
)
_MOVED = (QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox, QTabBar)
"""What such keys move something in; texts see to that themselves."""


class OwnKeys(QObject):
    """Sees the keys of a window before they are shortcuts, and leaves to the widget with the focus what is its own.

    Esc that nobody uses takes back what was typed into a line, and then gives the keyboard to ``home``.
    """

    def __init__(self, window: QWidget, home: QWidget, parts: Iterable[QWidget] = ()) -> None:
        """``parts``: those of its parts that may become windows of their own."""
        super().__init__(window)
        self._home = home
        for each in (window, *parts):
            each.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent):
            return False
        focus = QApplication.focusWidget()
        if event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape:
            return self._escape(focus)
        own = event.type() == QEvent.Type.ShortcutOverride and belongs_to(focus, event)
        if own:
            event.accept()
        return own

    def _escape(self, focus: QWidget | None) -> bool:
        if isinstance(focus, QLineEdit) and focus.isModified():
            while focus.isUndoAvailable():
                focus.undo()
            focus.setModified(False)
            return True
        if focus is self._home or not self._home.isVisible():
            return False
        self._home.activateWindow()
        self._home.setFocus(Qt.FocusReason.TabFocusReason)
        return True


def belongs_to(widget: QWidget | None, event: QKeyEvent) -> bool:
    """Whether a key is that widget's own: one that moves in a table, a list or along a slider, and Esc in a text that
    was changed."""
    held = event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier)
    if event.key() == Qt.Key.Key_Escape:
        return isinstance(widget, QLineEdit) and widget.isModified()
    return event.key() in _MOVING and not held and isinstance(widget, _MOVED)
