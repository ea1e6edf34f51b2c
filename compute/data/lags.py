"""Columns of a series made from its own past: ``sales[t-3]`` is what "sales" was three rows earlier, and
``sales[mean t-7..t-1]`` the mean of seven earlier rows. The rows are taken in the order in which they stand.

Rows that have no such past, or in whose past a value is missing, are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from typing import Any, ClassVar

import numpy as np

from compute.data.derived import DerivedKind, cut_at, register
from compute.data.table import Column, Mask, Table
from compute.errors import GradwireError

MOST = 100_000
"""So many rows back at most."""
_LAG = re.compile(r"t-(\d{1,6})\]")
_WINDOW = re.compile(r"(mean|min|max) t-(\d{1,6})\.\.t-(\d{1,6})\]")
_OF: dict[str, Callable[..., Any]] = {"mean": np.mean, "min": np.min, "max": np.max}


def lag_name(column: str, back: int) -> str:
    """The name of what a column was so many rows earlier."""
    return f"{column}[t-{back}]"


def window_name(column: str, of: str, first: int, last: int) -> str:
    """The name of the mean, min or max of a column from ``first`` to ``last`` rows earlier, first the farther one."""
    return f"{column}[{of} t-{first}..t-{last}]"


def span(argument: str) -> tuple[str, int, int]:
    """What the argument of one of these kinds says: mean, min or max, "" for the number itself; and from how many rows
    back to how many, the farther one first."""
    if found := _LAG.fullmatch(argument):
        return "", int(found[1]), int(found[1])
    found = _WINDOW.fullmatch(argument)
    assert found is not None
    return found[1], int(found[2]), int(found[3])


class _Past(DerivedKind):
    """What both kinds share."""

    pattern: ClassVar[re.Pattern[str]]

    def read(self, name: str, known: Container[str]) -> tuple[str, str] | None:
        found = cut_at(name, "[", known)
        return found if found is not None and self.pattern.fullmatch(found[1]) else None

    def check(self, table: Table, source: str, argument: str) -> None:
        _, first, last = span(argument)
        if source in table.categories:
            raise GradwireError(f'the column "{source}" holds text, of which there are no earlier numbers')
        if not 1 <= last <= first <= MOST:
            raise GradwireError(
                f'"{source}[{argument}" goes back from row {last} to {first}; take rows from 1 to {MOST} back, the '
                "farther one first"
            )

    def past(self, argument: str) -> int:
        return span(argument)[1]

    def lacking(self, table: Table, source: str, argument: str) -> Mask | None:
        _, first, last = span(argument)
        mask = np.zeros(table.rows, np.bool_)
        mask[:first] = True
        missing = table.missing(source)
        if missing is not None:
            # In how many rows up to each one it is missing.
            count = np.concatenate([[0], np.cumsum(missing)])
            rows = np.arange(first, table.rows)
            mask[first:] |= count[rows - last + 1] > count[rows - first]
        return mask


@register
class Lag(_Past):
    name = "lag"
    help = "What a column was some rows earlier."
    pattern = _LAG

    def make(self, table: Table, source: str, argument: str) -> Column:
        _, back, _ = span(argument)
        values = table.columns[source]
        return np.concatenate([values[:1].repeat(min(back, len(values))), values[:-back]])


@register
class Window(_Past):
    name = "window"
    help = "The mean, the least or the most of some earlier rows."
    pattern = _WINDOW

    def make(self, table: Table, source: str, argument: str) -> Column:
        (of, first, last), values = span(argument), table.columns[source]
        out = values[:1].repeat(len(values))
        width = first - last + 1
        if len(values) > first:
            windows = np.lib.stride_tricks.sliding_window_view(values, width)[: len(values) - first]
            out[first:] = _OF[of](windows, axis=1)
        return np.asarray(out)
