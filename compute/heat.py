"""Large tensors as pictures: many entries in one pixel, told by the largest of them or by their mean.

Nothing here knows of colours or of the screen: what comes out is a small matrix of numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from compute.tensor_view import Span, TensorView

Array = npt.NDArray[Any]
How = Literal["largest", "mean"]
"""What stands for several entries: the one with the largest magnitude, with its sign, or their mean."""


@dataclass(frozen=True)
class Region:
    """Rows top … bottom − 1 and columns left … right − 1 of a matrix."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def rows(self) -> int:
        return self.bottom - self.top

    @property
    def columns(self) -> int:
        return self.right - self.left

    @property
    def size(self) -> int:
        """How many entries."""
        return self.rows * self.columns

    def has(self, row: int, column: int) -> bool:
        """Whether a cell is in it."""
        return self.top <= row < self.bottom and self.left <= column < self.right


def edges(count: int, most: int) -> npt.NDArray[np.intp]:
    """Where blocks begin and the last ends when ``count`` things are put into at most ``most`` blocks of equal size."""
    blocks = max(1, min(count, most))
    return (np.arange(blocks + 1, dtype=np.int64) * count // blocks).astype(np.intp)


def reduced(matrix: Array, region: Region, height: int, width: int, how: How = "largest") -> Array:
    """The entries of a region in at most (height, width) blocks. NaN where a block holds one, else an infinity where
    it holds one, so that nothing that is no number is lost."""
    part = matrix[region.top : region.bottom, region.left : region.right]
    down, across = edges(part.shape[0], height), edges(part.shape[1], width)
    shape = len(down) - 1, len(across) - 1
    if shape == part.shape:
        return np.asarray(part)
    with np.errstate(all="ignore"):
        if how == "mean":
            total = np.add.reduceat(_by_rows(np.sum, part, down), across[:-1], axis=1)
            return np.asarray(total / (np.diff(down)[:, None] * np.diff(across)))
        high = np.maximum.reduceat(_by_rows(np.max, part, down), across[:-1], axis=1)
        low = np.minimum.reduceat(_by_rows(np.min, part, down), across[:-1], axis=1)
        # NaN comes out of both, and is kept by either.
        return np.where(-low > high, low, high)


def _by_rows(reduce: Any, part: Array, down: npt.NDArray[np.intp]) -> Array:
    """Each block of rows made one row. One call for each is several times as fast as ``reduceat`` along this axis."""
    out = np.empty((len(down) - 1, part.shape[1]))
    for i, (first, last) in enumerate(pairwise(down)):
        out[i] = reduce(part[first:last], axis=0)
    return out


def largest_of(matrix: Array, region: Region) -> tuple[int, int]:
    """(row, column) of the entry of a region that is told by its colour: not a number, or the largest magnitude."""
    part = np.abs(matrix[region.top : region.bottom, region.left : region.right])
    row, column = divmod(int(part.argmax()), part.shape[1])
    return region.top + row, region.left + column


def regions_of(span: Span, laid_out: TensorView) -> list[Region]:
    """Where the entries of a span stand in the table: a region for each run of rows, from the top."""
    axes = zip(span, laid_out.shape, strict=True)
    given = [range(n) if i is None else i if isinstance(i, range) else range(i, i + 1) for i, n in axes]
    down, across = given[: len(laid_out.down)], given[len(laid_out.down)] if laid_out.across else range(1)
    left, right = across[0], across[-1] + 1
    if all(len(each) == n for each, n in zip(down, laid_out.down, strict=True)):
        return [Region(0, left, laid_out.rows, right)]
    rows = np.zeros(1, np.intp)
    for each, n in zip(down, laid_out.down, strict=True):
        rows = (rows[:, None] * n + np.asarray(each)).ravel()
    runs = np.split(rows, np.flatnonzero(np.diff(rows) != 1) + 1)
    return [Region(int(run[0]), left, int(run[-1]) + 1, right) for run in runs]


_CHUNK = 1 << 18


def scale_of(array: Array) -> float:
    """The largest finite magnitude, 0 where there is none; in pieces, so that no copy of a large tensor is made."""
    flat, top = array.reshape(-1), 0.0
    for start in range(0, flat.size, _CHUNK):
        piece = flat[start : start + _CHUNK]
        high = max(float(piece.max()), -float(piece.min()))
        if not math.isfinite(high):
            high = float(np.abs(piece).max(where=np.isfinite(piece), initial=0.0))
        top = max(top, high)
    return top
