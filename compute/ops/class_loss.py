"""Softmax cross-entropy: how wrong the scores of classes are, with weights of classes and smoothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from compute.ops.base import Array, Backward, Forward, Settings, register
from compute.ops.losses import Loss, accuracy
from compute.ops.rowwise import log_softmax, row_sums
from compute.params import Param
from compute.shapes import Shape, ShapeError, show
from compute.strided import Tensor


def class_weights(p: Settings) -> tuple[float, ...] | None:
    """How much each class counts; None where all count the same, or it is not known yet how much."""
    given = p.get("class_weights")
    return None if given is None or isinstance(given, str) else tuple(given)


class Counted(NamedTuple):
    """c: how much each class counts in each row (B, K); divisor: by what the sum of all is divided; of_target: how a
    count grows with the target, by class (K,)."""

    c: Array
    divisor: float
    of_target: Array


@register
class SoftmaxCrossEntropy(Loss):
    """The target is a class number (B,) or a row of probabilities (B, K) per sample; a mean over rows.

    With weights w of the classes and smoothing ε the rows count c = w·((1 − ε)·t + ε/K) for each class: as PyTorch has
    it, the mean of class numbers then is over their weights, and that of probabilities over the rows.
    """

    name, title, judges = "softmax_cross_entropy", "Softmax cross-entropy", "classes"
    activation = "softmax"
    help = "For one class of many, given as logits: softmax and cross-entropy in one stable step."
    formula = r"L = -\frac{1}{B} \sum_i \ln \mathrm{softmax}(z_i)_{t_i}"
    local = {
        "prediction": r"\frac{\partial L}{\partial z_{ij}} = \frac{1}{B}\,(\mathrm{softmax}(z_i)_j - [j = t_i])",
        "target": r"\frac{\partial L}{\partial t_{ij}} = -\frac{1}{B}\,\ln \mathrm{softmax}(z_i)_j",
    }
    params = (
        Param(
            "class_weights",
            "weights",
            None,
            'How much each class counts: a number for each, or "balanced": rare ones more, by the rows of training.',
            optional=True,
            under_way=True,
        ),
        Param(
            "label_smoothing",
            "float",
            0.0,
            "The part of the target that is spread over all classes.",
            0.0,
            1.0,
            under_way=True,
        ),
    )
    counted_formula = (
        r"L = -\frac{1}{D} \sum_i \sum_j c_{ij} \ln \mathrm{softmax}(z_i)_j, \quad "
        r"c_{ij} = w_j \left( (1 - \epsilon)\,t_{ij} + \frac{\epsilon}{K} \right)"
    )
    counted_local = {
        "prediction": r"\frac{\partial L}{\partial z_{ij}} = \frac{1}{D}\,"
        r"\left( \mathrm{softmax}(z_i)_j \sum_k c_{ik} - c_{ij} \right)",
        "target": r"\frac{\partial L}{\partial t_{ij}} = -\frac{1}{D}\,w_j\,(1 - \epsilon) \ln \mathrm{softmax}(z_i)_j",
    }
    keeps = ("prediction", "target")
    told_by = "compute.explain.class_loss"

    def counts(self, p: Settings) -> bool:
        """Whether rows count in another way than by their target alone."""
        return class_weights(p) is not None or float(p.get("label_smoothing", 0.0)) > 0.0

    def written(self, p: Settings) -> tuple[str, Mapping[str, str]]:
        return (self.counted_formula, self.counted_local) if self.counts(p) else (self.formula, self.local)

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
        weights, classes = class_weights(p), z[1]
        if weights is not None and isinstance(classes, int) and len(weights) != classes:
            raise ShapeError(
                "prediction",
                f"class weights has {len(weights)} numbers and the prediction {classes} columns; give one for each",
            )
        return ()

    def sends_back(self, x: Sequence[Shape]) -> tuple[bool, ...]:
        return True, len(x[1]) == 2

    @staticmethod
    def _one_hot(z: Array, t: Array) -> Array:
        return t if t.ndim == 2 else (np.arange(z.shape[1]) == t[:, None]).astype(z.dtype)

    def forward(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        z, t = x[0], self._one_hot(x[0], x[1])
        if self.counts(p):
            found = self.counted(x, p)
            terms = np.where(found.c == 0.0, 0.0, found.c * log_softmax(z))
            return np.asanyarray(-terms.sum() / found.divisor)
        # 0 · (−inf) is 0 here: a class without weight adds nothing, however unlikely it is.
        terms = np.where(t == 0.0, 0.0, t * log_softmax(z))
        return np.asanyarray(-terms.sum() / z.shape[0])

    def backward(
        self, x: Sequence[Array], w: Mapping[str, Array], p: Settings, y: Array, g: Array
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        z, t = x[0], self._one_hot(x[0], x[1])
        logs = log_softmax(z)
        if self.counts(p):
            found = self.counted(x, p)
            dz = np.exp(logs) * found.c.sum(axis=-1, keepdims=True) - found.c
            back = None if x[1].ndim == 1 else -g * found.of_target * logs / found.divisor
            return (g * dz / found.divisor, back), {}
        dz = np.exp(logs) * t.sum(axis=-1, keepdims=True) - t
        dt = None if x[1].ndim == 1 else -g * logs / z.shape[0]
        return (g * dz / z.shape[0], dt), {}

    def counted(self, x: Sequence[Array], p: Settings) -> Counted:
        """How much each class counts in each row."""
        t, smoothing = self._one_hot(x[0], x[1]), float(p.get("label_smoothing", 0.0))
        weights = class_weights(p)
        w = np.ones(t.shape[1]) if weights is None else np.array(weights)
        c = w * ((1.0 - smoothing) * t + smoothing / t.shape[1])
        by_weight = weights is not None and x[1].ndim == 1
        return Counted(c, float((w * t).sum()) if by_weight else float(len(t)), w * (1.0 - smoothing))

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
        if self.counts(node.p):
            count, inputs, scalars = self._counted(node)
            inputs |= {"z": z, "m": m, "s": s}
            term = f"({count} == 0 ? 0 : {count}*(m - z + log(s)))"
            if class_weights(node.p) is None or len(node.x[1].shape) == 2:
                return node.k.reduce(term, inputs, z.shape, (0, 1), scalars, scale=1.0 / z.shape[0])
            of_rows = {"w": inputs["w"], "t": t}
            divisor = node.k.keep("divisor", node.k.reduce(f"w*{entry}", of_rows, z.shape, (0, 1)))
            total = node.k.reduce(term, inputs, z.shape, (0, 1), scalars)
            return node.k.map("a/d", {"a": total, "d": divisor}, ())
        term = f"({entry} == 0 ? 0 : {entry}*(m - z + log(s)))"
        inputs = {"z": z, "t": t, "m": m, "s": s}
        return node.k.reduce(term, inputs, z.shape, (0, 1), scale=1.0 / z.shape[0])

    def lower_backward(self, node: Backward) -> list[Tensor | None]:
        z = node.x[0]
        t, entry = self._target(node.x[1])
        m, s = node.k.kept("max"), node.k.kept("sum")
        inputs, scalars = {"z": z, "m": m, "s": s, "g": node.g, "t": t}, {"n": 1.0 / z.shape[0]}
        out: list[Tensor | None] = [None, None]
        if self.counts(node.p):
            return self._counted_backward(node)
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

    def _counted(self, node: Forward) -> tuple[str, dict[str, Tensor], dict[str, float]]:
        """The C expression of how much an entry counts, with its inputs and scalars."""
        t, entry = self._target(node.x[1])
        weights, smoothing = class_weights(node.p), float(node.p["label_smoothing"])
        inputs = {"t": t}
        if weights is not None:
            inputs["w"] = node.k.constant(np.array(weights))
        count = f"(kept*{entry} + spread)" if smoothing else entry
        scalars = {"kept": 1.0 - smoothing, "spread": smoothing / node.x[0].shape[1]} if smoothing else {}
        return (f"(w*{count})" if weights is not None else count), inputs, scalars

    def _counted_backward(self, node: Backward) -> list[Tensor | None]:
        z, m, s = node.x[0], node.k.kept("max"), node.k.kept("sum")
        count, inputs, scalars = self._counted(node)
        by_weight = "w" in inputs and len(node.x[1].shape) == 1
        shared: dict[str, Tensor] = {"z": z, "m": m, "s": s, "g": node.g}
        share, numbers = ("g/d", {}) if by_weight else ("g*n", {"n": 1.0 / z.shape[0]})
        if by_weight:
            shared["d"] = node.k.kept("divisor")
        out: list[Tensor | None] = [None, None]
        if node.need[0]:
            u = node.k.reduce(count, inputs, z.shape, (1,), scalars).keepdims((1,), 2)
            expr = f"{share}*(exp(z - m)/s*u - {count})"
            out[0] = node.k.map(expr, {**shared, **inputs, "u": u}, z.shape, {**scalars, **numbers})
        if node.need[1] and len(node.x[1].shape) == 2:
            of_target = {"w": inputs["w"]} if "w" in inputs else {}
            factor = ("w*" if of_target else "") + ("kept*" if scalars else "")
            kept = {"kept": scalars["kept"]} if scalars else {}
            expr = f"{share}*{factor}(m - z + log(s))"
            out[1] = node.k.map(expr, {**shared, **of_target}, z.shape, {**kept, **numbers})
        return out

    def answer(self, prediction: Array) -> Array:
        return np.asanyarray(np.exp(log_softmax(prediction)))

    def metrics(self, predictions: Array, target: Array) -> dict[str, Array]:
        truth = target if target.ndim == 1 else target.argmax(axis=1)
        return {"accuracy": accuracy(predictions.argmax(axis=2), truth)}

    def check_target(self, prediction: Shape, target: Array) -> None:
        classes = prediction[-1]
        if target.ndim == 1 and isinstance(classes, int) and target.size and target.max() >= classes:
            raise ValueError(
                f"has class {target.max():g}, but the prediction has only {classes} columns (0 to {classes - 1})"
            )
