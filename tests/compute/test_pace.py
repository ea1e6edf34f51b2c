"""The speed of the training goes by a clock that can be set: so many steps a second, neither more nor fewer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from compute.reference import ReferenceEngine
from compute.snapshot import Snapshot
from compute.training import Trainer
from compute.worker.commands import Control, Open, SetParts, SetSpeed
from compute.worker.engine_choice import engine_choice
from compute.worker.pace import Pace, speed_text
from compute.worker.thread import TrainerThread
from compute.workspace import open_document
from tests.compute.test_job import small

PATIENCE = 20.0


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_step_is_due_at_once_and_then_with_every_part_of_a_second() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert pace.take() == 0
    pace.set(4.0)
    found = []
    for _ in range(40):
        found.append(pace.take())
        clock.now += 0.125
    assert found == [1, 0] * 20
    pace.set(1000.0)
    done = 0
    for _ in range(50):
        done += pace.take()
        clock.now += 1 / 64
    assert abs(done - 49 * 1000 / 64) <= 1


def test_what_was_left_undone_is_not_made_up_for() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.set(100.0)
    clock.now += 60.0
    assert pace.take() == 10
    assert pace.take() == 0
    assert 0.0 < pace.wait() <= 0.01


@pytest.mark.parametrize(("speed", "text"), [(1.0, "1 step a second"), (30.0, "30 steps a second")])
def test_a_speed_in_words(speed: float, text: str) -> None:
    assert speed_text(speed) == text


class Watched:
    """A compute thread by a clock of ours, and what it has shown."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.thread = TrainerThread(engine_choice("reference"), self.clock)
        self.shown = Snapshot()

    def wait(self, for_: Callable[[Snapshot], bool]) -> Snapshot:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            self.shown = self.thread.take() or self.shown
            if for_(self.shown):
                return self.shown
            time.sleep(0.001)
        raise AssertionError(f"it stays at step {self.shown.step}, {self.shown.state}")

    def rest(self) -> None:
        """As long as the thread looks at its clock several times."""
        time.sleep(0.1)
        self.shown = self.thread.take() or self.shown


@pytest.fixture
def watched() -> Iterator[Watched]:
    found = Watched()
    document = small()
    document.training = replace(document.training, epochs=50)
    found.thread.send(SetParts(frozenset({"trace"})))
    found.thread.send(Open(document, 0, fresh=True))
    found.wait(lambda s: s.revision == 0 and s.device != "")
    yield found
    found.thread.close()


def test_one_step_a_second_is_one_step_a_second_each_with_its_batch(watched: Watched) -> None:
    document = small()
    program = open_document(document).program
    alone = Trainer(program, document.training, ReferenceEngine().open(program))
    watched.thread.send(SetSpeed(1.0))
    watched.thread.send(Control("train"))
    for step in range(1, 6):
        shown = watched.wait(lambda s: s.step == step)  # noqa: B023
        assert shown.state == "running"
        assert shown.batch.before == alone.step_batch()
        assert (shown.batch.epoch, shown.batch.index) == divmod(step - 1, 2)
        for name, weight in alone.run.weights().items():
            np.testing.assert_array_equal(shown.weights[name], weight)
        assert (shown.judged.epoch, shown.judged.rows) == (None, 8)
        watched.clock.now += 0.9
        watched.rest()
        assert watched.shown.step == step
        watched.clock.now += 0.1
    watched.thread.send(Control("pause"))
    paused = watched.wait(lambda s: s.state == "paused")
    watched.clock.now += 10.0
    watched.rest()
    assert watched.shown.step == paused.step


def test_faster_ones_are_done_together_and_hold_the_batch(watched: Watched) -> None:
    watched.thread.send(SetSpeed(100.0))
    watched.thread.send(Control("train"))
    watched.wait(lambda s: s.step == 1)
    watched.clock.now += 0.0801
    shown = watched.wait(lambda s: s.step == 9)
    assert (shown.batch.epoch, shown.batch.index) == (0, 0)
    watched.thread.send(SetSpeed(None))
    done = watched.wait(lambda s: s.state == "finished")
    assert (done.epoch, done.step) == (50, 100)


def test_a_slow_training_ends_at_its_goal_and_at_the_end_of_an_epoch(watched: Watched) -> None:
    watched.thread.send(SetSpeed(1000.0))
    watched.thread.send(Control("step_epoch"))
    watched.wait(lambda s: s.step >= 1)
    watched.clock.now += 5.0
    shown = watched.wait(lambda s: s.state == "paused")
    assert (shown.epoch, shown.step) == (1, 2)
    watched.thread.send(Control("train"))
    while watched.shown.state != "finished":
        watched.clock.now += 5.0
        watched.rest()
    assert (watched.shown.epoch, watched.shown.step) == (50, 100)


def test_at_the_goal_training_goes_on_only_for_a_number_of_epochs(watched: Watched) -> None:
    watched.thread.send(Control("train"))
    watched.wait(lambda s: s.state == "finished")
    handled = watched.thread.send(Control("train"))
    shown = watched.wait(lambda s: s.handled == handled)
    assert (shown.state, shown.step, shown.goal) == ("finished", 100, 50)
    watched.thread.send(Control("train", more=7))
    shown = watched.wait(lambda s: s.state == "finished" and s.step > 100)
    assert (shown.step, shown.epoch, shown.goal) == (114, 57, 57)
