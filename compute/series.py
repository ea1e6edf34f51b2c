"""A curve that grows without end in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[np.float64]


class Series:
    """Points (x, y), x ascending, at most ``most`` of them.

    When there would be more, neighbours are joined: the mean of their y at the later x. From then on as many new
    points make one. So every kept point but the last stands for equally many, and nothing is left out.
    """

    def __init__(self, points: Iterable[tuple[float, float]] = (), most: int = 2000) -> None:
        self._kept = np.zeros((most, 2))
        self._count = 0
        self._group = 1
        self._sum, self._pending, self._x = 0.0, 0, 0.0
        for x, y in points:
            self.append(x, y)

    def append(self, x: float, y: float) -> None:
        """Add a point at the end."""
        self._sum, self._pending, self._x = self._sum + y, self._pending + 1, x
        if self._pending < self._group:
            return
        self._kept[self._count] = self._x, self._sum / self._pending
        self._count += 1
        self._sum, self._pending = 0.0, 0
        if self._count == len(self._kept):
            pairs = self._kept.reshape(-1, 2, 2)
            self._count //= 2
            self._kept[: self._count, 0], self._kept[: self._count, 1] = pairs[:, 1, 0], pairs[:, :, 1].mean(axis=1)
            self._group *= 2

    def extend(self, x: Column, y: Column) -> None:
        """Add points at the end."""
        for point in zip(x.tolist(), y.tolist(), strict=True):
            self.append(*point)

    def columns(self) -> tuple[Column, Column]:
        """x and y, of equal length; copies."""
        x, y = self._kept[: self._count, 0], self._kept[: self._count, 1]
        if self._pending:
            return np.append(x, self._x), np.append(y, self._sum / self._pending)
        return x.copy(), y.copy()

    def points(self) -> list[tuple[float, float]]:
        """The points as pairs, for a file."""
        x, y = self.columns()
        return list(zip(x.tolist(), y.tolist(), strict=True))
