"""Questions in the inspector: asked from a cell, answered with the numbers of now."""

from __future__ import annotations

from threading import Event

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from compute.explain import Quantity
from compute.focus import Focus
from editor import drawing
from editor.panels.formula import FormulaView, one_line
from editor.panels.inspector import Inspector
from editor.panels.tensor_tab import GradientTab, ValuesTab
from editor.panels.weights_tab import WeightsTab
from editor.panels.why import WhyTab
from editor.session import Session
from tests.editor.panel_session import WAIT, click_cell, shown


def test_a_click_on_a_gradient_asks_why_it_is_what_it_is(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    session.select(["t"])
    inspector.show_tab("Gradient")
    click_cell(inspector.tab(GradientTab).view, 2, 1)
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


def test_formulas_appear_one_by_one_and_what_is_asked_for_goes_before_what_may_be(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    gates, draw = {"x = 30": Event(), "y = 32": Event()}, drawing.draw_now

    def slowly(needed: drawing.Needed) -> None:
        order.append(needed[0])
        if needed[0] in gates:
            assert gates[needed[0]].wait(WAIT / 1000)
        draw(needed)

    monkeypatch.setattr(drawing, "draw_now", slowly)
    view = FormulaView()
    shown(qtbot, view, 300, 100)
    view.draw_ahead([[("x = 30", "text"), ("x = 31", "text")]])
    view.set_lines([("y = 31", "text"), ("y = 32", "text")])
    gates["x = 30"].set()
    qtbot.waitUntil(lambda: len(order) == 3, timeout=WAIT)
    assert (len(view.places()), view.complete) == (1, False)
    gates["y = 32"].set()
    qtbot.waitUntil(lambda: len(order) == 4, timeout=WAIT)
    assert (len(view.places()), view.complete) == (2, True)
    assert order == ["x = 30", "y = 31", "y = 32", "x = 31"]


def test_an_aligned_formula_becomes_one_line() -> None:
    aligned = r"\begin{aligned}y &= 1 \\ z &= 2 \\ &\quad + 3 \\ &= 5\end{aligned}"
    assert one_line(aligned).split() == ["z", "=", "2", "+", "3", "=", "5"]
    assert one_line("a = b") == "a = b"
