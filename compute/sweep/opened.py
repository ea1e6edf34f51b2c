"""A trial as a document of its own, as if it had been trained alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from compute.batches import Order
from compute.document import Document
from compute.series import LOSS, VALIDATION_LOSS, Points, Series
from compute.state import Place, Progress
from compute.sweep.outcome import Column, Outcome
from compute.sweep.runner import values_text
from compute.sweep.trial import Sweep
from compute.workspace import TableCache, open_document, placed


def document_of(sweep: Sweep, outcome: Outcome, cache: TableCache | None = None) -> Document:
    """The trial's document with what it trained: weights, the optimizer's state, curves. Training goes on from there.
    Errors: GradwireError where its data cannot be read any more."""
    document = sweep.document_of(outcome.trial)
    document.name = f"{document.name}, {values_text(outcome.trial)}"
    document.data, document.path = placed(document), None
    if outcome.state is None:
        return document
    program = open_document(document, cache=cache).program
    document.weights = {**document.weights, **program.weights, **outcome.state.weights}
    if outcome.progress is not None:
        document.progress = replace(outcome.progress, optimizer=outcome.state.optimizer, fitted=program.fitted)
        return document
    training = document.training
    order = Order(program.rows, training.batch_size, training.seed, training.shuffle)
    done = outcome.steps - outcome.epochs * order.steps
    epochs = np.arange(1, outcome.epochs + 1, dtype=np.float64)
    series = {LOSS: _points(epochs, outcome.losses)} if outcome.epochs else {}
    if len(outcome.validation):
        series[VALIDATION_LOSS] = _points(outcome.judged_at, outcome.validation)
    on = "validation" if program.validation_rows else "training"
    for name, value in outcome.metrics.items():
        series[f"{on} {name}"] = Points.of([(float(outcome.epochs), value)])
    document.progress = Progress(
        outcome.epochs,
        outcome.steps,
        series,
        Place(order, done, *outcome.part) if done else None,
        outcome.state.optimizer,
        outcome.loss,
        fitted=program.fitted,
    )
    return document


def _points(x: Column, y: Column) -> Points:
    """Thinned as the curve of a training is."""
    series = Series()
    series.extend(x, y)
    return series.points()
