"""What of the canvas shows the number in focus."""

from __future__ import annotations

from dataclasses import dataclass

from compute.explain import Facts, Quantity, tell
from compute.explain.reach import goes_into
from compute.focus import Focus, Subject
from compute.tensor_view import Entry, Span
from editor.canvas.placement import Slot
from editor.canvas.scene import Scene

_HAVE_CELLS = ("value", "weight")
_SLOPES = ("gradient", "wire", "weight gradient")


Cells = tuple[tuple[Subject, Span], ...]


@dataclass(frozen=True, slots=True)
class Lit:
    """subject, entry: whose cell, in the body of a node (entry: None while nothing is computed); labels: those that
    show the number or the tensor that it is one of; parts: values and weights that it was made from, each with the
    entry, or the row, column or part of one; slopes: gradients that it was made from, whose cells are those of the
    values or weights that they are the gradients of; goes: values that depend on it."""

    subject: Subject
    entry: Entry | None
    labels: frozenset[Slot]
    parts: Cells = ()
    slopes: Cells = ()
    goes: Cells = ()

    @property
    def nodes(self) -> frozenset[str]:
        """The nodes with something lit in their bodies."""
        return frozenset({self.subject.node, *(subject.node for subject, _ in (*self.parts, *self.slopes, *self.goes))})


def made_of(focus: Focus, facts: Facts) -> tuple[Cells, Cells]:
    """The values and weights, and the gradients that the number in focus was made from; the facts must be those of the
    graph as it is."""
    entry = focus.entry_in(facts)
    if entry is None:
        return (), ()
    parts = [part for part in tell(facts, focus.asks(facts.graph), entry).parts if part.of is not None]

    def cells(kinds: tuple[str, ...]) -> Cells:
        return tuple((_holder(part.of, facts), part.entry) for part in parts if part.of and part.of.kind in kinds)

    return cells(_HAVE_CELLS), cells(_SLOPES)


def goes_to(focus: Focus, facts: Facts) -> Cells:
    """The values that depend on the value in focus: entries, rows and columns of the next nodes."""
    entry, q = focus.entry_in(facts), focus.asks(facts.graph)
    if entry is None or q.kind != "value":
        return ()
    return tuple((Subject("node", part.of.node), part.entry) for part in goes_into(facts, q.node, entry) if part.of)


def _holder(q: Quantity, facts: Facts) -> Subject:
    """Whose cells show a quantity, or what it is the gradient of."""
    if q.kind == "wire":
        return Subject("node", facts.source(q.node, q.name))
    return Focus.on(q).subject


def lit_by(focus: Focus, facts: Facts, scene: Scene) -> Lit:
    """What a focus lights. The gradient at a node lights the same entry of its value, and every wire that brings a part
    of it; a weight lights no label."""
    subject, entry = focus.subject, focus.entry_in(facts)
    if subject.kind == "weight" or focus.quantity == "update":
        return Lit(subject, entry, frozenset())
    if subject.wire is not None:
        return Lit(Subject("node", subject.source(facts.graph)), entry, frozenset({(subject.wire, focus.quantity)}))
    ways = [key for key in scene.at_node.get(subject.node, ()) if scene.wires[key].source == subject.node]
    labels = frozenset((key, focus.quantity) for key in (*ways, (subject.node, "")))
    return Lit(subject, entry, labels)
