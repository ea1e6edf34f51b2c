"""Matrix operations: product, transpose, and sums over axes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from compute.ops.base import Array, Backward, Forward, Op, Settings, Speller, Term, need_matrix, register
from compute.params import Param
from compute.products import Product
from compute.shapes import Shape, ShapeError, show
from compute.strided import Tensor


@register
class MatMul(Op):
    name, title, group = "matmul", "MatMul", "matrix"
    help = "The matrix product: each entry is a row of a times a column of b."
    ports = ("a", "b")
    formula = r"y = a\,b, \qquad y_{ij} = \sum_k a_{ik}\,b_{kj}"
    local = {
        "a": r"\frac{\partial L}{\partial a} = \frac{\partial L}{\partial y}\,b^{T}",
        "b": r"\frac{\partial L}{\partial b} = a^{T}\,\frac{\partial L}{\partial y}",
    }
    keeps = ("a", "b")

    def shape(self, x: Sequence[Shape], p: Settings) -> Shape:
        a, b = x
        for port, shape in zip(self.ports, x, strict=True):
            if len(shape) not in (1, 2):
                raise ShapeError(port, f"it wants a vector or a matrix; {show(shape)} arrives")
        if a[-1] != b[0]:
            raise ShapeError("b", _mismatch(a, b))
        return a[:-1] + b[1:]

    def forward(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        return np.asanyarray(x[0] @ x[1])

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("matmul", *x)

    def backward(
        self, x: Sequence[Array], w: Mapping[str, Array], p: Settings, y: Array, g: Array
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        a, b = np.atleast_2d(x[0]), x[1].reshape(x[1].shape[0], -1)
        g2 = g.reshape(a.shape[0], b.shape[1])
        return ((g2 @ b.T).reshape(x[0].shape), (a.T @ g2).reshape(x[1].shape)), {}

    @staticmethod
    def _matrices(x: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """A vector on the left is a row, on the right a column."""
        a, b = x
        if len(a.shape) == 1:
            a = Tensor(a.buffer, (1, *a.shape), (0, *a.strides), a.offset)
        if len(b.shape) == 1:
            b = Tensor(b.buffer, (*b.shape, 1), (*b.strides, 0), b.offset)
        return a, b

    def lower(self, node: Forward) -> Tensor:
        out = node.k.new(node.x[0].shape[:-1] + node.x[1].shape[1:])
        a, b = self._matrices(node.x)
        node.k.gemm(a, b, out=_as_matrix(out, a.shape[0], b.shape[1]))
        return out

    def lower_backward(self, node: Backward) -> list[Tensor | None]:
        a, b = self._matrices(node.x)
        g2 = _restride(node.g, node.y, a.shape[0], b.shape[1])
        da, db = (
            node.k.new(tensor.shape) if wanted else None for tensor, wanted in zip(node.x, node.need, strict=True)
        )
        if da:
            node.k.gemm(g2, b.transposed(), out=_as_matrix(da, *a.shape))
        if db:
            node.k.gemm(a.transposed(), g2, out=_as_matrix(db, *b.shape))
        return [da, db]

    def products(self, x: Sequence[tuple[int, ...]], p: Settings) -> tuple[Product, ...]:
        rows, columns = "i" * (len(x[0]) - 1), "j" * (len(x[1]) - 1)
        return (Product((("a", rows + "k"), ("b", "k" + columns)), rows + columns),)


def _mismatch(a: Shape, b: Shape) -> str:
    """What does not fit in a product, and what would make it fit."""
    columns, rows = ("columns" if len(a) == 2 else "numbers"), ("rows" if len(b) == 2 else "numbers")
    right, left = len(b) == 2 and b[1] == a[-1], len(a) == 2 and a[0] == b[0]
    ways = {
        "transpose one of them": right and left,
        "transpose {b}": right and not left,
        "transpose {a}": left and not right,
        "exchange them": b[-1] == a[0],
    }
    advice = " or ".join(way for way, fits in ways.items() if fits) or "make these equal"
    return (
        f"{{a}} is {show(a)} and {{b}} is {show(b)}: the {a[-1]} {columns} of {{a}} need {a[-1]} {rows} of {{b}}, "
        f"which has {b[0]}; {advice}"
    )


def _as_matrix(tensor: Tensor, rows: int, columns: int) -> Tensor:
    """A row-major tensor seen as a matrix of the same size."""
    return Tensor(tensor.buffer, (rows, columns), (columns, 1), tensor.offset)


def _restride(g: Tensor, y: Tensor, rows: int, columns: int) -> Tensor:
    """A gradient (of any strides) seen as a matrix; at most one of the axes was squeezed away."""
    if len(g.shape) == 2:
        return g
    if not g.shape:
        return Tensor(g.buffer, (rows, columns), (0, 0), g.offset)
    strides = (g.strides[0], 0) if columns == 1 and g.shape[0] == rows else (0, g.strides[0])
    return Tensor(g.buffer, (rows, columns), strides, g.offset)


@register
class Transpose(Op):
    name, title, group = "transpose", "Transpose", "matrix"
    help = "Rows become columns; a vector becomes the other kind of vector."
    ports = ("x",)
    formula = r"y = x^{T}, \qquad y_{ij} = x_{ji}"
    local = {"x": r"\frac{\partial L}{\partial x} = \left(\frac{\partial L}{\partial y}\right)^{T}"}

    def shape(self, x: Sequence[Shape], p: Settings) -> Shape:
        need_matrix(x[0], "x")
        return x[0][::-1]

    def forward(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        return np.asanyarray(x[0].T)

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("transpose", x[0])

    def backward(
        self, x: Sequence[Array], w: Mapping[str, Array], p: Settings, y: Array, g: Array
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        return (g.T,), {}

    def lower(self, node: Forward) -> Tensor:
        return node.x[0].transposed()

    def lower_backward(self, node: Backward) -> list[Tensor | None]:
        return [node.g.transposed()]

    def products(self, x: Sequence[tuple[int, ...]], p: Settings) -> tuple[Product, ...]:
        return (Product((("x", "ji"),), "ij"),)


AXIS = Param("axis", "axis", None, "The axis that disappears (0: rows, 1: columns); empty: all of them.", optional=True)


class _Reduction(Op):
    """Sum or mean over one axis or all of them."""

    group = "matrix"
    ports = ("x",)
    params = (AXIS,)
    average = False

    def shape(self, x: Sequence[Shape], p: Settings) -> Shape:
        axis, n = p["axis"], len(x[0])
        if axis is None:
            return ()
        if not -n <= axis < n:
            raise ShapeError("x", f"{show(x[0])} has no axis {axis}; choose another or leave it empty for all")
        return tuple(dim for i, dim in enumerate(x[0]) if i != axis % n)

    @staticmethod
    def _axes(shape: tuple[int, ...], p: Settings) -> tuple[int, ...]:
        return tuple(range(len(shape))) if p["axis"] is None else (p["axis"] % len(shape),)

    def _scale(self, shape: tuple[int, ...], p: Settings) -> float:
        return 1.0 / math.prod(shape[i] for i in self._axes(shape, p)) if self.average else 1.0

    def forward(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        return np.asanyarray(x[0].sum(axis=self._axes(x[0].shape, p)) * self._scale(x[0].shape, p))

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        axes = tuple(range(len(x[0].shape))) if p["axis"] is None else (p["axis"] % len(x[0].shape),)
        return s.say("mean" if self.average else "sum", x[0], axes=axes, keep=False)

    def backward(
        self, x: Sequence[Array], w: Mapping[str, Array], p: Settings, y: Array, g: Array
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        spread = np.expand_dims(g, self._axes(x[0].shape, p)) * self._scale(x[0].shape, p)
        return (np.broadcast_to(spread, x[0].shape).copy(),), {}

    def lower(self, node: Forward) -> Tensor:
        shape = node.x[0].shape
        return node.k.reduce("x", {"x": node.x[0]}, shape, self._axes(shape, node.p), scale=self._scale(shape, node.p))

    def lower_backward(self, node: Backward) -> list[Tensor | None]:
        shape = node.x[0].shape
        spread = node.g.keepdims(self._axes(shape, node.p), len(shape))
        if not self.average:
            return [spread.broadcast_to(shape)]
        return [node.k.map("g*s", {"g": spread}, shape, {"s": self._scale(shape, node.p)})]

    def products(self, x: Sequence[tuple[int, ...]], p: Settings) -> tuple[Product, ...]:
        letters, axes = "ijkl"[: len(x[0])], self._axes(x[0], p)
        kept = "".join(letter for i, letter in enumerate(letters) if i not in axes)
        return (Product((("x", letters),), kept, self._scale(x[0], p)),)


@register
class Sum(_Reduction):
    name, title = "sum", "Sum"
    help = "Adds up the entries along an axis, or all of them."
    formula = r"y = \sum_i x_i"
    local = {"x": r"\frac{\partial L}{\partial x_i} = \frac{\partial L}{\partial y}"}


@register
class Mean(_Reduction):
    name, title = "mean", "Mean"
    help = "The average of the entries along an axis, or of all of them."
    formula = r"y = \frac{1}{n} \sum_i x_i"
    local = {"x": r"\frac{\partial L}{\partial x_i} = \frac{1}{n}\,\frac{\partial L}{\partial y}"}
    average = True
