"""Data is looked at before it is used: by mouse and keys, what was guessed is changed, and one edit uses it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from compute.document import from_json
from editor.main_window import MainWindow
from editor.panels.data import DataPlace
from editor.panels.data.preview import PreviewSheet
from editor.panels.data.preview_model import ENTERS, FILLED, MISSING, TYPE, USED
from editor.panels.fields import ChoiceField, SwitchField
from editor.session import Session
from tests.compute.test_data_preview import PEOPLE, TOWNS
from tests.editor.panel_session import PAUSE, WAIT, click, line_of, settle, sheet_of, type_into, use_looked_at
from tests.editor.test_data_place import LONG, known, place, read_by, show
from tests.editor.test_data_place import session as session

__all__ = ["place"]

NAMES = ["id", "age", "town", "sex", "fare", "lives"]
ID, AGE, TOWN, SEX, FARE, LIVES = range(6)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE, "utf-8")
    return path


@pytest.fixture
def sheet(place: DataPlace, qtbot: QtBot, path: Path) -> PreviewSheet:
    place.form.use_file(str(path))
    return sheet_of(place, qtbot)


def texts(sheet: PreviewSheet, column: int) -> list[str]:
    model = sheet.columns.model_
    return [str(model.data(model.index(row, column))) for row in range(model.rowCount())]


def menu_of(sheet: PreviewSheet) -> QMenu:
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def pick(sheet: PreviewSheet, row: int, column: int, text: str) -> None:
    """By mouse: a press on the cell, and on what it offers."""
    view = sheet.columns
    view.scrollTo(view.model_.index(row, column))
    click(view.viewport(), view.visualRect(view.model_.index(row, column)).center())
    menu = menu_of(sheet)
    action = next(each for each in menu.actions() if each.text() == text)
    click(menu, menu.actionGeometry(action).center())


def pick_by_keys(sheet: PreviewSheet, row: int, column: int, downs: int) -> None:
    """By keys alone: Space opens, arrows go, Enter chooses."""
    sheet.columns.setFocus()
    sheet.columns.setCurrentIndex(sheet.columns.model_.index(row, column))
    QTest.keyClick(sheet.columns, Qt.Key.Key_Space)
    menu = menu_of(sheet)
    for _ in range(abs(downs)):
        QTest.keyClick(menu, Qt.Key.Key_Down if downs > 0 else Qt.Key.Key_Up)
    QTest.keyClick(menu, Qt.Key.Key_Return)


def first(sheet: PreviewSheet, column: int = 0) -> str:
    """A cell of the first row."""
    model = sheet.rows.model_
    return str(model.data(model.index(0, column)))


def quiet(sheet: PreviewSheet, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not sheet.is_busy, timeout=WAIT)


def choose_field(sheet: PreviewSheet, name: str, key: str) -> None:
    """By keys, in the list of a field."""
    field = sheet.form.fields[name]
    assert isinstance(field, ChoiceField)
    box = field.box
    box.setFocus()
    step = Qt.Key.Key_Down if box.findData(key) > box.currentIndex() else Qt.Key.Key_Up
    while box.key != key:
        QTest.keyClick(box, step)


class TestWhatIsShown:
    def test_rows_types_missing_values_and_who_reads(self, sheet: PreviewSheet, session: Session) -> None:
        assert sheet.name.accessibleName() == "people.csv"
        assert sheet.size_.text() == "40 rows · 6 columns"
        assert texts(sheet, 0) == NAMES
        assert texts(sheet, TYPE) == ["id", "number", "category", "category", "number", "category"]
        assert texts(sheet, MISSING) == ["0", "4", "10", "0", "0", "0"]
        assert texts(sheet, FILLED) == ["", "median", "a class “missing”", "", "", ""]
        assert texts(sheet, USED) == ["not used", "input", "input", "input", "input", "target"]
        assert texts(sheet, ENTERS) == ["", "", "one-hot", "index", "", ""]
        model = sheet.rows.model_
        assert [model.headerData(i, Qt.Orientation.Horizontal) for i in range(6)] == NAMES
        assert [model.data(model.index(0, i)) for i in range(6)] == ["1", "20", "Ulm", "m", "0.5", "no"]
        field = sheet.form.fields["separator"]
        assert isinstance(field, ChoiceField)
        assert field.box.key == "semicolon"
        assert sheet.summary.text() == "7 inputs, made from 4; predicts lives."
        assert sheet.told.accessibleName().startswith("id: tells the rows apart")
        assert session.document.data["source"] == "inline"
        assert session.undo_stack.count() == 0

    def test_closing_it_changes_nothing(self, sheet: PreviewSheet, place: DataPlace, session: Session) -> None:
        pick_by_keys(sheet, AGE, FILLED, -1)
        QTest.keyClick(sheet, Qt.Key.Key_Escape)
        assert place.previews.shown is None
        assert session.undo_stack.count() == 0

    @pytest.mark.parametrize(
        ("content", "says"),
        [
            (b"", "is empty; the first line must name the columns"),
            (b"a,b\n1,2\n1,2,3\n1,2\n", "line 3 of"),
            (b"PK\x00\x01\x02\x00\x00\x03" * 50, "is no text"),
        ],
    )
    def test_what_cannot_be_read_is_said_and_not_used(
        self, place: DataPlace, qtbot: QtBot, tmp_path: Path, content: bytes, says: str
    ) -> None:
        path = tmp_path / "wrong.csv"
        path.write_bytes(content)
        place.form.use_file(str(path))
        sheet = sheet_of(place, qtbot)
        assert says.lower() in sheet.problem.text().lower()
        assert sheet.problem.isVisible()
        assert not sheet.agree.isEnabled()
        QTest.keyClick(sheet, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        assert place.previews.shown is sheet
        sheet.reject()


class TestHowItIsWritten:
    def test_the_rows_follow_what_is_said_and_guessing_again_forgets_it(
        self, sheet: PreviewSheet, qtbot: QtBot, place: DataPlace, session: Session
    ) -> None:
        choose_field(sheet, "decimal", "point")
        quiet(sheet, qtbot)
        assert texts(sheet, TYPE)[FARE] == "category"
        choose_field(sheet, "separator", "tab")
        quiet(sheet, qtbot)
        assert texts(sheet, 0) == [";".join(NAMES)]
        assert first(sheet) == "1;20;Ulm;m;0,5;no"
        click(sheet.guess)
        quiet(sheet, qtbot)
        assert (texts(sheet, 0), texts(sheet, TYPE)[FARE]) == (NAMES, "number")
        header = sheet.form.fields["header"]
        assert isinstance(header, SwitchField)
        click(header.switch)
        quiet(sheet, qtbot)
        assert first(sheet) == "id"
        click(header.switch)
        quiet(sheet, qtbot)
        pick_by_keys(sheet, AGE, FILLED, -1)
        skip = line_of(sheet.form.fields["skip"])
        skip.setFocus()
        QTest.keyClick(skip, Qt.Key.Key_Return)
        assert place.previews.shown is sheet  # Enter ended the typing alone
        type_into(skip, "900")
        quiet(sheet, qtbot)
        assert sheet.problem.isVisible()
        assert (sheet.rows.model_.rowCount(), sheet.agree.isEnabled()) == (0, False)
        type_into(skip, "0")  # what was said wrong can be said otherwise
        quiet(sheet, qtbot)
        assert texts(sheet, 0) == NAMES
        type_into(line_of(sheet.form.fields["missing"]), "Ulm, no")
        assert place.previews.shown is sheet
        quiet(sheet, qtbot)
        assert texts(sheet, FILLED)[AGE] == "mean"  # what was chosen outlasts another way of reading
        assert texts(sheet, MISSING) == ["0", "4", "20", "0", "0", texts(sheet, MISSING)[LIVES]]
        assert first(sheet, TOWN) == ""
        use_looked_at(place, qtbot)
        known(qtbot, place)
        assert session.document.data["reading"] == {"header": True, "skip": 0, "missing": "Ulm, no"}
        assert read_by(place, "x") == ["age", "town=Bonn", "town=Kiel", "town=missing", "sex", "fare"]

    def test_a_copied_text(self, place: DataPlace, session: Session, qtbot: QtBot) -> None:
        QGuiApplication.clipboard().setText("red;1,5\nblue;2,5\n")
        place.paste_table()
        sheet = sheet_of(place, qtbot)
        assert (texts(sheet, 0), first(sheet, 1)) == (["x1", "x2"], "1.5")
        header = sheet.form.fields["header"]
        assert isinstance(header, SwitchField)
        click(header.switch)
        quiet(sheet, qtbot)
        assert texts(sheet, 0) == ["red", "1,5"]
        click(header.switch)
        quiet(sheet, qtbot)
        use_looked_at(place, qtbot)
        known(qtbot, place)
        assert session.document.data["columns"] == {"x1": ["red", "blue"], "x2": [1.5, 2.5]}
        assert session.undo_stack.count() == 1


class TestWhatIsChosen:
    def test_by_mouse_and_keys_and_used_in_one_step(
        self, sheet: PreviewSheet, place: DataPlace, session: Session, qtbot: QtBot
    ) -> None:
        before = session.document.graph.nodes["x"], session.document.data
        pick(sheet, AGE, FILLED, "mean")
        pick(sheet, SEX, ENTERS, "embedding index")
        pick_by_keys(sheet, TOWN, FILLED, -2)
        assert texts(sheet, FILLED)[AGE : TOWN + 1] == ["mean", "most frequent"]
        pick(sheet, FARE, TYPE, "category")
        quiet(sheet, qtbot)
        assert texts(sheet, ENTERS)[FARE] == "one-hot"
        pick(sheet, FARE, USED, "not used")
        pick_by_keys(sheet, ID, USED, -2)
        assert texts(sheet, USED)[ID] == "input"
        assert sheet.summary.text() == "6 inputs, made from 4; predicts lives."
        click(sheet.agree)
        known(qtbot, place)
        assert read_by(place, "x") == ["id", "age", *TOWNS[:3], "sex[index]"]
        prepare: dict[str, Any] = session.document.data["prepare"]
        assert prepare == {
            "age": {"missing": "mean"}, "town": {"missing": "most frequent"}, "fare": {"type": "category"}
        }  # fmt: skip
        assert session.undo_stack.count() == 1
        assert session.snapshot.problem is None
        session.undo_stack.undo()
        known(qtbot, place)
        assert (session.document.graph.nodes["x"], session.document.data) == before

    def test_a_value_of_ones_own(self, sheet: PreviewSheet, qtbot: QtBot) -> None:
        pick(sheet, AGE, FILLED, "own value…")
        line = sheet.columns.findChild(QLineEdit)
        assert line is not None
        QTest.keyClicks(line, "old")
        QTest.keyClick(line, Qt.Key.Key_Return)
        QTest.qWait(PAUSE)
        assert sheet.isVisible()
        assert sheet.problem.text() == 'The column "age" holds numbers; type a number to stand in.'
        assert texts(sheet, FILLED)[AGE] == "median"
        pick(sheet, AGE, FILLED, "own value…")
        line = sheet.columns.findChild(QLineEdit)
        assert line is not None
        QTest.keyClicks(line, "28,5")
        QTest.keyClick(line, Qt.Key.Key_Return)
        QTest.qWait(PAUSE)
        assert texts(sheet, FILLED)[AGE] == "= 28.5"
        assert not sheet.problem.isVisible()
        sheet.reject()

    def test_another_target_has_other_warnings_and_is_no_input(self, sheet: PreviewSheet, qtbot: QtBot) -> None:
        pick(sheet, TOWN, USED, "target")
        quiet(sheet, qtbot)
        # What was predicted before is an input like others, now that nobody speaks against it.
        assert texts(sheet, USED) == ["not used", "input", "target", "input", "input", "input"]
        assert texts(sheet, FILLED)[TOWN] == "drop rows"  # no answer is made up
        assert "predicts town" in sheet.summary.text()
        sheet.reject()

    def test_several_lines_at_once(self, sheet: PreviewSheet) -> None:
        view = sheet.columns
        view.setFocus()
        view.setCurrentIndex(view.model_.index(AGE, USED))
        for _ in range(3):
            QTest.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
        pick_in_place = view.currentIndex()
        assert pick_in_place.row() == FARE
        QTest.keyClick(view, Qt.Key.Key_Space)
        menu = menu_of(sheet)
        QTest.keyClick(menu, Qt.Key.Key_Up)
        QTest.keyClick(menu, Qt.Key.Key_Return)
        assert texts(sheet, USED) == ["not used"] * 5 + ["target"]
        assert sheet.summary.text() == "No column is an input; predicts lives."
        sheet.reject()


def test_text_among_numbers_is_said_until_it_is_said_what_the_column_is(
    place: DataPlace, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("a,c\n1,2\n2,4\n3,x\n4,8\n", "utf-8")
    place.form.use_file(str(path))
    sheet = sheet_of(place, qtbot)
    assert sheet.problem.text().startswith('Line 4 of "')
    assert '"x" is text among numbers' in sheet.columns.model_.warning(1)
    pick(sheet, 1, TYPE, "number")
    quiet(sheet, qtbot)
    assert not sheet.problem.isVisible()
    assert (texts(sheet, MISSING)[1], texts(sheet, FILLED)[1]) == ("1", "drop rows")
    use_looked_at(place, qtbot)
    known(qtbot, place)
    assert session.snapshot.problem is None
    assert session.document.data["prepare"] == {"c": {"type": "number"}}


def test_reading_shows_how_far_it_is_and_can_be_called_off(
    place: DataPlace, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "long.csv"
    path.write_text(LONG, "utf-8")
    place.form.use_file(str(path))
    sheet = place.previews.shown
    assert sheet is not None
    qtbot.waitUntil(lambda: 0 < sheet.bar.value() < 100, timeout=WAIT)
    assert sheet.rows.model_.rowCount() > 5  # the first rows are there before all of it is
    qtbot.waitUntil(sheet.work.isVisible, timeout=WAIT)
    click(sheet.stop)
    assert not sheet.work.isVisible()
    assert sheet.problem.text().startswith("Reading was stopped")
    assert not sheet.agree.isEnabled()
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    known(qtbot, place)
    assert session.document.data["source"] == "inline"
    assert place.form.data.key == "inline"
    assert session.undo_stack.count() == 0


def test_a_trained_network_keeps_what_it_is_until_something_else_is_chosen(
    place: DataPlace, session: Session, qtbot: QtBot
) -> None:
    show(qtbot, place, "iris")
    session.step_batch()
    qtbot.waitUntil(lambda: session.snapshot.step == 1, timeout=WAIT)
    fitted = session.snapshot.progress.fitted
    place.preview()
    sheet = sheet_of(place, qtbot)
    assert not sheet.trained.isVisible()
    use_looked_at(place, qtbot)
    assert session.undo_stack.count() == 0
    place.preview()
    sheet = sheet_of(place, qtbot)
    pick(sheet, 0, USED, "not used")
    assert sheet.trained.isVisible()
    assert sheet.trained.text().startswith("The network is trained. With these columns it begins anew")
    use_looked_at(place, qtbot)
    known(qtbot, place)
    assert (session.snapshot.step, session.undo_stack.count()) == (0, 1)
    session.undo_stack.undo()
    known(qtbot, place)
    assert (session.snapshot.step, session.snapshot.progress.fitted) == (1, fitted)


def test_a_table_that_gets_the_keyboard_chooses_no_sample(place: DataPlace, session: Session, qtbot: QtBot) -> None:
    show(qtbot, place, "iris")
    chosen: list[int] = []
    place.rows.row_chosen.connect(chosen.append)
    place.activateWindow()
    qtbot.waitUntil(place.isActiveWindow)
    assert not place.rows.currentIndex().isValid()
    place.form.data.setFocus()
    place.rows.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(place.rows.hasFocus)
    assert place.rows.currentIndex().row() == 0
    assert chosen == []
    QTest.keyClick(place.rows, Qt.Key.Key_Down)
    assert chosen == [1]


def test_the_data_of_now_is_prepared_in_the_window(window: MainWindow, qtbot: QtBot) -> None:
    session, place = window.session, window.data_place
    nodes = [{"id": "x", "op": "input", "params": {"columns": ["a"]}}]
    columns = {"a": [1, 2, None, 4], "b": ["u", "v", "w", "u"], "c": [1, 0, 1, 0]}
    raw = {"format": "gradwire", "version": 1, "graph": {"nodes": nodes, "wires": []}}
    session.open_document(from_json(raw | {"data": {"source": "inline", "columns": columns}}))
    settle(qtbot, session)
    window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_6, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    sheet = sheet_of(place, qtbot)
    assert not sheet.side.isVisible()  # nothing is written in a file
    assert texts(sheet, USED) == ["input", "not used", "not used"]
    pick(sheet, 1, USED, "input")
    pick(sheet, 2, USED, "target")
    assert sheet.summary.text() == "4 inputs, made from 2; predicts c. The node target is added."
    pick(sheet, 0, FILLED, "mean")
    use_looked_at(place, qtbot)
    settle(qtbot, session)
    assert read_by(place, "x") == ["a", "b=u", "b=v", "b=w"]
    assert read_by(place, "y") == ["c"]
    assert session.snapshot.trace.values["x"][:, 0].tolist() == [1.0, 2.0, pytest.approx(7 / 3), 4.0]
    assert session.undo_stack.count() == 1
