"""Which keys belong to the widget that has the focus before they are shortcuts of the window."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
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
from shiboken6 import isValid

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


MOVES = "moves"
"""The property of any other widget in which they move something."""
LEADS = "leads"
"""The property of a widget from which keys lead a walk on, and which leaves them to a question on the way."""
Actions = Callable[[], Iterable[QAction]]


class OwnKeys(QObject):
    """Sees the keys of a window before they are shortcuts, and leaves to the widget with the focus what is its own.

    A line of text has some keys of its own on some systems, such as Ctrl+E on X11; what the window means by them with
    Ctrl or Alt is the window's. Esc that nobody uses takes back what was typed into a line, and then gives the keyboard
    to ``home``.
    """

    def __init__(self, window: QWidget, home: QWidget, parts: Iterable[QWidget], actions: Actions) -> None:
        """``parts``: those of its parts that may become windows of their own. ``actions``: whose keys, wherever they
        are pressed, are the window's."""
        super().__init__(window)
        self._home, self._windows, self._actions = home, (window, *parts), actions
        QApplication.instance().focusChanged.connect(self._watch)  # type: ignore[union-attr]
        for each in self._windows:
            each.installEventFilter(self)

    def _watch(self, before: QWidget | None, now: QWidget | None) -> None:
        """The line that has the keyboard, and no other."""
        for line in (before, now):
            if isinstance(line, QLineEdit) and isValid(line):
                line.removeEventFilter(self)
        if isinstance(now, QLineEdit) and now.window() in self._windows:
            now.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent):
            return False
        if isinstance(watched, QLineEdit):
            return event.type() == QEvent.Type.ShortcutOverride and self._is_the_windows(event)
        focus = QApplication.focusWidget()
        if event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape:
            return self._escape(focus)
        own = event.type() == QEvent.Type.ShortcutOverride and belongs_to(focus, event)
        if own:
            event.accept()
        return own

    def _is_the_windows(self, event: QKeyEvent) -> bool:
        pressed = QKeySequence(event.keyCombination())
        held = event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
        means = bool(held) and any(pressed in action.shortcuts() for action in self._actions())
        if means:
            event.ignore()  # so that nobody claims it before it is a shortcut
        return means

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
    moves = widget is not None and (isinstance(widget, _MOVED) or bool(widget.property(MOVES)))
    return event.key() in _MOVING and not held and moves
