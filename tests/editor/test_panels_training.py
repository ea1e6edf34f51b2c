"""The training panel: settings, one undo step for each change."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QScrollArea
from pytestqt.qtbot import QtBot

from compute.graph import Node
from compute.optimizers import OPTIMIZERS
from editor.panels.fields import (
    RateField,
    SwitchField,
)
from editor.panels.training import TrainingPanel
from editor.session import Session
from tests.editor.panel_session import WAIT, line_of, settle, type_into


@pytest.mark.parametrize("name", ["learning_rate", "epochs"])
@pytest.mark.parametrize("text", ["", "fast", "7"])
def test_esc_gives_the_old_value_back(
    training: TrainingPanel, session: Session, qtbot: QtBot, name: str, text: str
) -> None:
    field = training.fields()[name]
    line = line_of(field)
    before = line.text()
    line.setFocus()
    line.selectAll()
    QTest.keyClick(line, Qt.Key.Key_Delete)
    QTest.keyClicks(line, text)
    if text != "7":
        QTest.keyClick(line, Qt.Key.Key_Return)
        assert field.problem.isVisible()
    QTest.keyClick(line, Qt.Key.Key_Escape)
    assert (line.text(), line.isModified(), field.problem.isVisible()) == (before, False, False)
    line.clearFocus()
    assert session.undo_stack.count() == 0


@pytest.mark.parametrize("name", ["learning_rate", "batch_size", "epochs"])
def test_what_is_wrong_is_in_sight_also_in_a_low_panel(training: TrainingPanel, qtbot: QtBot, name: str) -> None:
    training.resize(training.width(), 150)
    field = training.fields()[name]
    line_of(field).setFocus()
    area = training.findChild(QScrollArea)
    assert area is not None
    area.ensureWidgetVisible(field, 0, 0)
    type_into(line_of(field), "-5")
    qtbot.waitUntil(lambda: field.problem.visibleRegion().boundingRect() == field.problem.rect(), timeout=WAIT)


@pytest.mark.parametrize(("name", "text", "value"), [("batch_size", "2", 2), ("epochs", "30", 30), ("seed", "11", 11)])
def test_a_training_setting_is_one_undo_step(
    training: TrainingPanel, session: Session, qtbot: QtBot, name: str, text: str, value: int
) -> None:
    before = getattr(session.document.training, name)
    type_into(line_of(training.fields()[name]), text)
    assert getattr(session.document.training, name) == value
    assert session.undo_stack.count() == 1
    session.undo_stack.undo()
    assert line_of(training.fields()[name]).text() == str(before)


def test_the_learning_rate_is_a_list_and_free_entry(training: TrainingPanel, session: Session, qtbot: QtBot) -> None:
    field = training.fields()["learning_rate"]
    assert isinstance(field, RateField)
    assert field.box.currentText() == "0.05"
    field.box.setCurrentIndex(field.box.findText("0.3"))
    field.box.activated.emit(field.box.currentIndex())
    assert session.document.training.optimizer["learning_rate"] == 0.3
    type_into(field.line, "2e-3")
    assert session.document.training.optimizer["learning_rate"] == 0.002
    assert session.undo_stack.count() == 2
    type_into(field.line, "fast")
    assert field.problem.text() == "learning rate must be a number, such as 0.01 or 1e-3; “fast” is none."
    assert session.undo_stack.count() == 2
    session.undo_stack.undo()
    assert field.box.currentText() == "0.3"


def test_what_is_turned_most_stands_above_what_only_an_optimizer_has(training: TrainingPanel) -> None:
    heights = [training.fields()[name].mapTo(training, QPoint()).y() for name in ("learning_rate", "epochs", "beta1")]
    assert heights == sorted(set(heights))


def test_another_optimizer_brings_its_own_settings_and_keeps_the_learning_rate(
    training: TrainingPanel, session: Session
) -> None:
    offered = [training.optimizer.itemData(i) for i in range(training.optimizer.count())]
    assert offered == list(OPTIMIZERS)
    assert set(training.fields()) >= {p.name for p in OPTIMIZERS["adam"].params}
    training.optimizer.setCurrentIndex(training.optimizer.findData("sgd"))
    training.optimizer.activated.emit(training.optimizer.currentIndex())
    assert session.document.training.optimizer == {"name": "sgd", "learning_rate": 0.05}
    assert set(training.fields()) >= {p.name for p in OPTIMIZERS["sgd"].params}
    assert "beta1" not in training.fields()
    assert session.undo_stack.count() == 1


def test_the_learning_rate_changes_while_it_trains(training: TrainingPanel, session: Session, qtbot: QtBot) -> None:
    type_into(line_of(training.fields()["epochs"]), "100000")
    session.train()
    qtbot.waitUntil(lambda: session.snapshot.step > 3, timeout=WAIT)
    type_into(line_of(training.fields()["learning_rate"]), "0.001")
    settle(qtbot, session)
    assert session.snapshot.state == "running"
    assert session.document.training.optimizer["learning_rate"] == 0.001
    session.pause()
    qtbot.waitUntil(lambda: session.snapshot.state == "paused", timeout=WAIT)


def test_a_schedule_is_chosen_by_keys_with_its_own_settings_and_a_curve(
    training: TrainingPanel, session: Session, qtbot: QtBot
) -> None:
    schedule = training.schedule
    assert not schedule.curve.isVisible(), "of a constant rate there is nothing to see"
    schedule.kind.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down):  # past Step
        QTest.keyPress(schedule.kind, key)
        QTest.keyRelease(schedule.kind, key)
    assert session.document.training.schedule == {"name": "cosine"}
    type_into(line_of(training.fields()["min_rate"]), "0.01")
    type_into(line_of(training.fields()["warmup"]), "2")
    assert session.document.training.schedule == {"name": "cosine", "min_rate": 0.01, "warmup": 2.0}
    assert schedule.curve.isVisible()
    settle(qtbot, session)
    assert schedule.curve.accessibleName() == "Learning rate: From 5e-3 over 0.05 to 0.0127 in 5 epochs; next 5e-3"
    session.step_epoch()
    qtbot.waitUntil(lambda: session.snapshot.epoch == 1, timeout=WAIT)
    assert schedule.curve.now is not None
    assert schedule.curve.now[0] == 1.0
    assert schedule.curve.now[1] == pytest.approx(0.0275)
    assert schedule.curve.grab().toImage() != type(schedule.curve)().grab().toImage()
    while session.undo_stack.canUndo():
        session.undo_stack.undo()
    assert session.document.training.schedule == {"name": "constant"}
    assert not schedule.curve.isVisible()
    assert "min_rate" not in training.fields()


def test_clipping_and_patience_are_typed(training: TrainingPanel, session: Session) -> None:
    for name, text in (("clip_norm", "0.5"), ("clip_value", "2"), ("patience", "12"), ("min_delta", "1e-3")):
        type_into(line_of(training.fields()[name]), text)
    found = session.document.training
    assert (found.clip_norm, found.clip_value, found.patience, found.min_delta) == (0.5, 2.0, 12, 1e-3)
    type_into(line_of(training.fields()["patience"]), "-1")
    assert training.fields()["patience"].problem.text().startswith("patience must be at least 0")
    assert session.document.training.patience == 12


def test_the_loss_can_be_any_scalar(training: TrainingPanel, session: Session, qtbot: QtBot) -> None:
    assert [training.loss.itemData(i) for i in range(training.loss.count())] == ["loss"]
    session.apply(session.edits.add_node(Node("c", "parameter", {"value": 2.0})))
    settle(qtbot, session)
    assert [training.loss.itemData(i) for i in range(training.loss.count())] == ["loss", "c"]
    training.loss.setCurrentIndex(1)
    training.loss.activated.emit(1)
    assert session.document.training.loss == "c"


def test_why_a_loss_cannot_be_trained_is_what_is_true(training: TrainingPanel, session: Session, qtbot: QtBot) -> None:
    session.apply(session.edits.set_data("Use a file", {"source": "csv", "path": "nowhere.csv"}))
    settle(qtbot, session)
    assert session.snapshot.problem
    assert training.loss.currentText() == "loss"
    assert training.summary.text() == "No data."
    session.undo_stack.undo()
    session.apply(session.edits.set_training("Change loss", loss="h"))
    settle(qtbot, session)
    assert training.loss.currentText() == "h (not a scalar)"
    session.apply(session.edits.remove({("h", "x")}))
    settle(qtbot, session)
    assert training.loss.currentText() == "h (not computed)"
    session.apply(session.edits.remove({"h"}))
    settle(qtbot, session)
    assert training.loss.currentText() == "h (not in the graph)"


def test_what_this_version_does_not_know_is_shown_by_its_name(
    training: TrainingPanel, session: Session, qtbot: QtBot
) -> None:
    session.apply(session.edits.set_data("Other data", {"source": "builtin", "name": "mnist"}))
    session.apply(session.edits.set_training("Other optimizer", optimizer={"name": "lion"}))
    assert training.data.text() == "mnist"
    assert training.optimizer.currentText() == "lion (not known)"
    session.undo_stack.undo()
    assert training.optimizer.currentText() == "Adam"


def test_undo_shows_in_every_field(training: TrainingPanel, session: Session, qtbot: QtBot) -> None:
    switch = training.fields()["shuffle"]
    assert isinstance(switch, SwitchField)
    QTest.mouseClick(switch.switch, Qt.MouseButton.LeftButton)
    assert session.document.training.shuffle is False
    session.undo_stack.undo()
    assert switch.switch.isChecked()


def test_the_sections_stand_side_by_side_where_there_is_room(training: TrainingPanel, qtbot: QtBot) -> None:
    narrow = training._sides.direction()
    training.resize(900, 400)
    qtbot.waitUntil(lambda: training._sides.direction() != narrow)
