"""The trials of a sweep as a table, for a file or the clipboard."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from compute.sweep.outcome import Outcome, ranked
from compute.sweep.runner import value_text
from compute.sweep.trial import Sweep


def header_of(sweep: Sweep, outcomes: Sequence[Outcome]) -> list[str]:
    """What each column holds."""
    axes = [axis.name for axis in sweep.axes]
    return ["rank", "trial", *axes, "loss", "validation loss", *metrics_of(outcomes), "epochs", "steps", "fault"]


def metrics_of(outcomes: Sequence[Outcome]) -> list[str]:
    """The metrics that some trial has."""
    return list(dict.fromkeys(name for outcome in outcomes for name in outcome.metrics))


def csv_of(sweep: Sweep, outcomes: Sequence[Outcome]) -> str:
    """All trials, the best first, with a header; an empty cell is not known."""
    file = io.StringIO()
    write = csv.writer(file, lineterminator="\n").writerow
    write(header_of(sweep, outcomes))
    metrics = metrics_of(outcomes)
    for rank, each in enumerate(ranked(outcomes), 1):
        values = [value_text(each.trial.values[axis.name]) for axis in sweep.axes]
        numbers: list[Any] = [each.loss, each.validation_loss, *(each.metrics.get(name) for name in metrics)]
        told = ["" if number is None else repr(number) for number in numbers]
        write([rank, each.trial.number, *values, *told, each.epochs, each.steps, each.fault])
    return file.getvalue()
