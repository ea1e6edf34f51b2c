"""One question: which number is asked for, what it is, and what it is made of."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

from compute.asking.making import Making, making_of
from compute.explain import Answer, Phase, Quantity
from compute.explain.facts import Entry, Facts, plain
from compute.explain.sums import naming
from compute.optimizers import Optimizer

TOLERANCE = 0.01
"""How far a typed number may be from the right one, as a share of it."""
TOLERANCE_TEXT = "3 significant digits, or 1 %"
_MOST_BY_HAND = 8
"""The most terms that a person is asked to add up."""


Explains = Callable[[Quantity, Entry], Answer]
"""Gives the explanation of one number."""


@dataclass(frozen=True)
class Question:
    """A number that is asked for.

    quantity, entry: which; right: what it is, as the pass has it (float64 from the reference engine); making: its
    parts; explain: gives its explanation; step: the number of the walk's step, phase its phase, both None
    outside of a walk.
    """

    quantity: Quantity
    entry: Entry
    text: str
    name: str
    right: float
    making: Making
    facts: Facts
    explain: Explains = field(repr=False, compare=False)
    phase: Phase | None = None
    step: int | None = None

    @cached_property
    def answer(self) -> Answer:
        """Its explanation, which is shown afterwards."""
        return self.explain(self.quantity, self.entry)

    @cached_property
    def near(self) -> float:
        """How far from ``right`` a typed number still counts as it; absolute. Of a new weight so near that the step is
        seen in it, unless it is one that nobody would write out."""
        step = abs(self.making.value - self.making.start)
        if self.quantity.kind == "update" and step > 1e-6 * abs(self.right):
            return min(TOLERANCE * abs(self.right), 0.4 * step)
        return max(TOLERANCE * abs(self.right), 1e-9 * self.making.size)

    @property
    def by_hand(self) -> bool:
        """Whether a person would work it out: of longer sums, sign and size are asked for instead."""
        making = self.making
        if making.terms:
            return len(making.terms) <= _MOST_BY_HAND
        sources = self.facts.analysis.sources[self.quantity.node]
        return bool(making.operands) or all(self.facts.trace.values[s].size <= 2 * _MOST_BY_HAND for s in sources)

    @property
    def tolerance(self) -> str:
        """How exact an answer has to be, in words."""
        return "enough digits to see the step" if self.quantity.kind == "update" else TOLERANCE_TEXT

    def is_right(self, value: float) -> bool:
        """Whether a number is the right one, within the tolerance."""
        return abs(value - self.right) <= self.near

    def at(self, step: int, phase: Phase) -> Question:
        """The same question as one of a walk."""
        return replace(self, step=step, phase=phase)


def question_of(
    facts: Facts, q: Quantity, entry: Entry, explain: Explains, optimizer: Optimizer | None
) -> Question | None:
    """The question for one number; None where it is not finite."""
    # Only of a new weight the number comes with its explanation, which takes long to put in words.
    right = explain(q, entry).value if q.kind == "update" else facts.at(q, entry)
    if not math.isfinite(right):
        return None
    making = making_of(facts, q, entry, right, optimizer)
    text, name = _words(facts, q, entry)
    return Question(q, entry, text, name, right, making, facts, explain)


def _words(facts: Facts, q: Quantity, entry: Entry) -> tuple[str, str]:
    """The question, and what the number is called."""
    name = naming(facts, q, entry)
    match q.kind:
        case "value":
            return f"What does {facts.called(q.node)} give{plain(' at ', entry) if entry else ''}?", name
        case "wire":
            name = f"{name} through {facts.via(q.node, q.name)}"
            return f"What is {name}?", name
        case "update":
            return f"What is {name} after this step?", f"the new {name}"
        case _:
            return f"What is {name}?", name
