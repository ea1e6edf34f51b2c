"""Regularisation: operations that behave in training as they do not behave afterwards."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from compute.builder import Builder
from compute.ops.base import Array, Backward, Forward, Op, Settings, Speller, Term, WeightSpec, register
from compute.params import Param
from compute.shapes import BATCH, Shape, ShapeError, show
from compute.strided import Tensor

EPSILON = Param("epsilon", "float", 1e-5, "Added to the variance, so that the division stays away from 0.", 1e-12)


@register
class Dropout(Op):
    """Srivastava et al. (2014), with the scaling in training, as PyTorch does."""

    name, title, group = "dropout", "Dropout", "regularisation"
    help = "In training, sets entries to 0 at random and scales the others up; afterwards passes all on."
    ports = ("x",)
    params = (Param("rate", "float", 0.5, "The share of the entries that is dropped.", 0.0, 0.999, under_way=True),)
    formula = r"y = \frac{m\,x}{1 - \mathit{rate}}"
    local = {"x": r"\frac{\partial L}{\partial x} = \frac{m}{1 - \mathit{rate}}\,\frac{\partial L}{\partial y}"}
    keeps = ("draw",)
    told_by = "compute.explain.regularised"
    draws = True

    def shape(self, x: Sequence[Shape], p: Settings) -> Shape:
        return x[0]

    @staticmethod
    def _mask(w: Mapping[str, Array], p: Settings) -> Array:
        """1/(1 − rate) where an entry stays, 0 where it goes."""
        return np.where(w["draw"] < p["rate"], 0.0, 1.0 / (1.0 - p["rate"]))

    def forward(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        return np.asanyarray(x[0] * self._mask(w, p))

    def evaluate(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        return x[0]

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("dropout", x[0], rate=p["rate"])

    def backward(
        self, x: Sequence[Array], w: Mapping[str, Array], p: Settings, y: Array, g: Array
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        return (g * self._mask(w, p),), {}

    @staticmethod
    def _masked(k: Builder, tensor: Tensor, draw: Tensor, p: Settings) -> Tensor:
        scalars = {"rate": p["rate"], "scale": 1.0 / (1.0 - p["rate"])}
        return k.map("(u < rate ? 0 : scale)*x", {"x": tensor, "u": draw}, tensor.shape, scalars)

    def lower(self, node: Forward) -> Tensor:
        return self._masked(node.k, node.x[0], node.k.keep("draw", node.k.draw(node.x[0].shape)), node.p)

    def lower_evaluate(self, node: Forward) -> Tensor:
        return node.x[0]

    def lower_backward(self, node: Backward) -> list[Tensor | None]:
        return [self._masked(node.k, node.g, node.k.kept("draw"), node.p)]


def _norm_gradients(over: str) -> dict[str, str]:
    """The gradients of a norm whose means are taken over that axis."""
    mean = rf"\mathrm{{mean}}_{over}"
    return {
        "x": r"\frac{\partial L}{\partial x} = \frac{1}{\sqrt{\sigma^2 + \mathit{epsilon}}} "
        rf"\left( h - {mean}(h) - \hat{{x}}\,{mean}(h\,\hat{{x}}) \right), \qquad "
        r"h = \gamma\,\frac{\partial L}{\partial y}",
        "weight": r"\frac{\partial L}{\partial \gamma} = \sum_B \hat{x}\,\frac{\partial L}{\partial y}",
        "bias": r"\frac{\partial L}{\partial \beta} = \sum_B \frac{\partial L}{\partial y}",
    }


class Norm(Op):
    """(x − mean)/√(variance + ε) · weight + bias; the variance is the mean squared distance from the mean."""

    group = "regularisation"
    ports = ("x",)
    formula = r"y = \gamma\,\frac{x - \mu}{\sqrt{\sigma^2 + \mathit{epsilon}}} + \beta"
    keeps = ("x", "weight")
    told_by = "compute.explain.regularised"

    def axes(self, ndim: int) -> tuple[int, ...]:
        """The axes that mean and variance are taken over."""
        raise NotImplementedError

    def shape(self, x: Sequence[Shape], p: Settings) -> Shape:
        if not x[0] or x[0][-1] == BATCH:
            raise ShapeError("x", f"it wants rows of features, such as (B, N); {show(x[0])} arrives")
        return x[0]

    def weights(self, x: Sequence[Shape], p: Settings) -> tuple[WeightSpec, ...]:
        features = (int(x[0][-1]),)
        return WeightSpec("weight", features, "ones"), WeightSpec("bias", features, "zeros")

    def _statistics(self, x: Array) -> tuple[Array, Array]:
        axes = self.axes(x.ndim)
        return x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True)

    def forward(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        mean, variance = self._statistics(x[0])
        return np.asanyarray((x[0] - mean) / np.sqrt(variance + p["epsilon"]) * w["weight"] + w["bias"])

    def backward(
        self, x: Sequence[Array], w: Mapping[str, Array], p: Settings, y: Array, g: Array
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        mean, variance = self._statistics(x[0])
        axes, root = self.axes(g.ndim), np.sqrt(variance + p["epsilon"])
        normal = (x[0] - mean) / root
        h = g * w["weight"]
        dx = (h - h.mean(axis=axes, keepdims=True) - normal * (h * normal).mean(axis=axes, keepdims=True)) / root
        lead = tuple(range(g.ndim - 1))
        return (dx,), {"weight": (g * normal).sum(axis=lead), "bias": g.sum(axis=lead)}

    def lower(self, node: Forward) -> Tensor:
        shape, axes = node.x[0].shape, self.axes(len(node.x[0].shape))
        n = len(shape)
        share = 1.0 / max(1, math.prod(shape[axis] for axis in axes))
        m = node.k.keep("mean", node.k.reduce("x", {"x": node.x[0]}, shape, axes, scale=share).keepdims(axes, n))
        v = node.k.reduce("(x - m)*(x - m)", {"x": node.x[0], "m": m}, shape, axes, scale=share).keepdims(axes, n)
        node.k.keep("variance", v)
        r = node.k.keep("inverse", node.k.map("1/sqrt(v + epsilon)", {"v": v}, v.shape, {"epsilon": node.p["epsilon"]}))
        inputs = {"x": node.x[0], "m": m, "r": r, "w": node.w["weight"], "b": node.w["bias"]}
        return node.k.map("(x - m)*r*w + b", inputs, shape)

    def lower_backward(self, node: Backward) -> list[Tensor | None]:
        shape, axes = node.g.shape, self.axes(len(node.g.shape))
        n, lead = len(shape), tuple(range(len(shape) - 1))
        share = 1.0 / max(1, math.prod(shape[axis] for axis in axes))
        normal = {"x": node.x[0], "m": node.k.kept("mean"), "r": node.k.kept("inverse")}
        for name, expr, used in (("weight", "g*(x - m)*r", normal), ("bias", "g", {})):
            if name in node.gw and lead:
                node.k.reduce(expr, {"g": node.g, **used}, shape, lead, out=node.gw[name])
            elif name in node.gw:
                node.k.map(expr, {"g": node.g, **used}, shape, out=node.gw[name])
        if not node.need[0]:
            return [None]
        both = {"g": node.g, "w": node.w["weight"]}
        a = node.k.reduce("g*w", both, shape, axes, scale=share).keepdims(axes, n)
        c = node.k.reduce("g*w*(x - m)*r", {**both, **normal}, shape, axes, scale=share).keepdims(axes, n)
        return [node.k.map("(g*w - a - (x - m)*r*c)*r", {**both, **normal, "a": a, "c": c}, shape)]


@register
class BatchNorm(Norm):
    """Ioffe and Szegedy (2015). In training by the batch's own statistics; afterwards by their running means, which
    each step moves by ``momentum`` (the variance with n − 1, as PyTorch does). A batch of one row gives the bias."""

    name, title = "batch_norm", "Batch norm"
    help = "Gives every feature mean 0 and spread 1 over the batch, then scales and shifts it by learned weights."
    local = _norm_gradients("B")
    params = (
        EPSILON,
        Param("momentum", "float", 0.1, "How fast the running statistics follow the batches.", 0.0, 1.0),
    )

    def axes(self, ndim: int) -> tuple[int, ...]:
        return tuple(range(ndim - 1))

    def shape(self, x: Sequence[Shape], p: Settings) -> Shape:
        if len(x[0]) < 2:
            raise ShapeError("x", f"it wants a batch of features, (B, N); {show(x[0])} arrives")
        return super().shape(x, p)

    def weights(self, x: Sequence[Shape], p: Settings) -> tuple[WeightSpec, ...]:
        features = (int(x[0][-1]),)
        running = (("running_mean", "zeros"), ("running_var", "ones"))
        kept = (WeightSpec(name, features, start, trainable=False, learned=False) for name, start in running)
        return (*super().weights(x, p), *kept)

    def evaluate(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        normal = (x[0] - w["running_mean"]) / np.sqrt(w["running_var"] + p["epsilon"])
        return np.asanyarray(normal * w["weight"] + w["bias"])

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        weights = (w[name] for name in ("weight", "bias", "running_mean", "running_var"))
        return s.say("batch_norm", x[0], *weights, epsilon=p["epsilon"])

    def remember(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> dict[str, Array]:
        features, t = x[0].shape[-1], p["momentum"]
        mean, variance = (array.reshape(features) for array in self._statistics(x[0]))
        variance = variance * _unbiased(x[0].size // features)
        return {
            "running_mean": w["running_mean"] + t * (mean - w["running_mean"]),
            "running_var": w["running_var"] + t * (variance - w["running_var"]),
        }

    def lower_evaluate(self, node: Forward) -> Tensor:
        names = {"m": "running_mean", "v": "running_var", "w": "weight", "b": "bias"}
        inputs = {"x": node.x[0], **{letter: node.w[name] for letter, name in names.items()}}
        return node.k.map("(x - m)/sqrt(v + epsilon)*w + b", inputs, node.x[0].shape, {"epsilon": node.p["epsilon"]})

    def lower_remember(self, node: Forward) -> None:
        shape = node.x[0].shape
        unbiased = _unbiased(math.prod(shape[:-1]))
        for name, kept, factor in (("running_mean", "mean", 1.0), ("running_var", "variance", unbiased)):
            now = Tensor(node.k.kept(kept).buffer, shape[-1:], (1,), node.k.kept(kept).offset)
            scalars = {"momentum": node.p["momentum"], "factor": factor}
            old = node.w[name]
            node.k.map("old + momentum*(factor*now - old)", {"old": old, "now": now}, shape[-1:], scalars, out=old)


def _unbiased(count: int) -> float:
    """What makes the mean squared distance of so many numbers an unbiased estimate of their variance."""
    return count / (count - 1) if count > 1 else 1.0


@register
class LayerNorm(Norm):
    """Ba, Kiros, Hinton (2016)."""

    name, title = "layer_norm", "Layer norm"
    help = "Gives every sample mean 0 and spread 1 over its features, then scales and shifts them by learned weights."
    local = _norm_gradients("N")
    params = (EPSILON, Param("trainable", "bool", True, "Whether training changes scale and shift."))

    def weights(self, x: Sequence[Shape], p: Settings) -> tuple[WeightSpec, ...]:
        return tuple(replace(spec, trainable=p["trainable"]) for spec in super().weights(x, p))

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("layer_norm", x[0], w["weight"], w["bias"], epsilon=p["epsilon"])

    def axes(self, ndim: int) -> tuple[int, ...]:
        return (ndim - 1,)
