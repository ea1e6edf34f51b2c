"""The projection of a document: where every node and wire is, and what is at a point.

Plain objects, rebuilt from the document at any moment and kept up edit by edit; nothing here paints.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from PySide6.QtCore import QLineF, QPointF, QRectF, QSizeF
from PySide6.QtGui import QPainterPath

from compute.analysis import Analysis
from compute.document import Document
from compute.edits import Edit
from compute.graph import Node, Port, Wire
from compute.ops import find
from compute.problems import Problem
from editor.canvas.curve import wire_path
from editor.canvas.face import ROW, Face, face

_LABEL = 120.0
"""About the width of a label and its distance from the port."""
HIT = 20.0
"""How far around a port the pointer still means it, in scene units at zoom 1."""


@dataclass(slots=True)
class NodeView:
    """A node as it stands on the canvas."""

    node: Node
    face: Face
    rect: QRectF
    problem: Problem | None = None
    waits: bool = False

    @property
    def id(self) -> str:
        return self.node.id

    def input(self, index: int) -> QPointF:
        """The middle of an input port."""
        return self.rect.topLeft() + self.face.input(index)

    def output(self) -> QPointF:
        """The middle of the output port."""
        return self.rect.topLeft() + self.face.output()

    def move_to(self, x: float, y: float) -> None:
        """Another place, for the eye only."""
        self.rect.moveTo(x, y)


@dataclass(slots=True)
class WireView:
    """A wire as it runs on the canvas."""

    key: Port
    source: str
    path: QPainterPath
    bounds: QRectF
    _points: list[tuple[float, float]] | None = None
    _line: QLineF | None = None

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
            first, last = self.path.elementAt(0), self.path.elementAt(self.path.elementCount() - 1)
            self._line = QLineF(first.x, first.y, last.x, last.y)
        return self._line

    def at(self, share: float) -> QPointF:
        """The point that lies at a share (0 … 1) of the way, counted in curve parameters."""
        points = self.points
        x, y = points[round(share * (len(points) - 1))]
        return QPointF(x, y)

    def lead(self, path: QPainterPath) -> None:
        """Another course."""
        self.path, self.bounds, self._points, self._line = path, path.controlPointRect(), None, None


@dataclass
class Scene:
    """All nodes and wires. ``version`` counts changes of geometry, for whoever remembers something of it."""

    nodes: dict[str, NodeView] = field(default_factory=dict)
    wires: dict[Port, WireView] = field(default_factory=dict)
    at_node: dict[str, set[Port]] = field(default_factory=dict)
    version: int = 0
    _analysis: Analysis = field(default_factory=Analysis)

    # -- following the document -----------------------------------------------------------------------------

    def rebuild(self, document: Document, analysis: Analysis) -> None:
        """Everything anew."""
        self.nodes.clear()
        self.wires.clear()
        self.at_node.clear()
        self._analysis = analysis
        for node in document.graph.nodes.values():
            self._put_node(document, node)
        for key in document.graph.wires:
            self._put_wire(document, key)
        self.version += 1

    def follow(self, document: Document, edit: Edit, analysis: Analysis) -> None:
        """Only what an edit changed."""
        self._analysis = analysis
        moved: set[str] = set()
        for change in edit.records:
            if isinstance(change.id, tuple):
                self._drop_wire(change.id)
                moved |= {change.id[0]} | {w.source for w in (change.before, change.after) if isinstance(w, Wire)}
            elif change.kind is Node:
                moved.add(change.id)
        keys = {key for node_id in moved for key in self.at_node.get(node_id, ())}
        for node_id in moved:
            node = document.graph.nodes.get(node_id)
            if node is None:
                self.nodes.pop(node_id, None)
            else:
                self._put_node(document, node)
        keys |= {change.id for change in edit.records if isinstance(change.id, tuple)}
        for key in keys:
            self._put_wire(document, key)
        self.version += 1

    def analysed(self, document: Document, analysis: Analysis) -> bool:
        """Take over shapes and problems; whether anything looks different now."""
        if analysis is self._analysis:
            return False
        self._analysis = analysis
        changed = False
        for node_id, view in self.nodes.items():
            node = view.node
            new = face(node, analysis, self._wired(document, node))
            problem, waits = analysis.problems.get(node_id), node_id in analysis.waiting
            if new != view.face or problem != view.problem or waits != view.waits:
                self._put_node(document, node)
                for key in list(self.at_node.get(node_id, ())):
                    self._put_wire(document, key)
                changed = True
        self.version += changed
        return changed

    def _wired(self, document: Document, node: Node) -> tuple[str, ...]:
        """The wired ports of a node whose op is unknown: all that is known of its ports."""
        return () if find(node.op) else tuple(port for target, port in document.graph.wires if target == node.id)

    def _put_node(self, document: Document, node: Node) -> None:
        shape = face(node, self._analysis, self._wired(document, node))
        problem = self._analysis.problems.get(node.id)
        rect = QRectF(node.position[0], node.position[1], shape.width, shape.height)
        self.nodes[node.id] = NodeView(node, shape, rect, problem, node.id in self._analysis.waiting)

    def _put_wire(self, document: Document, key: Port) -> None:
        self._drop_wire(key)
        wire = document.graph.wires.get(key)
        if wire is None or wire.source not in self.nodes or wire.target not in self.nodes:
            return
        path = self._path(wire.source, key)
        self.wires[key] = WireView(key, wire.source, path, path.controlPointRect())
        self.at_node.setdefault(wire.source, set()).add(key)
        self.at_node.setdefault(wire.target, set()).add(key)

    def _drop_wire(self, key: Port) -> None:
        view = self.wires.pop(key, None)
        if view:
            for node_id in (view.source, key[0]):
                self.at_node.get(node_id, set()).discard(key)

    def _path(self, source: str, key: Port) -> QPainterPath:
        return wire_path(self.nodes[source].output(), self.input_point(key))

    def input_point(self, key: Port) -> QPointF:
        """Where a wire arrives; a port that the op does not have is shown at the corner of the node."""
        view = self.nodes[key[0]]
        ports = view.face.ports
        return view.input(ports.index(key[1]) if key[1] in ports else len(ports))

    # -- moving by hand, before it is an edit ---------------------------------------------------------------

    def shift(self, places: dict[str, QPointF]) -> None:
        """Put nodes elsewhere without an edit, wires in tow."""
        for node_id, place in places.items():
            self.nodes[node_id].move_to(place.x(), place.y())
        for key in self.touching(places):
            view = self.wires[key]
            view.lead(self._path(view.source, key))
        self.version += 1

    def feeds(self, node_id: str) -> bool:
        """Whether a wire leaves a node."""
        return any(key[0] != node_id for key in self.at_node.get(node_id, ()))

    def touching(self, node_ids: Iterable[str]) -> set[Port]:
        """The wires at some nodes."""
        return {key for node_id in node_ids for key in self.at_node.get(node_id, ())}

    # -- what is where --------------------------------------------------------------------------------------

    def bounds(self, node_ids: Iterable[str] | None = None) -> QRectF:
        """Around some nodes, or around everything with its labels; empty without nodes."""
        area = QRectF()
        for view in self.nodes.values() if node_ids is None else (self.nodes[i] for i in node_ids):
            area = area.united(view.rect)
        if node_ids is not None:
            return area
        for wire in self.wires.values():
            area = area.united(wire.path.boundingRect())
            # A wire that runs back has its labels outside of the two nodes that it joins.
            if wire.line.dx() < _LABEL:
                area = area.united(QRectF(wire.line.p1(), QSizeF(_LABEL, 1)))
                area = area.united(QRectF(wire.line.x2() - _LABEL, wire.line.y2(), _LABEL, 1))
        for view in self.nodes.values():
            if view.face.group != "loss" and not self.feeds(view.id):
                area = area.united(QRectF(view.output(), QSizeF(_LABEL, 1)))
        return area

    def node_at(self, point: QPointF) -> str | None:
        """The uppermost node under a point."""
        return next((i for i, v in reversed(self.nodes.items()) if v.rect.contains(point)), None)

    def input_at(self, point: QPointF, reach: float = HIT) -> Port | None:
        """The input port whose row or surroundings hold the point."""
        for node_id, view in reversed(self.nodes.items()):
            rect = view.rect
            if not rect.adjusted(-reach, -reach, reach, reach).contains(point):
                continue
            for index, port in enumerate(view.face.ports):
                at = view.input(index)
                inside = at.x() - reach <= point.x() <= rect.right() and abs(point.y() - at.y()) <= ROW / 2
                near = abs(point.x() - at.x()) <= reach and abs(point.y() - at.y()) <= ROW / 2
                if inside or near:
                    return node_id, port
        return None

    def knob_at(self, point: QPointF, reach: float = HIT / 2) -> tuple[str, str] | None:
        """The port knob nearest to a point and within reach: (node, port), with an empty port for the output."""
        best: tuple[float, tuple[str, str]] | None = None
        for node_id, view in self.nodes.items():
            if not view.rect.adjusted(-reach, -reach, reach, reach).contains(point):
                continue
            knobs = [("", view.output()), *((port, view.input(i)) for i, port in enumerate(view.face.ports))]
            for port, at in knobs:
                way = at - point
                far = max(abs(way.x()), abs(way.y()))
                # At the same distance the upper node counts.
                if far <= reach and (best is None or far <= best[0]):
                    best = far, (node_id, port)
        return best[1] if best else None

    def wire_at(self, point: QPointF, reach: float = 6.0) -> Port | None:
        """The uppermost wire within reach."""
        for key, view in reversed(self.wires.items()):
            if view.bounds.adjusted(-reach, -reach, reach, reach).contains(point) and _near(view, point, reach):
                return key
        return None

    def nodes_in(self, area: QRectF) -> set[str]:
        """The nodes that an area touches."""
        return {node_id for node_id, view in self.nodes.items() if area.intersects(view.rect)}

    def wires_cut_by(self, start: QPointF, end: QPointF) -> set[Port]:
        """The wires that a straight line crosses."""
        area = QRectF(start, end).normalized().adjusted(-1, -1, 1, 1)
        return {
            key
            for key, view in self.wires.items()
            if view.bounds.adjusted(-1, -1, 1, 1).intersects(area) and _crossed(view, start, end)
        }


_PIECES = 20


def sampled(path: QPainterPath) -> list[tuple[float, float]]:
    """Points along a path of lines and cubics, its ends included."""
    first = path.elementAt(0)
    x0, y0 = first.x, first.y
    out = [(x0, y0)]
    index = 1
    while index < path.elementCount():
        element = path.elementAt(index)
        if element.type == QPainterPath.ElementType.CurveToElement:
            second, end = path.elementAt(index + 1), path.elementAt(index + 2)
            x1, y1, x2, y2, x3, y3 = element.x, element.y, second.x, second.y, end.x, end.y
            for i in range(1, _PIECES + 1):
                t = i / _PIECES
                u = 1 - t
                a, b, c, d = u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t
                out.append((a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3))
            x0, y0 = x3, y3
            index += 3
        else:
            out += [((x0 + element.x) / 2, (y0 + element.y) / 2), (element.x, element.y)]
            x0, y0 = element.x, element.y
            index += 1
    return out


def _near(wire: WireView, point: QPointF, reach: float) -> bool:
    """Whether the curve passes a point within reach."""
    px, py = point.x(), point.y()
    for (ax, ay), (bx, by) in pairwise(wire.points):
        dx, dy = bx - ax, by - ay
        length = dx * dx + dy * dy
        t = 0.0 if length == 0 else max(0.0, min(1.0, ((px - ax) * dx + (py - ay) * dy) / length))
        if abs(ax + t * dx - px) <= reach and abs(ay + t * dy - py) <= reach:
            return True
    return False


def _crossed(wire: WireView, start: QPointF, end: QPointF) -> bool:
    """Whether a straight line crosses the curve."""
    c, d = (start.x(), start.y()), (end.x(), end.y())
    return any(_cross(a, b, c, d) for a, b in pairwise(wire.points))


_Spot = tuple[float, float]


def _cross(a: _Spot, b: _Spot, c: _Spot, d: _Spot) -> bool:
    def side(p: _Spot, q: _Spot, r: _Spot) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) <= 0
