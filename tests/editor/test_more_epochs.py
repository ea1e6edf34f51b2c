"""How fast training goes, and how it goes on at its end: by mouse and keys."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from editor.main_window import MainWindow
from editor.panels.more_epochs import MoreEpochs
from tests.editor.panel_session import WAIT, settle
from tests.editor.test_batch_on_show import click, press

ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def done(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """The spiral after its three epochs."""
    session = window.session
    window.files.open_example("spiral")
    settle(qtbot, session)
    session.apply(session.edits.set_training("Three epochs", epochs=3))
    click(window.transport.train)
    qtbot.waitUntil(lambda: session.snapshot.state == "finished" and not session.is_training, timeout=WAIT)
    window.canvas.setFocus()
    return window


def goes_on(window: MainWindow, qtbot: QtBot, epochs: int) -> None:
    session = window.session
    qtbot.waitUntil(lambda: session.snapshot.epoch == epochs and session.snapshot.state == "finished", timeout=WAIT)
    assert not window.panel(MoreEpochs).isVisible()


def test_train_at_the_end_asks_and_enter_answers(done: MainWindow, qtbot: QtBot) -> None:
    strip, session = done.panel(MoreEpochs), done.session
    press(done.canvas, Qt.Key.Key_F5)
    assert strip.isVisible()
    assert strip.text.text() == "All 3 epochs are done. How many more?"
    qtbot.wait(100)
    assert (session.snapshot.epoch, session.is_training) == (3, False)
    assert QApplication.focusWidget() is strip.line
    assert strip.line.selectedText() == "3"
    QTest.keyClicks(strip.line, "5")
    press(strip.line, Qt.Key.Key_Return)
    goes_on(done, qtbot, 8)
    assert QApplication.focusWidget() is done.canvas
    assert done.transport.figures.epoch.text() == "8 / 8"
    assert session.document.training.epochs == 3


def test_the_button_trains_on_and_what_is_no_number_is_said(done: MainWindow, qtbot: QtBot) -> None:
    strip = done.panel(MoreEpochs)
    click(done.transport.train)
    for typed in ("many", "0", "1.5"):
        strip.line.selectAll()
        QTest.keyClicks(strip.line, typed)
        click(strip.go)
        assert strip.problem.text().startswith("The number of epochs must be")
        assert strip.isVisible()
    strip.line.selectAll()
    QTest.keyClicks(strip.line, "2")
    click(strip.go)
    goes_on(done, qtbot, 5)


LEAVING: dict[str, Callable[[MainWindow], object]] = {
    "esc": lambda w: press(w.panel(MoreEpochs).line, Qt.Key.Key_Escape),
    "cross": lambda w: click(w.panel(MoreEpochs).close_),
    "reset": lambda w: click(w.transport.reset),
    "more epochs in the settings": lambda w: w.session.apply(w.session.edits.set_training("More", epochs=20)),
    "another document": lambda w: w.files.open_example("xor"),
}


@pytest.mark.parametrize("leave", LEAVING.values(), ids=LEAVING.keys())
def test_the_question_goes_when_it_is_left_or_no_longer_one(
    done: MainWindow, qtbot: QtBot, leave: Callable[[MainWindow], object]
) -> None:
    strip = done.panel(MoreEpochs)
    press(done.canvas, Qt.Key.Key_F5)
    assert strip.isVisible()
    leave(done)
    qtbot.waitUntil(lambda: not strip.isVisible(), timeout=WAIT)
    assert not done.session.is_training


def test_the_speed_is_chosen_by_mouse_and_by_keys(done: MainWindow, qtbot: QtBot) -> None:
    session, combo = done.session, done.transport.speed

    def chosen() -> tuple[float | None, str]:
        return session.speed, combo.currentText()

    assert chosen() == (None, "max")
    press(done.canvas, Qt.Key.Key_PageUp, ALT)
    assert chosen() == (None, "max")
    press(done.canvas, Qt.Key.Key_PageDown, ALT)
    assert chosen() == (1000.0, "1000/s")
    assert done.notices.text == "Training does 1000 steps a second"
    for _ in range(20):
        press(done.canvas, Qt.Key.Key_PageDown, ALT)
    assert chosen() == (1.0, "1/s")
    combo.setFocus()
    press(combo, Qt.Key.Key_Down)
    assert chosen() == (2.0, "2/s")
    click(done.transport.reset)
    qtbot.waitUntil(lambda: session.snapshot.step == 0, timeout=WAIT)
    click(done.transport.train)
    seen: list[tuple[int, int, bool]] = []

    def look() -> None:
        snapshot = session.snapshot
        if snapshot.step and (not seen or seen[-1][0] != snapshot.step):
            seen.append((snapshot.step, snapshot.batch.index, snapshot.batch.before is not None))

    session.snapshot_changed.connect(look)
    qtbot.waitUntil(lambda: session.snapshot.step >= 3, timeout=WAIT)
    click(done.transport.train)
    qtbot.waitUntil(lambda: not session.is_training, timeout=WAIT)
    # Every step was seen, with its own batch.
    assert seen[:3] == [(1, 0, True), (2, 1, True), (3, 2, True)]
