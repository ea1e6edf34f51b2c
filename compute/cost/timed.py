"""The time of each node as the compute thread measures it, while somebody sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from compute.analysis import loss_problem
from compute.errors import GradwireError
from compute.ledger import StepTimes
from compute.measure import Ground, Measure, Moment
from compute.schedules import optimizer_of


@dataclass(frozen=True)
class Timed(Measure):
    """``StepTimes`` of the engine that computes, measured once for each network, batch size and optimizer."""

    def ask(self, ground: Ground) -> Callable[[Moment], StepTimes]:
        workspace, run = ground.workspace, ground.run

        def measure(moment: Moment) -> StepTimes:
            problem = loss_problem(run.program.analysis, run.program.loss)
            if problem is not None:
                raise GradwireError(problem.sentence)
            rows = max(1, min(moment.training.batch_size, workspace.program.rows))
            optimizer = optimizer_of(moment.training)
            key = ("step times", type(run), rows, optimizer.form)
            return ground.prepared(key, lambda: run.timed(rows, optimizer))

        return measure
