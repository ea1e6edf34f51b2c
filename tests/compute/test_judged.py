"""How good a network is: on rows that are held back, or where there are none on those of training."""

from __future__ import annotations

from dataclasses import replace

import pytest

from compute.gallery import load_entry
from compute.reference import ReferenceEngine
from compute.training import Trainer
from compute.worker.job import Job
from compute.workspace import open_document
from tests.compute.test_job import look, small

ENGINE = ReferenceEngine()


def test_it_is_known_before_training_and_follows_every_weight() -> None:
    job = Job(load_entry("iris"), 0)
    first = look(job).judged
    assert (first.on, first.rows, first.epoch) == ("validation", look(job).validation_rows, None)
    assert first.metrics.keys() == {"accuracy"}
    name = next(iter(job.weights))
    job.set_weight(name, (0, 0), 50.0)
    assert look(job).judged.loss != first.loss


def test_at_speed_it_is_that_of_the_last_epoch_and_at_rest_that_of_now() -> None:
    document = small()
    document.data = {**document.data, "validation_fraction": 0.25}
    job = Job(document, 0)
    trainer = job.trainer(ENGINE)
    trainer.step_epoch()
    running = look(job, running=True).judged
    last = trainer.history.epochs[-1]
    assert (running.loss, running.metrics, running.epoch) == (last.validation_loss, last.metrics, 1)
    job.step_batch(ENGINE)
    assert look(job, running=True).judged == running
    now = look(job).judged
    assert now.epoch is None
    assert now.loss != running.loss
    # Slow enough to follow, it is that of now as well.
    job.per_second = 1.0
    assert look(job, running=True).judged == now


def test_without_rows_held_back_those_of_training_are_judged() -> None:
    document = small()
    program = open_document(document).program
    trainer = Trainer(program, document.training, ENGINE.open(program))
    trainer.step_epoch()
    last = trainer.history.epochs[-1]
    assert last.validation_loss is None
    assert last.metrics == {"accuracy": pytest.approx(0.5, abs=0.5)}
    assert trainer.history.series.keys() == {"loss", "training accuracy"}
    judged = look(Job(document, 0)).judged
    assert (judged.on, judged.rows, judged.validation_loss) == ("training", 8, None)


def test_what_costs_much_is_not_judged_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compute.worker.job._MOST_NUMBERS", 1)
    job = Job(small(), 0)
    assert look(job).judged.loss is None
    job.trainer(ENGINE).step_epoch()
    assert look(job).judged.epoch == 1


def test_a_graph_without_a_target_has_no_metric() -> None:
    assert look(Job(load_entry("z_2x_y"), 0)).judged.metrics == {}
    broken = small()
    broken.training = replace(broken.training, loss="h")
    assert look(Job(broken, 0)).judged.loss is None
