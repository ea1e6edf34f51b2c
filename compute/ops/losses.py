"""Losses: one number that says how wrong the predictions are. Means over all entries, as PyTorch's defaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from compute.loops import names_in
from compute.ops.activations import sigmoid
from compute.ops.base import Array, Backward, Forward, Op, Settings, register
from compute.params import Param
from compute.shapes import Shape, ShapeError, show
from compute.strided import Tensor


def means(numbers: Array) -> Array:
    """The mean of all entries of each moment."""
    return np.asanyarray(numbers.reshape(len(numbers), -1).mean(axis=1))


def accuracy(guesses: Array, truth: Array) -> Array:
    """The share of right guesses (moments, …) of each moment."""
    return means(guesses == truth)


def mean_absolute_error(predictions: Array, target: Array) -> Array:
    """Of each moment."""
    return means(np.abs(predictions - target))


def root_mean_squared_error(predictions: Array, target: Array) -> Array:
    """Of each moment."""
    return np.asanyarray(np.sqrt(means((predictions - target) ** 2)))


class Loss(Op):
    group = role = "loss"
    ports = prediction, truth = "prediction", "target"
    letters = {"p": "prediction", "z": "prediction", "t": "target"}
    unspelled = "a loss compares with true answers, which nobody has afterwards; export what feeds its prediction"

    def shape(self, x: Sequence[Shape], p: Settings) -> Shape:
        if x[0] != x[1]:
            raise ShapeError("target", f"prediction is {show(x[0])} and target is {show(x[1])}; make them equal")
        return ()


class EntryLoss(Loss):
    """The mean over all entries of a term; a subclass gives the term and its two slopes, in NumPy and in C.

    The C expressions are over ``p``, ``t`` and the op's parameters.
    """

    c_term: ClassVar[str]
    c_slopes: ClassVar[tuple[str, str]]
    keeps = ("prediction", "target")

    def c_rules(self, p: Settings) -> tuple[str, tuple[str, str]]:
        """The term and its slopes in C, with these settings."""
        return self.c_term, self.c_slopes

    def term(self, p: Array, t: Array, **settings: Any) -> Array:
        """The loss of each entry."""
        raise NotImplementedError

    def slopes(self, p: Array, t: Array, **settings: Any) -> tuple[Array, Array]:
        """∂term/∂prediction and ∂term/∂target of each entry."""
        raise NotImplementedError

    def forward(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        return np.asanyarray(self.term(x[0], x[1], **p).mean())

    def backward(
        self, x: Sequence[Array], w: Mapping[str, Array], p: Settings, y: Array, g: Array
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        dp, dt = self.slopes(x[0], x[1], **p)
        return (g * dp / x[0].size, g * dt / x[0].size), {}

    def lower(self, node: Forward) -> Tensor:
        shape, (term, _) = node.x[0].shape, self.c_rules(node.p)
        inputs, scalars = {"p": node.x[0], "t": node.x[1]}, _scalars(term, node.p)
        return node.k.reduce(term, inputs, shape, range(len(shape)), scalars, scale=1.0 / node.x[0].size)

    def lower_backward(self, node: Backward) -> list[Tensor | None]:
        tensors = {"g": node.g, "p": node.x[0], "t": node.x[1]}
        out: list[Tensor | None] = []
        for slope, wanted in zip(self.c_rules(node.p)[1], node.need, strict=True):
            expr = f"g*n*({slope})"
            used = {name: tensor for name, tensor in tensors.items() if name in names_in(expr)}
            scalars = {"n": 1.0 / node.x[0].size, **_scalars(expr, node.p)}
            out.append(node.k.map(expr, used, node.x[0].shape, scalars) if wanted else None)
        return out


def _scalars(expr: str, p: Settings) -> dict[str, float]:
    """The settings that an expression names."""
    return {name: float(value) for name, value in p.items() if name in names_in(expr)}


@register
class MeanSquaredError(EntryLoss):
    name, title = "mean_squared_error", "Mean squared error"
    help = "The average squared difference between prediction and target: for numbers to be predicted."
    formula = r"L = \frac{1}{n} \sum_i (p_i - t_i)^2"
    local = {
        "prediction": r"\frac{\partial L}{\partial p_i} = \frac{2}{n}\,(p_i - t_i)",
        "target": r"\frac{\partial L}{\partial t_i} = \frac{2}{n}\,(t_i - p_i)",
    }
    c_term, c_slopes = "(p - t)*(p - t)", ("2*(p - t)", "2*(t - p)")

    def term(self, p: Array, t: Array, **settings: Any) -> Array:
        return np.asanyarray((p - t) ** 2)

    def slopes(self, p: Array, t: Array, **settings: Any) -> tuple[Array, Array]:
        return 2.0 * (p - t), 2.0 * (t - p)

    def metrics(self, predictions: Array, target: Array) -> dict[str, Array]:
        return {"mean absolute error": mean_absolute_error(predictions, target)}


@register
class MeanAbsoluteError(EntryLoss):
    name, title = "mean_absolute_error", "Mean absolute error"
    help = "The average distance between prediction and target: outliers pull no harder than others."
    formula = r"L = \frac{1}{n} \sum_i |p_i - t_i|"
    local = {
        "prediction": r"\frac{\partial L}{\partial p_i} = \frac{1}{n}\,([p_i > t_i] - [p_i < t_i])",
        "target": r"\frac{\partial L}{\partial t_i} = \frac{1}{n}\,([p_i < t_i] - [p_i > t_i])",
    }
    # Where both comparisons fail the difference is 0 or nan, and so is the slope.
    c_term = "fabs(p - t)"
    c_slopes = ("(p > t ? 1 : p < t ? -1 : p - t)", "(p < t ? 1 : p > t ? -1 : p - t)")

    def term(self, p: Array, t: Array, **settings: Any) -> Array:
        return np.asanyarray(np.abs(p - t))

    def slopes(self, p: Array, t: Array, **settings: Any) -> tuple[Array, Array]:
        return np.sign(p - t), np.sign(t - p)

    def metrics(self, predictions: Array, target: Array) -> dict[str, Array]:
        return {"root mean squared error": root_mean_squared_error(predictions, target)}

    def kinks(self, x: Sequence[Array], p: Settings) -> tuple[Array, ...]:
        return (x[0] - x[1],)


@register
class Huber(EntryLoss):
    """Huber (1964): half the square up to delta, a line of slope delta beyond."""

    name, title = "huber", "Huber"
    help = "Squared near the target, absolute far from it: exact and yet calm about outliers."
    params = (Param("delta", "float", 1.0, "From this distance on the loss is a line.", 1e-6),)
    formula = (
        r"L = \frac{1}{n} \sum_i \min(|p_i - t_i|, \mathit{delta}) "
        r"\left( |p_i - t_i| - \frac{1}{2} \min(|p_i - t_i|, \mathit{delta}) \right)"
    )
    local = {
        "prediction": r"\frac{\partial L}{\partial p_i} = "
        r"\frac{1}{n}\,\max(-\mathit{delta}, \min(p_i - t_i, \mathit{delta}))",
        "target": r"\frac{\partial L}{\partial t_i} = "
        r"\frac{1}{n}\,\max(-\mathit{delta}, \min(t_i - p_i, \mathit{delta}))",
    }
    c_term = "(fabs(p - t) > delta ? delta*(fabs(p - t) - 0.5*delta) : 0.5*(p - t)*(p - t))"
    c_slopes = (
        "(p - t > delta ? delta : p - t < -delta ? -delta : p - t)",
        "(t - p > delta ? delta : t - p < -delta ? -delta : t - p)",
    )

    def term(self, p: Array, t: Array, **settings: Any) -> Array:
        near = np.minimum(np.abs(p - t), settings["delta"])
        return np.asanyarray(near * (np.abs(p - t) - 0.5 * near))

    def slopes(self, p: Array, t: Array, **settings: Any) -> tuple[Array, Array]:
        slope = np.clip(p - t, -settings["delta"], settings["delta"])
        return slope, -slope

    def metrics(self, predictions: Array, target: Array) -> dict[str, Array]:
        return {"mean absolute error": mean_absolute_error(predictions, target)}


POSITIVE_WEIGHT = Param(
    "positive_weight", "float", 1.0, "How many times as much a yes counts as a no, where one of them is rare.", 0.0
)


class _YesNo(EntryLoss):
    """A loss of yes/no answers. A subclass gives its rules where a yes counts as much as a no, and where it does
    not."""

    judges = "yes or no"
    params = (POSITIVE_WEIGHT,)
    c_weighted: ClassVar[tuple[str, tuple[str, str]]]
    weighted_formula: ClassVar[str]
    weighted_local: ClassVar[Mapping[str, str]]

    def c_rules(self, p: Settings) -> tuple[str, tuple[str, str]]:
        return (self.c_term, self.c_slopes) if p["positive_weight"] == 1.0 else self.c_weighted

    def written(self, p: Settings) -> tuple[str, Mapping[str, str]]:
        even = p.get("positive_weight", 1.0) == 1.0
        return (self.formula, self.local) if even else (self.weighted_formula, self.weighted_local)

    def check_target(self, prediction: Shape, target: Array) -> None:
        _check_probabilities(target)


def _binary_accuracy(positive: Array, target: Array) -> dict[str, Array]:
    return {"accuracy": accuracy(positive, target > 0.5)}


@register
class BinaryCrossEntropy(_YesNo):
    """Each log is clamped at −100 and the slope's denominator at 1e-12, as PyTorch does."""

    name, title = "binary_cross_entropy", "Binary cross-entropy"
    help = "For yes/no answers given as probabilities: −log of the probability given to the truth."
    formula = r"L = -\frac{1}{n} \sum_i \left( t_i \ln p_i + (1 - t_i) \ln (1 - p_i) \right)"
    local = {
        "prediction": r"\frac{\partial L}{\partial p_i} = \frac{1}{n}\,\frac{p_i - t_i}{p_i\,(1 - p_i)}",
        "target": r"\frac{\partial L}{\partial t_i} = \frac{1}{n}\,\left( \ln (1 - p_i) - \ln p_i \right)",
    }
    # A comparison and not fmax, which would turn the nan of a negative p into −100.
    _log_p, _log_q = "(log(p) < -100 ? -100 : log(p))", "(log1p(-p) < -100 ? -100 : log1p(-p))"
    c_term = f"-(t*{_log_p} + (1 - t)*{_log_q})"
    c_slopes = (
        "(p - t)/fmax(p*(1 - p), (REAL)1e-12)",
        f"{_log_q} - {_log_p}",
    )

    c_weighted = (
        f"-(positive_weight*t*{_log_p} + (1 - t)*{_log_q})",
        (
            "((1 - t)*p - positive_weight*t*(1 - p))/fmax(p*(1 - p), (REAL)1e-12)",
            f"{_log_q} - positive_weight*{_log_p}",
        ),
    )
    weighted_formula = (
        r"L = -\frac{1}{n} \sum_i \left( \mathit{positive_weight}\,t_i \ln p_i + (1 - t_i) \ln (1 - p_i) \right)"
    )
    weighted_local = {
        "prediction": r"\frac{\partial L}{\partial p_i} = \frac{1}{n}\,"
        r"\frac{(1 - t_i)\,p_i - \mathit{positive_weight}\,t_i\,(1 - p_i)}{p_i\,(1 - p_i)}",
        "target": r"\frac{\partial L}{\partial t_i} = \frac{1}{n}\,"
        r"\left( \ln (1 - p_i) - \mathit{positive_weight}\,\ln p_i \right)",
    }

    def term(self, p: Array, t: Array, *, positive_weight: float = 1.0, **settings: Any) -> Array:
        yes, no = np.maximum(np.log(p), -100.0), np.maximum(np.log1p(-p), -100.0)
        return np.asanyarray(-(positive_weight * t * yes + (1.0 - t) * no))

    def slopes(self, p: Array, t: Array, *, positive_weight: float = 1.0, **settings: Any) -> tuple[Array, Array]:
        up = p - t if positive_weight == 1.0 else (1.0 - t) * p - positive_weight * t * (1.0 - p)
        yes, no = np.maximum(np.log(p), -100.0), np.maximum(np.log1p(-p), -100.0)
        return up / np.maximum(p * (1.0 - p), 1e-12), no - positive_weight * yes

    def metrics(self, predictions: Array, target: Array) -> dict[str, Array]:
        return _binary_accuracy(predictions > 0.5, target)


@register
class SigmoidCrossEntropy(_YesNo):
    """With a positive weight as PyTorch's ``pos_weight``."""

    name, title = "sigmoid_cross_entropy", "Sigmoid cross-entropy"
    help = "For yes/no answers given as logits: sigmoid and binary cross-entropy in one stable step."
    activation = "sigmoid"
    formula = r"L = \frac{1}{n} \sum_i \left( \max(z_i, 0) - z_i\,t_i + \ln(1 + e^{-|z_i|}) \right)"
    local = {
        "prediction": r"\frac{\partial L}{\partial z_i} = \frac{1}{n}\,(\sigma(z_i) - t_i)",
        "target": r"\frac{\partial L}{\partial t_i} = \frac{1}{n}\,(-z_i)",
    }
    c_term = "fmax(p, (REAL)0) - p*t + log1p(exp(-fabs(p)))"
    c_slopes = ("(p >= 0 ? 1 : exp(-fabs(p)))/(1 + exp(-fabs(p))) - t", "-p")

    _minus_log_yes, _share = "(log1p(exp(-fabs(p))) + fmax(-p, (REAL)0))", "(1 + (positive_weight - 1)*t)"
    c_weighted = (
        f"(1 - t)*p + {_share}*{_minus_log_yes}",
        (
            f"(1 - t) - {_share}*(p >= 0 ? exp(-fabs(p)) : 1)/(1 + exp(-fabs(p)))",
            f"(positive_weight - 1)*{_minus_log_yes} - p",
        ),
    )
    weighted_formula = (
        r"L = \frac{1}{n} \sum_i \left( (1 - t_i)\,z_i "
        r"+ (1 + (\mathit{positive_weight} - 1)\,t_i)\,\ln(1 + e^{-z_i}) \right)"
    )
    weighted_local = {
        "prediction": r"\frac{\partial L}{\partial z_i} = \frac{1}{n}\,"
        r"\left( 1 - t_i - (1 + (\mathit{positive_weight} - 1)\,t_i)\,(1 - \sigma(z_i)) \right)",
        "target": r"\frac{\partial L}{\partial t_i} = \frac{1}{n}\,"
        r"\left( (\mathit{positive_weight} - 1)\,\ln(1 + e^{-z_i}) - z_i \right)",
    }

    def term(self, p: Array, t: Array, *, positive_weight: float = 1.0, **settings: Any) -> Array:
        if positive_weight == 1.0:
            return np.asanyarray(np.maximum(p, 0.0) - p * t + np.log1p(np.exp(-np.abs(p))))
        return np.asanyarray((1.0 - t) * p + (1.0 + (positive_weight - 1.0) * t) * self._minus_log(p))

    def slopes(self, p: Array, t: Array, *, positive_weight: float = 1.0, **settings: Any) -> tuple[Array, Array]:
        if positive_weight == 1.0:
            return sigmoid(p) - t, -p
        more = positive_weight - 1.0
        return (1.0 - t) - (1.0 + more * t) * sigmoid(-p), more * self._minus_log(p) - p

    @staticmethod
    def _minus_log(z: Array) -> Array:
        """−ln σ(z)."""
        return np.asanyarray(np.log1p(np.exp(-np.abs(z))) + np.maximum(-z, 0.0))

    def answer(self, prediction: Array) -> Array:
        return sigmoid(prediction)

    def metrics(self, predictions: Array, target: Array) -> dict[str, Array]:
        return _binary_accuracy(predictions > 0.0, target)


def _check_probabilities(target: Array) -> None:
    outside = (target < 0.0) | (target > 1.0)
    if outside.any():
        raise ValueError(f"holds {target[outside].flat[0]:g}; a yes/no answer must lie between 0 and 1")
