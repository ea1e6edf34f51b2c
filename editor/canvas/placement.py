"""Where the labels of wires stand: value near the source, gradient near the target, shape between.

A label that would hit a node or another label tries its other places and then gives way. Placement depends on
geometry and label widths only, so it is done again when these change, not when numbers do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSizeF

from compute.graph import Port
from editor.canvas.ink import fonts
from editor.canvas.paint_nodes import problem_card
from editor.canvas.scene import Scene
from editor.canvas.standing import NodeView, WireView

What = Literal["value", "gradient", "shape"]
Slot = tuple[Port, What]
"""A label: the wire it belongs to and what it says. An output that feeds nothing has the key (node, "")."""

HEIGHT = 20.0
STRIP_HEIGHT = 24.0
SHAPE_HEIGHT = 14.0
EMPTY_WIDTH = 26.0
_OFF = 12.0
_AWAY = 9.0
_CELL = 128.0
ORDER: tuple[What, ...] = ("value", "gradient", "shape")


@dataclass(frozen=True, slots=True)
class Size:
    """The room a label takes, in scene units; ``bare``: in that form it says no number."""

    width: float
    height: float
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a label stands, and in which of its forms: 0 is the longest."""

    rect: QRectF
    form: int


def pill(characters: int, strip: bool, scale: float = 1.0, *, bare: bool = False) -> Size:
    """The room for a number of characters; the strip of a tensor takes some more."""
    width = EMPTY_WIDTH if characters == 0 else characters * fonts().digit + 14
    return Size(width * scale, (STRIP_HEIGHT if strip else HEIGHT) * scale, bare)


class Places:
    """The places of labels among nodes, and what they take up; a label that grew can be placed anew by itself."""

    def __init__(self, scene: Scene, nodes: Iterable[NodeView], scale: float) -> None:
        self._scene, self._scale = scene, scale
        self._cells: dict[tuple[int, int], list[QRectF]] = {}
        self.spots: dict[Slot, Spot] = {}
        self._told: set[str] = set()
        """The outputs whose value stands beside one of their wires: at a fork once is enough."""
        for node in nodes:
            self._take(node.rect.adjusted(-1, -1, 1, 1))
            if node.problem:
                self._take(problem_card(node)[0])
        for point in scene.points.values():
            self._take(point.rect)

    def all(self, wires: Iterable[WireView], sizes: Mapping[Slot, Sequence[Size]]) -> None:
        """Place everything; ``sizes``: for each label its forms, the longest first."""
        for _ in self.placing(wires, sizes):
            pass

    def placing(self, wires: Iterable[WireView], sizes: Mapping[Slot, Sequence[Size]]) -> Iterator[None]:
        """The same, a piece with each turn."""
        for (node_id, port), _ in sizes:
            if not port and ((node_id, ""), "value") not in self.spots:
                for what, rect in _at_end(self._scene, node_id, sizes, self._scale).items():
                    if self._free(rect):
                        self._put(((node_id, ""), what), Spot(rect, 0))
        wires = list(wires)
        for what in ORDER:
            for wire in wires:
                forms = sizes.get((wire.key, what))
                if forms is not None and not (what == "value" and wire.source in self._told):
                    self._find(wire, what, forms)
                yield

    def again(self, slot: Slot, forms: Sequence[Size]) -> None:
        """Another place for one label that needs more room."""
        key, what = slot
        old = self.spots.pop(slot, None)
        if old is not None:
            for cell in self._keys(old.rect):
                self._cells[cell].remove(old.rect)
        if key[1]:
            wire = self._scene.wires[key]
            if what != "value" or old is not None or wire.source not in self._told:
                self._find(wire, what, forms)
        elif old is not None:
            self._put(slot, Spot(QRectF(old.rect.topLeft(), QSizeF(forms[0].width, forms[0].height)), 0))

    def _find(self, wire: WireView, what: What, forms: Sequence[Size]) -> None:
        beside = _siblings(self._scene, wire, what)
        # On the wire a label hides some of it, and without a number all that it would say.
        for bare, on_wire in ((False, False), (False, True), (True, False), (True, True)):
            for form, size in enumerate(forms):
                if size.bare != bare:
                    continue
                if on_wire:
                    places = places_on(wire, what, size)
                else:
                    places = places_beside(self._scene, wire, what, size, self._scale)
                for rect in places:
                    # On the wire it stays clear of the port.
                    room = rect.adjusted(-8, 0, 8, 0) if on_wire else rect
                    if self._free(room) and (on_wire or not any(_runs_through(w, rect) for w in beside)):
                        self._put((wire.key, what), Spot(rect, form))
                        if what == "value":
                            self._told.add(wire.source)
                        return

    def _put(self, slot: Slot, spot: Spot) -> None:
        self.spots[slot] = spot
        self._take(spot.rect)

    def _keys(self, rect: QRectF) -> list[tuple[int, int]]:
        columns = range(int(rect.left() // _CELL), int(rect.right() // _CELL) + 1)
        rows = range(int(rect.top() // _CELL), int(rect.bottom() // _CELL) + 1)
        return [(i, j) for i in columns for j in rows]

    def _take(self, rect: QRectF) -> None:
        for key in self._keys(rect):
            self._cells.setdefault(key, []).append(rect)

    def _free(self, rect: QRectF) -> bool:
        cells = self._cells
        for key in self._keys(rect):
            for other in cells.get(key, ()):
                if rect.intersects(other):
                    return False
        return True


def _siblings(scene: Scene, wire: WireView, what: What) -> list[WireView]:
    """The wires that meet at the same end of a wire, and itself."""
    if what == "value":
        return [scene.wires[k] for k in scene.at_node[wire.source] if scene.wires[k].source == wire.source]
    return [scene.wires[k] for k in scene.at_node[wire.key[0]] if k[0] == wire.key[0]]


def _runs_through(wire: WireView, rect: QRectF) -> bool:
    left, right, top, bottom = rect.left() - 1, rect.right() + 1, rect.top() - 2, rect.bottom() + 2
    return any(left <= x <= right and top <= y <= bottom for x, y in wire.points)


def _at_end(scene: Scene, node_id: str, sizes: Mapping[Slot, Sequence[Size]], scale: float) -> dict[What, QRectF]:
    at = scene.nodes[node_id].output() + QPointF(12 * scale, 0)
    value, gradient = sizes.get(((node_id, ""), "value")), sizes.get(((node_id, ""), "gradient"))
    out: dict[What, QRectF] = {}
    if value:
        y = at.y() - (value[0].height + 2 if gradient else value[0].height / 2)
        out["value"] = QRectF(at.x(), y, value[0].width, value[0].height)
    if gradient:
        y = at.y() + 2 if value else at.y() - gradient[0].height / 2
        out["gradient"] = QRectF(at.x(), y, gradient[0].width, gradient[0].height)
    return out


def places_beside(scene: Scene, wire: WireView, what: What, size: Size, scale: float) -> list[QRectF]:
    """Above and below the wire at its end."""
    if what == "shape":
        return []
    (x0, y0), (x1, y1) = wire.points[0], wire.points[-1]
    # In a narrow gap the label stands in its middle rather than at its usual distance from the port.
    away = min(_AWAY * scale, max((x1 - x0 - size.width) / 2, 3.0)) if x1 > x0 else _AWAY * scale
    x, y = (x0 + away, y0) if what == "value" else (x1 - away - size.width, y1)
    above = QRectF(x, y - _OFF * scale - size.height, size.width, size.height)
    below = QRectF(x, y + _OFF * scale, size.width, size.height)
    ports = scene.nodes[wire.key[0]].face.ports
    # Values stand above and gradients below, but the first of several ports has no room below it.
    upper = what == "value" or (len(ports) > 1 and ports[0] == wire.key[1])
    return [above, below] if upper else [below, above]


_SHARES: dict[What, tuple[float, ...]] = {
    "value": (0.3, 0.4, 0.2, 0.5),
    "gradient": (0.7, 0.6, 0.8, 0.5),
    "shape": (0.5, 0.4, 0.6),
}


def places_on(wire: WireView, what: What, size: Size) -> list[QRectF]:
    """With the wire running through its middle."""
    out = []
    for share in _SHARES[what]:
        at = wire.at(share)
        out.append(QRectF(at.x() - size.width / 2, at.y() - size.height / 2, size.width, size.height))
    return out
