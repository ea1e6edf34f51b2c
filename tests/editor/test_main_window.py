"""The window as a whole: files, what it says, and where keys go."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QFileDialog,
    QLineEdit,
    QMessageBox,
    QTableView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from compute.gallery import load_entry
from editor.actions.backprop import toggle_walk
from editor.canvas.fields import NoteField, TitleField
from editor.export_form import ExportForm
from editor.main_window import MainWindow
from editor.panels.tensor_table import TensorTable
from tests.editor.canvas_driver import CTRL, NO_KEY, SHIFT
from tests.editor.panel_session import WAIT, idle, settle


def dialog(window: MainWindow) -> QFileDialog:
    """The file dialog that is open."""
    (found,) = [each for each in window.findChildren(QFileDialog) if each.isVisible()]
    return found


def choose(window: MainWindow, path: Path, kind: int = 0) -> None:
    """Type a name into the open file dialog and accept it."""
    asked = dialog(window)
    asked.selectNameFilter(asked.nameFilters()[kind])
    name = asked.findChild(QLineEdit, "fileNameEdit")
    buttons = asked.findChild(QDialogButtonBox)
    assert isinstance(name, QLineEdit)
    assert isinstance(buttons, QDialogButtonBox)
    name.setText(str(path))
    buttons.button(QDialogButtonBox.StandardButton.Save).click()


def answer(window: MainWindow, button: QMessageBox.StandardButton) -> str:
    """Press a button of the question that is open; returns the question."""
    (box,) = [each for each in window.findChildren(QMessageBox) if each.isVisible()]
    text = box.text()
    box.button(button).click()
    return text


# -- files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ask", "ending"),
    [
        ("ask_save", ".gradwire"),
        ("ask_export", ".safetensors"),
        ("ask_export", ".npz"),
    ],
)
def test_a_name_typed_without_its_ending_does_not_replace_a_file_unasked(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, ask: str, ending: str
) -> None:
    there = tmp_path / f"foo{ending}"
    there.write_text("keep me")
    getattr(window.files, ask)()
    for form in window.findChildren(ExportForm):
        form.kind.setCurrentIndex(form.kind.findData(ending))
        form.save.click()
    choose(window, tmp_path / "foo")
    assert there.read_text() == "keep me"
    assert (
        answer(window, QMessageBox.StandardButton.No) == f"“foo{ending}” is there already. Do you want to replace it?"
    )
    assert there.read_text() == "keep me"
    assert dialog(window).selectedFiles() == [str(there)]
    choose(window, tmp_path / "foo")
    answer(window, QMessageBox.StandardButton.Yes)
    qtbot.waitUntil(lambda: there.read_bytes() != b"keep me", timeout=WAIT)
    qtbot.waitUntil(lambda: window.notices.text.startswith(("Saved", "Exported")), timeout=WAIT)


def test_a_new_name_gets_its_ending_without_a_question(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.files.ask_save()
    choose(window, tmp_path / "foo")
    idle(qtbot, window)
    assert (tmp_path / "foo.gradwire").is_file()
    assert window.notices.text == "Saved foo.gradwire"


def test_the_status_line_does_not_keep_what_is_no_longer_true(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.session.save(tmp_path / "foo.gradwire")
    window.notices.say("Saved foo.gradwire")
    window.session.document.path = tmp_path / "gone" / "foo.gradwire"
    window.files.save()
    idle(qtbot, window)
    assert window.notices.text == "foo.gradwire was not saved"
    assert "there is no folder" in window.notices.banner.sentence
    window.files.export(tmp_path / "gone" / "w.npz")
    assert window.notices.text == "Exporting w.npz …"
    qtbot.waitUntil(lambda: window.notices.text == "w.npz was not exported", timeout=WAIT)
    window.files.publishing.save_picture(tmp_path / "gone" / "p.png")
    idle(qtbot, window)
    qtbot.waitUntil(lambda: window.notices.text == "p.png was not saved", timeout=WAIT)
    window.session.document.path = tmp_path / "foo.gradwire"
    window.files.save()
    idle(qtbot, window)
    assert window.notices.text == "Saved foo.gradwire"
    # Where the disk was looked at meanwhile, it has said that the file is gone, and takes that back at its next look.
    qtbot.waitUntil(lambda: window.notices.banner.sentence == "", timeout=WAIT)


def test_a_new_document_says_so(window: MainWindow) -> None:
    window.files.new()
    assert window.notices.text == "New document"


# -- where keys go ---------------------------------------------------------------------------------------------


KEYS = [
    (Qt.Key.Key_Delete, NO_KEY),
    (Qt.Key.Key_Backspace, NO_KEY),
    (Qt.Key.Key_X, CTRL),
    (Qt.Key.Key_V, CTRL),
    (Qt.Key.Key_D, CTRL),
    (Qt.Key.Key_A, CTRL),
    (Qt.Key.Key_F, NO_KEY),
    (Qt.Key.Key_M, NO_KEY),
    (Qt.Key.Key_C, NO_KEY),
    (Qt.Key.Key_F2, NO_KEY),
]


def test_keys_pressed_in_a_table_a_list_or_a_choice_leave_the_graph_alone(window: MainWindow, qtbot: QtBot) -> None:
    window.files.open_example("spiral")
    settle(qtbot, window.session)
    session, canvas = window.session, window.canvas
    session.select(["h1", "a2"])
    canvas.copy()
    session.select(["h1"])
    window.inspector.show_tab("Weights")
    canvas.zoom_to(0.7)
    tables = [each for each in window.inspector.findChildren(QTableView) if each.isVisible()]
    elsewhere: list[QWidget] = [*tables, window.palette_panel.view, window.training_panel.loss]
    assert len(elsewhere) == 3
    for widget in elsewhere:
        for key, modifiers in KEYS:
            widget.setFocus()
            QTest.keyClick(widget, key, modifiers)
            assert session.undo_stack.count() == 0, (widget, key)
            assert session.selection.nodes == {"h1"}, (widget, key)
            assert (canvas.camera.zoom, canvas.minimap.isVisible()) == (0.7, True), (widget, key)
            assert canvas.findChild(TitleField) is None, (widget, key)


def test_in_a_walk_arrows_move_in_a_table_that_has_the_focus(window: MainWindow, qtbot: QtBot) -> None:
    window.files.open_example("spiral")
    settle(qtbot, window.session)
    toggle_walk(window.session)
    window.session.select(["h1"])
    window.inspector.show_tab("Weights")
    table = next(each for each in window.inspector.findChildren(TensorTable) if each.isVisible())
    table.setFocus()
    table.setCurrentIndex(table.model().index(0, 0))

    def at() -> tuple[int, int, int]:
        assert window.session.walk is not None
        return window.session.walk.index, table.currentIndex().row(), table.currentIndex().column()

    for key, there in ((Qt.Key.Key_Right, (0, 0, 1)), (Qt.Key.Key_End, (0, 0, 7)), (Qt.Key.Key_Left, (0, 0, 6))):
        QTest.keyClick(table, key)
        assert at() == there
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_Right)
    assert at() == (1, 0, 6)


def test_on_the_canvas_the_same_keys_act(window: MainWindow) -> None:
    session, canvas = window.session, window.canvas
    graph = session.document.graph
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_M)
    assert not canvas.minimap.isVisible()
    canvas.zoom_to(0.3)
    QTest.keyClick(canvas, Qt.Key.Key_F)
    assert canvas.camera.zoom != 0.3
    QTest.keyClick(canvas, Qt.Key.Key_A, CTRL)
    assert session.selection.nodes == graph.nodes.keys()
    session.select(["x"])
    QTest.keyClick(canvas, Qt.Key.Key_C, CTRL)
    QTest.keyClick(canvas, Qt.Key.Key_V, CTRL)
    assert len(graph.nodes) == 7
    QTest.keyClick(canvas, Qt.Key.Key_Delete)
    assert len(graph.nodes) == 6
    session.select(["x"])
    QTest.keyClick(canvas, Qt.Key.Key_F2)
    assert canvas.findChild(TitleField) is not None


def test_what_only_the_canvas_answers_stays_in_menus_search_and_sheet(window: MainWindow) -> None:
    window.session.select(["x"])
    there = [action.text() for action in window._menus["Edit"].actions()]
    assert {"Cut", "Copy", "Delete", "Rename"} <= set(there)
    window.canvas.clearFocus()
    window.palette_panel.search.setFocus()
    window.actions_.by_id["delete"].trigger()
    assert "x" not in window.session.document.graph.nodes


# -- problems ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["loss", "data"])
def test_the_banner_leads_to_the_choice_that_mends_a_problem(window: MainWindow, qtbot: QtBot, what: str) -> None:
    session = window.session
    if what == "loss":
        session.apply(session.edits.set_training("Change the loss", loss="h"))
    else:
        session.apply(session.edits.set_data("Use a file", {"source": "csv", "path": "/no/such/file.csv"}))
    qtbot.waitUntil(lambda: bool(window.notices.banner.sentence), timeout=WAIT)
    assert window.notices.banner.offer.isVisible()
    assert window.notices.banner.offer.text() == ("Choose a loss…" if what == "loss" else "Choose data…")
    QTest.mouseClick(window.notices.banner.offer, Qt.MouseButton.LeftButton)
    combo = window.training_panel.loss if what == "loss" else window.data_place.form.data
    assert combo.view().isVisible()
    combo.hidePopup()
    session.undo_stack.undo()
    qtbot.waitUntil(lambda: not window.notices.banner.isVisible(), timeout=WAIT)


def test_a_note_that_is_being_written_is_not_lost_when_the_window_closes(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    note_id = window.canvas.add_note()
    field = window.canvas.findChild(NoteField)
    assert field is not None
    window.session.undo_stack.setClean()
    QTest.keyClicks(field, "remember")
    asked: list[bool] = []
    monkeypatch.setattr(window.files, "leave", lambda _then: asked.append(window.session.is_modified))
    window.close()
    assert asked == [True]
    assert window.session.document.graph.notes[note_id].text == "remember"
    monkeypatch.undo()


def test_what_is_selected_can_be_removed_in_a_walk(window: MainWindow) -> None:
    window.session.start_walk()
    window.session.select(["f"])
    window.session.apply(window.session.edits.remove({"f"}))
    assert window.session.walk is None
    assert not window.session.selection.ids


def test_another_document_takes_the_place_of_an_edited_one_with_something_selected(window: MainWindow) -> None:
    window.session.apply(window.session.edits.remove({"f"}))
    window.session.undoing.undo()
    window.session.select(["f"])
    window.session.open_document(load_entry("xor"))
    assert not window.session.selection.ids
    assert window.session.title == load_entry("xor").name


def test_what_is_taken_back_and_done_again_is_said(window: MainWindow) -> None:
    window.session.apply(window.session.edits.remove({"f"}, "Delete f"))
    said = []
    for letter, keys in ((Qt.Key.Key_Z, CTRL), (Qt.Key.Key_Z, CTRL | SHIFT)):
        QTest.keyClick(window.canvas, letter, keys)
        said.append(window.notices.text)
    assert said == ["Undone: Delete f", "Done again: Delete f"]
    window.session.set_weight("x.value", (), 5.0)
    QTest.keyClick(window.canvas, Qt.Key.Key_Z, CTRL)
    assert window.notices.text == "Undone: change of x.value"


def test_what_was_muted_is_said_calmly_and_switched_on_from_the_banner(window: MainWindow, qtbot: QtBot) -> None:
    session, banner = window.session, window.notices.banner
    session.apply(session.edits.change("f", "Mute f", off="mute"))
    qtbot.waitUntil(lambda: "is muted" in banner.sentence, timeout=WAIT)
    assert (banner.is_calm, banner.offer.text()) == (True, "Switch it on")
    window.notices.complain("Something else is wrong.")
    assert (banner.is_calm, banner.offer.isVisible()) == (False, False)
    banner.dismiss()
    QTest.mouseClick(banner.offer, Qt.MouseButton.LeftButton)
    assert [node.id for node in session.document.graph.nodes.values() if node.off] == []
    qtbot.waitUntil(lambda: not banner.isVisible(), timeout=WAIT)
    session.undoing.undo()
    assert [node.id for node in session.document.graph.nodes.values() if node.off] == ["f"]
