"""Data chosen in the training panel: read beside the window, one undo step for each choice."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from compute.data import SOURCES, Table, load_table
from compute.data.source import FileSource, Told
from compute.document import plain
from compute.graph import Node
from compute.problems import sentence_of
from editor.panels.data_choice import offers
from editor.panels.training import TrainingPanel
from editor.session import Session
from tests.editor.panel_session import WAIT, line_of, settle, type_into


def read(training: TrainingPanel, qtbot: QtBot) -> None:
    """Until the data that was chosen is read."""
    qtbot.waitUntil(lambda: not training._background.tasks, timeout=WAIT)


def test_another_data_set_takes_the_columns_of_the_nodes_along_in_one_undo_step(
    training: TrainingPanel, session: Session, qtbot: QtBot
) -> None:
    before = plain(session.document.data)
    training.data.setCurrentIndex(training.data.findData("builtin:iris"))
    training.data.activated.emit(training.data.currentIndex())
    read(training, qtbot)
    nodes = session.document.graph.nodes
    assert session.document.data["name"] == "iris"
    assert nodes["x"].params["columns"] == ["sepal length", "sepal width", "petal length", "petal width"]
    assert nodes["y"].params["columns"] == ["species"]
    assert session.undo_stack.count() == 1
    session.undo_stack.undo()
    assert plain(session.document.data) == before
    assert nodes is session.document.graph.nodes
    assert session.document.graph.nodes["x"].params["columns"] == ["a", "b"]


def test_options_of_a_generated_set_are_fields(training: TrainingPanel, session: Session, qtbot: QtBot) -> None:
    training.use_data({"source": "builtin", "name": "spiral"})
    read(training, qtbot)
    type_into(line_of(training.fields()["noise"]), "0.2")
    assert session.document.data["options"] == {"noise": 0.2}
    type_into(line_of(training.fields()["points"]), "1")
    assert training.fields()["points"].problem.text() == "points must be at least 2."
    type_into(line_of(training.fields()["validation_fraction"]), "0.25")
    assert session.document.data["validation_fraction"] == 0.25
    settle(qtbot, session)
    assert "375 training · 125 validation" in training.summary.text()


def test_a_csv_file_is_read_and_a_broken_one_changes_nothing(
    training: TrainingPanel, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("width,height,kind\n1,2,0\n3,4,1\n", "utf-8")
    bad.write_text("width,height\n1,2\n3\n", "utf-8")
    training.use_data({"source": "csv", "path": str(bad)})
    read(training, qtbot)
    assert training.data_problem.isVisible()
    assert training.data_problem.text().startswith('Line 3 of "')
    assert session.undo_stack.count() == 0
    assert training.data.key == "inline"
    training.use_data({"source": "csv", "path": str(good)})
    read(training, qtbot)
    assert not training.data_problem.isVisible()
    assert session.document.graph.nodes["x"].params["columns"] == ["width", "height"]
    assert training.data.currentText() == "good.csv"


def test_a_complaint_about_a_file_goes_when_the_document_changes(
    training: TrainingPanel, session: Session, qtbot: QtBot
) -> None:
    session.apply(session.edits.set_training("Change epochs", epochs=7))
    for change in (
        session.undo_stack.undo,
        session.undo_stack.redo,
        lambda: session.apply(session.edits.add_node(Node("c", "constant"))),
        session.new,
    ):
        training.use_data({"source": "csv", "path": "nowhere.csv"})
        read(training, qtbot)
        assert training.data_problem.isVisible()
        change()
        assert not training.data_problem.isVisible()


def test_options_that_are_no_object_are_said_and_can_be_put_right(
    training: TrainingPanel, session: Session, qtbot: QtBot
) -> None:
    section = {"source": "builtin", "name": "spiral", "options": "x"}
    session.apply(session.edits.set_data("Use broken options", section))
    settle(qtbot, session)
    assert sentence_of(session.snapshot.problem).startswith("data.options: must be an object")
    assert training.fields()["points"]._value == 250
    training.options.changed.emit("points", 300)
    settle(qtbot, session)
    assert session.document.data["options"] == {"points": 300}
    assert "options" not in sentence_of(session.snapshot.problem)


def test_of_data_chosen_twice_the_last_counts_and_none_of_a_document_that_is_left(
    training: TrainingPanel, session: Session, qtbot: QtBot
) -> None:
    training.use_data({"source": "csv", "path": "nowhere.csv"})
    training.use_data({"source": "builtin", "name": "iris"})
    assert session.undo_stack.count() == 0
    read(training, qtbot)
    assert session.document.data["name"] == "iris"
    assert not training.data_problem.isVisible()
    assert session.undo_stack.count() == 1
    training.use_data({"source": "builtin", "name": "wine"})
    session.new()
    read(training, qtbot)
    assert session.document.data["source"] == "inline"
    assert session.undo_stack.count() == 0


def test_the_window_goes_on_while_a_file_is_read(
    training: TrainingPanel, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def slow(source: Mapping[str, Any], folder: Path | None, told: Told) -> Table:
        begun.set()
        assert may_end.wait(WAIT / 1000)
        return load_table({"source": "builtin", "name": "moons"}, None)

    monkeypatch.setattr("editor.panels.training.load_table", slow)
    training.use_data({"source": "csv", "path": "large.csv"})
    assert begun.wait(WAIT / 1000)
    assert [task.name for task in training._background.tasks] == ["Reading large.csv"]
    session.apply(session.edits.set_training("Change epochs", epochs=7))
    may_end.set()
    read(training, qtbot)
    assert session.document.training.epochs == 7
    assert session.document.data["path"] == "large.csv"
    assert session.document.graph.nodes["x"].params["columns"] == ["x1", "x2"]


def test_reading_can_be_called_off(training: TrainingPanel, session: Session, qtbot: QtBot) -> None:
    training.use_data({"source": "builtin", "name": "iris"})
    (task,) = training._background.tasks
    task.cancel()
    read(training, qtbot)
    assert session.undo_stack.count() == 0
    assert training.data.key == "inline"


def test_every_choice_of_data_says_what_it_is(training: TrainingPanel) -> None:
    last = training.data.count()
    choices = offers()
    for place, offer in enumerate(choices.values(), start=last - len(choices)):
        assert training.data.itemData(place) == offer.key
        assert training.data.itemData(place, Qt.ItemDataRole.ToolTipRole) == offer.help


def test_a_new_source_of_data_is_offered(
    training: TrainingPanel, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Lines(FileSource):
        name, title, help, endings = "lines", "Text file", "One number in each line.", (".numbers",)

        def read(self, path: Path, told: Told) -> Table:
            return Table({"n": np.array(path.read_text(encoding="utf-8").split(), dtype=np.float64)})

    monkeypatch.setitem(SOURCES, "lines", Lines())
    path = tmp_path / "one.numbers"
    path.write_text("1\n2\n", encoding="utf-8")
    training._show_data(session.document.data)
    training.data.setCurrentIndex(training.data.findData("ask:lines"))
    training.data.activated.emit(training.data.currentIndex())
    assert training.data.key == "inline"  # until a file is chosen and read
    (dialog,) = training.findChildren(QFileDialog)
    assert dialog.nameFilters() == ["Text file (*.numbers)"]
    dialog.fileSelected.emit(str(path))
    read(training, qtbot)
    assert (session.document.data["source"], session.document.data["path"]) == ("lines", str(path))
    assert training.data.currentText() == "one.numbers"
    settle(qtbot, session)
    assert session.snapshot.columns == ("n",)
    dialog.close()
