"""Marks: each answer against a recomputation in float64, errors carried forward, the first wrong step named."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Literal

from compute.asking import judge, question_about, read_number
from compute.document import Exercise
from compute.exercises.sheet import Sheet, Step, explained
from compute.focus import Focus

Verdict = Literal["right", "carried", "wrong", "missing"]
"""carried: wrong by itself, and right for whoever got an earlier number wrong."""


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


def marked(sheet: Sheet) -> Marked:
    """The answers of the sheet's exercise, judged.

    An answer is right where it is close to the true number, or to what follows from the learner's own rounded ones;
    where it follows from an earlier wrong one it is carried, and counts as right.
    """
    exercise = sheet.exercise
    asked = {each.focus: each for each in exercise.asked}
    given = numbers_of(exercise)
    # A learner may tell a slope from what went in, or from what came out.
    ways = [sheet.follow(given, from_inputs=from_inputs)[0] for from_inputs in (False, True)]
    steps: list[MarkedStep] = []
    erred = False
    for step in sheet.steps:
        each, number = asked[step.focus], given.get(step.focus)
        expected = _nearest([follows[step.focus] for follows in ways], number)
        verdict = _verdict(sheet, step, each.answer, number, expected, erred)
        erred = erred or verdict == "wrong"
        hints = each.hints if exercise.hints else 0
        mark = max(0.0, 1.0 - hints * exercise.hint_cost) if verdict in ("right", "carried") else 0.0
        mistake = _mistake(sheet, step, each.answer, given) if verdict == "wrong" else ""
        steps.append(MarkedStep(step, each.answer, verdict, expected, hints, mark, mistake))
    return Marked(tuple(steps))


def _nearest(expected: Sequence[float], number: float | None) -> float:
    """Of the numbers that would be right the one nearest to an answer; without one the first."""
    finite = [x for x in expected if math.isfinite(x)]
    return min(finite, key=lambda x: abs(x - number)) if finite and number is not None else expected[0]


def numbers_of(exercise: Exercise) -> dict[Focus, float]:
    """The answers that are numbers."""
    found: dict[Focus, float] = {}
    for each in exercise.asked:
        with suppress(ValueError):
            found[each.focus] = read_number(each.answer).value
    return found


def _verdict(sheet: Sheet, step: Step, answer: str, number: float | None, expected: float, erred: bool) -> Verdict:
    if not answer.strip():
        return "missing"
    if number is None:
        return "wrong"
    if abs(number - step.value) <= sheet.margin(step):
        return "right"
    if abs(number - expected) <= sheet.margin(step, expected):
        return "carried" if erred else "right"
    return "wrong"


def _mistake(sheet: Sheet, step: Step, answer: str, given: Mapping[Focus, float]) -> str:
    """What kind of mistake a wrong answer probably is, for whoever had the learner's numbers before."""
    _, facts = sheet.follow({focus: number for focus, number in given.items() if focus != step.focus})
    question = question_about(
        facts, step.quantity, step.entry, explain=partial(explained, sheet, facts), optimizer=sheet.optimizer
    )
    if question is None:
        return ""
    verdict = judge(question, answer)
    if verdict.outcome in ("right", "rough"):
        return f"Near, but not to within {100 * sheet.exercise.tolerance:g} %."
    return verdict.sentence
