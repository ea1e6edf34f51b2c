"""How good a network is: loss and metrics on rows, and the node that they judge."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, overload

import numpy as np
import numpy.typing as npt

from compute.engine import Program, Run
from compute.optimizers import Optimizer

Array = npt.NDArray[Any]

MOST_TRAINING_ROWS = 2000
"""Where no rows are held back, the first so many of training are judged: a pass over all would cost too much."""


@dataclass(frozen=True, slots=True)
class Judged:
    """How good a network is on rows that are held back, or where there are none on those of training.

    loss: None where none were judged; metrics: by name, none where the loss is not finite or compares with no target;
    rows: how many were judged; epoch: after which, None: with the weights of now.
    """

    loss: float | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    on: Literal["validation", "training", "test"] = "validation"
    rows: int = 0
    epoch: int | None = None

    @property
    def sentence(self) -> str:
        """All of it in a sentence."""
        if self.loss is None:
            return f"No {self.on} rows were judged, as there is no loss that they could have."
        told = [f"loss {self.loss:.4g}", *(f"{name} {value:.4g}" for name, value in self.metrics.items())]
        when = "with the weights of now" if self.epoch is None else f"after epoch {self.epoch}"
        return f"{self.on.capitalize()}: {', '.join(told)} on {self.rows:,} rows, {when}."

    @property
    def validation_loss(self) -> float | None:
        """The loss on rows that are held back; None without any."""
        return self.loss if self.on == "validation" else None


@dataclass(frozen=True, eq=False)
class Judgements(Sequence[Judged]):
    """How good a network was at moments that follow one another. losses: (moments,); metrics: of each (moments,); on,
    rows: as in ``Judged``."""

    losses: Array
    metrics: Mapping[str, Array]
    on: Literal["validation", "training"]
    rows: int

    def __len__(self) -> int:
        return len(self.losses)

    @overload
    def __getitem__(self, at: int) -> Judged: ...
    @overload
    def __getitem__(self, at: slice) -> Judgements: ...
    def __getitem__(self, at: int | slice) -> Judged | Judgements:
        if isinstance(at, slice):
            metrics = {name: values[at] for name, values in self.metrics.items()}
            return Judgements(self.losses[at], metrics, self.on, self.rows)
        loss = float(self.losses[at])
        told = {name: float(values[at]) for name, values in self.metrics.items()} if math.isfinite(loss) else {}
        return Judged(loss, told, self.on, self.rows)


NOT_JUDGED = Judgements(np.zeros(0), {}, "training", 0)
Evaluating = Callable[[], Judged]
"""Waits for it."""


def judged_rows(program: Program) -> int:
    """How many rows are judged."""
    if program.validation_rows:
        return program.validation_rows if program.validation else 0
    judged = program.analysis.judged_by(program.loss) if program.train else None
    return min(program.rows, MOST_TRAINING_ROWS) if judged is not None and judged[1] in program.train else 0


def evaluate(program: Program, run: Run) -> Judged:
    """``start_evaluation``, and wait for it."""
    return start_evaluation(program, run)()


def start_evaluation(program: Program, run: Run) -> Evaluating:
    """How good the network is with the weights as they are after all training that was started."""
    if not judged_rows(program):
        return Judged
    waiting = start_last(program, run)
    return lambda: waiting()[0]


def start_last(program: Program, run: Run) -> Callable[[], Judgements]:
    """The same of a program that has rows to judge, as the only moment."""
    data, nodes = asked(program)
    waiting = run.start_outputs(data, nodes)
    return lambda: judged_at(program, data, {name: value[np.newaxis] for name, value in waiting.get().items()})


def start_test(program: Program, run: Run) -> Evaluating:
    """How good the network is on the test rows, with the weights as they are after all training that was started."""
    tested = replace(program, validation=program.test, validation_rows=program.test_rows)
    found = start_evaluation(tested, run) if program.test_rows and program.test else Judged
    return lambda: replace(found(), on="test")


def most_evaluations(
    program: Program, run: Run, kinds: Sequence[int], optimizer: Optimizer, *, states: bool = False
) -> int:
    """At how many moments of one training ``start_evaluations`` can say how good the network was; see
    ``Run.most_moments``."""
    rows = judged_rows(program)
    return run.most_moments(kinds, optimizer, rows, asked(program)[1], states=states) if rows else 0


def start_evaluations(program: Program, run: Run, count: int) -> Callable[[int], Judgements]:
    """How good the network was at so many moments of the training that was started last; what is returned waits for
    the first of them."""
    data, nodes = asked(program)
    waiting = run.start_moments(data, nodes, count)

    def found(reached: int) -> Judgements:
        values = waiting.get()
        return judged_at(program, data, {name: value[:reached] for name, value in values.items()})

    return found


def asked(program: Program) -> tuple[Mapping[str, Array], list[str]]:
    """The rows that are judged, and the nodes whose values tell how good the network is."""
    rows = judged_rows(program)
    held_back = program.validation_rows > 0
    data = program.validation
    if not held_back:
        whole = rows == program.rows
        data = program.train if whole else {name: table[:rows] for name, table in program.train.items()}
    judged = program.analysis.judged_by(program.loss)
    return data, [program.loss] if judged is None or judged[1] not in data else [program.loss, judged[0]]


def judged_at(program: Program, data: Mapping[str, Array], values: Mapping[str, Array]) -> Judgements:
    """How good the network is at each moment, from the values (moments, …) of the nodes that tell."""
    rows = judged_rows(program)
    on: Literal["validation", "training"] = "validation" if program.validation_rows else "training"
    judged, metrics = program.analysis.judged_by(program.loss), dict[str, Array]()
    if judged is not None and judged[0] in values:
        with np.errstate(all="ignore"):  # of a loss that is not finite no metrics are told
            metrics = program.analysis.ops[program.loss].metrics(values[judged[0]], data[judged[1]])
    return Judgements(values[program.loss], metrics, on, rows)


def prediction_node(program: Program) -> str | None:
    """The node whose output the loss judges, if the loss is one of the loss ops."""
    judged = program.analysis.judged_by(program.loss)
    return judged[0] if judged else None
