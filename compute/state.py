"""What a run is at one moment, as values that never change: to be shown, kept in a file, and put back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.batches import Order
from compute.data.fitted import Fitted
from compute.errors import GradwireError
from compute.optimizers import OPTIMIZERS
from compute.series import Points
from compute.shown import Shown
from compute.turns import Turn

Array = npt.NDArray[Any]


def frozen(array: Array) -> Array:
    """A copy that cannot be written to, of the same type."""
    out = np.array(array)
    out.setflags(write=False)
    return out


@dataclass(frozen=True, eq=False)
class OptimizerState:
    """What the next update goes by, beside the weights and their gradient.

    name: the optimizer, "" before its first update; updates: how many it has done, by which is also counted what ops
    draw at random; arrays: weight → name of the state array → array of the weight's shape. What is not there is 0.
    """

    name: str = ""
    updates: int = 0
    arrays: Mapping[str, Mapping[str, Array]] = field(default_factory=dict)

    def seen_by(self, name: str) -> OptimizerState:
        """What an optimizer of that name goes on with: this, or nothing if it is another."""
        return self if name == self.name else OptimizerState()


@dataclass(frozen=True, eq=False)
class RunState:
    """All that the numbers to come depend on, beside program and settings: put back, they come again, bit for bit on
    an engine of the same precision.

    weights: full name → array at the precision at which the engine holds it, running statistics included.
    """

    weights: Mapping[str, Array]
    optimizer: OptimizerState = field(default_factory=OptimizerState)


Shapes = Mapping[str, tuple[int, ...]]
"""Weight → shape."""


@dataclass(frozen=True, eq=False)
class Best:
    """The end of the epoch with the least loss.

    loss: on the rows that are held back, without any of training; step: after which; since: the epoch from which
    waiting counts; stopped: whether training ended here and this moment was put back.
    """

    loss: float
    epoch: int
    step: int
    since: int
    state: RunState
    stopped: bool = False

    def goes_on(self, epoch: int) -> Best:
        """Training goes on from that epoch: it waits anew."""
        return replace(self, since=epoch, stopped=False) if self.stopped else self

    def fits(self, shapes: Shapes, trained: Shapes) -> bool:
        """Whether it is of weights of these shapes, some of which are trained."""
        weights = self.state.weights
        return {n: w.shape for n, w in weights.items()} == dict(shapes) and not misfit(self.state.optimizer, trained)


@dataclass(frozen=True)
class Place:
    """A place amid an epoch: ``done`` steps of one with this order; loss_sum, rows: the sum of their losses, each times
    its rows, and how many rows those were."""

    order: Order
    done: int
    loss_sum: float
    rows: int


@dataclass(frozen=True, eq=False)
class Progress:
    """How far a training is: what a document keeps of it beside the weights.

    epochs, steps: those done; series: by name, as in ``compute.series``; place: None at the start of an epoch;
    epoch_loss: the mean over the rows of the last whole epoch, each before its update; shown: the batch on show.
    """

    epochs: int = 0
    steps: int = 0
    series: Mapping[str, Points] = field(default_factory=dict)
    place: Place | None = None
    optimizer: OptimizerState = field(default_factory=OptimizerState)
    epoch_loss: float | None = None
    shown: Shown = field(default_factory=Shown)
    fitted: Fitted | None = None
    """By what the data was encoded; None before anything was trained, and in files of earlier versions."""
    turns: tuple[Turn, ...] = ()
    """What was changed on the way."""
    best: Best | None = None
    """The best moment so far, where it is kept."""

    @property
    def mean_loss(self) -> float | None:
        """The mean of the training loss over the epoch at hand, as far as it is done; at its end, over all of it."""
        return self.place.loss_sum / self.place.rows if self.place else self.epoch_loss

    @property
    def name(self) -> str:
        """The moment, in words: the start; step 11, in epoch 2; step 16, after epoch 2."""
        if not self.steps:
            return "the start"
        where = f"in epoch {self.epochs + 1}" if self.place else f"after epoch {self.epochs}"
        return f"step {self.steps}, {where}"


def misfit(state: OptimizerState, trained: Shapes) -> str:
    """Why an optimizer's state does not fit the weights that are trained, as the beginning of a sentence; "" if it
    does."""
    kind = OPTIMIZERS.get(state.name)
    if kind is None:
        return f"there is no optimizer {state.name!r}" if state.name or state.arrays else ""
    for weight, arrays in state.arrays.items():
        if weight not in trained:
            return f"no weight {weight} is trained"
        for name, array in arrays.items():
            if name not in kind.state:
                return f"{kind.title} keeps no {name} of {weight}"
            if array.shape != trained[weight]:
                return f"{name} of {weight} has the shape {array.shape} and {weight} has {trained[weight]}"
    return ""


def require_fitting(state: RunState, shapes: Shapes, trained: Shapes) -> None:
    """Errors: GradwireError where a state does not fit weights of these shapes, some of which are trained."""
    wrong = [name for name, array in state.weights.items() if shapes.get(name) != array.shape]
    reason = f"no weight {wrong[0]} of this shape is there" if wrong else misfit(state.optimizer, trained)
    if reason:
        raise GradwireError(f"The run cannot go back to this state, as {reason}; start it anew.")
