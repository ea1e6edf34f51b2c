"""Gestures: what a press of the mouse begins. Esc cancels each of them, and then nothing has happened."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Protocol

from PySide6.QtCore import QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QPainter

from compute.graph import Port, RecordId
from editor.canvas.camera import Camera
from editor.canvas.editing import Editing
from editor.canvas.ink import ink, pen
from editor.canvas.paint_wires import paint_wire
from editor.canvas.scene import Scene
from editor.canvas.source import Source

SNAP = 10.0
THRESHOLD = 4.0


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

    def visible_area(self) -> QRectF: ...

    def pan_by(self, dx: float, dy: float) -> None: ...

    def update(self) -> None: ...

    def redraw(self) -> None: ...

    def show_bubble(self, text: str) -> None: ...

    def begin(self, gesture: Gesture) -> None: ...

    def place_node(self, name: str, corner: QPointF) -> str: ...

    def open_search_for(self, at: QPointF, source: str | None, target: Port | None) -> None: ...

    def repeat(self, turn: Callable[[], bool]) -> QTimer: ...


class Gesture:
    """One drag of the mouse, from press to release. Points are in the scene."""

    cursor = Qt.CursorShape.ArrowCursor
    pans = True
    """Whether the view moves on when the pointer comes near its border."""

    def __init__(self, canvas: Stage, start: QPointF) -> None:
        self.canvas, self.start, self.point = canvas, start, start

    @property
    def held(self) -> frozenset[str]:
        """The nodes that move with the pointer: painted on top of the rest."""
        return frozenset()

    def move(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """The pointer went to a point."""
        self.point = point

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
    """Drag over empty canvas: selects the nodes that the rectangle touches; with Shift besides those selected."""

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
        self.canvas.session.select(self._keep | self.canvas.scene.nodes_in(self._area))
        self.canvas.update()

    def release(self) -> None:
        self.canvas.session.select(self._keep | self.canvas.scene.nodes_in(self._area))

    def cancel(self) -> None:
        self.canvas.session.select(self._before)

    def paint(self, painter: QPainter) -> None:
        colors = ink()
        painter.setPen(pen(colors.accent, 1.0 / self.canvas.camera.zoom))
        painter.setBrush(colors.accent_soft)
        painter.drawRect(self._area)


class Move(Gesture):
    """Drag of the selected nodes; positions snap lightly to a grid. One undo step."""

    cursor = Qt.CursorShape.SizeAllCursor

    def __init__(self, canvas: Stage, start: QPointF, grabbed: str) -> None:
        super().__init__(canvas, start)
        self._grabbed = grabbed
        self._nodes = frozenset(canvas.session.selection.nodes) | {grabbed}
        self._from = {node_id: canvas.scene.nodes[node_id].rect.topLeft() for node_id in self._nodes}
        self._moving = False

    @property
    def held(self) -> frozenset[str]:
        return self._nodes if self._moving else frozenset()

    def move(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        super().move(point, modifiers)
        delta = point - self.start
        if not self._moving:
            if max(abs(delta.x()), abs(delta.y())) * self.canvas.camera.zoom < THRESHOLD:
                return
            self._moving = True
            self.canvas.redraw()
        if not modifiers & Qt.KeyboardModifier.AltModifier:
            # The grabbed node snaps; the others keep their distances to it.
            home = self._from[self._grabbed]
            to = home + delta
            delta = QPointF(round(to.x() / SNAP) * SNAP, round(to.y() / SNAP) * SNAP) - home
        self.canvas.scene.shift({node_id: at + delta for node_id, at in self._from.items()})
        self.canvas.update()

    def release(self) -> None:
        if not self._moving:
            return
        places = {}
        for node_id in self._nodes:
            corner = self.canvas.scene.nodes[node_id].rect.topLeft()
            places[node_id] = (round(corner.x(), 2), round(corner.y(), 2))
        self._moving = False
        edits = self.canvas.session.edits
        names = [self.canvas.scene.nodes[i].node.label for i in self._nodes]
        self.canvas.session.apply(
            edits.move(places, f"Move {names[0]}" if len(names) == 1 else f"Move {len(names)} nodes")
        )
        self.canvas.redraw()

    def cancel(self) -> None:
        if self._moving:
            self._moving = False
            self.canvas.scene.shift(self._from)
            self.canvas.redraw()


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
