"""The session: edits by undo steps, the compute thread, saving."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from compute.document import load, to_json
from compute.errors import GradwireError
from compute.gallery import load_entry
from compute.graph import Node, Wire
from editor.session import Session
from tests.compute.moments import assert_same_progress
from tests.compute.test_job import small
from tests.editor.panel_session import WAIT, endless, reach, settle


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
    reach(qtbot, session, "paused")
    trained = session.snapshot.trace.parameters["h.weight"].copy()
    session.apply(session.edits.change("h", "Mute", off="mute"))
    settle(qtbot, session)
    assert "h.weight" not in session.snapshot.trace.parameters
    session.save(tmp_path / "muted.gradwire")
    session.open(tmp_path / "muted.gradwire")
    settle(qtbot, session)
    session.apply(session.edits.change("h", "Switch on", off=""))
    settle(qtbot, session)
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
    reach(qtbot, session, "paused")
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
    reach(qtbot, session, "running")
    qtbot.waitUntil(lambda: session.snapshot.step > 50, timeout=WAIT)
    session.pause()
    reach(qtbot, session, "paused")
    step = session.snapshot.step
    qtbot.wait(120)
    assert session.snapshot.step == step
    assert session.is_modified
    session.reset()
    reach(qtbot, session, "idle")
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
    reach(qtbot, session, "running")
    session.open_document(small())
    assert not session.is_training


def test_fewer_epochs_than_are_done_end_the_training_where_it_is(session: Session, qtbot: QtBot) -> None:
    endless(qtbot, session)
    qtbot.waitUntil(lambda: session.snapshot.epoch > 10, timeout=WAIT)
    session.apply(session.edits.set_training("Fewer", epochs=2))
    reach(qtbot, session, "finished")
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
    settle(qtbot, session)
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
    settle(qtbot, session)
    session.reset()
    reach(qtbot, session, "idle")
    session.save()
    assert load(tmp_path / "b.gradwire").progress is None


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
    endless(qtbot, session)
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
        settle(qtbot, session)
        qtbot.waitUntil(lambda: session.snapshot.step > last, timeout=WAIT)  # noqa: B023
        assert session.snapshot.state == "running"
        assert session.snapshot.series("loss").x[-1] > 0
        last = session.snapshot.step
    trace = session.snapshot.trace
    np.testing.assert_array_equal(trace.values["a"], np.maximum(trace.values["h"], 0))
    assert said == []
    session.apply(session.edits.remove({"t"}))
    reach(qtbot, session, "idle")
    assert said == ["Training stopped: the network, its data or the seed changed, so the curve begins anew."]
    session.undo_stack.undo()
    reach(qtbot, session, "paused")
    assert session.snapshot.step >= last
    assert said[1:] == [f"Training is back at {session.snapshot.name}."]


def test_short_epochs_leave_a_validation_curve_all_the_same(session: Session, qtbot: QtBot) -> None:
    session.open_document(load_entry("tumours"))
    settle(qtbot, session)
    session.train()
    reach(qtbot, session, "finished")
    assert session.snapshot.series("validation loss").x.tolist() == list(range(1, session.document.training.epochs + 1))
