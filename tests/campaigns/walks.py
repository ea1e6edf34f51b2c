"""Walks through documents of the gallery to the end, at every granularity: ``python -m tests.campaigns.walks
[--most N] [--only ID …]``.

At every step the number on the screen is that of the reference engine, for an update the weight that its next step
really makes; each side of the formula that leaves nothing out, worked out as a pupil at the board would, makes that
number, as far as the digits that are shown allow; and the terms that are listed make it to the last digits.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from compute.explain import Answer, Facts, Granularity, Quantity, Step, walk
from compute.gallery import GALLERY, load_entry
from compute.numbers_text import precise, tex
from compute.optimizers import make_optimizer
from compute.reference import ReferenceRun
from compute.workspace import open_document
from tests.compute import board

_OTHERS = ("h", "normalised x", "class")
"""Columns that lead to an entry, and are not its number."""
GRANULARITIES: tuple[Granularity, ...] = ("node", "wire", "entry")
DIGITS = 6e-4
"""The share by which a number of four digits may differ from what it stands for."""


@dataclass
class Tally:
    """What was looked at, and what was wrong."""

    steps: int = 0
    answers: int = 0
    sides: int = 0
    """Sides of formulas that were worked out."""
    elided: int = 0
    """Those that leave terms out, whose answers list them all."""
    lists: int = 0
    lines: int = 0
    wrong: list[str] = field(default_factory=list)


class _Rounded:
    """How far a side may be from its result, as all of its numbers are rounded: it is worked out once with each number
    a little larger and once a little smaller, one after the other."""

    def __init__(self, side: str) -> None:
        self.side = side
        self.value = board.work_out(side)

    def reach(self) -> float:
        """The sum of what each number can do."""
        total = 0.0
        for found in board.NUMBER.finditer(self.side):
            if self.side[: found.start()].rstrip("{-").endswith("^"):
                continue  # an exponent is exact
            number = float(found[0])
            for moved in (number * (1 + DIGITS), number * (1 - DIGITS)):
                text = f"{self.side[: found.start()]}{moved:.12f}{self.side[found.end() :]}"
                try:
                    total += abs(board.work_out(text) - self.value) / 2
                except (board.Unreadable, ValueError, ZeroDivisionError, OverflowError):
                    return math.inf
        return total


def check(step: Step, facts: Facts, after: dict[str, np.ndarray], tally: Tally) -> None:
    """One step, all that it tells."""
    tally.steps += 1
    for q, entry, answer in zip(step.told, step.entries, step.answers, strict=True):
        tally.answers += 1
        where = f"{step.title}, {q.kind} {q.node}.{q.name}{list(entry)}"
        number = float(after[q.weight][entry]) if q.kind == "update" else facts.at(q, entry)
        if answer.result != precise(number):
            tally.wrong.append(f"{where}: it says {answer.result}, and the engine has {number!r}")
        _check_formula(where, answer, tex(number), tally)
        _check_terms(where, answer, facts, q, number, tally)


def _check_formula(where: str, answer: Answer, result: str, tally: Tally) -> None:
    equations = board.sides(answer.numbers)
    if not equations or not equations[-1] or equations[-1][-1] != result:
        tally.wrong.append(f"{where}: the formula does not end in {result}: {answer.numbers}")
        return
    for sides in equations:
        for side in sides[:-1]:
            try:
                rounded, wanted = _Rounded(side), board.work_out(sides[-1])
            except board.Unreadable:
                tally.elided += 1
                if r"\cdots" not in side:
                    tally.wrong.append(f"{where}: cannot be read: {side}")
                elif not answer.terms:
                    tally.wrong.append(f"{where}: leaves out what is listed nowhere: {side}")
                continue
            except (ValueError, ZeroDivisionError, OverflowError) as error:
                tally.wrong.append(f"{where}: {error}: {side}")
                continue
            tally.sides += 1
            off = abs(rounded.value - wanted)
            if off > 1e-12 and off > DIGITS * abs(wanted) + rounded.reach():
                tally.wrong.append(f"{where}: {side} is {rounded.value:.8g}, and {sides[-1]} stands there")


def _check_terms(where: str, answer: Answer, facts: Facts, q: Quantity, number: float, tally: Tally) -> None:
    for terms in answer.terms:
        tally.lists += 1
        tally.lines += terms.count
        named = [number, *(part.value for part in answer.parts if part.value is not None)]
        columns, results, *_ = terms.lines
        size = float(np.abs(results).sum()) * abs(terms.scale)
        if not any(math.isclose(terms.total, each, rel_tol=1e-9, abs_tol=1e-12 + 1e-13 * size) for each in named):
            tally.wrong.append(f"{where}: {terms.heading} make {terms.total!r}, which is not {named}")
        whole = [column.numbers for column in columns if len(column.numbers) == len(results)]
        if terms.result == "product" and len(whole) == len(columns):
            off = np.abs(np.prod(whole, axis=0) - results)
            if (off > 1e-9 * np.abs(results)).any():
                tally.wrong.append(f"{where}: a product is not that of its factors")
        for column in columns:
            if column.of is not None and column.entries is not None and column.name not in _OTHERS:
                there = facts.array(column.of)[tuple(column.entries.T)] if column.entries.shape[1] else column.numbers
                if not np.allclose(there, column.numbers, rtol=1e-12, atol=0):
                    tally.wrong.append(f"{where}: {column.name} is not what the engine has")


def chosen(count: int, most: int) -> Sequence[int]:
    """Which of so many steps are looked at: all, or so many evenly spread with the first and the last."""
    if not most or count <= most:
        return range(count)
    return sorted({round(i * (count - 1) / (most - 1)) for i in range(most)})


def walked(name: str, most: int = 0, granularities: Sequence[Granularity] = GRANULARITIES) -> Iterator[Tally]:
    """One document at each granularity; forward alone where it has no loss."""
    document = load_entry(name)
    workspace = open_document(document, strict=False)
    program, loss = workspace.program, document.training.loss
    loss = loss if loss in workspace.analysis.shapes else ""
    rows = np.arange(min(program.rows, document.training.batch_size))
    run = ReferenceRun(program)
    trace = run.trace(rows)
    optimizer = make_optimizer(document.training.optimizer)
    trained = ReferenceRun(program)
    if loss:
        trained.train([rows], optimizer)
    facts, after = Facts(document.graph, workspace.analysis, loss, trace), trained.weights()
    for granularity in granularities:
        tally = Tally()
        steps = walk(document.graph, workspace.analysis, loss, trace, optimizer, granularity=granularity)
        for number in chosen(len(steps), most):
            check(steps[number], facts, after, tally)
        yield tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=0, help="steps of each walk; 0 for all")
    parser.add_argument("--only", nargs="*", default=[entry.id for entry in GALLERY])
    given = parser.parse_args()
    whole = Tally()
    for name in given.only:
        begun = time.perf_counter()
        for granularity, tally in zip(GRANULARITIES, walked(name, given.most), strict=False):
            print(
                f"{name:22} {granularity:6} {tally.steps:7} steps, {tally.sides:7} sides worked out, {tally.elided:6} "
                f"leave terms out, {tally.lines:8} terms listed, {len(tally.wrong)} wrong",
                flush=True,
            )
            for sentence in tally.wrong[:5]:
                print(f"    {sentence}")
            for name_ in ("steps", "answers", "sides", "elided", "lists", "lines"):
                setattr(whole, name_, getattr(whole, name_) + getattr(tally, name_))
            whole.wrong += tally.wrong
        print(f"{name}: {time.perf_counter() - begun:.0f} s", flush=True)
    print(
        f"{whole.steps} steps, {whole.answers} numbers, {whole.sides} sides worked out, {whole.lists} lists with "
        f"{whole.lines} terms, {len(whole.wrong)} wrong"
    )
    return 1 if whole.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
