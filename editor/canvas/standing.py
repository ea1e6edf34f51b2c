"""A node and a wire as they stand on the canvas: plain geometry, of which a scene is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QPainterPath

from compute.graph import Node, Port
from compute.problems import Problem
from editor.canvas.face import Face
from editor.canvas.lanes import Lane
from editor.canvas.wire_path import runs_ahead, sampled, wire_path


@dataclass(slots=True)
class NodeView:
    """A node as it stands on the canvas."""

    node: Node
    face: Face
    rect: QRectF
    problem: Problem | None = None
    waits: bool = False
    off: Problem | None = None
    """Why it is switched off, where it or something that it needs is muted."""

    @property
    def id(self) -> str:
        return self.node.id

    @property
    def record(self) -> Node:
        return self.node

    def input(self, index: int) -> QPointF:
        """The middle of an input port."""
        return self.face.input(index, self.rect.x(), self.rect.y())

    def output(self) -> QPointF:
        """The middle of the output port."""
        return self.face.output(self.rect.x(), self.rect.y())

    def move_to(self, x: float, y: float) -> None:
        """Another place, for the eye only."""
        self.rect.moveTo(x, y)


def sides(area: QRectF) -> tuple[float, float, float, float]:
    """Left, top, right and bottom."""
    return area.left(), area.top(), area.right(), area.bottom()


@dataclass(slots=True)
class WireView:
    """A wire as it runs on the canvas."""

    key: Port
    source: str
    start: QPointF
    end: QPointF
    through: tuple[QPointF, ...] = ()
    """The reroute points that it runs through."""
    lane: Lane | None = None
    """Where it runs level, if it would cross nodes otherwise."""
    box: tuple[float, float, float, float] = field(init=False)
    """Left, top, right and bottom of an area that holds it: of a level wire one without height, which for Qt lies
    nowhere."""
    _path: QPainterPath | None = field(init=False)
    _points: list[tuple[float, float]] | None = field(init=False)
    _line: QLineF | None = field(init=False)

    def __post_init__(self) -> None:
        self.lead(self.start, self.end, self.through, self.lane)

    @property
    def path(self) -> QPainterPath:
        """Its course, made when it is first asked for: of many wires most are only seen from afar."""
        if self._path is None:
            lane = None if self.lane is None else (self.lane.y, self.lane.turn)
            self._path = wire_path(self.start, self.end, self.through, lane)
        return self._path

    @property
    def points(self) -> list[tuple[float, float]]:
        """Points along the curve, close enough together to stand for it."""
        if self._points is None:
            self._points = sampled(self.path)
        return self._points

    @property
    def line(self) -> QLineF:
        """Straight from where it starts to where it arrives: how it looks from afar."""
        if self._line is None:
            self._line = QLineF(self.start, self.end)
        return self._line

    @property
    def lines(self) -> list[QLineF]:
        """Straight from point to point: how it looks from afar."""
        if self.lane is not None and not self.through:
            points = [self.start, *self._corners(self.lane), self.end]
            return [QLineF(a, b) for a, b in pairwise(points)]
        if not self.through:
            return [self.line]
        points = [self.line.p1(), *self.through, self.line.p2()]
        return [QLineF(a, b) for a, b in pairwise(points)]

    def _corners(self, lane: Lane) -> list[QPointF]:
        """Where it comes into its lane and leaves it."""
        out = lane.turn if runs_ahead(self.end.x() - self.start.x()) else 0.0
        return [QPointF(self.start.x() + out, lane.y), QPointF(self.end.x() - out, lane.y)]

    @property
    def bounds(self) -> QRectF:
        """The box."""
        left, top, right, bottom = self.box
        return QRectF(left, top, right - left, bottom - top)

    def lies_in(self, left: float, top: float, right: float, bottom: float) -> bool:
        """Whether an area holds its box."""
        box = self.box
        return left <= box[0] and top <= box[1] and box[2] <= right and box[3] <= bottom

    def at(self, share: float) -> QPointF:
        """The point that lies at a share (0 … 1) of the way, counted in curve parameters."""
        points = self.points
        x, y = points[round(share * (len(points) - 1))]
        return QPointF(x, y)

    def lead(self, start: QPointF, end: QPointF, through: tuple[QPointF, ...] = (), lane: Lane | None = None) -> None:
        """Another course."""
        self.start, self.end, self.through, self.lane = start, end, through, lane
        self._path = self._points = self._line = None
        x0, y0, x1, y1 = start.x(), start.y(), end.x(), end.y()
        if not through and lane is None and runs_ahead(x1 - x0):
            self.box = x0, min(y0, y1), x1, max(y0, y1)
        else:
            self.box = sides(self.path.controlPointRect())
