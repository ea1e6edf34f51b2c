"""What an operation declares, once: ports, parameters, shape rule, NumPy rules, kernels, formula and help.

A new operation is one class with the decorator ``@register`` and no other change: the palette, the
inspector's form, the command line, both engines and the tests are made from the registry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from compute.builder import Builder
from compute.loops import names_in
from compute.params import Param
from compute.problems import SettingError
from compute.products import Product
from compute.shapes import Shape, ShapeError, broadcast, broadcast_axes, concrete, show
from compute.spelling import Speller, Term
from compute.strided import Tensor
from compute.weights import WeightSpec

Array = npt.NDArray[Any]
Settings = Mapping[str, Any]
Group = Literal["data", "layer", "activation", "arithmetic", "matrix", "regularisation", "loss"]
Role = Literal["", "input", "target", "loss"]
GROUPS: tuple[Group, ...] = ("data", "layer", "activation", "arithmetic", "matrix", "regularisation", "loss")


@dataclass(frozen=True, slots=True)
class Forward:
    """A node whose value is lowered to calls.

    k: what collects the calls; x: where the values at its ports lie; w: its weights, by suffix; p: its settings.
    """

    k: Builder
    x: Sequence[Tensor]
    w: Mapping[str, Tensor]
    p: Settings


@dataclass(frozen=True, slots=True)
class Backward(Forward):
    """A node whose gradients are lowered to calls.

    y: where its value lies; g: where ∂L/∂y lies; need: which ports want a gradient; gw: where the gradients of those
    weights belong that want one, by suffix.
    """

    y: Tensor
    g: Tensor
    need: Sequence[bool]
    gw: Mapping[str, Tensor]


class Op:
    """The declaration of one operation; see the module's docstring."""

    name: ClassVar[str]
    title: ClassVar[str]
    group: ClassVar[Group]
    help: ClassVar[str]
    ports: ClassVar[tuple[str, ...]] = ()
    params: ClassVar[tuple[Param, ...]] = ()
    formula: ClassVar[str]
    """LaTeX of the output ``y`` in terms of the ports."""
    local: ClassVar[Mapping[str, str]] = {}
    """Port → LaTeX of how ``∂L/∂port`` follows from ``∂L/∂y`` (elementwise ops: of ``∂y/∂port``)."""
    keeps: ClassVar[tuple[str, ...]] = ()
    """What backward needs from forward: port names, weight suffixes, and ``y`` for the output."""
    moves: ClassVar[bool] = False
    """Whether each entry of the output is an entry of a port, unchanged."""
    bypassed: ClassVar[bool] = False
    """Whether it stands in for the op of a node that is bypassed."""
    draws: ClassVar[bool] = False
    """Whether training needs random numbers: ``w["draw"]``, uniform in [0, 1), of the shape at the first port."""
    role: ClassVar[Role] = ""
    """What a network has the op for: its rows of data come in here, the truth does, or a loss judges it by that."""
    prediction: ClassVar[str] = ""
    """For losses: the port of what is judged."""
    truth: ClassVar[str] = ""
    """For losses: the port of what it is compared with."""
    judges: ClassVar[Literal["numbers", "yes or no", "classes"]] = "numbers"
    """For losses: what a prediction stands for."""
    activation: ClassVar[Literal["", "softmax", "sigmoid"]] = ""
    """For losses: what turns a prediction into probabilities, where it is given as logits."""
    letters: ClassVar[Mapping[str, str]] = {}
    """Letters of the formulas that stand for ports of another name."""
    stem: ClassVar[str] = ""
    """How the field names such a thing, where it does; ids begin with it."""
    layout: ClassVar[str] = ""
    """For layers: how the axes of the weights are meant, for who reads them from an export."""
    told_by: ClassVar[str] = ""
    """For the explanation, where it does not follow from what is declared here: the module that tells its numbers."""
    unspelled: ClassVar[str] = ""
    """Why it cannot be exported in a format that holds the computation, and what could stand for it."""
    differentiable: ClassVar[bool] = True
    """Whether a gradient may flow to (or, for a source, is shown at) this op's output."""

    dies: ClassVar[bool] = False
    """For activations: whether a unit that gives 0 lets no gradient through, so that it is dead where all rows do."""
    saturates: ClassVar[tuple[float, float] | None] = None
    """For activations: below and above what a unit is so near to its limits that hardly any gradient gets through."""

    @property
    def is_data(self) -> bool:
        """Whether its value is rows of the document's data."""
        return self.role in ("input", "target")

    def settings(self, params: Settings, label: str) -> dict[str, Any]:
        """Checked parameters with defaults filled in. Errors: SettingError naming node and parameter."""
        out: dict[str, Any] = {}
        for param in self.params:
            try:
                out[param.name] = param.check(params.get(param.name, param.default))
            except ValueError as error:
                raise SettingError(param.name, f"{self.title} {label}: {param.name} {error}.") from None
        return out

    def written(self, p: Settings) -> tuple[str, Mapping[str, str]]:
        """Formula and local derivatives as they are with these settings, where some are left out by default."""
        return self.formula, self.local

    def informed(self, p: Settings, classes: int | None) -> Settings:
        """For data nodes: the settings with what was left to the data, where those have so many classes."""
        return p

    def columns(self, p: Settings, categories: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """For data nodes: what the entries of a row are called. ``categories``: column → the names of its classes."""
        return ()

    def shape(self, x: Sequence[Shape], p: Settings) -> Shape:
        """Output shape from the shapes at the ports. Errors: ShapeError naming the port."""
        raise NotImplementedError

    def axes(self, ndim: int) -> tuple[int, ...]:
        """Of an op that keeps the shape at its port, with so many axes: those along which each entry depends on all
        others. None of them where each depends on itself alone."""
        return ()

    def sends_back(self, x: Sequence[Shape]) -> tuple[bool, ...]:
        """For each port, whether a gradient flows back through it, given the shapes at the ports."""
        return (True,) * len(x)

    def weights(self, x: Sequence[Shape], p: Settings) -> tuple[WeightSpec, ...]:
        """The arrays this op learns, given the shapes at its ports."""
        return ()

    def made(self, x: Sequence[Shape], p: Settings, *, back: bool) -> tuple[Shape, ...]:
        """Arrays that are made on the way and may be larger than those at the ports and the output: they count as
        memory. ``back``: in a pass that goes back too."""
        return ()

    def forward(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        """The value, by the specification. Arrays are float64 with the shapes of the shape rule."""
        raise NotImplementedError

    def evaluate(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        """The value outside of training (validation, prediction), where that is another."""
        return self.forward(x, w, p)

    def spell(self, s: Speller, x: Sequence[Term], w: Mapping[str, Term], p: Settings) -> Term:
        """The value outside of training, written by the words of ``compute.spelling``, for export formats."""
        raise NotImplementedError

    def remember(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> dict[str, Array]:
        """The new running statistics after a training step's forward pass."""
        return {}

    def backward(
        self, x: Sequence[Array], w: Mapping[str, Array], p: Settings, y: Array, g: Array
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        """Gradients for each port and each weight from ``g = ∂L/∂y``, by the specification."""
        raise NotImplementedError

    def lower(self, node: Forward) -> Tensor:
        """The calls that compute the value on a device; returns where it lies (possibly a view)."""
        raise NotImplementedError

    def lower_evaluate(self, node: Forward) -> Tensor:
        """As ``lower``, for ``evaluate``."""
        return self.lower(node)

    def lower_remember(self, node: Forward) -> None:
        """The calls that write the new running statistics over the old ones, after ``lower``."""

    def lower_backward(self, node: Backward) -> list[Tensor | None]:
        """The calls that compute the gradient for each needed port, and fill ``node.gw``."""
        raise NotImplementedError

    def kinks(self, x: Sequence[Array], p: Settings) -> tuple[Array, ...]:
        """From the values at the ports: arrays that are 0 and change their sign where a slope of this op jumps."""
        return ()

    def products(self, x: Sequence[tuple[int, ...]], p: Settings) -> tuple[Product, ...]:
        """For the explanation, where each entry of the output is a sum of products: which ones; else nothing."""
        return ()

    def answer(self, prediction: Array) -> Array:
        """For losses: the prediction as people read it (probabilities where it is given as logits)."""
        return prediction

    def metrics(self, predictions: Array, target: Array) -> dict[str, Array]:
        """For losses: how good the predictions (moments, …) of each moment are (moments,), in words people use
        (accuracy, …)."""
        return {}

    def check_target(self, prediction: Shape, target: Array) -> None:
        """For losses: refuse targets that make no sense. Errors: ValueError, the end of a sentence."""


REGISTRY: dict[str, Op] = {}
_O = TypeVar("_O", bound=type[Op])


def register(cls: _O) -> _O:
    """Make one instance of the op known under its name."""
    REGISTRY[cls.name] = cls()
    return cls


class Elementwise(Op):
    """An op that acts on each entry, with NumPy broadcasting between its ports.

    A subclass gives ``value`` and ``slopes`` in NumPy, and ``c_value`` and ``c_slopes`` in OpenCL C over the
    port names, the parameter names and ``y``. Everything else follows.
    """

    c_value: ClassVar[str]
    c_slopes: ClassVar[tuple[str, ...]]

    def __init_subclass__(cls) -> None:
        if "c_slopes" in cls.__dict__:
            used = set().union(*map(names_in, cls.c_slopes))
            cls.keeps = tuple(name for name in (*cls.ports, "y") if name in used)

    def value(self, *x: Array, **p: Any) -> Array:
        """The output at each entry."""
        raise NotImplementedError

    def slopes(self, *x: Array, y: Array, **p: Any) -> tuple[Array | float, ...]:
        """∂y/∂port at each entry, for each port."""
        raise NotImplementedError

    def shape(self, x: Sequence[Shape], p: Settings) -> Shape:
        return x[0] if len(x) == 1 else broadcast(x[0], x[1], (self.ports[0], self.ports[1]))

    def forward(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        return np.asanyarray(self.value(*x, **p))

    def backward(
        self, x: Sequence[Array], w: Mapping[str, Array], p: Settings, y: Array, g: Array
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        slopes = self.slopes(*x, y=y, **p)
        return tuple(unbroadcast(g * s, v.shape) for s, v in zip(slopes, x, strict=True)), {}

    def _operands(
        self, expr: str, tensors: Mapping[str, Tensor], p: Settings
    ) -> tuple[dict[str, Tensor], dict[str, float]]:
        used = names_in(expr)
        scalars = {name: float(v) for name, v in p.items() if name in used}
        return {name: t for name, t in tensors.items() if name in used}, scalars

    def lower(self, node: Forward) -> Tensor:
        if self.c_value in self.ports:
            return node.x[self.ports.index(self.c_value)]
        inputs, scalars = self._operands(self.c_value, dict(zip(self.ports, node.x, strict=True)), node.p)
        return node.k.map(self.c_value, inputs, np.broadcast_shapes(*(t.shape for t in node.x)), scalars)

    def lower_backward(self, node: Backward) -> list[Tensor | None]:
        tensors = {**dict(zip(self.ports, node.x, strict=True)), "y": node.y, "g": node.g}
        out: list[Tensor | None] = []
        for slope, tensor, wanted in zip(self.c_slopes, node.x, node.need, strict=True):
            if not wanted:
                out.append(None)
            elif slope == "1" and tensor.shape == node.g.shape:
                out.append(node.g)
            else:
                expr = "g" if slope == "1" else f"g*({slope})"
                inputs, scalars = self._operands(expr, tensors, node.p)
                out.append(node.k.unbroadcast(expr, inputs, node.y.shape, tensor.shape, scalars))
        return out


def unbroadcast(g: Array, shape: tuple[int, ...]) -> Array:
    """``g`` summed over the axes along which ``shape`` had been broadcast."""
    axes = broadcast_axes(shape, g.shape)
    return np.asanyarray(g.sum(axis=axes).reshape(shape)) if axes else np.asanyarray(g)


def need_matrix(shape: Shape, port: str) -> None:
    """Refuse what is not a matrix."""
    if len(shape) != 2:
        raise ShapeError(port, f"it wants a matrix; {show(shape)} arrives")


__all__ = [
    "GROUPS",
    "REGISTRY",
    "Array",
    "Builder",
    "Elementwise",
    "Op",
    "Param",
    "Product",
    "Settings",
    "Shape",
    "ShapeError",
    "Speller",
    "Tensor",
    "Term",
    "WeightSpec",
    "concrete",
    "register",
    "unbroadcast",
]
