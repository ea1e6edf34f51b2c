"""Activations that act on each entry; softmax, which acts on a row, is in ``rowwise``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from compute.erf import erfc
from compute.ops.base import Array, Elementwise, Settings, Speller, Term, register
from compute.params import Param

_ROOT_HALF, _DENSITY = 0.7071067811865476, 0.3989422804014327
"""1/√2, and the density of the standard normal distribution at 0: 1/√(2π)."""


def normal_cdf(x: Array) -> Array:
    """Φ(x), the chance that a standard normal number is below x."""
    return np.asanyarray(0.5 * erfc(-x * _ROOT_HALF))


@register
class Identity(Elementwise):
    name, title, group = "identity", "Identity", "activation"
    help = "Passes its input on unchanged."
    ports = ("x",)
    formula, local = r"y = x", {"x": "1"}
    c_value, c_slopes = "x", ("1",)

    def value(self, *x: Array, **p: Any) -> Array:
        return x[0]

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
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
    saturates = (0.01, 0.99)

    def value(self, *x: Array, **p: Any) -> Array:
        return sigmoid(x[0])

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("sigmoid", x[0])

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return (y * (1.0 - y),)


@register
class Tanh(Elementwise):
    name, title, group = "tanh", "Tanh", "activation"
    help = "Squeezes each number into −1 … 1; the slope is 1 at 0 and vanishes far from it."
    ports = ("x",)
    formula, local = r"y = \tanh x", {"x": r"1 - y^2"}
    c_value, c_slopes = "tanh(x)", ("1 - y*y",)
    saturates = (-0.99, 0.99)

    def value(self, *x: Array, **p: Any) -> Array:
        return np.tanh(x[0])

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("tanh", x[0])

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
    dies = True

    def value(self, *x: Array, **p: Any) -> Array:
        return np.maximum(x[0], 0.0)

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("relu", x[0])

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return (np.where(y > 0, 1.0, 0.0),)

    def kinks(self, x: Sequence[Array], p: Settings) -> tuple[Array, ...]:
        return (x[0],)


@register
class LeakyRelu(Elementwise):
    name, title, group = "leaky_relu", "Leaky ReLU", "activation"
    help = "Keeps positive numbers and makes negative ones small, so that some gradient still passes."
    ports = ("x",)
    params = (Param("slope", "float", 0.01, "The slope below 0, and at 0."),)
    formula = r"y = \max(x, 0) + \mathit{slope}\,\min(x, 0)"
    local = {"x": r"[x > 0] + \mathit{slope}\,[x \leq 0]"}
    c_value, c_slopes = "(x > 0 ? x : slope*x)", ("(x > 0 ? 1 : slope)",)

    def value(self, *x: Array, **p: Any) -> Array:
        return np.where(x[0] > 0, x[0], p["slope"] * x[0])

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("leaky_relu", x[0], slope=p["slope"])

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return (np.where(x[0] > 0, 1.0, p["slope"]),)

    def kinks(self, x: Sequence[Array], p: Settings) -> tuple[Array, ...]:
        return (x[0],)


@register
class Elu(Elementwise):
    """Clevert, Unterthiner, Hochreiter (2016)."""

    name, title, group = "elu", "ELU", "activation"
    help = "Keeps positive numbers; negative ones bend smoothly towards −alpha."
    ports = ("x",)
    params = (Param("alpha", "float", 1.0, "How far below 0 the output can go.", 0.0),)
    formula = r"y = \max(x, 0) + \mathit{alpha}\,(e^{\min(x, 0)} - 1)"
    local = {"x": r"[x \geq 0] + \mathit{alpha}\,e^{x}\,[x < 0]"}
    c_value, c_slopes = "(x > 0 ? x : alpha*expm1(x))", ("(x >= 0 ? 1 : alpha*exp(x))",)

    def value(self, *x: Array, **p: Any) -> Array:
        return np.where(x[0] > 0, x[0], p["alpha"] * np.expm1(np.minimum(x[0], 0.0)))

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("elu", x[0], alpha=p["alpha"])

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return (np.where(x[0] >= 0, 1.0, p["alpha"] * np.exp(np.minimum(x[0], 0.0))),)

    def kinks(self, x: Sequence[Array], p: Settings) -> tuple[Array, ...]:
        return (x[0],)


@register
class Gelu(Elementwise):
    """Hendrycks and Gimpel (2016), the exact form with erf."""

    name, title, group = "gelu", "GELU", "activation"
    help = "Each number times the chance that a standard normal number is below it: a smooth ReLU."
    ports = ("x",)
    formula = r"y = x\,\Phi(x)"
    local = {"x": r"\Phi(x) + x\,\varphi(x)"}
    # Φ by erfc, since 1 + erf loses all digits where Φ is small.
    _cdf, _density = f"0.5*erfc(-x*{_ROOT_HALF})", f"exp(-0.5*x*x)*{_DENSITY}"
    c_value, c_slopes = f"x*{_cdf}", (f"{_cdf} + x*{_density}",)

    def value(self, *x: Array, **p: Any) -> Array:
        return np.asanyarray(x[0] * normal_cdf(x[0]))

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("gelu", x[0])

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return (normal_cdf(x[0]) + x[0] * np.exp(-0.5 * x[0] * x[0]) * _DENSITY,)


@register
class Softplus(Elementwise):
    """Above 20 the identity, as PyTorch does."""

    name, title, group = "softplus", "Softplus", "activation"
    help = "A smooth ReLU, always above 0; its slope is the sigmoid."
    ports = ("x",)
    formula, local = r"y = \ln(1 + e^{x})", {"x": r"\sigma(x)"}
    c_value, c_slopes = "(x > 20 ? x : log1p(exp(x)))", ("(x > 20 ? 1 : 1/(1 + exp(-x)))",)

    def value(self, *x: Array, **p: Any) -> Array:
        return np.where(x[0] > 20.0, x[0], np.log1p(np.exp(np.minimum(x[0], 20.0))))

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("softplus", x[0])

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        return (np.where(x[0] > 20.0, 1.0, sigmoid(x[0])),)


@register
class Silu(Elementwise):
    """Elfwing, Uchibe, Doya (2018); also called swish."""

    name, title, group = "silu", "SiLU", "activation"
    help = "Each number times its own sigmoid: a smooth ReLU that dips a little below 0."
    ports = ("x",)
    formula, local = r"y = x\,\sigma(x)", {"x": r"\sigma(x)\,(1 + x\,(1 - \sigma(x)))"}
    c_value, c_slopes = "x/(1 + exp(-x))", ("(1 + x*(1 - 1/(1 + exp(-x))))/(1 + exp(-x))",)

    def value(self, *x: Array, **p: Any) -> Array:
        return np.asanyarray(x[0] * sigmoid(x[0]))

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("silu", x[0])

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        s = sigmoid(x[0])
        return (s * (1.0 + x[0] * (1.0 - s)),)


@register
class Mish(Elementwise):
    """Misra (2019)."""

    name, title, group = "mish", "Mish", "activation"
    help = "Each number times tanh of its softplus: a smooth ReLU that dips a little below 0."
    ports = ("x",)
    formula = r"y = x\,\tanh(\ln(1 + e^{x}))"
    local = {"x": r"\tanh(\ln(1 + e^{x})) + x\,\sigma(x)\,(1 - (\tanh(\ln(1 + e^{x})))^2)"}
    # tanh(ln(1 + e^x)) and 1 − its square by e = e^−|x|: the difference would lose its digits where tanh is near 1.
    _e = "exp(-fabs(x))"
    _below = f"(x >= 0 ? 1 + 2*{_e} + 2*{_e}*{_e} : 2 + 2*{_e} + {_e}*{_e})"
    _tanh = f"(x >= 0 ? 1 + 2*{_e} : 2*{_e} + {_e}*{_e})/{_below}"
    _rest = f"(x >= 0 ? 2*{_e} : 2)*(1 + {_e})/{_below}"
    c_value = f"x*({_tanh})"
    c_slopes = (f"{_tanh} + x*({_rest})*({_rest})*(x >= 0 ? 1 : {_e})/(1 + {_e})",)

    def value(self, *x: Array, **p: Any) -> Array:
        return np.asanyarray(x[0] * np.tanh(np.logaddexp(0.0, x[0])))

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("mish", x[0])

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        soft = np.logaddexp(0.0, x[0])
        return (np.tanh(soft) + x[0] * np.cosh(soft) ** -2.0 * sigmoid(x[0]),)
