"""Settings of ops with which a training goes on when they are changed: each a mark on the curve."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from compute.document import Document
from compute.graph import Node, Wire
from compute.worker.job import Job
from tests.compute.test_job import look, small, train


def classes() -> Document:
    """Two classes by softmax, with dropout before it."""
    document = small()
    graph = document.graph
    graph.nodes["z"] = Node("z", "dense", {"units": 2})
    graph.nodes["y"] = Node("y", "target", {"columns": ["c"], "encoding": "index", "classes": 2})
    graph.nodes["loss"] = Node("loss", "softmax_cross_entropy")
    graph.nodes["d"] = Node("d", "dropout", {"rate": 0.1})
    graph.wires["d", "x"] = Wire("t", "d", "x")
    graph.wires["z", "x"] = Wire("d", "z", "x")
    return document


def with_param(document: Document, node: str, name: str, value: object) -> Document:
    out = document.copy()
    old = out.graph.nodes[node]
    out.graph.nodes[node] = replace(old, params={**old.params, name: value})
    return out


@pytest.mark.parametrize(
    ("node", "name", "value", "told"),
    [
        ("loss", "label_smoothing", 0.1, "label smoothing of loss: 0 → 0.1"),
        ("loss", "class_weights", [1, 2.5], "class weights of loss: none → 1, 2.5"),
        ("loss", "class_weights", "balanced", "class weights of loss: none → "),
        ("d", "rate", 0.4, "rate of d: 0.1 → 0.4"),
    ],
)
def test_training_goes_on_with_another_setting(node: str, name: str, value: object, told: str) -> None:
    document = classes()
    job = Job(document, 0)
    train(job, 3)
    before = look(job, running=True)
    assert job.edit(with_param(document, node, name, value), 1, stops=True)
    now = look(job, running=True)
    assert (now.step, now.epoch, now.state) == (before.step, 3, "running")
    assert now.progress.optimizer.updates == before.progress.optimizer.updates > 0
    assert len(now.progress.series["loss"].x) == len(before.progress.series["loss"].x)
    assert all(np.array_equal(now.weights[key], before.weights[key]) for key in before.weights)
    assert next(turn.sentence for turn in now.progress.turns).startswith(told)
    assert now.notice.startswith(told[:1].upper() + told[1:])
    train(job, 1)
    assert look(job).epoch == 4
    # Taken back, it goes on as well; the curve has both marks.
    assert job.edit(document.copy(), 2, stops=True)
    assert (look(job).epoch, len(look(job).progress.turns)) == (4, 2)


def test_with_another_loss_the_same_weights_have_another_gradient() -> None:
    document = classes()
    job = Job(document, 0)
    train(job, 2)
    smooth = with_param(document, "loss", "label_smoothing", 0.5)
    plain = look(job)
    job.edit(smooth, 1)
    now = look(job)
    assert now.trace.loss is not None
    assert now.trace.loss != plain.trace.loss
    job.edit(document, 2)
    assert look(job).trace.loss == plain.trace.loss


def test_what_cannot_be_computed_stops_it() -> None:
    document = classes()
    job = Job(document, 0)
    train(job, 1)
    assert not job.edit(with_param(document, "loss", "class_weights", [1, 2, 3]), 1, stops=True)
    assert look(job).epoch == 0
    assert job.edit(document.copy(), 2) is False
    assert look(job).epoch == 1, "taken back, training is where it was"
