"""The small vocabulary of device work that every operation is lowered to.

A call is one loop over an index space, described without saying how it is scheduled: ``Map`` (elementwise
with broadcasting), ``Reduce`` (sum or maximum over axes of an elementwise expression), ``Gemm`` (matrix
product, optional bias), ``Gather`` (rows of a data node's table into the batch) and ``Draw`` (random numbers). An
engine turns calls into kernels; the same calls can be launched one by one or be generated into one kernel of whole
steps.

Expressions are OpenCL C over ``REAL`` in the names of a call's inputs and scalars, plus ``col``, the index
along the last axis of the loop's shape. They come from op declarations only, never from a document.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from compute.draws import key_of
from compute.shapes import broadcast_axes


@dataclass(frozen=True, slots=True)
class Tensor:
    """A strided window into a named buffer; strides and offset count elements."""

    buffer: str
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int = 0

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

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


_LARGE = 16384
"""Entries from which on a total is taken in two stages."""

Named = tuple[tuple[str, Tensor], ...]
Scalars = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Map:
    """``out[i] = expr`` for every index of ``out``; inputs have already been broadcast to its shape."""

    node: str
    out: Tensor
    inputs: Named
    expr: str
    scalars: Scalars = ()


@dataclass(frozen=True, slots=True)
class Reduce:
    """``out = scale · Σ expr`` (or the maximum) over ``axes`` of ``shape``; inputs are broadcast to ``shape``."""

    node: str
    out: Tensor
    shape: tuple[int, ...]
    axes: tuple[int, ...]
    inputs: Named
    expr: str
    scalars: Scalars = ()
    kind: Literal["sum", "max"] = "sum"
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Gemm:
    """``out (M, N) = a (M, K) · b (K, N) [+ bias (N,)]``; a transposed operand has its strides swapped."""

    node: str
    out: Tensor
    a: Tensor
    b: Tensor
    bias: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Gather:
    """``out[r] = data[node][batch[r]]``: the rows of this batch from a data node's table on the device."""

    node: str
    out: Tensor


@dataclass(frozen=True, slots=True)
class Draw:
    """``out[i]`` = a random number in [0, 1) that follows from (key, the run's step, i); see ``compute.draws``."""

    node: str
    out: Tensor
    key: int


Call = Map | Reduce | Gemm | Gather | Draw


class Builder:
    """Collects the calls of one plan and names the buffers that they write."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._kept: dict[tuple[str, str], Tensor] = {}
        self.calls: list[Call] = []
        self.sizes: dict[str, int] = {}
        self.constants: dict[str, npt.NDArray[np.float64]] = {}
        self.node = ""

    def new(self, shape: tuple[int, ...], role: str = "temp") -> Tensor:
        """A fresh row-major tensor in a buffer of its own."""
        name = f"{role}/{self.node}/{len(self.sizes)}"
        self.sizes[name] = max(1, math.prod(shape))
        return contiguous(name, shape)

    def gather(self, shape: tuple[int, ...]) -> Tensor:
        """This batch's rows of the current data node."""
        out = self.new(shape, "data")
        self.calls.append(Gather(self.node, out))
        return out

    def draw(self, shape: tuple[int, ...]) -> Tensor:
        """Random numbers of the current node."""
        out = self.new(shape, "draw")
        self.calls.append(Draw(self.node, out, key_of(self._seed, self.node)))
        return out

    def keep(self, name: str, tensor: Tensor) -> Tensor:
        """Lay an intermediate result of the current node's forward rule by for its backward rule."""
        self._kept[self.node, name] = tensor
        return tensor

    def kept(self, name: str) -> Tensor:
        """What the current node's forward rule laid by."""
        return self._kept[self.node, name]

    def constant(self, value: npt.NDArray[np.float64]) -> Tensor:
        """A tensor whose numbers are fixed when the plan is made."""
        out = self.new(value.shape, "constant")
        self.constants[out.buffer] = value
        return out

    def map(
        self,
        expr: str,
        inputs: Mapping[str, Tensor],
        shape: tuple[int, ...],
        scalars: Mapping[str, float] | None = None,
        out: Tensor | None = None,
    ) -> Tensor:
        """``expr`` at every index of ``shape``."""
        out = out or self.new(shape)
        named = tuple((name, tensor.broadcast_to(shape)) for name, tensor in inputs.items())
        self.calls.append(Map(self.node, out, named, expr, tuple((scalars or {}).items())))
        return out

    def reduce(
        self,
        expr: str,
        inputs: Mapping[str, Tensor],
        shape: tuple[int, ...],
        axes: Sequence[int],
        scalars: Mapping[str, float] | None = None,
        *,
        kind: Literal["sum", "max"] = "sum",
        scale: float = 1.0,
        out: Tensor | None = None,
    ) -> Tensor:
        """``expr`` over ``shape``, summed (or its maximum taken) over ``axes``, which disappear."""
        axes = tuple(sorted(axis % len(shape) for axis in axes)) if shape else ()
        if len(axes) == len(shape) > 1 and math.prod(shape) >= _LARGE and kind == "sum":
            # Row by row first, so that there is work for more than one group.
            rows = self.reduce(expr, inputs, shape, (-1,), scalars)
            return self.reduce("row", {"row": rows}, rows.shape, range(len(rows.shape)), scale=scale, out=out)
        out = out or self.new(tuple(n for i, n in enumerate(shape) if i not in axes))
        named = tuple((name, tensor.broadcast_to(shape)) for name, tensor in inputs.items())
        self.calls.append(Reduce(self.node, out, shape, axes, named, expr, tuple((scalars or {}).items()), kind, scale))
        return out

    def unbroadcast(
        self,
        expr: str,
        inputs: Mapping[str, Tensor],
        full: tuple[int, ...],
        small: tuple[int, ...],
        scalars: Mapping[str, float] | None = None,
    ) -> Tensor:
        """``expr`` over ``full``, summed over the axes along which ``small`` had been broadcast."""
        axes = broadcast_axes(small, full)
        if not axes:
            return self.map(expr, inputs, full, scalars)
        total = self.reduce(expr, inputs, full, axes, scalars)
        return contiguous(total.buffer, small)

    def gemm(self, a: Tensor, b: Tensor, *, bias: Tensor | None = None, out: Tensor | None = None) -> Tensor:
        """The matrix product of two matrices, plus a bias row."""
        out = out or self.new((a.shape[0], b.shape[1]))
        self.calls.append(Gemm(self.node, out, a, b, bias))
        return out

    def total(self, tensors: Sequence[Tensor]) -> Tensor:
        """The sum of tensors of one shape (a single tensor is itself: no call)."""
        if len(tensors) == 1:
            return tensors[0]
        names = {f"g{i}": tensor for i, tensor in enumerate(tensors)}
        return self.map(" + ".join(names), names, tensors[0].shape)
