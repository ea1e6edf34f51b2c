"""The session: edits by undo steps, the compute thread, saving, the walk."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from compute.document import load, to_json
from compute.errors import DeviceError, GradwireError
from compute.explain import Granularity
from compute.gallery import load_entry
from compute.graph import Node, Wire
from compute.problems import Kind, sentence_of
from compute.reference import ReferenceEngine, ReferenceRun
from compute.worker.engine_choice import EngineChoice, Opened, engine_choice
from editor.session import Session
from tests.compute.moments import assert_same_progress
from tests.compute.test_job import small

WAIT = 10_000


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    session = Session(engine_choice("reference"))
    session.open_document(small())
    wait_for_numbers(session, qtbot)
    yield session
    session.close()
    session.deleteLater()


def wait_for_numbers(session: Session, qtbot: QtBot) -> None:
    """Until the snapshot belongs to the document as it is now."""
    qtbot.waitUntil(lambda: session.snapshot.revision == session.revision, timeout=WAIT)


def wait_for_state(session: Session, qtbot: QtBot, state: str) -> None:
    qtbot.waitUntil(lambda: session.snapshot.state == state, timeout=WAIT)


def endless(session: Session, qtbot: QtBot) -> None:
    """Train without an end in sight."""
    session.apply(session.edits.set_training("More epochs", epochs=10**6))
    session.train()
    wait_for_state(session, qtbot, "running")


def test_values_and_gradients_stand_without_asking(session: Session) -> None:
    assert session.snapshot.trace.values["h"].shape == (4, 4)
    assert session.snapshot.trace.wire_grads["loss", "prediction"].shape == (4, 1)


def test_every_edit_is_one_undo_step_and_undo_gives_back_the_document(session: Session, qtbot: QtBot) -> None:
    start = copy.deepcopy(to_json(session.document))
    session.apply(session.edits.add_node(Node("a", "relu"), (Wire("h", "a", "x"),)))
    session.apply(session.edits.set_param("h", "units", 3))
    session.apply(session.edits.move({"x": (40.0, 50.0)}))
    session.apply(session.edits.remove({"t"}))
    session.apply(session.edits.set_training("Change the batch size", batch_size=8))
    end = copy.deepcopy(to_json(session.document))
    assert session.undo_stack.count() == 5
    for _ in range(5):
        session.undo_stack.undo()
    assert to_json(session.document) == start
    for _ in range(5):
        session.undo_stack.redo()
    assert to_json(session.document) == end
    qtbot.waitUntil(lambda: session.snapshot.trace.values["h"].shape == (8, 3), timeout=WAIT)


def test_trained_weights_of_a_muted_node_are_saved_and_come_back_with_it(
    session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    session.step_epoch()
    wait_for_state(session, qtbot, "paused")
    trained = session.snapshot.trace.parameters["h.weight"].copy()
    session.apply(session.edits.change("h", "Mute", off="mute"))
    wait_for_numbers(session, qtbot)
    assert "h.weight" not in session.snapshot.trace.parameters
    session.save(tmp_path / "muted.gradwire")
    session.open(tmp_path / "muted.gradwire")
    wait_for_numbers(session, qtbot)
    session.apply(session.edits.change("h", "Switch on", off=""))
    wait_for_numbers(session, qtbot)
    np.testing.assert_array_equal(session.snapshot.trace.parameters["h.weight"], trained)


def test_edits_of_one_stroke_are_one_undo_step(session: Session) -> None:
    start = to_json(session.document)
    for step in range(1, 4):
        session.apply(session.edits.move({"h": (step, 0.0)}, stroke="drag"))
    session.apply(session.edits.move({"h": (9.0, 0.0)}, stroke="another"))
    assert session.undo_stack.count() == 2
    session.undo_stack.undo()
    assert session.document.graph.nodes["h"].position == (3.0, 0.0)
    session.undo_stack.undo()
    assert to_json(session.document) == start
    session.undo_stack.redo()
    assert session.document.graph.nodes["h"].position == (3.0, 0.0)
    session.apply(session.edits.move({"h": (0.0, 0.0)}, stroke="drag"))
    assert session.undo_stack.count() == 0  # there and back is no step


def test_a_move_touches_no_weight_no_curve_and_no_number(session: Session, qtbot: QtBot) -> None:
    session.step_epoch()
    wait_for_state(session, qtbot, "paused")
    before, revision = session.snapshot, session.revision
    session.apply(session.edits.move({"h": (123.0, 45.0)}))
    session.undo_stack.undo()
    assert session.revision == revision
    assert session.snapshot is before
    assert before.epoch == 1


def test_train_pause_and_reset(session: Session, qtbot: QtBot) -> None:
    first = session.weights()
    session.apply(session.edits.set_training("More epochs", epochs=10**6))
    session.train()
    wait_for_state(session, qtbot, "running")
    qtbot.waitUntil(lambda: session.snapshot.step > 50, timeout=WAIT)
    session.pause()
    wait_for_state(session, qtbot, "paused")
    step = session.snapshot.step
    qtbot.wait(120)
    assert session.snapshot.step == step
    assert session.is_modified
    session.reset()
    wait_for_state(session, qtbot, "idle")
    assert all(np.array_equal(session.weights()[name], first[name]) for name in first)


def test_toggling_twice_before_anything_comes_back_changes_nothing(session: Session, qtbot: QtBot) -> None:
    session.apply(session.edits.set_training("More epochs", epochs=10**6))
    asked = []
    for _ in range(2):
        session.toggle_training()
        asked.append(session.is_training)
    assert asked == [True, False]
    session.set_boundary_columns("a", "b")  # answered by a snapshot in which all of this is done
    qtbot.waitUntil(lambda: session.snapshot.handled >= session._asked, timeout=WAIT)
    assert session.snapshot.state in ("idle", "paused")
    session.toggle_training()
    wait_for_state(session, qtbot, "running")
    session.open_document(small())
    assert not session.is_training


def test_fewer_epochs_than_are_done_end_the_training_where_it_is(session: Session, qtbot: QtBot) -> None:
    endless(session, qtbot)
    qtbot.waitUntil(lambda: session.snapshot.epoch > 10, timeout=WAIT)
    session.apply(session.edits.set_training("Fewer", epochs=2))
    wait_for_state(session, qtbot, "finished")
    assert session.snapshot.goal == session.snapshot.epoch > 10


def test_a_step_is_one_batch_and_an_epoch_ends_at_its_last_batch(session: Session, qtbot: QtBot) -> None:
    session.step_batch()
    qtbot.waitUntil(lambda: session.snapshot.step == 1, timeout=WAIT)
    assert session.snapshot.epoch == 0
    session.step_epoch()
    qtbot.waitUntil(lambda: session.snapshot.epoch == 1, timeout=WAIT)
    assert session.snapshot.step == 2


@pytest.mark.parametrize("name", ["model.gradwire", "model.json"])
def test_a_reopened_file_shows_the_same_numbers(session: Session, qtbot: QtBot, tmp_path: Path, name: str) -> None:
    session.step_epoch()
    qtbot.waitUntil(lambda: session.snapshot.epoch == 1, timeout=WAIT)
    seen = session.snapshot
    session.save(tmp_path / name)
    assert not session.is_modified
    session.new()
    session.open(tmp_path / name)
    wait_for_numbers(session, qtbot)
    again = session.snapshot
    assert again.trace.loss == seen.trace.loss
    for node, value in seen.trace.values.items():
        assert np.array_equal(again.trace.values[node], value)
    assert (again.epoch, again.step, again.state) == (1, 2, "paused")
    assert np.array_equal(again.series("loss").y, seen.series("loss").y)


def test_saving_after_an_edit_that_is_not_computed_yet_keeps_no_weight_of_another_shape(
    session: Session, tmp_path: Path
) -> None:
    session.apply(session.edits.set_param("h", "units", 9))
    session.save(tmp_path / "m.json")
    weights = load(tmp_path / "m.json").weights
    assert "h.weight" not in weights
    assert "z.bias" in weights


def test_a_file_that_cannot_be_read_leaves_the_open_document(session: Session, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{"format": "gradwire", "version": 1, "graph": {"nodes": [}}', encoding="utf-8")
    document = session.document
    with pytest.raises(GradwireError, match=r"bad\.json, line 1, column 58"):
        session.open(bad)
    assert session.document is document


def test_weights_set_by_hand_change_the_values(session: Session, qtbot: QtBot) -> None:
    for entry in np.ndindex(2, 4):
        session.set_weight("h.weight", entry, 0.0)
    qtbot.waitUntil(lambda: not session.snapshot.trace.values["h"].any(), timeout=WAIT)
    assert session.is_modified


def test_a_document_saved_before_its_numbers_are_there_keeps_how_far_it_was_trained(
    session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    session.step_epoch()
    qtbot.waitUntil(lambda: session.snapshot.epoch == 1, timeout=WAIT)
    session.save(tmp_path / "a.gradwire")
    saved = load(tmp_path / "a.gradwire")
    session.open(tmp_path / "a.gradwire")
    session.save(tmp_path / "b.gradwire")
    again = load(tmp_path / "b.gradwire")
    assert again.progress is not None
    assert saved.progress is not None
    assert_same_progress(again.progress, saved.progress)
    assert again.progress is not None
    assert again.progress.epochs == 1
    for name, weight in saved.weights.items():
        np.testing.assert_array_equal(again.weights[name], weight)
    wait_for_numbers(session, qtbot)
    session.reset()
    wait_for_state(session, qtbot, "idle")
    session.save()
    assert load(tmp_path / "b.gradwire").progress is None


def test_an_optimizer_that_there_is_not_is_said_when_the_walk_begins(session: Session, qtbot: QtBot) -> None:
    document = small()
    document.training = replace(document.training, optimizer={"name": "lion"})
    session.open_document(document)
    wait_for_numbers(session, qtbot)
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
    wait_for_state(session, qtbot, "paused")
    session.start_walk(granularity)
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
        wait_for_numbers(session, qtbot)


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
    wait_for_state(session, qtbot, "paused")
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
    wait_for_numbers(session, qtbot)
    assert session.walk is None


def test_an_edit_ends_the_walk_since_its_numbers_are_no_longer_true(session: Session) -> None:
    session.start_walk()
    session.apply(session.edits.set_param("h", "units", 2))
    assert session.walk is None


def test_deleting_a_selected_node_takes_it_out_of_the_selection(session: Session) -> None:
    session.select({"h", "t"})
    session.apply(session.edits.remove({"h"}))
    assert session.selection.nodes == {"t"}
    assert session.selection.single == "t"


def test_training_goes_on_while_nodes_aside_of_the_loss_are_added_wired_and_removed(
    session: Session, qtbot: QtBot
) -> None:
    said: list[str] = []
    session.message.connect(said.append)
    endless(session, qtbot)
    last = session.snapshot.step
    for edit in (
        lambda: session.edits.add_node(Node("a", "relu")),
        lambda: session.edits.connect(Wire("h", "a", "x")),
        lambda: session.edits.remove({"a"}),
        None,
    ):
        if edit:
            session.apply(edit())
        else:
            session.undo_stack.undo()
        wait_for_numbers(session, qtbot)
        qtbot.waitUntil(lambda: session.snapshot.step > last, timeout=WAIT)  # noqa: B023
        assert session.snapshot.state == "running"
        assert session.snapshot.series("loss").x[-1] > 0
        last = session.snapshot.step
    trace = session.snapshot.trace
    np.testing.assert_array_equal(trace.values["a"], np.maximum(trace.values["h"], 0))
    assert said == []
    session.apply(session.edits.remove({"t"}))
    wait_for_state(session, qtbot, "idle")
    assert said == ["Training stopped: the network, its data or the seed changed, so the curve begins anew."]
    session.undo_stack.undo()
    wait_for_state(session, qtbot, "paused")
    assert session.snapshot.step >= last
    assert said[1:] == [f"Training is back at {session.snapshot.name}."]


class _FailingRun(ReferenceRun):
    def start_training(self, batches, optimizer):  # type: ignore[no-untyped-def]
        if self.step >= 4:
            raise DeviceError("The device stopped answering.")
        return super().start_training(batches, optimizer)


class _FailingEngine(ReferenceEngine):
    label = "a device that fails"

    def open(self, program):  # type: ignore[no-untyped-def]
        return _FailingRun(program)


def test_a_loss_that_cannot_be_trained_stops_training_and_says_why(session: Session, qtbot: QtBot) -> None:
    endless(session, qtbot)
    session.apply(session.edits.set_training("Change the loss", loss="h"))
    wait_for_state(session, qtbot, "stopped")
    assert (
        sentence_of(session.snapshot.problem)
        == "The loss h gives (B, 4); a loss must be a scalar: add a mean or a sum."
    )
    session.undo_stack.undo()
    wait_for_numbers(session, qtbot)
    assert session.snapshot.problem is None
    endless(session, qtbot)
    session.undo_stack.undo()
    wait_for_numbers(session, qtbot)
    assert session.snapshot.state != "stopped"


def test_undoing_the_choice_of_a_loss_while_it_trains_stops_training(qtbot: QtBot) -> None:
    session = Session(engine_choice("reference"))
    document = small()
    document.training = replace(document.training, loss="")
    session.open_document(document)
    session.apply(session.edits.set_training("Choose", loss="loss", epochs=10**6))
    session.train()
    wait_for_state(session, qtbot, "running")
    session.undo_stack.undo()
    wait_for_state(session, qtbot, "stopped")
    assert sentence_of(session.snapshot.problem).startswith("No loss is chosen")
    session.close()


class _MistakenRun(ReferenceRun):
    def start_training(self, batches, optimizer):  # type: ignore[no-untyped-def]
        if self.step >= 4:
            raise ZeroDivisionError("a mistake")
        return super().start_training(batches, optimizer)


class _MistakenEngine(ReferenceEngine):
    def open(self, program):  # type: ignore[no-untyped-def]
        return _MistakenRun(program)


def test_a_mistake_of_ours_is_shown_and_training_does_not_seem_to_go_on(qtbot: QtBot) -> None:
    session = Session(EngineChoice(lambda: None, lambda: Opened(_MistakenEngine(), "chosen")))
    document = small()
    document.training = replace(document.training, epochs=10**6)
    session.open_document(document)
    session.train()
    wait_for_state(session, qtbot, "stopped")
    assert sentence_of(session.snapshot.problem).startswith(
        "Something in Gradwire failed (ZeroDivisionError: a mistake)"
    )
    assert session.snapshot.revision == session.revision
    session.open_document(small())
    wait_for_numbers(session, qtbot)
    assert session.snapshot.problem is None
    session.close()


def test_a_mistake_while_looking_is_shown(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(engine_choice("reference"))
    with monkeypatch.context() as patch:
        patch.setattr("compute.worker.job.loss_problem", lambda *_: 1 / 0)
        document = small()
        document.training = replace(document.training, loss="h")
        session.open_document(document)
        wait_for_numbers(session, qtbot)
    assert session.snapshot.state == "stopped"
    assert "ZeroDivisionError" in sentence_of(session.snapshot.problem)
    session.close()


def test_a_device_that_fails_pauses_training_keeps_the_weights_and_says_so(qtbot: QtBot) -> None:
    session = Session(EngineChoice(lambda: None, lambda: Opened(_FailingEngine(), "chosen")))
    document = small()
    document.training = replace(document.training, epochs=1000)
    session.open_document(document)
    session.train()
    wait_for_state(session, qtbot, "stopped")
    assert "The device stopped answering." in sentence_of(session.snapshot.problem)
    kept = session.weights()
    assert kept["h.weight"].shape == (2, 4)
    session.train()
    wait_for_state(session, qtbot, "running")
    assert "reference" in session.snapshot.device
    session.close()


def test_without_a_device_the_reference_engine_computes_and_the_reason_is_said(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADWIRE_NO_OPENCL", "1")
    session = Session(engine_choice())
    session.open_document(load_entry("xor"))
    qtbot.waitUntil(lambda: session.snapshot.device != "", timeout=WAIT)
    assert not session.snapshot.on_opencl
    assert "reference engine" in session.snapshot.device_reason
    session.step_batch()
    qtbot.waitUntil(lambda: session.snapshot.step == 1, timeout=WAIT)
    session.close()


def test_short_epochs_leave_a_validation_curve_all_the_same(session: Session, qtbot: QtBot) -> None:
    session.open_document(load_entry("tumours"))
    wait_for_numbers(session, qtbot)
    session.train()
    wait_for_state(session, qtbot, "finished")
    assert session.snapshot.series("validation loss").x.tolist() == list(range(1, session.document.training.epochs + 1))


def test_what_would_need_more_memory_than_there_is_can_be_opened_and_mended(
    session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADWIRE_MEMORY", "10 MB")
    document = small()
    document.graph.nodes["h"] = replace(document.graph.nodes["h"], params={"units": 10**5})
    session.open_document(document)
    wait_for_numbers(session, qtbot)
    problem = session.snapshot.analysis.problems["h"]
    assert problem.kind is Kind.MEMORY
    assert problem.sentence == (
        "Dense h needs 24 MB of memory and the limit is 10 MB (set by GRADWIRE_MEMORY); make it smaller."
    )
    assert session.snapshot.trace.values.keys() == {"x", "y"}
    session.apply(session.edits.set_param("h", "units", 4))
    wait_for_numbers(session, qtbot)
    assert session.snapshot.analysis.problems == {}
    assert session.snapshot.trace.values["h"].shape == (4, 4)


def test_a_batch_that_would_need_more_memory_than_there_is_is_refused_while_it_trains(
    session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless(session, qtbot)
    monkeypatch.setenv("GRADWIRE_MEMORY", "2 kB")
    session.apply(session.edits.set_training("Change the batch size", batch_size=8))
    wait_for_state(session, qtbot, "stopped")
    assert sentence_of(session.snapshot.problem).startswith("Training with a batch size of 8 needs ")
    assert sentence_of(session.snapshot.problem).endswith("; make it smaller.")
