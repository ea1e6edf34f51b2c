"""What if: a number is typed, dragged, frozen or cut for a while, and every number that depends on it shows both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.exceptions import capture_exceptions
from pytestqt.qtbot import QtBot

from compute.explain import Quantity
from compute.focus import Focus, Subject
from compute.graph import Port
from compute.neurons import Element
from compute.numbers_text import precise
from compute.ripple import Hold
from editor.canvas import hints
from editor.canvas.readings import BESIDE, Reading
from editor.main_window import MainWindow
from editor.panels.neurons_tab import NeuronsTab
from editor.panels.weights_tab import WeightsTab
from editor.panels.what_if import WhatIfStrip
from editor.panels.why import WhyTab
from tests.editor.panel_session import LEFT, PAUSE, WAIT, click, edit_cell, settle, type_into
from tests.editor.test_picture_form import svg_texts

CTRL = Qt.KeyboardModifier.ControlModifier
CTRL_ALT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
X, Z = Subject("weight", "x", "value"), Subject("weight", "z", "value")
CUT: Port = ("f", "a")


def strip_of(window: MainWindow) -> WhatIfStrip:
    return window.panel(WhatIfStrip)


def begin(window: MainWindow, focus: Focus, qtbot: QtBot) -> WhatIfStrip:
    """Ask about a number, then what if."""
    settle(qtbot, window.session)
    window.session.focus_on(focus, explain=False)
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_W, CTRL_ALT)
    strip = strip_of(window)
    assert strip.isVisible()
    known(window, qtbot)
    return strip


def known(window: MainWindow, qtbot: QtBot) -> None:
    """Until both passes are worked out of what is held now."""
    what_if = window.session.what_if
    qtbot.waitUntil(lambda: what_if.pair is not None and not what_if._background.tasks, timeout=WAIT)


def value(window: MainWindow, node: str) -> Reading:
    found = window.canvas.shown.readings.value(node)
    assert found is not None
    return found


def gradient(window: MainWindow, key: Port) -> Reading:
    source = window.canvas.scene.wires[key].source
    found = window.canvas.shown.readings.gradient(key, source)
    assert found is not None
    return found


# -- holding a number ---------------------------------------------------------------------------------------------


def test_a_number_that_is_typed_shows_on_every_wire_that_depends_on_it_and_nothing_is_changed(
    window: MainWindow, qtbot: QtBot
) -> None:
    session = window.session  # L = z · (2x + y), x = 3, y = −4, z = 5
    weights = {name: array.copy() for name, array in session.snapshot.weights.items()}
    strip = begin(window, Focus(X, "value", ()), qtbot)
    assert strip.place.text() == "x"
    assert strip.field.text() == "3"
    type_into(strip.field, "5")
    known(window, qtbot)
    assert [value(window, node).text for node in ("x", "g", "f")] == [f"3{BESIDE}5", f"6{BESIDE}10", f"2{BESIDE}6"]
    assert (value(window, "L").text, value(window, "y").text) == (f"10{BESIDE}30", "−4")
    assert (value(window, "y").beside, value(window, "L").beside) == (False, True)
    assert gradient(window, ("L", "a")).text == f"2{BESIDE}6"  # ∂L/∂z = f
    assert gradient(window, ("g", "x")).beside is False  # 2z, whatever x is
    assert "x at 5 — 8 of 23 numbers differ" in strip.summary.toolTip()
    assert hints.numbers(window.canvas.scene, window.canvas.shown, "f")["value"] == "6, was 2"
    window.grab()
    assert all(np.array_equal(session.snapshot.weights[name], array) for name, array in weights.items())
    assert not session.undoing.can_undo
    QTest.keyClick(strip.field, Qt.Key.Key_Escape)
    assert not strip.isVisible()
    assert (value(window, "f").text, value(window, "f").beside) == ("2", None)


def test_dragging_the_number_changes_everything_on_the_way(window: MainWindow, qtbot: QtBot) -> None:
    strip = begin(window, Focus(X, "value", ()), qtbot)
    field, seen = strip.field, set[str]()
    window.canvas.setFocus()
    start = field.rect().center()
    QTest.mousePress(field, LEFT, pos=start)
    QTest.qWait(PAUSE)
    for step in range(1, 11):
        QTest.mouseMove(field, start + QPoint(10 * step, 0))
        known(window, qtbot)
        seen.add(value(window, "L").text)
    assert field.is_dragging
    QTest.mouseRelease(field, LEFT, pos=start + QPoint(100, 0))
    assert field.text() == "6"  # by its own size
    assert value(window, "x").text == f"3{BESIDE}6"
    assert value(window, "L").text == f"10{BESIDE}40"
    assert len(seen) >= 9
    click(field)
    assert QApplication.focusWidget() is field
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert float(field.text()) == pytest.approx(6.3)


def test_what_is_no_number_is_refused_and_nothing_is_held(window: MainWindow, qtbot: QtBot) -> None:
    strip = begin(window, Focus(X, "value", ()), qtbot)
    type_into(strip.field, "many")
    assert window.session.what_if.holds == ()
    assert strip.field.property("invalid") == "true"


def test_a_wire_is_cut_and_released(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    strip = begin(window, Focus(Subject("wire", *CUT), "gradient", ()), qtbot)
    click(strip.cut)
    known(window, qtbot)
    readings, scene = window.canvas.shown.readings, window.canvas.scene
    carried = readings.carried(CUT, scene.wires[CUT].source)
    assert carried is not None
    assert carried.text == f"6{BESIDE}0"
    assert value(window, "g").text == "6"
    assert value(window, "L").text == f"10{BESIDE}−20"
    assert gradient(window, CUT).text == f"5{BESIDE}0"
    assert gradient(window, ("g", "x")).text == f"10{BESIDE}0"
    assert session.what_if.summary.startswith("the wire from g to f cut")
    assert strip.field.text() == "0"
    click(strip.release)
    known(window, qtbot)
    assert session.what_if.holds == ()
    assert value(window, "L").beside is False


def test_undo_takes_back_what_is_held_before_any_edit(window: MainWindow, qtbot: QtBot) -> None:
    session, undo = window.session, window.actions_.by_id["undo"]
    session.apply(session.edits.rename("Held"))
    strip = begin(window, Focus(X, "value", ()), qtbot)
    assert undo.text().startswith("Undo") and "x at" not in undo.text()  # noqa: PT018
    type_into(strip.field, "5")
    known(window, qtbot)
    assert undo.text() == "Undo x at 5"
    for key, more, held, text in (
        (Qt.Key.Key_Z, CTRL, (), "10"),
        (Qt.Key.Key_Y, CTRL, (Hold(X, (), 5.0),), f"10{BESIDE}30"),
        (Qt.Key.Key_Z, CTRL, (), "10"),
    ):
        window.canvas.setFocus()
        QTest.keyPress(window.canvas, key, more)
        QTest.keyRelease(window.canvas, key, more)
        known(window, qtbot)
        assert session.what_if.holds == held
        assert value(window, "L").text == text
        assert session.document.name == "Held"
    window.canvas.setFocus()
    QTest.keyPress(window.canvas, Qt.Key.Key_Z, CTRL)
    QTest.keyRelease(window.canvas, Qt.Key.Key_Z, CTRL)
    assert session.document.name != "Held"


def test_what_is_frozen_stays_while_another_number_changes(window: MainWindow, qtbot: QtBot) -> None:
    strip = begin(window, Focus(Subject("node", "g"), "value", ()), qtbot)
    click(strip.freeze)
    window.session.focus_on(Focus(X, "value", ()), explain=False)
    type_into(strip.field, "50")
    known(window, qtbot)
    assert window.session.what_if.holds == (
        Hold(Subject("node", "g"), (), None),
        Hold(X, (), 50.0),
    )
    assert value(window, "x").text == f"3{BESIDE}50"
    assert (value(window, "g").text, value(window, "L").text) == ("6", "10")
    window.session.focus_on(Focus(Subject("node", "g"), "value", ()))
    assert window.inspector.tabs.currentWidget() is window.inspector.tab(WhyTab)
    assert "g frozen, whatever goes into it" in window.inspector.tab(WhyTab).sentence.text()


def test_what_is_kept_is_an_edit_that_can_be_taken_back(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    strip = begin(window, Focus(X, "value", ()), qtbot)
    type_into(strip.field, "5")
    session.focus_on(Focus(Subject("wire", *CUT), "value", ()), explain=False)
    click(strip.cut)
    said: list[str] = []
    session.message.connect(said.append)
    click(strip.keep)
    assert not strip.isVisible()
    qtbot.waitUntil(lambda: float(session.snapshot.weights["x.value"]) == 5.0, timeout=WAIT)
    assert said[-1].startswith("Only numbers of weights and constants can be kept, and not: the wire from g to f cut")
    assert session.undoing.undo_text == "change of x.value"
    session.undoing.undo()
    qtbot.waitUntil(lambda: float(session.snapshot.weights["x.value"]) == 3.0, timeout=WAIT)


def test_a_whole_weight_that_is_kept_is_one_change(window: MainWindow, qtbot: QtBot) -> None:
    window.files.open_example("xor")
    session = window.session
    strip = begin(window, Focus(Subject("weight", "h", "weight"), "value", (0, 1)), qtbot)
    before = session.snapshot.weights["h.weight"].copy()
    click(strip.reach._buttons["all"])
    type_into(strip.field, "0.25")
    known(window, qtbot)
    assert session.what_if.summary.startswith("h.weight at 0.25 — ")
    click(strip.keep)
    qtbot.waitUntil(lambda: bool((session.snapshot.weights["h.weight"] == 0.25).all()), timeout=WAIT)
    assert len(session.undoing.done) == 1
    assert strip.reach.key == "one"  # for the next what-if
    QTest.keyClick(window.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: np.array_equal(session.snapshot.weights["h.weight"], before), timeout=WAIT)
    assert not session.undoing.can_undo


def test_the_loss_cannot_be_held_and_says_why(window: MainWindow, qtbot: QtBot) -> None:
    strip = begin(window, Focus(Subject("node", "L"), "value", ()), qtbot)
    type_into(strip.field, "1")
    assert window.session.what_if.holds == ()
    assert window.notices.text == "The loss is what everything leads to; hold what goes into it instead."


def test_weights_that_are_typed_elsewhere_are_held_too(window: MainWindow, qtbot: QtBot) -> None:
    window.files.open_example("xor")
    session = window.session
    begin(window, Focus(Subject("weight", "h", "weight"), "value", (0, 1)), qtbot)
    before = session.snapshot.weights["h.weight"].copy()
    window.inspector.show_tab("Weights")
    view = window.inspector.tab(WeightsTab).view
    edit_cell(view, view.model_.index(1, 0), "2.5")
    qtbot.waitUntil(lambda: session.what_if.holds != (), timeout=WAIT)
    known(window, qtbot)
    assert session.what_if.holds == (Hold(Subject("weight", "h", "weight"), (1, 0), 2.5),)
    assert np.array_equal(session.snapshot.weights["h.weight"], before)
    window.inspector.show_tab("Neurons")
    shown = window.inspector.tab(NeuronsTab).view.numbers
    assert shown is not None
    assert shown.weights(1)[1, 0] == 2.5  # type: ignore[index]
    neurons = window.inspector.tab(NeuronsTab).view
    neurons.type_number(Element("bias", 1, 0))
    assert neurons.field is not None
    QTest.keyClicks(neurons.field, "0.5")
    QTest.keyClick(neurons.field, Qt.Key.Key_Return)
    known(window, qtbot)
    assert session.what_if.holds[-1] == Hold(Subject("weight", "h", "bias"), (0,), 0.5)
    assert not session.undoing.can_undo
    said = neurons.said(Element("weight", 1, 0, 1))
    assert f"w = 2.5, was {precise(before[1, 0])}" in said
    pair = session.what_if.pair
    assert pair is not None
    moved = pair.moved(Quantity("value", "h"))
    assert moved is not None
    assert moved.any(axis=0).tolist() == [True, False]


# -- two states ----------------------------------------------------------------------------------------------------


def test_what_the_next_step_changes_is_what_the_step_then_does(window: MainWindow, qtbot: QtBot) -> None:
    window.files.open_example("xor")
    session = window.session
    settle(qtbot, session)
    QTest.keyClick(window.canvas, Qt.Key.Key_Y, CTRL_ALT)
    known(window, qtbot)
    strip, pair = strip_of(window), session.what_if.pair
    assert pair is not None
    assert strip.isVisible()
    assert not strip.field.isVisible()
    assert strip.title.text() == "Difference"
    assert "before and after one step" in strip.summary.toolTip()
    loss = pair.after.loss
    assert loss is not None
    assert BESIDE in value(window, "loss").text
    session.step_batch()
    qtbot.waitUntil(lambda: session.snapshot.step == 1, timeout=WAIT)
    for name, weight in session.snapshot.weights.items():
        np.testing.assert_allclose(pair.after.parameters[name], weight, rtol=1e-12)


def test_two_seeds_are_compared_by_what_is_remembered(window: MainWindow, qtbot: QtBot) -> None:
    window.files.open_example("xor")
    session = window.session
    settle(qtbot, session)
    actions = window.actions_.by_id
    assert not actions["what_if_compare"].isEnabled()
    actions["what_if_remember"].trigger()
    was = session.snapshot.weights["h.weight"].copy()
    session.apply(session.edits.set_training("Seed", seed=7))
    settle(qtbot, session)
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_F, CTRL_ALT)
    known(window, qtbot)
    pair = session.what_if.pair
    assert pair is not None
    assert np.array_equal(pair.before.parameters["h.weight"], was)
    assert np.array_equal(pair.after.parameters["h.weight"], session.snapshot.weights["h.weight"])
    assert session.what_if.summary.startswith("the start, seed 0 and the start, seed 7 — ")
    QTest.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert not session.what_if.on
    session.apply(session.edits.change("h", "Units", params={"units": 5}))
    settle(qtbot, session)
    actions["what_if_compare"].trigger()
    qtbot.waitUntil(lambda: not session.what_if.on, timeout=WAIT)
    assert window.notices.text.startswith("h.weight is another now")


# -- what ends it ---------------------------------------------------------------------------------------------------


def test_it_follows_edits_and_ends_with_a_walk_a_training_and_the_document(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    strip = begin(window, Focus(X, "value", ()), qtbot)
    type_into(strip.field, "5")
    session.focus_on(Focus(Z, "value", ()), explain=False)
    type_into(strip.field, "1")
    known(window, qtbot)
    session.apply(session.edits.remove({"x"}))
    assert [hold.subject for hold in session.what_if.holds] == [Z]
    session.undo_stack.undo()
    settle(qtbot, session)
    known(window, qtbot)
    assert value(window, "L").text == f"10{BESIDE}2"
    session.start_walk()
    qtbot.waitUntil(lambda: session.walk is not None, timeout=WAIT)
    assert not session.what_if.on
    session.stop_walk()
    session.what_if.begin()
    session.train()
    assert not session.what_if.on
    session.pause()
    qtbot.waitUntil(lambda: not session.is_training, timeout=WAIT)
    session.what_if.begin()
    window.files.open_example("xor")
    assert not session.what_if.on
    assert not strip.isVisible()


def test_what_is_held_may_be_deleted_while_it_is_in_focus(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    strip = begin(window, Focus(X, "value", ()), qtbot)
    type_into(strip.field, "5")
    known(window, qtbot)
    window.canvas.setFocus()
    with capture_exceptions() as raised:
        QTest.keyClick(window.canvas, Qt.Key.Key_Delete)
        settle(qtbot, session)
    assert not raised
    assert "x" not in session.document.graph.nodes
    assert not session.what_if.holds


def test_what_a_smaller_layer_has_not_is_held_no_longer(window: MainWindow, qtbot: QtBot) -> None:
    window.files.open_example("xor")
    session = window.session
    weight = Subject("weight", "h", "weight")
    strip = begin(window, Focus(weight, "value", (0, 0)), qtbot)
    type_into(strip.field, "2")
    session.focus_on(Focus(weight, "value", (1, 1)), explain=False)
    type_into(strip.field, "9")
    known(window, qtbot)
    session.apply(session.edits.set_param("h", "units", 1))
    settle(qtbot, session)
    known(window, qtbot)
    assert session.what_if.holds == (Hold(weight, (0, 0), 2.0),)
    assert window.notices.text == "No longer there, and so not held: h.weight[1, 1] at 9."


def test_the_strip_goes_on_in_the_next_line_where_it_is_too_narrow(window: MainWindow, qtbot: QtBot) -> None:
    strip = begin(window, Focus(X, "value", ()), qtbot)
    high = strip.height()
    window.workbench.set_wide("inspector", True)
    window.resize(1100, 800)
    qtbot.waitUntil(lambda: strip.height() > high, timeout=WAIT)
    assert window.width() == 1100
    assert all(each.geometry().right() <= strip.width() for each in (strip.keep, strip.close_, strip.field))


def test_a_constant_is_kept_as_an_edit_of_the_document(window: MainWindow, qtbot: QtBot) -> None:
    window.files.open_example("one_neuron")
    session = window.session
    strip = begin(window, Focus(Subject("node", "x"), "value", ()), qtbot)
    before = session.document.graph.nodes["x"].params["value"]
    type_into(strip.field, "0.25")
    known(window, qtbot)
    assert session.document.graph.nodes["x"].params["value"] == before
    click(strip.keep)
    assert session.document.graph.nodes["x"].params["value"] == 0.25
    settle(qtbot, session)
    session.undo_stack.undo()
    assert session.document.graph.nodes["x"].params["value"] == before


def test_a_picture_shows_what_was_beside_what_would_be(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    begin(window, Focus(X, "value", ()), qtbot)
    window.session.what_if.hold(Focus(X, "value", ()), 5.0)
    known(window, qtbot)
    qtbot.waitUntil(lambda: window.session.facts.trace.values["L"] == 30.0, timeout=WAIT)
    path = tmp_path / "p.svg"
    window.files.publishing.save_picture(path)
    qtbot.waitUntil(lambda: not window.files.busy, timeout=WAIT)
    assert {"2", "6", "10", "30"} <= svg_texts(path)  # f and L, as they are and as they would be
    window.session.what_if.leave()
