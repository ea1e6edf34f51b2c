"""Data chosen in its form: read beside the window, one undo step for each choice."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from compute.data import SOURCES, Table, load_table
from compute.data.source import Data, FileSource, Told
from compute.document import plain
from compute.graph import Node
from compute.problems import sentence_of
from editor.background import Background
from editor.panels.data.choice import offers
from editor.panels.data.source_form import SourceForm
from editor.session import Session
from tests.editor.panel_session import WAIT, line_of, settle, shown, type_into


@pytest.fixture
def form(session: Session, qtbot: QtBot) -> Iterator[SourceForm]:
    background = Background()
    form = SourceForm(session, background)
    shown(qtbot, form, 300, 500)
    yield form
    background.close()


def read(form: SourceForm, qtbot: QtBot) -> None:
    """Until the data that was chosen is read."""
    qtbot.waitUntil(lambda: not form._background.tasks, timeout=WAIT)


def test_another_data_set_takes_the_columns_of_the_nodes_along_in_one_undo_step(
    form: SourceForm, session: Session, qtbot: QtBot
) -> None:
    before = plain(session.document.data)
    form.data.setCurrentIndex(form.data.findData("builtin:iris"))
    form.data.activated.emit(form.data.currentIndex())
    read(form, qtbot)
    nodes = session.document.graph.nodes
    assert session.document.data["name"] == "iris"
    assert nodes["x"].params["columns"] == ["sepal length", "sepal width", "petal length", "petal width"]
    assert nodes["y"].params["columns"] == ["species"]
    assert session.undo_stack.count() == 1
    session.undo_stack.undo()
    assert plain(session.document.data) == before
    assert nodes is session.document.graph.nodes
    assert session.document.graph.nodes["x"].params["columns"] == ["a", "b"]


def test_options_of_a_generated_set_are_fields(form: SourceForm, session: Session, qtbot: QtBot) -> None:
    form.use({"source": "builtin", "name": "spiral"})
    read(form, qtbot)
    type_into(line_of(form.fields()["noise"]), "0.2")
    assert session.document.data["options"] == {"noise": 0.2}
    type_into(line_of(form.fields()["points"]), "1")
    assert form.fields()["points"].problem.text() == "points must be at least 2."
    type_into(line_of(form.fields()["validation_fraction"]), "0.25")
    assert session.document.data["validation_fraction"] == 0.25
    settle(qtbot, session)
    assert (session.snapshot.rows, session.snapshot.validation_rows) == (375, 125)
    type_into(line_of(form.fields()["seed"]), "7")
    assert session.document.training.seed == 7


def test_a_csv_file_is_read_and_a_broken_one_changes_nothing(
    form: SourceForm, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("width,height,kind\n1,2,0\n3,4,1\n", "utf-8")
    bad.write_text("width,height\n1,2\n3\n", "utf-8")
    form.use({"source": "csv", "path": str(bad)})
    read(form, qtbot)
    assert form.problem.isVisible()
    assert form.problem.text().startswith('Line 3 of "')
    assert session.undo_stack.count() == 0
    assert form.data.key == "inline"
    form.use({"source": "csv", "path": str(good)})
    read(form, qtbot)
    assert not form.problem.isVisible()
    assert session.document.graph.nodes["x"].params["columns"] == ["width", "height"]
    assert form.data.currentText() == "good.csv"


def test_a_complaint_about_a_file_goes_when_the_document_changes(
    form: SourceForm, session: Session, qtbot: QtBot
) -> None:
    session.apply(session.edits.set_training("Change epochs", epochs=7))
    for change in (
        session.undo_stack.undo,
        session.undo_stack.redo,
        lambda: session.apply(session.edits.add_node(Node("c", "constant"))),
        session.new,
    ):
        form.use({"source": "csv", "path": "nowhere.csv"})
        read(form, qtbot)
        assert form.problem.isVisible()
        change()
        assert not form.problem.isVisible()


def test_options_that_are_no_object_are_said_and_can_be_put_right(
    form: SourceForm, session: Session, qtbot: QtBot
) -> None:
    section = {"source": "builtin", "name": "spiral", "options": "x"}
    session.apply(session.edits.set_data("Use broken options", section))
    settle(qtbot, session)
    assert sentence_of(session.snapshot.problem).startswith("data.options: must be an object")
    assert form.fields()["points"]._value == 250
    form.options.changed.emit("points", 300)
    settle(qtbot, session)
    assert session.document.data["options"] == {"points": 300}
    assert "options" not in sentence_of(session.snapshot.problem)


def test_of_data_chosen_twice_the_last_counts_and_none_of_a_document_that_is_left(
    form: SourceForm, session: Session, qtbot: QtBot
) -> None:
    form.use({"source": "csv", "path": "nowhere.csv"})
    form.use({"source": "builtin", "name": "iris"})
    assert session.undo_stack.count() == 0
    read(form, qtbot)
    assert session.document.data["name"] == "iris"
    assert not form.problem.isVisible()
    assert session.undo_stack.count() == 1
    form.use({"source": "builtin", "name": "wine"})
    session.new()
    read(form, qtbot)
    assert session.document.data["source"] == "inline"
    assert session.undo_stack.count() == 0


def test_the_window_goes_on_while_a_file_is_read(
    form: SourceForm, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def slow(source: Mapping[str, Any], folder: Path | None, told: Told) -> Table:
        begun.set()
        assert may_end.wait(WAIT / 1000)
        return load_table({"source": "builtin", "name": "moons"}, None)

    monkeypatch.setattr("editor.panels.data.source_form.load_table", slow)
    form.use({"source": "csv", "path": "large.csv"})
    assert begun.wait(WAIT / 1000)
    assert [task.name for task in form._background.tasks] == ["Reading large.csv"]
    session.apply(session.edits.set_training("Change epochs", epochs=7))
    may_end.set()
    read(form, qtbot)
    assert session.document.training.epochs == 7
    assert session.document.data["path"] == "large.csv"
    assert session.document.graph.nodes["x"].params["columns"] == ["x1", "x2"]


def test_reading_can_be_called_off(form: SourceForm, session: Session, qtbot: QtBot) -> None:
    form.use({"source": "builtin", "name": "iris"})
    (task,) = form._background.tasks
    task.cancel()
    read(form, qtbot)
    assert session.undo_stack.count() == 0
    assert form.data.key == "inline"


def test_every_choice_of_data_says_what_it_is(form: SourceForm) -> None:
    last = form.data.count()
    choices = offers()
    for place, offer in enumerate(choices.values(), start=last - len(choices)):
        assert form.data.itemData(place) == offer.key
        assert form.data.itemData(place, Qt.ItemDataRole.ToolTipRole) == offer.help


def test_a_new_source_of_data_is_offered(
    form: SourceForm, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Lines(FileSource):
        name, title, help, endings = "lines", "Text file", "One number in each line.", (".numbers",)

        def read(self, path: Path, told: Told, data: Data) -> Table:
            return Table({"n": np.array(path.read_text(encoding="utf-8").split(), dtype=np.float64)})

    monkeypatch.setitem(SOURCES, "lines", Lines())
    path = tmp_path / "one.numbers"
    path.write_text("1\n2\n", encoding="utf-8")
    form.file_chosen.connect(form.use)  # as if it was looked at and agreed to
    form.refresh()
    form.data.setCurrentIndex(form.data.findData("ask:lines"))
    form.data.activated.emit(form.data.currentIndex())
    assert form.data.key == "inline"  # until a file is chosen and read
    (dialog,) = form.findChildren(QFileDialog)
    assert dialog.nameFilters() == ["Text file (*.numbers)"]
    dialog.fileSelected.emit(str(path))
    read(form, qtbot)
    assert (session.document.data["source"], session.document.data["path"]) == ("lines", str(path))
    assert form.data.currentText() == "one.numbers"
    settle(qtbot, session)
    assert session.snapshot.columns == ("n",)
    dialog.close()
