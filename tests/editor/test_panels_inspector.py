"""The inspector: what it is about, its tabs, names, problems, the sample."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from compute.document import Document, TrainingSettings
from compute.focus import Focus
from compute.graph import Graph, Node, Wire
from editor.panels import tabs
from editor.panels.function_tab import FunctionTab
from editor.panels.inspector import Inspector
from editor.panels.tensor_tab import GradientTab, ValuesTab
from editor.session import Session
from tests.editor.panel_session import WAIT, opened, settle, shown


def titles(inspector: Inspector) -> list[str]:
    tabs = inspector.tabs
    return [tabs.tabText(i) for i in range(tabs.count()) if tabs.isTabVisible(i)]


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


def test_a_name_that_does_not_fit_is_cut_with_dots_unless_it_is_edited(
    inspector: Inspector, session: Session, qtbot: QtBot
) -> None:
    name = "Parity of eight bits, told by one hidden layer that is as wide as it has to be, and no wider"
    line = inspector.overview.name
    assert line.shown == line.text() == "small"
    whole = line.grab().toImage()
    session.apply(session.edits.rename(name))
    assert line.text() == name
    assert line.shown.endswith("…")
    assert len(line.shown) > 20
    assert name.startswith(line.shown[:-1])
    cut = line.grab().toImage()
    line.selectAll()
    line.setFocus()
    qtbot.waitUntil(line.hasFocus)
    assert line.shown == name
    line.clearFocus()
    assert line.grab().toImage() == cut != whole


def test_tabs_are_those_that_have_something_to_say(inspector: Inspector, session: Session) -> None:
    session.select(["h"])
    assert titles(inspector) == ["Why", "Values", "Gradient", "Weights", "Neurons", "Settings", "Cost"]
    session.select(["t"])
    assert titles(inspector) == ["Why", "Values", "Gradient", "Neurons", "Function", "Settings", "Cost"]
    session.select({("z", "x")})
    assert titles(inspector) == ["Why", "Values", "Gradient"]
    assert inspector.header.name.text() == "t → z"


def test_the_tab_stays_while_one_looks_from_node_to_node(inspector: Inspector, session: Session) -> None:
    session.select(["h"])
    inspector.show_tab("Weights")
    session.select(["t"])
    session.select(["z"])
    assert inspector.tabs.tabText(inspector.tabs.currentIndex()) == "Weights"


def test_a_new_tab_of_many_numbers_is_laid_out_before_it_is_filled(
    inspector: Inspector, session: Session, qtbot: QtBot
) -> None:
    for side in (20, 150):
        value = np.ones((side, side)).tolist()
        nodes = [Node("w", "parameter", {"value": value}), Node("l", "mean", {})]
        session.open_document(Document("w", Graph(nodes, [Wire("w", "l", "x")]), training=TrainingSettings("l")))
        settle(qtbot, session)
        session.select(["w"])
        inspector.show_tab("Values" if side == 20 else "Gradient")
        tab = inspector.tab(ValuesTab if side == 20 else GradientTab)
        rows = tab.view.model_.rowCount()
        assert tab.isVisible()
        assert rows == (20 if side == 20 else 0)
        qtbot.waitUntil(lambda tab=tab, side=side: tab.view.model_.rowCount() == side, timeout=WAIT)  # type: ignore[misc]


def test_a_node_gets_a_title_in_one_undo_step(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    session.select(["h"])
    inspector.header.name.selectAll()
    QTest.keyClicks(inspector.header.name, "hidden")
    QTest.keyClick(inspector.header.name, Qt.Key.Key_Return)
    assert session.document.graph.nodes["h"].title == "hidden"
    assert session.undo_stack.count() == 1
    session.undo_stack.undo()
    assert inspector.header.name.text() == "h"


def test_of_a_long_name_the_beginning_is_in_sight(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    name = "A name that is much longer than any panel of the window is wide, and then somewhat longer still"
    session.apply(session.edits.rename(name))
    session.apply(session.edits.change("h", "Rename h", title=name))
    for line in (inspector.overview.name, inspector.header.name):
        assert (line.text(), line.cursorPosition()) == (name, 0)
        QTest.mouseClick(line, Qt.MouseButton.LeftButton, pos=line.rect().center())
        QTest.keyClick(line, Qt.Key.Key_End)
        session.snapshot_changed.emit(session.snapshot)
        assert line.cursorPosition() == len(name)  # where a person has put it
        line.clearFocus()
        assert line.cursorPosition() == 0
        session.select(["h"])


def test_shapes_stand_in_the_header(inspector: Inspector, session: Session) -> None:
    session.select(["h"])
    assert inspector.header.where._whole == "B×2 → B×4"
    assert "12 weights" in inspector.header.where.toolTip()


def test_the_page_of_the_document_stands_still_when_problems_come_and_go(
    inspector: Inspector, session: Session, qtbot: QtBot
) -> None:
    page = inspector.overview
    session.select([])
    QApplication.processEvents()
    before = page.hint.y()
    session.apply(session.edits.remove({next(iter(session.document.graph.wires))}))
    qtbot.waitUntil(page.problems.isVisible, timeout=WAIT)
    session.undoing.undo()
    qtbot.waitUntil(lambda: not page.problems.isVisible(), timeout=WAIT)
    QApplication.processEvents()
    assert page.hint.y() == before


def test_a_problem_is_said_at_the_top(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    session.select(["z"])
    assert inspector.header.problem_box.isHidden()
    session.apply(session.edits.remove({("z", "x")}))
    settle(qtbot, session)
    assert not inspector.header.problem_box.isHidden()
    assert inspector.header.problem_box.sentence == "Dense z: port x is not wired; drag an output to it."
    assert inspector.header.problem_box.offer.text() == "Wire port x…"


def test_a_wire_of_a_cycle_can_be_cut_where_the_cycle_is_said(
    inspector: Inspector, session: Session, qtbot: QtBot
) -> None:
    session.apply(session.edits.connect(Wire("z", "h", "x")))
    session.select(["h"])
    settle(qtbot, session)
    assert "form a cycle" in inspector.header.problem_box.sentence
    assert inspector.header.problem_box.offer.text().startswith("Cut the wire at port ")
    QTest.mouseClick(inspector.header.problem_box.offer, Qt.MouseButton.LeftButton)
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
    assert not box.offer.isHidden()
    QTest.mouseClick(box.offer, Qt.MouseButton.LeftButton)
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
