"""What a number was added up from, line by line: every term with its factors, made when it is asked for.

A formula writes out the first terms of a sum; here all of them can be looked at, however many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from compute.explain.facts import Array, Entry, Quantity, plain
from compute.tensor_view import TensorView

IndexArray = npt.NDArray[np.intp]


class Column(NamedTuple):
    """A number of each line, for as many lines as it has numbers.

    of, entries: whose they are, and which entry each is, (lines, axes); None where they are no numbers of the graph.
    """

    name: str
    numbers: Array
    of: Quantity | None = None
    entries: IndexArray | None = None


class Lines(NamedTuple):
    """columns: what goes into each term; results: the terms, (lines,); names: what each line is called; samples: the
    sample of each line, −1 where it belongs to none; more: beyond the columns, the entry that a line is."""

    columns: tuple[Column, ...]
    results: Array
    names: Callable[[int], str]
    samples: IndexArray | None = None
    more: Callable[[int], tuple[Quantity, Entry] | None] = lambda line: None


@dataclass(frozen=True, eq=False)
class Terms:
    """``scale · Σ`` of the terms of its lines is ``total``. heading: what is listed; result: what a term is called;
    makes: what they make together; shares: of how many samples the loss is the mean, where each line is the share of
    one, so that so many times a line is what the sample wants (0: not so)."""

    heading: str
    count: int
    result: str
    makes: str
    scale: float
    make: Callable[[], Lines]
    shares: int = 0

    @cached_property
    def lines(self) -> Lines:
        """The lines, made now."""
        return self.make()

    @property
    def total(self) -> float:
        """What they make together."""
        with np.errstate(all="ignore"):
            return self.scale * float(self.lines.results.sum())

    def asks(self, line: int, column: int) -> tuple[Quantity, Entry] | None:
        """What a cell is the number of; the column after the last stands for the line as a whole."""
        if column < len(self.lines.columns):
            each = self.lines.columns[column]
            if each.of is not None and each.entries is not None and line < len(each.entries):
                return each.of, tuple(map(int, each.entries[line]))
        return self.lines.more(line)

    def sample(self, line: int) -> int | None:
        """The sample that a line belongs to."""
        samples = self.lines.samples
        found = int(samples[line]) if samples is not None and line < len(samples) else -1
        return found if found >= 0 else None


def entries_along(at: Entry, axes: Sequence[int], shape: Sequence[int]) -> IndexArray:
    """All entries that differ from one in those axes alone, in order; (lines, axes)."""
    sizes = [shape[axis] for axis in axes]
    free = np.indices(sizes).reshape(len(sizes), -1)
    out: npt.NDArray[np.intp] = np.tile(np.asarray(at, np.intp), (free.shape[1], 1))
    out[:, list(axes)] = free.T
    return out


def line_names(view: TensorView, entries: IndexArray) -> Callable[[int], str]:
    """Lines called by the sample where each has one of its own, else by their entries."""
    samples = view.samples_of(entries)
    whole = samples is not None and len(np.unique(samples)) == len(entries)

    def name(line: int) -> str:
        at = tuple(map(int, entries[line]))
        return f"sample {view.sample(at)}" if whole else plain("", at)

    return name
