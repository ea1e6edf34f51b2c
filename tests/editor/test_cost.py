"""The cost in the window: counted beside it, told in the inspector, and on the canvas by choice."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from editor.canvas import hints
from editor.main_window import MainWindow
from editor.panels.cost_tab import CostTab
from editor.panels.cost_table import CostTable
from editor.settings import Settings
from tests.editor.panel_session import PAUSE, WAIT, settle

CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


def toggle(window: MainWindow) -> None:
    window.canvas.setFocus()
    QTest.keyPress(window.canvas, Qt.Key.Key_K, CTRL_SHIFT)
    QTest.qWait(PAUSE)
    QTest.keyRelease(window.canvas, Qt.Key.Key_K, CTRL_SHIFT)


def number(table: CostTable, name: str) -> tuple[str, str]:
    line = next(each for each in table.lines if each.measure.name == name)
    return line.number.text(), line.share.text()


def known(window: MainWindow, qtbot: QtBot) -> None:
    settle(qtbot, window.session)
    qtbot.waitUntil(lambda: window.session.costing.cost is not None, timeout=WAIT)


def test_with_nothing_selected_the_inspector_tells_the_total(window: MainWindow, qtbot: QtBot) -> None:
    known(window, qtbot)
    table = window.inspector.overview.cost
    assert table.isVisible()
    assert table.title.text() == "A training step over 1 row costs"
    assert number(table, "parameters") == ("3", "")
    assert number(table, "arithmetic") == ("14", "")
    assert number(table, "kept_bytes") == ("4 bytes", "")
    assert not next(each for each in table.lines if each.measure.name == "seconds").number.isVisible()


def test_a_key_colours_the_canvas_and_takes_the_colours_away(window: MainWindow, qtbot: QtBot) -> None:
    known(window, qtbot)
    window.session.costing.set_on(False, "arithmetic")
    toggle(window)
    assert window.session.costing.on
    shown = window.canvas.shown.cost
    # Of the 14 operations the product has one going forward and two coming back.
    assert {node: part.text for node, part in shown.items() if node == "L"} == {"L": "3 · 21%"}
    assert sum(part.share for part in shown.values()) == pytest.approx(1.0)
    assert "Cost: 3 · 21%." in hints.words(window.canvas.scene, window.canvas.shown, "L")
    assert Settings().cost == "arithmetic"
    toggle(window)
    assert not window.canvas.shown.cost
    assert Settings().cost == ""


def test_the_tab_tells_a_nodes_share_and_its_time(window: MainWindow, qtbot: QtBot) -> None:
    known(window, qtbot)
    window.session.select(["L"])
    window.inspector.show_tab("Cost")
    table = window.inspector.tab(CostTab).table
    assert number(table, "arithmetic") == ("3", "21%")
    assert "forward 1, backward 2, update 0" in table.lines[2].number.toolTip()
    qtbot.waitUntil(lambda: "%" in number(table, "seconds")[1], timeout=WAIT)
    assert table.how.text().startswith("Time measured on reference (NumPy, float64).")
    window.inspector.show_tab("Why")


def test_a_saved_picture_is_coloured_as_the_canvas_is(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    known(window, qtbot)
    for on in (True, False):
        window.session.costing.set_on(on, "arithmetic")
        path = tmp_path / f"{on}.svg"
        window.files.publishing.save_picture(path)
        qtbot.waitUntil(path.exists, timeout=WAIT)
        assert ("3 · 21%" in path.read_text(encoding="utf-8")) == on
    qtbot.waitUntil(lambda: not window.files.busy, timeout=WAIT)


def test_what_colours_the_canvas_is_chosen_by_keys(window: MainWindow, qtbot: QtBot) -> None:
    known(window, qtbot)
    combo = window.inspector.overview.cost.colour
    combo.setFocus()
    assert combo.currentText() == "nothing"
    for _ in range(3):
        QTest.keyPress(combo, Qt.Key.Key_Down)
        QTest.keyRelease(combo, Qt.Key.Key_Down)
    assert combo.currentText() == "other × and +"
    assert window.canvas.shown.cost["L"].text == "3 · 21%"
    QTest.keyClick(combo, Qt.Key.Key_Home)
    assert not window.canvas.shown.cost


def test_after_an_edit_other_numbers_stand_there(window: MainWindow, qtbot: QtBot) -> None:
    known(window, qtbot)
    session = window.session
    session.costing.set_on(True, "arithmetic")
    before = window.canvas.shown.cost
    session.apply(session.edits.remove({"z"}))
    qtbot.waitUntil(lambda: session.costing.cost is not None and window.canvas.shown.cost is not before, timeout=WAIT)
    settle(qtbot, session)
    known(window, qtbot)
    cost = session.costing.cost
    assert cost is not None
    assert not cost.trains
    assert cost.left_out == ("L",)
    assert window.inspector.overview.cost.title.text() == "The values of 1 row cost"
