"""Optimizers with PyTorch's exact formulas and defaults, each declared once for both engines.

``update`` is the NumPy specification; ``c_update`` is the same in OpenCL C, run at every entry of the flat
parameter buffer with ``p`` (parameter), ``g`` (gradient) and the state arrays named in ``state`` as variables,
and the scalars of ``scalars(step)``, which are computed in double on the host.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from compute.errors import GradwireError
from compute.ops.base import Param

Array = npt.NDArray[Any]
State = dict[str, dict[str, Array]]
"""Parameter name → name of the state array → array."""

LEARNING_RATE = Param("learning_rate", "float", 0.01, "How far each step goes along the negative gradient.", 0.0)
WEIGHT_DECAY = Param("weight_decay", "float", 0.0, "How strongly weights are pulled towards 0.", 0.0)


@dataclass(frozen=True)
class Optimizer:
    """One optimizer with its hyperparameters. Subclasses declare name, parameters and the two updates."""

    values: Mapping[str, Any]

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    params: ClassVar[tuple[Param, ...]] = ()
    state: ClassVar[tuple[str, ...]] = ()
    formula: ClassVar[str] = ""
    c_update: ClassVar[str] = ""

    def scalars(self, step: Any) -> dict[str, Any]:
        """What the kernel needs besides p, g and the state, for step t = 1, 2, … or for an array of steps at once."""
        raise NotImplementedError

    def update(self, p: Array, g: Array, state: dict[str, Array], step: int) -> Array:
        """The new parameter; ``state`` is this parameter's own and is changed in place (empty at first)."""
        raise NotImplementedError


@dataclass(frozen=True)
class Sgd(Optimizer):
    """g += wd·p; buf = g at first, then μ·buf + g; nesterov: g += μ·buf, else g = buf; p −= lr·g."""

    name, title = "sgd", "SGD"
    params = (
        LEARNING_RATE,
        Param("momentum", "float", 0.0, "How much of the last step goes into the next.", 0.0, 1.0),
        Param("nesterov", "bool", False, "Look ahead along the momentum."),
        WEIGHT_DECAY,
    )
    state = ("buf",)
    formula = r"w := w - \alpha\,\frac{\partial L}{\partial w}"
    # The buffer starts at 0, so μ·buf + g is g at the first step, as PyTorch has it.
    c_update = """
        g += weight_decay*p;
        buf = momentum == 0 ? buf : momentum*buf + g;
        p -= learning_rate*(momentum == 0 ? g : nesterov != 0 ? g + momentum*buf : buf);
    """

    def scalars(self, step: Any) -> dict[str, Any]:
        return {name: float(value) for name, value in self.values.items()}

    def update(self, p: Array, g: Array, state: dict[str, Array], step: int) -> Array:
        v = self.values
        g = g + v["weight_decay"] * p
        if v["momentum"]:
            buf = state["buf"] = v["momentum"] * state.get("buf", np.zeros_like(p)) + g
            g = g + v["momentum"] * buf if v["nesterov"] else buf
        return np.asarray(p - v["learning_rate"] * g)


@dataclass(frozen=True)
class Adam(Optimizer):
    """g += wd·p; m += (1−β₁)(g−m); v = β₂v + (1−β₂)g²; p −= lr/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε)."""

    name, title = "adam", "Adam"
    params = (
        Param("learning_rate", "float", 0.001, LEARNING_RATE.help, 0.0),
        Param("beta1", "float", 0.9, "How slowly the mean of the gradient forgets.", 0.0, 0.9999999),
        Param("beta2", "float", 0.999, "How slowly the mean of the squared gradient forgets.", 0.0, 0.9999999),
        Param("epsilon", "float", 1e-8, "Keeps the division away from 0.", 0.0),
        WEIGHT_DECAY,
    )
    state = ("m", "v")
    formula = r"w := w - \alpha\,\frac{\hat m}{\sqrt{\hat v} + \epsilon}"
    c_update = """
        g += weight_decay*p;
        m += one_minus_beta1*(g - m);
        v = beta2*v + one_minus_beta2*g*g;
        p -= step_size*m/(sqrt(v)/root + epsilon);
    """

    def scalars(self, step: Any) -> dict[str, Any]:
        v = self.values
        return {
            "weight_decay": v["weight_decay"],
            "one_minus_beta1": 1.0 - v["beta1"],
            "beta2": v["beta2"],
            "one_minus_beta2": 1.0 - v["beta2"],
            "step_size": v["learning_rate"] / (1.0 - v["beta1"] ** step),
            "root": np.sqrt(1.0 - v["beta2"] ** step),
            "epsilon": v["epsilon"],
        }

    def update(self, p: Array, g: Array, state: dict[str, Array], step: int) -> Array:
        s = self.scalars(step)
        g = g + s["weight_decay"] * p
        m = state.get("m", np.zeros_like(p))
        m = state["m"] = m + s["one_minus_beta1"] * (g - m)
        v = state["v"] = s["beta2"] * state.get("v", np.zeros_like(p)) + s["one_minus_beta2"] * g * g
        return np.asarray(p - s["step_size"] * m / (np.sqrt(v) / s["root"] + s["epsilon"]))


OPTIMIZERS: dict[str, type[Optimizer]] = {cls.name: cls for cls in (Sgd, Adam)}


def make_optimizer(settings: Mapping[str, Any]) -> Optimizer:
    """From the document's ``training.optimizer``. Errors: GradwireError naming what is wrong."""
    name = settings.get("name", "sgd")
    cls = OPTIMIZERS.get(name)
    if cls is None:
        raise GradwireError(f"training.optimizer: there is no optimizer {name!r}; choose {' or '.join(OPTIMIZERS)}.")
    values = {}
    for param in cls.params:
        try:
            values[param.name] = param.check(settings.get(param.name, param.default))
        except ValueError as error:
            raise GradwireError(f"training.optimizer: {param.name} {error}.") from None
    return cls(values)
