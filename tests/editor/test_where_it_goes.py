"""One entry before, an entry or a row after: what depends on a number is lit on the canvas and listed beside it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from compute.focus import Focus, Subject
from compute.gallery import load_entry
from editor.canvas import hints
from editor.canvas.cells import grids
from editor.panels.inspector import Inspector
from editor.panels.why import WhyTab
from tests.editor.canvas_driver import Driver
from tests.editor.panel_session import click, opened, shown


def cell(driver: Driver, node: str, row: int, column: int) -> QPointF:
    """The middle of a cell in the body of a node."""
    (grid,) = grids(driver.canvas.scene.nodes[node], driver.canvas.shown.readings)
    area = grid.cell((row, column))
    assert area is not None
    return area.center()


def test_a_click_on_an_entry_lights_it_after_each_activation_and_the_row_of_softmax(qtbot: QtBot) -> None:
    d = Driver(qtbot, load_entry("activations"))
    for node in ("R", "S", "T", "P"):
        assert d.canvas.scene.nodes[node].face.kind == "table"
    d.click(cell(d, "Z", 1, 2))
    lit = d.canvas.shown.lit
    assert lit is not None
    assert (lit.subject, lit.entry) == (Subject("node", "Z"), (1, 2))
    assert dict(lit.goes) == {
        Subject("node", "R"): (1, 2), Subject("node", "S"): (1, 2), Subject("node", "T"): (1, 2),
        Subject("node", "P"): (1, None),
    }  # fmt: skip
    (grid,) = grids(d.canvas.scene.nodes["P"], d.canvas.shown.readings)
    row, one = grid.reach((1, None)), grid.cell((1, 0))
    assert row is not None
    assert one is not None
    assert row.width() == pytest.approx(3 * one.width())
    # and the other way round
    d.click(cell(d, "P", 1, 2))
    lit = d.canvas.shown.lit
    assert lit is not None
    assert (Subject("node", "Z"), (1, None)) in lit.parts
    d.click(cell(d, "S", 2, 0))
    lit = d.canvas.shown.lit
    assert lit is not None
    assert [entry for subject, entry in lit.parts if subject == Subject("node", "Z")] == [(2, 0)]
    assert not lit.goes


def test_a_gradient_goes_nowhere_on(qtbot: QtBot) -> None:
    d = Driver(qtbot, load_entry("batch_matrix"))
    d.session.focus_on(Focus(Subject("node", "b"), "value", (1,)))
    lit = d.canvas.shown.lit
    assert lit is not None
    assert dict(lit.goes) == {Subject("node", "Z"): (None, 1)}
    d.session.focus_on(Focus(Subject("node", "b"), "gradient", (1,)))
    lit = d.canvas.shown.lit
    assert lit is not None
    assert not lit.goes


def test_why_lists_where_it_goes_and_a_click_goes_there(qtbot: QtBot) -> None:
    with opened(qtbot, "activations") as session:
        inspector = Inspector(session)
        shown(qtbot, inspector, 360, 760)
        session.focus_on(Focus(Subject("node", "Z"), "value", (1, 2)))
        why = inspector.tab(WhyTab)
        lines = [line.accessibleName() for line in why.goes.findChildren(QPushButton)]
        assert lines == ["R[1, 2] 3", "S[1, 2] 0.953", "T[1, 2] 0.995", "P[1, ·] "]
        qtbot.wait(1)
        click(why.goes.findChildren(QPushButton)[1])
        assert session.focus == Focus(Subject("node", "S"), "value", (1, 2))
        assert why.goes.isHidden()


def test_the_port_and_the_tip_say_what_is_used_for_each_row(qtbot: QtBot) -> None:
    d = Driver(qtbot, load_entry("batch_matrix"))
    scene, shown_ = d.canvas.scene, d.canvas.shown
    assert scene.nodes["Z"].face.said == ("a", "b, each row")
    assert scene.nodes["XW"].face.said == ("a", "b")
    tip = hints.tip(scene, shown_, None, ("Z", "b"))
    assert "b is used for each row of the batch; its gradient is the sum over them." in tip
    assert "used for" not in hints.tip(scene, shown_, None, ("Z", "a"))
    xor = Driver(qtbot, load_entry("xor"))
    tip = hints.tip(xor.canvas.scene, xor.canvas.shown, "h", None)
    assert "bias (2,) is used for each row of the batch." in tip
