"""Typing a matrix where it stands: cell by cell, as a whole, and back again."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from compute.gallery import load_entry
from editor.canvas.matrix_field import MatrixField, MatrixTable
from tests.editor.canvas_driver import CTRL, LEFT, NO_KEY, PAUSE, SHIFT, Driver

Keys = Qt.Key


@pytest.fixture
def play(qtbot: QtBot) -> Driver:
    return Driver(qtbot, load_entry("matrix_playground"))


def opened(driver: Driver, node: str) -> MatrixField:
    """By a double-click on the node's body."""
    at = driver.pixel(driver.body(node))
    driver.click(driver.body(node))
    QTest.mouseDClick(driver.canvas, LEFT, NO_KEY, at)
    QTest.mouseRelease(driver.canvas, LEFT, NO_KEY, at)
    field = driver.canvas._field
    assert isinstance(field, MatrixField)
    return field


def press(table: MatrixTable, *keys: Keys, with_: Qt.KeyboardModifier = NO_KEY) -> None:
    for key in keys:
        there = QApplication.focusWidget() or table
        QTest.keyPress(there, key, with_)
        QTest.keyRelease(there, key, with_)


def write(table: MatrixTable, text: str) -> None:
    """Letter by letter, each to what has the keyboard."""
    for letter in text:
        QTest.keyClicks(QApplication.focusWidget() or table, letter)


def type_(table: MatrixTable, *texts: str) -> None:
    """Into one cell after the other, with Tab between them."""
    for text in texts:
        write(table, text)
        press(table, Keys.Key_Tab)


def value(driver: Driver, node: str) -> object:
    return driver.graph.nodes[node].params["value"]


def shown(driver: Driver, node: str) -> object:
    return driver.session.snapshot.trace.values[node].tolist()


def test_each_number_is_in_the_graph_at_once_and_all_are_one_undo_step(play: Driver) -> None:
    table = opened(play, "D").table
    type_(table, "1/2", "-3")
    assert value(play, "D") == [[0.5, -3.0], [1.0, 3.0]]
    assert shown(play, "CD") == [[4.0, -15.0], [6.0, 9.0], [8.5, 12.0]]
    type_(table, "", "4")
    write(table, "0,25")
    press(table, Keys.Key_Return, with_=CTRL)
    assert value(play, "D") == [[0.5, -3.0], [4.0, 0.25]]
    assert play.canvas._field is None
    assert play.canvas.hasFocus()
    assert play.session.undo_stack.count() == 1
    play.undo()
    assert value(play, "D") == [[0, 2], [1, 3]]


def test_esc_takes_everything_back_and_leaves_nothing_to_undo(play: Driver) -> None:
    table = opened(play, "D").table
    type_(table, "9", "9")
    assert value(play, "D") == [[9.0, 9.0], [1.0, 3.0]]
    press(table, Keys.Key_Escape)
    assert play.canvas._field is None
    assert value(play, "D") == [[0, 2], [1, 3]]
    assert play.session.undo_stack.count() == 0


def test_esc_in_a_cell_leaves_the_cell_alone(play: Driver) -> None:
    table = opened(play, "D").table
    write(table, "9")
    press(table, Keys.Key_Escape)
    assert play.canvas._field is not None
    assert value(play, "D") == [[0, 2], [1, 3]]


def test_enter_goes_down_and_from_the_empty_last_row_out(play: Driver) -> None:
    table = opened(play, "D").table
    write(table, "5")
    press(table, Keys.Key_Return)
    write(table, "6")
    press(table, Keys.Key_Return, Keys.Key_Return)
    assert value(play, "D") == [[5.0, 2.0], [6.0, 3.0]]
    assert play.canvas._field is None


def test_a_new_column_counts_once_it_is_full_and_a_mismatch_says_what_would_fit(play: Driver) -> None:
    field = opened(play, "A")
    table = field.table
    table.go(0, 3)
    write(table, "8")
    press(table, Keys.Key_Return)
    assert value(play, "A") == [[6, 2, 3], [1, 5, 7]]
    assert field.said.text() == "Row 1 has no number in column 3; type one, or empty the whole row or column."
    write(table, "9")
    press(table, Keys.Key_Return)
    assert value(play, "A") == [[6.0, 2.0, 3.0, 8.0], [1.0, 5.0, 7.0, 9.0]]
    assert field.said.text().startswith("2×4 · ")
    assert play.session.snapshot.analysis.problems["Ab"].sentence == (
        "MatMul v = A · b, port b: A is (2, 4) and b is (3,): the 4 columns of A need 4 numbers of b, which has 3; "
        "make these equal."
    )


def test_a_row_goes_when_it_is_emptied(play: Driver) -> None:
    table = opened(play, "C").table
    table.go(1, 0)
    press(table, Keys.Key_Right, with_=SHIFT)
    press(table, Keys.Key_Delete)
    assert value(play, "C") == [[6.0, 1.0], [3.0, 7.0]]


@pytest.mark.parametrize("text", ["(1 2; 3 4; 5 6)", "1\t2\n3\t4\n5\t6\n", "[[1, 2], [3, 4], [5, 6]]"])
def test_what_is_pasted_takes_the_place_of_everything_at_first(play: Driver, text: str) -> None:
    table = opened(play, "A").table
    QGuiApplication.clipboard().setText(text)
    press(table, Keys.Key_V, with_=CTRL)
    assert value(play, "A") == [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]


def test_later_it_goes_from_the_cell_at_hand_on_and_a_text_is_refused_with_a_sentence(play: Driver) -> None:
    field = opened(play, "A")
    field.table.go(0, 1)
    QGuiApplication.clipboard().setText("-1\t-2\n-3\t-4")
    press(field.table, Keys.Key_V, with_=CTRL)
    assert value(play, "A") == [[6.0, -1.0, -2.0], [1.0, -3.0, -4.0]]
    QGuiApplication.clipboard().setText("")
    press(field.table, Keys.Key_V, with_=CTRL)
    assert field.said.text() == "There is no matrix in that; type numbers such as 6 2 3; 1 5 7."
    field.table.select_matrix()
    press(field.table, Keys.Key_C, with_=CTRL)
    assert QGuiApplication.clipboard().text() == "6\t-1\t-2\n1\t-3\t-4"


def test_a_whole_matrix_is_typed_into_one_cell_as_a_book_writes_it(play: Driver) -> None:
    table = opened(play, "D").table
    write(table, "1 0; 0 1")
    press(table, Keys.Key_Return)
    assert value(play, "D") == [[1.0, 0.0], [0.0, 1.0]]
    assert shown(play, "CD") == [[6, 1], [2, 5], [3, 7]]


def test_a_vector_stays_one_and_a_number_too_unless_more_is_typed(play: Driver) -> None:
    table = opened(play, "b").table
    type_(table, "", "8")
    assert value(play, "b") == [1.0, 8.0, 5.0]
    press(table, Keys.Key_Escape)
    table = opened(play, "s").table
    type_(table, "-3")
    assert value(play, "s") == -3.0
    table.go(1, 0)
    type_(table, "4")
    assert value(play, "s") == [[-3.0], [4.0]]


def test_a_long_number_is_shown_in_short_and_edited_whole(play: Driver) -> None:
    play.session.apply(play.session.edits.set_param("D", "value", [[1 / 3, 2.0], [1.0, 3.0]]))
    grid = opened(play, "D").grid
    index = grid.index(0, 0)
    assert grid.data(index) == "0.333"
    assert grid.data(index, Qt.ItemDataRole.EditRole) == repr(1 / 3)


def test_a_click_elsewhere_takes_the_cell_at_hand(play: Driver, qtbot: QtBot) -> None:
    field = opened(play, "D")
    write(field.table, "7")
    QTest.mousePress(field, LEFT, NO_KEY, QPoint(field.width() + 200, -100))
    QTest.qWait(PAUSE)
    assert play.canvas._field is None
    assert value(play, "D") == [[7.0, 2.0], [1.0, 3.0]]


def test_enter_on_a_selected_constant_opens_it_and_other_nodes_open_their_settings(play: Driver) -> None:
    play.session.select(["D"])
    play.key(Keys.Key_Return)
    assert isinstance(play.canvas._field, MatrixField)
    press(play.canvas._field.table, Keys.Key_Escape)
    told: list[str] = []
    play.canvas.node_activated.connect(told.append)
    play.canvas.open_record("CD")
    assert told == ["CD"]
    assert play.canvas._field is None
