"""The window says which batch every loss is of, and a walk's step can be done: by mouse and by keys."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QWidget
from pytestqt.qtbot import QtBot

from compute.numbers_text import precise, short
from compute.reference import ReferenceEngine
from compute.training import Trainer
from compute.workspace import open_document
from editor.main_window import MainWindow
from editor.panels.figures import NOTHING
from tests.editor.panel_session import WAIT, settle


def click(widget: QAbstractButton) -> None:
    """As a person does: some time lies between press and release."""
    assert widget.isEnabled()
    assert widget.isVisible()
    place = widget.rect().center()
    QTest.mousePress(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    QTest.qWait(100)
    QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)


def press(widget: QWidget, key: Qt.Key, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyPress(widget, key, keys)
    QTest.qWait(30)
    QTest.keyRelease(widget, key, keys)


@pytest.fixture
def spiral(window: MainWindow, qtbot: QtBot) -> MainWindow:
    window.files.open_example("spiral")
    settle(qtbot, window.session)
    return window


def trainer_of(window: MainWindow) -> Trainer:
    """One that trains the same beside the window."""
    document = window.session.document
    program = open_document(document).program
    return Trainer(program, document.training, ReferenceEngine().open(program))


def wait_for_step(window: MainWindow, qtbot: QtBot, step: int) -> None:
    session = window.session
    qtbot.waitUntil(lambda: session.snapshot.step == step and not session.is_training, timeout=WAIT)
    qtbot.waitUntil(lambda: "step" not in session._awaited, timeout=WAIT)


def assert_one_loss(window: MainWindow) -> None:
    """Toolbar, loss node and walk show the loss of one batch, and say which."""
    session, figures = window.session, window.transport.figures
    snapshot, shown = session.snapshot, window.canvas.shown.readings
    assert snapshot.trace.loss is not None
    assert figures.loss.text() == short(snapshot.trace.loss)
    assert figures.picker.caption.text() == f"loss, {snapshot.batch.short}"
    assert snapshot.batch.name in figures.loss.number.toolTip()
    assert shown.batch == (snapshot.batch.name, snapshot.batch.short)
    assert shown.trace is snapshot.trace


def test_a_step_shows_its_batch_and_the_losses_are_told_apart(spiral: MainWindow, qtbot: QtBot) -> None:
    session, figures = spiral.session, spiral.transport.figures
    assert (figures.mean.text(), figures.picker.caption.text()) == (NOTHING, "loss, batch 1 of 13")
    assert figures.validation.text() != NOTHING
    assert figures.score.text().endswith(" %")
    alone = trainer_of(spiral)
    for step in (1, 2):
        click(spiral.transport.step)
        wait_for_step(spiral, qtbot, step)
        assert_one_loss(spiral)
        before, batch = alone.step_batch(), session.snapshot.batch
        assert (batch.index, batch.before) == (step - 1, before)
        assert session.snapshot.trace.loss is not None
        told = f"was {precise(before)} and is {precise(session.snapshot.trace.loss)} now"
        assert spiral.notices.text == f"Step {step}: the loss of batch {step} of 13, epoch 1 {told}."
    place = alone.mark().progress.place
    assert place is not None
    assert figures.mean.text() == short(place.loss_sum / place.rows)
    assert figures.mean.caption.text() == "mean so far"
    press(spiral.canvas, Qt.Key.Key_F7)
    qtbot.waitUntil(lambda: session.snapshot.epoch == 1 and not session.is_training, timeout=WAIT)
    qtbot.waitUntil(lambda: figures.mean.caption.text() == "epoch mean", timeout=WAIT)
    alone.step_epoch()
    last = alone.history.epochs[-1]
    assert last.validation_loss is not None
    assert figures.mean.text() == short(last.loss)
    assert figures.validation.text() == short(last.validation_loss)
    assert figures.score.text() == f"{100 * last.metrics['accuracy']:.1f} %"
    # Training at speed has held still what the step showed.
    assert (session.snapshot.batch.epoch, session.snapshot.batch.index) == (0, 1)
    assert_one_loss(spiral)


def test_any_batch_is_chosen_by_mouse_and_by_keys(spiral: MainWindow, qtbot: QtBot) -> None:
    session, picker = spiral.session, spiral.transport.figures.picker
    order = trainer_of(spiral).order_of(0)

    def shows(index: int) -> None:
        qtbot.waitUntil(lambda: session.snapshot.batch.index == index, timeout=WAIT)
        assert list(session.snapshot.trace.rows) == list(order.batches(0, index, 1)[0])
        assert picker.caption.text() == f"loss, batch {index + 1} of 13"
        assert_one_loss(spiral)

    assert not picker.back.isEnabled()
    click(picker.forth)
    shows(1)
    for _ in range(20):
        press(spiral.canvas, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    shows(12)
    assert not picker.forth.isEnabled()
    assert session.snapshot.batch.rows == 16
    press(spiral.canvas, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    shows(11)
    # A walk is through the batch that was chosen; its step is not the next one, and the way there is offered.
    press(spiral.canvas, Qt.Key.Key_F9)
    qtbot.waitUntil(lambda: session.walk is not None, timeout=WAIT)
    shows(11)
    assert spiral.stepper.batch.text() == "batch 12 of 13"
    assert spiral.stepper.do.text() == "Go to batch 1"
    click(spiral.stepper.do)
    shows(0)
    assert spiral.stepper.do.text() == "Do this step"


def test_the_step_of_a_walk_is_done_and_the_walk_goes_on_with_the_next_batch(spiral: MainWindow, qtbot: QtBot) -> None:
    session, stepper = spiral.session, spiral.stepper
    alone = trainer_of(spiral)
    press(spiral.canvas, Qt.Key.Key_F9)
    qtbot.waitUntil(lambda: session.walk is not None, timeout=WAIT)
    for step in (1, 2):
        assert session.walk is not None
        stepper.setFocus()
        press(stepper, Qt.Key.Key_End)
        assert session.walk.step.phase == "update"
        told, entry = session.walk.step.answers[0].value, session.walk.step.entries[0]
        weight, walked = session.walk.step.told[0].weight, session.snapshot.trace.loss
        if step == 1:
            click(stepper.do)
        else:
            press(stepper, Qt.Key.Key_F7, Qt.KeyboardModifier.ShiftModifier)
        wait_for_step(spiral, qtbot, step)
        assert alone.step_batch() == walked
        for name, array in alone.run.weights().items():
            np.testing.assert_array_equal(session.snapshot.weights[name], array)
        assert session.snapshot.weights[weight][entry] == told
        assert (session.walk.index, session.walk.step.phase) == (0, "forward")
        assert stepper.batch.text() == f"batch {step + 1} of 13"
        assert stepper.do.text() == "Do this step"
        assert spiral.notices.text == f"Step {step} is done; the walk goes on with batch {step + 1} of 13, epoch 1."
        assert_one_loss(spiral)
    press(stepper, Qt.Key.Key_Escape)
    assert session.walk is None
    press(spiral.canvas, Qt.Key.Key_F7, Qt.KeyboardModifier.ShiftModifier)
    wait_for_step(spiral, qtbot, 3)
    assert session.snapshot.batch.index == 2


def test_where_nothing_is_trained_there_is_no_step_to_do(spiral: MainWindow, qtbot: QtBot) -> None:
    session = spiral.session
    for node in ("h1", "h2", "z"):
        session.apply(session.edits.set_param(node, "trainable", False))
    settle(qtbot, session)
    press(spiral.canvas, Qt.Key.Key_F9)
    qtbot.waitUntil(lambda: session.walk is not None, timeout=WAIT)
    assert not spiral.stepper.do.isEnabled()
    assert "Nothing in this walk is trained" in spiral.stepper.do.toolTip()


def test_the_loss_without_data_is_that_of_now(window: MainWindow, qtbot: QtBot) -> None:
    session, figures = window.session, window.transport.figures
    assert figures.picker.caption.text() == "loss, now"
    assert not figures.picker.forth.isVisible()
    assert not figures.score.isVisible()
    click(window.transport.step)
    wait_for_step(window, qtbot, 1)
    before = session.snapshot.batch.before
    assert before is not None
    assert figures.mean.caption.text() == "last step"
    assert figures.mean.text() == short(before)
    assert session.snapshot.trace.loss is not None
    assert figures.loss.text() == short(session.snapshot.trace.loss) != figures.mean.text()


def test_many_epochs_are_not_cut_off(window: MainWindow, qtbot: QtBot) -> None:
    session, number = window.session, window.transport.figures.epoch.number
    before = number.width()
    session.apply(session.edits.set_training("Longer", epochs=1_234_567_890))
    qtbot.waitUntil(lambda: number.text().endswith("/ 1234567890"), timeout=WAIT)
    text = number.fontMetrics().horizontalAdvance("1234567890 / 1234567890")
    assert number.width() >= text > before  # room for the last epoch, so that nothing moves on the way there
    session.undo_stack.undo()
