"""A tensor laid out as rows and columns: which cell shows which entry, and which sample an entry belongs to.

Tables, heat maps, labels and forms all ask this, so that they agree for any number of axes. Rows, columns, entries
and samples count from 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.shapes import BATCH, Shape

Array = npt.NDArray[Any]
Entry = tuple[int, ...]
Span = tuple[int | range | None, ...]
"""Some entries: on each axis an index, a range of them, or None for the whole of it."""
Placed = float | Array
"""What is put at a span: one number, or as many as there are entries in it."""
MOST_AXES = 4
"""The most axes that a tensor in a document has."""


def index_of(span: Span) -> tuple[Any, ...]:
    """A span as NumPy takes it between brackets."""
    return tuple(
        slice(None) if part is None else slice(part.start, part.stop) if isinstance(part, range) else part
        for part in span
    )


def fits(span: Span, shape: tuple[int, ...]) -> bool:
    """Whether there are such entries in an array of a shape."""
    ends = (0 if part is None else part.stop if isinstance(part, range) else part + 1 for part in span)
    return len(span) == len(shape) and all(end <= size for end, size in zip(ends, shape, strict=True))


@dataclass(frozen=True)
class TensorView:
    """The last axis runs across, all axes before it run down; a vector is one row, a number one cell.

    shape: the sizes; batch: the axis that counts samples, None without one. A vector that counts samples is one column.
    """

    shape: tuple[int, ...]
    batch: int | None = None

    @classmethod
    def of(cls, array: Array, shape: Shape | None = None) -> TensorView:
        """The view of an array that has a symbolic shape; without one no axis counts samples."""
        return _known(array.shape, shape)

    @classmethod
    def of_shape(cls, shape: Shape, rows: int) -> TensorView:
        """The view of a symbolic shape, for a batch of so many rows."""
        return cls(
            tuple(rows if size == BATCH else int(size) for size in shape),
            shape.index(BATCH) if BATCH in shape else None,
        )

    # -- cells and entries ----------------------------------------------------------------------------------

    @cached_property
    def down(self) -> tuple[int, ...]:
        """The sizes of the axes that run down."""
        return self.shape if len(self.shape) == 1 and self.batch == 0 else self.shape[:-1]

    @cached_property
    def across(self) -> tuple[int, ...]:
        """The size of the axis that runs across, () if none does."""
        return self.shape[len(self.down) :]

    @cached_property
    def rows(self) -> int:
        """How many rows the table has."""
        return math.prod(self.down)

    @cached_property
    def columns(self) -> int:
        """How many columns the table has."""
        return math.prod(self.across)

    def table(self, array: Array) -> Array:
        """The array as a matrix (rows, columns)."""
        # Both sizes are given: reshape cannot tell one that is left open where there are no entries.
        return array.reshape(self.rows, self.columns)

    def entry(self, row: int, column: int) -> Entry:
        """The entry that a cell shows."""
        return _unravel(row, self.down) + ((column,) if self.across else ())

    def cell(self, entry: Sequence[int]) -> tuple[int, int]:
        """(row, column) of the cell that shows an entry."""
        row = 0
        for index, size in zip(entry, self.down, strict=False):
            row = row * size + index
        return row, entry[-1] if self.across else 0

    def has(self, entry: Sequence[int]) -> bool:
        """Whether there is such an entry."""
        return len(entry) == len(self.shape) and all(0 <= i < n for i, n in zip(entry, self.shape, strict=True))

    def row_name(self, row: int) -> str:
        """The indices of a row, as in ``3`` or ``3, 0``; empty where no axis runs down."""
        return ", ".join(map(str, _unravel(row, self.down)))

    def column_name(self, column: int) -> str:
        """The index of a column; empty where no axis runs across."""
        return str(column) if self.across else ""

    def axis_name(self, axis: int) -> str:
        """What an axis counts, in the plural: samples, the columns and rows of a table, blocks of rows; entries."""
        if axis == self.batch:
            return "samples"
        if len(self.shape) == 1:
            return "entries"
        return {1: "columns", 2: "rows"}.get(len(self.shape) - axis, "blocks of rows")

    # -- samples --------------------------------------------------------------------------------------------

    @property
    def samples(self) -> int:
        """How many samples there are; 0 without a batch."""
        return 0 if self.batch is None else self.shape[self.batch]

    def sample(self, entry: Sequence[int]) -> int | None:
        """The sample that an entry belongs to; None without a batch."""
        return None if self.batch is None else entry[self.batch]

    def samples_of(self, entries: Array) -> Array | None:
        """The samples of many entries, (entries, axes); None without a batch."""
        return None if self.batch is None else entries[:, self.batch]

    def sample_of(self, row: int) -> int | None:
        """The sample that a whole row belongs to; None without a batch, or where samples run across."""
        if self.batch is None or self.batch >= len(self.down):
            return None
        return _unravel(row, self.down)[self.batch]

    def sample_of_column(self, column: int) -> int | None:
        """The sample that a whole column belongs to; None unless samples run across."""
        return column if self.batch is not None and self.batch >= len(self.down) else None

    def rows_of(self, sample: int) -> list[int]:
        """The rows that belong to a sample, from the top; none where samples run across or there is no such sample."""
        if self.batch is None or self.batch >= len(self.down) or not 0 <= sample < self.samples:
            return []
        numbers = np.arange(self.rows).reshape(self.down)
        return [int(row) for row in numbers.take(sample, axis=self.batch).ravel()]

    def of_sample(self, array: Array, sample: int) -> Array:
        """What of an array belongs to a sample (the last one if there are fewer); all of it without a batch."""
        if self.batch is None or not self.samples:
            return array
        return np.asarray(array.take(min(sample, self.samples - 1), axis=self.batch))

    def entry_of_sample(self, sample: int, place: int) -> Entry:
        """The entry that stands at a flat place of ``of_sample``."""
        sizes = self.shape if self.batch is None else self.shape[: self.batch] + self.shape[self.batch + 1 :]
        inside = _unravel(place, sizes)
        if self.batch is None:
            return inside
        return (*inside[: self.batch], min(sample, self.samples - 1), *inside[self.batch :])

    def with_sample(self, entry: Sequence[int], sample: int) -> Entry:
        """The same entry of another sample (the last one if there are fewer); itself without a batch."""
        if self.batch is None:
            return tuple(entry)
        return (*entry[: self.batch], min(sample, self.samples - 1), *entry[self.batch + 1 :])


@lru_cache(maxsize=512)
def _known(sizes: tuple[int, ...], shape: Shape | None) -> TensorView:
    """The view of an array of some sizes; remembered, as the canvas asks for thousands of equal ones in each frame."""
    dims = shape if shape is not None and len(shape) == len(sizes) else ()
    return TensorView(sizes, dims.index(BATCH) if BATCH in dims else None)


def _unravel(place: int, sizes: Sequence[int]) -> Entry:
    """The indices of a flat place; quick, as a table asks it for each cell that it paints."""
    out: list[int] = []
    for size in reversed(sizes):
        place, index = divmod(place, size)
        out.append(index)
    return tuple(reversed(out))
