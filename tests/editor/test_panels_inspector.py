"""The inspector: exact numbers, questions, weights in place, names, problems."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from compute.explain import Quantity
from compute.focus import Focus
from compute.graph import Node, Wire
from compute.numbers_text import precise
from compute.tensor_view import TensorView
from editor.panels import tabs
from editor.panels.formula import FormulaView, one_line
from editor.panels.function_tab import FunctionTab
from editor.panels.inspector import Inspector
from editor.panels.tensor_tab import GradientTab, ValuesTab, digest
from editor.panels.tensor_table import NUMBER, TensorTable
from editor.panels.weights_tab import WeightsTab
from editor.panels.why import WhyTab
from editor.session import Session
from tests.compute.test_job import small
from tests.editor.panel_session import WAIT, opened, settle, shown


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    with opened(qtbot, small()) as session:
        yield session


@pytest.fixture
def inspector(session: Session, qtbot: QtBot) -> Inspector:
    inspector = Inspector(session)
    shown(qtbot, inspector, 340, 760)
    return inspector


def titles(inspector: Inspector) -> list[str]:
    tabs = inspector.tabs
    return [tabs.tabText(i) for i in range(tabs.count()) if tabs.isTabVisible(i)]


def numbers(view: TensorTable) -> list[list[float]]:
    model = view.model_
    return [
        [model.data(model.index(i, j), NUMBER) for j in range(model.columnCount())] for i in range(model.rowCount())
    ]


def click_cell(qtbot: QtBot, view: TensorTable, row: int, column: int) -> None:
    place = view.visualRect(view.model_.index(row, column)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)


# -- what it is about ----------------------------------------------------------------------------------------------


def test_nothing_selected_shows_the_document_and_what_to_do(inspector: Inspector) -> None:
    overview = inspector.overview
    assert overview.isVisible()
    assert overview.name.text() == "small"
    assert "6 nodes, 5 wires" in [fact._whole for fact in overview._facts.values()]
    assert "17 in 4 arrays" in [fact._whole for fact in overview._facts.values()]
    assert "Select a node or a wire" in overview.hint.text()
    assert "8 training and 0 validation rows" in [fact._whole for fact in overview._facts.values()]


def test_without_data_there_are_no_rows(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    session.apply(session.edits.set_data("Use a file", {"source": "csv", "path": "nowhere.csv"}))
    settle(qtbot, session)
    assert inspector.overview._facts["data"]._whole == "no data"
    session.new()
    settle(qtbot, session)
    assert inspector.overview._facts["data"]._whole == "no data"


def test_the_document_is_renamed_there(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    line = inspector.overview.name
    line.selectAll()
    QTest.keyClicks(line, "Parity")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert session.document.name == "Parity"
    session.undo_stack.undo()
    assert line.text() == "small"


def test_tabs_are_those_that_have_something_to_say(inspector: Inspector, session: Session) -> None:
    session.select(["h"])
    assert titles(inspector) == ["Why", "Values", "Gradient", "Weights", "Settings"]
    session.select(["t"])
    assert titles(inspector) == ["Why", "Values", "Gradient", "Function", "Settings"]
    session.select({("z", "x")})
    assert titles(inspector) == ["Why", "Values", "Gradient"]
    assert inspector.header.name.text() == "t → z"


def test_the_tab_stays_while_one_looks_from_node_to_node(inspector: Inspector, session: Session) -> None:
    session.select(["h"])
    inspector.show_tab("Weights")
    session.select(["t"])
    session.select(["z"])
    assert inspector.tabs.tabText(inspector.tabs.currentIndex()) == "Weights"


def test_a_node_gets_a_title_in_one_undo_step(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    session.select(["h"])
    inspector.header.name.selectAll()
    QTest.keyClicks(inspector.header.name, "hidden")
    QTest.keyClick(inspector.header.name, Qt.Key.Key_Return)
    assert session.document.graph.nodes["h"].title == "hidden"
    assert session.undo_stack.count() == 1
    session.undo_stack.undo()
    assert inspector.header.name.text() == "h"


def test_shapes_stand_in_the_header(inspector: Inspector, session: Session) -> None:
    session.select(["h"])
    assert inspector.header.where._whole == "B×2 → B×4"
    assert "12 weights" in inspector.header.where.toolTip()


def test_a_problem_is_said_at_the_top(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    session.select(["z"])
    assert inspector.header.problem_box.isHidden()
    session.apply(session.edits.remove({("z", "x")}))
    settle(qtbot, session)
    assert not inspector.header.problem_box.isHidden()
    assert inspector.header.problem_box.sentence == "Dense z: port x is not wired; drag an output to it."
    assert inspector.header.problem_box.cut.isHidden()


def test_a_wire_of_a_cycle_can_be_cut_where_the_cycle_is_said(
    inspector: Inspector, session: Session, qtbot: QtBot
) -> None:
    session.apply(session.edits.connect(Wire("z", "h", "x")))
    session.select(["h"])
    settle(qtbot, session)
    assert "form a cycle" in inspector.header.problem_box.sentence
    assert not inspector.header.problem_box.cut.isHidden()
    QTest.mouseClick(inspector.header.problem_box.cut, Qt.MouseButton.LeftButton)
    assert ("h", "x") not in session.document.graph.wires
    settle(qtbot, session)
    assert inspector.header.problem_box.sentence == "Dense h: port x is not wired; drag an output to it."
    session.undo_stack.undo()
    assert session.document.graph.wires["h", "x"].source == "z"


def test_what_is_off_says_what_is_muted_and_switches_it_on(
    inspector: Inspector, session: Session, qtbot: QtBot
) -> None:
    session.apply(session.edits.change("h", "Mute", off="mute"))
    session.select(["z"])
    settle(qtbot, session)
    box = inspector.header.problem_box
    assert box.sentence == "z needs h, which is muted; switch h on."
    assert not box.switch_on.isHidden()
    QTest.mouseClick(box.switch_on, Qt.MouseButton.LeftButton)
    assert session.document.graph.nodes["h"].off == ""
    settle(qtbot, session)
    assert box.isHidden()


def test_problems_are_listed_while_nothing_is_selected_and_lead_to_their_node(
    inspector: Inspector, session: Session, qtbot: QtBot
) -> None:
    session.apply(session.edits.remove({("z", "x")}))
    settle(qtbot, session)
    lines = inspector.overview.problems.findChildren(QPushButton)
    assert [line.accessibleName() for line in lines] == ["Dense z: port x is not wired; drag an output to it."]
    QTest.mouseClick(lines[0], Qt.MouseButton.LeftButton)
    assert session.selection.single == "z"


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


# -- why -----------------------------------------------------------------------------------------------------------


def test_a_click_on_a_gradient_asks_why_it_is_what_it_is(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    session.select(["t"])
    inspector.show_tab("Gradient")
    click_cell(qtbot, inspector.tab(GradientTab).view, 2, 1)
    assert inspector.tabs.currentWidget() is inspector.tab(WhyTab)
    assert session.sample == 2
    assert session.focus is not None
    assert session.focus.entry == (2, 1)
    assert inspector.tab(WhyTab).title.text().startswith("Why is this gradient ")
    assert len(inspector.tab(WhyTab).formula.lines) == 2
    assert inspector.tab(WhyTab).sentence.text()


def test_enter_on_a_cell_asks_too(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    session.select(["t"])
    inspector.show_tab("Values")
    view = inspector.tab(ValuesTab).view
    view.setCurrentIndex(view.model_.index(1, 2))
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert session.focus is not None
    assert session.focus.asks(session.document.graph) == Quantity("value", "t")
    assert session.focus.entry == (1, 2)
    assert inspector.tab(WhyTab).title.text().startswith("Why is this value ")


def test_parts_are_asked_about_in_turn_and_the_arrow_goes_back(
    inspector: Inspector, session: Session, qtbot: QtBot
) -> None:
    session.select(["t"])
    session.focus_on(Focus.on(Quantity("value", "t"), (0, 0)))
    first = inspector.tab(WhyTab).title.text()
    qtbot.wait(1)  # the lines of the answer before are deleted when the event loop is back
    lines = [line for line in inspector.tab(WhyTab).parts.findChildren(QPushButton) if line.isEnabled()]
    QTest.mouseClick(lines[0], Qt.MouseButton.LeftButton)
    assert session.focus is not None
    assert session.focus.subject.node == "h"
    assert inspector.tab(WhyTab).back.isEnabled()
    inspector.tab(WhyTab).back.click()
    assert inspector.tab(WhyTab).title.text() == first


def test_the_question_follows_the_sample(inspector: Inspector, session: Session) -> None:
    session.select(["h"])
    session.focus_on(Focus.on(Quantity("value", "h"), (0, 1)))
    session.set_sample(3)
    value = session.snapshot.trace.values["h"][3, 1]
    assert inspector.tab(WhyTab).title.text().startswith("Why is this value")
    assert f"{abs(value):.4g}"[:5] in inspector.tab(WhyTab).title.text()


def test_the_answer_follows_the_numbers(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    session.select(["z"])
    before = inspector.tab(WhyTab).title.text()
    session.step_epoch()
    qtbot.waitUntil(lambda: inspector.tab(WhyTab).title.text() != before, timeout=WAIT)


def test_the_answer_follows_the_numbers_while_it_trains(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    session.apply(session.edits.set_training("Longer", epochs=10_000_000))
    session.select(["z"])
    session.train()
    qtbot.waitUntil(lambda: session.snapshot.state == "running", timeout=WAIT)
    for _ in range(2):
        before = inspector.tab(WhyTab).title.text(), inspector.tab(WhyTab).formula.lines
        qtbot.waitUntil(lambda b=before: inspector.tab(WhyTab).title.text() != b[0], timeout=WAIT)  # type: ignore[misc]
        assert inspector.tab(WhyTab).formula.lines != before[1]
    session.pause()
    qtbot.waitUntil(lambda: session.snapshot.state == "paused", timeout=WAIT)


def test_a_question_asked_in_a_walk_is_answered_until_the_next_step(inspector: Inspector, session: Session) -> None:
    session.start_walk()
    session.walk_to(1)
    assert session.walk is not None
    node = session.walk.step.node
    assert inspector.tab(WhyTab).title.text() == session.walk.step.title
    session.focus_on(Focus.on(Quantity("value", node), None))
    assert inspector.tab(WhyTab).title.text().startswith("Why is this value")
    session.walk_by(1)
    assert inspector.tab(WhyTab).title.text() == session.walk.step.title


def test_in_a_walk_the_inspector_is_about_the_node_at_work(inspector: Inspector, session: Session) -> None:
    session.select(["x"])
    session.start_walk()
    assert session.walk is not None
    session.walk_to(len(session.walk.steps) - 1)
    assert inspector.subject is not None
    assert inspector.subject.node == session.walk.step.node
    assert inspector.tab(WhyTab).title.text() == session.walk.step.title
    session.stop_walk()
    assert inspector.subject is not None
    assert inspector.subject.node == "x"


def test_a_node_selected_in_a_walk_is_looked_at_until_the_next_step(
    inspector: Inspector, session: Session, qtbot: QtBot
) -> None:
    session.start_walk()
    session.select(["h"])
    inspector.show_tab("Weights")
    session.set_sample(1)
    session.walk_changed.emit(session.walk)
    assert inspector.subject is not None
    assert inspector.subject.node == "h"
    assert inspector.tabs.currentWidget() is inspector.tab(WeightsTab)
    session.walk_by(1)
    assert session.walk is not None
    assert inspector.subject.node == session.walk.step.node
    assert inspector.tabs.currentWidget() is inspector.tab(WhyTab)


def test_a_formula_that_cannot_be_drawn_is_written_instead(qtbot: QtBot) -> None:
    view = FormulaView()
    shown(qtbot, view, 300, 100)
    view.set_lines([(r"\frac{1}{2}", "text"), (r"\nonsense{", "text_dim")])
    qtbot.waitUntil(lambda: view.complete, timeout=WAIT)
    assert [each.picture is not None for each in view._drawn] == [True, False]
    assert view.heightForWidth(300) > 20
    assert not view.grab().isNull()


def test_an_aligned_formula_becomes_one_line() -> None:
    aligned = r"\begin{aligned}y &= 1 \\ z &= 2 \\ &\quad + 3 \\ &= 5\end{aligned}"
    assert one_line(aligned).split() == ["z", "=", "2", "+", "3", "=", "5"]
    assert one_line("a = b") == "a = b"


# -- weights -------------------------------------------------------------------------------------------------------


def edit_cell(qtbot: QtBot, view: TensorTable, index: QModelIndex, text: str) -> None:
    view.setCurrentIndex(index)
    view.edit(index)
    editor = view.findChild(QLineEdit)
    assert editor is not None
    editor.selectAll()
    QTest.keyClicks(editor, text)
    QTest.keyClick(editor, Qt.Key.Key_Return)


def test_a_weight_is_edited_in_place(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    session.select(["h"])
    inspector.show_tab("Weights")
    view = inspector.tab(WeightsTab).view
    assert numbers(view) == session.snapshot.trace.parameters["h.weight"].tolist()
    edit_cell(qtbot, view, view.model_.index(1, 2), "0.125")
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
    edit_cell(qtbot, inspector.tab(WeightsTab).view, inspector.tab(WeightsTab).view.model_.index(0, 0), "heavy")
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


# -- tabs ----------------------------------------------------------------------------------------------------------


class _Named(QLabel):
    """A tab that says what is in focus, and counts how often it was asked to."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.times = 0

    def show_focus(self, focus: Focus) -> None:
        self.setText(focus.subject.node)
        self.times += 1


def test_a_new_tab_is_one_entry_of_the_list(session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    only_t = tabs.Tab("Name", _Named, lambda _session, subject: subject.node == "t", frozenset({"sample"}))
    monkeypatch.setattr("editor.panels.inspector.TABS", (*tabs.TABS, only_t))
    inspector = Inspector(session)
    shown(qtbot, inspector, 340, 760)
    session.select(["h"])
    assert "Name" not in titles(inspector)
    session.select(["t"])
    assert titles(inspector)[-1] == "Name"
    inspector.show_tab("Name")
    name = inspector.tab(_Named)
    assert name.text() == "t"
    before = name.times
    session.snapshot_changed.emit(session.snapshot)
    assert name.times == before  # it does not follow the numbers
    session.set_sample(2)
    assert name.times > before


# -- function and sample ---------------------------------------------------------------------------------------------


def test_the_function_tab_shows_the_ops_own_plot_and_slope(inspector: Inspector, session: Session) -> None:
    session.select(["t"])
    inspector.show_tab("Function")
    plot = inspector.tab(FunctionTab).plot
    assert plot.point is not None
    x, y, slope = plot.point
    assert y == pytest.approx(np.tanh(x))
    assert slope == pytest.approx(1 - np.tanh(x) ** 2)
    assert sorted(plot.marks[0].tolist()) == sorted(session.snapshot.trace.values["h"].reshape(-1).tolist())


@pytest.mark.parametrize("number", [-1.0, np.inf, np.nan])
def test_the_function_tab_leaves_out_what_is_not_finite(
    inspector: Inspector, session: Session, qtbot: QtBot, number: float
) -> None:
    session.apply(session.edits.add_node(Node("l", "log"), (Wire("h", "l", "x"),)))
    settle(qtbot, session)
    trace = session.snapshot.trace
    values = {**trace.values, "h": np.full((4, 4), number), "l": np.full((4, 4), np.nan)}
    session.snapshot = replace(session.snapshot, trace=replace(trace, values=values))
    session.select(["l"])
    inspector.show_tab("Function")
    inspector.grab()  # a warning of Qt would fail this
    assert "y = NaN" in inspector.tab(FunctionTab).reading.text() or number == np.inf


def test_softmax_shows_a_row_before_and_after(qtbot: QtBot) -> None:
    with opened(qtbot, "iris") as session:
        inspector = Inspector(session)
        shown(qtbot, inspector, 340, 760)
        session.select(["p"])
        inspector.show_tab("Function")
        session.set_sample(2)
        bars = inspector.tab(FunctionTab).bars
        assert bars.before.tolist() == session.snapshot.trace.values["z"][2].tolist()
        assert bars.after.tolist() == session.snapshot.trace.values["p"][2].tolist()
        assert inspector.tab(FunctionTab).about.text().endswith("add up to 1.")
        assert not inspector.grab().isNull()


def test_the_sample_picker_counts_from_zero_as_formulas_do(
    inspector: Inspector, session: Session, qtbot: QtBot
) -> None:
    session.select(["h"])
    picker = inspector.header.sample
    assert (picker.line.text(), picker.count.text()) == ("0", "of 0 … 3")
    assert not picker.back.isEnabled()
    picker.forth.click()
    assert session.sample == 1
    picker.line.selectAll()
    QTest.keyClicks(picker.line, "3")
    QTest.keyClick(picker.line, Qt.Key.Key_Return)
    assert session.sample == 3
    assert not picker.forth.isEnabled()
    picker.line.selectAll()
    QTest.keyClicks(picker.line, "last")
    QTest.keyClick(picker.line, Qt.Key.Key_Return)
    assert session.sample == 3
    assert picker.line.property("invalid") == "true"
    assert "from 0 to 3" in picker.line.toolTip()


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
    click_cell(qtbot, inspector.tab(ValuesTab).view, 5, 1)
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
    click_cell(qtbot, inspector.tab(ValuesTab).view, 1, 0)
    assert session.sample == 0
    assert session.focus is not None
    assert session.focus.entry == (1, 0)


def test_an_entry_of_a_weight_of_three_axes_is_edited_in_place(
    inspector: Inspector, deep: Session, qtbot: QtBot
) -> None:
    deep.select(["w"])
    inspector.show_tab("Weights")
    view = inspector.tab(WeightsTab).view
    edit_cell(qtbot, view, view.model_.index(2, 1), "0.5")
    expected = np.arange(8.0).reshape(2, 2, 2)
    expected[1, 0, 1] = 0.5
    qtbot.waitUntil(lambda: deep.snapshot.trace.parameters["w.value"][1, 0, 1] == 0.5, timeout=WAIT)
    assert deep.snapshot.trace.parameters["w.value"].tolist() == expected.tolist()
