"""Chunks that are started before the last one is recorded: the same bits, and looks that show just what is counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from compute.document import Document
from compute.errors import GradwireError
from compute.evaluation import evaluate
from compute.gallery import load_entry
from compute.opencl.engine import OpenCLEngine
from compute.training import Trainer
from compute.worker.job import Job
from compute.workspace import open_document


@pytest.fixture(params=["opencl", "opencl_fused"])
def engine(request: pytest.FixtureRequest) -> OpenCLEngine:
    """Both schedules of training steps."""
    found: OpenCLEngine = request.getfixturevalue(request.param)
    return found


def spiral(epochs: int = 6, learning_rate: float = 0.01) -> Document:
    """400 rows in batches of 32, so that the last batch of an epoch is smaller."""
    document = load_entry("spiral")
    optimizer = {"name": "adam", "learning_rate": learning_rate}
    document.training = replace(document.training, epochs=epochs, optimizer=optimizer)
    return document


def trainer(document: Document, engine: OpenCLEngine) -> Trainer:
    program = open_document(document).program
    return Trainer(program, document.training, engine.open(program))


def to_the_end(made: Trainer, seconds: float) -> None:
    """One by one without seconds, else in overlapping chunks of 8."""
    while not made.finished:
        made.train(seconds, every=60)
        made._rate = 8.0 if seconds else 0.0


def test_chunks_that_overlap_give_the_same_bits(engine: OpenCLEngine) -> None:
    document = spiral()
    single = trainer(document, engine)
    while not single.finished:
        single.step_batch()
    for seconds, every in ((1.0, 1), (1.0, 6), (0.002, 4)):
        made, most = trainer(document, engine), 0
        while not made.finished:
            made.train(seconds, every=every)
            made._rate = max(made._rate, 2 / seconds)  # however slow the machine is
            most = max(most, len(made._started))
        assert most == 1
        assert not made._started
        assert made.history.steps == single.history.steps
        assert (made.step, made.epoch, made.rows_done) == (single.step, single.epoch, single.rows_done)
        for name, weight in single.run.weights().items():
            np.testing.assert_array_equal(made.run.weights()[name], weight)
        found = {epoch.epoch: epoch.validation_loss for epoch in made.history.epochs if epoch.validation_loss}
        expected = {epoch.epoch: epoch.validation_loss for epoch in single.history.epochs}
        assert found == {epoch: expected[epoch] for epoch in found}
        assert 6 in found
        assert evaluate(made.program, made.run).loss == pytest.approx(found[6], rel=1e-6)
        made.run.close()
    single.run.close()


def test_a_step_that_fails_ends_what_was_started_after_it(engine: OpenCLEngine) -> None:
    ends = []
    for seconds in (0.0, 1.0):
        made = trainer(spiral(60), engine)
        made.train(seconds)
        # From here on each step multiplies the weights by −1e10.
        optimizer = {"name": "sgd", "learning_rate": 1e5, "weight_decay": 1e5}
        made.training = replace(made.training, optimizer=optimizer)
        with pytest.raises(GradwireError, match=r"the loss became \S+ at step \d+, which was not done;") as stop:
            to_the_end(made, seconds)
        assert not made._started
        assert np.isfinite(made.history.steps).all()
        assert len(made.history.steps) == made.step
        ends.append((str(stop.value), made.history.steps[1:]))
        # What was trained before is there, and the next try fails at the same step.
        weights = made.run.weights()
        with pytest.raises(GradwireError, match="Training stopped") as again:
            made.step_batch()
        assert str(again.value) == str(stop.value)
        for name, weight in made.run.weights().items():
            np.testing.assert_array_equal(weight, weights[name])
        made.run.close()
    assert ends[0] == ends[1]


def test_a_look_shows_the_steps_that_are_counted(engine: OpenCLEngine) -> None:
    document = spiral(1000)
    job, single = Job(document, 0), trainer(document, engine)
    made = job.trainer(engine)
    counted = set()
    for under_way in (1, 2, 3, 1):
        made._rate = 900.0
        assert made.ahead(0.05)
        made.train(0.05, every=1000, under_way=under_way)
        made._rate = 900.0
        pending = job.ask()
        made.train(0.05, every=1000, under_way=under_way, asked=True)
        shown = job.snapshot(running=True, problem=None, device="", device_reason="", on_opencl=True, pending=pending)
        assert len(made._started) == under_way
        while single.step < shown.step:
            single.step_batch()
        assert shown.progress.optimizer.updates == shown.step == made.step
        counted.add(shown.step)
        for name, weight in single.run.weights().items():
            np.testing.assert_array_equal(shown.trace.parameters[name], weight)
        for name, state in single.run.state().optimizer.arrays.items():
            np.testing.assert_array_equal(shown.progress.optimizer.arrays[name]["m"], state["m"])
    assert len(counted) == 4
    made.settle()
    job.close()
    single.run.close()
