"""What makes a field of the canvas a window of its own: where it stands, and which keys and clicks are its own.

As a child of the canvas it would share the canvas's keys and lose the focus to it at a press on what takes none.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget


def put(popup: QWidget, canvas: QWidget, area: QRect, margin: int = 0) -> None:
    """Put a popup on an area given in pixels of the canvas, moved so far that it lies on the canvas and on the screen.

    Where the canvas has no room for it, it lies on the screen alone.
    """
    area = QRect(canvas.mapToGlobal(area.topLeft()), area.size())
    for room in (QRect(canvas.mapToGlobal(QPoint()), canvas.size()), canvas.screen().availableGeometry()):
        inner = room.adjusted(margin, margin, -margin, -margin)
        area.moveRight(min(area.right(), inner.right()))
        area.moveBottom(min(area.bottom(), inner.bottom()))
        area.moveLeft(max(area.left(), inner.left()))
        area.moveTop(max(area.top(), inner.top()))
    popup.setGeometry(area)


class HeldKeys:
    """The keys that went down here: one held since another had the focus is the other's until it is let go."""

    def __init__(self) -> None:
        self._down: set[int] = set()

    def owns(self, event: QKeyEvent) -> bool:
        """Whether a press, or its repetition, belongs here."""
        if not event.isAutoRepeat():
            self._down.add(event.key())
        return event.key() in self._down

    def forget(self) -> None:
        """The focus went elsewhere."""
        self._down.clear()


class PoppedUp(QObject):
    """Makes a field a popup over the canvas, until ``take`` is done with its text.

    The keys are the field's, a press elsewhere or a close by the system takes the text, and the wheel turned beside
    the field is the canvas's.
    """

    def __init__(self, field: QWidget, canvas: QWidget, take: Callable[[], None]) -> None:
        super().__init__(field)
        self._field, self._canvas, self._take, self._keys = field, canvas, take, HeldKeys()
        field.setWindowFlags(Qt.WindowType.Popup)
        field.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if isinstance(event, QKeyEvent) and kind == QEvent.Type.ShortcutOverride:
            event.accept()  # keys belong to the text while it is edited
        elif isinstance(event, QKeyEvent) and kind == QEvent.Type.KeyPress:
            return not self._keys.owns(event) or self._act(event)
        elif kind == QEvent.Type.Close:
            self._take()
        elif isinstance(event, QMouseEvent) and kind == QEvent.Type.MouseButtonPress:
            if not self._field.rect().contains(event.position().toPoint()):
                self._take()
                self._click_canvas(event)
                return True
        elif isinstance(event, QWheelEvent) and not self._field.rect().contains(event.position().toPoint()):
            self._turn_canvas(event)
            return True
        return super().eventFilter(watched, event)

    def _act(self, event: QKeyEvent) -> bool:
        """Whether a key means something for the window, whatever is typed: function keys are no text, so what was typed
        is taken and what they stand for is done."""
        if not Qt.Key.Key_F1 <= event.key() <= Qt.Key.Key_F35:
            return False
        keys = QKeySequence(event.keyCombination())
        meant = (each for each in self._canvas.window().actions() if keys in each.shortcuts() and each.isEnabled())
        action = next(meant, None)
        if action is not None:
            self._take()
            action.trigger()
        return action is not None

    def _click_canvas(self, event: QMouseEvent) -> None:
        """The press is a click on what lies there; the release may be lost with the popup, so it comes at once."""
        window, none = self._canvas.window(), Qt.MouseButton.NoButton
        at, place, button = window.mapFromGlobal(event.globalPosition()), event.globalPosition(), event.button()
        if self._canvas.rect().contains(self._canvas.mapFrom(window, at).toPoint()):
            for kind, held in ((QEvent.Type.MouseButtonPress, button), (QEvent.Type.MouseButtonRelease, none)):
                click = QMouseEvent(kind, at, place, button, held, event.modifiers())
                QCoreApplication.sendEvent(window.windowHandle(), click)

    def _turn_canvas(self, event: QWheelEvent) -> None:
        at = self._canvas.mapFromGlobal(event.globalPosition())
        if self._canvas.rect().contains(at.toPoint()):
            turn = QWheelEvent(
                at,
                event.globalPosition(),
                event.pixelDelta(),
                event.angleDelta(),
                event.buttons(),
                event.modifiers(),
                event.phase(),
                event.inverted(),
            )
            self._canvas.wheelEvent(turn)  # sent as an event, it would be dropped while a popup is open
