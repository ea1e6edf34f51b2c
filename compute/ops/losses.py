"""Losses: one number that says how wrong the predictions are. Means over all entries, as PyTorch's defaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from compute.loops import names_in
from compute.ops.activations import sigmoid
from compute.ops.base import Array, Backward, Forward, Op, Settings, register
from compute.ops.rowwise import log_softmax, row_sums
from compute.params import Param
from compute.shapes import Shape, ShapeError, show
from compute.strided import Tensor


def _means(numbers: Array) -> Array:
    """The mean of all entries of each moment."""
    return np.asarray(numbers.reshape(len(numbers), -1).mean(axis=1))


class _Loss(Op):
    group = role = "loss"
    ports = prediction, truth = "prediction", "target"
    letters = {"p": "prediction", "z": "prediction", "t": "target"}

    def shape(self, x: Sequence[Shape], p: Settings) -> Shape:
        if x[0] != x[1]:
            raise ShapeError("target", f"prediction is {show(x[0])} and target is {show(x[1])}; make them equal")
        return ()


class EntryLoss(_Loss):
    """The mean over all entries of a term; a subclass gives the term and its two slopes, in NumPy and in C.

    The C expressions are over ``p``, ``t`` and the op's parameters.
    """

    c_term: ClassVar[str]
    c_slopes: ClassVar[tuple[str, str]]
    keeps = ("prediction", "target")

    def term(self, p: Array, t: Array, **settings: Any) -> Array:
        """The loss of each entry."""
        raise NotImplementedError

    def slopes(self, p: Array, t: Array, **settings: Any) -> tuple[Array, Array]:
        """∂term/∂prediction and ∂term/∂target of each entry."""
        raise NotImplementedError

    def forward(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        return np.asarray(self.term(x[0], x[1], **p).mean())

    def backward(
        self, x: Sequence[Array], w: Mapping[str, Array], p: Settings, y: Array, g: Array
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        dp, dt = self.slopes(x[0], x[1], **p)
        return (g * dp / x[0].size, g * dt / x[0].size), {}

    def lower(self, node: Forward) -> Tensor:
        shape = node.x[0].shape
        inputs, scalars = {"p": node.x[0], "t": node.x[1]}, _scalars(self.c_term, node.p)
        return node.k.reduce(self.c_term, inputs, shape, range(len(shape)), scalars, scale=1.0 / node.x[0].size)

    def lower_backward(self, node: Backward) -> list[Tensor | None]:
        tensors = {"g": node.g, "p": node.x[0], "t": node.x[1]}
        out: list[Tensor | None] = []
        for slope, wanted in zip(self.c_slopes, node.need, strict=True):
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
        return np.asarray((p - t) ** 2)

    def slopes(self, p: Array, t: Array, **settings: Any) -> tuple[Array, Array]:
        return 2.0 * (p - t), 2.0 * (t - p)

    def metrics(self, predictions: Array, target: Array) -> dict[str, Array]:
        return {"mean absolute error": _means(np.abs(predictions - target))}


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
        return np.asarray(np.abs(p - t))

    def slopes(self, p: Array, t: Array, **settings: Any) -> tuple[Array, Array]:
        return np.sign(p - t), np.sign(t - p)

    def metrics(self, predictions: Array, target: Array) -> dict[str, Array]:
        return {"root mean squared error": np.sqrt(_means((predictions - target) ** 2))}

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
        return np.asarray(near * (np.abs(p - t) - 0.5 * near))

    def slopes(self, p: Array, t: Array, **settings: Any) -> tuple[Array, Array]:
        slope = np.clip(p - t, -settings["delta"], settings["delta"])
        return slope, -slope

    def metrics(self, predictions: Array, target: Array) -> dict[str, Array]:
        return {"mean absolute error": _means(np.abs(predictions - target))}


def _binary_accuracy(positive: Array, target: Array) -> dict[str, Array]:
    return {"accuracy": _means(positive == (target > 0.5))}


@register
class BinaryCrossEntropy(EntryLoss):
    """Each log is clamped at −100 and the slope's denominator at 1e-12, as PyTorch does."""

    name, title, judges = "binary_cross_entropy", "Binary cross-entropy", "yes or no"
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

    def term(self, p: Array, t: Array, **settings: Any) -> Array:
        return np.asarray(-(t * np.maximum(np.log(p), -100.0) + (1.0 - t) * np.maximum(np.log1p(-p), -100.0)))

    def slopes(self, p: Array, t: Array, **settings: Any) -> tuple[Array, Array]:
        dp = (p - t) / np.maximum(p * (1.0 - p), 1e-12)
        return dp, np.maximum(np.log1p(-p), -100.0) - np.maximum(np.log(p), -100.0)

    def metrics(self, predictions: Array, target: Array) -> dict[str, Array]:
        return _binary_accuracy(predictions > 0.5, target)

    def check_target(self, prediction: Shape, target: Array) -> None:
        _check_probabilities(target)


@register
class SigmoidCrossEntropy(EntryLoss):
    name, title, judges = "sigmoid_cross_entropy", "Sigmoid cross-entropy", "yes or no"
    help = "For yes/no answers given as logits: sigmoid and binary cross-entropy in one stable step."
    formula = r"L = \frac{1}{n} \sum_i \left( \max(z_i, 0) - z_i\,t_i + \ln(1 + e^{-|z_i|}) \right)"
    local = {
        "prediction": r"\frac{\partial L}{\partial z_i} = \frac{1}{n}\,(\sigma(z_i) - t_i)",
        "target": r"\frac{\partial L}{\partial t_i} = \frac{1}{n}\,(-z_i)",
    }
    c_term = "fmax(p, (REAL)0) - p*t + log1p(exp(-fabs(p)))"
    c_slopes = ("(p >= 0 ? 1 : exp(-fabs(p)))/(1 + exp(-fabs(p))) - t", "-p")

    def term(self, p: Array, t: Array, **settings: Any) -> Array:
        return np.asarray(np.maximum(p, 0.0) - p * t + np.log1p(np.exp(-np.abs(p))))

    def slopes(self, p: Array, t: Array, **settings: Any) -> tuple[Array, Array]:
        return sigmoid(p) - t, -p

    def answer(self, prediction: Array) -> Array:
        return sigmoid(prediction)

    def metrics(self, predictions: Array, target: Array) -> dict[str, Array]:
        return _binary_accuracy(predictions > 0.0, target)

    def check_target(self, prediction: Shape, target: Array) -> None:
        _check_probabilities(target)


def _check_probabilities(target: Array) -> None:
    outside = (target < 0.0) | (target > 1.0)
    if outside.any():
        raise ValueError(f"holds {target[outside].flat[0]:g}; a yes/no answer must lie between 0 and 1")


@register
class SoftmaxCrossEntropy(_Loss):
    """The target is a class number (B,) or a row of probabilities (B, K) per sample; a mean over rows."""

    name, title, judges = "softmax_cross_entropy", "Softmax cross-entropy", "classes"
    help = "For one class of many, given as logits: softmax and cross-entropy in one stable step."
    formula = r"L = -\frac{1}{B} \sum_i \ln \mathrm{softmax}(z_i)_{t_i}"
    local = {
        "prediction": r"\frac{\partial L}{\partial z_{ij}} = \frac{1}{B}\,(\mathrm{softmax}(z_i)_j - [j = t_i])",
        "target": r"\frac{\partial L}{\partial t_{ij}} = -\frac{1}{B}\,\ln \mathrm{softmax}(z_i)_j",
    }
    keeps = ("prediction", "target")
    told_by = "compute.explain.rowwise"

    def shape(self, x: Sequence[Shape], p: Settings) -> Shape:
        z, t = x
        if len(z) != 2:
            raise ShapeError("prediction", f"it wants logits (B, K), one column per class; {show(z)} arrives")
        if t != z and t != z[:1]:
            raise ShapeError(
                "target",
                f"prediction is {show(z)}, so the target must be {show(z)} (one_hot) or {show(z[:1])} (index); "
                f"it is {show(t)}",
            )
        return ()

    def sends_back(self, x: Sequence[Shape]) -> tuple[bool, ...]:
        return True, len(x[1]) == 2

    @staticmethod
    def _one_hot(z: Array, t: Array) -> Array:
        return t if t.ndim == 2 else (np.arange(z.shape[1]) == t[:, None]).astype(z.dtype)

    def forward(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        z, t = x[0], self._one_hot(x[0], x[1])
        # 0 · (−inf) is 0 here: a class without weight adds nothing, however unlikely it is.
        terms = np.where(t == 0.0, 0.0, t * log_softmax(z))
        return np.asarray(-terms.sum() / z.shape[0])

    def backward(
        self, x: Sequence[Array], w: Mapping[str, Array], p: Settings, y: Array, g: Array
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        z, t = x[0], self._one_hot(x[0], x[1])
        logs = log_softmax(z)
        dz = np.exp(logs) * t.sum(axis=-1, keepdims=True) - t
        dt = None if x[1].ndim == 1 else -g * logs / z.shape[0]
        return (g * dz / z.shape[0], dt), {}

    @staticmethod
    def _target(t: Tensor) -> tuple[Tensor, str]:
        """The target over the logits' shape, and the C expression of its entry."""
        return (t, "t") if len(t.shape) == 2 else (t.keepdims((1,), 2), "(col == (int)t ? (REAL)1 : (REAL)0)")

    def lower(self, node: Forward) -> Tensor:
        z = node.x[0]
        t, entry = self._target(node.x[1])
        m, s = row_sums(node.k, z)
        node.k.keep("max", m)
        node.k.keep("sum", s)
        term = f"({entry} == 0 ? 0 : {entry}*(m - z + log(s)))"
        inputs = {"z": z, "t": t, "m": m, "s": s}
        return node.k.reduce(term, inputs, z.shape, (0, 1), scale=1.0 / z.shape[0])

    def lower_backward(self, node: Backward) -> list[Tensor | None]:
        z = node.x[0]
        t, entry = self._target(node.x[1])
        m, s = node.k.kept("max"), node.k.kept("sum")
        inputs, scalars = {"z": z, "m": m, "s": s, "g": node.g, "t": t}, {"n": 1.0 / z.shape[0]}
        out: list[Tensor | None] = [None, None]
        if node.need[0]:
            weight = "1"
            if len(node.x[1].shape) == 2:
                inputs["u"] = node.k.reduce("t", {"t": t}, z.shape, (1,)).keepdims((1,), 2)
                weight = "u"
            out[0] = node.k.map(f"g*n*(exp(z - m)/s*{weight} - {entry})", inputs, z.shape, scalars)
        if node.need[1] and len(node.x[1].shape) == 2:
            logs = {"z": z, "m": m, "s": s, "g": node.g}
            out[1] = node.k.map("g*n*(m - z + log(s))", logs, z.shape, scalars)
        return out

    def answer(self, prediction: Array) -> Array:
        return np.asarray(np.exp(log_softmax(prediction)))

    def metrics(self, predictions: Array, target: Array) -> dict[str, Array]:
        truth = target if target.ndim == 1 else target.argmax(axis=1)
        return {"accuracy": _means(predictions.argmax(axis=2) == truth)}

    def check_target(self, prediction: Shape, target: Array) -> None:
        classes = prediction[-1]
        if target.ndim == 1 and isinstance(classes, int) and target.size and target.max() >= classes:
            raise ValueError(
                f"has class {target.max():g}, but the prediction has only {classes} columns (0 to {classes - 1})"
            )
