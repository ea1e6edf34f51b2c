"""Units that learn nothing: dead ones give 0 for every row, saturated ones are near their limits for every row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from compute.analysis import Analysis
from compute.numbers_text import count_text, plural
from compute.shapes import BATCH
from compute.trace import Trace

_MEANS = {
    "dead": "give 0, and let no gradient through,",
    "saturated": "are near their limits, with hardly any slope,",
}


@dataclass(frozen=True, slots=True)
class Units:
    """The units of an activation: the entries of its output for one row.

    rows: over how many rows; dead, saturated: how many units are so for each of them, None where such a thing cannot
    be; entries: how many of all numbers are 0 or near the limits.
    """

    node: str
    units: int
    rows: int
    dead: int | None
    saturated: int | None
    entries: int

    @property
    def brief(self) -> str:
        """``3 of 16 dead``; "" where no unit is."""
        return ", ".join(f"{count_text(n)} of {count_text(self.units)} {what}" for n, what in self._found if n)

    @property
    def _found(self) -> list[tuple[int, str]]:
        return [(n, what) for n, what in ((self.dead, "dead"), (self.saturated, "saturated")) if n is not None]

    @property
    def sentence(self) -> str:
        """The counts with what they mean."""
        counts = [
            f"{count_text(n) if n else 'none'} of {count_text(self.units)} units {'is' if n == 1 else 'are'} {what}"
            for n, what in self._found
        ]
        said = " and ".join(counts)
        what = _MEANS[self._found[-1][1]]
        total, rows = count_text(self.units * self.rows), f"{count_text(self.rows)} {plural('row', self.rows)}"
        return (
            f"{said[0].upper()}{said[1:]} (for each of the batch's {rows}); "
            f"{count_text(self.entries)} of all {total} numbers {what} now."
        )


def units(analysis: Analysis, trace: Trace) -> Mapping[str, Units]:
    """The counts of every activation that can have such units, over the rows of a pass."""
    found: dict[str, Units] = {}
    for node in analysis.order:
        op, value, shape = analysis.ops[node], trace.values.get(node), analysis.shapes[node]
        if value is None or not value.size or not (op.dies or op.saturates):
            continue
        table = value.reshape(value.shape[0], -1) if shape[:1] == (BATCH,) else value.reshape(1, -1)
        rests = table == 0 if op.dies else np.zeros(table.shape, np.bool_)
        limits = np.zeros(table.shape, np.bool_)
        if op.saturates:
            low, high = op.saturates
            limits = (table < low) | (table > high)
        found[node] = Units(
            node,
            table.shape[1],
            table.shape[0],
            int(rests.all(axis=0).sum()) if op.dies else None,
            int(limits.all(axis=0).sum()) if op.saturates else None,
            int((rests | limits).sum()),
        )
    return found
