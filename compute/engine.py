"""What an engine is: it opens programs, and a run of one trains, traces and predicts.

A program is everything an engine needs and nothing it can change: the analysed graph, the first weights, and
the rows of every data node. The trainer, the command line and the window speak to engines through this only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Generic, Protocol, TypeVar, runtime_checkable

import numpy as np
import numpy.typing as npt

from compute.analysis import Analysis
from compute.batches import Order, Rows
from compute.data.fitted import Fitted
from compute.ledger import StepTimes
from compute.optimizers import Optimizer
from compute.schedules import Course
from compute.shown import RowsOf
from compute.state import RunState
from compute.trace import Trace
from compute.watches.checks import Check

Array = npt.NDArray[Any]
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Waiting(Protocol[T_co]):
    """What a run was asked for and may still be computing; answers come in the order in which they were asked for."""

    def get(self) -> T_co:
        """Wait for it. Errors: DeviceError."""


@dataclass(frozen=True)
class Ready(Generic[T]):
    """An answer that is there already."""

    value: T

    def get(self) -> T:
        return self.value


@dataclass(frozen=True)
class Program:
    """An analysed graph with data and first weights.

    train, validation, test: data node id → (rows, …) float64; rows: how many training rows there are (1 without data
    nodes); test rows are for nothing but a test that somebody asks for; loss: the node to minimise ("" if there is
    none); weights: full weight name → value now; initial: the value that a reset returns to, where it is another; seed:
    of what ops draw at random.
    """

    analysis: Analysis
    loss: str
    weights: Mapping[str, Array]
    train: Mapping[str, Array] = field(default_factory=dict)
    validation: Mapping[str, Array] = field(default_factory=dict)
    rows: int = 1
    validation_rows: int = 0
    test: Mapping[str, Array] = field(default_factory=dict)
    test_rows: int = 0
    initial: Mapping[str, Array] = field(default_factory=dict)
    seed: int = 0
    fitted: Fitted | None = None
    """By what the data was encoded; part of what training leaves behind."""

    def first_weights(self) -> dict[str, Array]:
        """What a reset returns to."""
        return {**self.weights, **self.initial}

    def leading_to_loss(self) -> Program:
        """The part that the loss depends on, which is all that training has to compute."""
        analysis = self.analysis.leading_to(self.loss)
        return replace(
            self,
            analysis=analysis,
            weights={name: w for name, w in self.weights.items() if name in analysis.parameters},
            initial={name: w for name, w in self.initial.items() if name in analysis.parameters},
            train={node_id: table for node_id, table in self.train.items() if node_id in analysis.shapes},
            validation={node_id: table for node_id, table in self.validation.items() if node_id in analysis.shapes},
            test={node_id: table for node_id, table in self.test.items() if node_id in analysis.shapes},
        )

    def on(self, of: RowsOf) -> Program:
        """The same with other rows in place of those of training: those that are for this."""
        if of == "training":
            return self
        rows = (self.validation, self.validation_rows) if of == "validation" else (self.test, self.test_rows)
        return replace(self, train=rows[0], rows=rows[1])

    def batch(self, rows: Rows) -> dict[str, Array]:
        """These rows of every training data node."""
        return {node_id: table[rows] for node_id, table in self.train.items()}


class Run(Protocol):
    """The state of one program on one engine: weights, optimizer state and step count."""

    program: Program
    step: int
    """Updates done since the last reset, or since another optimizer took over."""
    optimizer: type[Optimizer] | None
    """The kind of optimizer that made them; another starts with no state."""
    checks: tuple[Check, ...]
    """What is checked at each step, beside that its loss and its gradients are finite."""
    stopped: int
    """By what a step was stopped last: 1 its loss, 2 a gradient, from 3 on one of the checks; 0: none was."""
    overlaps: ClassVar[bool] = True
    """Whether it computes what was started while the caller goes on."""

    def weights(self) -> dict[str, Array]:
        """Copies of all weights, by full name."""

    def watch(self, checks: Sequence[Check]) -> None:
        """Check this at every step that is started from now on; each can be checked, as ``why_not`` finds."""

    def before(self) -> dict[str, Array]:
        """The weights before the last update, of those whose change is checked; as they are now where they were put
        since."""

    def set_weights(self, weights: Mapping[str, Array]) -> None:
        """Replace some or all weights; optimizer state stays."""

    def reset(self, weights: Mapping[str, Array]) -> None:
        """Start over: these weights, no optimizer state, step 0."""

    def start_trace(self, rows: Rows, update: int = 0) -> Waiting[Trace]:
        """One forward and backward pass over these training rows, as training would do it at this update (from 0; the
        same random numbers each time), with the weights as they will be after all training that was started before;
        changes nothing."""

    def start_state(self) -> Waiting[RunState]:
        """All that the numbers to come depend on, after all training that was started before."""

    def restore(self, state: RunState) -> None:
        """Go on from a state: what was started since is not counted. Weights that it does not name stay as they are,
        state arrays that it does not name are 0; another precision than the engine's is rounded to it. Errors:
        GradwireError for an optimizer or an array that does not fit; nothing is changed then.
        """

    def most_moments(
        self, kinds: Sequence[int], optimizer: Optimizer, rows: int, nodes: Sequence[str], *, states: bool = False
    ) -> int:
        """At how many moments of one training, whose batches are of these sizes, ``start_moments`` can compute these
        nodes for so many rows; 0: nowhere but at its end, by ``start_outputs``. states: as for ``start_training``."""
        return 0

    def start_training(
        self,
        batches: Sequence[Rows],
        optimizer: Optimizer,
        ends: npt.NDArray[np.int32] | None = None,
        rates: npt.NDArray[np.float64] | None = None,
        *,
        states: bool = False,
    ) -> Waiting[npt.NDArray[np.float64]]:
        """One update per batch of training rows; the loss of each batch before its update.

        ends: for each batch the moment (0, 1, …) as which its weights are kept for ``start_moments``, −1 for none;
        rates: for each the learning rate, in place of the optimizer's; states: whether what the optimizer remembers is
        kept too, for ``start_kept``.

        A step whose loss is not finite is not done and ends the training: its loss is the last that is given, and what
        was started after it is not done either and gives no losses. So it is with a step in which a gradient of a
        weight is not finite, or that sets off a check: in the place of its loss NaN is given. ``step`` counts what was
        started, until it is known that it was not done. Another optimizer than before (by name) starts with no state,
        at step 0.
        """

    def start_outputs(self, data: Mapping[str, Array], nodes: Sequence[str]) -> Waiting[dict[str, Array]]:
        """The values of some nodes for other data (validation, decision boundary), with the weights as they will be
        after all training that was started before: forward only, not as in training. The same mapping given again must
        hold the same numbers."""

    def start_moments(self, data: Mapping[str, Array], nodes: Sequence[str], count: int) -> Waiting[dict[str, Array]]:
        """As ``start_outputs``, with the weights that the training started last kept: (count, …), a moment each. What
        it holds of moments that were not reached is undefined."""
        raise RuntimeError("This run keeps no weights.")

    def start_kept(self) -> Waiting[Callable[[int], RunState]]:
        """The state at each moment that the training started last kept with ``states``; only of those that were
        reached."""
        raise RuntimeError("This run keeps no states.")

    def trace(self, rows: Rows, update: int = 0) -> Trace:
        """``start_trace``, and wait for it."""
        return self.start_trace(rows, update).get()

    def state(self) -> RunState:
        """``start_state``, and wait for it."""
        return self.start_state().get()

    def train(
        self, batches: Sequence[Rows], optimizer: Optimizer, rates: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]:
        """``start_training``, and wait for it."""
        return self.start_training(batches, optimizer, rates=rates).get()

    def outputs(self, data: Mapping[str, Array], nodes: Sequence[str]) -> dict[str, Array]:
        """``start_outputs``, and wait for it."""
        return self.start_outputs(data, nodes).get()

    def timed(self, rows: int, optimizer: Optimizer) -> StepTimes:
        """How long each node takes in a training step over the first rows of training, with the weights of now; changes
        nothing. Waits for what is under way. Errors: GradwireError where there is no loss to train, DeviceError."""

    def close(self) -> None:
        """Free what the run holds on the device."""


@dataclass(frozen=True, eq=False)
class Lane:
    """One of several networks that are trained side by side: by which optimizer, on which rows in which order; course:
    with which learning rates, where they are not always the optimizer's."""

    program: Program
    optimizer: Optimizer
    order: Order
    course: Course | None = None


class Beside(Protocol):
    """Lanes on one engine. All have the same steps but for numbers (see ``compute.alike``), and as many rows in batches
    of the same sizes. What is started is computed in that order, while the caller goes on."""

    lanes: Sequence[Lane]

    def start_epochs(
        self, epochs: int, running: int, ends: npt.NDArray[np.int32] | None
    ) -> Waiting[npt.NDArray[np.float64]]:
        """The next whole epochs of the first ``running`` lanes: the loss of each batch before its update (running,
        steps). A lane whose loss is not finite does that step and all after it not, and what stands in the places of
        those is undefined. ``ends``: for each step the moment as which the weights are kept after it, −1 for none."""

    def start_judging(self, moments: int, running: int) -> Waiting[dict[str, Array]]:
        """The values of the nodes that tell how good a network is, on its rows for that, with the weights that were
        kept last: (running, moments, …). Of moments that a lane did not reach they are undefined."""

    def states(self, updates: Sequence[int]) -> list[RunState]:
        """What each lane is after all that was started, given how many updates it has done."""

    def stops(self) -> list[int]:
        """By what each lane was stopped after all that was started: 1 its loss, 2 a gradient; 0: by nothing."""

    def close(self) -> None:
        """Free what the lanes hold on the device."""


class Engine(Protocol):
    """Something that computes."""

    label: str
    """Its name, for people."""

    def watch(self, building: Callable[[], None]) -> None:
        """Have this called whenever kernels have to be built, which can take seconds, before that is done. As somebody
        waits for that, what builds them may be made ready beforehand, until ``close``."""

    def open(self, program: Program) -> Run:
        """A fresh run of a program. Errors: GradwireError, DeviceError."""

    def close(self) -> None:
        """Free the device."""


@runtime_checkable
class WideEngine(Protocol):
    """An engine that trains networks side by side."""

    def takes(self, lane: Lane) -> bool:
        """Whether lanes like this one can be, and are faster so than one after the other. Errors: DeviceError."""

    def beside(self, lanes: Sequence[Lane]) -> Beside | None:
        """These lanes side by side, each with the same bits as alone; None where their kernel cannot be built. Errors:
        DeviceError."""
