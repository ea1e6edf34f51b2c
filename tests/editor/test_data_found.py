"""Every way that leads to the data: menu, search of actions, palette, a node that reads it, the training panel."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

from compute.data import file_endings
from editor.main_window import MainWindow
from editor.panels.fields import ColumnsField
from editor.panels.settings_tab import SettingsTab
from tests.editor.panel_session import PAUSE, click, settle, use_looked_at

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


def in_sight(window: MainWindow) -> bool:
    QApplication.processEvents()
    return window.workbench.docks["data"].in_sight


@pytest.fixture
def away(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window on XOR that shows the loss where the data could stand."""
    window.files.open_example("xor")
    settle(qtbot, window.session)
    window.workbench.show_panel("loss", True)
    assert not in_sight(window)
    return window


@pytest.mark.parametrize("typed", ["data", "csv", "typed table"])
def test_the_search_of_actions(away: MainWindow, qtbot: QtBot, typed: str) -> None:
    QTest.keyClick(away, Qt.Key.Key_P, CONTROL | SHIFT)
    search = away.tools.search
    assert search is not None
    QTest.keyClicks(search.field, typed)
    found = [search.list.item(i).text() for i in range(search.list.count())]
    assert found[0] == "Data"
    QTest.keyClick(search.field, Qt.Key.Key_Return)
    assert in_sight(away)


def test_the_list_of_data_sets(away: MainWindow, qtbot: QtBot) -> None:
    QTest.keyClick(away, Qt.Key.Key_D, CONTROL | SHIFT)
    assert in_sight(away)
    choices = away.data_place.form.data
    qtbot.waitUntil(choices.view().isVisible)
    texts = [choices.itemText(i) for i in range(choices.count())]
    assert {"Two spirals", "Clouds in a circle", "Straight line", "Hills and hollows", "Fitness club"} < {*texts}
    assert "CC BY 4.0" in choices.itemData(texts.index("Iris flowers"), Qt.ItemDataRole.ToolTipRole)
    choices.hidePopup()


@pytest.mark.parametrize("typed", ["data set", "csv", "npz"])
def test_the_palette(away: MainWindow, typed: str) -> None:
    palette = away.palette_panel
    palette.search.setFocus()
    QTest.keyClicks(palette.search, typed)
    assert palette.view.currentIndex().data() == "Data…"
    QTest.keyClick(palette.search, Qt.Key.Key_Return)
    assert in_sight(away)
    assert len(away.session.document.graph.nodes) == 6


def test_a_node_that_reads_it(away: MainWindow) -> None:
    away.session.select(["x"])
    away.inspector.show_tab("Settings")
    settings = away.inspector.tab(SettingsTab)
    assert settings.data.isVisible()
    click(settings.data)
    assert away.data_place.columns.hasFocus()
    away.session.select(["h"])
    assert not settings.data.isVisible()


def test_the_training_panel(away: MainWindow) -> None:
    assert away.training_panel.data.text() == "Exclusive or"
    click(away.training_panel.data)
    assert in_sight(away)


def test_a_file_is_asked_for(away: MainWindow) -> None:
    QTest.keyClick(away, Qt.Key.Key_O, CONTROL | SHIFT)
    dialog = away.data_place.form.findChild(QFileDialog)
    assert dialog is not None
    assert dialog.nameFilters() == ["Data (" + " ".join(f"*{ending}" for ending in file_endings()) + ")"]
    dialog.close()


def test_a_table_is_pasted_from_a_spreadsheet_in_one_undo_step(away: MainWindow, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setText("x1\tx2\ty\n0,5\t1\t1\n2\t3\t0\n")
    away.actions_.by_id["data_paste"].trigger()
    use_looked_at(away.data_place, qtbot)
    settle(qtbot, away.session)
    assert away.session.document.data["columns"] == {"x1": [0.5, 2], "x2": [1, 3], "y": [1, 0]}
    assert away.session.snapshot.rows == 2
    assert in_sight(away)
    assert away.session.undo_stack.count() == 1
    QGuiApplication.clipboard().setText("")
    away.actions_.by_id["data_paste"].trigger()
    assert away.notices.text == "The clipboard holds no table; copy some cells of a spreadsheet first."


def test_a_new_table_is_typed_in_at_once_cell_by_cell(away: MainWindow, qtbot: QtBot) -> None:
    rows = away.data_place.rows
    away.session.new()
    away.workbench.show_panel("loss", True)
    assert not in_sight(away)
    QTest.keyClick(away, Qt.Key.Key_T, CONTROL | ALT)
    assert in_sight(away)
    qtbot.waitUntil(lambda: rows.currentIndex().isValid())
    assert away.data_place.count.accessibleName() == "1 row · 3 columns"
    for text in ("1", "-2,5", "-4"):
        if rows.findChild(QLineEdit) is None:
            QTest.keyClicks(rows, text[0])
            text = text[1:]
        # What is computed meanwhile comes while the next cell is open.
        settle(qtbot, away.session)
        away.data_place.refresh()
        line = rows.findChild(QLineEdit)
        assert line is not None
        QTest.keyClicks(line, text)
        QTest.keyClick(line, Qt.Key.Key_Tab if text != "-4" else Qt.Key.Key_Return)
        QTest.qWait(PAUSE)
    assert away.session.document.data["columns"] == {"x1": [1], "x2": [-2.5], "y": [-4]}


def test_what_is_typed_in_the_table_is_no_shortcut(away: MainWindow, qtbot: QtBot) -> None:
    place = away.data_place
    place.open()
    away.actions_.by_id["data_copy"].trigger()
    settle(qtbot, away.session)
    place.rows.setFocus()
    place.rows.setCurrentIndex(place.rows.model_.index(0, 0))
    QTest.keyClick(place.rows, Qt.Key.Key_Delete)
    assert len(away.session.document.graph.nodes) == 6
    assert away.session.document.data["columns"]["x1"] == [0, 1, 1]
    QTest.keyClick(place.rows, Qt.Key.Key_Z, CONTROL)
    assert away.session.document.data["columns"]["x1"] == [0, 0, 1, 1]


def test_the_settings_of_an_input_tell_which_column_is_a_target(away: MainWindow) -> None:
    away.session.select(["x"])
    away.inspector.show_tab("Settings")
    field = away.inspector.tab(SettingsTab).form.fields["columns"]
    assert isinstance(field, ColumnsField)
    assert [field.list.item(i).text() for i in range(field.list.count())] == ["x1", "x2", "y (target)"]
    away.session.select(["y"])
    field = away.inspector.tab(SettingsTab).form.fields["columns"]
    assert isinstance(field, ColumnsField)
    assert [field.list.item(i).text() for i in range(field.list.count())] == ["x1", "x2", "y"]
