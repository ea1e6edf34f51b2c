"""Layers: operations with weights of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from compute.ops.base import Array, Backward, Forward, Op, Settings, Speller, Term, WeightSpec, register
from compute.params import Param
from compute.products import Product
from compute.shapes import BATCH, Shape, ShapeError, show
from compute.strided import Tensor


@register
class Dense(Op):
    name, title, group = "dense", "Dense", "layer"
    help = "A layer of neurons: every output is a weighted sum of all inputs plus a bias."
    ports = ("x",)
    formula = r"y = x\,W + b"
    local = {
        "x": r"\frac{\partial L}{\partial x} = \frac{\partial L}{\partial y}\,W^{T}",
        "weight": r"\frac{\partial L}{\partial W} = x^{T}\,\frac{\partial L}{\partial y}",
        "bias": r"\frac{\partial L}{\partial b_j} = \sum_i \frac{\partial L}{\partial y_{ij}}",
    }
    keeps = ("x", "weight")
    layout = "weight is (in, out): y = x @ weight + bias"
    params = (
        Param("units", "int", 8, "How many neurons, so how many outputs per sample.", 1, 100_000),
        Param("bias", "bool", True, "Whether each neuron adds a bias of its own."),
        Param("weight_init", "initializer", "glorot_uniform", "How the weights start."),
        Param("bias_init", "initializer", "zeros", "How the biases start."),
        Param("trainable", "bool", True, "Whether training changes the weights."),
    )

    def shape(self, x: Sequence[Shape], p: Settings) -> Shape:
        if len(x[0]) != 2 or x[0][1] == BATCH:
            raise ShapeError("x", f"it wants (B, N); {show(x[0])} arrives")
        return (x[0][0], p["units"])

    def weights(self, x: Sequence[Shape], p: Settings) -> tuple[WeightSpec, ...]:
        fans = (int(x[0][1]), int(p["units"]))
        weight = WeightSpec("weight", fans, initial(p["weight_init"]), fans, trainable=p["trainable"])
        bias = WeightSpec("bias", (fans[1],), initial(p["bias_init"]), fans, trainable=p["trainable"])
        return (weight, bias) if p["bias"] else (weight,)

    def forward(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        y: Array = x[0] @ w["weight"]
        return y + w["bias"] if "bias" in w else y

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        return s.say("linear", x[0], w["weight"], *([w["bias"]] if "bias" in w else []))

    def backward(
        self, x: Sequence[Array], w: Mapping[str, Array], p: Settings, y: Array, g: Array
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        grads = {"weight": x[0].T @ g, "bias": g.sum(axis=0)}
        return (g @ w["weight"].T,), {name: grads[name] for name in w}

    def lower(self, node: Forward) -> Tensor:
        return node.k.gemm(node.x[0], node.w["weight"], bias=node.w.get("bias"))

    def lower_backward(self, node: Backward) -> list[Tensor | None]:
        if "weight" in node.gw:
            node.k.gemm(node.x[0].transposed(), node.g, out=node.gw["weight"])
        if "bias" in node.gw:
            node.k.reduce("g", {"g": node.g}, node.g.shape, (0,), out=node.gw["bias"])
        return [node.k.gemm(node.g, node.w["weight"].transposed()) if node.need[0] else None]

    def products(self, x: Sequence[tuple[int, ...]], p: Settings) -> tuple[Product, ...]:
        weighted, bias = Product((("x", "ik"), ("weight", "kj")), "ij"), Product((("bias", "j"),), "ij")
        return (weighted, bias) if p["bias"] else (weighted,)


def initial(initializer: object) -> str:
    """An initialiser setting as one hashable text (see ``compute.initializers``)."""
    from compute.initializers import canonical

    return canonical(initializer)
