"""Gestures: what a press of the mouse begins. Esc cancels each of them, and then nothing has happened."""

from __future__ import annotations

from collections.abc import Callable, Set
from itertools import pairwise
from typing import Protocol

from PySide6.QtCore import QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QPainter

from compute.edits import Edit
from compute.graph import Port, RecordId
from editor.canvas.areas import SMALLEST, AreaView, Edge
from editor.canvas.arranging import Arranging
from editor.canvas.camera import Camera
from editor.canvas.editing import Editing
from editor.canvas.ink import ink, pen
from editor.canvas.paint_nodes import paint_ring
from editor.canvas.paint_wires import paint_wire
from editor.canvas.room import put_into
from editor.canvas.scene import Scene
from editor.canvas.source import Source

SNAP = 10.0
THRESHOLD = 4.0
WIRE_REACH = 14.0
"""How near to a wire, in pixels, a node is let go to be put into it."""


class Stage(Protocol):
    """What gestures need of the canvas on which they happen."""

    @property
    def session(self) -> Source: ...

    @property
    def scene(self) -> Scene: ...

    @property
    def camera(self) -> Camera: ...

    @property
    def editing(self) -> Editing: ...

    @property
    def arranging(self) -> Arranging: ...

    def visible_area(self) -> QRectF: ...

    def pan_by(self, dx: float, dy: float) -> None: ...

    def update(self) -> None: ...

    def redraw(self) -> None: ...

    def say_locked(self, ids: set[RecordId]) -> None: ...

    def show_bubble(self, text: str, at: QPointF | None = None, *, calm: bool = False) -> None: ...

    def begin(self, gesture: Gesture) -> None: ...

    def end_gesture(self) -> None: ...

    def propose_wire(self, node_id: str, side: int = 0) -> None: ...

    def bring_into_view(self, record_id: RecordId) -> None: ...

    def place_node(self, name: str, corner: QPointF) -> str: ...

    def open_search_for(self, at: QPointF, source: str | None, target: Port | None) -> None: ...

    def repeat(self, turn: Callable[[], bool]) -> QTimer: ...


class Gesture:
    """One drag of the mouse, from press to release. Points are in the scene."""

    cursor = Qt.CursorShape.ArrowCursor
    pans = True
    """Whether the view moves on when the pointer comes near its border."""
    keys: frozenset[int] = frozenset({Qt.Key.Key_Escape})
    """The keys that it answers to while it goes on; Esc cancels each."""
    by_keys = False
    """Whether keys alone lead it; then the pointer means nothing to it."""
    kept = False
    """Of one that keys lead: whether it is done, and not cancelled, when a person turns to something else."""

    def __init__(self, canvas: Stage, start: QPointF) -> None:
        self.canvas, self.start, self.point = canvas, start, start

    @property
    def held(self) -> frozenset[str]:
        """The nodes that move with the pointer: painted on top of the rest."""
        return frozenset()

    def move(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """The pointer went to a point."""
        self.point = point

    def begun(self) -> None:
        """It is the canvas's present gesture from now on."""

    def key(self, key: int, modifiers: Qt.KeyboardModifier) -> None:
        """One of its keys other than Esc went down."""

    def release(self) -> None:
        """The button was let go: do it."""

    def cancel(self) -> None:
        """Esc: put back what was shown."""

    def paint(self, painter: QPainter) -> None:
        """What the gesture shows on top of the picture, in scene coordinates."""


class Pan(Gesture):
    """Middle drag, or drag with Space held: the view moves with the pointer."""

    cursor = Qt.CursorShape.ClosedHandCursor
    pans = False

    def __init__(self, canvas: Stage, start: QPointF) -> None:
        super().__init__(canvas, start)
        self._before = canvas.camera.x, canvas.camera.y

    def move(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        zoom = self.canvas.camera.zoom
        self.canvas.pan_by((point.x() - self.start.x()) * zoom, (point.y() - self.start.y()) * zoom)

    def cancel(self) -> None:
        camera = self.canvas.camera
        self.canvas.pan_by(self._before[0] - camera.x, self._before[1] - camera.y)


class RubberBand(Gesture):
    """Drag over empty canvas: selects what the rectangle touches, and the frames and wires that lie in it.

    With Shift besides what was selected before.
    """

    def __init__(self, canvas: Stage, start: QPointF, keep: frozenset[RecordId]) -> None:
        super().__init__(canvas, start)
        selection = canvas.session.selection
        self._before = selection.ids
        self._keep = keep

    @property
    def _area(self) -> QRectF:
        return QRectF(self.start, self.point).normalized()

    def move(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        super().move(point, modifiers)
        self.canvas.session.select(self._keep | self.canvas.scene.things_in(self._area))
        self.canvas.update()

    def release(self) -> None:
        self.canvas.session.select(self._keep | self.canvas.scene.things_in(self._area))

    def cancel(self) -> None:
        self.canvas.session.select(self._before)

    def paint(self, painter: QPainter) -> None:
        colors = ink()
        painter.setPen(pen(colors.accent, 1.0 / self.canvas.camera.zoom))
        painter.setBrush(colors.accent_soft)
        painter.drawRect(self._area)


class Move(Gesture):
    """Drag of what is selected, with all that goes along; positions snap lightly to a grid. One undo step.

    What is let go in a frame lies in it from then on; a node without wires that is let go on a wire goes into it.
    """

    cursor = Qt.CursorShape.SizeAllCursor

    def __init__(self, canvas: Stage, start: QPointF, grabbed: str) -> None:
        super().__init__(canvas, start)
        self._grabbed = grabbed
        self._roots = canvas.session.selection.placed | {grabbed}
        self._carried = frozenset(canvas.arranging.carried(self._roots))
        self._from = {record_id: canvas.scene.place(record_id) for record_id in self._carried}
        self._way = QPointF()
        self._moving = False
        self._into = IntoWire(canvas, grabbed) if self._roots == {grabbed} else None
        self._stays = grabbed not in self._carried
        """Whether what was grabbed is locked: then nothing goes."""
        self._said = False

    @property
    def held(self) -> frozenset[str]:
        return self._carried if self._moving else frozenset()

    def move(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        super().move(point, modifiers)
        self._way = point - self.start
        if not self._moving:
            if max(abs(self._way.x()), abs(self._way.y())) * self.canvas.camera.zoom < THRESHOLD:
                return
            if self._stays:
                if not self._said:
                    self.canvas.say_locked({self._grabbed})
                self._said = True
                return
            self._moving = True
            self.canvas.redraw()
        if not modifiers & Qt.KeyboardModifier.AltModifier:
            # What was grabbed snaps; the others keep their distances to it.
            home = self._from[self._grabbed]
            self._way = snapped(home + self._way) - home
        self.canvas.scene.shift({record_id: at + self._way for record_id, at in self._from.items()})
        if self._into is not None:
            self._into.look(point)
        self.canvas.update()

    def release(self) -> None:
        if self._moving:
            self._moving = False
            edit = self._into.edit() if self._into is not None else None
            self.canvas.session.apply(edit or self.canvas.arranging.move(self._roots, self._way))
            self.canvas.redraw()

    def cancel(self) -> None:
        if self._moving:
            self._moving = False
            self.canvas.scene.shift(self._from)
            self.canvas.redraw()

    def paint(self, painter: QPainter) -> None:
        graph, scene = self.canvas.session.document.graph, self.canvas.scene
        if self._moving and self._into is not None:
            self._into.paint(painter)
        if not self._moving or not scene.frames:
            return
        # The frames that take something in which does not lie in them yet.
        for record_id, parent in self.canvas.arranging.landing(self._roots, self._carried, self._way).items():
            record = graph.placed(record_id)
            if parent and record is not None and record.parent != parent:
                paint_ring(painter, scene.frames[parent].rect, ink().accent, 2.0 / self.canvas.camera.zoom, 0.0)


class IntoWire:
    """The wire that a node without wires would be led into, as it is carried about."""

    def __init__(self, canvas: Stage, node_id: str) -> None:
        self._canvas = canvas
        self._node = canvas.editing.graph.nodes.get(node_id)
        if canvas.scene.at_node.get(node_id):
            self._node = None
        self._wire: Port | None = None
        self._answers: dict[Port, str | None] = {}

    def look(self, point: QPointF) -> None:
        """The pointer is at a point."""
        key = None
        if self._node is not None:
            key = self._canvas.scene.wire_at(point, WIRE_REACH / min(self._canvas.camera.zoom, 1.0))
        self._wire = key if key is not None and self._port(key) is not None else None

    def _port(self, key: Port) -> str | None:
        """The port through which the wire could be led, asked once per wire."""
        assert self._node is not None
        if key not in self._answers:
            editing = self._canvas.editing
            self._answers[key] = editing.insert_port(self._node, editing.graph.wires[key])
        return self._answers[key]

    def edit(self) -> Edit | None:
        """The edit that puts the node into the wire at which it is let go; None: it is at none."""
        port = self._port(self._wire) if self._wire is not None else None
        if self._node is None or self._wire is None or port is None:
            return None
        corner = self._canvas.scene.place(self._node.id)
        node = self._canvas.editing.at(self._node, corner)
        return put_into(self._canvas.editing, node, self._wire, port, f"Put {node.label} into a wire")

    def paint(self, painter: QPainter) -> None:
        """Light the wire."""
        if self._wire in self._canvas.scene.wires:
            paint_wire(painter, self._canvas.scene.wires[self._wire], ink().accent, 4.0)


def snapped(point: QPointF) -> QPointF:
    """The nearest place of the grid."""
    return QPointF(round(point.x() / SNAP) * SNAP, round(point.y() / SNAP) * SNAP)


def cursor_of(edges: Set[Edge]) -> Qt.CursorShape:
    """What the pointer looks like over edges that can be taken hold of."""
    if not edges:
        return Qt.CursorShape.ArrowCursor
    if len(edges) > 1:
        falling = edges in ({"left", "top"}, {"right", "bottom"})
        return Qt.CursorShape.SizeFDiagCursor if falling else Qt.CursorShape.SizeBDiagCursor
    return Qt.CursorShape.SizeHorCursor if edges <= {"left", "right"} else Qt.CursorShape.SizeVerCursor


class Resize(Gesture):
    """Drag of an edge or a corner of a frame or note. One undo step."""

    def __init__(self, canvas: Stage, start: QPointF, record_id: str, edges: Set[Edge]) -> None:
        super().__init__(canvas, start)
        view = canvas.scene.find(record_id)
        assert isinstance(view, AreaView)
        self._id, self._edges, self._view, self._before = record_id, edges, view, QRectF(view.rect)
        self.cursor = cursor_of(edges)

    def move(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        super().move(point, modifiers)
        way, rect = point - self.start, QRectF(self._before)
        wide, high = SMALLEST[type(self._view.record)]
        free = bool(modifiers & Qt.KeyboardModifier.AltModifier)

        def at(value: float) -> float:
            return value if free else round(value / SNAP) * SNAP

        if "left" in self._edges:
            rect.setLeft(min(at(rect.left() + way.x()), rect.right() - wide))
        if "right" in self._edges:
            rect.setRight(max(at(rect.right() + way.x()), rect.left() + wide))
        if "top" in self._edges:
            rect.setTop(min(at(rect.top() + way.y()), rect.bottom() - high))
        if "bottom" in self._edges:
            rect.setBottom(max(at(rect.bottom() + way.y()), rect.top() + high))
        if max(abs(way.x()), abs(way.y())) * self.canvas.camera.zoom >= THRESHOLD:
            self._show(rect)

    def _show(self, rect: QRectF) -> None:
        self._view.rect = rect
        self.canvas.scene.version += 1
        self.canvas.redraw()

    def release(self) -> None:
        self.canvas.session.apply(self.canvas.arranging.resize(self._id, self._view.rect))

    def cancel(self) -> None:
        self._show(self._before)


class Cut(Gesture):
    """Ctrl+drag: removes the wires that the line crosses. One undo step."""

    cursor = Qt.CursorShape.CrossCursor
    pans = False

    def __init__(self, canvas: Stage, start: QPointF) -> None:
        super().__init__(canvas, start)
        self._trail = [start]

    def move(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        super().move(point, modifiers)
        step = (point - self._trail[-1]) * self.canvas.camera.zoom
        if abs(step.x()) + abs(step.y()) > 6:
            self._trail.append(point)
        self.canvas.update()

    @property
    def _doomed(self) -> set[tuple[str, str]]:
        points = [*self._trail, self.point]
        return {key for a, b in pairwise(points) for key in self.canvas.scene.wires_cut_by(a, b)}

    def release(self) -> None:
        doomed = self._doomed
        if doomed:
            edit = self.canvas.session.edits.remove(doomed)
            self.canvas.session.apply(edit)

    def paint(self, painter: QPainter) -> None:
        colors = ink()
        for key in self._doomed:
            paint_wire(painter, self.canvas.scene.wires[key], colors.error, 3.0)
        painter.setPen(pen(colors.error, 1.5 / self.canvas.camera.zoom, Qt.PenStyle.DashLine))
        painter.drawPolyline([*self._trail, self.point])
