"""Watching a number by key, mouse and keyboard; where training stops the number is led to, and the watch taken away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from compute.document import Watch
from compute.focus import Focus, Subject
from compute.gallery import load_entry
from editor.main_window import MainWindow
from editor.panels.rewind import RewindStrip
from editor.panels.watches import WatchesPanel
from tests.compute.test_job import small
from tests.editor.panel_session import WAIT, settle

W = Subject("weight", "h", "weight")


def watched(window: MainWindow) -> tuple[Watch, ...]:
    return window.session.document.watches


def click(button: QAbstractButton) -> None:
    middle = button.rect().center()
    QTest.mousePress(button, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
    QTest.qWait(100)
    QTest.mouseRelease(button, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)


def buttons(window: MainWindow) -> list[str]:
    """What the banner offers."""
    return [each.text() for each in window.notices.banner.answers if not each.isHidden()]


def test_a_weight_is_watched_stops_training_and_is_watched_no_longer(window: MainWindow, qtbot: QtBot) -> None:
    session, banner = window.session, window.notices.banner
    document = small()
    document.training = replace(document.training, batch_size=2, epochs=50)
    window.files.show(document)
    settle(qtbot, session)
    session.focus_on(Focus(W, "value", (0, 1)))
    window.canvas.setFocus()
    QTest.keyPress(window.canvas, Qt.Key.Key_E)
    QTest.keyRelease(window.canvas, Qt.Key.Key_E)
    panel = window.panel(WatchesPanel)
    qtbot.waitUntil(panel.isVisible, timeout=WAIT)
    assert panel.kind.hasFocus()
    assert panel.what.accessibleName() == "Watch the weight h.weight"
    assert [panel.kind.itemData(i) for i in range(panel.kind.count())][-2:] == ["change_above", "relative_change_above"]
    assert "dead_above" not in [panel.kind.itemData(i) for i in range(panel.kind.count())]
    while panel.kind.key != "change_above":
        QTest.keyClick(panel.kind, Qt.Key.Key_Down)
    assert panel.limit.text() == "1"
    panel.limit.setFocus()
    panel.limit.selectAll()
    QTest.keyClicks(panel.limit, "much")
    click(panel.add)
    assert watched(window) == ()
    assert panel.limit.toolTip().startswith("Type a number")
    panel.limit.selectAll()
    QTest.keyClicks(panel.limit, "0")
    click(panel.add)
    assert watched(window) == (Watch(W, "value", "change_above", 0.0),)
    settle(qtbot, session)
    assert window.canvas.shown.watched == {"h": False}
    (row,) = panel.rows
    assert row.title.accessibleName() == "The weight h.weight: change above"

    session.train()
    qtbot.waitUntil(lambda: session.snapshot.state == "stopped", timeout=WAIT)
    assert session.snapshot.step == 1
    assert banner.sentence.startswith("Training stopped: the watch on the weight h.weight was set off, as the norm of")
    assert buttons(window)[:2] == ["Show the number", "Stop watching"]
    assert window.canvas.shown.watched == {"h": True}
    qtbot.waitUntil(lambda: row.state.accessibleName() == "set off at step 2", timeout=WAIT)
    session.select([])
    click(banner.answers[0])
    assert session.focus is not None
    assert (session.focus.subject, session.focus.quantity) == (W, "value")
    fault = session.watching.fault
    assert fault is not None
    assert session.focus.entry == fault.place.entry
    click(banner.answers[1])
    assert watched(window) == ()
    qtbot.waitUntil(lambda: not banner.isVisible() and not panel.rows, timeout=WAIT)
    session.undo_stack.undo()
    assert [watch.kind for watch in watched(window)] == ["change_above"]
    session.undo_stack.redo()
    session.train()
    qtbot.waitUntil(lambda: session.snapshot.step > 2, timeout=WAIT)
    session.pause()
    settle(qtbot, session)


def test_a_rate_that_is_too_large_is_set_lower_from_the_banner(window: MainWindow, qtbot: QtBot) -> None:
    session, banner = window.session, window.notices.banner
    document = load_entry("one_neuron")
    document.training = replace(document.training, optimizer={"name": "sgd", "learning_rate": 1e200}, epochs=50)
    window.files.show(document)
    settle(qtbot, session)
    session.train()
    qtbot.waitUntil(lambda: session.snapshot.state == "stopped", timeout=WAIT)
    fault = session.watching.fault
    assert fault is not None
    assert fault.cause.name == "learning rate"
    assert buttons(window) == ["Learning rate 0.3", "Show the number", "Go to step 0", "Clip gradients at 1"]
    click(banner.answers[0])
    assert session.document.training.optimizer == {"name": "sgd", "learning_rate": 0.3}
    qtbot.waitUntil(lambda: session.watching.fault is None, timeout=WAIT)
    # The weights that the step before made are past mending: it goes on from those before it.
    session.train()
    qtbot.waitUntil(lambda: session.snapshot.state in ("finished", "stopped"), timeout=WAIT)
    assert (session.snapshot.state, session.snapshot.epoch) == ("finished", 50)
    assert all(np.abs(weight).max() < 1e20 for weight in session.snapshot.weights.values())
    session.undo_stack.undo()
    assert session.document.training.optimizer["learning_rate"] == 1e200
    settle(qtbot, session)


def test_after_a_stop_the_step_at_which_the_loss_was_at_its_least_is_offered(window: MainWindow, qtbot: QtBot) -> None:
    """A rate that grows from step to step: the loss falls at first, then explodes."""
    session, banner = window.session, window.notices.banner
    document = small()
    optimizer = {"name": "sgd", "learning_rate": 0.05}
    document.training = replace(document.training, optimizer=optimizer, batch_size=8, epochs=60)
    document.graph.nodes["loss"] = replace(document.graph.nodes["loss"], op="mean_squared_error")
    document.graph.nodes["t"] = replace(document.graph.nodes["t"], op="identity")
    window.files.show(document)
    settle(qtbot, session)
    session.train()
    qtbot.waitUntil(lambda: session.snapshot.step == 60, timeout=WAIT)
    good = session.snapshot.weights
    faster = {**optimizer, "learning_rate": 3.0}
    session.apply(session.edits.set_training("Another rate", optimizer=faster, epochs=3000))
    session.train()
    qtbot.waitUntil(lambda: session.snapshot.state == "stopped", timeout=WAIT)
    assert session.snapshot.step > 62
    assert banner.sentence.startswith("Training stopped: ")
    qtbot.waitUntil(lambda: any(text.startswith("Go to step") for text in buttons(window)), timeout=WAIT)
    (at,) = [i for i, text in enumerate(buttons(window)) if text.startswith("Go to step")]
    step = int(buttons(window)[at].split()[-1])
    assert 55 <= step <= 62
    click(banner.answers[at])
    qtbot.waitUntil(lambda: session.snapshot.step == step, timeout=WAIT)
    assert session.journey.is_back
    assert window.panel(RewindStrip).isVisible()
    if step == 60:
        assert all(np.array_equal(session.snapshot.weights[name], good[name]) for name in good)
    session.journey.to_end()
    qtbot.waitUntil(lambda: not session.journey.is_back, timeout=WAIT)
    settle(qtbot, session)


def test_the_panel_takes_another_limit_and_tells_what_rests(window: MainWindow, qtbot: QtBot) -> None:
    session, panel = window.session, window.panel(WatchesPanel)
    document = small()
    document.watches = (
        Watch(Subject("node", "t"), "value", "norm_above", 1e6),
        Watch(Subject("node", "y"), "gradient", "nan"),
    )
    window.files.show(document)
    window.workbench.show_panel("watches", True)
    settle(qtbot, session)
    qtbot.waitUntil(lambda: len(panel.rows) == 2, timeout=WAIT)
    first, second = panel.rows
    qtbot.waitUntil(lambda: second.state.accessibleName() == "rests: no gradient comes back there", timeout=WAIT)
    assert first.state.accessibleName().startswith("its norm is ")
    assert second.limit.isHidden()
    assert first.limit.text() == "1e6"
    first.limit.setFocus()
    first.limit.selectAll()
    QTest.keyClicks(first.limit, "250,5")
    QTest.keyClick(first.limit, Qt.Key.Key_Return)
    assert session.document.watches[0].limit == 250.5
    assert session.document.watches[1] == document.watches[1]
    click(first.title)
    assert session.focus == Focus(Subject("node", "t"), "value")
    click(second.gone)
    assert [watch.kind for watch in session.document.watches] == ["norm_above"]
    settle(qtbot, session)
