"""The audit in the window: a key turns it on, marks stand on wires and nodes, and none is of other numbers."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from compute.check.audit import Audit
from compute.focus import Focus, Subject
from compute.neurons import Element
from compute.ops.arithmetic import Multiply
from editor.canvas import hints
from editor.canvas.paint_audit import node_place, wire_place
from editor.main_window import MainWindow
from editor.panels.audit_tab import AuditTab
from editor.panels.neurons_tab import NeuronsTab
from editor.panels.weights_tab import WeightsTab
from editor.panels.widgets import Sentence
from editor.session import Session
from editor.settings import Settings
from tests.editor.panel_session import LEFT, PAUSE, WAIT, click, settle

CTRL_ALT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier


def toggle(window: MainWindow) -> None:
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_A, CTRL_ALT)


def done(window: MainWindow, qtbot: QtBot) -> None:
    auditing = window.session.auditing
    qtbot.waitUntil(lambda: auditing.shown is not None and auditing.progress is None, timeout=WAIT)
    assert auditing.shown is window.canvas.shown.audit


def begin(window: MainWindow, qtbot: QtBot) -> None:
    settle(qtbot, window.session)
    toggle(window)
    done(window, qtbot)
    window.grab()


def spot(window: MainWindow, record: str | tuple[str, str]) -> QPoint:
    """Where the mark of a node or wire stands in the canvas."""
    scene, spots = window.canvas.scene, window.canvas.picture.labels.places.spots
    place = node_place(scene.nodes[record]) if isinstance(record, str) else wire_place(scene.wires[record], spots)
    return window.canvas.camera.to_screen(QPointF(place)).toPoint()


def reached(session: Session, step: int) -> bool:
    return session.snapshot.step == step


def tip_at(window: MainWindow, place: QPoint) -> str:
    QToolTip.hideText()
    event = QHelpEvent(QEvent.Type.ToolTip, place, window.canvas.mapToGlobal(place))
    QApplication.sendEvent(window.canvas, event)
    return QToolTip.text()


def shown(window: MainWindow) -> Audit | None:
    return window.session.auditing.shown


def tab_of(window: MainWindow) -> AuditTab:
    return window.inspector.tab(AuditTab)


def test_a_key_turns_it_on_and_off_and_it_is_remembered(window: MainWindow, qtbot: QtBot) -> None:
    session, tabs = window.session, window.inspector.tabs
    session.select(["f"])
    assert not tabs.isTabVisible(tabs.indexOf(tab_of(window)))
    begin(window, qtbot)
    assert tabs.isTabVisible(tabs.indexOf(tab_of(window)))
    action = window.actions_.by_id["audit"]
    assert action.isChecked()
    assert Settings().audits
    session.select([])
    overview = window.inspector.overview
    assert overview.audit.isVisible()
    assert overview.audit.text() == "Audit: All 3 weights and 5 wires agree."
    toggle(window)
    assert (session.auditing.on, action.isChecked(), Settings().audits) == (False, False, False)
    assert not overview.audit.isVisible()
    assert window.canvas.shown.audit is None


def test_a_mark_says_its_sentence_and_a_click_shows_all_lines(window: MainWindow, qtbot: QtBot) -> None:
    begin(window, qtbot)
    session, key = window.session, ("L", "a")
    said = tip_at(window, spot(window, key))
    assert said.startswith("The gradient of the wire z → L agrees with the slope of the loss (1 of 1 entry, largest ")
    click(window.canvas, spot(window, key))
    assert session.selection.wire == key
    assert window.inspector.tabs.currentWidget() is tab_of(window)
    assert tab_of(window).said == ("It agrees", said)
    assert hints.words(window.canvas.scene, window.canvas.shown, key).endswith(" Audit: agrees.")
    click(window.canvas, spot(window, "z"))
    assert session.selection.single == "z"
    assert tab_of(window).said[1].startswith("The gradient of z agrees with the slope of the loss")
    assert window.canvas.badge_at(window.canvas.camera.to_scene(QPointF(spot(window, "z")))) == "z"
    window.canvas.zoom_to(0.4)
    assert window.canvas.badge_at(window.canvas.camera.to_scene(QPointF(spot(window, "z")))) is None


def test_a_wrong_rule_has_its_cross_where_it_is_and_a_line_leads_to_the_entry(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Multiply, "slopes", lambda _self, a, b, y, **p: (b + 1.0, a))
    session = window.session
    session.reset()
    settle(qtbot, session)
    begin(window, qtbot)
    found = session.auditing.shown
    assert found is not None
    assert found.check.suspect == "L"
    wrong = found.wire(("L", "a"))
    right = found.wire(("L", "b"))
    assert wrong is not None
    assert right is not None
    assert (wrong.verdict, right.verdict) == ("failed", "ok")
    click(window.canvas, spot(window, ("L", "a")))
    (line,) = tab_of(window).findChildren(Sentence)
    assert "is wrong: it is " in line.accessibleName()
    QTest.mousePress(line, LEFT)
    QTest.qWait(PAUSE)
    QTest.mouseRelease(line, LEFT)
    assert session.focus == Focus(Subject("wire", "L", "a"), "gradient", ())
    assert "What L sends back is wrong" in session.auditing.status
    window.canvas.zoom_to(0.2)
    window.grab()


def test_an_edit_and_a_step_take_the_marks_away_until_the_numbers_are_audited_anew(
    window: MainWindow, qtbot: QtBot
) -> None:
    begin(window, qtbot)
    session, first = window.session, shown(window)
    session.apply(session.edits.set_param("x", "value", 7.0))
    assert shown(window) is None
    assert window.canvas.shown.audit is None
    assert session.auditing.status == "Under way: 0%."
    done(window, qtbot)
    second = shown(window)
    assert second is not None
    assert second is not first
    session.set_weight("y.value", (), 9.0)
    qtbot.waitUntil(lambda: shown(window) is not second, timeout=WAIT)
    done(window, qtbot)
    third = shown(window)
    session.step_batch()
    qtbot.waitUntil(lambda: session.snapshot.step == 1, timeout=WAIT)
    assert shown(window) is not third
    done(window, qtbot)


def test_what_is_asked_for_or_changed_for_a_while_has_no_marks(window: MainWindow, qtbot: QtBot) -> None:
    begin(window, qtbot)
    session = window.session
    session.asking.set_on(True)
    session.start_walk()
    qtbot.waitUntil(lambda: session.walk is not None, timeout=WAIT)
    assert shown(window) is None
    assert window.canvas.shown.audit is None
    tab_of(window).show_focus(Focus(Subject("node", "z"), "gradient"))
    assert "slope" not in " ".join(tab_of(window).said)
    session.stop_walk()
    done(window, qtbot)
    session.what_if.begin()
    qtbot.waitUntil(lambda: session.what_if.pair is not None, timeout=WAIT)
    session.what_if.hold(Focus(Subject("weight", "x", "value"), "value", ()), 5.0)
    qtbot.waitUntil(lambda: session.facts.trace.values["L"] == 30.0, timeout=WAIT)
    assert shown(window) is None
    session.what_if.leave()
    done(window, qtbot)


def test_training_has_the_same_numbers_with_it_and_without(window: MainWindow, qtbot: QtBot) -> None:
    session, found = window.session, list[dict[str, Any]]()
    for on in (False, True):
        session.auditing.set_on(on)
        session.reset()
        settle(qtbot, session)
        if on:
            done(window, qtbot)
        for step in range(1, 4):
            session.step_batch()
            qtbot.waitUntil(partial(reached, session, step), timeout=WAIT)
        found.append(dict(session.snapshot.weights))
    assert all(np.array_equal(found[0][name], found[1][name]) for name in found[0])
    session.train()
    qtbot.waitUntil(lambda: session.snapshot.state in ("running", "finished"), timeout=WAIT)
    session.pause()


def test_another_view_of_the_same_numbers_keeps_what_was_found(window: MainWindow, qtbot: QtBot) -> None:
    begin(window, qtbot)
    session, first = window.session, shown(window)
    trace = session.snapshot.trace
    session.wanted.set_seen(window, ("neurons",), True)
    qtbot.waitUntil(lambda: session.snapshot.trace is not trace, timeout=WAIT)
    assert shown(window) is first
    session.wanted.set_seen(window, ("neurons",), False)


def test_each_weight_has_its_badge_beside_its_numbers(window: MainWindow, qtbot: QtBot) -> None:
    window.files.open_example("xor")
    session = window.session
    settle(qtbot, session)
    dense = next(node for node in session.snapshot.analysis.order if session.document.graph.nodes[node].op == "dense")
    session.select([dense])
    window.inspector.show_tab("Weights")
    tab = window.inspector.tab(WeightsTab)
    assert (tab.verdict.isVisible(), tab.view.model_.badges) == (False, {})
    begin(window, qtbot)
    assert tab.verdict.isVisible()
    assert tab.verdict.accessibleName().startswith(f"The gradient of {dense}.weight agrees with the slope of the loss")
    cells = [(r, c) for r in range(tab.view.model_.rowCount()) for c in range(tab.view.model_.columnCount())]
    assert tab.view.model_.badges == dict.fromkeys(cells, "ok")
    assert not any(tab.which.itemIcon(i).isNull() for i in range(tab.which.count()))
    said = tab.view.model_.data(tab.view.model_.index(0, 0), Qt.ItemDataRole.AccessibleTextRole)
    assert said.endswith("; audit: agrees")
    window.inspector.show_tab("Neurons")
    neurons = window.inspector.tab(NeuronsTab).view
    assert neurons.numbers is not None
    assert "audit: agrees" in neurons.said(Element("weight", 1, 0, 0))
    window.inspector.show_tab("Weights")
    click(tab.verdict, tab.verdict.rect().center())
    assert window.inspector.tabs.currentWidget() is tab_of(window)
    window.inspector.show_tab("Weights")
    session.set_weight(f"{dense}.weight", (0, 0), 0.5)
    qtbot.waitUntil(lambda: not tab.verdict.isVisible(), timeout=WAIT)
    assert tab.view.model_.badges == {}
    done(window, qtbot)
    assert tab.verdict.isVisible()
