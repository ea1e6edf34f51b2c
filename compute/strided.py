"""Where the numbers of a tensor lie: strided windows into flat buffers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Strides = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tensor:
    """A strided window into a named buffer; strides and offset count elements."""

    buffer: str
    shape: tuple[int, ...]
    strides: Strides
    offset: int = 0

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def held(self) -> int:
        """How many entries of its buffer it shows; those along a broadcast axis are one."""
        return math.prod(n for n, stride in zip(self.shape, self.strides, strict=True) if stride)

    def transposed(self) -> Tensor:
        """The same elements with the axes reversed."""
        return Tensor(self.buffer, self.shape[::-1], self.strides[::-1], self.offset)

    def broadcast_to(self, shape: tuple[int, ...]) -> Tensor:
        """The same elements repeated along new axes and axes of size 1 (stride 0)."""
        lead = len(shape) - len(self.shape)
        inner = (0 if n == 1 and m != 1 else s for n, m, s in zip(self.shape, shape[lead:], self.strides, strict=True))
        return Tensor(self.buffer, shape, (0,) * lead + tuple(inner), self.offset)

    def keepdims(self, axes: Sequence[int], ndim: int) -> Tensor:
        """A reduced tensor seen with its reduced axes put back as size 1."""
        shape, strides = list(self.shape), list(self.strides)
        for axis in sorted(a % ndim for a in axes):
            shape.insert(axis, 1)
            strides.insert(axis, 0)
        return Tensor(self.buffer, tuple(shape), tuple(strides), self.offset)


def contiguous(buffer: str, shape: tuple[int, ...], offset: int = 0) -> Tensor:
    """A row-major tensor."""
    strides = tuple(math.prod(shape[i + 1 :]) for i in range(len(shape)))
    return Tensor(buffer, shape, strides, offset)


def joined(shape: Sequence[int], strides: Sequence[Strides]) -> tuple[tuple[int, ...], list[Strides]]:
    """The same loop with as few axes as possible (at least one), in the order in which the first tensor lies in memory,
    neighbours last, and the second where that says nothing, and so on: axes that every tensor walks through without a
    jump become one, axes of size 1 go. ``strides``: for each tensor, its stride along each axis."""
    steps = [(n, tuple(s[i] for s in strides)) for i, n in enumerate(shape) if n != 1]
    axes: list[tuple[int, Strides]] = []
    for n, step in sorted(steps, key=lambda axis: [-abs(stride) for stride in axis[1]]):
        if axes and all(outer == inner * n for outer, inner in zip(axes[-1][1], step, strict=True)):
            axes[-1] = (axes[-1][0] * n, step)
        else:
            axes.append((n, step))
    axes = axes or [(1, (0,) * len(strides))]
    return tuple(n for n, _ in axes), [tuple(step[t] for _, step in axes) for t in range(len(strides))]
