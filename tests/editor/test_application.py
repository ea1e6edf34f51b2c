"""Several windows in one process: each with its own document, training and closing; what they share is shared."""

from __future__ import annotations

import weakref
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from compute.worker.engine_choice import AUTO, REFERENCE
from editor import application
from editor.application import Application
from editor.canvas.fields import NoteField
from editor.settings import Settings
from tests.editor.panel_session import WAIT, done_with, free
from tests.editor.test_main_window import answer

Button = QMessageBox.StandardButton


def test_an_edit_and_its_undo_are_of_one_window(program: Application) -> None:
    one, two = program.windows
    before = set(two.session.document.graph.nodes)
    one.canvas.add_op("relu")
    assert one.session.undo_stack.count() == 1
    assert (two.session.undo_stack.count(), set(two.session.document.graph.nodes)) == (0, before)
    assert one.isWindowModified()
    assert not two.isWindowModified()
    two.actions_.by_id["undo"].trigger()
    assert one.session.undo_stack.index() == 1
    one.actions_.by_id["undo"].trigger()
    assert one.session.undo_stack.index() == 0


def test_one_trains_while_the_other_is_closed_and_freed(own_program: Application, qtbot: QtBot) -> None:
    one, two = own_program.windows
    two.session.train()
    qtbot.waitUntil(lambda: two.session.snapshot.step > 3, timeout=WAIT)
    ends = weakref.ref(one.session)
    parts = [one, one.session, one.session.undo_stack, one.canvas, one.inspector]
    one.close()
    free()
    assert not any(shiboken6.isValid(part) for part in parts)
    del one, parts
    free()
    assert ends() is None
    assert own_program.windows == [two]
    step = two.session.snapshot.step
    qtbot.waitUntil(lambda: two.session.snapshot.step > step, timeout=WAIT)
    assert two.session.is_training


def test_a_window_that_was_edited_closes_without_a_complaint_of_its_undo_stack(program: Application) -> None:
    one, two = program.windows
    one.canvas.add_op("relu")
    for name in ("relu", "tanh"):
        two.canvas.add_op(name)
    two.session.undo_stack.undo()
    done_with(one)
    free()
    two.close()
    answer(two, Button.Discard)
    free()
    assert program.windows == []


def test_a_session_that_goes_before_its_window_complains_of_nothing(program: Application) -> None:
    one, _ = program.windows
    one.canvas.add_op("relu")
    session = one.session
    session.undo_stack.setClean()
    session.close()
    shiboken6.delete(session)
    program.forget(one)
    shiboken6.delete(one)


def test_quitting_asks_each_window_and_all_stay_where_one_does(program: Application) -> None:
    one, two = program.windows
    one.canvas.add_op("relu")
    one.actions_.by_id["quit"].trigger()
    answer(one, Button.Cancel)
    assert program.windows == [one, two]
    assert one.isVisible()
    assert two.isVisible()
    one.actions_.by_id["quit"].trigger()
    answer(one, Button.Discard)
    assert program.windows == []


def test_a_note_that_is_being_written_is_asked_about_when_the_program_is_quit(program: Application) -> None:
    one, two = program.windows
    note_id = two.canvas.add_note()
    field = two.canvas.findChild(NoteField)
    assert field is not None
    two.session.undo_stack.setClean()
    QTest.keyClicks(field, "remember")
    one.actions_.by_id["quit"].trigger()
    answer(two, Button.Cancel)
    assert program.windows == [one, two]
    assert two.session.document.graph.notes[note_id].text == "remember"


def test_what_is_edited_after_the_answer_is_asked_about_again(program: Application) -> None:
    one, two = program.windows
    for window in (one, two):
        window.canvas.add_op("relu")
    one.actions_.by_id["quit"].trigger()
    answer(two, Button.Discard)
    two.canvas.add_op("tanh")
    answer(one, Button.Discard)
    answer(two, Button.Cancel)
    assert program.windows == [one, two]


def test_after_a_cancelled_quit_closing_one_window_closes_that_one_alone(program: Application) -> None:
    one, two = program.windows
    two.canvas.add_op("relu")
    one.actions_.by_id["quit"].trigger()
    answer(two, Button.Cancel)
    two.close()
    answer(two, Button.Discard)
    assert program.windows == [one]


def test_a_file_that_is_open_in_another_window_is_shown_there(program: Application, tmp_path: Path) -> None:
    one, two = program.windows
    path = tmp_path / "mine.gradwire"
    one.session.save(path)
    graph = set(two.session.document.graph.nodes)
    two.activateWindow()
    two.files.open_path(path)
    assert set(two.session.document.graph.nodes) == graph
    assert two.session.document.path is None
    assert two.notices.text == "mine.gradwire is open in another window"
    one.files.open_path(path)
    assert one.session.document.path == path.resolve()


def test_a_new_window_has_an_empty_document_and_the_device_chosen_last(program: Application, qtbot: QtBot) -> None:
    one, two = program.windows
    assert one.session.engine_wanted == REFERENCE
    two.windows.remember_device(AUTO)
    two.windows.remember_device(REFERENCE)
    QTest.keyClick(one, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: len(program.windows) == 3, timeout=WAIT)
    third = program.windows[2]
    assert third.isVisible()
    assert not third.session.document.graph.nodes
    assert third.session.engine_wanted == REFERENCE
    assert one.session.engine_wanted == REFERENCE
    Settings().device = AUTO


def test_a_window_that_is_being_built_is_finished_before_another_and_before_the_last_one_closes(
    program: Application,
) -> None:
    one, two = program.windows
    one.actions_.by_id["new_window"].trigger()
    assert len(program.windows) == 2  # it is built between events
    one.actions_.by_id["new_window"].trigger()
    assert len(program.windows) == 3
    done_with(two)
    done_with(program.windows[-1])
    done_with(one)
    (last,) = program.windows
    assert last.isVisible()
    assert last.canvas.action_set.by_id


def test_quitting_closes_a_window_that_is_being_built(program: Application) -> None:
    program.windows[0].actions_.by_id["new_window"].trigger()
    program.quit()
    assert program.windows == []


def test_the_theme_is_that_of_all_windows(program: Application) -> None:
    one, two = program.windows
    one.actions_.by_id["light"].trigger()
    for window in (one, two):
        assert window.actions_.by_id["light"].isChecked()
        assert not window.actions_.by_id["dark"].isChecked()
    two.actions_.by_id["dark"].trigger()
    assert one.actions_.by_id["dark"].isChecked()


def test_reduced_motion_is_chosen_in_one_window_counts_in_all_and_is_remembered(program: Application) -> None:
    one, two = program.windows
    assert not any(window.canvas.mark.still for window in (one, two))
    one.actions_.by_id["reduced_motion"].trigger()
    assert all(window.canvas.mark.still for window in (one, two))
    assert Application(REFERENCE).reduced_motion
    third = program.new_window()
    assert third.canvas.mark.still
    assert third.actions_.by_id["reduced_motion"].isChecked()
    two.actions_.by_id["reduced_motion"].trigger()
    assert not any(window.canvas.mark.still for window in program.windows)
    Settings()._store.remove("reduced_motion")


def test_the_system_decides_on_motion_until_a_person_does(qapp: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "system_reduces_motion", lambda: True)
    assert Application(REFERENCE).reduced_motion
    Settings().reduced_motion = False
    assert not Application(REFERENCE).reduced_motion
    Settings()._store.remove("reduced_motion")
