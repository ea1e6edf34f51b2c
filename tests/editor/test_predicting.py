"""Predictions for the rows of another file, with the weights of now, beside the window."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from editor.main_window import MainWindow
from tests.editor.panel_session import WAIT, idle, settle

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
    QTest.keyClick(iris, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
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


def test_rows_that_lack_a_column_are_refused(iris: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("sepal length\n5.1\n", "utf-8")
    iris.files.predict(tmp_path / "new.csv", tmp_path / "out.csv")
    idle(qtbot, iris)
    assert 'asks for the column "sepal width", which the data does not have' in iris.notices.banner.text.text()
    assert not (tmp_path / "out.csv").exists()
