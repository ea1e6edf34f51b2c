"""Going back to any step of a run: which marks are kept, and that what is shown is that step, bit for bit."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from compute.batches import Order
from compute.document import TrainingSettings
from compute.history import Mark
from compute.reference import ReferenceEngine
from compute.runs.trail import Trail, size_of
from compute.series import LOSS, Points
from compute.snapshot import Snapshot
from compute.state import OptimizerState, Place, Progress
from compute.worker.commands import Control, GoTo, Open, SetParts
from compute.worker.engine_choice import EngineChoice, Opened
from compute.worker.job import Job
from compute.worker.thread import TrainerThread
from tests.campaigns import rewinds
from tests.compute.moments import assert_same_moment
from tests.compute.test_job import edited, look, small, train

EPOCH = 10
"""Steps of an epoch."""
ORDER = Order(40, 4, 0, True)
SETTINGS = TrainingSettings("loss", epochs=100)


def mark(step: int, weights: int = 10) -> Mark:
    epochs, done = divmod(step, EPOCH)
    place = Place(ORDER, done, 0.0, 4 * done) if done else None
    optimizer = OptimizerState("sgd", step, {})
    return Mark({"w": np.zeros(weights, np.float32)}, Progress(epochs, step, {}, place, optimizer), 100, 100)


def trail(most: int = 50, steps: int = 5000, every: int = 7, most_bytes: int | None = None) -> Trail:
    made = Trail(most_bytes, most)
    made.begin(mark(0), SETTINGS, 100)
    for step in range(every, steps + 1, every):
        made.note(mark(step))
    return made


def test_marks_are_spread_over_the_run_and_denser_near_its_end() -> None:
    steps = trail().steps
    assert 45 <= len(steps) <= 50
    assert steps[0] == 0
    gaps = np.diff(steps)
    assert gaps.max() < 5 * 5000 / 50
    assert gaps[-10:].mean() < 0.4 * gaps[:10].mean()


def test_of_two_marks_the_end_of_an_epoch_is_kept() -> None:
    assert np.mean([step % EPOCH == 0 for step in trail(every=5).steps]) > 0.7


def test_marks_stay_within_their_bytes_and_a_run_that_does_not_fit_has_none() -> None:
    size = size_of(mark(0))
    made = trail(most_bytes=8 * size)
    assert 7 <= len(made) <= 8
    assert made.bytes <= 8 * size
    assert trail(most_bytes=size - 1).reach is None


def test_what_was_changed_by_hand_is_kept_as_no_training_leads_to_it() -> None:
    made = trail(20, 500)
    made.turn(mark(497, weights=11))
    for step in range(500, 5000, 7):
        made.note(mark(step))
    assert 497 in made.steps
    found = made.before(497)
    assert found is not None
    assert found.weights["w"].size == 11


def test_where_more_is_changed_by_hand_than_can_be_kept_the_reach_begins_later() -> None:
    made = trail(5, 10, 1)
    for step in range(10, 20):
        made.turn(mark(step))
    reach = made.reach
    assert reach is not None
    assert (reach.first, reach.last) == (16, 19)
    assert made.before(14) is None


def test_a_place_on_the_axis_is_a_step_whatever_the_batches_were() -> None:
    made = trail(50, 100)
    # From the tenth epoch on, one has 20 steps.
    made.change(100, 10.0, replace(SETTINGS, batch_size=2), 100)
    half = Order(40, 2, 0, True)
    made.note(replace(mark(0), progress=Progress(12, 150, {}, Place(half, 10, 0.0, 20))))
    reach = made.reach
    assert reach is not None
    assert [reach.step_at(epoch) for epoch in (-3.0, 0.0, 5.04, 10.0, 11.25, 99.0)] == [0, 0, 50, 100, 125, 150]
    assert reach.epoch_at(125) == 11.25


def test_settings_of_a_step_are_those_it_was_done_with() -> None:
    made = trail(50, 100)
    slow, slower = (replace(SETTINGS, optimizer={"name": "sgd", "learning_rate": rate}) for rate in (0.1, 0.01))
    made.change(40, 4.0, slow, 100)
    made.change(40, 4.0, slower, 100)
    made.change(60, 6.0, slower, 100)
    assert [made.stage_at(step)[0].training for step in (0, 39, 40, 99)] == [SETTINGS, SETTINGS, slower, slower]
    assert [made.stage_at(step)[1] for step in (0, 40)] == [40, None]


def test_a_curve_ends_at_a_place_without_a_point_of_what_comes_after() -> None:
    points = Points(np.array([0.1, 0.2, 0.3]), np.array([3.0, 2.0, 1.0]), 4, 2, 2.0)
    assert points.until(0.3) is points
    assert points.until(0.25).pairs() == [(0.1, 3.0), (0.2, 2.0)]
    assert points.until(0.1 + 0.2 - 0.1).pairs() == [(0.1, 3.0), (0.2, 2.0)]


def test_random_rewinds_of_random_trainings_are_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    tally = rewinds.run(5, 3, [ReferenceEngine()], 20, 4)
    assert tally.wrong == []
    assert tally.rewinds == 100
    assert tally.again > 100
    # Settings that were not in force are seen.
    monkeypatch.setattr(Trail, "stage_at", lambda made, step: (made._stages[-1], None))
    assert rewinds.run(2, 3, [ReferenceEngine()], 20, 4).wrong


# -- the open document ----------------------------------------------------------------------------------------------


def trained(epochs: int = 5) -> Job:
    """Two steps an epoch, seen at the end of each."""
    job = Job(small(), 0, frozenset({"trace"}))
    look(job)
    for _ in range(epochs):
        train(job, 1)
        look(job)
    return job


def gone_to(job: Job, step: int | None) -> Snapshot:
    job.go_to(step)
    while job.is_on_the_way:
        job.go_on_the_way(0.01)
    return look(job)


def test_everything_that_is_shown_is_of_the_step() -> None:
    job, other = trained(), Job(small(), 0, frozenset({"trace"}))
    trainer = other.trainer(ReferenceEngine())
    for _ in range(3):
        trainer.step_batch()
    then, now = look(other), look(job)
    shown = gone_to(job, 3)
    assert (shown.step, shown.state, shown.name) == (3, "paused", "step 3, in epoch 2")
    assert shown.trace.loss == then.trace.loss
    for name, weight in then.weights.items():
        np.testing.assert_array_equal(shown.weights[name], weight)
    assert shown.judged == then.judged
    assert shown.optimizer("adam").updates == 3
    assert shown.series(LOSS).x.max() <= 1.5
    assert shown.earlier is not None
    assert shown.earlier.end.progress.series[LOSS].pairs() == now.series(LOSS).pairs()
    back = gone_to(job, None)
    assert back.earlier is None
    assert (back.step, back.state) == (10, now.state)
    assert back.series(LOSS).pairs() == now.series(LOSS).pairs()


def test_a_step_beyond_what_was_done_is_the_nearest() -> None:
    job = trained()
    assert gone_to(job, -5).step == 0
    shown = gone_to(job, 99)
    assert (shown.step, shown.earlier) == (10, None)


def test_training_goes_on_from_the_step_that_is_shown_by_the_settings_of_now() -> None:
    job = trained()
    gone_to(job, 4)
    job.set_training(replace(job.document.training, optimizer={"name": "sgd", "learning_rate": 0.5}))
    assert look(job).earlier is not None
    job.branch()
    train(job, 1)
    shown = look(job)
    assert (shown.step, shown.earlier) == (6, None)
    assert shown.progress.optimizer.name == "sgd"
    assert shown.reach is not None
    assert shown.reach.last == 6
    assert shown.series(LOSS).x.tolist() == sorted(shown.series(LOSS).x.tolist())
    # Both parts can be gone back to, each by its own settings.
    assert gone_to(job, 3).progress.optimizer.name == "adam"
    assert gone_to(job, 5).progress.optimizer.name == "sgd"


def test_a_weight_typed_at_an_earlier_step_is_put_into_that_step() -> None:
    job = trained()
    gone_to(job, 4)
    job.set_weight("z.bias", (0,), 0.25)
    shown = look(job)
    assert (shown.step, shown.earlier, shown.weights["z.bias"].tolist()) == (4, None, [0.25])
    train(job, 1)
    assert gone_to(job, 4).weights["z.bias"].tolist() == [0.25]


def test_another_network_begins_anew_and_undoing_that_brings_the_steps_back() -> None:
    job, document = trained(), small()
    job.edit(edited(document, units=3), 1)
    assert look(job).reach is None
    job.edit(document, 2)
    train(job, 1)
    shown = look(job)
    assert shown.reach is not None
    assert (shown.reach.first, shown.reach.last) == (0, 12)
    assert gone_to(job, 3).step == 3


def test_after_a_reset_and_on_another_engine_only_the_steps_since_can_be_gone_to() -> None:
    job = trained()
    gone_to(job, 3)
    job.leave_run()
    shown = look(job)
    assert (shown.step, shown.earlier, shown.reach) == (10, None, None)
    train(job, 1)
    assert gone_to(job, 3).step == 10
    gone_to(job, 11)
    job.reset()
    shown = look(job)
    assert (shown.step, shown.earlier) == (0, None)
    assert shown.reach is not None
    assert shown.reach.last == 0


def test_the_end_is_kept_where_the_device_is_lost_meanwhile() -> None:
    job = trained()
    end = look(job)
    gone_to(job, 3)
    job.abandon_run()
    shown = look(job)
    assert (shown.step, shown.earlier) == (10, None)
    for name, weight in end.weights.items():
        np.testing.assert_array_equal(shown.weights[name], weight)


def test_to_train_again_is_no_progress() -> None:
    job = trained()
    trainer = job.trainer(ReferenceEngine())
    before = trainer.seconds, trainer.rows_done
    gone_to(job, 3)
    assert (trainer.seconds, trainer.rows_done) == before


# -- the thread -----------------------------------------------------------------------------------------------------


@pytest.fixture
def thread() -> Iterator[TrainerThread]:
    made = TrainerThread(EngineChoice(lambda: None, lambda: Opened(ReferenceEngine(), "")))
    yield made
    made.close()


def newest(thread: TrainerThread, number: int, step: int) -> Snapshot:
    """The first snapshot after a command that shows a step."""
    for _ in range(2000):
        snapshot = thread.take()
        if snapshot is not None and snapshot.handled >= number and snapshot.step == step:
            return snapshot
        time.sleep(0.005)
    raise AssertionError(step)


def test_a_step_is_asked_for_while_it_trains_and_the_newest_wish_counts(thread: TrainerThread) -> None:
    document = replace(small(), training=replace(small().training, epochs=10**6))
    thread.send(SetParts(frozenset()))
    thread.send(Open(document, 0, fresh=True))
    thread.send(Control("train"))
    time.sleep(0.3)
    numbers = [thread.send(GoTo(step)) for step in (40, 7, 21)]
    assert all(b > a for a, b in pairwise(numbers))
    snapshot = newest(thread, numbers[-1], 21)
    assert snapshot.state == "paused"
    assert snapshot.earlier is not None
    end = snapshot.earlier.end
    shown = newest(thread, thread.send(GoTo(None)), end.progress.steps)
    assert_same_moment(replace(end, weights=shown.weights, progress=shown.progress), end)
    # From an earlier step training begins another curve.
    newest(thread, thread.send(GoTo(5)), 5)
    snapshot = newest(thread, thread.send(Control("step_batch")), 6)
    assert snapshot.earlier is None
    assert snapshot.reach is not None
    assert snapshot.reach.last == 6
