"""Tables of numbers in the inspector: exact, of any rank, weights edited in place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QPushButton
from pytestqt.qtbot import QtBot

from compute.focus import Focus, Subject
from compute.graph import Node, Wire
from compute.heat import Region
from compute.numbers_text import Format, choose, chosen, number_text, precise, short
from compute.tensor_view import TensorView
from editor import number_format
from editor.panels.inspector import Inspector
from editor.panels.number_table import NUMBER
from editor.panels.tensor_pane import digest
from editor.panels.tensor_tab import GradientTab, ValuesTab
from editor.panels.tensor_table import TensorModel, TensorTable
from editor.panels.weights_tab import WeightsTab
from editor.panels.why import WhyTab
from editor.session import Session
from editor.settings import Settings
from tests.editor.panel_session import WAIT, click_cell, edit_cell, numbers, settle, shown

# -- tables --------------------------------------------------------------------------------------------------------


def test_tables_hold_the_exact_numbers_of_the_trace(inspector: Inspector, session: Session) -> None:
    trace = session.snapshot.trace
    session.select(["h"])
    inspector.show_tab("Values")
    assert numbers(inspector.tab(ValuesTab).view) == trace.values["h"].tolist()
    inspector.show_tab("Gradient")
    assert numbers(inspector.tab(GradientTab).view) == trace.grads["h"].tolist()
    session.select({("loss", "prediction")})
    inspector.show_tab("Gradient")
    assert numbers(inspector.tab(GradientTab).view) == trace.wire_grads["loss", "prediction"].tolist()


def test_columns_of_data_nodes_have_their_names(inspector: Inspector, session: Session) -> None:
    session.select(["x"])
    inspector.show_tab("Values")
    model = inspector.tab(ValuesTab).view.model_
    assert [model.headerData(i, Qt.Orientation.Horizontal) for i in range(2)] == ["a", "b"]


def test_the_row_of_the_sample_is_marked(inspector: Inspector, session: Session) -> None:
    session.select(["h"])
    inspector.show_tab("Values")
    session.set_sample(2)
    model = inspector.tab(ValuesTab).view.model_
    assert [model.headerData(i, Qt.Orientation.Vertical) for i in range(4)] == ["0", "1", "▸ 2", "3"]


def test_what_the_number_in_focus_was_made_from_is_framed_in_tables(inspector: Inspector, session: Session) -> None:
    """Forward the column of W that made it; backward the column of G that made a weight's gradient."""
    inputs, units = session.snapshot.trace.parameters["h.weight"].shape
    rows = len(session.snapshot.trace.values["h"])
    weights, gradient = inspector.tab(WeightsTab).view.model_, inspector.tab(GradientTab).view.model_
    session.focus_on(Focus(Subject("node", "h"), "value", (2, 1)))
    inspector.show_tab("Weights")
    assert weights.regions == [Region(0, 1, inputs, 2)]
    inspector.grab()
    session.focus_on(Focus(Subject("weight", "h", "weight"), "gradient", (0, units - 1)))
    inspector.show_tab("Gradient")
    assert gradient.regions == [Region(0, units - 1, rows, units)]
    inspector.grab()
    session.focus_on(Focus(Subject("node", "h"), "gradient", (2, 1)))
    inspector.show_tab("Gradient")
    assert gradient.regions == []


def test_what_is_not_computed_says_so_and_is_no_zero(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    session.apply(session.edits.add_node(Node("free", "tanh"), (Wire("x", "free", "x"),)))
    settle(qtbot, session)
    session.select(["free"])
    inspector.show_tab("Gradient")
    assert inspector.tab(GradientTab).empty.isVisible()
    assert inspector.tab(GradientTab).empty.sentence == (
        "The loss does not depend on it, so there is no gradient (which is not 0)."
    )


def test_a_table_of_a_million_numbers_shows_at_once(qtbot: QtBot) -> None:
    view = TensorTable("Large")
    shown(qtbot, view, 400, 400)
    matrix = np.random.default_rng(0).normal(size=(1000, 1000))
    with qtbot.waitSignal(view.model_.modelReset, timeout=500):
        view.model_.show_tensor(matrix, TensorView.of(matrix))
    view.scrollTo(view.model_.index(999, 999))
    assert view.model_.data(view.model_.index(999, 999), NUMBER) == matrix[999, 999]
    view.grab()


def test_cells_are_copied_with_all_their_digits(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    session.select(["h"])
    inspector.show_tab("Values")
    view = inspector.tab(ValuesTab).view
    view.selectAll()
    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().split("\n")
    assert [[float(cell) for cell in line.split("\t")] for line in lines] == session.snapshot.trace.values["h"].tolist()


def test_the_digest_is_one_line() -> None:
    assert digest(np.array([[1.0, 3.0]])) == "1×2 · 2 ± 1 · 1 … 3"
    assert digest(np.array(0.25)) == "scalar · 0.25"


def test_a_weight_is_edited_in_place(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    session.select(["h"])
    inspector.show_tab("Weights")
    view = inspector.tab(WeightsTab).view
    assert numbers(view) == session.snapshot.trace.parameters["h.weight"].tolist()
    edit_cell(view, view.model_.index(1, 2), "0.125")
    qtbot.waitUntil(lambda: session.snapshot.trace.parameters["h.weight"][1, 2] == 0.125, timeout=WAIT)
    assert numbers(view)[1][2] == 0.125
    assert session.undo_stack.count() == 0
    assert session.is_modified


def test_two_quick_edits_both_stay(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    session.select(["h"])
    inspector.show_tab("Weights")
    expected = session.snapshot.trace.parameters["h.weight"].copy()
    for row, column, value in ((0, 3, 4.0), (1, 2, 5.0)):
        inspector.tab(WeightsTab).view.model_.edited.emit(row, column, value)
        expected[row, column] = value
    qtbot.waitUntil(lambda: session.snapshot.trace.parameters["h.weight"][1, 2] == 5.0, timeout=WAIT)
    assert numbers(inspector.tab(WeightsTab).view) == expected.tolist()


def test_a_weight_that_is_no_number_is_refused_with_a_sentence(
    inspector: Inspector, session: Session, qtbot: QtBot
) -> None:
    session.select(["h"])
    inspector.show_tab("Weights")
    before = numbers(inspector.tab(WeightsTab).view)
    edit_cell(inspector.tab(WeightsTab).view, inspector.tab(WeightsTab).view.model_.index(0, 0), "heavy")
    qtbot.waitUntil(lambda: not inspector.tab(WeightsTab).problem.isHidden(), timeout=WAIT)
    assert inspector.tab(WeightsTab).problem.text() == "[a, 0] must be a number, such as 0.01 or 1e-3; “heavy” is none."
    assert numbers(inspector.tab(WeightsTab).view) == before


def test_biases_and_gradients_are_a_choice_away(inspector: Inspector, session: Session) -> None:
    session.select(["h"])
    inspector.show_tab("Weights")
    tab = inspector.tab(WeightsTab)
    tab.which.setCurrentIndex(tab.which.findData("bias"))
    tab.which.activated.emit(tab.which.currentIndex())
    assert numbers(tab.view) == [session.snapshot.trace.parameters["h.bias"].tolist()]
    tab.side.choose("gradient")
    tab.side.chosen.emit("gradient")
    assert numbers(tab.view) == [session.snapshot.trace.parameter_grads["h.bias"].tolist()]
    assert not tab.view.model_.editable


def test_the_histogram_counts_every_weight(inspector: Inspector, session: Session) -> None:
    session.select(["h"])
    inspector.show_tab("Weights")
    assert inspector.tab(WeightsTab).histogram.counts.sum() == 8


def test_a_click_beside_the_cells_asks_nothing(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    session.select(["z"])
    inspector.show_tab("Values")
    view = inspector.tab(ValuesTab).view
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(200, 300))
    assert inspector.tabs.currentWidget() is inspector.tab(ValuesTab)


# -- three axes ----------------------------------------------------------------------------------------------------


@pytest.fixture
def deep(session: Session, qtbot: QtBot) -> Session:
    """A batch of 2 × 2 matrices r, made of the four numbers of each row of h, and a parameter w of three axes."""
    edits = session.edits
    session.apply(edits.add_node(Node("r", "reshape", {"shape": [-1, 2, 2]}), (Wire("h", "r", "x"),)))
    value = np.arange(8.0).reshape(2, 2, 2).tolist()
    session.apply(session.edits.add_node(Node("w", "parameter", {"value": value})))
    settle(qtbot, session)
    assert session.snapshot.trace.values["r"].shape == (4, 2, 2)
    return session


def test_a_row_of_a_matrix_in_a_batch_chooses_its_sample(inspector: Inspector, deep: Session, qtbot: QtBot) -> None:
    deep.select(["r"])
    inspector.show_tab("Values")
    click_cell(inspector.tab(ValuesTab).view, 5, 1)
    assert deep.sample == 2
    assert deep.focus is not None
    assert deep.focus.entry == (2, 1, 1)
    assert inspector.tab(WhyTab).title.text().endswith(f" {precise(deep.snapshot.trace.values['r'][2, 1, 1])}?")


def test_rows_say_the_whole_leading_index_and_all_of_a_sample_are_marked(inspector: Inspector, deep: Session) -> None:
    deep.select(["r"])
    inspector.show_tab("Values")
    deep.set_sample(1)
    model = inspector.tab(ValuesTab).view.model_
    assert [model.headerData(i, Qt.Orientation.Vertical) for i in range(5)] == [
        "0, 0",
        "0, 1",
        "▸ 1, 0",
        "▸ 1, 1",
        "2, 0",
    ]
    assert [[model.of_sample(row, column) for column in range(2)] for row in range(5)] == [
        [False] * 2, [False] * 2, [True] * 2, [True] * 2, [False] * 2
    ]  # fmt: skip
    assert model.data(model.index(3, 0), Qt.ItemDataRole.ToolTipRole).startswith("[1, 1, 0] = ")


def test_samples_that_run_across_are_marked_and_chosen_too(
    inspector: Inspector, session: Session, qtbot: QtBot
) -> None:
    session.apply(session.edits.add_node(Node("v", "transpose"), (Wire("h", "v", "x"),)))
    settle(qtbot, session)
    session.select(["v"])
    inspector.show_tab("Values")
    session.set_sample(2)
    model = inspector.tab(ValuesTab).view.model_
    assert [model.headerData(i, Qt.Orientation.Horizontal) for i in range(4)] == ["0", "1", "▸ 2", "3"]
    assert [model.headerData(i, Qt.Orientation.Vertical) for i in range(2)] == ["0", "1"]
    click_cell(inspector.tab(ValuesTab).view, 1, 0)
    assert session.sample == 0
    assert session.focus is not None
    assert session.focus.entry == (1, 0)


def test_an_entry_of_a_weight_of_three_axes_is_edited_in_place(
    inspector: Inspector, deep: Session, qtbot: QtBot
) -> None:
    deep.select(["w"])
    inspector.show_tab("Weights")
    view = inspector.tab(WeightsTab).view
    edit_cell(view, view.model_.index(2, 1), "0.5")
    expected = np.arange(8.0).reshape(2, 2, 2)
    expected[1, 0, 1] = 0.5
    qtbot.waitUntil(lambda: deep.snapshot.trace.parameters["w.value"][1, 0, 1] == 0.5, timeout=WAIT)
    assert deep.snapshot.trace.parameters["w.value"].tolist() == expected.tolist()


# -- format, and copying with names --------------------------------------------------------------------------------


@pytest.fixture
def written() -> Iterator[None]:
    """Numbers are written as before afterwards."""
    yield
    number_format.put(Format())
    Settings()._store.remove(number_format.WORDS)


def copied() -> list[list[str]]:
    return [line.split("\t") for line in QGuiApplication.clipboard().text().split("\n")]


def test_a_format_is_followed_by_tables_and_remembered(inspector: Inspector, session: Session, written: None) -> None:
    session.select(["h"])
    inspector.show_tab("Values")
    view = inspector.tab(ValuesTab).view
    number = float(session.snapshot.trace.values["h"][1, 2])
    index = view.model_.index(1, 2)
    assert view.model_.data(index) == short(number)
    before = view.columnWidth(0)
    formats = view.menu().actions()[-1].menu()
    assert isinstance(formats, QMenu)
    next(action for action in formats.actions() if action.text() == "All digits").trigger()
    assert view.model_.data(index) == Format("full").text(number)
    assert view.columnWidth(0) > 2 * before
    number_format.put(Format("fixed", 2))
    assert view.model_.data(index) == Format("fixed", 2).text(number)
    choose(Format())
    number_format.restore()
    assert chosen() == Format("fixed", 2)
    session.focus_on(Focus(Subject("node", "h"), "value", (1, 2)))
    bias = inspector.tab(WhyTab).parts.findChildren(QPushButton)[-1]
    assert bias.accessibleName() == "h.bias[2] 0.00"


def test_cells_are_copied_with_the_names_of_rows_and_columns(inspector: Inspector, session: Session) -> None:
    session.select(["x"])
    inspector.show_tab("Values")
    view, x = inspector.tab(ValuesTab).view, session.snapshot.trace.values["x"]
    view.setCurrentIndex(view.model_.index(1, 0))
    view.selectionModel().select(view.model_.index(2, 0), QItemSelectionModel.SelectionFlag.Select)
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(view, Qt.Key.Key_C, both)
    assert copied() == [["", "a"], ["1", number_text(float(x[1, 0]))], ["2", number_text(float(x[2, 0]))]]
    next(action for action in view.menu().actions() if action.text() == "Copy all with names").trigger()
    assert copied()[0] == ["", "a", "b"]
    assert [line[0] for line in copied()[1:]] == ["0", "1", "2", "3"]
    assert [[float(cell) for cell in line[1:]] for line in copied()[1:]] == x.tolist()


@pytest.mark.parametrize(("tab", "subject", "side"), [
    (ValuesTab, Subject("node", "h"), "value"),
    (GradientTab, Subject("node", "h"), "gradient"),
    (WeightsTab, Subject("weight", "h", "weight"), "value"),
])  # fmt: skip
def test_numbers_are_watched_from_the_menu_of_their_table(
    inspector: Inspector, session: Session, qtbot: QtBot, tab: Any, subject: Subject, side: str
) -> None:
    session.select(["h"])
    inspector.show_tab(tab.__name__.removesuffix("Tab"))
    view = inspector.tab(tab).view
    view.setCurrentIndex(view.model_.index(1, 2))
    with qtbot.waitSignal(session.watching.sought):
        next(action for action in view.menu().actions() if action.text() == "Watch these numbers …").trigger()
    assert session.focus is not None
    assert (session.focus.subject, session.focus.quantity, session.focus.entry) == (subject, side, (1, 2))


def test_of_a_large_tensor_what_is_copied_is_made_beside_the_window_and_has_a_limit(qtbot: QtBot) -> None:
    view = TensorTable("Large")
    shown(qtbot, view, 300, 300)
    said: list[str] = []
    view.said.connect(said.append)
    matrix = np.random.default_rng(0).normal(size=(300, 200))
    view.model_.show_tensor(matrix, TensorView.of(matrix))
    view.selectAll()
    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: bool(said), timeout=WAIT)
    assert said == ["Copied 60\u2009000 cells, as lines with tabs."]
    assert np.array_equal(np.array(copied(), float), matrix)
    huge = np.broadcast_to(0.0, (10_000, 1000))
    view.model_.show_tensor(huge, TensorView.of(huge))
    view.copy(whole=True)
    assert said[-1].startswith(
        "10\u2009000\u2009000 cells are too many to copy: select no more than 2\u2009000\u2009000"
    )


def test_to_paint_a_whole_selection_few_cells_are_asked_about(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    view, asked = TensorTable("Large"), Counter[int]()
    kept = TensorModel.flags

    def flags(model: TensorModel, index: QModelIndex) -> Qt.ItemFlag:
        asked[index.row()] += 1
        return kept(model, index)

    monkeypatch.setattr(TensorModel, "flags", flags)
    shown(qtbot, view, 300, 300)
    huge = np.broadcast_to(0.0, (10_000, 1000))
    view.model_.show_tensor(huge, TensorView.of(huge))
    view.selectAll()
    view.grab()
    assert view.selectionModel().isSelected(view.model_.index(9999, 999))
    assert asked.total() < 1000  # and not each of a column, for every column in sight
    view.horizontalHeader().sectionPressed.emit(3)
    assert {index.column() for index in view.selectedIndexes()} == {3}  # a click there still chooses a column
