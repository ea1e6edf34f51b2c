"""Named series, such as a loss over epochs: what grows without end in bounded memory, and what is known at one moment.

History is a set of them, by name: ``LOSS``, ``VALIDATION_LOSS``, and each metric by the rows that it is of, as in
``validation accuracy`` or, where none are held back, ``training accuracy``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[np.float64]
LOSS, VALIDATION_LOSS = "loss", "validation loss"


def _none() -> Column:
    return np.zeros(0)


@dataclass(frozen=True, eq=False, slots=True)
class Points:
    """A series at one moment. x, y: (n,), x ascending; joined: how many were joined into each point; rest: how many are
    in the last one, if those are fewer, else 0; total: the sum of their y."""

    x: Column = field(default_factory=_none)
    y: Column = field(default_factory=_none)
    joined: int = 1
    rest: int = 0
    total: float = 0.0

    @classmethod
    def of(cls, pairs: Iterable[tuple[float, float]]) -> Points:
        """From pairs (x, y)."""
        table = np.array([*pairs], np.float64).reshape(-1, 2)
        return cls(table[:, 0], table[:, 1])

    def until(self, x: float) -> Points:
        """The part up to a place; a point of which some lies behind it is left out."""
        count = int(np.searchsorted(self.x, x + 1e-9 * abs(x), side="right"))
        return self if count == len(self.x) else Points(self.x[:count], self.y[:count], self.joined)

    def thinned(self, most: int) -> Points:
        """At most so many points, each the mean of as many as it takes at the last of their x."""
        if len(self.x) <= most:
            return self
        series = Series(self, most)
        return series.points()

    def pairs(self) -> list[tuple[float, float]]:
        """As pairs (x, y), for a file."""
        return list(zip(self.x.tolist(), self.y.tolist(), strict=True))


class Series:
    """Points (x, y), x ascending, at most ``most`` of them.

    When there would be more, neighbours are joined: the mean of their y at the later x. From then on as many new
    points make one. So every kept point but the last stands for equally many, and nothing is left out.
    """

    def __init__(self, points: Points | None = None, most: int = 2000) -> None:
        self._kept = np.zeros((most, 2))
        self._count = 0
        self._joined = 1
        self._sum, self._pending, self._x = 0.0, 0, 0.0
        if points is not None and len(points.x):
            whole = len(points.x) - (points.rest > 0)
            self.extend(points.x[:whole], points.y[:whole])
            self._joined *= points.joined
            self._sum, self._pending, self._x = points.total, points.rest, float(points.x[-1])

    def append(self, x: float, y: float) -> None:
        """Add a point at the end."""
        self._sum, self._pending, self._x = self._sum + y, self._pending + 1, x
        self._join_where_complete()

    def _join_where_complete(self) -> None:
        if self._pending < self._joined:
            return
        self._kept[self._count] = self._x, self._sum / self._pending
        self._count += 1
        self._sum, self._pending = 0.0, 0
        self._halve_where_full()

    def _halve_where_full(self) -> None:
        if self._count == len(self._kept):
            pairs = self._kept.reshape(-1, 2, 2)
            self._count //= 2
            self._kept[: self._count, 0], self._kept[: self._count, 1] = pairs[:, 1, 0], pairs[:, :, 1].mean(axis=1)
            self._joined *= 2

    def extend(self, x: Column, y: Column) -> None:
        """Add points at the end."""
        if len(x) != len(y):
            raise ValueError(f"{len(x)} places and {len(y)} values were given.")
        while len(x):
            room = len(self._kept) - self._count
            if self._pending or len(x) < self._joined:
                # One point of those that are joined, begun or left unfinished.
                part = min(self._joined - self._pending, len(x))
                # Added up one after the other, as ``append`` does.
                self._sum = float(np.cumsum(np.append(self._sum, y[:part]))[-1])
                self._pending, self._x = self._pending + part, float(x[part - 1])
                self._join_where_complete()
            else:
                whole = min(len(x) // self._joined, room)
                part = whole * self._joined
                sums = np.cumsum(y[:part].reshape(whole, self._joined), axis=1)[:, -1]
                self._kept[self._count : self._count + whole] = np.column_stack(
                    [x[self._joined - 1 : part : self._joined], sums / self._joined]
                )
                self._count += whole
                self._x = float(x[part - 1])
                self._halve_where_full()
            x, y = x[part:], y[part:]

    def points(self) -> Points:
        """All of them at this moment; copies that cannot be written to."""
        x, y = self._kept[: self._count, 0].copy(), self._kept[: self._count, 1].copy()
        if self._pending:
            x, y = np.append(x, self._x), np.append(y, self._sum / self._pending)
        for column in (x, y):
            column.setflags(write=False)
        return Points(x, y, self._joined, self._pending, self._sum)
