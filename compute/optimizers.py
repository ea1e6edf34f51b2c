"""Optimizers with PyTorch's exact formulas and defaults, each declared once, line by line.

From the lines follow the update in NumPy (the specification), the same in OpenCL C, and what the walk through
backpropagation shows. A new optimizer is one class with its lines, and its place in ``OPTIMIZERS``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from compute.errors import GradwireError
from compute.expression import Expression, Host
from compute.params import Param

Array = npt.NDArray[Any]
State = dict[str, dict[str, Array]]
"""Parameter name → name of the state array → array."""

LEARNING_RATE = Param("learning_rate", "float", 0.001, "How far each step goes along the negative gradient.", 0.0)
LARGER_RATE = replace(LEARNING_RATE, default=0.01)
MOMENTUM = Param("momentum", "float", 0.0, "How much of the last step goes into the next.", 0.0, 1.0)
WEIGHT_DECAY = Param("weight_decay", "float", 0.0, "How strongly weights are pulled towards 0.", 0.0)
EPSILON = Param("epsilon", "float", 1e-8, "Keeps the division away from 0.", 0.0)
BETAS = (
    Param("beta1", "float", 0.9, "How slowly the mean of the gradient forgets.", 0.0, 0.999999),
    Param("beta2", "float", 0.999, "How slowly the mean of the squared gradient forgets.", 0.0, 0.999999),
)


@dataclass(frozen=True)
class Line:
    """One line of an update: the letter ``name`` becomes what ``text`` gives, in the notation of ``Expression``.

    The letters are ``p`` (the parameter), ``g`` (its gradient), the state arrays, the settings, ``t`` (the number of
    this update, from 1), ``norm`` (of the gradients of all parameters together), and what earlier lines gave. on, off:
    the line counts only while each of these settings is not 0, or is. shown: the same in the form in which people know
    it, if ``text`` has another; only_shown: the line is there for such forms, and no engine computes it.
    """

    name: str
    text: str
    on: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    shown: str = ""
    only_shown: bool = False

    @cached_property
    def right(self) -> Expression:
        """What is worked out."""
        return Expression(self.text)

    @cached_property
    def written(self) -> Expression:
        """What is shown."""
        return Expression(self.shown or self.text)

    def statement(self, host: Host) -> str:
        """The line in OpenCL C: settings may change at any step, so the kernel asks them."""
        asked = [f"{host.name(name)} != 0" for name in self.on] + [f"{host.name(name)} == 0" for name in self.off]
        right = host.kernel(self.right)
        return f"{self.name} = {' && '.join(asked)} ? {right} : {self.name};" if asked else f"{self.name} = {right};"


CLIP_NORM = (
    Line("clip", "clip_norm/(norm + clip_epsilon)", on=("clip_norm",), shown="clip_norm/(norm + 1e-6)"),
    Line("g", "minimum(1, clip)*g", on=("clip_norm",)),
)
CLIP_VALUE = (Line("g", "minimum(clip_value, maximum(-clip_value, g))", on=("clip_value",)),)
CLIP_EPSILON = 1e-6
"""As in ``torch.nn.utils.clip_grad_norm_``."""


@dataclass(frozen=True)
class Clipping:
    """How a gradient is cut before the optimizer sees it, first by norm, then by value; 0: not at all.

    norm: the most that the root of the sum of the squares of all parameters' gradients may be, beyond which all are
    made smaller by one factor; value: the most that each entry may be.
    """

    norm: float = 0.0
    value: float = 0.0

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines before those of an optimizer; kernels have them only where they count."""
        return (CLIP_NORM if self.norm else ()) + (CLIP_VALUE if self.value else ())

    @property
    def values(self) -> dict[str, float]:
        """Its settings, by letter."""
        norm = {"clip_norm": self.norm, "clip_epsilon": CLIP_EPSILON} if self.norm else {}
        return norm | ({"clip_value": self.value} if self.value else {})


NO_CLIPPING = Clipping()


@lru_cache(maxsize=64)
def _kernel_text(lines: tuple[Line, ...], settings: frozenset[str], kept: frozenset[str]) -> tuple[Host, str]:
    """What the host works out of some lines, and the rest in OpenCL C. kept: the letters that are there already."""
    host = Host(settings | {"t"})
    lines = tuple(line for line in lines if line.text != line.name and not line.only_shown)
    new = dict.fromkeys(line.name for line in lines if line.name not in kept)
    declared = [f"REAL {', '.join(f'{name} = 0' for name in new)};"] if new else []
    statements = [line.statement(host) for line in lines]
    return host, "\n".join([*host.comments(), *declared, *statements])


@dataclass(frozen=True)
class Optimizer:
    """One optimizer with its settings. Subclasses declare name, parameters, state and lines; the last gives ``p``.

    clipping: what is done to the gradient before; shown: lines that say where a setting comes from, before all others,
    with the letters of ``known``.
    """

    values: Mapping[str, Any]
    clipping: Clipping = NO_CLIPPING
    shown: tuple[Line, ...] = ()
    known: Mapping[str, float] = field(default_factory=dict)
    words: str = ""
    """What there is to say of the learning rate, as a sentence."""

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    params: ClassVar[tuple[Param, ...]] = ()
    state: ClassVar[tuple[str, ...]] = ()
    """Arrays that are remembered from update to update, 0 at first."""
    lines: ClassVar[tuple[Line, ...]] = ()

    @property
    def _compiled(self) -> tuple[Host, str]:
        names = frozenset({*(param.name for param in self.params), *self.clipping.values})
        return _kernel_text((*self.clipping.lines, *self.lines), names, frozenset({"p", "g", *self.state}))

    @property
    def c_update(self) -> str:
        """The lines in OpenCL C, for one entry: over ``p``, ``g``, the state, ``norm`` where it clips by that, and
        ``scalars``, all of type REAL."""
        return self._compiled[1]

    @property
    def form(self) -> tuple[Any, ...]:
        """What kernels are made for: all of one form have the same text, whatever their settings."""
        return self.name, bool(self.clipping.norm), bool(self.clipping.value)

    def at_rate(self, rate: float) -> Optimizer:
        """The same with another learning rate."""
        return replace(self, values={**self.values, LEARNING_RATE.name: rate})

    def scalars(self, step: Any, rates: Any = None) -> dict[str, Any]:
        """What the kernel needs besides p, g and the state, for step t = 1, 2, … or for an array of steps at once;
        rates: the learning rate of each, in place of the one that is set."""
        letters = {**self.values, **self.clipping.values, "t": step}
        if rates is not None:
            letters[LEARNING_RATE.name] = rates
        return {name: part.value(letters) for name, part in self._compiled[0].parts.items()}

    @cached_property
    def used(self) -> tuple[Line, ...]:
        """The lines that count with these settings."""
        set_ = {name for name, value in (*self.values.items(), *self.clipping.values.items()) if value}
        # What is clipped is called g already.
        own = [line for line in self.lines if not self.clipping.lines or line.text != line.name]
        lines = (*self.shown, *self.clipping.lines, *own)
        return tuple(line for line in lines if set_.issuperset(line.on) and set_.isdisjoint(line.off))

    @cached_property
    def computed(self) -> tuple[Line, ...]:
        """Those of them that an engine needs."""
        return tuple(line for line in self.used if not line.only_shown)

    def letters(self, p: Array, g: Array, state: Mapping[str, Array], step: int, norm: float = 0.0) -> dict[str, Any]:
        """What every letter stands for before the first line."""
        remembered = {name: state[name] if name in state else np.zeros_like(p) for name in self.state}
        known = {**self.known, **self.values, **self.clipping.values}
        return {**known, "t": step, "norm": norm, "p": p, "g": g, **remembered}

    def update(self, p: Array, g: Array, state: dict[str, Array], step: int, norm: float = 0.0) -> Array:
        """The new parameter; ``state`` is this parameter's own and is changed in place (empty at first); ``norm``: of
        the gradient of all parameters, by which some clip."""
        letters = self.letters(p, g, state, step, norm)
        for line in self.computed:
            letters[line.name] = line.right.value(letters)
            if line.name in self.state:
                state[line.name] = np.asarray(letters[line.name])
        return np.asarray(letters["p"])


GRADIENT = (Line("g", "g", off=("weight_decay",)), Line("g", "g + weight_decay*p", on=("weight_decay",)))
MOMENTS = (
    Line("m", "m + (1 - beta1)*(g - m)", shown="beta1*m + (1 - beta1)*g"),
    Line("v", "beta2*v + (1 - beta2)*square(g)"),
    Line("m_hat", "m/(1 - beta1**t)", only_shown=True),
    Line("v_hat", "v/(1 - beta2**t)", only_shown=True),
    # In PyTorch's order, which corrects the two moments without an array for each.
    Line(
        "change",
        "-(learning_rate/(1 - beta1**t))*(m/(sqrt(v)/sqrt(1 - beta2**t) + epsilon))",
        shown="-learning_rate*(m_hat/(sqrt(v_hat) + epsilon))",
    ),
    Line("p", "p + change"),
)


class Sgd(Optimizer):
    """g += wd·p; p −= lr·g; with momentum m = g at first, then μ·m + g; p −= lr·m; nesterov: p −= lr·(g + μ·m)."""

    name, title = "sgd", "SGD"
    params = (LEARNING_RATE, MOMENTUM, Param("nesterov", "bool", False, "Look ahead along the momentum."), WEIGHT_DECAY)
    state = ("m",)
    # m starts at 0, so μ·m + g is g at the first step, as PyTorch has it.
    lines = (
        GRADIENT[1],
        Line("m", "momentum*m + g", on=("momentum",)),
        Line("change", "-learning_rate*m", on=("momentum",), off=("nesterov",)),
        Line("change", "-learning_rate*(g + momentum*m)", on=("momentum", "nesterov")),
        Line("p", "p + change", on=("momentum",)),
        Line("change", "-learning_rate*g", off=("momentum",)),
        Line("p", "p + change", off=("momentum",), shown="p - learning_rate*g"),
    )


class RmsProp(Optimizer):
    """g += wd·p; v = ρv + (1−ρ)g²; p −= lr·g/(√v + ε), or with momentum m = μm + g/(√v + ε), p −= lr·m."""

    name, title = "rmsprop", "RMSprop"
    params = (
        LARGER_RATE,
        Param("decay", "float", 0.99, "How slowly the mean of the squared gradient forgets.", 0.0, 1.0),
        EPSILON,
        MOMENTUM,
        WEIGHT_DECAY,
    )
    state = ("v", "m")
    lines = (
        *GRADIENT,
        Line("v", "decay*v + (1 - decay)*square(g)"),
        Line("m", "momentum*m + g/(sqrt(v) + epsilon)", on=("momentum",)),
        Line("change", "-learning_rate*m", on=("momentum",)),
        Line("change", "-learning_rate*(g/(sqrt(v) + epsilon))", off=("momentum",)),
        Line("p", "p + change"),
    )


class AdaGrad(Optimizer):
    """g += wd·p; v += g²; p −= lr·g/(√v + ε)."""

    name, title = "adagrad", "Adagrad"
    params = (LARGER_RATE, replace(EPSILON, default=1e-10), WEIGHT_DECAY)
    state = ("v",)
    lines = (
        *GRADIENT,
        Line("v", "v + square(g)"),
        Line("change", "-learning_rate*(g/(sqrt(v) + epsilon))"),
        Line("p", "p + change"),
    )


class Adam(Optimizer):
    """g += wd·p; m += (1−β₁)(g−m); v = β₂v + (1−β₂)g²; p −= lr/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε)."""

    name, title = "adam", "Adam"
    params = (LEARNING_RATE, *BETAS, EPSILON, WEIGHT_DECAY)
    state = ("m", "v")
    lines = (*GRADIENT, *MOMENTS)


class AdamW(Optimizer):
    """p *= 1 − lr·wd, then as Adam without weight decay."""

    name, title = "adamw", "AdamW"
    params = (LEARNING_RATE, *BETAS, EPSILON, replace(WEIGHT_DECAY, default=0.01))
    state = ("m", "v")
    lines = (
        Line("g", "g"),
        Line("p", "p*(1 - learning_rate*weight_decay)", on=("weight_decay",), shown="p - learning_rate*weight_decay*p"),
        *MOMENTS,
    )


OPTIMIZERS: dict[str, type[Optimizer]] = {cls.name: cls for cls in (Sgd, RmsProp, AdaGrad, Adam, AdamW)}


def norm_of(gradients: Iterable[Array]) -> float:
    """The norm of the gradients of all parameters together: the root of the sum of all squares."""
    with np.errstate(all="ignore"):
        return float(np.sqrt(sum(float(np.square(g, dtype=np.float64).sum()) for g in gradients)))


def make_optimizer(settings: Mapping[str, Any], clipping: Clipping = NO_CLIPPING) -> Optimizer:
    """From the document's ``training.optimizer``. Errors: GradwireError naming what is wrong."""
    name = settings.get("name", "sgd")
    cls = OPTIMIZERS.get(name) if isinstance(name, str) else None
    if cls is None:
        raise GradwireError(
            f"training.optimizer: there is no optimizer {name!r}; choose one of {', '.join(OPTIMIZERS)}."
        )
    values = {}
    for param in cls.params:
        try:
            values[param.name] = param.check(settings.get(param.name, param.default))
        except ValueError as error:
            raise GradwireError(f"training.optimizer: {param.name} {error}.") from None
    return cls(values, clipping)
