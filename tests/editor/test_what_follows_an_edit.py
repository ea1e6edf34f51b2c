"""What an edit of an exercise, a row that is looked for, and a panel that gets its size leave alone: in a large graph
each would hold the window."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from compute.document import Asked, Document, Exercise, Learner, TrainingSettings
from compute.focus import Focus, Side, Subject
from compute.graph import Graph, Node, Wire
from compute.sweep import Varied, varied_in
from editor.main_window import MainWindow
from editor.neurons.picture import Picture
from editor.panels.exercise import ExercisePlace
from editor.panels.exercise.answers import AT_ONCE
from editor.panels.sweep import axes
from editor.panels.sweep.place import SweepPlace
from editor.panels.training import TrainingPanel
from tests.compute.test_job import small
from tests.editor.panel_session import WAIT, settle

SIDES: tuple[Side, ...] = ("value", "gradient")
COUNT = 12


def asking() -> Document:
    """A chain of tanh; of each value and gradient are asked."""
    nodes = [Node("n0", "parameter", {"value": [0.5, 0.25]}, (0, 0))]
    nodes += [Node(f"n{i}", "tanh", {}, (220.0 * i, 0)) for i in range(1, COUNT + 1)]
    nodes.append(Node("loss", "mean", {}, (220.0 * (COUNT + 1), 0)))
    wires = [Wire(a.id, b.id, "x") for a, b in pairwise(nodes)]
    places = [Focus(Subject("node", f"n{i}"), side, (0,)) for i in range(1, COUNT + 1) for side in SIDES]
    exercise = Exercise(tuple(map(Asked, places)), learner=Learner("ann", "Ann"))
    return Document("asking", Graph(nodes, wires), training=TrainingSettings("loss"), exercise=exercise)


@pytest.fixture
def learning(window: MainWindow, qtbot: QtBot) -> MainWindow:
    window.files.show(asking())
    settle(qtbot, window.session)
    qtbot.waitUntil(lambda: window.session.exercising.worked is not None, timeout=WAIT)
    return window


def test_other_sides_of_an_exercise_leave_alone_what_does_not_speak_of_it(
    learning: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    guide, said = learning.teaching.guide, list[str]()
    losses = learning.panel(TrainingPanel).loss
    monkeypatch.setattr(losses, "set_pairs", lambda _pairs: said.append("losses"))

    def varied(_document: Document) -> dict[str, Varied]:
        said.append("varied")
        return {}

    monkeypatch.setattr(axes, "varied_in", varied)
    version = learning.canvas.scene.version
    guide.changed.connect(told := lambda: said.append("lesson"))
    try:
        learning.session.exercising.set_learner(None)
        learning.session.exercising.set_learner(Learner("bob", "Bob"))
    finally:
        guide.changed.disconnect(told)
    assert said == []
    assert learning.canvas.scene.version == version


def test_a_row_that_is_looked_for_waits_for_no_row_below_it(learning: MainWindow, qtbot: QtBot) -> None:
    working = learning.panel(ExercisePlace).working
    learning.session.exercising.set_learner(None)
    learning.session.exercising.set_learner(Learner("bob", "Bob"))
    asked = [each.focus for each in learning.session.document.exercise.asked]  # type: ignore[union-attr]
    working._making.drop()
    working._names = {}
    while working.rows:
        working.rows.pop().deleteLater()
    working._make_rows(asked)
    assert len(working.rows) < len(asked)
    wanted = asked[AT_ONCE + 3]
    assert working.take(wanted)
    assert wanted in [each.focus_ for each in working.rows]
    assert len(working.rows) < len(asked)
    qtbot.waitUntil(lambda: len(working.rows) == len(asked), timeout=WAIT)


def test_a_sweep_looks_for_what_can_be_varied_once_it_is_seen(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = window.panel(SweepPlace)
    assert not panel.isVisible()
    looked = list[Document]()

    def varied(document: Document) -> dict[str, Varied]:
        looked.append(document)
        return varied_in(document)

    monkeypatch.setattr(axes, "varied_in", varied)
    window.files.show(small())
    settle(qtbot, window.session)
    assert not looked
    window.workbench.show_panel("sweep", True)
    qtbot.waitUntil(panel.isVisible, timeout=WAIT)
    assert looked
    assert all(document is window.session.document for document in looked)
    assert [line.setting.key for line in panel.axes.lines] == ["learning_rate", "seed"]
    looked.clear()
    window.session.apply(window.session.edits.set_training("Another seed", seed=5))
    assert len(looked) == 1
    window.workbench.show_panel("sweep", False)


def test_neurons_are_painted_once_for_all_sizes_that_they_get_in_a_turn(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.files.show(small())
    settle(qtbot, window.session)
    window.session.select(["h"])
    window.inspector.show_tab("Neurons")
    QApplication.processEvents()
    view = window.inspector.tabs.currentWidget().view  # type: ignore[attr-defined]
    view.grab()
    qtbot.waitUntil(lambda: view._base is not None, timeout=WAIT)
    painted, paint = list[float](), Picture.paint

    def counted(self: Picture, painter: QPainter) -> None:
        painted.append(self.view.width())
        paint(self, painter)

    monkeypatch.setattr(Picture, "paint", counted)
    width = view.width()
    for less in (40, 20, 30):
        view.resize(width - less, view.height())
        view.repaint()
    assert painted == []
    qtbot.waitUntil(lambda: bool(painted), timeout=WAIT)
    assert len(painted) == 1
