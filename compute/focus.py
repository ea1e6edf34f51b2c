"""Which number a person is asking about: the one place that says so, and the way back to what was asked before.

Labels, tables, heat maps, explanations, walk and plots all set it and follow it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from compute.explain import Facts, Part, Quantity
from compute.explain.facts import Kind
from compute.graph import Graph, Port
from compute.tensor_view import Entry, TensorView

Side = Literal["value", "gradient", "update"]
"""What of a subject is asked about; an update is the new value that a training step gives a weight."""

_WEIGHT_KINDS: Mapping[Side, Kind] = {"value": "weight", "gradient": "weight gradient", "update": "update"}
_MOST_PLACES = 200


@dataclass(frozen=True, slots=True)
class Subject:
    """What has numbers: a node, the wire that feeds its port ``name``, or its weight ``name`` (a suffix)."""

    kind: Literal["node", "wire", "weight"]
    node: str
    name: str = ""

    @property
    def wire(self) -> Port | None:
        """The port that the wire feeds, if it is one."""
        return (self.node, self.name) if self.kind == "wire" else None

    @property
    def holder(self) -> Subject:
        """What is selected with it: itself, and for a weight the node that has it."""
        return Subject("node", self.node) if self.kind == "weight" else self

    def there(self, graph: Graph) -> bool:
        """Whether the graph has it."""
        return self.wire in graph.wires if self.kind == "wire" else self.node in graph.nodes

    def source(self, graph: Graph) -> str:
        """The node whose value it carries: of a wire, the one that it comes from."""
        wire = graph.wires.get((self.node, self.name)) if self.kind == "wire" else None
        return wire.source if wire is not None else self.node

    def asks(self, graph: Graph, side: Side) -> Quantity:
        """What the explanation calls a side of it; a wire's value is that of the node that it comes from."""
        if self.kind == "weight":
            return Quantity(_WEIGHT_KINDS[side], self.node, self.name)
        if side == "value":
            return Quantity("value", self.source(graph))
        return Quantity("wire", self.node, self.name) if self.kind == "wire" else Quantity("gradient", self.node)


def _nearest(where: int | range | None, index: int) -> int:
    """Of the places on an axis that are meant the one nearest to an index."""
    if where is None:
        return index
    return min(max(index, where[0]), where[-1]) if isinstance(where, range) else where


@dataclass(frozen=True, slots=True)
class Focus:
    """One number of a subject: its value, the gradient there, or (of a weight) its update.

    entry: which number of the tensor; None means the most telling one, see ``entry_in``.
    """

    subject: Subject
    quantity: Side
    entry: Entry | None = None

    @classmethod
    def on(cls, quantity: Quantity, entry: Entry | None = None) -> Focus:
        """The focus on a number that the explanation names."""
        node, name = quantity.node, quantity.name
        match quantity.kind:
            case "value" | "gradient":
                return cls(Subject("node", node), quantity.kind, entry)
            case "wire":
                return cls(Subject("wire", node, name), "gradient", entry)
            case "weight":
                return cls(Subject("weight", node, name), "value", entry)
            case "weight gradient":
                return cls(Subject("weight", node, name), "gradient", entry)
            case _:
                return cls(Subject("weight", node, name), "update", entry)

    @classmethod
    def of_part(cls, part: Part, facts: Facts) -> Focus | None:
        """The focus on what went into a number, None where that is no number of the graph; of a row or column, or a
        part of one, the most telling entry in it."""
        if part.of is None:
            return None
        exact = tuple(i for i in part.entry if isinstance(i, int))
        if len(exact) < len(part.entry) and facts.has(part.of):
            picked = facts.pick(part.of)
            return cls.on(part.of, tuple(_nearest(i, p) for i, p in zip(part.entry, picked, strict=True)))
        return cls.on(part.of, exact)

    def asks(self, graph: Graph) -> Quantity:
        """What the explanation calls the numbers that it is one of."""
        return self.subject.asks(graph, self.quantity)

    def view(self, facts: Facts) -> TensorView | None:
        """How the numbers that it is one of are laid out; None while they are not computed."""
        asked = self.asks(facts.graph)
        return facts.view(asked) if facts.has(asked) else None

    def entry_in(self, facts: Facts) -> Entry | None:
        """The entry that is meant: the one asked for, if there is one, else the one with the largest gradient in the
        chosen sample; None while nothing is computed."""
        view = self.view(facts)
        if view is None or not all(view.shape):
            return None
        if self.entry is not None and view.has(self.entry):
            return self.entry
        return facts.pick(self.asks(facts.graph))

    def sample(self, facts: Facts) -> int | None:
        """The sample that the entry belongs to; None where no entry is asked for or none has a sample."""
        view = self.view(facts)
        return view.sample(self.entry) if view is not None and self.entry is not None and view.has(self.entry) else None

    def in_sample(self, facts: Facts, sample: int) -> Focus:
        """The same number of another sample."""
        view = self.view(facts)
        if view is None or self.entry is None or not view.has(self.entry):
            return self
        return replace(self, entry=view.with_sample(self.entry, sample))


class Trail:
    """What was in focus, in order, with the place where one is: it can be gone back and forward.

    ``now`` may be None (nothing is in focus) or a place that is looked at in passing, as a step of a walk is; such a
    place is kept once something is asked from it.
    """

    def __init__(self) -> None:
        self._places: list[Focus] = []
        self._at = -1
        self.now: Focus | None = None

    def go(self, focus: Focus) -> None:
        """Ask about something; what lay ahead is forgotten."""
        if focus == self.now:
            return
        for place in (self.now, focus):
            if place is not None and (self._at < 0 or place != self._places[self._at]):
                del self._places[self._at + 1 :]
                self._places.append(place)
                self._at += 1
        surplus = max(0, len(self._places) - _MOST_PLACES)
        del self._places[:surplus]
        self._at -= surplus
        self.now = focus

    def pass_by(self, focus: Focus | None) -> None:
        """Look at something (or at nothing) without keeping the place."""
        self.now = focus

    def change(self, focus: Focus) -> None:
        """The same place, seen in another sample."""
        if self._at >= 0 and self._places[self._at] == self.now:
            self._places[self._at] = focus
        self.now = focus

    @property
    def behind(self) -> Focus | None:
        """The place to go back to."""
        at = self._at if self._at >= 0 and self._places[self._at] != self.now else self._at - 1
        return self._places[at] if at >= 0 else None

    @property
    def ahead(self) -> Focus | None:
        """The place to go forward to."""
        return self._places[self._at + 1] if self._at + 1 < len(self._places) else None

    def back(self) -> Focus | None:
        """Go to the place before; what is there, None if there is none."""
        place = self.behind
        if place is not None:
            self._at -= self._places[self._at] == self.now
            self.now = place
        return place

    def forward(self) -> Focus | None:
        """Go to the place after; what is there, None if there is none."""
        place = self.ahead
        if place is not None:
            self._at += 1
            self.now = place
        return place

    def prune(self, there: Callable[[Focus], bool]) -> None:
        """Forget what is no longer there, and places that are then the same as the one before."""
        kept: list[Focus] = []
        at = -1
        for i, place in enumerate(self._places):
            if there(place) and (not kept or kept[-1] != place):
                kept.append(place)
            if i == self._at:
                at = len(kept) - 1
        self._places, self._at = kept, at
        if self.now is not None and not there(self.now):
            self.now = None

    def clear(self) -> None:
        """Forget everything."""
        self._places, self._at, self.now = [], -1, None
