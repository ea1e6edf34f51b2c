"""The training loop: what it does depends on the document alone, never on how it is cut into chunks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from compute.errors import GradwireError
from compute.evaluation import evaluate
from compute.gallery import load_entry
from compute.reference import ReferenceEngine
from compute.training import Trainer
from compute.workspace import open_document

STEPS = 4
"""Steps of an epoch: three whole batches and a partial one."""


pytestmark = pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")


def trainer(epochs: int = 7, learning_rate: float = 0.01, *, keep_all: bool = True) -> Trainer:
    document = load_entry("tumours_two_columns")
    program = open_document(document).program
    optimizer = {"name": "adam", "learning_rate": learning_rate}
    batch_size = program.rows // 3 - 5
    assert -(-program.rows // batch_size) == STEPS
    training = replace(document.training, optimizer=optimizer, batch_size=batch_size, epochs=epochs)
    return Trainer(program, training, ReferenceEngine().open(program), keep_all=keep_all)


def chunk(made: Trainer, steps: int, every: int = 1) -> int:
    """One chunk of a pace that allows so many steps; how many it did."""
    before = made.step
    made._rate = float(steps)
    made.train(1.0, every=every)
    return made.step - before


def finish(made: Trainer, steps: int, every: int = 1) -> list[int]:
    done = []
    while not made.finished:
        done.append(chunk(made, steps, every))
    return done


def test_a_chunk_ends_with_the_epoch() -> None:
    made = trainer()
    assert finish(made, 100) == [STEPS] * 7
    assert [epoch.epoch for epoch in made.history.epochs] == [1, 2, 3, 4, 5, 6, 7]
    assert all(epoch.validation_loss is not None for epoch in made.history.epochs)


def test_a_chunk_of_several_epochs_ends_with_the_last_that_is_whole() -> None:
    made = trainer()
    assert chunk(made, 3, 7) == 3
    assert chunk(made, 3, 7) == 1
    assert chunk(made, 2 * STEPS + 3, 7) == 2 * STEPS
    assert (made.epoch, made.position) == (3, 3.0)
    assert chunk(made, 100, 2) == 2 * STEPS
    assert chunk(made, 100) == STEPS
    assert chunk(made, 100, 7) == STEPS
    assert made.finished


def test_chunks_do_not_matter() -> None:
    whole, parts, spans = trainer(), trainer(), trainer()
    finish(whole, 100)
    finish(parts, 1)
    finish(spans, 100, 7)
    for other in (parts, spans):
        assert other.history.steps == whole.history.steps
        means = [epoch.loss for epoch in whole.history.epochs]
        assert [epoch.loss for epoch in other.history.epochs] == pytest.approx(means, rel=1e-12)
        assert (other.step, other.epoch, other.rows_done) == (whole.step, whole.epoch, whole.rows_done)
        for name, weight in whole.run.weights().items():
            np.testing.assert_array_equal(other.run.weights()[name], weight)


def test_another_batch_size_holds_from_the_next_epoch_however_long_the_chunk() -> None:
    whole, parts = trainer(), trainer()
    for made, steps in ((whole, 100), (parts, 1)):
        chunk(made, 2)
        made.training = replace(made.training, batch_size=made.program.rows)
        finish(made, steps, 7)
    # Two of four steps with the old one, then an epoch is a step.
    assert whole.step == parts.step == STEPS + 6
    for name, weight in whole.run.weights().items():
        np.testing.assert_array_equal(parts.run.weights()[name], weight)


def test_an_epoch_is_validated_with_its_own_weights_or_not_at_all() -> None:
    each, spans = trainer(), trainer()
    finish(each, 100)
    while not spans.finished:
        chunk(spans, 3 * STEPS + 1, 7)
        now, last = evaluate(spans.program, spans.run), spans.history.epochs[-1]
        assert (last.validation_loss, last.metrics) == (now.loss, now.metrics)
    found = {epoch.epoch: epoch.validation_loss for epoch in spans.history.epochs}
    assert [epoch for epoch, loss in found.items() if loss is not None] == [3, 6, 7]
    for epoch in each.history.epochs:
        assert found[epoch.epoch] in (None, epoch.validation_loss)
    assert spans.history.named("validation loss").points().pairs() == [(float(e), found[e]) for e in (3, 6, 7)]
    assert [x for x, _ in spans.history.named("loss").points().pairs()] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]


def test_a_step_of_an_epoch_goes_to_its_end() -> None:
    made = trainer()
    made.step_batch()
    assert (made.step, made.epoch) == (1, 0)
    made.step_epoch()
    assert (made.step, made.epoch) == (STEPS, 1)
    made.step_epoch()
    assert (made.step, made.epoch) == (2 * STEPS, 2)


def test_training_ends_before_the_first_step_without_a_finite_loss() -> None:
    made = trainer(learning_rate=1e308)
    start = made.run.weights()
    with pytest.raises(GradwireError, match="became nan at step 2, which was not done;"):
        finish(made, 100, 7)
    assert (made.step, made.epoch, made.position) == (1, 0, 1 / STEPS)
    assert [x for x, _ in made.history.named("loss").points().pairs()] == [1 / STEPS]
    assert made.history.named("validation loss").points().pairs() == []
    assert np.isfinite(made.history.steps).all()
    once = trainer(learning_rate=1e308)
    once.step_batch()
    for name, weight in once.run.weights().items():
        assert not np.array_equal(weight, start[name])
        np.testing.assert_array_equal(made.run.weights()[name], weight)


def test_a_fault_is_the_same_in_chunks_of_any_size() -> None:
    ends = []
    for steps in (1, 3, STEPS + 1, 100):
        made = trainer()
        assert chunk(made, 2 * STEPS, 2) == 2 * STEPS
        # From here on each step multiplies the weights by −1e40.
        optimizer = {"name": "sgd", "learning_rate": 1e20, "weight_decay": 1e20}
        made.training = replace(made.training, optimizer=optimizer)
        with pytest.raises(GradwireError, match="Training stopped") as stop:
            finish(made, steps, 7)
        ends.append(
            (made.step, made.epoch, made.position, str(stop.value), made.history.named("loss").points().pairs()[-1][0])
        )
        assert made.run.step == made.step - 2 * STEPS > STEPS
    assert len(set(ends)) == 1


def test_what_a_window_needs_stays_small_and_is_the_same() -> None:
    everything, little = trainer(), trainer(keep_all=False)
    finish(everything, 3)
    finish(little, 3)
    assert little.history.steps == []
    assert [*little.history.epochs] == everything.history.epochs[-1:]
    assert little.history.named("loss").points().pairs() == everything.history.named("loss").points().pairs()
    assert (
        little.history.named("validation loss").points().pairs()
        == everything.history.named("validation loss").points().pairs()
    )
    assert little.step == everything.step == 7 * STEPS


def test_a_last_update_that_is_too_much_is_found_in_the_weights() -> None:
    document = load_entry("one_neuron")
    program = open_document(document).program
    training = replace(document.training, optimizer={"name": "sgd", "learning_rate": 1e308}, batch_size=1, epochs=1)
    made = Trainer(program, training, ReferenceEngine().open(program))
    with pytest.raises(
        GradwireError, match=r"the weight w\.value is not finite after step 1; .* rate of 1e\+308 is too large"
    ):
        finish(made, 100)
    assert np.isfinite(made.history.steps).all()


def test_a_weight_that_was_given_as_infinite_may_stay_so() -> None:
    document = load_entry("one_neuron")
    program = open_document(document).program
    weights = {**program.weights, "unused.value": np.array(np.inf)}
    program = replace(program, weights=weights)
    made = Trainer(program, replace(document.training, epochs=2), ReferenceEngine().open(program))
    finish(made, 100)
    assert made.epoch == 2
