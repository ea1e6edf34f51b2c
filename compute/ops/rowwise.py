"""Activations that act on rows: what one entry becomes depends on all entries along the last axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from compute.builder import Builder
from compute.ops.base import Array, Backward, Forward, Op, Settings, Speller, Term, register
from compute.shapes import Shape, ShapeError
from compute.strided import Tensor


def log_softmax(z: Array) -> Array:
    """z − max − log Σ exp(z − max) along the last axis."""
    shifted = z - z.max(axis=-1, keepdims=True)
    return np.asanyarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


def row_sums(k: Builder, z: Tensor) -> tuple[Tensor, Tensor]:
    """Each row's maximum and Σ exp(z − max), as columns."""
    n = len(z.shape)
    m = k.reduce("z", {"z": z}, z.shape, (-1,), kind="max").keepdims((-1,), n)
    return m, k.reduce("exp(z - m)", {"z": z, "m": m}, z.shape, (-1,)).keepdims((-1,), n)


class _RowActivation(Op):
    group = "activation"
    told_by = "compute.explain.rowwise"
    ports = ("x",)
    keeps = ("y",)

    def axes(self, ndim: int) -> tuple[int, ...]:
        return (ndim - 1,)

    def shape(self, x: Sequence[Shape], p: Settings) -> Shape:
        if not x[0]:
            raise ShapeError("x", "it wants rows of scores; a scalar arrives")
        return x[0]


@register
class Softmax(_RowActivation):
    name, title, stem = "softmax", "Softmax", "p"
    help = "Turns each row of scores into probabilities that add up to 1."
    formula = r"y_i = \frac{e^{x_i}}{\sum_j e^{x_j}}"
    local = {
        "x": r"\frac{\partial L}{\partial x_i} = y_i \left( \frac{\partial L}{\partial y_i} - "
        r"\sum_j \frac{\partial L}{\partial y_j}\,y_j \right)"
    }

    def forward(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        e = np.exp(x[0] - x[0].max(axis=-1, keepdims=True))
        return np.asanyarray(e / e.sum(axis=-1, keepdims=True))

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("softmax", x[0])

    def backward(
        self, x: Sequence[Array], w: Mapping[str, Array], p: Settings, y: Array, g: Array
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        return (y * (g - (g * y).sum(axis=-1, keepdims=True)),), {}

    def lower(self, node: Forward) -> Tensor:
        m, s = row_sums(node.k, node.x[0])
        return node.k.map("exp(x - m) / s", {"x": node.x[0], "m": m, "s": s}, node.x[0].shape)

    def lower_backward(self, node: Backward) -> list[Tensor | None]:
        dot = node.k.reduce("g*y", {"g": node.g, "y": node.y}, node.y.shape, (-1,)).keepdims((-1,), len(node.y.shape))
        return [node.k.map("y*(g - d)", {"y": node.y, "g": node.g, "d": dot}, node.y.shape)]


@register
class LogSoftmax(_RowActivation):
    name, title = "log_softmax", "Log-softmax"
    help = "The logarithms of softmax's probabilities, without overflow however large the scores are."
    formula = r"y_i = x_i - \ln \sum_j e^{x_j}"
    local = {
        "x": r"\frac{\partial L}{\partial x_i} = \frac{\partial L}{\partial y_i} - "
        r"e^{y_i} \sum_j \frac{\partial L}{\partial y_j}"
    }

    def forward(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        return log_softmax(x[0])

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("log_softmax", x[0])

    def backward(
        self, x: Sequence[Array], w: Mapping[str, Array], p: Settings, y: Array, g: Array
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        return (g - np.exp(y) * g.sum(axis=-1, keepdims=True),), {}

    def lower(self, node: Forward) -> Tensor:
        m, s = row_sums(node.k, node.x[0])
        return node.k.map("x - m - log(s)", {"x": node.x[0], "m": m, "s": s}, node.x[0].shape)

    def lower_backward(self, node: Backward) -> list[Tensor | None]:
        total = node.k.reduce("g", {"g": node.g}, node.y.shape, (-1,)).keepdims((-1,), len(node.y.shape))
        return [node.k.map("g - exp(y)*d", {"y": node.y, "g": node.g, "d": total}, node.y.shape)]
