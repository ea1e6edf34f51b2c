"""Exercises drawn for many learners: each key is worked out again by hand-written formulas, and so is what follows from
a wrong number; nothing is degenerate, what can be tidy is.

``python -m tests.campaigns.exercises [--seeds 1000]``
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from compute.document import Learner, dumps, from_json, loads, to_json
from compute.exercises import Sheet, Step, marked, variant
from tests.campaigns.exercise_keys import Array
from tests.campaigns.exercise_systems import SYSTEMS, System, numbers_of

Given = Mapping[tuple[str, str, str, tuple[int, ...]], float]


@dataclass
class Found:
    """What a system's exercises were like. wrong: disagreements with the key, in words."""

    exercises: int = 0
    numbers: int = 0
    tidy: int = 0
    planted: int = 0
    carried: int = 0
    named: int = 0
    tries: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def key(system: System, raw: Mapping[str, Any], given: Given) -> dict[tuple[str, ...], Array]:
    """The numbers by the formulas; where one is given, what comes after it follows from that."""
    found: dict[tuple[str, ...], Array] = {}

    def put(kind: str, array: Any, node: str, name: str = "") -> Array:
        other: Array = np.array(array, dtype=float)
        found[kind, node, name] = other.copy()
        for (*at, entry), value in given.items():
            if tuple(at) == (kind, node, name):
                other[entry] = value
        return other

    with np.errstate(all="ignore"):
        system.key(numbers_of(raw), put)
    return found


def _place(step: Step) -> tuple[str, str, str, tuple[int, ...]]:
    return (*step.quantity, step.entry)


def _differs(a: float, b: float) -> bool:
    return abs(a - b) > 1e-9 * max(1.0, abs(a), abs(b))


def check(system: System, seed: int, found: Found) -> None:
    """One learner's exercise."""
    own = variant(from_json(system.document), Learner(f"learner {seed}"))
    again = loads(dumps(own.document, archive=bool(seed % 2)))
    raw = to_json(again)
    right, steps = key(system, raw, {}), Sheet.of(again).steps
    found.exercises += 1
    found.numbers += len(steps)
    found.tidy += len(steps) - len(own.untidy)
    found.tries[own.tries] += 1
    for step in steps:
        if _differs(step.value, float(right[tuple(step.quantity)][step.entry])):
            found.wrong.append(f"{system.name}, learner {seed}: {step.label} is {step.value} and by hand otherwise")
        flat = step.quantity.kind in ("gradient", "wire", "weight gradient") and abs(step.value) < 1e-9
        if flat or not np.isfinite(step.value):
            found.wrong.append(f"{system.name}, learner {seed}: {step.label} is {step.value}")
    # One wrong number, and then the learner calculates on rightly.
    chance = random.Random(seed)
    at = chance.randrange(len(steps))
    slip = steps[at].value * chance.choice((-1, 2, 0.5)) + chance.choice((0, 1))
    _follow(system, again, raw, steps, at, slip, found)


def _follow(
    system: System, document: Any, raw: Mapping[str, Any], steps: tuple[Step, ...], at: int, slip: float, found: Found
) -> None:
    follows = key(system, raw, {_place(steps[at]): slip})
    answers = [float(follows[tuple(step.quantity)][step.entry]) for step in steps]
    answers[at] = slip
    if not all(map(np.isfinite, answers)):
        return
    for step, answer in zip(steps, answers, strict=True):
        document.exercise = document.exercise.answered(step.focus, answer=repr(answer))
    sheet = Sheet.of(document)
    marks = marked(sheet)
    if abs(slip - steps[at].value) <= sheet.margin(steps[at]):
        return
    found.planted += 1
    first = marks.first_wrong
    if first is None or first.step.focus != steps[at].focus:
        found.wrong.append(
            f"{system.name}: the first wrong step is {first and first.step.label}, not {steps[at].label}"
        )
        return
    found.named += bool(first.mistake)
    for each, answer in zip(marks.steps, answers, strict=True):
        if each.step.focus == steps[at].focus:
            continue
        # A kink or a sign may hide what went wrong; what is right by itself is right.
        sides = ("right",) if abs(answer - each.step.value) <= sheet.margin(each.step) else ("carried",)
        found.carried += each.verdict == "carried"
        if each.verdict not in sides:
            found.wrong.append(
                f"{system.name}: with {steps[at].label} = {slip}, {each.step.label} = {answer} is {each.verdict}; "
                f"{each.expected} is expected"
            )


def main() -> int:
    """All systems; 1 where anything was wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=1000)
    seeds = parser.parse_args().seeds
    wrong: list[str] = []
    for system in SYSTEMS:
        found, start = Found(), time.perf_counter()
        for seed in range(seeds):
            check(system, seed, found)
        wrong += found.wrong
        tries = max(found.tries)
        print(
            f"{system.row:2} {system.name:45} {found.exercises} exercises, {found.numbers} numbers, {found.tidy} tidy; "
            f"at most {tries} draws; {found.planted} slips planted, {found.named} told, {found.carried} numbers "
            f"carried; {len(found.wrong)} wrong; {time.perf_counter() - start:.0f} s",
            flush=True,
        )
    for sentence in wrong[:30]:
        print(sentence)
    return bool(wrong)


if __name__ == "__main__":
    raise SystemExit(main())
