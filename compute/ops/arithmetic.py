"""Arithmetic on each entry."""

from __future__ import annotations

from typing import Any

import numpy as np

from compute.ops.base import Array, Elementwise, Param, register


@register
class Add(Elementwise):
    name, title, group = "add", "Add", "arithmetic"
    help = "a + b, entry by entry; sizes of 1 are repeated (broadcast)."
    ports = ("a", "b")
    formula, local = r"y = a + b", {"a": "1", "b": "1"}
    c_value, c_slopes = "a + b", ("1", "1")

    def value(self, *x: Array, **p: Any) -> Array:
        return np.asarray(x[0] + x[1])

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return 1.0, 1.0


@register
class Subtract(Elementwise):
    name, title, group = "subtract", "Subtract", "arithmetic"
    help = "a − b, entry by entry; sizes of 1 are repeated (broadcast)."
    ports = ("a", "b")
    formula, local = r"y = a - b", {"a": "1", "b": "-1"}
    c_value, c_slopes = "a - b", ("1", "-1")

    def value(self, *x: Array, **p: Any) -> Array:
        return np.asarray(x[0] - x[1])

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return 1.0, -1.0


@register
class Multiply(Elementwise):
    name, title, group = "multiply", "Multiply", "arithmetic"
    help = "a · b, entry by entry; sizes of 1 are repeated (broadcast)."
    ports = ("a", "b")
    formula, local = r"y = a \cdot b", {"a": "b", "b": "a"}
    c_value, c_slopes = "a*b", ("b", "a")

    def value(self, *x: Array, **p: Any) -> Array:
        return np.asarray(x[0] * x[1])

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return x[1], x[0]


@register
class Scale(Elementwise):
    name, title, group = "scale", "Scale", "arithmetic"
    help = "Multiplies every entry by a fixed factor."
    ports = ("x",)
    params = (Param("factor", "float", 2.0, "What every entry is multiplied by."),)
    formula, local = r"y = \mathit{factor}\,x", {"x": r"\mathit{factor}"}
    c_value, c_slopes = "factor*x", ("factor",)

    def value(self, *x: Array, **p: Any) -> Array:
        return np.asarray(p["factor"] * x[0])

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return (p["factor"],)


@register
class Square(Elementwise):
    name, title, group = "square", "Square", "arithmetic"
    help = "Each entry times itself."
    ports = ("x",)
    formula, local = r"y = x^2", {"x": r"2\,x"}
    c_value, c_slopes = "x*x", ("2*x",)

    def value(self, *x: Array, **p: Any) -> Array:
        return np.asarray(x[0] * x[0])

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return (2.0 * x[0],)


@register
class Log(Elementwise):
    name, title, group = "log", "Log", "arithmetic"
    help = "The natural logarithm of each entry: −inf at 0, nan below."
    ports = ("x",)
    formula, local = r"y = \ln x", {"x": r"\frac{1}{x}"}
    c_value, c_slopes = "log(x)", ("1/x",)

    def value(self, *x: Array, **p: Any) -> Array:
        return np.asarray(np.log(x[0]))

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return (1.0 / x[0],)
