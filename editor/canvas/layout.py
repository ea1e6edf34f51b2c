"""Tidy: a layered layout, sources left and the loss right, folded into lines that fit the view.

What lies in a frame is laid out by itself, and the frame is then one box of what it lies in, so that nothing else comes
to lie in it. The same graph, sizes and view give the same places.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from compute.graph import Frame, Graph, Node, Note
from compute.ops import find
from editor.canvas.areas import FRAME_HEADER, FRAME_ROOM
from editor.canvas.face import FIRST_ROW, HEADER, ROW
from editor.canvas.folding import GUTTER, Places, Size, fold, shelved
from editor.canvas.layering import GAP_X, GAP_Y, Layers, Link, layered

VIEW = (1280.0, 720.0)
"""Pixels of a view of which nothing is known."""
READABLE = 0.8
"""A layout in fewer lines is taken where the view shows it all at this zoom."""
_TRIED = (2.0, 1.6, 1.35, 1.2, 1.1, 1.0, 0.9, 0.8, 0.7, 0.6)
"""The widths that are tried, as shares of the one at which all would fill the view without a gap too many."""
_FEW_TRIED = (1.2, 1.0, 0.85)
_MANY = 300
"""Nodes, and places where wires pass through a column, from which on fewer are tried."""
_LABEL = 130.0
"""Beyond the nodes on both sides: the labels of the first and the last wires."""
_COST_OF_LINE = 0.03
Rect = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Layout:
    """corners: of nodes, of the notes in frames, and of frames without content; frames: left, top, width and height of
    those that have some."""

    corners: Places = field(default_factory=dict)
    frames: Mapping[str, Rect] = field(default_factory=dict)


def tidy(graph: Graph, sizes: Mapping[str, Size], view: tuple[float, float] = VIEW) -> Layout:
    """Places for everything but notes outside of frames; the picture keeps its top left corner.

    ``sizes``: (width, height) of each node; ``view``: of the window's canvas, in pixels. What is locked keeps its
    place, with the frames that it lies in and all in them; the rest then lies below it, where it would lie on it.
    """
    fixed = _fixed(graph)
    if not fixed:
        return _laid_out(graph, sizes, view)
    rest = graph.copy()
    for table in (rest.nodes, rest.frames, rest.notes):
        for record_id in fixed & table.keys():
            del table[record_id]
    found = _laid_out(rest, {i: sizes[i] for i in rest.nodes}, view)
    taken = [(*graph.nodes[i].position, *sizes[i]) for i in fixed & graph.nodes.keys()]
    taken += [(*graph.frames[i].position, *graph.frames[i].size) for i in fixed & graph.frames.keys()]
    new = [(*at, *sizes.get(i, (0.0, 0.0))) for i, at in found.corners.items()] + list(found.frames.values())
    if not any(_overlap(a, b) for a in taken for b in new):
        return found
    down = max(y + high for _, y, _, high in taken) + GUTTER - min(y for _, y, _, _ in new)
    return Layout(
        {i: (x, y + down) for i, (x, y) in found.corners.items()},
        {i: (x, y + down, wide, high) for i, (x, y, wide, high) in found.frames.items()},
    )


def _fixed(graph: Graph) -> set[str]:
    """What is locked, the frames that hold something locked, and all that lies in these frames."""
    found = {r.id for table in (graph.nodes, graph.frames, graph.notes) for r in table.values() if r.locked}
    holding = {f for f in graph.frames if f in found or graph.inside({f}) & found} if found else set()
    return found | holding | graph.inside(holding)


def _overlap(a: Rect, b: Rect) -> bool:
    near = GAP_Y / 2
    return (
        a[0] < b[0] + b[2] + near
        and b[0] < a[0] + a[2] + near
        and a[1] < b[1] + b[3] + near
        and b[1] < a[1] + a[3] + near
    )


def _laid_out(graph: Graph, sizes: Mapping[str, Size], view: tuple[float, float]) -> Layout:
    if not graph.nodes:
        return Layout()
    tree = _Tree(graph, sizes)
    area = sum((wide + GAP_X) * (high + GUTTER) for wide, high in sizes.values())
    filled = math.sqrt(area * view[0] / view[1])
    best: tuple[float, _Laid] | None = None
    width, more = float("inf"), list(_TRIED)
    while True:
        laid = tree.lay("", width)
        zoom = min(view[0] / (laid.size[0] + 2 * _LABEL), view[1] / laid.size[1])
        worth = min(zoom, 1.0) / (1.0 + _COST_OF_LINE * laid.lines)
        if best is None or worth > best[0] or zoom >= READABLE:
            best = worth, laid
        if width == float("inf") and tree.items > _MANY:
            more = list(_FEW_TRIED)
        if zoom >= READABLE or not more:
            break
        width = filled * more.pop(0)
    assert best is not None
    return _at(best[1], graph)


def _at(laid: _Laid, graph: Graph) -> Layout:
    """What was laid out, with its corner where the picture had its own, on a grid of ten."""
    left = min(node.position[0] for node in graph.nodes.values())
    top = min(node.position[1] for node in graph.nodes.values())
    low = [min(p[axis] for i, p in laid.places.items() if i in graph.nodes) for axis in (0, 1)]

    def placed(x: float, y: float) -> tuple[float, float]:
        return round((x - low[0] + left) / 10) * 10.0, round((y - low[1] + top) / 10) * 10.0

    corners = {i: placed(*at) for i, at in laid.places.items()}
    frames = {i: (*placed(x, y), wide, high) for i, (x, y, wide, high) in laid.frames.items()}
    return Layout(corners, frames)


@dataclass(slots=True)
class _Laid:
    """What lies in a frame, from the corner of its content; ``lines``: how many there are below each other."""

    places: Places
    frames: dict[str, Rect]
    size: Size
    lines: int


class _Tree:
    """The frames of a graph in each other, with the layers of what lies in each, which are found once."""

    def __init__(self, graph: Graph, sizes: Mapping[str, Size]) -> None:
        self._graph = graph
        self._sizes: dict[str, Size] = {node_id: sizes[node_id] for node_id in graph.nodes}
        self._members: dict[str, list[str]] = {"": []}
        for frame_id in graph.frames:
            self._members[frame_id] = []
        things: list[Node | Frame | Note] = [*graph.nodes.values(), *graph.frames.values()]
        for record in (*things, *(note for note in graph.notes.values() if note.parent)):
            self._members[record.parent].append(record.id)
        self._empty = {f for f in graph.frames if not any(i in graph.nodes for i in graph.inside({f}))}
        self._sizes |= {note.id: note.size for note in graph.notes.values()}
        self._sizes |= {frame_id: graph.frames[frame_id].size for frame_id in self._empty}
        self._links = self._lifted()
        self._layers: dict[str, list[Layers]] = {}
        self._begins = {
            i for i, node in graph.nodes.items() if (op := find(node.op)) is not None and op.group == "layer"
        }
        self._begins |= graph.frames.keys() - self._empty
        """What a line had better begin with: a layer, to which what follows belongs, or a frame."""

    @property
    def items(self) -> int:
        """What stands in all columns of what was laid out so far."""
        return sum(len(column) for parts in self._layers.values() for part in parts for column in part.columns)

    def _way(self, record_id: str) -> list[str]:
        """A record and the frames that it lies in, the outermost last."""
        way = [record_id]
        while way[-1]:
            record = self._graph.placed(way[-1])
            assert record is not None
            way.append(record.parent)
        return way

    def _lifted(self) -> dict[str, list[tuple[str, str, str, str, int]]]:
        """By frame the wires between two things that lie in it: those things, the nodes at the ends, and the port."""
        found: dict[str, list[tuple[str, str, str, str, int]]] = {}
        ways = {node_id: self._way(node_id) for node_id in self._graph.nodes}
        for wire in self._graph.wires.values():
            if wire.source not in ways or wire.target not in ways or wire.source == wire.target:
                continue
            here, there = ways[wire.source], ways[wire.target]
            shared = next(frame for frame in here if frame in there[1:])
            a, b = here[here.index(shared) - 1], there[there.index(shared) - 1]
            op = find(self._graph.nodes[wire.target].op)
            port = op.ports.index(wire.port) if op is not None and wire.port in op.ports else 0
            found.setdefault(shared, []).append((a, b, wire.source, wire.target, port))
        return found

    def lay(self, frame: str, limit: float) -> _Laid:
        """Lay out what lies in a frame ("" for all), at most so wide where it can be folded."""
        inside: dict[str, _Laid] = {}
        sizes = dict(self._sizes)
        for member in self._members[frame]:
            if member in self._graph.frames and member not in self._empty:
                inside[member] = inner = self.lay(member, limit - 2 * FRAME_ROOM)
                wide, high = inner.size
                sizes[member] = (wide + 2 * FRAME_ROOM, high + 2 * FRAME_ROOM + FRAME_HEADER)
        links = [self._link(*each, inside) for each in self._links.get(frame, ())]
        if frame not in self._layers:
            self._layers[frame] = layered(self._members[frame], links)
        # Heights of ports change with the width of a frame; which links there are does not.
        fresh = {(link.source, link.target): link for link in reversed(links)}
        blocks, lines = [], 0
        for part in self._layers[frame]:
            parts = tuple((a, b, fresh[link.source, link.target]) for a, b, link in part.parts)
            places, size, count = fold(Layers(part.columns, parts), sizes, limit, self._begins)
            blocks.append((self._rank(part), places, size))
            lines = max(lines, count)
        places, size = self._stacked(blocks, limit)
        return self._whole(places, size, lines, inside)

    def _rank(self, part: Layers) -> int:
        """Notes that stood above the nodes of their frame come first, and what is by itself comes last."""
        only = part.columns[0][0] if len(part.columns) == 1 and len(part.columns[0]) == 1 else None
        note = self._graph.notes.get(only) if isinstance(only, str) else None
        if note is not None:
            return 3 if note.position[1] > self._middle(note.parent) else 0
        return 2 if isinstance(only, str) and only in self._graph.nodes else 1

    def _middle(self, frame: str) -> float:
        frame_record = self._graph.frames[frame]
        return frame_record.position[1] + frame_record.size[1] / 2

    def _stacked(self, blocks: Sequence[tuple[int, Places, Size]], limit: float) -> tuple[Places, Size]:
        """Blocks of each rank on shelves of their own."""
        places: Places = {}
        wide = high = 0.0
        for rank in sorted({rank for rank, _, _ in blocks}):
            some = [(inner, size) for each, inner, size in blocks if each == rank]
            # Without a limit a single column: side by side, what is not wired would make it wider than the rest.
            widest = max(size[0] for _, _, size in blocks)
            inner, size = shelved(some, max(widest, limit if limit != float("inf") else 0.0))
            top = high + (40.0 if high else 0.0)
            places |= {i: (x, y + top) for i, (x, y) in inner.items()}
            wide, high = max(wide, size[0]), top + size[1]
        return places, (wide, high)

    def _whole(self, places: Places, size: Size, lines: int, inside: Mapping[str, _Laid]) -> _Laid:
        """The places with what lies in the frames among them."""
        found, frames = dict(places), dict[str, Rect]()
        for frame_id, inner in inside.items():
            x, y = found.pop(frame_id)
            wide, high = inner.size
            frames[frame_id] = (x, y, wide + 2 * FRAME_ROOM, high + 2 * FRAME_ROOM + FRAME_HEADER)
            dx, dy = x + FRAME_ROOM, y + FRAME_ROOM + FRAME_HEADER
            found |= {i: (a + dx, b + dy) for i, (a, b) in inner.places.items()}
            frames |= {i: (a + dx, b + dy, w, h) for i, (a, b, w, h) in inner.frames.items()}
            lines = max(lines, inner.lines)
        return _Laid(found, frames, size, lines)

    def _link(self, a: str, b: str, source: str, target: str, port: int, inside: Mapping[str, _Laid]) -> Link:
        def depth(box: str, node_id: str) -> float:
            return inside[box].places[node_id][1] + FRAME_ROOM + FRAME_HEADER if box in inside else 0.0

        node = self._graph.nodes[target]
        arrives = HEADER / 2 if node.collapsed else FIRST_ROW + ROW * port
        leaves = HEADER / 2 if self._graph.nodes[source].collapsed else FIRST_ROW
        return Link(a, b, depth(a, source) + leaves, depth(b, target) + arrives, 1.0 if port else 16.0)
