"""Copies of nodes take their trained weights along: duplicated, pasted, in another window, by the clipboard's text."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from compute.document import load
from compute.graph import Wire
from editor.application import Application
from editor.canvas import copies
from editor.main_window import MainWindow
from editor.session import Session
from tests.editor.canvas_driver import CTRL
from tests.editor.panel_session import WAIT, settle

NONE = Qt.KeyboardModifier.NoModifier


def key(window: MainWindow, code: Qt.Key, modifiers: Qt.KeyboardModifier = CTRL) -> None:
    window.activateWindow()
    window.canvas.setFocus()
    QApplication.processEvents()
    QTest.keyPress(window.canvas, code, modifiers)
    QTest.keyRelease(window.canvas, code, modifiers)


def weights(session: Session, node: str) -> list[np.ndarray]:
    found = session.weights()
    return [found[name] for name in sorted(found) if name.rpartition(".")[0] == node]


def same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return len(one) == len(other) > 0 and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def trained(qtbot: QtBot, window: MainWindow, steps: int = 3) -> None:
    session = window.session
    while session.snapshot.step < steps:
        before = session.snapshot.step
        session.step_batch()
        qtbot.waitUntil(lambda: session.snapshot.step > before, timeout=WAIT)  # noqa: B023


def test_a_duplicate_has_the_trained_weights_and_keeps_them_when_it_is_undone_and_redone(
    program: Application, qtbot: QtBot, tmp_path: Path
) -> None:
    window = program.windows[1]
    session = window.session
    first = weights(session, "h1")
    trained(qtbot, window)
    now = weights(session, "h1")
    assert not same(first, now)
    session.select({"h1", "a1"})
    key(window, Qt.Key.Key_D)
    (copy,) = (i for i in session.selection.nodes if session.document.graph.nodes[i].op == "dense")
    assert same(weights(session, copy), now)  # what is saved at once has them
    settle(qtbot, session)
    assert session.snapshot.step == 3
    assert all(
        np.array_equal(session.snapshot.weights[f"{copy}.{each}"], session.snapshot.weights[f"h1.{each}"])
        for each in ("weight", "bias")
    )
    trained(qtbot, window, 5)
    assert same(weights(session, copy), now)  # it leads to no loss
    key(window, Qt.Key.Key_Z)
    settle(qtbot, session)
    assert copy not in session.document.graph.nodes
    key(window, Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.ShiftModifier)
    settle(qtbot, session)
    assert same(weights(session, copy), now)
    session.save(tmp_path / "two.gradwire")
    assert np.array_equal(load(tmp_path / "two.gradwire").weights[f"{copy}.weight"], now[1])


def test_what_is_pasted_in_another_window_has_them_once_it_is_wired(program: Application, qtbot: QtBot) -> None:
    one, two = program.windows
    trained(qtbot, two)
    now = weights(two.session, "h1")
    two.session.set_weight("h1.bias", (0,), 7.0)
    two.session.select({"h1", "a1"})
    key(two, Qt.Key.Key_C)
    said = json.loads(QGuiApplication.clipboard().text())
    assert set(said) == {"format", "version", "graph", "weights"}
    assert set(said["weights"]) == {"h1.weight", "h1.bias"}
    key(one, Qt.Key.Key_V)
    (copy,) = (i for i in one.session.selection.nodes if one.session.document.graph.nodes[i].op == "dense")
    settle(qtbot, one.session)
    one.session.apply(one.session.edits.connect(Wire("x", copy, "x")))
    settle(qtbot, one.session)
    # One number fits no layer of two inputs, so there it begins anew; with two it is what it was.
    assert not same(weights(one.session, copy), now)
    two.session.select(())
    key(two, Qt.Key.Key_V)
    (copy,) = (i for i in two.session.selection.nodes if two.session.document.graph.nodes[i].op == "dense")
    two.session.apply(two.session.edits.connect(Wire("x", copy, "x")))
    settle(qtbot, two.session)
    bias, matrix = weights(two.session, copy)
    assert np.array_equal(matrix, now[1])
    assert bias.tolist() == [7.0, *now[0][1:]]


def test_too_many_numbers_are_not_written_into_the_clipboard_and_that_is_said(
    program: Application, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = program.windows[1]
    monkeypatch.setattr(copies, "_MOST_NUMBERS", 20)
    two.session.select({"h1"})
    key(two, Qt.Key.Key_C)
    assert "weights" not in json.loads(QGuiApplication.clipboard().text())
    assert two.notices.text.startswith("Copied without the trained weights")
