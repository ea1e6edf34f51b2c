"""Arithmetic on each entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from compute.ops.base import Array, Elementwise, Settings, Speller, Term, register
from compute.params import Param


@register
class Add(Elementwise):
    name, title, group = "add", "Add", "arithmetic"
    help = "a + b, entry by entry; sizes of 1 are repeated (broadcast)."
    ports = ("a", "b")
    formula, local = r"y = a + b", {"a": "1", "b": "1"}
    c_value, c_slopes = "a + b", ("1", "1")

    def value(self, *x: Array, **p: Any) -> Array:
        return np.asanyarray(x[0] + x[1])

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("add", *x)

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
        return np.asanyarray(x[0] - x[1])

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("subtract", *x)

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
        return np.asanyarray(x[0] * x[1])

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("multiply", *x)

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return x[1], x[0]


@register
class Divide(Elementwise):
    name, title, group = "divide", "Divide", "arithmetic"
    help = "a / b, entry by entry; sizes of 1 are repeated (broadcast)."
    ports = ("a", "b")
    formula, local = r"y = \frac{a}{b}", {"a": r"\frac{1}{b}", "b": r"-\frac{y}{b}"}
    c_value, c_slopes = "a/b", ("1/b", "-y/b")

    def value(self, *x: Array, **p: Any) -> Array:
        return np.asanyarray(x[0] / x[1])

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("divide", *x)

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return 1.0 / x[1], -y / x[1]


class _Choice(Elementwise):
    """One of two numbers. A tie shares the gradient between both, as PyTorch does."""

    group = "arithmetic"
    ports = ("a", "b")

    @staticmethod
    def _shares(a_loses: Array, b_loses: Array, tie: Array) -> tuple[Array, Array]:
        """The slope for each of the two, from where it is not the one that is taken."""
        winner = np.where(tie, 0.5, 1.0)
        return np.where(a_loses, 0.0, winner), np.where(b_loses, 0.0, winner)

    def kinks(self, x: Sequence[Array], p: Settings) -> tuple[Array, ...]:
        return (x[0] - x[1],)


@register
class Maximum(_Choice):
    name, title = "maximum", "Maximum"
    help = "The larger of a and b, entry by entry; only the larger one gets the gradient."
    formula = r"y = \max(a, b)"
    local = {"a": r"[a > b] + \frac{1}{2}\,[a = b]", "b": r"[b > a] + \frac{1}{2}\,[a = b]"}
    c_value = "(a > b || isnan(a) ? a : b)"
    c_slopes = ("(a < b ? 0 : a == b ? 0.5 : 1)", "(b < a ? 0 : a == b ? 0.5 : 1)")

    def value(self, *x: Array, **p: Any) -> Array:
        return np.maximum(x[0], x[1])

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("maximum", *x)

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return self._shares(x[0] < x[1], x[1] < x[0], x[0] == x[1])


@register
class Minimum(_Choice):
    name, title = "minimum", "Minimum"
    help = "The smaller of a and b, entry by entry; only the smaller one gets the gradient."
    formula = r"y = \min(a, b)"
    local = {"a": r"[a < b] + \frac{1}{2}\,[a = b]", "b": r"[b < a] + \frac{1}{2}\,[a = b]"}
    c_value = "(a < b || isnan(a) ? a : b)"
    c_slopes = ("(a > b ? 0 : a == b ? 0.5 : 1)", "(b > a ? 0 : a == b ? 0.5 : 1)")

    def value(self, *x: Array, **p: Any) -> Array:
        return np.minimum(x[0], x[1])

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("minimum", *x)

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return self._shares(x[0] > x[1], x[1] > x[0], x[0] == x[1])


@register
class Negate(Elementwise):
    name, title, group = "negate", "Negate", "arithmetic"
    help = "Each entry with the other sign."
    ports = ("x",)
    formula, local = r"y = -x", {"x": "-1"}
    c_value, c_slopes = "-x", ("-1",)

    def value(self, *x: Array, **p: Any) -> Array:
        return np.asanyarray(-x[0])

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("negate", x[0])

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return (-1.0,)


@register
class Scale(Elementwise):
    name, title, group = "scale", "Scale", "arithmetic"
    help = "Multiplies every entry by a fixed factor."
    ports = ("x",)
    params = (Param("factor", "float", 2.0, "What every entry is multiplied by."),)
    formula, local = r"y = \mathit{factor}\,x", {"x": r"\mathit{factor}"}
    c_value, c_slopes = "factor*x", ("factor",)

    def value(self, *x: Array, **p: Any) -> Array:
        return np.asanyarray(p["factor"] * x[0])

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("multiply", x[0], p["factor"])

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
        return np.asanyarray(x[0] * x[0])

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("multiply", x[0], x[0])

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
        return np.asanyarray(np.log(x[0]))

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("log", x[0])

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return (1.0 / x[0],)


@register
class Sqrt(Elementwise):
    name, title, group = "sqrt", "Square root", "arithmetic"
    help = "The square root of each entry: nan below 0, and an endless slope at 0."
    ports = ("x",)
    formula, local = r"y = \sqrt{x}", {"x": r"\frac{1}{2\,y}"}
    c_value, c_slopes = "sqrt(x)", ("0.5/y",)

    def value(self, *x: Array, **p: Any) -> Array:
        return np.asanyarray(np.sqrt(x[0]))

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("sqrt", x[0])

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return (0.5 / y,)


@register
class Exp(Elementwise):
    name, title, group = "exp", "Exp", "arithmetic"
    help = "e to the power of each entry; it is its own slope."
    ports = ("x",)
    formula, local = r"y = e^{x}", {"x": "y"}
    c_value, c_slopes = "exp(x)", ("y",)

    def value(self, *x: Array, **p: Any) -> Array:
        return np.asanyarray(np.exp(x[0]))

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("exp", x[0])

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return (y,)


@register
class Abs(Elementwise):
    name, title, group = "abs", "Absolute value", "arithmetic"
    help = "Each entry without its sign; the slope is 1 or −1, and 0 at 0."
    ports = ("x",)
    formula, local = r"y = |x|", {"x": r"[x > 0] - [x < 0]"}
    # Where both comparisons fail x is 0 or nan, and so is the slope.
    c_value, c_slopes = "fabs(x)", ("(x > 0 ? 1 : x < 0 ? -1 : x)",)

    def value(self, *x: Array, **p: Any) -> Array:
        return np.asanyarray(np.abs(x[0]))

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("abs", x[0])

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return (np.sign(x[0]),)

    def kinks(self, x: Sequence[Array], p: Settings) -> tuple[Array, ...]:
        return (x[0],)


@register
class Sin(Elementwise):
    name, title, group = "sin", "Sine", "arithmetic"
    help = "The sine of each entry, in radians."
    ports = ("x",)
    formula, local = r"y = \sin x", {"x": r"\cos x"}
    c_value, c_slopes = "sin(x)", ("cos(x)",)

    def value(self, *x: Array, **p: Any) -> Array:
        return np.asanyarray(np.sin(x[0]))

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("sin", x[0])

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return (np.cos(x[0]),)


@register
class Cos(Elementwise):
    name, title, group = "cos", "Cosine", "arithmetic"
    help = "The cosine of each entry, in radians."
    ports = ("x",)
    formula, local = r"y = \cos x", {"x": r"-\sin x"}
    c_value, c_slopes = "cos(x)", ("-sin(x)",)

    def value(self, *x: Array, **p: Any) -> Array:
        return np.asanyarray(np.cos(x[0]))

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("cos", x[0])

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return (-np.sin(x[0]),)


@register
class Power(Elementwise):
    name, title, group = "power", "Power", "arithmetic"
    help = "Each entry to a fixed power; nan where a negative number meets a broken exponent."
    ports = ("x",)
    params = (Param("exponent", "float", 2.0, "The power that every entry is raised to."),)
    formula = r"y = x^{\mathit{exponent}}"
    local = {"x": r"\mathit{exponent}\,x^{\mathit{exponent} - 1}"}
    # x to the power 0 is 1 everywhere, so its slope is 0 at 0 as well.
    c_value, c_slopes = "pow(x, exponent)", ("(exponent == 0 ? 0 : exponent*pow(x, exponent - 1))",)

    def value(self, *x: Array, **p: Any) -> Array:
        return np.asanyarray(x[0] ** p["exponent"])

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("power", x[0], p["exponent"])

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return (p["exponent"] * x[0] ** (p["exponent"] - 1.0) if p["exponent"] else np.zeros_like(x[0]),)
