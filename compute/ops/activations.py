"""Activations: they act on each entry; softmax is the exception, it acts on a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from compute.calls import Builder, Tensor
from compute.ops.base import Array, Elementwise, Op, Settings, register
from compute.shapes import Shape, ShapeError


@register
class Identity(Elementwise):
    name, title, group = "identity", "Identity", "activation"
    help = "Passes its input on unchanged."
    ports = ("x",)
    formula, local = r"y = x", {"x": "1"}
    c_value, c_slopes = "x", ("1",)

    def value(self, *x: Array, **p: Any) -> Array:
        return x[0]

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return (1.0,)


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^−x) without overflow: e = exp(−|x|), x ≥ 0 ? 1/(1+e) : e/(1+e)."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, e) / (1.0 + e)


@register
class Sigmoid(Elementwise):
    name, title, group = "sigmoid", "Sigmoid", "activation"
    help = "Squeezes each number into 0 … 1; the slope is largest at 0 and vanishes far from it."
    ports = ("x",)
    formula, local = r"y = \sigma(x) = \frac{1}{1 + e^{-x}}", {"x": r"y\,(1 - y)"}
    c_value = "(x >= 0 ? 1 : exp(-fabs(x))) / (1 + exp(-fabs(x)))"
    c_slopes = ("y*(1 - y)",)

    def value(self, *x: Array, **p: Any) -> Array:
        return sigmoid(x[0])

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return (y * (1.0 - y),)


@register
class Tanh(Elementwise):
    name, title, group = "tanh", "Tanh", "activation"
    help = "Squeezes each number into −1 … 1; the slope is 1 at 0 and vanishes far from it."
    ports = ("x",)
    formula, local = r"y = \tanh x", {"x": r"1 - y^2"}
    c_value, c_slopes = "tanh(x)", ("1 - y*y",)

    def value(self, *x: Array, **p: Any) -> Array:
        return np.tanh(x[0])

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return (1.0 - y * y,)


@register
class Relu(Elementwise):
    name, title, group = "relu", "ReLU", "activation"
    help = "Keeps positive numbers and replaces negative ones by 0, where it passes no gradient either."
    ports = ("x",)
    formula, local = r"y = \max(x, 0)", {"x": r"[x > 0]"}
    # Written so that a nan stays a nan, as in NumPy and PyTorch.
    c_value, c_slopes = "(x < 0 ? 0 : x)", ("(y > 0 ? 1 : 0)",)

    def value(self, *x: Array, **p: Any) -> Array:
        return np.maximum(x[0], 0.0)

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return (np.where(y > 0, 1.0, 0.0),)


@register
class Softmax(Op):
    name, title, group = "softmax", "Softmax", "activation"
    help = "Turns each row of scores into probabilities that add up to 1."
    ports = ("x",)
    formula = r"y_i = \frac{e^{x_i}}{\sum_j e^{x_j}}"
    local = {
        "x": r"\frac{\partial L}{\partial x_i} = y_i \left( \frac{\partial L}{\partial y_i} - "
        r"\sum_j \frac{\partial L}{\partial y_j}\,y_j \right)"
    }
    keeps = ("y",)

    def shape(self, x: Sequence[Shape], p: Settings) -> Shape:
        if not x[0]:
            raise ShapeError("x", "it wants rows of scores; a scalar arrives")
        return x[0]

    def forward(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        e = np.exp(x[0] - x[0].max(axis=-1, keepdims=True))
        return np.asarray(e / e.sum(axis=-1, keepdims=True))

    def backward(
        self, x: Sequence[Array], w: Mapping[str, Array], p: Settings, y: Array, g: Array
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        return (y * (g - (g * y).sum(axis=-1, keepdims=True)),), {}

    def lower(self, k: Builder, x: Sequence[Tensor], w: Mapping[str, Tensor], p: Settings) -> Tensor:
        shape, n = x[0].shape, len(x[0].shape)
        m = k.reduce("x", {"x": x[0]}, shape, (-1,), kind="max").keepdims((-1,), n)
        s = k.reduce("exp(x - m)", {"x": x[0], "m": m}, shape, (-1,)).keepdims((-1,), n)
        return k.map("exp(x - m) / s", {"x": x[0], "m": m, "s": s}, shape)

    def lower_backward(
        self,
        k: Builder,
        x: Sequence[Tensor],
        w: Mapping[str, Tensor],
        p: Settings,
        y: Tensor,
        g: Tensor,
        need: Sequence[bool],
        gw: Mapping[str, Tensor],
    ) -> list[Tensor | None]:
        dot = k.reduce("g*y", {"g": g, "y": y}, y.shape, (-1,)).keepdims((-1,), len(y.shape))
        return [k.map("y*(g - d)", {"y": y, "g": g, "d": dot}, y.shape)]
