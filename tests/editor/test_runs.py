"""Dragging along the loss curve, the strip of an earlier step, and the panel of runs, by mouse and keys."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from compute.document import load
from compute.series import LOSS
from editor.main_window import MainWindow
from editor.panels.rewind import RewindStrip
from editor.panels.runs import RunsPanel
from editor.plots.loss import LossPlot
from tests.compute.test_job import edited, small
from tests.editor.panel_session import WAIT, settle

EPOCHS = 20
"""Of two steps each."""


@pytest.fixture
def trained(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A run of twenty epochs."""
    document = small()
    window.session.open_document(document)
    settle(qtbot, window.session)
    train(window, qtbot, EPOCHS)
    return window


def train(window: MainWindow, qtbot: QtBot, epochs: int) -> None:
    session = window.session
    session.apply(session.edits.set_training("Epochs", epochs=epochs))
    session.train()
    qtbot.waitUntil(lambda: session.snapshot.state == "finished" and session.snapshot.epoch == epochs, timeout=WAIT)


def at(window: MainWindow, qtbot: QtBot, step: int) -> None:
    """Wait until a step is shown, and not on the way to another."""
    session = window.session
    qtbot.waitUntil(lambda: session.snapshot.step == step == session.journey.step, timeout=WAIT)


def chart_of(window: MainWindow, qtbot: QtBot) -> QWidget:
    plot = window.findChild(LossPlot)
    assert plot is not None
    window.workbench.show_panel("loss", True)
    qtbot.waitUntil(lambda: plot.chart is not None and plot.chart.isVisible(), timeout=WAIT)
    found: QWidget = plot.chart
    return found


def key(widget: QWidget, which: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyPress(widget, which, modifiers)
    QTest.qWait(20)
    QTest.keyRelease(widget, which, modifiers)


def test_dragging_along_the_curve_shows_that_step_and_training_branches_there(
    trained: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    session, chart = trained.session, chart_of(trained, qtbot)
    end = {name: weight.copy() for name, weight in session.snapshot.weights.items()}
    view = chart.viewport()  # type: ignore[attr-defined]
    box = chart._box  # type: ignore[attr-defined]

    def place(epoch: float) -> QPoint:
        scene = box.mapViewToScene(box.mapSceneToView(box.sceneBoundingRect().center()))
        x = box.mapViewToScene(type(box.mapSceneToView(scene))(epoch, 0)).x()
        return chart.mapFromScene(x, scene.y())  # type: ignore[attr-defined, no-any-return]

    # A press without a drag shows nothing else.
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place(5))
    assert not session.journey.is_back
    QTest.mousePress(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place(15))
    qtbot.wait(100)
    for epoch in (14.0, 11.0, 8.0, 5.0):
        QTest.mouseMove(view, place(epoch))
        qtbot.wait(20)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place(5))
    at(trained, qtbot, 10)
    assert session.snapshot.name == "step 10, after epoch 5"
    assert session.snapshot.optimizer("adam").updates == 10
    strip = trained.findChild(RewindStrip)
    assert strip is not None
    assert strip.isVisible()
    assert (strip.line.text(), strip.said.text()) == ("10", "of 40 · epoch 5")
    assert strip.later.x() - strip.line.geometry().right() < 12
    # Saved meanwhile, it is the end.
    session.save(tmp_path / "end.gradwire")
    saved = load(tmp_path / "end.gradwire")
    assert saved.progress is not None
    assert saved.progress.steps == 40
    for name, weight in end.items():
        np.testing.assert_array_equal(saved.weights[name], weight)
    assert session.present(shown=True).document().progress.steps == 10  # type: ignore[union-attr]
    # Keys of the chart: a step, an epoch, the start.
    chart.setFocus()
    key(chart, Qt.Key.Key_Right)
    at(trained, qtbot, 11)
    key(chart, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    at(trained, qtbot, 10)
    key(chart, Qt.Key.Key_Home)
    at(trained, qtbot, 0)
    key(chart, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not session.journey.is_back and session.snapshot.step == 40, timeout=WAIT)
    assert not strip.isVisible()
    # A step that is typed, and on from there.
    session.journey.ask()
    QTest.keyClicks(strip.line, "1")
    QTest.keyClicks(strip.line, "6")
    key(strip.line, Qt.Key.Key_Return)
    at(trained, qtbot, 16)
    QTest.mouseClick(strip.go_on, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: session.snapshot.state == "finished" and not session.journey.is_back, timeout=WAIT)
    runs = session.snapshot.runs
    assert [(run.title, run.progress.steps) for run in runs.kept] == [("run 1: adam 0.05, 2-4-1", 40)]
    assert (runs.now.number, runs.now.parent, runs.now.branched) == (2, 1, 16)
    # With the same settings it comes to the same end.
    for name, weight in end.items():
        np.testing.assert_array_equal(session.snapshot.weights[name], weight)
    session.undo_stack.setClean()


def test_a_word_that_is_no_step_is_said(trained: MainWindow, qtbot: QtBot) -> None:
    strip = trained.findChild(RewindStrip)
    assert strip is not None
    trained.session.journey.ask()
    QTest.keyClicks(strip.line, "x")
    key(strip.line, Qt.Key.Key_Return)
    assert strip.said.text().startswith("The step ")
    key(strip.line, Qt.Key.Key_Escape)
    assert not strip.isVisible()


def panel_of(window: MainWindow, qtbot: QtBot) -> RunsPanel:
    window.workbench.show_panel("runs", True)
    panel = window.findChild(RunsPanel)
    assert panel is not None
    qtbot.waitUntil(panel.isVisible, timeout=WAIT)
    return panel


def click(widget: QWidget) -> None:
    QTest.mousePress(widget, Qt.MouseButton.LeftButton)
    QTest.qWait(100)
    QTest.mouseRelease(widget, Qt.MouseButton.LeftButton)


def choose(panel: RunsPanel, qtbot: QtBot, number: int) -> None:
    """By a click on its name."""
    row = next(row for row in range(panel.table.rowCount()) if panel._number(row) == number)
    rect = panel.table.visualRect(panel.table.model().index(row, 1))
    QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, rect.center())
    qtbot.waitUntil(lambda: panel.chosen == [number], timeout=WAIT)


def test_runs_are_kept_compared_renamed_restored_and_deleted(trained: MainWindow, qtbot: QtBot) -> None:
    session = trained.session
    session.reset()
    qtbot.waitUntil(lambda: session.snapshot.step == 0, timeout=WAIT)
    units = session.edits.set_param("h", "units", 3)
    session.apply(units)
    train(trained, qtbot, 4)
    panel = panel_of(trained, qtbot)
    qtbot.waitUntil(lambda: [*panel.lines] == [1, 2], timeout=WAIT)
    first, now = panel.lines.values()
    assert (first.title, first.steps, first.kept) == ("run 1: adam 0.05, 2-4-1", 40, True)
    assert (now.title, now.steps, now.kept) == ("run 2: adam 0.05, 2-3-1", 8, False)
    assert panel._names == ("network", "epochs", "h.units")
    assert panel.csv().splitlines()[0].endswith("network,epochs,h.units")
    # The curve of a run that is not to be seen is not drawn.
    loss = trained.findChild(LossPlot)
    assert loss is not None
    assert [run.number for run in session.journey.seen] == [1]
    choose(panel, qtbot, 1)
    title = panel.table.item(0, 0)
    assert title is not None
    title.setCheckState(Qt.CheckState.Unchecked)
    assert session.journey.seen == ()
    title.setCheckState(Qt.CheckState.Checked)
    # Its name stands at the end of its curve.
    chart = chart_of(trained, qtbot)
    qtbot.waitUntil(lambda: len(chart._names) == 1, timeout=WAIT)  # type: ignore[attr-defined]
    ((text, x, _),) = chart._names  # type: ignore[attr-defined]
    assert (text.toPlainText(), x, text.isVisible()) == ("run 1: adam 0.05, 2-4-1", EPOCHS, True)
    assert chart.accessibleDescription() == "Beside it: run 1: adam 0.05, 2-4-1"
    # In what it differs from that of now.
    click(panel.compare)
    assert "h.units: 4 → 3" in panel.told.text()
    # Another name.
    panel.table.editItem(title)
    field = QApplication.focusWidget()
    assert field is not None
    QTest.keyClicks(field, "wide")
    QTest.keyPress(field, Qt.Key.Key_Return)
    QTest.keyRelease(panel.table, Qt.Key.Key_Return)  # the field is gone
    qtbot.waitUntil(lambda: session.snapshot.runs.kept[0].title == "wide", timeout=WAIT)
    # Deleted, and brought back.
    choose(panel, qtbot, 1)
    key(panel.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: not session.snapshot.runs.kept, timeout=WAIT)
    qtbot.waitUntil(panel.undo.isVisible, timeout=WAIT)
    click(panel.undo)
    qtbot.waitUntil(lambda: [*panel.lines] == [1, 2], timeout=WAIT)
    # Restored, with its network; what went on is kept.
    choose(panel, qtbot, 1)
    click(panel.restore)
    qtbot.waitUntil(lambda: session.snapshot.runs.now.number == 1, timeout=WAIT)
    assert session.document.graph.nodes["h"].params["units"] == 4
    assert session.snapshot.step == 40
    assert [run.title for run in session.snapshot.runs.kept] == ["run 2: adam 0.05, 2-3-1"]
    assert session.snapshot.series(LOSS).x[-1] == EPOCHS
    session.undo_stack.undo()
    qtbot.waitUntil(lambda: session.document.graph.nodes["h"].params["units"] == 3, timeout=WAIT)
    settle(qtbot, session)
    session.undo_stack.setClean()


def test_the_run_before_keeps_its_settings_where_another_is_restored(trained: MainWindow, qtbot: QtBot) -> None:
    session = trained.session
    session.reset()
    qtbot.waitUntil(lambda: session.snapshot.step == 0, timeout=WAIT)
    faster = {**session.document.training.optimizer, "learning_rate": 0.3}
    session.apply(session.edits.set_training("Change the learning rate", optimizer=faster))
    train(trained, qtbot, 2)
    panel = panel_of(trained, qtbot)
    qtbot.waitUntil(lambda: [*panel.lines] == [1, 2], timeout=WAIT)
    choose(panel, qtbot, 1)
    click(panel.restore)
    qtbot.waitUntil(lambda: session.snapshot.runs.now.number == 1, timeout=WAIT)
    assert session.document.training.optimizer["learning_rate"] == 0.05
    (run,) = session.snapshot.runs.kept
    assert (run.title, run.training.optimizer, run.progress.turns) == ("run 2: adam 0.3, 2-4-1", faster, ())
    assert session.snapshot.progress.turns == ()
    session.undo_stack.setClean()


def test_the_edit_to_the_network_of_a_run_is_one_that_can_be_taken_back() -> None:
    from compute.document import KeptRun, Origin
    from compute.document.writing import to_json
    from compute.edits import Editor
    from compute.graph import Node, Wire
    from compute.state import Progress
    from editor.run_edits import changed_to

    document, other = small(), edited(small(), units=3)
    Editor(other).remove({"t"}).apply(other)
    Editor(other).add_node(Node("n", "relu"), (Wire("h", "n", "x"), Wire("n", "z", "x"))).apply(other)
    other.data = {**other.data, "standardize": True}
    run = KeptRun(Origin(), other.graph, other.data, other.training, Progress(), None)
    before = to_json(document)
    edit = changed_to(document, run)
    edit.apply(document)
    assert {node.id: node.params for node in document.graph.nodes.values()} == {
        node.id: node.params for node in other.graph.nodes.values()
    }
    assert document.graph.wires.keys() == other.graph.wires.keys()
    assert document.data == other.data
    assert not changed_to(document, run).changes
    edit.inverse().apply(document)
    assert to_json(document) == before
