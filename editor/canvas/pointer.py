"""The mouse on the canvas: which gesture a press begins."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent

from compute.focus import Focus
from compute.graph import Port, RecordId
from editor.canvas.areas import Edge
from editor.canvas.camera import Detail
from editor.canvas.face import HEADER
from editor.canvas.gestures import THRESHOLD, Cut, Gesture, Move, Pan, Resize, RubberBand, Stage, cursor_of
from editor.canvas.keyboard import Keyboard
from editor.canvas.scene import HIT
from editor.canvas.wiring import NewWire

_LEFT, _MIDDLE, _RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton
_CTRL, _SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
_REACH = 6.0
"""How near to a border or a point the pointer means it, in pixels."""


class Ground(Stage, Protocol):
    """What the pointer needs of its canvas, beyond what the gestures do."""

    hovered: Port | None

    @property
    def gesture(self) -> Gesture | None: ...

    def leave_gesture(self) -> None: ...

    def cancel_gesture(self) -> None: ...

    def wire_under(self, point: QPointF) -> Port | None: ...

    def number_at(self, point: QPointF) -> Focus | None: ...

    def badge_at(self, point: QPointF) -> RecordId | None: ...

    def open_record(self, record_id: str) -> None: ...

    def add_point(self, key: Port, at: QPointF) -> None: ...

    def open_menu(self, point: QPointF) -> None: ...

    def open_search(self, at: QPointF | None = None) -> None: ...

    def rename_record(self, record_id: str) -> None: ...

    def close_field(self) -> None: ...

    def setCursor(self, cursor: Qt.CursorShape, /) -> None: ...

    def unsetCursor(self) -> None: ...


class Pointer:
    """Turns events into gestures. ``position``: where the pointer is, in the widget."""

    def __init__(self, canvas: Ground, keyboard: Keyboard) -> None:
        self.canvas, self._keyboard = canvas, keyboard
        self.position = QPointF()
        self.over = False
        self._button = Qt.MouseButton.NoButton
        self.pressed = QPointF()
        self._click: RecordId | Focus | Callable[[], None] | None = None
        """What is meant once the button is let go where it was pressed: something to select, a number to ask about, or
        what else is to be done."""
        self._adds = False
        """Whether it is added to the selection, or taken out of it."""

    # -- mouse ----------------------------------------------------------------------------------------------

    def press(self, event: QMouseEvent) -> None:
        """A button went down."""
        canvas = self.canvas
        self.position, self.over = event.position(), True
        canvas.close_field()
        canvas.leave_gesture()
        if canvas.gesture is not None:
            return
        point = canvas.camera.to_scene(event.position())
        self._button, self.pressed, self._click = event.button(), event.position(), None
        if event.button() == _MIDDLE or (event.button() == _LEFT and self._keyboard.space):
            self._keyboard.use_space()
            canvas.begin(Pan(canvas, point))
        elif event.button() == _LEFT:
            canvas.begin(self._gesture(point, event.modifiers()))
        elif event.button() == _RIGHT:
            self._select_for_menu(point)
            canvas.open_menu(point)

    def _gesture(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> Gesture:
        canvas, session = self.canvas, self.canvas.session
        knob = self._knob(point)
        if knob is not None and not modifiers & (_CTRL | _SHIFT):
            return self._wire_from(point, *knob)
        badge = None if modifiers & (_CTRL | _SHIFT) else canvas.badge_at(point)
        if badge is not None:
            self._click = partial(session.auditing.ask, badge)
            return Gesture(canvas, point)
        record_id = self._under(point)
        if isinstance(record_id, tuple) and modifiers & _CTRL:
            # It may become a line that cuts wires.
            self._click, self._adds = record_id, True
            return Cut(canvas, point)
        several = bool(modifiers & (_CTRL | _SHIFT))
        number = None if several or record_id in canvas.scene.points else canvas.number_at(point)
        self._click, self._adds = number, False
        if record_id is not None:
            return self._press_on(record_id, point, number, several)
        if modifiers & _CTRL:
            return Cut(canvas, point)
        keep = session.selection.ids if modifiers & _SHIFT else frozenset[RecordId]()
        return RubberBand(canvas, point, keep)

    def _press_on(self, record_id: RecordId, point: QPointF, number: Focus | None, several: bool) -> Gesture:
        canvas, session = self.canvas, self.canvas.session
        ids, edges = session.selection.ids, self._edges(record_id, point)
        if several:
            session.select(ids ^ {record_id})
        elif record_id not in ids:
            self._choose(record_id, number)
        elif not edges:
            self._click = number or record_id
        if isinstance(record_id, tuple):
            return Gesture(canvas, point) if several else WirePress(canvas, point, record_id)
        if edges and not several:
            return Resize(canvas, point, record_id, edges)
        return Move(canvas, point, record_id)

    def _choose(self, record: RecordId, number: Focus | None) -> None:
        """Select what is pressed; a number of it that stands there is in focus at once: a click is one step back."""
        holder = number.subject.holder if number is not None else None
        if number is not None and holder is not None and (holder.wire or holder.node) == record:
            self.canvas.session.focus_on(number, explain=False)
        else:
            self.canvas.session.select({record})

    @property
    def _reach(self) -> float:
        """How near to a border or a point the pointer means it, in the scene."""
        return _REACH / min(self.canvas.camera.zoom, 1.0)

    def _under(self, point: QPointF) -> RecordId | None:
        """The uppermost thing at a point, in the order in which they are painted."""
        scene, reach = self.canvas.scene, self._reach
        return scene.upper_at(point, reach) or self.canvas.wire_under(point) or scene.area_at(point, reach)

    def _edges(self, record_id: RecordId, point: QPointF) -> frozenset[Edge]:
        """The edges of a frame or note that are taken hold of at a point; the title of a frame moves it."""
        if not isinstance(record_id, str) or self.canvas.session.document.graph.locked({record_id}):
            return frozenset()
        edges = self.canvas.scene.edges(record_id, point, self._reach)
        return frozenset() if edges == {"top"} and record_id in self.canvas.scene.frames else edges

    def _knob(self, point: QPointF) -> tuple[str, str] | None:
        """The knob under the pointer; from afar, where nodes are small, there is only the node to take hold of."""
        zoom = self.canvas.camera.zoom
        if Detail.at(zoom) < Detail.LABELS:
            return None
        return self.canvas.scene.knob_at(point, HIT / 2 / min(zoom, 1.0))

    def _wire_from(self, point: QPointF, node_id: str, port: str) -> Gesture:
        canvas = self.canvas
        if not port:
            return NewWire(canvas, point, source=node_id)
        key = (node_id, port)
        wire = canvas.session.document.graph.wires.get(key)
        if wire is not None:
            return NewWire(canvas, point, source=wire.source, lifted=key)
        return NewWire(canvas, point, target=key)

    def move(self, event: QMouseEvent) -> None:
        """The pointer moved."""
        canvas = self.canvas
        self.position, self.over = event.position(), True
        point = canvas.camera.to_scene(event.position())
        if canvas.gesture is not None and not canvas.gesture.by_keys:
            away = event.position() - self.pressed
            if max(abs(away.x()), abs(away.y())) >= THRESHOLD:
                self._click = None
            canvas.gesture.move(point, event.modifiers())
            return
        hovered = None
        knob = self._knob(point)
        if knob is not None:
            canvas.setCursor(Qt.CursorShape.CrossCursor)
            hovered = knob if knob in canvas.scene.wires else None
        else:
            under = self._under(point)
            hovered = under if isinstance(under, tuple) else None
            canvas.setCursor(self._cursor(point, under))
        if hovered != canvas.hovered:
            canvas.hovered = hovered
            canvas.update()

    def _cursor(self, point: QPointF, under: RecordId | None) -> Qt.CursorShape:
        if self._keyboard.space:
            return Qt.CursorShape.OpenHandCursor
        if self.canvas.badge_at(point) is not None or self.canvas.number_at(point) is not None:
            return Qt.CursorShape.PointingHandCursor
        return cursor_of(self._edges(under, point) if under is not None else frozenset())

    def release(self, event: QMouseEvent) -> None:
        """A button went up."""
        self.position = event.position()
        gesture = self.canvas.gesture
        if event.button() != self._button or gesture is None or gesture.by_keys:
            return
        self.canvas.end_gesture()
        click, self._click = self._click, None
        session = self.canvas.session
        if isinstance(click, Focus):
            session.focus_on(click)
        elif callable(click):
            click()
        elif click is not None:
            session.select(session.selection.ids ^ {click} if self._adds else {click})

    def leave(self) -> None:
        """The pointer left the canvas."""
        self.over = False
        if self.canvas.hovered is not None:
            self.canvas.hovered = None
            self.canvas.update()

    def double_click(self, event: QMouseEvent) -> None:
        """Rename in a header, open a node or note, lead a wire through a point, or search on empty canvas."""
        canvas = self.canvas
        if event.button() != _LEFT:
            return
        point = canvas.camera.to_scene(event.position())
        canvas.cancel_gesture()
        under = self._under(point)
        if isinstance(under, tuple):
            if canvas.scene.wire_at(point, self._reach) == under:
                canvas.add_point(under, point)
        elif under is None:
            canvas.open_search(point)
        elif under in canvas.scene.nodes and point.y() <= canvas.scene.nodes[under].rect.top() + HEADER:
            canvas.rename_record(under)
        else:
            canvas.open_record(under)

    def menu_at_selection(self) -> None:
        """The context menu, asked for by a key."""
        canvas = self.canvas
        chosen = canvas.session.selection.ids
        point = canvas.scene.bounds(chosen).center() if chosen else canvas.visible_area().center()
        canvas.open_menu(point)

    def _select_for_menu(self, point: QPointF) -> None:
        session, under = self.canvas.session, self._under(point)
        number = None if under in self.canvas.scene.points else self.canvas.number_at(point)
        if number is not None and len(session.selection.ids) < 2:
            session.focus_on(number, explain=False)  # the menu is about it
        elif under is not None and under not in session.selection.ids:
            session.select({under})


class WirePress(Gesture):
    """A press on a wire: selects it; dragged near its end, it comes off its port."""

    def __init__(self, canvas: Stage, start: QPointF, key: Port) -> None:
        super().__init__(canvas, start)
        self._key = key

    def move(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        canvas = self.canvas
        step = (point - self.start) * canvas.camera.zoom
        if abs(step.x()) + abs(step.y()) < 8:
            return
        wire = canvas.scene.wires[self._key]
        lifted = NewWire(canvas, self.start, source=wire.source, lifted=self._key)
        canvas.begin(lifted)
        lifted.move(point, modifiers)
