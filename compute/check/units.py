"""Units that learn nothing: dead ones give 0 for every row, saturated ones are near their limits for every row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.analysis import Analysis
from compute.numbers_text import count_text, plural
from compute.ops.base import Op
from compute.reference import forward
from compute.shapes import BATCH
from compute.trace import Trace

Array = npt.NDArray[Any]
MOST_NUMBERS = 200_000_000
"""Of larger data so many numbers are computed, of its first rows: some seconds."""
_AT_ONCE = 500_000
"""About so many of them between two looks at whether they are still wanted."""
_MEANS = {
    "dead": "give 0, and let no gradient through,",
    "saturated": "are near their limits, with hardly any slope,",
}
Counted = Callable[[int, int], None]
"""Told how many rows are done, of how many."""


@dataclass(frozen=True, slots=True)
class Units:
    """The units of an activation: the entries of its output for one row.

    rows: over how many rows, of all that are trained on; of: how many these are, 0 where it was counted over the rows
    of the pass alone; dead, saturated: how many units are so for each of them, None where such a thing cannot be;
    entries: how many of all numbers are 0 or near the limits.
    """

    node: str
    units: int
    rows: int
    dead: int | None
    saturated: int | None
    entries: int
    of: int = 0

    @property
    def brief(self) -> str:
        """``3 of 16 dead``; "" where no unit is."""
        return ", ".join(f"{count_text(n)} of {count_text(self.units)} {what}" for n, what in self._found if n)

    @property
    def _found(self) -> list[tuple[int, str]]:
        return [(n, what) for n, what in ((self.dead, "dead"), (self.saturated, "saturated")) if n is not None]

    @property
    def over(self) -> str:
        """What it was counted over: ``all 400 training rows``."""
        rows = f"{count_text(self.rows)} {plural('row', self.rows)}"
        if not self.of:
            return f"the batch's {rows}"
        if self.rows < self.of:
            return f"the first {count_text(self.rows)} of {count_text(self.of)} training rows"
        return f"all {count_text(self.rows)} training {plural('row', self.rows)}"

    @property
    def sentence(self) -> str:
        """The counts with what they mean."""
        counts = [
            f"{count_text(n) if n else 'none'} of {count_text(self.units)} units {'is' if n == 1 else 'are'} {what}"
            for n, what in self._found
        ]
        said = " and ".join(counts)
        what, total = _MEANS[self._found[-1][1]], count_text(self.units * self.rows)
        return (
            f"{said[0].upper()}{said[1:]} (for each of {self.over}); "
            f"{count_text(self.entries)} of all {total} numbers {what} now."
        )


class _Count:
    """What is counted of one activation, over rows that come part by part."""

    def __init__(self, op: Op) -> None:
        self.op, self.rows, self.entries = op, 0, 0
        self.dead: Array = np.ones((), np.bool_)
        self.saturated: Array = np.ones((), np.bool_)
        """By unit, whether it is so for every row until now."""

    def add(self, table: Array) -> None:
        """Some rows of units."""
        rests = table == 0 if self.op.dies else np.zeros(table.shape, np.bool_)
        limits = np.zeros(table.shape, np.bool_)
        if self.op.saturates:
            low, high = self.op.saturates
            limits = (table < low) | (table > high)
        self.rows += len(table)
        self.entries += int((rests | limits).sum())
        self.dead = self.dead & rests.all(axis=0)
        self.saturated = self.saturated & limits.all(axis=0)

    def told(self, node: str, of: int) -> Units:
        """The counts."""
        dead = int(self.dead.sum()) if self.op.dies else None
        saturated = int(self.saturated.sum()) if self.op.saturates else None
        return Units(node, self.dead.size, self.rows, dead, saturated, self.entries, of)


def units(
    analysis: Analysis,
    trace: Trace,
    every: Mapping[str, Array] | None = None,
    counted: Counted | None = None,
    most: int = MOST_NUMBERS,
) -> Mapping[str, Units]:
    """The counts of every activation that can have such units.

    every: data node id → all rows that are trained on, over which they are counted, with the network as it is in use;
    without it, and of a unit whose number is not of one row alone, they are counted over the rows of the pass. most:
    so many numbers are computed. Errors: whatever ``counted`` raises.
    """
    found: dict[str, Units] = {}
    for node in (each for each in analysis.order if _can_rest(analysis.ops[each])):
        value = trace.values.get(node)
        if value is not None and value.size:
            count = _Count(analysis.ops[node])
            count.add(value.reshape(value.shape[0], -1) if _by_row(analysis, node) else value.reshape(1, -1))
            found[node] = count.told(node, 0)
    rows = min((len(table) for table in (every or {}).values()), default=0)
    alone = _of_one_row(analysis)
    wanted = [node for node in found if node in alone]
    if not every or not rows or not wanted:
        return found
    per_row = max(1, analysis.numbers_per_row)
    taken, step = min(rows, max(1, most // per_row)), max(1, _AT_ONCE // per_row)
    counts = {node: _Count(analysis.ops[node]) for node in wanted}
    for first in range(0, taken, step):
        if counted is not None:
            counted(first, taken)
        part = {node: table[first : min(first + step, taken)] for node, table in every.items()}
        values = forward(analysis, trace.parameters, part)
        for node, count in counts.items():
            count.add(values[node].reshape(len(values[node]), -1))
    return found | {node: count.told(node, rows) for node, count in counts.items()}


def _can_rest(op: Op) -> bool:
    return bool(op.dies or op.saturates)


def _by_row(analysis: Analysis, node: str) -> bool:
    return analysis.shapes[node][:1] == (BATCH,)


def _of_one_row(analysis: Analysis) -> frozenset[str]:
    """The nodes each row of which follows from the same row of the data, and from weights."""
    found: set[str] = set()
    same: set[str] = set()
    """What is the same for every row."""
    for node in analysis.order:
        sources = analysis.sources[node]
        if not analysis.ops[node].is_data and same.issuperset(sources):
            same.add(node)
        elif _by_row(analysis, node) and (found | same).issuperset(sources):
            found.add(node)
    return frozenset(found)
