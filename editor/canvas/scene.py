"""The projection of a document: where every record is, and what is at a point.

Plain objects, rebuilt from the document at any moment and kept up edit by edit; nothing here paints.
"""

from __future__ import annotations

from collections.abc import Container, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from operator import attrgetter

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF

from compute.analysis import Analysis
from compute.document import Document
from compute.edits import Edit
from compute.graph import Frame, Node, Note, Port, RecordId, Reroute, Wire
from compute.ops import find
from editor.canvas.areas import AreaView, Edge, PointView, edges_at, header
from editor.canvas.face import Face, face
from editor.canvas.lanes import Course, lanes, needs_lane
from editor.canvas.standing import NodeView, WireView, sides
from editor.canvas.wire_path import crossed, near

_LABEL = 120.0
"""About the width of a label and its distance from the port."""
HIT = 20.0
"""How far around a port the pointer still means it, in scene units at zoom 1."""


_AT_ONCE = 50
"""Faces that are measured without a pause; so a small graph has its faces in one turn."""

_all_but_place = attrgetter(*(each.name for each in fields(Node) if each.name != "position"))
"""What two nodes that differ in nothing but their place have in common."""


def _wired(document: Document) -> dict[str, tuple[str, ...]]:
    """The wired ports of each node whose op is unknown: all that is known of its ports."""
    found: dict[str, list[str]] = {node.id: [] for node in document.graph.nodes.values() if not find(node.op)}
    for target, port in document.graph.wires if found else ():
        if target in found:
            found[target].append(port)
    return {node_id: tuple(ports) for node_id, ports in found.items()}


@dataclass
class Scene:
    """All that is on the canvas. ``version`` counts changes of geometry, for whoever remembers something of it."""

    nodes: dict[str, NodeView] = field(default_factory=dict)
    wires: dict[Port, WireView] = field(default_factory=dict)
    frames: dict[str, AreaView[Frame]] = field(default_factory=dict)
    """The outer ones first."""
    notes: dict[str, AreaView[Note]] = field(default_factory=dict)
    points: dict[str, PointView] = field(default_factory=dict)
    at_node: dict[str, set[Port]] = field(default_factory=dict)
    version: int = 0
    _analysis: Analysis = field(default_factory=Analysis)
    _around: tuple[int, QRectF, QRectF] = (-1, QRectF(), QRectF())
    """What lies around everything, without and with labels, for a version."""

    # -- following the document -----------------------------------------------------------------------------

    def rebuild(self, document: Document, analysis: Analysis) -> None:
        """Everything anew."""
        for _ in self.rebuilding(document, analysis):
            pass

    def rebuilding(self, document: Document, analysis: Analysis) -> Iterator[None]:
        """Everything anew, a piece with each turn."""
        self.nodes.clear()
        self.wires.clear()
        self.at_node.clear()
        self._analysis = analysis
        self._put_annotations(document)
        wired = _wired(document)
        for node in document.graph.nodes.values():
            self._put_node(node, face(node, analysis, wired.get(node.id, ())))
            yield
        for key in document.graph.wires:
            self._put_wire(document, key)
            yield
        self._lead_around()
        self.version += 1
        yield
        self._known_around()
        yield

    def take_over(self, other: Scene) -> None:
        """Everything as in another scene, which is not used any more."""
        self.nodes, self.wires, self.at_node = other.nodes, other.wires, other.at_node
        self.frames, self.notes, self.points = other.frames, other.notes, other.points
        self._analysis = other._analysis
        self.version += 1
        self._around = self.version, *other._known_around()[1:]

    def follow(self, document: Document, edit: Edit, analysis: Analysis) -> None:
        """Only what an edit changed."""
        same, self._analysis = analysis is self._analysis, analysis
        moved: set[str] = set()
        rerouted: set[Port] = set()
        for change in edit.records:
            if isinstance(change.id, tuple):
                self._drop_wire(change.id)
                moved |= {change.id[0]} | {w.source for w in (change.before, change.after) if isinstance(w, Wire)}
            elif change.kind is Node:
                moved.add(change.id)
            rerouted |= {r.wire for r in (change.before, change.after) if isinstance(r, Reroute)}
        if any(change.kind in (Frame, Note, Reroute) for change in edit.records):
            self._put_annotations(document)
        keys = {key for node_id in moved for key in self.at_node.get(node_id, ())}
        wired = _wired(document) if moved else {}
        for node_id in moved:
            node, view = document.graph.nodes.get(node_id), self.nodes.get(node_id)
            if node is None:
                self.nodes.pop(node_id, None)
            elif same and view is not None and _all_but_place(view.node) == _all_but_place(node):
                view.node = node
                view.move_to(*node.position)
            else:
                self._put_node(node, face(node, analysis, wired.get(node_id, ())))
        keys |= rerouted | {change.id for change in edit.records if isinstance(change.id, tuple)}
        for key in keys:
            self._put_wire(document, key)
        if moved or rerouted:
            self._lead_around()
        self.version += bool(edit.records)

    @property
    def analysis(self) -> Analysis:
        """What was last known of the graph's meaning."""
        return self._analysis

    def facing(self, document: Document, analysis: Analysis) -> Generator[None, None, dict[str, Face]]:
        """How each node looks with other shapes and problems, in pieces, of which only a large graph has several."""
        wired, found = _wired(document), dict[str, Face]()
        for node_id, view in self.nodes.items():
            found[node_id] = face(view.node, analysis, wired.get(node_id, ()))
            if not len(found) % _AT_ONCE:
                yield
        return found

    def analysed(self, document: Document, analysis: Analysis, faces: Mapping[str, Face]) -> bool:
        """Take over shapes, problems and the faces that they give; whether anything looks different now."""
        self._analysis = analysis
        changed = False
        led: set[Port] = set()
        """Wires that end elsewhere now."""
        for node_id, view in self.nodes.items():
            new = faces[node_id]
            resized = (new.width, new.height, new.ports) != (view.face.width, view.face.height, view.face.ports)
            problem, waits = analysis.problems.get(node_id), node_id in analysis.waiting
            off = analysis.off.get(node_id)
            if new != view.face or (problem, waits, off) != (view.problem, view.waits, view.off):
                view.face, view.problem, view.waits, view.off = new, problem, waits, off
                view.rect.setSize(QSizeF(new.width, new.height))
                changed = True
                if resized:
                    led |= self.at_node.get(node_id, set())
        for key in led:
            self._put_wire(document, key)
        if led:
            self._lead_around()
        self.version += changed
        return changed

    def _put_node(self, node: Node, shape: Face) -> None:
        problem = self._analysis.problems.get(node.id)
        rect = QRectF(node.position[0], node.position[1], shape.width, shape.height)
        off = self._analysis.off.get(node.id)
        self.nodes[node.id] = NodeView(node, shape, rect, problem, node.id in self._analysis.waiting, off)

    def _put_annotations(self, document: Document) -> None:
        """Frames, notes and reroute points anew: there are few of them."""
        graph = document.graph

        def depth(frame: Frame) -> int:
            return depth(graph.frames[frame.parent]) + 1 if frame.parent in graph.frames else 0

        self.frames = {frame.id: AreaView.of(frame) for frame in sorted(graph.frames.values(), key=depth)}
        self.notes = {note.id: AreaView.of(note) for note in graph.notes.values()}
        self.points = {point.id: PointView.of(point) for point in graph.reroutes.values()}

    def _put_wire(self, document: Document, key: Port) -> None:
        wire, view = document.graph.wires.get(key), self.wires.get(key)
        there = wire is not None and wire.source in self.nodes and wire.target in self.nodes
        if view is not None and wire is not None and there and view.source == wire.source:
            view.lead(*self._course(wire.source, key))
            return
        if view is not None:
            self._drop_wire(key)
        if wire is None or not there:
            return
        self.wires[key] = WireView(key, wire.source, *self._course(wire.source, key))
        self.at_node.setdefault(wire.source, set()).add(key)
        self.at_node.setdefault(wire.target, set()).add(key)

    def _drop_wire(self, key: Port) -> None:
        view = self.wires.pop(key, None)
        if view:
            for node_id in (view.source, key[0]):
                self.at_node.get(node_id, set()).discard(key)

    def _course(self, source: str, key: Port) -> tuple[QPointF, QPointF, tuple[QPointF, ...]]:
        """Where a wire starts and ends, and the points that it runs through."""
        points = self.points.values()
        through = tuple(view.rect.center() for view in points if view.record.wire == key) if points else ()
        return self.nodes[source].output(), self.input_point(key), through

    def _lead_around(self) -> None:
        """Lead the wires that would cross nodes through the lanes beside them."""
        nodes = np.array([view.rect.getCoords() for view in self.nodes.values()]).reshape(-1, 4)
        courses = [
            Course(wire.key, wire.source, (wire.start.x(), wire.start.y()), (wire.end.x(), wire.end.y()))
            for wire in self.wires.values()
            if not wire.through and needs_lane(wire.end.x() - wire.start.x())
        ]
        found = lanes(nodes, courses)
        for key, wire in self.wires.items():
            lane = found.get(key)
            if wire.lane != lane:
                wire.lead(wire.start, wire.end, wire.through, lane)

    def input_point(self, key: Port) -> QPointF:
        """Where a wire arrives; a port that the op does not have is shown at the corner of the node."""
        view = self.nodes[key[0]]
        ports = view.face.ports
        return view.input(ports.index(key[1]) if key[1] in ports else len(ports))

    def texts(self) -> list[str]:
        """The texts of all notes."""
        return [view.record.text for view in self.notes.values()]

    # -- moving by hand, before it is an edit ---------------------------------------------------------------

    def find(self, record_id: RecordId) -> NodeView | AreaView[Frame] | AreaView[Note] | PointView | None:
        """The view of what has a place of its own."""
        if not isinstance(record_id, str):
            return None
        found = self.nodes.get(record_id) or self.frames.get(record_id) or self.notes.get(record_id)
        return found or self.points.get(record_id)

    def place(self, record_id: str) -> QPointF:
        """Where something is: its corner, and of a reroute point its middle."""
        view = self.find(record_id)
        assert view is not None, record_id
        return view.rect.center() if isinstance(view, PointView) else view.rect.topLeft()

    def shift(self, places: Mapping[str, QPointF]) -> None:
        """Put things elsewhere without an edit, wires in tow."""
        for record_id, place in places.items():
            view = self.find(record_id)
            if view is not None:
                view.move_to(place.x(), place.y())
        for key in self.led_by(places):
            wire = self.wires[key]
            wire.lead(*self._course(wire.source, key))
        self._lead_around()
        self.version += 1

    def led_by(self, ids: Iterable[str]) -> set[Port]:
        """The wires at some nodes, and those through some reroute points."""
        ids = set(ids)
        through = {view.record.wire for view in self.points.values() if view.record.id in ids}
        return self.touching(ids) | (through & self.wires.keys())

    def feeds(self, node_id: str) -> bool:
        """Whether a wire leaves a node."""
        return any(key[0] != node_id for key in self.at_node.get(node_id, ()))

    def touching(self, node_ids: Iterable[str]) -> set[Port]:
        """The wires at some nodes."""
        return {key for node_id in node_ids for key in self.at_node.get(node_id, ())}

    # -- what is where --------------------------------------------------------------------------------------

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing."""
        return not (self.nodes or self.frames or self.notes or self.points)

    def bounds(self, ids: Iterable[RecordId] | None = None) -> QRectF:
        """Around some things, or around everything with its labels; empty where there is nothing."""
        if ids is None:
            return QRectF(self._known_around()[2])
        area = QRectF()
        for record_id in ids:
            view, wire = self.find(record_id), self.wires.get(record_id) if isinstance(record_id, tuple) else None
            if view is not None:
                area = area.united(view.rect)
            elif wire is not None:
                area = area.united(wire.path.boundingRect().adjusted(-1, -1, 1, 1))
        return area

    @property
    def extent(self) -> QRectF:
        """Around everything but wires and labels; empty where there is nothing."""
        return QRectF(self._known_around()[1])

    def _known_around(self) -> tuple[int, QRectF, QRectF]:
        if self._around[0] != self.version:
            extent = self._around_records()
            self._around = self.version, extent, self._with_labels(QRectF(extent))
        return self._around

    def _around_records(self) -> QRectF:
        parts: tuple[Mapping[str, NodeView | AreaView[Frame] | AreaView[Note] | PointView], ...]
        parts = (self.nodes, self.frames, self.notes, self.points)
        rects = [thing.rect for part in parts for thing in part.values()]
        if not rects:
            return QRectF()
        corner = QPointF(min(rect.left() for rect in rects), min(rect.top() for rect in rects))
        return QRectF(corner, QPointF(max(rect.right() for rect in rects), max(rect.bottom() for rect in rects)))

    def _with_labels(self, area: QRectF) -> QRectF:
        """The area around all records, grown by the wires and labels that lie outside."""
        left, top, right, bottom = sides(area)
        for wire in self.wires.values():
            x0, x1 = wire.start.x(), wire.end.x()
            # A wire that runs back has its labels outside of the two nodes that it joins.
            labels_outside = x1 - x0 < _LABEL and (x0 + _LABEL > right or x1 - _LABEL < left)
            if labels_outside:
                area = area.united(QRectF(wire.start, QSizeF(_LABEL, 1)))
                area = area.united(QRectF(x1 - _LABEL, wire.end.y(), _LABEL, 1))
            # Nearly all wires lie between their nodes; only of others it counts where exactly they run.
            runs_outside = not wire.lies_in(left, top, right, bottom)
            if runs_outside:
                area = area.united(wire.path.boundingRect())
            if labels_outside or runs_outside:
                left, top, right, bottom = sides(area)
        feeding = {wire.source for wire in self.wires.values()}
        for view in self.nodes.values():
            if view.id not in feeding and view.face.group != "loss":
                area = area.united(QRectF(view.output(), QSizeF(_LABEL, 1)))
        return area

    def node_at(self, point: QPointF) -> str | None:
        """The uppermost node under a point."""
        return next((i for i, v in reversed(self.nodes.items()) if v.rect.contains(point)), None)

    def frame_at(self, point: QPointF, reach: float) -> str | None:
        """The innermost frame whose title or border is under a point: it lets through what is inside."""
        for frame_id, view in reversed(self.frames.items()):
            if header(view.rect).contains(point) or edges_at(view.rect, point, reach):
                return frame_id
        return None

    def upper_at(self, point: QPointF, reach: float) -> str | None:
        """The uppermost node or reroute point at a point: what lies above the wires."""
        node_id = self.node_at(point)
        if node_id is not None:
            return node_id
        spots = ((i, view.rect.adjusted(-reach, -reach, reach, reach)) for i, view in reversed(self.points.items()))
        return next((record_id for record_id, rect in spots if rect.contains(point)), None)

    def area_at(self, point: QPointF, reach: float) -> str | None:
        """The uppermost note or frame at a point: what lies below the wires."""
        for note_id, view in reversed(self.notes.items()):
            if view.rect.contains(point) or edges_at(view.rect, point, reach):
                return note_id
        return self.frame_at(point, reach)

    def edges(self, record_id: str, point: QPointF, reach: float) -> frozenset[Edge]:
        """By which of its edges something could be resized at a point; none where it could not."""
        view = self.find(record_id)
        return edges_at(view.rect, point, reach) if isinstance(view, AreaView) else frozenset()

    def frame_around(self, rect: QRectF, without: Container[str] = ()) -> str:
        """The innermost frame that holds the middle of an area, "" for none; ``without``: frames that do not count."""
        for frame_id, view in reversed(self.frames.items()):
            if frame_id not in without and view.rect.contains(rect.center()):
                return frame_id
        return ""

    def input_at(self, point: QPointF, reach: float = HIT) -> Port | None:
        """The input port whose row or surroundings hold the point."""
        for node_id, view in reversed(self.nodes.items()):
            rect = view.rect
            if not rect.adjusted(-reach, -reach, reach, reach).contains(point):
                continue
            for index, port in enumerate(view.face.ports):
                at = view.input(index)
                level = abs(point.y() - at.y()) <= view.face.reach
                if level and at.x() - reach <= point.x() <= max(rect.right(), at.x() + reach):
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
            if view.bounds.adjusted(-reach, -reach, reach, reach).contains(point) and near(view.points, point, reach):
                return key
        return None

    def nodes_in(self, area: QRectF) -> set[str]:
        """The nodes that an area touches."""
        return {node_id for node_id, view in self.nodes.items() if area.intersects(view.rect)}

    def things_in(self, area: QRectF) -> set[RecordId]:
        """What an area touches, and the frames and wires that lie in it as a whole."""
        found: set[RecordId] = set(self.nodes_in(area))
        found |= {i for part in (self.notes, self.points) for i, view in part.items() if area.intersects(view.rect)}
        found |= {i for i, view in self.frames.items() if area.contains(view.rect)}
        edges = sides(area)
        for key, wire in self.wires.items():
            if wire.lies_in(*edges):
                found.add(key)
        return found

    def wires_cut_by(self, start: QPointF, end: QPointF) -> set[Port]:
        """The wires that a straight line crosses."""
        area = QRectF(start, end).normalized().adjusted(-1, -1, 1, 1)
        return {
            key
            for key, view in self.wires.items()
            if view.bounds.adjusted(-1, -1, 1, 1).intersects(area) and crossed(view.points, start, end)
        }
