"""Places for what a file gives none: a whole graph is laid out, and single nodes stand beside their neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from compute.analysis import Analysis, analyse
from compute.document import Document
from compute.graph import Graph, Reroute, Wire
from compute.ops import find
from editor.canvas.areas import FRAME_HEADER, FRAME_ROOM, NEW_FRAME, NEW_NOTE
from editor.canvas.face import ROW, face
from editor.canvas.folding import Size
from editor.canvas.layering import GAP_X, GAP_Y
from editor.canvas.layout import VIEW, Rect, tidy
from editor.pieces import Pieces

_AT_ONCE = 20
"""Nodes that are measured without a pause."""
_TRIES = 60
_FREE = 20.0
"""Between a new place and what stands beside it."""


def placing(document: Document, analysis: Analysis | None = None) -> Pieces[None]:
    """Give a place to everything in a document that has none, in pieces; the same document gives the same places.

    ``analysis``: of its graph, if it is known: it says how large nodes are. No undo step comes of it, as a document
    that is opened is not changed by being shown.
    """
    graph = document.graph
    if not graph.unplaced:
        return
    known = analysis if analysis is not None else (yield partial(analyse, graph))
    sizes: dict[str, Size] = {}
    for node in graph.nodes.values():
        shape = face(node, known)
        sizes[node.id] = shape.width, shape.height
        if not len(sizes) % _AT_ONCE:
            yield None
    places = yield partial(_Places, graph, sizes)
    places.put(graph)


class _Places:
    """Where everything is to be: ``rects`` of nodes, frames and notes."""

    def __init__(self, graph: Graph, sizes: Mapping[str, Size]) -> None:
        self._graph, self._sizes = graph, sizes
        self._new = graph.unplaced
        self.rects: dict[str, Rect] = {}
        self._left: list[str] = [node_id for node_id in graph.order()[0] if node_id in self._new]
        self._left += [node_id for node_id in graph.nodes if node_id in self._new and node_id not in set(self._left)]
        if len(self._left) == len(graph.nodes):
            self._lay_out(graph)
        elif self._few_stand:
            self._around_few()
        else:
            self._rects_of_placed()
            self._beside_neighbours()
        self._areas()

    def put(self, graph: Graph) -> None:
        """Write the places into a graph with the same records; all of it has places then."""
        for record_id, (x, y, wide, high) in self.rects.items():
            if record_id in graph.nodes:
                graph.nodes[record_id] = replace(graph.nodes[record_id], position=(x, y))
            elif record_id in graph.frames:
                graph.frames[record_id] = replace(graph.frames[record_id], position=(x, y), size=(wide, high))
            elif record_id in graph.notes:
                graph.notes[record_id] = replace(graph.notes[record_id], position=(x, y), size=(wide, high))
        for point in list(graph.reroutes.values()):
            if point.id in self._new:
                graph.reroutes[point.id] = self._on_wire(point)
        graph.unplaced = frozenset()

    # -- all of it ------------------------------------------------------------------------------------------

    def _lay_out(self, graph: Graph, low: tuple[float, float] = (0.0, 0.0)) -> None:
        """Lay out a graph of which nothing has a place, with its corner there."""
        part = graph.copy()
        part.nodes = {i: replace(node, position=low) for i, node in part.nodes.items()}
        part.frames = {i: replace(f, size=f.size if min(f.size) > 0 else NEW_FRAME) for i, f in part.frames.items()}
        part.notes = {i: replace(n, size=n.size if min(n.size) > 0 else NEW_NOTE) for i, n in part.notes.items()}
        found = tidy(part, self._sizes, VIEW)
        for record_id, at in found.corners.items():
            record = part.placed(record_id)
            size = self._sizes[record_id] if record_id in part.nodes else getattr(record, "size", NEW_NOTE)
            self.rects[record_id] = (*at, *size)
        self.rects |= found.frames

    # -- some of it -----------------------------------------------------------------------------------------

    @property
    def _few_stand(self) -> bool:
        """Whether so little has a place that the arrangement of the rest does not follow from it."""
        areas = self._graph.frames.keys() | self._graph.notes.keys()
        return areas <= self._new and 2 * len(self._left) > len(self._graph.nodes)

    def _around_few(self) -> None:
        """Lay everything out, such that the first of those that have a place stands there; the others that have one
        keep it, and what would lie on them makes room."""
        self._lay_out(self._graph)
        standing = {i: node.position for i, node in self._graph.nodes.items() if i not in self._new}
        first, (left, top) = next(iter(standing.items()))
        dx, dy = left - self.rects[first][0], top - self.rects[first][1]
        laid = {i: (x + dx, y + dy, wide, high) for i, (x, y, wide, high) in self.rects.items()}
        if len(standing) > 1:  # frames are then around what they come to hold
            laid = {i: rect for i, rect in laid.items() if i not in self._graph.frames}
        self.rects = {i: rect for i, rect in laid.items() if i not in standing}
        self._rects_of_placed()
        for node_id in self._left:
            if self._in_the_way(laid[node_id], self.rects.keys() - standing.keys()):
                del self.rects[node_id]
                self._stand(node_id, laid[node_id][:2])

    def _rects_of_placed(self) -> None:
        graph = self._graph
        self.rects |= {i: (*node.position, *self._sizes[i]) for i, node in graph.nodes.items() if i not in self._new}
        self.rects |= {i: (*f.position, *f.size) for i, f in graph.frames.items() if i not in self._new}
        self.rects |= {i: (*n.position, *n.size) for i, n in graph.notes.items() if i not in self._new}

    def _beside_neighbours(self) -> None:
        into: dict[str, list[Wire]] = {node_id: [] for node_id in self._graph.nodes}
        out: dict[str, list[Wire]] = {node_id: [] for node_id in self._graph.nodes}
        for wire in self._graph.wires.values():
            into[wire.target].append(wire)
            out[wire.source].append(wire)
        while self._left:
            found = next(self._next_to(into, out), None)
            if found is None:
                self._rest_below()
                return
            node_id, at = found
            self._left.remove(node_id)
            self._stand(node_id, at)

    def _next_to(
        self, into: Mapping[str, list[Wire]], out: Mapping[str, list[Wire]]
    ) -> Iterator[tuple[str, tuple[float, float]]]:
        """Nodes that wait with a neighbour that stands, and where they would stand on a level with it: first those
        behind their sources, in the order of the computation, then those before their targets."""
        for node_id in self._left:
            led = [wire for wire in into[node_id] if wire.source in self.rects]
            if led:
                x = max(self.rects[w.source][0] + self.rects[w.source][2] for w in led) + GAP_X
                yield node_id, (x, self.rects[led[0].source][1] - self._down(led[0]))
        for node_id in reversed(self._left):
            led = [wire for wire in out[node_id] if wire.target in self.rects]
            if led:
                x = min(self.rects[w.target][0] for w in led) - GAP_X - self._sizes[node_id][0]
                yield node_id, (x, self.rects[led[0].target][1] + self._down(led[0]))

    def _down(self, wire: Wire) -> float:
        """How far below the first port of its target a wire arrives."""
        op = find(self._graph.nodes[wire.target].op)
        return ROW * op.ports.index(wire.port) if op is not None and wire.port in op.ports else 0.0

    def _stand(self, node_id: str, at: tuple[float, float]) -> None:
        """Put a node to a place, or below it where there is room: beside all that is not its own, and such that its
        frames hold it and nothing else that they did not hold."""
        around = self._around(node_id)
        # Where its frame cannot grow to the side, it can below what it holds.
        lefts = [at[0], *(self.rects[frame][0] + FRAME_ROOM for frame in around[:1] if frame in self.rects)]
        found = (self._down_from(node_id, (left, at[1]), around) for left in lefts)
        rect, grown = next((each for each in found if each is not None), ((*at, *self._sizes[node_id]), {}))
        self.rects |= grown
        self.rects[node_id] = rect

    def _down_from(
        self, node_id: str, at: tuple[float, float], around: list[str]
    ) -> tuple[Rect, dict[str, Rect]] | None:
        """The first free place below one, with the areas that its frames then have."""
        x, y = at
        for _ in range(_TRIES):
            rect = (x, y, *self._sizes[node_id])
            hit = self._in_the_way(rect, {node_id, *around})
            grown = {frame: _around(self.rects[frame], rect) for frame in around if frame in self.rects}
            for frame, area in grown.items():
                hit += self._in_the_way(area, {*self._graph.inside({frame}), *around})
            if not hit:
                return rect, grown
            y = max(y, *(r[1] + r[3] for r in hit)) + GAP_Y
        return None

    def _around(self, node_id: str) -> list[str]:
        """The frames that a node lies in, from the inside out."""
        way, frame = [], self._graph.nodes[node_id].parent
        while frame:
            way.append(frame)
            frame = self._graph.frames[frame].parent
        return way

    def _in_the_way(self, rect: Rect, own: set[str]) -> list[Rect]:
        x, y, wide, high = rect
        return [
            (a, b, w, h)
            for i, (a, b, w, h) in self.rects.items()
            if i not in own
            and a < x + wide + _FREE
            and x < a + w + _FREE
            and b < y + high + _FREE
            and y < b + h + _FREE
        ]

    def _rest_below(self) -> None:
        """What is wired to nothing that stands, laid out by itself below everything."""
        part = Graph([replace(self._graph.nodes[i], parent="") for i in self._left])
        part.wires = {
            key: wire for key, wire in self._graph.wires.items() if {wire.source, wire.target} <= part.nodes.keys()
        }
        low = min(rect[0] for rect in self.rects.values()), self._bottom() + GAP_Y
        own, self.rects = self.rects, {}
        self._lay_out(part, low)
        rest, self.rects = self.rects, own
        for node_id in self._left:
            self._stand(node_id, rest[node_id][:2])

    # -- frames, notes and points ---------------------------------------------------------------------------

    def _bottom(self) -> float:
        return max((rect[1] + rect[3] for rect in self.rects.values()), default=0.0)

    def _areas(self) -> None:
        """Frames without a place around what they hold, and notes and empty frames below everything."""
        graph = self._graph
        for frame_id in self._new & graph.frames.keys() - self.rects.keys():
            held = [self.rects[i] for i in graph.inside({frame_id}) if i in self.rects]
            if held:
                around = held[0]
                for rect in held[1:]:
                    around = _united(around, rect)
                self.rects[frame_id] = _with_room(around)
        left = min((rect[0] for rect in self.rects.values()), default=0.0)
        for record_id in (*graph.frames, *graph.notes):
            if record_id in self._new and record_id not in self.rects:
                size = NEW_FRAME if record_id in graph.frames else NEW_NOTE
                self.rects[record_id] = (left, self._bottom() + GAP_Y, *size)

    def _on_wire(self, point: Reroute) -> Reroute:
        wire = self._graph.wires[point.wire]
        a, b = (self.rects.get(i, (0.0, 0.0, 0.0, 0.0)) for i in (wire.source, wire.target))
        return replace(point, position=(round((a[0] + a[2] + b[0]) / 2), round((a[1] + b[1]) / 2 + 50)))


def _united(a: Rect, b: Rect) -> Rect:
    x, y = min(a[0], b[0]), min(a[1], b[1])
    return x, y, max(a[0] + a[2], b[0] + b[2]) - x, max(a[1] + a[3], b[1] + b[3]) - y


def _with_room(rect: Rect) -> Rect:
    x, y, wide, high = rect
    return x - FRAME_ROOM, y - FRAME_ROOM - FRAME_HEADER, wide + 2 * FRAME_ROOM, high + 2 * FRAME_ROOM + FRAME_HEADER


def _around(frame: Rect, rect: Rect) -> Rect:
    """A frame's area, grown so far that it holds another with room for its title."""
    return _united(frame, _with_room(rect))
