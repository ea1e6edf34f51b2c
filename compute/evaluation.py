"""How good a network is: loss and metrics on rows, and the node that they judge."""

from __future__ import annotations

import math
from collections.abc import Callable

from compute.engine import Program, Run

Evaluating = Callable[[], tuple[float | None, dict[str, float]]]
"""Waits for a loss and metrics."""


def evaluate(program: Program, run: Run, which: str = "validation") -> tuple[float | None, dict[str, float]]:
    """Loss and metrics on the validation rows (or ``which="train"``); (None, {}) if there are none."""
    return start_evaluation(program, run, which)()


def start_evaluation(program: Program, run: Run, which: str = "validation") -> Evaluating:
    """``evaluate`` with the weights as they are after all training that was started, to be waited for."""
    data, rows = (
        (program.validation, program.validation_rows) if which == "validation" else (program.train, program.rows)
    )
    op = program.analysis.ops[program.loss]
    if not rows or not data:
        return lambda: (None, {})
    nodes = [program.loss]
    judged = program.analysis.judged_by(program.loss)
    if judged is not None and judged[1] not in data:
        judged = None
    if judged is not None:
        nodes.append(judged[0])
    asked = run.start_outputs(data, nodes)

    def found() -> tuple[float | None, dict[str, float]]:
        values = asked.get()
        loss = float(values[program.loss])
        if judged is None or not math.isfinite(loss):
            return loss, {}
        prediction, target = judged
        return loss, op.metrics(values[prediction], data[target])

    return found


def prediction_node(program: Program) -> str | None:
    """The node whose output the loss judges, if the loss is one of the loss ops."""
    judged = program.analysis.judged_by(program.loss)
    return judged[0] if judged else None
