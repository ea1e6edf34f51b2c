"""What ops are lowered with: it collects the calls of one plan and names the buffers that they write."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from compute.calls import Call, Draw, Gather, Gemm, Map, Reduce
from compute.shapes import broadcast_axes
from compute.strided import Tensor, contiguous, joined

_LARGE = 16384
"""Entries from which on a total is taken in two stages."""


class Builder:
    """Collects the calls of one plan and names the buffers that they write."""

    def __init__(self) -> None:
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
        self.calls.append(Draw(self.node, out))
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
            # Row by row first, so that there is work for more than one work-group.
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
        """The matrix product of two matrices, plus a bias row; of stacks of them (axes before the last two, broadcast
        against each other), one by one."""
        stack = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        out = whole = out or self.new((*stack, a.shape[-2], b.shape[-1]))
        if stack:
            a, b = a.broadcast_to((*stack, *a.shape[-2:])), b.broadcast_to((*stack, *b.shape[-2:]))
            rows, (a_rows, out_rows) = joined(out.shape[:-1], [a.strides[:-1], out.strides[:-1]])
            if len(rows) == 1 and not any(b.strides[:-2]):
                # All rows of the stack follow each other, and all meet the same matrix: it is one product.
                a = Tensor(a.buffer, (*rows, a.shape[-1]), (*a_rows, a.strides[-1]), a.offset)
                b = Tensor(b.buffer, b.shape[-2:], b.strides[-2:], b.offset)
                out = Tensor(out.buffer, (*rows, out.shape[-1]), (*out_rows, out.strides[-1]), out.offset)
        self.calls.append(Gemm(self.node, out, a, b, bias))
        return whole

    def take(self, table: Tensor, index: Tensor) -> Tensor:
        """The rows of a table (R, …) that an index of whole numbers names: the index's axes, then the table's."""
        out = self.new((*index.shape, *table.shape[1:]))
        self.calls.append(Gather(self.node, out, table, index))
        return out

    def total(self, tensors: Sequence[Tensor]) -> Tensor:
        """The sum of tensors of one shape (a single tensor is itself: no call)."""
        if len(tensors) == 1:
            return tensors[0]
        names = {f"g{i}": tensor for i, tensor in enumerate(tensors)}
        return self.map(" + ".join(names), names, tensors[0].shape)
