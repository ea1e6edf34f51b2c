"""A document opens with panels out of sight and controls locked; a teacher sets that, and anyone can leave it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from compute.document import Opening, dumps, from_json, loads
from compute.errors import GradwireError
from compute.gallery import load_entry
from editor.main_window import MainWindow
from tests.editor.panel_session import WAIT, settle, type_into
from tests.editor.test_exercise import exercise, known, place

HIDDEN = ("palette", "loss", "data", "boundary", "training")


def shown(window: MainWindow) -> set[str]:
    return {id_ for id_ in window.workbench.docks if window.workbench.is_shown(id_)}


def do(window: MainWindow, action: str) -> None:
    assert window.actions_.by_id[action].isEnabled()
    window.actions_.by_id[action].trigger()


def test_an_exercise_of_the_gallery_opens_with_what_it_takes_and_can_be_left(window: MainWindow, qtbot: QtBot) -> None:
    before, layout = shown(window), window.workbench.state()
    window.files.open_example("exercise_z_2x_y")
    known(window, qtbot)
    assert shown(window) == {"exercise", "inspector"}
    assert window.transport.isHidden()
    # The person's own layout is as it was, but for the panel that the document needs.
    assert window.workbench.state() != layout
    assert shown(window) == {"exercise", "inspector"}
    step = window.session.snapshot.step
    QTest.keyClick(window, Qt.Key.Key_F7, Qt.KeyboardModifier.ShiftModifier)
    assert "opens with training locked" in window.notices.text
    window.session.apply(window.session.edits.remove({"g"}))
    assert "opens with editing locked" in window.notices.text
    window.session.set_weight("x.value", (), 9.0)
    assert "g" in window.session.document.graph.nodes
    assert window.session.snapshot.step == step
    type_into(place(window).working.rows[0].line, "-8")
    assert exercise(window).asked[0].answer == "-8"
    do(window, "opening_view")
    assert shown(window) == before | {"exercise"}
    assert not window.transport.isHidden()
    window.session.apply(window.session.edits.remove({"g"}))
    assert "g" not in window.session.document.graph.nodes
    window.session.undo_stack.undo()
    do(window, "opening_view")
    assert shown(window) == {"exercise", "inspector"}
    window.workbench.show_panel("palette", True)  # one panel alone
    assert shown(window) == {"exercise", "inspector", "palette"}
    window.files.open_example("xor")
    settle(qtbot, window.session)
    assert shown(window) == before  # the panel of the exercise goes with it
    assert not window.transport.isHidden()


def test_a_teacher_says_how_it_opens(window: MainWindow, qtbot: QtBot) -> None:
    for id_ in ("loss", "training"):
        window.workbench.show_panel(id_, False)
    do(window, "opening_panels")
    do(window, "opening_lock_export")
    do(window, "opening_lock_train")
    do(window, "opening_lock_train")
    opening = window.session.document.opening
    assert opening is not None
    assert {"loss", "training"} <= set(opening.hidden)
    assert not {"palette", "inspector"} & set(opening.hidden)
    assert opening.locked == ("export",)
    # The teacher goes on as before.
    window.workbench.show_panel("loss", True)
    assert window.workbench.is_shown("loss")
    assert not window.session.locks.held
    again = loads(dumps(window.session.current_document(), archive=True))
    assert again.opening == opening
    window.files.show(again)
    settle(qtbot, window.session)
    assert not window.workbench.is_shown("loss")
    window.actions_.by_id["export"].trigger()
    assert "opens with exporting locked" in window.notices.text
    do(window, "opening_view")
    do(window, "opening_none")
    assert window.session.document.opening is None
    window.session.undo_stack.undo()
    assert window.session.document.opening == opening


def test_a_teachers_own_exercise_opens_whole(window: MainWindow, qtbot: QtBot) -> None:
    document = load_entry("exercise_z_2x_y")
    assert document.exercise is not None
    document.exercise = replace(document.exercise, learner=None)
    window.files.show(document)
    settle(qtbot, window.session)
    assert set(HIDDEN) <= shown(window)
    assert not window.session.locks.held
    do(window, "exercise_work")
    assert shown(window) == {"exercise", "inspector"}
    do(window, "exercise_set")
    assert set(HIDDEN) <= shown(window)


@pytest.mark.parametrize("section", [[], {"hidden": 3}, {"hidden": ["x" * 101]}, {"locked": ["a"] * 101}])
def test_a_wrong_section_is_one_sentence(section: object) -> None:
    with pytest.raises(GradwireError, match=r"opening"):
        from_json({"format": "gradwire", "version": 1, "opening": section})


def test_what_is_not_known_of_it_is_kept() -> None:
    raw = {"hidden": ["loss", "a panel to come"], "locked": ["breathing"], "for": "class 7"}
    document = from_json({"format": "gradwire", "version": 1, "opening": raw})
    assert document.opening == Opening(("loss", "a panel to come"), ("breathing",))
    again = loads(dumps(document, archive=False)).opening
    assert again is not None
    assert again.written() == raw


def test_the_exercise_stays_in_front_where_its_teacher_changes_it(window: MainWindow, qtbot: QtBot) -> None:
    window.files.open_example("exercise_two_layers")
    qtbot.waitUntil(lambda: window.session.document.opening is not None, timeout=WAIT)
    assert not window.workbench.is_shown("palette")
    window.actions_.by_id["exercise_set"].trigger()
    assert window.workbench.is_shown("palette")
    # What many numbers need has a turn of its own.
    qtbot.waitUntil(lambda: place(window).setting.isVisible(), timeout=WAIT)
    window.session.undo_stack.setClean()
