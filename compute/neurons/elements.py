"""The parts of a chain that have a number of their own: neurons, weights and biases; which number each asks about, and
which stands beside which."""

from __future__ import annotations

from typing import Literal, NamedTuple

from compute.explain import Facts
from compute.focus import Focus, Side, Subject
from compute.neurons.chain import Chain, Column
from compute.tensor_view import Entry, TensorView

Direction = Literal["left", "right", "up", "down"]
End = Literal["source", "unit"]
"""The end of a weight's line that one holds on to while going from line to line."""


class Element(NamedTuple):
    """A neuron, a weight or a bias. column: where the neuron stands to which it belongs; unit: which of them that is;
    source: of a weight, the unit of the column before from which its line comes."""

    kind: Literal["unit", "weight", "bias"]
    column: int
    unit: int
    source: int = 0


def is_there(chain: Chain, element: Element) -> bool:
    """Whether a chain has an element."""
    if not (0 <= element.column < len(chain.columns) and 0 <= element.unit < chain.columns[element.column].units):
        return False
    column = chain.columns[element.column]
    if element.kind == "weight":
        return column.weight is not None and 0 <= element.source < chain.columns[element.column - 1].units
    return element.kind == "unit" or column.bias is not None


def subject_of(chain: Chain, element: Element) -> Subject:
    """What has the number of an element."""
    column = chain.columns[element.column]
    subject = {"unit": Subject("node", column.last), "weight": column.weight, "bias": column.bias}[element.kind]
    assert subject is not None
    return subject


def entry_of(facts: Facts, chain: Chain, element: Element) -> Entry | None:
    """Which entry of it that is, in the chosen sample; None while it is not computed."""
    subject = subject_of(chain, element)
    asked = subject.asks(facts.graph, "value")
    if not facts.has(asked):
        return None
    view = facts.view(asked)
    if element.kind == "weight":
        entry: Entry = (element.source, element.unit)
    elif element.kind == "unit":
        entry = view.with_sample((0, element.unit), facts.sample)
    else:
        entry = _bias_entry(view, element.unit)
    return entry if view.has(entry) else None


def _bias_entry(view: TensorView, unit: int) -> Entry:
    """The number that is added for a unit; one that is added for all stands alone."""
    return tuple(unit if axis == len(view.shape) - 1 and size > 1 else 0 for axis, size in enumerate(view.shape))


def focus_of(facts: Facts, chain: Chain, element: Element, side: Side = "value") -> Focus:
    """What one asks about with an element."""
    return Focus(subject_of(chain, element), side, entry_of(facts, chain, element))


def element_of(facts: Facts, chain: Chain, focus: Focus) -> Element | None:
    """The element that a focus is about; None where the chain shows no such number, or no entry is meant yet."""
    entry, subject = focus.entry_in(facts), focus.subject
    if entry is None:
        return None
    for c, column in enumerate(chain.columns):
        if _is_of(column.weight, subject) and len(entry) == 2:
            return Element("weight", c, entry[1], entry[0])
        if _is_of(column.bias, subject):
            return Element("bias", c, entry[-1] if entry else 0)
    shown = chain.column_of(subject.source(facts.graph) if subject.kind == "wire" else subject.node)
    if shown is None or subject.kind == "weight" or len(entry) != 2:
        return None
    return Element("unit", shown, entry[1])


def _is_of(weight: Subject | None, subject: Subject) -> bool:
    """Whether a focus is on this weight, by itself or as the value of the parameter that has it."""
    if weight is None or weight.node != subject.node:
        return False
    return subject == weight or (subject.kind == "node" and weight.name == "value")


def beside(
    chain: Chain, element: Element, direction: Direction, strongest: tuple[int, int], held: End = "unit"
) -> tuple[Element, End]:
    """Where an arrow key leads from an element, and the end of a line that one then holds on to.

    strongest: of a unit, the source and the target of the lines that weigh most. From a neuron one goes onto a line and
    from there up and down to the others of the same neuron, the bias being the last of those that come in.
    """
    kind, c, unit, source = element
    column = chain.columns[c]
    if kind == "unit":
        found = _from_unit(chain, element, direction, strongest)
        return found, "source" if found.column > c else "unit"
    if direction == "right" or (kind == "bias" and direction == "left"):
        return Element("unit", c, unit), held
    if direction == "left":
        return Element("unit", c - 1, source), held
    by = -1 if direction == "up" else 1
    if kind == "bias":
        return (Element("weight", c, unit, chain.columns[c - 1].units - 1) if by < 0 else element), "unit"
    if held == "source":
        return Element("weight", c, _kept(unit + by, column), source), held
    if source + by >= chain.columns[c - 1].units and column.bias is not None:
        return Element("bias", c, unit), held
    return Element("weight", c, unit, _kept(source + by, chain.columns[c - 1])), held


def _from_unit(chain: Chain, element: Element, direction: Direction, strongest: tuple[int, int]) -> Element:
    _, c, unit, _ = element
    if direction == "left":
        return Element("weight", c, unit, strongest[0]) if c else element
    if direction == "right":
        return Element("weight", c + 1, strongest[1], unit) if c + 1 < len(chain.columns) else element
    return Element("unit", c, _kept(unit + (-1 if direction == "up" else 1), chain.columns[c]))


def _kept(index: int, column: Column) -> int:
    return min(max(index, 0), column.units - 1)
