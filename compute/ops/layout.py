"""Operations that move entries and change none: side by side, and into another shape."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from compute.builder import Builder
from compute.ops.base import Array, Backward, Forward, Op, Settings, Speller, Term, register
from compute.params import Param
from compute.shapes import BATCH, Dim, Shape, ShapeError, show
from compute.strided import Tensor, contiguous


@register
class Concat(Op):
    name, title, group = "concat", "Concat", "matrix"
    help = "Sets a and b side by side: the last axis becomes as long as both together."
    ports = ("a", "b")
    formula = r"y = [\,a \;\; b\,]"
    local = {
        "a": r"\frac{\partial L}{\partial a} = \mathrm{left\ part\ of}\ \frac{\partial L}{\partial y}",
        "b": r"\frac{\partial L}{\partial b} = \mathrm{right\ part\ of}\ \frac{\partial L}{\partial y}",
    }
    moves = True

    def shape(self, x: Sequence[Shape], p: Settings) -> Shape:
        a, b = x
        for port, shape in zip(self.ports, x, strict=True):
            if not shape or shape[-1] == BATCH:
                raise ShapeError(port, f"it wants something with columns, such as (B, N); {show(shape)} arrives")
        if a[:-1] != b[:-1]:
            raise ShapeError("b", f"{show(a)} and {show(b)} differ in more than the last axis; make the others equal")
        return (*a[:-1], int(a[-1]) + int(b[-1]))

    def forward(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        return np.concatenate([x[0], x[1]], axis=-1)

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("concat", *x)

    def backward(
        self, x: Sequence[Array], w: Mapping[str, Array], p: Settings, y: Array, g: Array
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        left = x[0].shape[-1]
        return (g[..., :left].copy(), g[..., left:].copy()), {}

    @staticmethod
    def _halves(whole: Tensor, left: int) -> list[Tensor]:
        """The windows of a and b in what they are together, ``left`` columns in the first."""
        lead, width, at = whole.shape[:-1], whole.shape[-1], whole.offset + left * whole.strides[-1]
        return [
            Tensor(whole.buffer, (*lead, left), whole.strides, whole.offset),
            Tensor(whole.buffer, (*lead, width - left), whole.strides, at),
        ]

    def lower(self, node: Forward) -> Tensor:
        a, b = node.x
        whole = node.k.new((*a.shape[:-1], a.shape[-1] + b.shape[-1]))
        for part, out in zip(node.x, self._halves(whole, a.shape[-1]), strict=True):
            node.k.map("x", {"x": part}, part.shape, out=out)
        return whole

    def lower_backward(self, node: Backward) -> list[Tensor | None]:
        return list(self._halves(node.g, node.x[0].shape[-1]))


@register
class Reshape(Op):
    name, title, group = "reshape", "Reshape", "matrix"
    help = "The same entries, row by row, in another shape."
    ports = ("x",)
    formula = r"y = \mathrm{reshape}(x)"
    local = {"x": r"\frac{\partial L}{\partial x} = \mathrm{reshape}\left(\frac{\partial L}{\partial y}\right)"}
    moves = True
    params = (
        Param(
            "shape", "shape", (-1,), "The new sizes; one may be −1: what is left. With a batch, −1 or B is the batch."
        ),
    )

    def shape(self, x: Sequence[Shape], p: Settings) -> Shape:
        (old,), new = x, tuple(p["shape"])
        each = math.prod(dim for dim in old if dim != BATCH)
        fixed = math.prod(dim for dim in new if isinstance(dim, int) and dim > 0)
        free = any(dim in (BATCH, -1) for dim in new)
        if BATCH in old:
            whole: tuple[Dim, ...] = tuple(BATCH if dim == -1 else dim for dim in new) if free else (BATCH, *new)
            if fixed != each:
                raise ShapeError(
                    "x",
                    f"{show(old)} has {each} entries for each sample and {show(whole)} has {fixed}; make these equal",
                )
            return whole
        if BATCH in new:
            raise ShapeError("x", f"{show(old)} has no batch, so B cannot stand in the new shape; write a number")
        if each != fixed and not (free and each % fixed == 0):
            raise ShapeError("x", f"{show(old)} has {each} entries, which do not make {show(new)}; choose other sizes")
        return tuple(each // fixed if dim == -1 else dim for dim in new)

    @staticmethod
    def _sizes(old: Sequence[int], p: Settings) -> tuple[int, ...]:
        """The new shape in numbers, for a batch of known size."""
        new, count = tuple(p["shape"]), math.prod(old)
        fixed = math.prod(dim for dim in new if isinstance(dim, int) and dim > 0)
        if not any(dim in (BATCH, -1) for dim in new):
            return new if fixed == count else (count // fixed, *new)
        return tuple(dim if isinstance(dim, int) and dim > 0 else count // fixed for dim in new)

    def forward(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        return x[0].reshape(self._sizes(x[0].shape, p))

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("reshape", x[0], shape=self.shape([x[0].shape], p))

    def backward(
        self, x: Sequence[Array], w: Mapping[str, Array], p: Settings, y: Array, g: Array
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        return (g.reshape(x[0].shape),), {}

    def lower(self, node: Forward) -> Tensor:
        return _reshaped(node.k, node.x[0], self._sizes(node.x[0].shape, node.p))

    def lower_backward(self, node: Backward) -> list[Tensor | None]:
        return [_reshaped(node.k, node.g, node.x[0].shape)]


def _reshaped(k: Builder, tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
    """The entries of a tensor, row by row, in another shape: a view of it, or of a copy where it is not row-major."""
    if tensor.strides != contiguous("", tensor.shape).strides:
        tensor = k.map("x", {"x": tensor}, tensor.shape)
    return contiguous(tensor.buffer, shape, tensor.offset)
