"""What keys do on the canvas that move or hold something; those of commands are in ``editor.canvas.actions``."""

from __future__ import annotations

from typing import Any, Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from compute.graph import RecordId
from editor.canvas.gestures import Gesture, Stage
from editor.canvas.key_gestures import Carry
from editor.canvas.navigate import ARROWS, Steps, Way, turned
from editor.canvas.popups import HeldKeys

_CTRL, _SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
_STRETCH = 10.0
_PAGES = {Qt.Key.Key_PageDown: 1, Qt.Key.Key_PageUp: -1}


class Desk(Stage, Protocol):
    """What the keyboard needs of its canvas, beyond what the gestures do."""

    space_tapped: Any

    @property
    def gesture(self) -> Gesture | None: ...

    def cancel_gesture(self) -> None: ...

    def stretch(self, dx: float, dy: float) -> bool: ...

    def setCursor(self, cursor: Qt.CursorShape, /) -> None: ...

    def unsetCursor(self) -> None: ...


class Keyboard:
    """``held``: the keys that went down here; ``space``: whether Space is one of them, with which a drag pans."""

    def __init__(self, canvas: Desk) -> None:
        self.canvas = canvas
        self.held = HeldKeys()
        self.space = False
        self._space_used = False
        self._steps = Steps()

    def use_space(self) -> None:
        """The Space that is held belongs to a drag: letting go of it means nothing more."""
        self._space_used = True

    def claims(self, event: QKeyEvent) -> bool:
        """Whether a key is the present gesture's, before it is a shortcut of anything."""
        gesture = self.canvas.gesture
        return gesture is not None and event.key() in gesture.keys

    def press(self, event: QKeyEvent) -> bool:
        """Whether this is a key that moves or holds something."""
        canvas, key, modifiers = self.canvas, event.key(), event.modifiers()
        gesture = canvas.gesture
        if gesture is not None and key in gesture.keys:
            if key == Qt.Key.Key_Escape:
                canvas.cancel_gesture()
            elif key in ARROWS or not event.isAutoRepeat():
                gesture.key(key, modifiers)
        elif key == Qt.Key.Key_Escape:
            canvas.session.select()
        elif key == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self.space, self._space_used = True, False
                canvas.setCursor(Qt.CursorShape.OpenHandCursor)
        elif key in ARROWS:
            self._arrow(ARROWS[key], modifiers)
        elif key in _PAGES:
            self._go(turned(canvas.scene, canvas.session.selection.current, _PAGES[Qt.Key(key)]))
        else:
            return False
        return True

    def release(self, event: QKeyEvent) -> bool:
        """Whether the canvas knows this key."""
        # One that was pressed elsewhere, as in a title that is being written, means nothing here.
        if event.key() != Qt.Key.Key_Space or event.isAutoRepeat() or not self.space:
            return False
        self.let_go()
        if not self._space_used and self.canvas.gesture is None:
            self._tap()
        return True

    def let_go(self) -> None:
        """No key is held any more: it was let go, or the keys go elsewhere from now on."""
        self.held.forget()
        if self.space:
            self.space = False
            self.canvas.unsetCursor()

    def _tap(self) -> None:
        """Space takes up what is selected; in a walk, or where nothing is, it plays."""
        canvas, selection = self.canvas, self.canvas.session.selection
        if canvas.session.walk is None and selection.placed:
            current = selection.current
            grabbed = current if isinstance(current, str) else min(selection.placed)
            if canvas.session.document.graph.locked({grabbed}):
                canvas.say_locked({grabbed})
            else:
                canvas.begin(Carry(canvas, grabbed))
        else:
            canvas.space_tapped.emit()

    def _arrow(self, way: Way, modifiers: Qt.KeyboardModifier) -> None:
        """Go on, or with Shift select that too; with Ctrl along a wire at once; with both make frames larger."""
        canvas, selection = self.canvas, self.canvas.session.selection
        several, follow = bool(modifiers & _SHIFT), bool(modifiers & _CTRL)
        if several and follow:
            canvas.stretch(way[0] * _STRETCH, way[1] * _STRETCH)
            return
        here = selection.current
        # Several things are mostly several nodes, not also the wires between them.
        goal = self._steps.step(canvas.scene, here, way, follow=follow or several)
        self._go(goal, selection.ids if several and goal is not None else frozenset())

    def _go(self, goal: RecordId | None, keep: frozenset[RecordId] = frozenset()) -> None:
        if goal is None:
            return
        session = self.canvas.session
        # Back where one came from, the last thing is let go of again.
        last = session.selection.current
        ids = keep - {last} if goal in keep and last is not None else keep | {goal}
        session.select(ids, goal)
        self.canvas.bring_into_view(goal)
