"""Marks: each answer against a recomputation in float64, errors carried forward, the first wrong step named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from compute.document import Asked
from compute.exercises.numbers import number_of
from compute.exercises.sheet import Sheet, Step
from compute.focus import Focus

Verdict = Literal["right", "carried", "wrong", "missing"]
"""carried: wrong by itself, and right for whoever got an earlier number wrong."""
_FLOOR = 1e-9


@dataclass(frozen=True)
class MarkedStep:
    """One answer judged. expected: what is right once the learner's earlier numbers are taken as they are; mark: 0 … 1,
    less what hints have cost; mistake: what kind it probably is, as a sentence, where it is wrong."""

    step: Step
    answer: str
    verdict: Verdict
    expected: float
    hints: int
    mark: float
    mistake: str = ""


@dataclass(frozen=True)
class Marked:
    """All answers judged, in the order of the calculation."""

    steps: tuple[MarkedStep, ...]

    @property
    def first_wrong(self) -> MarkedStep | None:
        """The first that is wrong, which is where to look."""
        return next((each for each in self.steps if each.verdict == "wrong"), None)

    @property
    def total(self) -> float:
        """The sum of the marks; one for each number that is asked for is the most."""
        return sum(each.mark for each in self.steps)

    @property
    def most(self) -> int:
        """The most that can be reached."""
        return len(self.steps)

    def of(self, focus: Focus) -> MarkedStep | None:
        """What was judged about a number."""
        return next((each for each in self.steps if each.step.focus == focus), None)


def close(answer: float, right: float, tolerance: float) -> bool:
    """Whether an answer is right, but for so large a share of it."""
    return abs(answer - right) <= max(tolerance * abs(right), _FLOOR)


def marked(sheet: Sheet) -> Marked:
    """The answers of the sheet's exercise, judged.

    An answer is right where it is close to the true number, or to what follows from the learner's own rounded ones;
    where it follows from an earlier wrong one it is carried, and counts as right.
    """
    exercise = sheet.exercise
    asked = {each.focus: each for each in exercise.asked}
    given: dict[Focus, float] = {}
    for focus, each in asked.items():
        number = number_of(each.answer)
        if number is not None:
            given[focus] = number
    follows, _ = sheet.follow(given)
    steps: list[MarkedStep] = []
    erred = False
    for step in sheet.steps:
        each, expected = asked[step.focus], follows[step.focus]
        verdict = _verdict(each, given.get(step.focus), step.value, expected, exercise.tolerance, erred)
        erred = erred or verdict == "wrong"
        hints = each.hints if exercise.hints else 0
        mark = max(0.0, 1.0 - hints * exercise.hint_cost) if verdict in ("right", "carried") else 0.0
        steps.append(MarkedStep(step, each.answer, verdict, expected, hints, mark))
    return Marked(tuple(steps))


def _verdict(
    asked: Asked, number: float | None, right: float, expected: float, tolerance: float, erred: bool
) -> Verdict:
    if not asked.answer.strip():
        return "missing"
    if number is None:
        return "wrong"
    if close(number, right, tolerance):
        return "right"
    if close(number, expected, tolerance):
        return "carried" if erred else "right"
    return "wrong"
