"""A session's walk: it keeps its place and has the numbers of now."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from compute.explain import Granularity
from editor.session import Session
from tests.compute.test_job import small
from tests.editor.panel_session import WAIT, reach, settle


def test_an_optimizer_that_there_is_not_is_said_when_the_walk_begins(session: Session, qtbot: QtBot) -> None:
    document = small()
    document.training = replace(document.training, optimizer={"name": "lion"})
    session.open_document(document)
    settle(qtbot, session)
    said: list[str] = []
    session.message.connect(said.append)
    session.start_walk()
    assert session.walk is None
    (sentence,) = said
    assert sentence.startswith("training.optimizer: there is no optimizer 'lion'; choose ")


def test_the_walk_goes_through_all_phases_and_back(session: Session) -> None:
    session.start_walk()
    assert session.walk is not None
    phases = list(dict.fromkeys(step.phase for step in session.walk.steps))
    assert phases == ["forward", "loss", "backward", "update"]
    session.finish_phase()
    assert session.walk.step.phase == "forward"
    assert session.walk.steps[session.walk.index + 1].phase == "loss"
    session.walk_to(10**9)
    assert str(session.walk.step.phase) == "update"
    session.walk_by(-(10**9))
    assert session.walk.index == 0
    session.stop_walk()
    assert session.walk is None


def test_the_update_that_the_walk_shows_is_the_one_that_the_next_step_makes(session: Session, qtbot: QtBot) -> None:
    # One batch of all rows, so that the batch on the wires is the one that is trained.
    session.apply(session.edits.set_training("One batch", batch_size=8, shuffle=False))
    session.step_epoch()
    qtbot.waitUntil(lambda: session.snapshot.step == 1, timeout=WAIT)
    session.step_epoch()
    qtbot.waitUntil(lambda: session.snapshot.step == 2, timeout=WAIT)
    qtbot.waitUntil(lambda: bool(session.snapshot.progress.optimizer.arrays), timeout=WAIT)
    session.start_walk()
    qtbot.waitUntil(lambda: session.walk is not None, timeout=WAIT)
    assert session.walk is not None
    update = next(s for s in session.walk.steps if s.phase == "update" and s.node == "z")
    (answer,) = update.answers
    session.step_batch()
    qtbot.waitUntil(lambda: session.snapshot.step == 3, timeout=WAIT)
    new = session.snapshot.trace.parameters["z.weight"]
    assert np.isclose(new, answer.value, rtol=1e-12, atol=0).sum() == 1


@pytest.mark.parametrize("granularity", ["node", "wire"])
@pytest.mark.parametrize(
    "fields",
    [
        {"optimizer": {"name": "adam", "learning_rate": 0.5}},
        {"optimizer": {"name": "sgd", "learning_rate": 0.5}},
        {"epochs": 77},
    ],
)
def test_settings_that_need_no_new_run_leave_numbers_and_walk_as_they_are(
    session: Session, qtbot: QtBot, fields: dict[str, Any], granularity: Granularity
) -> None:
    session.step_epoch()
    reach(qtbot, session, "paused")
    session.start_walk(granularity)
    qtbot.waitUntil(lambda: session.walk is not None, timeout=WAIT)
    session.walk_to(5)
    assert session.walk is not None
    before, revision, walk = session.snapshot, session.revision, session.walk
    old = session.document.training

    def updates() -> list[Any]:
        assert session.walk is not None
        return [answer.result for step in session.walk.steps if step.phase == "update" for answer in step.answers]

    told = updates()
    session.apply(session.edits.set_training("Other settings", **fields))
    # At once, and after the compute thread has heard of it.
    for settled in (False, True):
        if settled:
            qtbot.waitUntil(lambda: session.snapshot is not before, timeout=WAIT)
        assert session.revision == session.snapshot.revision == revision
        assert (session.walk.index, session.walk.granularity) == (5, granularity)
        assert len(session.walk.steps) == len(walk.steps)
        assert session.walk.step.answers == walk.step.answers
        assert (updates() != told) == ("optimizer" in fields)
    for name, value in before.trace.values.items():
        np.testing.assert_array_equal(session.snapshot.trace.values[name], value)
    for key, gradient in before.trace.wire_grads.items():
        np.testing.assert_array_equal(session.snapshot.trace.wire_grads[key], gradient)
    assert (session.snapshot.step, session.snapshot.epoch) == (before.step, before.epoch)
    session.undo_stack.undo()
    assert session.document.training == old
    assert session.walk.index == 5
    qtbot.waitUntil(lambda: updates() == told, timeout=WAIT)


def test_another_seed_loss_or_order_of_rows_ends_the_walk(session: Session, qtbot: QtBot) -> None:
    for fields in ({"seed": 5}, {"shuffle": False}, {"loss": "z"}):
        session.start_walk()
        walks = [session.walk is not None]
        revision = session.revision
        session.apply(session.edits.set_training("Other settings", **fields))
        walks.append(session.walk is not None)
        assert walks == [True, False], fields
        assert session.revision == revision + 1
        session.undo_stack.undo()
        settle(qtbot, session)


def test_a_walk_has_new_numbers_with_every_snapshot_and_stays_where_it_is(session: Session, qtbot: QtBot) -> None:
    session.start_walk()
    session.walk_to(4)
    assert session.walk is not None
    first, moved = session.walk, list[object]()
    seen: list[tuple[str, float | None]] = []

    def look() -> None:
        assert session.walk is not None
        step = session.walk.step
        seen.append((step.answers[0].result, session.snapshot.trace.loss))

    session.snapshot_changed.connect(look)
    session.walk_changed.connect(moved.append)
    session.step_epoch()
    reach(qtbot, session, "paused")
    assert session.walk is not first
    assert (session.walk.index, session.walk.step.node) == (4, first.step.node)
    assert session.walk.step.answers[0].value != first.step.answers[0].value
    assert seen[-1] == (session.walk.step.answers[0].result, session.snapshot.trace.loss)
    assert moved == []


def test_a_walk_asked_for_before_the_numbers_are_there_begins_with_them(session: Session, qtbot: QtBot) -> None:
    said: list[str] = []
    session.message.connect(said.append)
    session.apply(session.edits.set_param("h", "units", 3))
    session.start_walk()
    assert session.walk is None
    qtbot.waitUntil(lambda: session.walk is not None, timeout=WAIT)
    assert said == []
    session.stop_walk()
    session.apply(session.edits.set_param("h", "units", 2))
    session.start_walk()
    session.stop_walk()
    settle(qtbot, session)
    assert session.walk is None


def test_an_edit_ends_the_walk_since_its_numbers_are_no_longer_true(session: Session) -> None:
    session.start_walk()
    session.apply(session.edits.set_param("h", "units", 2))
    assert session.walk is None
