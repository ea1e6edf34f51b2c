"""Which networks can be trained side by side; see ``compute.engine.Beside``."""

from __future__ import annotations

from collections.abc import Hashable

from compute import alike
from compute.engine import Lane
from compute.evaluation import judged_rows
from compute.plan import make_plan


def likeness(lane: Lane) -> Hashable:
    """What a lane has in common with those that it can be trained beside. Errors: GradwireError."""
    program, order = lane.program, lane.order
    analysis, loss = program.analysis, program.loss
    plans = [make_plan(analysis, rows, loss, "train") for rows in order.batches(0).kinds]
    judged = judged_rows(program)
    return (
        (order.rows, order.batch_size, order.shuffle),
        (judged, program.validation_rows > 0),
        lane.optimizer.form,
        *map(alike.likeness, plans),
        alike.likeness(make_plan(analysis, max(1, judged), loss, "forward")),
    )
