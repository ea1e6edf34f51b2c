"""Where arrow keys lead on the canvas: along wires, which are stops too, otherwise to neighbours by facing edges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from PySide6.QtCore import QRectF, QSizeF, Qt

from compute.graph import Port, RecordId
from editor.canvas.areas import header
from editor.canvas.scene import Scene

K = TypeVar("K")
Way = tuple[int, int]
"""Where an arrow points, across and down."""
ARROWS: Mapping[int, Way] = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_ASIDE = 3.0
"""How much further away something is for each unit that it lies beside the way."""


def _rects(scene: Scene) -> dict[str, QRectF]:
    """Where everything but wires is: of a frame, where its title stands."""
    found = {i: view.rect for i, view in scene.nodes.items()}
    found |= {i: view.rect for i, view in scene.notes.items()}
    found |= {i: view.rect for i, view in scene.points.items()}
    return found | {i: header(view.rect) for i, view in scene.frames.items()}


def facing(here: QRectF, rects: Mapping[K, QRectF], way: Way) -> K | None:
    """What lies nearest ahead: the gap between the edges that face each other counts, and what lies beside the way.

    Where nothing begins beyond the middle of ``here``, what overlaps it and has its own middle ahead.
    """
    a = _along(here, way)
    ahead: dict[K, tuple[bool, float, float]] = {}
    for key, rect in rects.items():
        b = _along(rect, way)
        if b.middle > a.middle:
            aside = max(b.low - a.high, a.low - b.high, 0.0)
            overlaps = b.near < a.middle
            ahead[key] = overlaps, max(b.near - a.far, 0.0) + _ASIDE * aside, abs(b.level - a.level)
    return min(ahead, key=lambda key: ahead[key], default=None)


@dataclass(slots=True)
class _Along:
    """A rectangle as seen along a way: its near and far edge on it, and its low and high edge beside it."""

    near: float
    far: float
    low: float
    high: float

    @property
    def middle(self) -> float:
        return (self.near + self.far) / 2

    @property
    def level(self) -> float:
        return (self.low + self.high) / 2


def _along(rect: QRectF, way: Way) -> _Along:
    dx, dy = way
    if dx:
        near, far = (rect.left(), rect.right()) if dx > 0 else (-rect.right(), -rect.left())
        return _Along(near, far, rect.top(), rect.bottom())
    near, far = (rect.top(), rect.bottom()) if dy > 0 else (-rect.bottom(), -rect.top())
    return _Along(near, far, rect.left(), rect.right())


def neighbour(scene: Scene, here: RecordId | None, way: Way, *, follow: bool = False) -> RecordId | None:
    """What an arrow key leads to, or None. From nowhere the way begins at the leftmost node.

    Left and right of a node a wire is the next stop, and what it joins the one after; ``follow``: at once.
    """
    rects, (dx, _) = _rects(scene), way
    if isinstance(here, tuple) and here in scene.wires:
        if dx:
            return here[0] if dx > 0 else scene.wires[here].source
        middle = scene.wires[here].at(0.5)
        beside = _sibling(scene, here, way)
        return beside or facing(QRectF(middle, QSizeF(0, 0)), rects, way)
    if not isinstance(here, str) or here not in rects:
        first = min(scene.nodes, key=lambda i: (scene.nodes[i].rect.left(), scene.nodes[i].rect.top()), default=None)
        return first or next(iter(rects), None)
    wire = _wire_from(scene, here, dx) if dx and here in scene.nodes else None
    if wire is not None:
        return wire if not follow else wire[0] if dx > 0 else scene.wires[wire].source
    return facing(rects[here], {i: rect for i, rect in rects.items() if i != here}, way)


def turned(scene: Scene, here: RecordId | None, by: int) -> RecordId | None:
    """The next or previous of all things, from left to right and from top to bottom: none is left out."""
    places: dict[RecordId, tuple[float, float, str]] = {}
    for i, rect in _rects(scene).items():
        places[i] = rect.left(), rect.top(), str(i)
    for key, wire in scene.wires.items():
        middle = wire.line.center()  # where it really runs would have to be found for each
        places[key] = middle.x(), middle.y(), str(key)
    first = min if by > 0 else max
    start = places.get(here) if here is not None else None
    ahead = [i for i, place in places.items() if start is not None and first(place, start) == start != place]
    return first(ahead or places, key=places.__getitem__, default=None)


def _wire_from(scene: Scene, node_id: str, dx: int) -> Port | None:
    """The most level one of the wires that leave a node (``dx`` > 0) or arrive at it."""
    wires = [wire for key in scene.at_node.get(node_id, ()) if (wire := scene.wires.get(key)) is not None]
    some = [wire for wire in wires if (wire.source == node_id if dx > 0 else wire.key[0] == node_id)]
    best = min(some, key=lambda wire: (abs(wire.end.y() - wire.start.y()), wire.end.y(), wire.key), default=None)
    return best.key if best is not None else None


def _sibling(scene: Scene, key: Port, way: Way) -> Port | None:
    """The next wire above or below that shares an end with one."""
    wire = scene.wires[key]
    keys = [k for end in (wire.source, key[0]) for k in scene.at_node[end]]
    keys = [k for k in set(keys) if k[0] == key[0] or scene.wires[k].source == wire.source]
    order = sorted(keys, key=lambda k: (scene.wires[k].at(0.5).y(), scene.wires[k].end.y(), k))
    at = order.index(key) + way[1]
    return order[at] if 0 <= at < len(order) else None


@dataclass
class Steps:
    """The steps that arrow keys took, so that the opposite arrow returns to where one came from."""

    taken: list[tuple[RecordId, Way, bool, RecordId]] = field(default_factory=list)
    """From where, by which arrow, whether along a wire at once, and to where."""

    def step(self, scene: Scene, here: RecordId | None, way: Way, *, follow: bool = False) -> RecordId | None:
        """What an arrow key leads to now, or None."""
        if self.taken and self.taken[-1][3] != here:
            self.taken.clear()
        if self.taken:
            before, (dx, dy), followed, _ = self.taken[-1]
            there = before in scene.wires if isinstance(before, tuple) else scene.find(before) is not None
            if (-dx, -dy) == way and followed == follow and there:
                self.taken.pop()
                return before
        goal = neighbour(scene, here, way, follow=follow)
        if goal is not None and here is not None:
            self.taken.append((here, way, follow, goal))
        return goal
