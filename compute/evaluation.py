"""How good a network is: loss and metrics on rows, and the node that they judge."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from compute.engine import Program, Run

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
    on: Literal["validation", "training"] = "validation"
    rows: int = 0
    epoch: int | None = None

    @property
    def validation_loss(self) -> float | None:
        """The loss on rows that are held back; None without any."""
        return self.loss if self.on == "validation" else None


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
    rows, held_back = judged_rows(program), program.validation_rows > 0
    if not rows:
        return Judged
    data = program.validation if held_back else {name: table[:rows] for name, table in program.train.items()}
    op = program.analysis.ops[program.loss]
    judged = program.analysis.judged_by(program.loss)
    if judged is not None and judged[1] not in data:
        judged = None
    asked = run.start_outputs(data, [program.loss] if judged is None else [program.loss, judged[0]])

    def found() -> Judged:
        values = asked.get()
        loss = float(values[program.loss])
        metrics: dict[str, float] = {}
        if judged is not None and math.isfinite(loss):
            metrics = op.metrics(values[judged[0]], data[judged[1]])
        return Judged(loss, metrics, "validation" if held_back else "training", rows)

    return found


def prediction_node(program: Program) -> str | None:
    """The node whose output the loss judges, if the loss is one of the loss ops."""
    judged = program.analysis.judged_by(program.loss)
    return judged[0] if judged else None
