"""One question: which number is asked for, what it is, and what it is made of."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from compute.asking.making import Making, making_of
from compute.explain import Answer, Phase, Quantity
from compute.explain.facts import Entry, Facts, plain
from compute.explain.sums import naming
from compute.focus import Focus
from compute.optimizers import Optimizer

TOLERANCE = 0.01
"""How far a typed number may be from the right one, as a share of it."""
TOLERANCE_TEXT = "3 significant digits, or 1 %"


@dataclass(frozen=True)
class Question:
    """A number that is asked for.

    quantity, entry: which; right: what it is, as the pass has it (float64 from the reference engine); making: its
    parts; answer: its explanation, shown afterwards; step: the number of the walk's step, phase its phase, both None
    outside of a walk.
    """

    quantity: Quantity
    entry: Entry
    text: str
    name: str
    right: float
    making: Making
    answer: Answer
    facts: Facts
    phase: Phase | None = None
    step: int | None = None

    @property
    def focus(self) -> Focus:
        """The focus on the number."""
        return Focus.on(self.quantity, self.entry)

    @cached_property
    def near(self) -> float:
        """How far from ``right`` a typed number still counts as it; absolute. Of a new weight so near that the step is
        seen in it, unless it is one that nobody would write out."""
        step = abs(self.making.value - self.making.start)
        if self.quantity.kind == "update" and step > 1e-6 * abs(self.right):
            return min(TOLERANCE * abs(self.right), 0.4 * step)
        return max(TOLERANCE * abs(self.right), 1e-9 * self.making.size)

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


Explains = Callable[[Quantity, Entry], Answer]
"""Gives the explanation of one number."""


def question_of(
    facts: Facts, q: Quantity, entry: Entry, explain: Explains, optimizer: Optimizer | None
) -> Question | None:
    """The question for one number; None where it is not finite."""
    answer = explain(q, entry)
    right = answer.value
    if not math.isfinite(right):
        return None
    making = making_of(facts, q, entry, answer, optimizer)
    text, name = _words(facts, q, entry)
    return Question(q, entry, text, name, right, making, answer, facts)


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
