"""Mouse and keyboard of the canvas: which gesture a press begins, and what the keys do that move or hold something."""

from __future__ import annotations

from typing import Any, Protocol

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent

from compute.focus import Focus
from compute.graph import Port, RecordId
from editor.canvas.camera import Detail
from editor.canvas.face import HEADER
from editor.canvas.gestures import THRESHOLD, Cut, Gesture, Move, Pan, RubberBand, Stage
from editor.canvas.navigate import neighbour
from editor.canvas.scene import HIT
from editor.canvas.wiring import NewWire

_LEFT, _MIDDLE, _RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton
_CTRL, _SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
_NUDGE = 10.0


class Ground(Stage, Protocol):
    """What the pointer needs of its canvas, beyond what the gestures do."""

    node_activated: Any
    space_tapped: Any
    hovered: Port | None

    @property
    def gesture(self) -> Gesture | None: ...

    def end_gesture(self) -> None: ...

    def cancel_gesture(self) -> None: ...

    def wire_under(self, point: QPointF) -> Port | None: ...

    def number_at(self, point: QPointF) -> Focus | None: ...

    def bring_into_view(self, node_id: str) -> None: ...

    def open_menu(self, point: QPointF) -> None: ...

    def open_search(self, at: QPointF | None = None) -> None: ...

    def rename_node(self, node_id: str) -> None: ...

    def close_rename(self) -> None: ...

    def setCursor(self, cursor: Qt.CursorShape, /) -> None: ...

    def unsetCursor(self) -> None: ...


class Pointer:
    """Turns events into gestures. ``position``: where the pointer is, in the widget."""

    def __init__(self, canvas: Ground) -> None:
        self.canvas = canvas
        self.position = QPointF()
        self.over = False
        self._space = False
        self._space_used = False
        self._button = Qt.MouseButton.NoButton
        self._pressed = QPointF()
        self._click: str | Focus | None = None
        """What is meant once the button is let go where it was pressed: a node to select, a number to ask about."""

    # -- mouse ----------------------------------------------------------------------------------------------

    def press(self, event: QMouseEvent) -> None:
        """A button went down."""
        canvas = self.canvas
        self.position, self.over = event.position(), True
        canvas.close_rename()
        if canvas.gesture is not None:
            return
        point = canvas.camera.to_scene(event.position())
        self._button, self._pressed, self._click = event.button(), event.position(), None
        if event.button() == _MIDDLE or (event.button() == _LEFT and self._space):
            self._space_used = True
            canvas.begin(Pan(canvas, point))
        elif event.button() == _LEFT:
            canvas.begin(self._gesture(point, event.modifiers()))
        elif event.button() == _RIGHT:
            self._select_for_menu(point)
            canvas.open_menu(point)

    def _gesture(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> Gesture:
        canvas, scene = self.canvas, self.canvas.scene
        session = canvas.session
        knob = self._knob(point)
        if knob is not None and not modifiers & (_CTRL | _SHIFT):
            return self._wire_from(point, *knob)
        node_id = scene.node_at(point)
        number = None if modifiers & (_CTRL | _SHIFT) else canvas.number_at(point)
        self._click = number
        if node_id is not None:
            nodes = session.selection.nodes
            if modifiers & (_CTRL | _SHIFT):
                session.select(nodes ^ {node_id})
            elif node_id not in nodes:
                self._choose(node_id, number)
            else:
                self._click = number or node_id
            return Move(canvas, point, node_id)
        if modifiers & _CTRL:
            return Cut(canvas, point)
        key = canvas.wire_under(point)
        if key is not None:
            self._choose(key, number)
            return WirePress(canvas, point, key)
        keep = session.selection.nodes if modifiers & _SHIFT else frozenset[str]()
        return RubberBand(canvas, point, keep)

    def _choose(self, record: RecordId, number: Focus | None) -> None:
        """Select what is pressed; a number of it that stands there is in focus at once: a click is one step back."""
        holder = number.subject.holder if number is not None else None
        if number is not None and holder is not None and (holder.wire or holder.node) == record:
            self.canvas.session.focus_on(number, explain=False)
        else:
            self.canvas.session.select({record})

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
        if canvas.gesture is not None:
            away = event.position() - self._pressed
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
            canvas.setCursor(self._cursor(point))
            hovered = canvas.wire_under(point)
        if hovered != canvas.hovered:
            canvas.hovered = hovered
            canvas.update()

    def _cursor(self, point: QPointF) -> Qt.CursorShape:
        if self._space:
            return Qt.CursorShape.OpenHandCursor
        number = self.canvas.number_at(point)
        return Qt.CursorShape.PointingHandCursor if number is not None else Qt.CursorShape.ArrowCursor

    def release(self, event: QMouseEvent) -> None:
        """A button went up."""
        self.position = event.position()
        if event.button() != self._button or self.canvas.gesture is None:
            return
        self.canvas.end_gesture()
        click, self._click = self._click, None
        if isinstance(click, Focus):
            self.canvas.session.focus_on(click)
        elif click is not None:
            self.canvas.session.select({click})

    def leave(self) -> None:
        """The pointer left the canvas."""
        self.over = False
        if self.canvas.hovered is not None:
            self.canvas.hovered = None
            self.canvas.update()

    def double_click(self, event: QMouseEvent) -> None:
        """Rename in a header, open a node, or search on empty canvas."""
        canvas = self.canvas
        if event.button() != _LEFT:
            return
        point = canvas.camera.to_scene(event.position())
        canvas.cancel_gesture()
        node_id = canvas.scene.node_at(point)
        if node_id is None:
            if canvas.wire_under(point) is None:
                canvas.open_search(point)
        elif point.y() <= canvas.scene.nodes[node_id].rect.top() + HEADER:
            canvas.rename_node(node_id)
        else:
            canvas.node_activated.emit(node_id)

    def menu_at_selection(self) -> None:
        """The context menu, asked for by a key."""
        canvas = self.canvas
        chosen = canvas.session.selection.nodes & canvas.scene.nodes.keys()
        point = canvas.scene.bounds(chosen).center() if chosen else canvas.visible_area().center()
        canvas.open_menu(point)

    def _select_for_menu(self, point: QPointF) -> None:
        canvas = self.canvas
        node_id = canvas.scene.node_at(point)
        key = canvas.wire_under(point)
        if node_id is not None and node_id not in canvas.session.selection.nodes:
            canvas.session.select({node_id})
        elif key is not None:
            canvas.session.select({key})

    # -- keys -----------------------------------------------------------------------------------------------

    def key_press(self, event: QKeyEvent) -> bool:
        """Whether this is a key that moves or holds something; those of commands are in ``editor.canvas.actions``."""
        canvas, key = self.canvas, event.key()
        if key == Qt.Key.Key_Escape:
            if canvas.gesture is not None:
                canvas.cancel_gesture()
            else:
                canvas.session.select()
        elif key == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._space, self._space_used = True, False
                canvas.setCursor(Qt.CursorShape.OpenHandCursor)
        elif key in _ARROWS:
            self._arrow(key, event.modifiers())
        else:
            return False
        return True

    def key_release(self, event: QKeyEvent) -> bool:
        """Whether the canvas knows this key."""
        if event.key() != Qt.Key.Key_Space or event.isAutoRepeat():
            return False
        self._space = False
        self.canvas.unsetCursor()
        if not self._space_used:
            self.canvas.space_tapped.emit()
        return True

    def _arrow(self, key: int, modifiers: Qt.KeyboardModifier) -> None:
        canvas = self.canvas
        dx, dy = _ARROWS[Qt.Key(key)]
        nodes = canvas.session.selection.nodes & canvas.scene.nodes.keys()
        if modifiers & _SHIFT and nodes:
            places = {}
            for node_id in nodes:
                x, y = canvas.session.document.graph.nodes[node_id].position
                places[node_id] = (x + dx * _NUDGE, y + dy * _NUDGE)
            canvas.session.apply(canvas.session.edits.move(places))
            return
        goal = neighbour(canvas.scene, next(iter(nodes)) if len(nodes) == 1 else None, dx, dy)
        if goal is not None:
            canvas.session.select({goal})
            canvas.bring_into_view(goal)


_ARROWS: dict[Qt.Key, tuple[int, int]] = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


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
