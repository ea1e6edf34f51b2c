"""Which rows go into which training step: the order of the rows in every epoch, and batches as one flat array.

An order follows from the settings alone, never from how the steps are cut into chunks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from threading import Lock
from typing import Any, overload

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.integer[Any]]

DRAWN = 16384
"""Rows that are shuffled with one stream of random numbers; making one takes as long as shuffling hundreds of rows."""


class Batches(Sequence[Rows]):
    """The batches of consecutive steps: a sequence of row numbers, each an array (batch,).

    rows: all of them, one batch after the other, int32; sizes: rows of each batch; kinds: the sizes that can come,
    the largest first, some of which may not be in these.
    """

    def __init__(self, rows: Rows, sizes: npt.NDArray[np.int64], kinds: Sequence[int] | None = None) -> None:
        self.rows, self.sizes = rows.astype(np.int32, copy=False), sizes
        self.kinds = tuple(kinds if kinds is not None else sorted({*sizes.tolist()}, reverse=True))

    @classmethod
    def of(cls, batches: Iterable[Rows]) -> Batches:
        """The same batches in this form."""
        if isinstance(batches, Batches):
            return batches
        given = list(batches)
        sizes = np.array([len(rows) for rows in given], np.int64)
        return cls(np.concatenate([np.zeros(0, np.int32), *given]), sizes)

    def __len__(self) -> int:
        return len(self.sizes)

    @overload
    def __getitem__(self, at: int) -> Rows: ...
    @overload
    def __getitem__(self, at: slice) -> Batches: ...
    def __getitem__(self, at: int | slice) -> Rows | Batches:
        if isinstance(at, slice):
            start, stop, _ = at.indices(len(self))
            stop = max(start, stop)
            return Batches(self.rows[self._ends[start] : self._ends[stop]], self.sizes[start:stop], self.kinds)
        if not -len(self) <= at < len(self):
            raise IndexError(at)
        at %= len(self)
        return self.rows[self._ends[at] : self._ends[at + 1]]

    @cached_property
    def _ends(self) -> npt.NDArray[np.int64]:
        return np.concatenate([[0], np.cumsum(self.sizes)])


@dataclass(frozen=True)
class Order:
    """The rows of every epoch, in batches of ``batch_size``, the last possibly smaller. Where one batch is an epoch its
    rows stay as they are."""

    rows: int
    batch_size: int
    seed: int
    shuffle: bool

    @property
    def steps(self) -> int:
        """Steps of an epoch."""
        return -(-self.rows // self.batch_size)

    @property
    def kinds(self) -> tuple[int, ...]:
        """The sizes that batches have, the largest first."""
        last = self.rows - (self.steps - 1) * self.batch_size
        return tuple(sorted({last, *([self.batch_size] if self.steps > 1 else [])}, reverse=True))

    def batches(self, epoch: int, first: int = 0, count: int | None = None) -> Batches:
        """So many steps (without ``count`` the rest of the epoch) from step ``first`` of an epoch on, over as many
        epochs as that takes. Epochs and steps count from 0."""
        steps = self.steps
        stop = steps if count is None else first + count
        epochs = -(-stop // steps)
        last = self.rows - (steps - 1) * self.batch_size
        one = np.full(steps, self.batch_size, np.int64)
        one[-1] = last
        sizes = np.tile(one, epochs)[first:stop]
        start = first * self.batch_size
        rows = self._rows(epoch, epoch + epochs, stop % steps > 0)
        return Batches(rows[start : start + int(sizes.sum())], sizes, self.kinds)

    def _rows(self, first: int, end: int, again: bool) -> Rows:
        """The row numbers of these epochs, one after the other. again: whether the last will be asked for again."""
        if not self.shuffle or self.steps == 1:
            return np.tile(np.arange(self.rows, dtype=np.int32), end - first)
        together = max(1, DRAWN // self.rows)
        parts = []
        for block in range(first // together, -(-end // together)):
            start = block * together
            which = self.rows, together, self.seed % 2**32, block
            part = _few(which, over=start + together <= end - again) if self.rows <= DRAWN else _many(*which)
            parts.append(part[max(0, first - start) : end - start])
        return np.concatenate(parts, axis=None)


def _shuffled(rows: int, epochs: int, seed: int, block: int) -> npt.NDArray[np.int32]:
    """The shuffled row numbers (epochs, rows) of some epochs that follow one another. They are sorted by random
    numbers, whose lowest bits are the row's number: some five times as fast as NumPy's own shuffling."""
    stream = np.random.PCG64(np.random.SeedSequence([seed, block]))
    keys = stream.random_raw(epochs * rows).reshape(epochs, rows)
    number = np.uint64((1 << (rows - 1).bit_length()) - 1)
    keys &= ~number
    keys |= np.arange(rows, dtype=np.uint64)
    keys.sort(axis=1)
    keys &= number
    drawn = keys.astype(np.int32)
    drawn.setflags(write=False)
    return drawn


class _Begun:
    """Blocks of epochs that are begun, at most so many: chunks of epochs end within a block, whose rest the next chunk
    takes, in a sweep that of as many seeds as are trained side by side."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, Lock()
        self._kept: dict[tuple[int, int, int, int], npt.NDArray[np.int32]] = {}

    def __call__(self, which: tuple[int, int, int, int], *, over: bool) -> npt.NDArray[np.int32]:
        """See ``_shuffled``. over: whether nobody asks for the block again; then it takes no other's place."""
        with self._lock:
            found = self._kept.pop(which, None)
        if found is None:
            found = _shuffled(*which)
        if not over:
            with self._lock:
                self._kept[which] = found
                if len(self._kept) > self._most:
                    del self._kept[next(iter(self._kept))]
        return found

    def cache_clear(self) -> None:
        """Keep none."""
        with self._lock:
            self._kept.clear()


# 64 KiB each. What has more rows than that is drawn epoch by epoch.
_few, _many = _Begun(128), lru_cache(maxsize=2)(_shuffled)
