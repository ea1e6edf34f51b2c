"""What a session keeps of a run through saving, edits undone and opening again; and what is an unsaved change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from compute.document import load
from compute.gallery import load_entry
from compute.graph import Node, Wire
from compute.state import Progress
from compute.worker.engine_choice import engine_choice
from editor.main_window import MainWindow
from editor.panels.weights_tab import WeightsTab
from editor.session import Session
from tests.compute.moments import assert_same_progress
from tests.editor.panel_session import WAIT, edit_cell, opened, settle


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    with opened(qtbot, "iris") as session:
        yield session


def step(session: Session, qtbot: QtBot, count: int = 1) -> None:
    for _ in range(count):
        goal = session.snapshot.step + 1
        session.step_batch()
        qtbot.waitUntil(lambda: session.snapshot.step >= goal, timeout=WAIT)  # noqa: B023
    qtbot.waitUntil(lambda: not session.is_training, timeout=WAIT)


def assert_same_run(one: Session, other: Session) -> None:
    assert_same_progress(one.snapshot.progress, other.snapshot.progress)
    for name, weight in one.weights().items():
        np.testing.assert_array_equal(other.weights()[name], weight)


def modified(session: Session) -> bool:
    return session.is_modified


def cut(session: Session) -> None:
    session.apply(session.edits.remove({("z", "x")}))


@pytest.mark.parametrize("suffix", [".gradwire", ".json"])
@pytest.mark.parametrize("reopened", [False, True])
def test_a_reset_reaches_what_is_muted_through_saving_and_opening_again(
    session: Session, qtbot: QtBot, tmp_path: Path, suffix: str, reopened: bool
) -> None:
    """Trained weights come from this session, or from the file that it opened."""
    path = tmp_path / f"iris{suffix}"
    first = {name: weight.copy() for name, weight in session.weights().items()}
    step(session, qtbot, 3)
    if reopened:
        session.save(path)
        session.open(path)
        settle(qtbot, session)
    for node_id in session.document.graph.nodes:
        if f"{node_id}.weight" in first:
            session.apply(session.edits.change(node_id, "Mute", off="mute"))
    session.reset()
    qtbot.waitUntil(lambda: session.snapshot.handled >= session._asked, timeout=WAIT)
    settle(qtbot, session)
    session.save(path)
    with opened(qtbot, load(path)) as again:
        for node_id in again.document.graph.nodes:
            again.apply(again.edits.change(node_id, "Unmute", off=""))
        settle(qtbot, again)
        assert {name for name, weight in again.weights().items() if not np.array_equal(weight, first[name])} == set()
        assert again.weights().keys() == first.keys()


@pytest.mark.parametrize("suffix", [".gradwire", ".json"])
@pytest.mark.parametrize("typed", [False, True])
def test_what_is_saved_right_after_a_reset_is_what_the_reset_gives(
    session: Session, qtbot: QtBot, tmp_path: Path, suffix: str, typed: bool
) -> None:
    path = tmp_path / f"iris{suffix}"
    first = {name: weight.copy() for name, weight in session.weights().items()}
    session.set_weight("z.bias", (0,), 5.0)  # goes with the reset
    step(session, qtbot, 3)
    session.save(path)
    session.reset()
    if typed:
        session.set_weight("z.bias", (1,), 7.0)
        first["z.bias"][1] = 7.0
    assert session.snapshot.step == 3  # no numbers have come of the reset
    session.save()
    assert not modified(session)
    saved = load(path)
    assert saved.progress is None
    assert saved.weights.keys() == first.keys()
    for name, weight in first.items():
        np.testing.assert_array_equal(saved.weights[name], weight)
    qtbot.waitUntil(lambda: "reset" not in session._awaited, timeout=WAIT)
    settle(qtbot, session)
    assert not modified(session)
    for name, weight in session.weights().items():
        np.testing.assert_array_equal(weight, first[name])


@pytest.mark.parametrize("suffix", [".gradwire", ".json"])
def test_after_saving_an_edit_and_its_undo_everything_trained_is_there(
    session: Session, qtbot: QtBot, tmp_path: Path, suffix: str
) -> None:
    """Eight batches an epoch; eleven steps end amid the second."""
    step(session, qtbot, 11)
    session.save(tmp_path / f"iris{suffix}")
    before = session.snapshot
    cut(session)
    settle(qtbot, session)
    assert (session.snapshot.step, session.snapshot.progress.series) == (0, {})
    session.undo_stack.undo()
    settle(qtbot, session)
    after = session.snapshot
    assert (after.epoch, after.step, after.state) == (1, 11, "paused")
    assert_same_progress(after.progress, before.progress)
    for name, weight in before.trace.parameters.items():
        np.testing.assert_array_equal(after.trace.parameters[name], weight)
    assert not modified(session)
    step(session, qtbot, 9)
    with opened(qtbot, load_entry("iris")) as straight:
        step(straight, qtbot, 20)
        assert_same_run(session, straight)


def test_a_document_opened_again_goes_on_as_if_it_had_never_been_closed(
    session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    step(session, qtbot, 11)
    session.save(tmp_path / "iris.gradwire")
    before = session.snapshot
    with opened(qtbot, load(tmp_path / "iris.gradwire")) as again:
        assert_same_progress(again.snapshot.progress, before.progress)
        assert again.snapshot.optimizer("adam").updates == 11
        for each in (session, again):
            step(each, qtbot, 8)
        assert_same_run(session, again)


def test_another_engine_goes_on_with_the_same_momentum_at_the_same_place(session: Session, qtbot: QtBot) -> None:
    step(session, qtbot, 11)
    before = session.snapshot.progress
    session.set_engine(engine_choice("reference"))
    step(session, qtbot, 4)
    assert before.steps == 11
    with opened(qtbot, load_entry("iris")) as straight:
        step(straight, qtbot, 15)
        assert_same_run(session, straight)


def test_training_or_resetting_what_has_no_file_is_no_unsaved_change(
    session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    step(session, qtbot, 3)
    assert not modified(session)
    session.reset()
    qtbot.waitUntil(lambda: session.snapshot.step == 0, timeout=WAIT)
    assert not modified(session)
    cut(session)
    assert modified(session)
    session.undoing.undo()
    assert not modified(session)
    settle(qtbot, session)
    step(session, qtbot, 3)
    session.save(tmp_path / "mine.gradwire")
    assert not modified(session)
    step(session, qtbot)
    assert modified(session)
    session.save()
    session.reset()
    assert modified(session)


def test_reset_forgets_momentum_and_place(session: Session, qtbot: QtBot) -> None:
    step(session, qtbot, 11)
    session.reset()
    qtbot.waitUntil(lambda: session.snapshot.step == 0, timeout=WAIT)
    assert_same_progress(session.snapshot.progress, Progress())
    assert session.current_document().progress is None


def test_a_gallery_document_that_was_only_trained_or_reset_is_left_without_a_question(
    window: MainWindow, qtbot: QtBot
) -> None:
    session = window.session
    step(session, qtbot, 2)
    session.reset()
    qtbot.waitUntil(lambda: session.snapshot.step == 0, timeout=WAIT)
    step(session, qtbot)
    window.files.new()
    assert not window.findChildren(QMessageBox)
    assert not session.document.graph.nodes
    window.files.open_example("iris")
    settle(qtbot, session)
    cut(session)
    window.close()
    (question,) = window.findChildren(QMessageBox)
    assert session.document.graph.nodes
    question.reject()
    session.undoing.undo()


# -- weights changed by hand ----------------------------------------------------------------------------------------


def weight(session: Session, qtbot: QtBot) -> float:
    """z.weight[0, 1], once everything asked for has been done."""
    qtbot.waitUntil(
        lambda: all(number <= session.snapshot.handled for number, _ in session._put.values()), timeout=WAIT
    )
    return float(session.weights()["z.weight"][0, 1])


def test_undo_takes_back_what_was_done_last_an_edit_or_a_weight(session: Session, qtbot: QtBot) -> None:
    undoing, first = session.undoing, weight(session, qtbot)
    session.set_weight("z.weight", (0, 1), 5.0)
    session.apply(session.edits.set_training("Change the batch size", batch_size=8))
    # Two quickly one after the other: the second is put on top of the first, which no snapshot has shown.
    session.set_weight("z.weight", (0, 1), 6.0)
    session.set_weight("z.weight", (0, 1), 7.0)
    session.set_weight("z.weight", (0, 1), 7.0)  # no change
    session.set_weight("z.weight", (9, 9), 7.0)  # not there
    assert weight(session, qtbot) == 7.0
    assert modified(session)
    story: list[object] = []
    while undoing.can_undo:
        story.append(undoing.undo_text)
        undoing.undo()
        story.append((weight(session, qtbot), session.document.training.batch_size))
    change = "change of z.weight[0, 1]"
    assert story == [change, (6.0, 8), change, (5.0, 8), "Change the batch size", (5.0, 16), change, (first, 16)]
    assert not modified(session)
    texts = []
    while undoing.can_redo:
        texts.append(undoing.redo_text)
        undoing.redo()
    assert texts == [change, "Change the batch size", change, change]
    assert (weight(session, qtbot), session.document.training.batch_size) == (7.0, 8)


def test_another_weight_typed_in_place_of_the_saved_one_is_an_unsaved_change(
    session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    session.set_weight("z.weight", (0, 1), 5.0)
    session.save(tmp_path / "five.gradwire")
    session.undoing.undo()
    assert modified(session)
    session.undoing.redo()
    assert not modified(session)
    session.undoing.undo()
    session.set_weight("z.weight", (0, 1), 6.0)
    assert modified(session)
    assert weight(session, qtbot) == 6.0
    session.undoing.undo()
    assert modified(session)
    session.save()
    assert not modified(session)


def test_what_was_edited_while_it_was_saved_is_not_taken_for_the_file_by_undoing(
    session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    cut(session)
    present = session.present()
    session.apply(session.edits.set_training("Change the batch size", batch_size=8))
    session.was_saved(present, present.save(tmp_path / "cut.gradwire"))
    while session.undoing.can_undo:
        session.undoing.undo()
    assert modified(session)  # the file has the wire cut
    settle(qtbot, session)
    session.save()
    assert not modified(session)


def test_many_entries_of_a_weight_are_one_change_in_the_order_of_all(session: Session, qtbot: QtBot) -> None:
    undoing, first = session.undoing, session.weights()["z.weight"].copy()
    said: list[str] = []
    session.message.connect(said.append)
    session.set_weight("z.weight", (None, None), 5.0)
    session.set_weight("z.weight", (0, 1), 6.0)
    session.set_weight("z.weight", (range(1, 3), 0), 7.0)
    session.set_weight("z.weight", (None, None), 5.0)  # once more, and after what came between
    session.set_weight("z.weight", (0, 1), 8.0)
    session.set_weight("z.weight", (range(1, 9), 0), 8.0)  # not there
    assert said == [
        "z.weight is 5",
        "z.weight[0, 1] is 6",
        "z.weight[1…2, 0] is 7",
        "z.weight is 5",
        "z.weight[0, 1] is 8",
    ]
    wanted = np.full(first.shape, 5.0)
    wanted[0, 1] = 8.0
    assert np.array_equal(session.weights()["z.weight"], wanted)  # as it would be saved, before any of it is there
    assert weight(session, qtbot) == 8.0
    assert np.array_equal(session.weights()["z.weight"], wanted)
    assert len(undoing.done) == 5
    undoing.undo()
    undoing.undo()
    wanted[0, 1], wanted[1:3, 0] = 6.0, 7.0
    assert np.array_equal(session.weights()["z.weight"], wanted)
    for _ in range(3):
        undoing.undo()
    assert weight(session, qtbot) == first[0, 1]
    assert np.array_equal(session.weights()["z.weight"], first)
    assert said[-1].startswith("z.weight is ")
    assert "±" in said[-1]
    undoing.redo()
    weight(session, qtbot)
    assert (session.snapshot.weights["z.weight"] == 5.0).all()


def test_a_weight_that_was_typed_just_now_is_saved(session: Session, tmp_path: Path) -> None:
    session.set_weight("z.weight", (0, 1), 5.0)
    session.set_weight("z.weight", (2, 0), 4.0)
    session.save(tmp_path / "a.gradwire")
    saved = load(tmp_path / "a.gradwire").weights["z.weight"]
    assert (saved[0, 1], saved[2, 0]) == (5.0, 4.0)
    assert not modified(session)
    session.undoing.undo()
    assert modified(session)


def test_a_new_change_takes_away_what_could_be_done_again(session: Session, qtbot: QtBot) -> None:
    session.set_weight("z.weight", (0, 1), 5.0)
    session.undoing.undo()
    session.apply(session.edits.set_training("Change the batch size", batch_size=8))
    assert not session.undoing.can_redo
    session.undoing.undo()
    session.set_weight("z.weight", (0, 1), 6.0)
    session.undoing.undo()
    session.set_weight("z.weight", (0, 1), 7.0)
    assert session.undoing.redo_text != "change of z.weight[0, 1]"
    assert weight(session, qtbot) == 7.0


def test_a_weight_that_training_went_on_from_cannot_be_put_back_and_that_is_said(
    session: Session, qtbot: QtBot
) -> None:
    said: list[str] = []
    session.message.connect(said.append)
    session.apply(session.edits.set_training("Change the batch size", batch_size=8))
    session.set_weight("z.weight", (0, 1), 5.0)
    session.set_weight("z.bias", (0,), 1.0)
    step(session, qtbot)
    assert said == [
        "z.weight[0, 1] is 5",
        "z.bias[0] is 1",
        "Training goes on from 2 changed weights, so that can no longer be taken back.",
    ]
    assert session.undoing.undo_text == "Change the batch size"
    session.apply(session.edits.set_training("Many epochs", epochs=10**6))
    session.train()
    qtbot.waitUntil(lambda: session.snapshot.state == "running", timeout=WAIT)
    session.set_weight("z.bias", (1,), 2.0)
    assert said[-1] == "Training goes on from the changed z.bias[1], so that can no longer be taken back."
    assert session.undoing.undo_text == "Many epochs"
    session.pause()
    qtbot.waitUntil(lambda: session.snapshot.state == "paused", timeout=WAIT)
    session.undoing.undo()
    session.undoing.undo()
    assert modified(session)  # what was typed is still in the weights
    session.reset()
    assert not modified(session)


def test_a_weight_typed_while_an_edit_stands_is_there_when_the_edit_is_undone(session: Session, qtbot: QtBot) -> None:
    step(session, qtbot, 3)
    before = session.snapshot.progress
    first = weight(session, qtbot)
    session.apply(session.edits.remove({"p"}))
    session.apply(session.edits.remove({("loss", "target")}))
    settle(qtbot, session)
    session.set_weight("z.weight", (0, 1), 5.0)
    # Not by undo, which would take the weight back first.
    session.apply(session.edits.connect(Wire("y", "loss", "target")))
    settle(qtbot, session)
    assert_same_progress(session.snapshot.progress, before)
    assert weight(session, qtbot) == 5.0
    session.undoing.undo()
    session.undoing.undo()
    session.undoing.undo()
    settle(qtbot, session)
    assert_same_progress(session.snapshot.progress, before)
    assert weight(session, qtbot) == first


def test_ctrl_z_in_the_window_takes_a_typed_weight_back(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    name, array = next(iter(session.weights().items()))
    session.select([name.rpartition(".")[0]])
    window.inspector.show_tab("Weights")
    view = window.inspector.tab(WeightsTab).view
    view.setFocus()
    edit_cell(view, view.model_.index(0, 0), "42")
    qtbot.waitUntil(lambda: float(session.weights()[name].flat[0]) == 42.0, timeout=WAIT)
    undo, redo = window.actions_.by_id["undo"], window.actions_.by_id["redo"]
    assert undo.text() == f"Undo change of {name}"
    assert undo.isEnabled()
    assert window.isWindowModified()
    press(qtbot, view, Qt.Key.Key_Z)
    qtbot.waitUntil(lambda: np.array_equal(session.weights()[name], array), timeout=WAIT)
    assert not undo.isEnabled()
    assert (undo.text(), redo.text()) == ("Undo", f"Redo change of {name}")
    assert not window.isWindowModified()
    assert window.notices.text == f"Undone: change of {name}"
    press(qtbot, view, Qt.Key.Key_Y)
    qtbot.waitUntil(lambda: float(session.weights()[name].flat[0]) == 42.0, timeout=WAIT)
    session.step_batch()
    qtbot.waitUntil(lambda: session.snapshot.step == 1, timeout=WAIT)
    assert not undo.isEnabled()
    assert window.notices.text.startswith(f"Training goes on from the changed {name}")
    session.mark_saved()


def press(qtbot: QtBot, widget: QWidget, key: Qt.Key) -> None:
    QTest.keyPress(widget, key, Qt.KeyboardModifier.ControlModifier)
    qtbot.wait(20)
    QTest.keyRelease(widget, key, Qt.KeyboardModifier.ControlModifier)


def test_an_edit_saved_before_its_numbers_are_there_keeps_the_training_that_goes_on_and_no_other(
    session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    step(session, qtbot, 11)
    session.apply(session.edits.change("z", "another title", title="scores"))
    session.apply(session.edits.add_node(Node("aside", "relu")))
    session.save(tmp_path / "aside.gradwire")
    aside = load(tmp_path / "aside.gradwire").progress
    assert aside is not None
    assert_same_progress(aside, session.snapshot.progress)
    cut(session)
    session.save(tmp_path / "cut.gradwire")
    cut_off = load(tmp_path / "cut.gradwire")
    assert cut_off.progress is None
    assert not cut_off.initial or cut_off.initial.keys() == cut_off.weights.keys()
    settle(qtbot, session)
    assert session.snapshot.step == 0
    assert not modified(session)
