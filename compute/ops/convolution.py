"""Convolutions: layers whose neurons each see a few neighbouring places, and use the same weights at all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from compute.builder import Builder
from compute.ops.base import Array, Backward, Forward, Op, Settings, Speller, Term, WeightSpec, register
from compute.ops.layers import initial
from compute.params import Param
from compute.products import Product
from compute.shapes import BATCH, Shape, ShapeError, show
from compute.strided import Tensor, contiguous


@register
class Conv1D(Op):
    """As PyTorch's conv1d, a cross-correlation, with the channels as the last axis."""

    name, title, group = "conv1d", "Conv1D", "layer"
    help = "Filters that slide along a sequence: each output is a weighted sum of a few neighbouring steps plus a bias."
    ports = ("x",)
    formula = r"y_{tm} = \sum_{k,c} x_{\mathit{stride}\,t + k,\,c}\,W_{kcm} + b_m"
    local = {
        "x": r"\frac{\partial L}{\partial x_{jc}} = \sum_{\mathit{stride}\,t + k = j} \sum_m "
        r"\frac{\partial L}{\partial y_{tm}}\,W_{kcm}",
        "weight": r"\frac{\partial L}{\partial W_{kcm}} = \sum_{B,t} "
        r"x_{\mathit{stride}\,t + k,\,c}\,\frac{\partial L}{\partial y_{tm}}",
        "bias": r"\frac{\partial L}{\partial b_m} = \sum_{B,t} \frac{\partial L}{\partial y_{tm}}",
    }
    keeps = ("x", "weight")
    layout = "weight is (size, in, out): y[t] = sum over k of x[stride*t + k] @ weight[k], + bias"
    params = (
        Param("filters", "int", 8, "How many filters, so how many outputs for each step.", 1, 100_000),
        Param("size", "int", 3, "How many neighbouring steps a filter sees.", 1, 10_000),
        Param("stride", "int", 1, "How many steps a filter moves on at a time.", 1, 10_000),
        Param(
            "padding",
            "choice",
            "valid",
            "valid: only where a filter finds all its steps; same: zeros around the sequence, so that it keeps its "
            "length (at stride 1).",
            choices=("valid", "same"),
        ),
        Param("bias", "bool", True, "Whether each filter adds a bias of its own."),
        Param("weight_init", "initializer", "glorot_uniform", "How the weights start."),
        Param("bias_init", "initializer", "zeros", "How the biases start."),
        Param("trainable", "bool", True, "Whether training changes the weights."),
    )

    def shape(self, x: Sequence[Shape], p: Settings) -> Shape:
        if len(x[0]) != 3 or BATCH in x[0][1:]:
            raise ShapeError("x", f"it wants (B, steps, channels); {show(x[0])} arrives")
        steps = int(x[0][1])
        if p["padding"] == "valid" and steps < p["size"]:
            raise ShapeError(
                "x", f"a filter sees {p['size']} steps and {steps} arrive; make its size smaller or pad with same"
            )
        return x[0][0], self._length(steps, p), p["filters"]

    @staticmethod
    def _length(steps: int, p: Settings) -> int:
        """How many steps come out."""
        seen = steps if p["padding"] == "same" else steps - p["size"] + 1
        return int(-(-seen // p["stride"]))

    def _padding(self, steps: int, p: Settings) -> tuple[int, int]:
        """Zeros before and behind; an odd one goes behind."""
        if p["padding"] == "valid":
            return 0, 0
        both = max((self._length(steps, p) - 1) * p["stride"] + p["size"] - steps, 0)
        return both // 2, both - both // 2

    def weights(self, x: Sequence[Shape], p: Settings) -> tuple[WeightSpec, ...]:
        size, channels, filters = int(p["size"]), int(x[0][2]), int(p["filters"])
        fans = (size * channels, size * filters)
        shape = (size, channels, filters)
        weight = WeightSpec("weight", shape, initial(p["weight_init"]), fans, trainable=p["trainable"])
        bias = WeightSpec("bias", (filters,), initial(p["bias_init"]), fans, trainable=p["trainable"])
        return (weight, bias) if p["bias"] else (weight,)

    def made(self, x: Sequence[Shape], p: Settings, *, back: bool) -> tuple[Shape, ...]:
        (batch, steps, _), seen = x[0], int(p["size"]) * int(x[0][2])
        windows: Shape = batch, self._length(int(steps), p), seen
        # On a device the gradient of the weights is made for each row, and then summed.
        return (windows, (batch, seen, p["filters"])) if back else (windows,)

    def _windows(self, x: Array, p: Settings) -> Array:
        """What each step's filters see: (B, T', size · channels)."""
        padded = np.pad(x, ((0, 0), self._padding(x.shape[1], p), (0, 0)))
        seen = np.lib.stride_tricks.sliding_window_view(padded, p["size"], axis=1)[:, :: p["stride"]]
        return seen.swapaxes(2, 3).reshape(*seen.shape[:2], -1)

    def forward(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        y: Array = self._windows(x[0], p) @ w["weight"].reshape(-1, p["filters"])
        return y + w["bias"] if "bias" in w else y

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        before, behind = self._padding(int(x[0].shape[1]), p)
        shape = self.shape([x[0].shape], p)
        y = s.say("conv1d", x[0], w["weight"], stride=p["stride"], before=before, behind=behind, shape=shape)
        return s.say("add", y, w["bias"]) if "bias" in w else y

    def backward(
        self, x: Sequence[Array], w: Mapping[str, Array], p: Settings, y: Array, g: Array
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        (batch, steps, channels), (_, length, filters) = x[0].shape, g.shape
        flat = self._windows(x[0], p).reshape(-1, p["size"] * channels)
        grads = {"weight": (flat.T @ g.reshape(-1, filters)).reshape(w["weight"].shape), "bias": g.sum(axis=(0, 1))}
        before, behind = self._padding(steps, p)
        dx = np.zeros((batch, before + steps + behind, channels))
        for k in range(p["size"]):
            last = k + p["stride"] * (length - 1)
            dx[:, k : last + 1 : p["stride"]] += g @ w["weight"][k].T
        return (dx[:, before : before + steps],), {name: grads[name] for name in w}

    def lower(self, node: Forward) -> Tensor:
        windows = node.k.keep("windows", self._seen(node))
        weight = _as_matrix(node.w["weight"])
        return node.k.gemm(windows, weight, bias=node.w.get("bias"))

    def _seen(self, node: Forward) -> Tensor:
        """What ``_windows`` gives, as a view of x where x lies row by row and needs no zeros around it."""
        (x,), p = node.x, node.p
        batch, steps, channels = x.shape
        before, behind = self._padding(steps, p)
        if before or behind:
            padded = _zeros(node.k, (batch, before + steps + behind, channels))
            at = before * channels
            node.k.map("x", {"x": x}, x.shape, out=Tensor(padded.buffer, x.shape, padded.strides, padded.offset + at))
            x = padded
        elif x.strides[1] != channels * x.strides[2]:
            x = node.k.map("x", {"x": x}, x.shape)
        return _windows(x, p["size"], p["stride"], self._length(steps, p))

    def lower_backward(self, node: Backward) -> list[Tensor | None]:
        k, g, (batch, steps, channels) = node.k, node.g, node.x[0].shape
        if "weight" in node.gw:
            each = k.gemm(_swapped(k.kept("windows")), g)
            k.reduce("w", {"w": each}, each.shape, (0,), out=_as_matrix(node.gw["weight"]))
        if "bias" in node.gw:
            k.reduce("g", {"g": g}, g.shape, (0, 1), out=node.gw["bias"])
        return [self._sent_back(node, batch, steps, channels) if node.need[0] else None]

    def _sent_back(self, node: Backward, batch: int, steps: int, channels: int) -> Tensor:
        """The gradient at x: what arrives, with zeros between and around, seen through the filters backwards."""
        k, g, p = node.k, node.g, node.p
        size, filters, (before, behind) = p["size"], p["filters"], self._padding(steps, p)
        apart = _zeros(k, (batch, before + steps + behind + size - 1, filters))
        strides = apart.strides[0], p["stride"] * filters, 1
        k.map("g", {"g": g}, g.shape, out=Tensor(apart.buffer, g.shape, strides, apart.offset + (size - 1) * filters))
        w = node.w["weight"]
        turned = (-w.strides[0], w.strides[2], w.strides[1])
        last = w.offset + (size - 1) * w.strides[0]
        shape = size, filters, channels
        backwards = k.map("w", {"w": Tensor(w.buffer, shape, turned, last)}, shape)
        start = Tensor(apart.buffer, apart.shape, apart.strides, apart.offset + before * filters)
        return k.gemm(_windows(start, size, 1, steps), _as_matrix(backwards))

    def products(self, x: Sequence[tuple[int, ...]], p: Settings) -> tuple[Product, ...]:
        before, _ = self._padding(x[0][1], p)
        seen = f"b,{p['stride']}*t+k-{before},c"
        weighted, bias = Product((("x", seen), ("weight", "kcm")), "btm"), Product((("bias", "m"),), "btm")
        return (weighted, bias) if p["bias"] else (weighted,)


def _zeros(k: Builder, shape: tuple[int, ...]) -> Tensor:
    return k.map("0", {}, shape)


def _windows(x: Tensor, size: int, stride: int, length: int) -> Tensor:
    """(B, length, size · channels): at each step, what lies row by row in as many rows as ``size``."""
    rows, row, entry = x.strides
    return Tensor(x.buffer, (x.shape[0], length, size * x.shape[2]), (rows, stride * row, entry), x.offset)


def _as_matrix(weight: Tensor) -> Tensor:
    """(size, channels, filters) as (size · channels, filters)."""
    size, channels, filters = weight.shape
    return contiguous(weight.buffer, (size * channels, filters), weight.offset)


def _swapped(tensor: Tensor) -> Tensor:
    """A stack of matrices, each transposed."""
    (batch, rows, columns), (apart, down, across) = tensor.shape, tensor.strides
    return Tensor(tensor.buffer, (batch, columns, rows), (apart, across, down), tensor.offset)
