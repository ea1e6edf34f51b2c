"""The batch that wires and walk show: of a step its own, in a walk the next, in training at speed the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from compute.batches import Order
from compute.document import Document, dumps, loads
from compute.explain import Quantity, walk, why
from compute.graph import Node, Wire
from compute.optimizers import make_optimizer
from compute.reference import ReferenceEngine, ReferenceRun
from compute.shown import ShownBatch
from compute.snapshot import Snapshot
from compute.training import Trainer
from compute.worker.job import Job
from compute.workspace import open_document
from tests.compute.test_job import look, small

ENGINE = ReferenceEngine()
ORDER = Order(8, 4, seed=3, shuffle=True)


def loss_of(snapshot: Snapshot, document: Document, epoch: int, index: int) -> float:
    """The loss of a batch with the weights of a snapshot."""
    run = ReferenceRun(open_document(document).program)
    run.set_weights(snapshot.weights)
    found = run.trace(ORDER.batches(epoch, index, 1)[0]).loss
    assert found is not None
    return found


def test_a_step_shows_its_own_batch_with_the_loss_before_and_now() -> None:
    document = small()
    job = Job(document, 0)
    first = look(job)
    assert (first.batch.name, first.batch.before) == ("batch 1 of 2, epoch 1", None)
    for epoch, index in ((0, 0), (0, 1), (1, 0)):
        before = look(job)
        job.step_batch(ENGINE)
        after = look(job)
        assert (after.batch.epoch, after.batch.index) == (epoch, index)
        assert list(after.trace.rows) == list(ORDER.batches(epoch, index, 1)[0])
        assert after.batch.before == loss_of(before, document, epoch, index)
        assert after.trace.loss == loss_of(after, document, epoch, index)
    job.set_weight("z.bias", (0,), 1.0)
    assert look(job).batch.before is None


def test_training_at_speed_holds_the_batch_and_reset_begins_with_the_first() -> None:
    job = Job(small(), 0)
    job.step_batch(ENGINE)
    job.step_batch(ENGINE)
    rows = list(look(job).trace.rows)
    trainer = job.trainer(ENGINE)
    for _ in range(3):
        trainer.step_epoch()
        snapshot = look(job, running=True)
        assert (snapshot.batch.epoch, snapshot.batch.index, snapshot.batch.is_next) == (0, 1, False)
        assert list(snapshot.trace.rows) == rows
        assert snapshot.batch.before is None
    job.reset()
    assert look(job).batch.name == "batch 1 of 2, epoch 1"
    assert look(job).batch.is_next


def test_any_batch_of_an_epoch_can_be_chosen() -> None:
    job = Job(small(), 0)
    for index, found in ((1, 1), (0, 0), (9, 1), (-3, 0)):
        job.show_batch(0, index)
        snapshot = look(job)
        assert (snapshot.batch.index, snapshot.batch.chosen) == (found, True)
        assert list(snapshot.trace.rows) == list(ORDER.batches(0, found, 1)[0])
    job.show_batch(5, 1)
    assert list(look(job).trace.rows) == list(ORDER.batches(5, 1, 1)[0])
    assert look(job).batch.following_name == "batch 1 of epoch 1"
    # A walk begins with the batch that a person chose; after a step it goes on with the next.
    job.set_walking(True)
    assert (look(job).batch.epoch, look(job).batch.is_next) == (5, False)
    job.step_batch(ENGINE)
    assert (look(job).batch.epoch, look(job).batch.index, look(job).batch.is_next) == (0, 1, True)


def with_dropout() -> Document:
    document = small()
    document.graph.nodes["d"] = Node("d", "dropout", {"rate": 0.4})
    del document.graph.wires["z", "x"]
    for wire in (Wire("t", "d", "x"), Wire("d", "z", "x")):
        document.graph.wires[wire.key] = wire
    return document


@pytest.mark.parametrize("make", [small, with_dropout])
def test_the_step_of_a_walk_is_a_training_step_bit_for_bit(make: object) -> None:
    document: Document = make()  # type: ignore[operator]
    job = Job(document, 0)
    program = open_document(document).program
    alone = Trainer(program, document.training, ENGINE.open(program))
    job.step_batch(ENGINE)
    alone.step_batch()
    job.set_walking(True)
    for number in range(2, 6):
        snapshot = look(job)
        assert snapshot.batch.is_next
        remembered = snapshot.optimizer("adam")
        steps = walk(
            document.graph, snapshot.analysis, "loss", snapshot.trace, make_optimizer(document.training.optimizer),
            optimizer_state=remembered.arrays, updates_done=remembered.updates,
        )  # fmt: skip
        told = {step.told[0]: (step.entries[0], step.answers[0].value) for step in steps if step.phase == "update"}
        job.step_batch(ENGINE)
        assert alone.step_batch() == snapshot.trace.loss  # the loss of the walk is the one that the step found
        now = look(job)
        assert now.step == number
        for name, weight in alone.run.weights().items():
            np.testing.assert_array_equal(now.weights[name], weight)
        for quantity, (entry, value) in told.items():
            assert now.weights[quantity.weight][entry] == value


def test_another_optimizer_begins_to_draw_anew_and_the_walk_shows_it() -> None:
    document = with_dropout()
    job = Job(document, 0)
    job.step_batch(ENGINE)
    job.set_walking(True)
    job.set_training(replace(document.training, optimizer={"name": "sgd", "learning_rate": 0.1}))
    loss = look(job).trace.loss
    assert job.trainer(ENGINE).step_batch() == loss


def test_a_reopened_document_shows_the_same_batch_and_losses() -> None:
    document = small()
    job = Job(document, 0)
    for _ in range(3):
        job.step_batch(ENGINE)
    job.show_batch(1, 0)
    before = look(job)
    document.weights, document.progress = dict(before.weights), before.progress
    again = look(Job(loads(dumps(document, archive=True)), 1))
    assert again.batch.name == before.batch.name == "batch 1 of 2, epoch 2"
    assert list(again.trace.rows) == list(before.trace.rows)
    assert (again.trace.loss, again.mean_loss) == (before.trace.loss, before.mean_loss)
    assert again.judged == before.judged


def test_the_mean_is_that_of_the_epoch_so_far_and_then_of_all_of_it() -> None:
    job, losses = Job(small(), 0), list[float]()
    assert look(job).mean_loss is None
    for number in range(1, 5):
        job.step_batch(ENGINE)
        before = look(job).batch.before
        assert before is not None
        losses.append(before)
        done = losses[(number - 1) // 2 * 2 :]
        assert look(job).mean_loss == pytest.approx(sum(done) / len(done), rel=1e-15)


def test_a_batch_that_is_too_large_is_shown_in_part_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compute.worker.job._LEAST_ROWS", 3)
    monkeypatch.setattr("compute.worker.job._MOST_NUMBERS", 1)
    snapshot = look(Job(small(), 0))
    assert list(snapshot.trace.rows) == list(ORDER.batches(0, 0, 1)[0][:3])
    assert not snapshot.batch.whole
    assert snapshot.batch.short == "3 of 4 rows"
    assert snapshot.batch.name == "the first 3 of 4 rows of batch 1 of 2, epoch 1"


def test_rows_of_one_batch_stay_in_their_order() -> None:
    document = small()
    document.training = replace(document.training, batch_size=64)
    snapshot = look(Job(document, 0))
    assert list(snapshot.trace.rows) == list(range(8))
    assert (snapshot.batch.name, snapshot.batch.short) == ("all 8 rows", "all 8 rows")


def test_without_data_there_is_no_batch_to_name() -> None:
    assert (ShownBatch().name, ShownBatch().short) == ("the values of now", "")


def test_a_document_that_was_trained_to_its_end_is_at_its_end_when_it_is_opened_again() -> None:
    document = small()
    job = Job(document, 0)
    trainer = job.trainer(ENGINE)
    while not trainer.finished:
        trainer.step_epoch()
    snapshot = look(job)
    document.weights, document.progress = dict(snapshot.weights), snapshot.progress
    again = Job(loads(dumps(document, archive=True)), 1)
    assert look(again).state == snapshot.state == "finished"
    again.set_training(replace(document.training, epochs=9))
    assert look(again).state == "paused"


def kept() -> Document:
    """Batches of two: two of training, two rows kept for validation, two for a test."""
    document = small()
    document.training = replace(document.training, batch_size=1)
    document.data = {**document.data, "validation_fraction": 0.25, "test_fraction": 0.25}
    return document


@pytest.mark.parametrize("on", ["reference", "opencl"])
def test_rows_that_are_kept_from_training_are_shown_with_value_and_gradient(
    on: str, request: pytest.FixtureRequest
) -> None:
    engine = ENGINE if on == "reference" else request.getfixturevalue("opencl")
    document = kept()
    job = Job(document, 0)
    job.step_batch(engine)
    prepared = open_document(document).prepared
    assert prepared is not None
    for of, table, values in (
        ("validation", prepared.validation_rows, prepared.validation),
        ("test", prepared.test_rows, prepared.test),
    ):
        job.show_row(int(table[1]))
        snapshot = look(job)
        batch, trace = snapshot.batch, snapshot.trace
        assert (batch.of, batch.index, batch.count, batch.is_next, trace.of) == (of, 1, 2, False, of)
        assert (batch.short, batch.name) == (f"{of} 2 of 2", f"{of} row 1 of 2")
        assert list(snapshot.row_labels) == [table[1]]
        np.testing.assert_array_equal(trace.values["x"], values["x"][1:])
        # What a network of these rows alone would have, with the weights of now.
        run = ReferenceRun(open_document(document).program.on(batch.of))
        run.set_weights(snapshot.weights)
        alone = run.trace(np.array([1]))
        assert trace.loss == alone.loss
        assert {*trace.wire_grads} == {*alone.wire_grads}
        for key, gradient in alone.wire_grads.items():
            np.testing.assert_array_equal(trace.wire_grads[key], gradient)
        told = why(document.graph, snapshot.analysis, "loss", trace, Quantity("value", "x"), (0, 0))
        assert told.sentence == f"It comes from the data: {of} row 1, column a."
    # A walk goes through them, and its step is that of the batch that training takes next.
    job.set_walking(True)
    assert look(job).batch.of == "test"
    job.step_batch(engine)
    assert (look(job).batch.of, look(job).batch.is_next, look(job).step) == ("training", True, 2)


def test_kept_rows_on_show_come_back_with_the_document_and_give_way_where_none_are_kept() -> None:
    document = kept()
    job = Job(document, 0)
    job.step_batch(ENGINE)
    job.show_batch(0, 7, "validation")
    before = look(job)
    document.weights, document.progress = dict(before.weights), before.progress
    again = look(Job(loads(dumps(document, archive=True)), 1))
    assert (again.batch.name, again.trace.loss) == (before.batch.name, before.trace.loss)
    assert again.batch.name == "validation row 1 of 2"
    job.edit(replace(document, data={**document.data, "validation_fraction": 0.0}), 1)
    assert (look(job).batch.of, look(job).batch.is_next) == ("training", True)
    job.show_batch(0, 0, "validation")
    assert look(job).batch.of == "training"
