"""Each problem offers its remedy as a button, which mends it or leads to where it is mended."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from compute.problems import Act, Place, Remedy
from editor.canvas.key_gestures import KeyWire
from editor.main_window import MainWindow
from editor.remedies import offer
from tests.editor.panel_session import WAIT, settle


def click(button: QPushButton) -> None:
    middle = button.rect().center()
    QTest.mousePress(button, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
    QTest.qWait(100)
    QTest.mouseRelease(button, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)


def node_of(window: MainWindow, op: str) -> str:
    return next(node.id for node in window.session.document.graph.nodes.values() if node.op == op)


@pytest.mark.parametrize("act", get_args(Act))
def test_every_remedy_has_words(act: Act) -> None:
    text, tip = offer(Remedy(act, Place(node="h", port="x", setting="learning_rate")))
    assert text
    assert tip
    assert "_" not in text


def test_a_port_without_a_wire_is_wired_from_the_button(window: MainWindow, qtbot: QtBot) -> None:
    session, canvas = window.session, window.canvas
    multiply = node_of(window, "multiply")
    key = next(key for key in session.document.graph.wires if key[0] == multiply)
    before = session.document.graph.wires[key]
    session.apply(session.edits.remove({key}))
    session.select([multiply])
    settle(qtbot, session)
    box = window.inspector.header.problem_box
    assert box.offer.text() == f"Wire port {key[1]}…"
    click(box.offer)
    assert isinstance(canvas.gesture, KeyWire)
    qtbot.waitUntil(canvas.hasFocus, timeout=WAIT)
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    assert key in session.document.graph.wires
    assert before.key == key
    settle(qtbot, session)
    assert box.isHidden()


def test_a_setting_that_is_wrong_is_led_to(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    scale = node_of(window, "scale")
    session.apply(session.edits.set_param(scale, "factor", "much"))
    session.select([scale])
    settle(qtbot, session)
    box = window.inspector.header.problem_box
    assert box.offer.text() == "Change factor…"
    window.inspector.show_tab("Why") if window.inspector.tabs.count() > 1 else None
    click(box.offer)
    field = window.inspector.tab(type(window.inspector.tabs.currentWidget())).form.fields["factor"]  # type: ignore[attr-defined]
    focus = QApplication.focusWidget()
    assert focus is not None
    assert field is focus or field.isAncestorOf(focus)


def test_a_node_of_an_unknown_op_is_removed(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    node = next(iter(session.document.graph.nodes.values()))
    session.apply(session.edits.add((replace(node, id="odd", op="from_elsewhere"),), "Add"))
    session.select(["odd"])
    settle(qtbot, session)
    box = window.inspector.header.problem_box
    assert box.offer.text() == "Remove the node"
    click(box.offer)
    assert "odd" not in session.document.graph.nodes


def test_what_waits_leads_to_what_it_waits_for(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    scale = node_of(window, "scale")
    session.apply(session.edits.set_param(scale, "factor", "much"))
    settle(qtbot, session)
    waiting = next(i for i, first in session.snapshot.analysis.waiting.items() if first == scale)
    session.select([waiting])
    box = window.inspector.header.problem_box
    assert box.offer.text() == f"Go to {scale}"
    click(box.offer)
    assert session.selection.nodes == {scale}
