"""Predictions for the rows of another file, with the weights of now, beside the window."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from editor import theme
from editor.main_window import MainWindow
from editor.predicting import PredictSheet
from tests.editor.panel_session import WAIT, click, idle, settle

HEADER = "sepal length,sepal width,petal length,petal width\n"


@pytest.fixture
def iris(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> MainWindow:
    """A window on iris, and a file with a row of it."""
    window.files.open_example("iris")
    settle(qtbot, window.session)
    (tmp_path / "new.csv").write_text(f"{HEADER}5.1,3.5,1.4,0.2\n", "utf-8")
    return window


def choose(window: MainWindow, qtbot: QtBot, title: str, path: Path) -> None:
    def found() -> QFileDialog | None:
        return next((each for each in window.findChildren(QFileDialog) if each.windowTitle() == title), None)

    qtbot.waitUntil(lambda: found() is not None, timeout=WAIT)
    dialog = found()
    assert dialog is not None
    dialog.fileSelected.emit(str(path))
    dialog.close()


def test_answers_are_written_with_the_weights_of_now(iris: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    iris.session.set_weight("z.bias", (1,), 1000.0)
    qtbot.waitUntil(lambda: float(iris.session.snapshot.weights["z.bias"][1]) == 1000.0, timeout=WAIT)
    sheet = opened(iris, qtbot)
    click(sheet.file)
    choose(iris, qtbot, "Predict for these rows", tmp_path / "new.csv")
    choose(iris, qtbot, "Write the predictions", tmp_path / "out.csv")
    idle(qtbot, iris)
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        header, line = csv.reader(file)
    assert header == ["class", "setosa", "versicolor", "virginica"]
    assert line[0] == "versicolor"
    assert float(line[2]) == pytest.approx(1.0)
    assert iris.notices.text == "Wrote 1 prediction to out.csv"
    iris.session.undoing.undo()
    sheet.reject()


def opened(window: MainWindow, qtbot: QtBot) -> PredictSheet:
    """The sheet with the answer for the row of the data that it begins with."""
    QTest.keyClick(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    sheet = window.findChild(PredictSheet)
    assert sheet is not None
    qtbot.waitUntil(lambda: sheet.table.columnCount() == 8, timeout=WAIT)
    return sheet


def shown(sheet: PredictSheet) -> list[list[str]]:
    """The cells of the rows in which something stands."""
    cells = [[sheet.table.item(line, at) for at in range(8)] for line in range(len(sheet.rows()))]
    return [[cell.text() if cell else "" for cell in line] for line in cells]


def type_into(sheet: PredictSheet, line: int, at: int, text: str) -> None:
    place = sheet.table.visualRect(sheet.table.model().index(line, at)).center()
    click(sheet.table.viewport(), place)
    QTest.keyClicks(sheet.table, text[0])
    editor = QApplication.focusWidget()
    assert isinstance(editor, QLineEdit)
    QTest.keyClicks(editor, text[1:])
    QTest.keyClick(editor, Qt.Key.Key_Return)


def test_rows_are_typed_and_pasted_beside_their_answers(iris: MainWindow, qtbot: QtBot) -> None:
    iris.session.set_weight("z.bias", (1,), 1000.0)
    qtbot.waitUntil(lambda: float(iris.session.snapshot.weights["z.bias"][1]) == 1000.0, timeout=WAIT)
    sheet = opened(iris, qtbot)
    assert shown(sheet) == [["versicolor", "0", "1", "0", "5.1", "3.5", "1.4", "0.2"]]
    type_into(sheet, 1, 4, "6.25")
    qtbot.waitUntil(lambda: len(shown(sheet)) == 2 and shown(sheet)[1][0] == "versicolor", timeout=WAIT)
    assert sheet.table.rowCount() == 3
    type_into(sheet, 1, 5, "abc")
    qtbot.waitUntil(sheet.problem.isVisible, timeout=WAIT)
    assert sheet.problem.text() == 'Row 1 (counting from 0) of the column "sepal width" is "abc", which is no number.'
    assert [line[0] for line in shown(sheet)] == ["", ""]
    QApplication.clipboard().setText("petal width\tpetal length\tsepal width\tsepal length\n2\t5\t3\t6\n1\t4\t3\t5\n")
    click(sheet.table.viewport(), sheet.table.visualRect(sheet.table.model().index(1, 4)).center())
    QTest.keyClick(sheet.table, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: [line[0] for line in shown(sheet)] == ["versicolor"] * 3, timeout=WAIT)
    assert [line[4:] for line in shown(sheet)[1:]] == [["6", "3", "5", "2"], ["5", "3", "4", "1"]]
    QApplication.clipboard().setText("1\t2")
    click(sheet.paste)
    assert sheet.problem.text().startswith("The copied rows have 2 columns, and the network asks for")
    click(sheet.copy)
    assert QApplication.clipboard().text().splitlines()[2].split("\t")[4:] == ["6", "3", "5", "2"]
    QTest.keyClick(sheet.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: len(shown(sheet)) == 2, timeout=WAIT)
    answer = sheet.table.item(0, 0)
    assert answer is not None
    answer.setForeground(Qt.GlobalColor.red)
    theme.notifier.changed.emit()  # answers take the colours of the theme of now
    color = theme.color(theme.current().text)
    qtbot.waitUntil(lambda: sheet.table.item(0, 0).foreground().color() == color, timeout=WAIT)  # type: ignore[union-attr]
    iris.session.undoing.undo()
    qtbot.waitUntil(lambda: shown(sheet)[0][2] != "1", timeout=WAIT)
    click(sheet.over)
    theme.notifier.changed.emit()  # a sheet that was closed works nothing out
    assert not (isValid(sheet) and sheet._timer.isActive())


def test_rows_that_lack_a_column_are_refused(iris: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("sepal length\n5.1\n", "utf-8")
    iris.files.predict(tmp_path / "new.csv", tmp_path / "out.csv")
    idle(qtbot, iris)
    assert 'asks for the column "sepal width", which the data does not have' in iris.notices.banner.text.text()
    assert not (tmp_path / "out.csv").exists()


def test_it_is_said_what_an_empty_cell_was_taken_for(iris: MainWindow, qtbot: QtBot) -> None:
    sheet = opened(iris, qtbot)
    before = sheet.told.text()
    assert before.endswith("before any training.")
    type_into(sheet, 1, 4, "5.1")
    qtbot.waitUntil(lambda: bool(shown(sheet)[1:] and shown(sheet)[1][0]), timeout=WAIT)
    assert sheet.told.text().startswith(f"{before} Filled where empty: sepal width with ")
    assert [sheet.told.text().count(name) for name in ("sepal length", "petal length with", "petal width with")] == [
        0,
        1,
        1,
    ]
    QTest.keyClick(sheet.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: sheet.told.text() == before, timeout=WAIT)
    sheet.reject()
