"""XOR is built, trained, explained and exported by keys alone, each pressed and let go in whatever has the keyboard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot
from safetensors.numpy import load_file

from compute.document import load
from editor.export_form import ExportForm
from editor.main_window import MainWindow
from editor.panels.widgets import Combo
from tests.editor.panel_session import WAIT, idle, settle

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier
ENTER, TAB = Qt.Key.Key_Return, Qt.Key.Key_Tab


class Fingers:
    """Ten of them, and no mouse."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window, self.qtbot = window, qtbot

    @property
    def at(self) -> QWidget:
        """Where keys go."""
        top = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        if top is None and QApplication.focusWidget() is None:
            # There is no window manager here that does so when a dialog has closed.
            self.window.activateWindow()
            self.qtbot.waitUntil(lambda: QApplication.focusWidget() is not None, timeout=WAIT)
        widget = QApplication.focusWidget() if top is None else top.focusWidget()
        assert widget is not None
        return widget

    def press(self, *keys: Qt.Key, hold: Qt.KeyboardModifier = NONE) -> None:
        for key in keys:
            QTest.keyClick(self.at, key, hold)
            QApplication.processEvents()

    def type(self, text: str) -> None:
        QTest.keyClicks(self.at, text)

    def go_to(self, wanted: QWidget) -> None:
        """From pane to pane, then from control to control."""
        for _ in range(12):
            if wanted is self.at or self._in_one_pane(wanted):
                break
            self.press(Qt.Key.Key_F6)
        went = []
        for _ in range(60):
            if wanted is self.at:
                return
            self.press(TAB)
            went.append(self.at.accessibleName() or type(self.at).__name__)
        raise AssertionError(f"{wanted.accessibleName()} is not reached: {went}")

    def _in_one_pane(self, wanted: QWidget) -> bool:
        return any(p.isAncestorOf(self.at) and p.isAncestorOf(wanted) for p in self.window.workbench.panes)

    def fill_in(self, name: str, text: str) -> None:
        """Replace what a line of the window says."""
        line = next(
            each for each in self.window.findChildren(QLineEdit) if each.isVisible() and each.accessibleName() == name
        )
        box = line.parentWidget()
        self.go_to(box if isinstance(box, Combo) else line)
        self.press(Qt.Key.Key_A, hold=CTRL)
        self.type(text)
        self.press(ENTER)

    def add(self, words: str) -> str:
        """Add a node through the search; its id."""
        assert self.at is self.window.canvas
        self.press(TAB)
        self.type(words)
        self.press(ENTER)
        (node_id,) = self.window.session.selection.nodes
        return node_id

    def set_units(self, units: int) -> None:
        """Open the selected node, change its units, and come back."""
        self.press(ENTER)
        self.fill_in("units", str(units))
        self.press(Qt.Key.Key_Escape)
        assert self.at is self.window.canvas


def test_xor_is_built_trained_explained_and_exported_by_keys_alone(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    hand, session = Fingers(window, qtbot), window.session
    hand.press(Qt.Key.Key_N, hold=CTRL)
    settle(qtbot, session)
    assert len(session.document.graph.nodes) == 0

    hand.press(Qt.Key.Key_D, hold=CTRL | SHIFT)
    hand.type("Exclusive")
    hand.press(ENTER)
    qtbot.waitUntil(lambda: session.snapshot.columns == ("x1", "x2", "y"), timeout=WAIT)
    hand.press(Qt.Key.Key_Escape)
    hand.add("input")
    hidden = hand.add("dense")
    hand.set_units(4)
    activation = hand.add("tanh")
    last = hand.add("dense")
    hand.set_units(1)
    loss = hand.add("sigmoid cross")
    truth = hand.add("target")
    graph = session.document.graph
    assert {(w.source, w.target, w.port) for w in graph.wires.values()} == {
        ("x", hidden, "x"),
        (hidden, activation, "x"),
        (activation, last, "x"),
        (last, loss, "prediction"),
        (truth, loss, "target"),
    }
    assert session.document.training.loss == loss
    settle(qtbot, session)
    losses = [session.snapshot.trace.loss]
    assert not session.snapshot.problem

    hand.fill_in("learning rate", "0.1")
    hand.fill_in("epochs", "150")
    hand.press(Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: session.snapshot.state == "finished", timeout=WAIT)
    losses.append(session.snapshot.trace.loss)
    assert losses[1] < 0.1 < losses[0]  # type: ignore[operator]

    hand.press(Qt.Key.Key_Escape)
    assert session.selection.ids == {truth}
    # Along the wires, back to the weights: target, its wire, the loss, the prediction's wire, the last layer.
    hand.press(Qt.Key.Key_Right, Qt.Key.Key_Right)
    assert session.selection.ids == {loss}
    hand.press(Qt.Key.Key_Left)
    if session.selection.ids == {(loss, "target")}:
        hand.press(Qt.Key.Key_Up)
    assert session.selection.ids == {(loss, "prediction")}
    hand.press(ENTER)
    why = window.inspector.tabs.currentWidget()
    assert why.isAncestorOf(hand.at)
    asked = [label.text() for label in why.findChildren(QLabel) if label.text().startswith("Why is this gradient ")]
    assert len(asked) == 1
    parts = [each for each in why.findChildren(QWidget) if each.property("kind") == "flat" and each.isEnabled()]
    hand.go_to(parts[0])
    was = session.focus
    hand.press(Qt.Key.Key_Space)
    assert session.focus != was
    hand.press(Qt.Key.Key_Left, hold=Qt.KeyboardModifier.AltModifier)
    assert session.focus == was

    hand.press(Qt.Key.Key_F9)
    qtbot.waitUntil(lambda: session.walk is not None, timeout=WAIT)
    hand.press(Qt.Key.Key_End)
    walks = [session.walk]
    hand.press(Qt.Key.Key_Escape)
    walks.append(session.walk)
    assert [walk and walk.step.phase for walk in walks] == ["update", None]

    export(hand, tmp_path / "xor.safetensors")
    idle(qtbot, window)
    assert "largest difference" in window.notices.text
    weights = load_file(tmp_path / "xor.safetensors")
    assert weights[f"{hidden}.weight"].shape == (2, 4)
    np.testing.assert_allclose(weights[f"{hidden}.weight"], session.weights()[f"{hidden}.weight"], rtol=1e-6)

    hand.press(Qt.Key.Key_S, hold=CTRL)
    name_the_file(hand, tmp_path / "xor.gradwire")
    idle(qtbot, window)
    assert load(tmp_path / "xor.gradwire").graph.nodes.keys() == session.document.graph.nodes.keys()


def export(hand: Fingers, path: Path) -> None:
    hand.press(Qt.Key.Key_E, hold=CTRL)
    hand.qtbot.waitUntil(lambda: isinstance(hand.at.window(), ExportForm), timeout=WAIT)
    form = hand.at.window()
    assert isinstance(form, ExportForm)
    hand.press(ENTER)
    hand.qtbot.waitUntil(lambda: isinstance(hand.at.window(), QFileDialog), timeout=WAIT)
    name_the_file(hand, path)
    hand.qtbot.waitUntil(lambda: "largest difference" in form.compared.text(), timeout=WAIT)
    hand.press(Qt.Key.Key_Escape)


def name_the_file(hand: Fingers, path: Path) -> None:
    """Type a name into the dialog that asks for it."""
    hand.qtbot.waitUntil(lambda: isinstance(hand.at.window(), QDialog), timeout=WAIT)
    hand.press(Qt.Key.Key_A, hold=CTRL)
    hand.type(str(path))
    hand.press(ENTER)
