"""The place of the data, by mouse and keys: rows, columns, who reads them, and a table that is typed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QInputDialog, QLineEdit
from pytestqt.qtbot import QtBot

from compute.data import Fitted, Table
from compute.data.fitted import FittedColumn
from compute.document import Document, TrainingSettings, from_json
from compute.gallery import load_entry
from compute.graph import Graph, Node, Wire, columns_of
from compute.state import Progress
from editor import theme
from editor.background import Background
from editor.panels.data import DataPlace
from editor.panels.data.columns_table import ColumnsTable
from editor.panels.data.sheet import number_text
from editor.session import Session
from tests.editor.panel_session import PAUSE, WAIT, click, opened, shown, use_looked_at


def typed_table(**columns: list[Any]) -> Document:
    nodes = [
        {"id": "x", "op": "input", "params": {"columns": ["a"]}},
        {"id": "y", "op": "target", "params": {"columns": ["c"]}},
    ]
    data = {"source": "inline", "columns": columns or {"a": [1, 2, 3], "c": [4, 5, 6]}}
    return from_json({"format": "gradwire", "version": 1, "graph": {"nodes": nodes, "wires": []}, "data": data})


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    with opened(qtbot, typed_table()) as session:
        yield session


@pytest.fixture
def place(session: Session, qtbot: QtBot) -> Iterator[DataPlace]:
    theme.set_mode("dark")
    background = Background()
    place = DataPlace(session, background)
    shown(qtbot, place, 900, 320)
    known(qtbot, place)
    yield place
    place.close_down()
    background.close()


def known(qtbot: QtBot, place: DataPlace) -> None:
    """Until all is read, computed, looked through and shown."""
    session = place.session

    def is_known() -> bool:
        computed = session.snapshot.revision == session.revision
        return computed and not (place.form._task or place._worker.tasks) and place._stale == place.isHidden()

    qtbot.waitUntil(is_known, timeout=WAIT)


def show(qtbot: QtBot, place: DataPlace, document: Document | str) -> None:
    place.session.open_document(load_entry(document) if isinstance(document, str) else document)
    known(qtbot, place)


def cell(place: DataPlace, row: int, column: int) -> QPoint:
    return place.rows.visualRect(place.rows.model_.index(row, column)).center()


def press_cell(place: DataPlace, row: int, column: int) -> None:
    click(place.rows.viewport(), cell(place, row, column))


def tick(columns: ColumnsTable, row: int, reader: int) -> None:
    index = columns.model_.index(row, reader + 2)
    click(columns.viewport(), columns.visualRect(index).center())


def cells(place: DataPlace) -> dict[str, list[Any]]:
    return {name: list(values) for name, values in place.session.document.data["columns"].items()}


def read_by(place: DataPlace, node: str) -> list[str]:
    return columns_of(place.session.document.graph.nodes[node])


class TestWhatIsShown:
    def test_counts_split_and_columns(self, place: DataPlace, qtbot: QtBot) -> None:
        show(qtbot, place, "iris")
        assert place.count.accessibleName() == "150 rows · 5 columns"
        assert (place.trained.text(), place.held.text()) == ("● 120 training", "○ 30 validation")
        model = place.rows.model_
        assert [model.headerData(i, Qt.Orientation.Horizontal) for i in (0, 4)] == ["sepal length", "species"]
        assert [model.data(model.index(50, i)) for i in (0, 4)] == ["7", "versicolor"]
        held = [row for row in range(150) if place.sheet.is_held(row)]
        assert len(held) == 30
        assert "validation" in str(model.data(model.index(held[0], 0), Qt.ItemDataRole.AccessibleTextRole))
        place.show_view("columns")
        list_ = place.columns.model_
        assert [list_.data(list_.index(0, column)) for column in (0, 1, 4)] == [
            "sepal length",
            "number",
            "4.3 … 7.9, mean 5.84 ± 0.825",
        ]
        assert list_.data(list_.index(4, 4)) == "setosa, versicolor, virginica"

    def test_rows_kept_from_training_have_another_ground(self, place: DataPlace, qtbot: QtBot) -> None:
        show(qtbot, place, "iris")
        place.rows.verticalScrollBar().setValue(0)
        held = next(row for row in range(1, 8) if place.sheet.is_held(row))
        other = next(row for row in range(1, 8) if not place.sheet.is_held(row))
        picture: QImage = place.rows.viewport().grab().toImage()
        grounds = [
            picture.pixelColor(place.rows.visualRect(place.rows.model_.index(row, 0)).topLeft() + QPoint(3, 3))
            for row in (held, other)
        ]
        assert grounds[0] != grounds[1]

    def test_a_click_on_a_row_chooses_the_sample_and_the_sample_is_marked(
        self, place: DataPlace, session: Session, qtbot: QtBot
    ) -> None:
        press_cell(place, 2, 0)
        assert session.sample == 2
        assert place.rows.sample_row == 2
        session.set_sample(1)
        assert place.rows.sample_row == 1
        QTest.keyClick(place.rows, Qt.Key.Key_Up)
        assert session.sample == 1  # one up from the current cell, which was clicked in row 2
        QTest.keyClick(place.rows, Qt.Key.Key_Up)
        assert session.sample == 0

    def test_a_row_beyond_the_batch_brings_its_batch(self, place: DataPlace, session: Session, qtbot: QtBot) -> None:
        show(qtbot, place, "iris")
        said: list[str] = []
        session.message.connect(said.append)
        held = next(row for row in range(150) if place.sheet.is_held(row))
        place.rows.setCurrentIndex(place.rows.model_.index(held, 0))
        qtbot.waitUntil(lambda: held in session.snapshot.row_labels, timeout=WAIT)
        assert (session.snapshot.row_labels[session.sample], session.snapshot.batch.of) == (held, "validation")
        outside = next(row for row in range(150) if row not in place.sheet.batch and not place.sheet.is_held(row))
        place.rows.setCurrentIndex(place.rows.model_.index(outside, 0))
        qtbot.waitUntil(lambda: outside in session.snapshot.row_labels, timeout=WAIT)
        assert session.snapshot.row_labels[session.sample] == outside
        assert place.rows.sample_row == outside
        assert (session.snapshot.batch.index > 0, session.snapshot.batch.of) == (True, "training")
        assert not said

    def test_data_that_cannot_be_read_is_said_there(self, place: DataPlace, session: Session, qtbot: QtBot) -> None:
        session.apply(session.edits.set_data("Use a file", {"source": "csv", "path": "/nowhere.csv"}))
        known(qtbot, place)
        assert place.problem.isVisible()
        assert "nowhere.csv" in place.problem.text()
        session.undo_stack.undo()
        known(qtbot, place)
        assert not place.problem.isVisible()

    def test_a_place_that_nobody_sees_finds_out_nothing(self, place: DataPlace, qtbot: QtBot) -> None:
        place.hide()
        show(qtbot, place, "iris")
        assert place.sheet.names == ("a", "c")
        place.show()
        known(qtbot, place)
        assert place._facts["species"].type == "classes"

    @pytest.mark.parametrize(("value", "text"), [(3.0, "3"), (-0.5, "−0.5"), (1 / 3, "0.333333"), (1e300, "1e+300")])
    def test_numbers(self, value: float, text: str) -> None:
        assert number_text(value) == text


class TestWhoReadsWhat:
    def test_a_tick_is_one_edit(self, place: DataPlace, session: Session, qtbot: QtBot) -> None:
        show(qtbot, place, "iris")
        click(place.view._buttons["columns"])
        tick(place.columns, 1, 0)
        assert read_by(place, "x") == ["sepal length", "petal length", "petal width"]
        tick(place.columns, 1, 0)
        assert read_by(place, "x") == ["sepal length", "sepal width", "petal length", "petal width"]
        assert session.undo_stack.count() == 2
        place.columns.setCurrentIndex(place.columns.model_.index(0, 2))
        QTest.keyClick(place.columns, Qt.Key.Key_Space)
        assert read_by(place, "x") == ["sepal width", "petal length", "petal width"]

    def test_input_and_target_at_once_is_pointed_out(self, place: DataPlace, qtbot: QtBot) -> None:
        show(qtbot, place, "iris")
        place.show_view("columns")
        tick(place.columns, 4, 0)
        assert read_by(place, "x")[-1] == "species=virginica"
        assert place.columns.model_.warning(4).startswith("input and target at once")

    def test_a_copy_of_the_answer_an_id_and_a_date_are_pointed_out(
        self, place: DataPlace, session: Session, qtbot: QtBot, tmp_path: Path
    ) -> None:
        path = tmp_path / "rows.csv"
        days = [f"{i},2024-01-{i % 28 + 1:02},{i * i % 17},{i % 2},{'ab'[i % 2]}\n" for i in range(60)]
        path.write_text("id,day,size,c,again\n" + "".join(days), "utf-8")
        place.form.use_file(str(path))
        use_looked_at(place, qtbot)
        known(qtbot, place)
        assert (read_by(place, "x"), read_by(place, "y")) == (["size"], ["c"])
        said = {name: place.columns.model_.warning(row) for row, name in enumerate(place.sheet.names)}
        assert said["id"].startswith("tells the rows apart")
        assert said["day"].startswith("a date or time")
        assert said["again"].startswith("gives c away")
        assert (said["size"], said["c"]) == ("", "")

    def test_a_tick_where_no_node_reads_adds_one(self, place: DataPlace, session: Session, qtbot: QtBot) -> None:
        document = Document(data={"source": "builtin", "name": "moons"})
        show(qtbot, place, document)
        assert [reader.heading for reader in place._readers()] == ["+ input", "+ target"]
        place.show_view("columns")
        tick(place.columns, 0, 0)
        known(qtbot, place)
        assert read_by(place, "x") == ["x1"]
        assert session.selection.single == "x"
        tick(place.columns, 2, 1)
        assert read_by(place, "y") == ["label"]
        assert session.undo_stack.count() == 2

    def test_several_numeric_targets_are_ticked_and_trained(
        self, place: DataPlace, session: Session, qtbot: QtBot
    ) -> None:
        columns = {"x1": [1, 2, 3, 0], "x2": [2, 3, 1, 1], "y1": [3, 5, 4, 1], "y2": [4, 5, 2, 1]}
        graph = Graph(
            [Node("x", "input", {"columns": ["x1", "x2"]}), Node("z", "dense", {"units": 2}),
             Node("y", "target", {"columns": ["y2"]}), Node("loss", "mean_squared_error")],
            [Wire("x", "z", "x"), Wire("z", "loss", "prediction"), Wire("y", "loss", "target")],
        )  # fmt: skip
        training = TrainingSettings("loss", batch_size=4, epochs=5)
        show(qtbot, place, Document(graph=graph, data={"source": "inline", "columns": columns}, training=training))
        place.show_view("columns")
        tick(place.columns, 2, 1)
        known(qtbot, place)
        assert read_by(place, "y") == ["y1", "y2"]  # as they stand in the table
        assert read_by(place, "x") == ["x1", "x2"]
        assert session.snapshot.analysis.shapes["y"][-1] == 2
        session.train()
        qtbot.waitUntil(lambda: session.snapshot.state == "finished", timeout=WAIT)
        assert session.snapshot.progress.epochs == 5

    def test_a_click_on_a_reader_selects_the_node(self, place: DataPlace, session: Session, qtbot: QtBot) -> None:
        head = place.rows.columns_
        click(head.viewport(), QPoint(head.sectionViewportPosition(1) + 20, head.height() - 6))
        assert session.selection.single == "y"
        place.show_view("columns")
        head_of_list = place.columns.horizontalHeader()
        click(head_of_list.viewport(), QPoint(head_of_list.sectionViewportPosition(2) + 8, head_of_list.height() // 2))
        assert session.selection.single == "x"

    def test_the_menu_of_a_column(self, place: DataPlace) -> None:
        menu = place.menu_of("a")
        texts = [action.text() for action in menu.actions() if action.text()]
        assert texts == [
            "Read in x",
            "Read in y",
            "Forecast…",
            "Rename…",
            "Make it text",
            "Add a column before",
            "Remove",
        ]
        menu.actions()[1].trigger()
        assert read_by(place, "y") == ["a", "c"]
        menu.close()


class TestTyping:
    def type_over(self, qtbot: QtBot, place: DataPlace, text: str) -> None:
        QTest.keyClicks(place.rows, text[0])
        editor = place.rows.findChild(QLineEdit)
        assert editor is not None
        QTest.keyClicks(editor, text[1:])
        QTest.keyClick(editor, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: place.rows.findChild(QLineEdit) is None, timeout=WAIT)

    def test_a_cell_is_typed_and_the_next_row_follows(self, place: DataPlace, session: Session, qtbot: QtBot) -> None:
        press_cell(place, 1, 0)
        self.type_over(qtbot, place, "-2,5")
        assert cells(place)["a"] == [1, -2.5, 3]
        assert session.undo_stack.count() == 1
        assert (place.rows.currentIndex().row(), session.sample) == (2, 2)
        known(qtbot, place)
        assert session.snapshot.table is not None
        assert session.snapshot.table.columns["a"].tolist() == [1.0, -2.5, 3.0]
        session.undo_stack.undo()
        assert cells(place)["a"] == [1, 2, 3]

    def test_typing_below_the_last_row_begins_a_new_one(self, place: DataPlace, qtbot: QtBot) -> None:
        assert place.rows.model_.rowCount() == 4
        press_cell(place, 3, 1)
        self.type_over(qtbot, place, "9")
        assert cells(place) == {"a": [1, 2, 3, 0], "c": [4, 5, 6, 9]}
        assert place.rows.model_.rowCount() == 5

    def test_a_double_click_edits_and_escape_leaves(self, place: DataPlace, session: Session, qtbot: QtBot) -> None:
        press_cell(place, 0, 0)
        QTest.mouseDClick(place.rows.viewport(), Qt.MouseButton.LeftButton, pos=cell(place, 0, 0))
        editor = place.rows.findChild(QLineEdit)
        assert editor is not None
        assert editor.text() == "1"
        QTest.keyClick(editor, Qt.Key.Key_Escape)
        qtbot.waitUntil(lambda: place.rows.findChild(QLineEdit) is None, timeout=WAIT)
        assert session.undo_stack.count() == 0

    def test_no_number_is_refused_in_a_sentence(self, place: DataPlace, session: Session, qtbot: QtBot) -> None:
        said: list[str] = []
        session.message.connect(said.append)
        press_cell(place, 0, 0)
        self.type_over(qtbot, place, "red")
        assert said[-1] == '“red” is no number, and "a" holds numbers; its menu makes it a column of text.'
        assert cells(place)["a"] == [1, 2, 3]

    def test_rows_and_columns_are_added_and_removed(self, place: DataPlace, session: Session, qtbot: QtBot) -> None:
        click(place.add_row)
        click(place.add_column)
        assert cells(place) == {"a": [1, 2, 3, 0], "c": [4, 5, 6, 0], "x1": [0, 0, 0, 0]}
        press_cell(place, 1, 0)
        QTest.mousePress(
            place.rows.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, cell(place, 2, 0)
        )
        QTest.qWait(PAUSE)
        QTest.mouseRelease(
            place.rows.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, cell(place, 2, 0)
        )
        QTest.keyClick(place.rows, Qt.Key.Key_Delete)
        assert cells(place)["a"] == [1, 0]
        assert session.undo_stack.count() == 3

    def test_a_column_is_renamed_with_the_nodes_that_read_it(self, place: DataPlace, session: Session) -> None:
        head = place.rows.columns_
        spot = QPoint(head.sectionViewportPosition(0) + 20, 6)
        QTest.mouseDClick(head.viewport(), Qt.MouseButton.LeftButton, pos=spot)
        dialog = place.findChild(QInputDialog)
        assert dialog is not None
        dialog.setTextValue("width")
        dialog.accept()
        assert list(cells(place)) == ["width", "c"]
        assert read_by(place, "x") == ["width"]
        assert session.undo_stack.count() == 1

    def test_cells_are_copied_and_pasted(self, place: DataPlace, session: Session, qtbot: QtBot) -> None:
        place.rows.selectAll()
        QTest.keyClick(place.rows, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
        assert QGuiApplication.clipboard().text() == "1\t4\n2\t5\n3\t6"
        QGuiApplication.clipboard().setText("7\t8\n9\t10\n")
        press_cell(place, 2, 0)
        QTest.keyClick(place.rows, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
        assert cells(place) == {"a": [1, 2, 7, 9], "c": [4, 5, 8, 10]}
        assert session.undo_stack.count() == 1

    def test_an_empty_document_gets_a_table_to_type_in(self, place: DataPlace, session: Session, qtbot: QtBot) -> None:
        session.new()
        known(qtbot, place)
        assert place.empty.isVisible()
        click(place.type_table)
        assert cells(place) == {"x1": [0], "x2": [0], "y": [0]}
        assert place.rows.hasFocus()
        self.type_over(qtbot, place, "5")
        assert cells(place)["x1"] == [5]

    def test_why_nothing_is_copied_is_said(self, place: DataPlace, session: Session, qtbot: QtBot) -> None:
        said: list[str] = []
        session.message.connect(said.append)
        place.take_in()
        session.new()
        known(qtbot, place)
        place.take_in()
        assert said == ["The rows stand in the document already.", "There is no data yet."]
        assert session.undo_stack.count() == 0

    def test_a_copy_of_a_data_set_can_be_edited(self, place: DataPlace, session: Session, qtbot: QtBot) -> None:
        show(qtbot, place, "iris")
        before = session.snapshot.table
        assert not place.add_row.isVisible()
        click(place.copy)
        known(qtbot, place)
        assert place.add_row.isVisible()
        assert session.document.data["validation_fraction"] == 0.2
        after = session.snapshot.table
        assert isinstance(before, Table)
        assert isinstance(after, Table)
        assert all(np.array_equal(before.columns[name], after.columns[name]) for name in before.names)
        press_cell(place, 0, 4)
        self.type_over(qtbot, place, "rose")
        known(qtbot, place)
        assert cells(place)["species"][0] == "rose"


LONG = "# The rows of a file with remarks go through Python, which takes a while.\na,b,c\n" + "1.5,2.5,3.5\n" * 600_000


def test_data_that_changed_since_training_is_said_and_a_reset_fits_anew(
    place: DataPlace, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("a,c\n1,2\n3,4\n", "utf-8")
    document = typed_table()
    document.data = {"source": "csv", "path": str(path), "standardize": True}
    columns = {"a": FittedColumn((), 5.0, 2.0, 5.0, 1), "c": FittedColumn((), 6.0, 1.0, 6.0, 1)}
    document.progress = Progress(3, 9, fitted=Fitted(columns, {}, 7))
    show(qtbot, place, document)
    assert place.changed.text().startswith('The data has changed since training ("a", "c"); what was fitted then')
    assert session.snapshot.trace.values["x"].tolist() == [[-2.0], [-1.0]]
    click(place.anew)
    qtbot.waitUntil(lambda: not place.changed.isVisible(), timeout=WAIT)
    assert session.snapshot.trace.values["x"].tolist() == [[-1.0], [1.0]]
    assert session.snapshot.step == 0


@pytest.mark.parametrize(
    "columns", [{"a": [1, None, "x"], "c": [True, [2], 1e400]}, {"a": 5}, {"a": [1], "c": []}, {"": [1], "<b>": ["&"]}]
)
def test_a_table_that_is_wrong_is_shown_with_what_is_wrong(
    place: DataPlace, qtbot: QtBot, columns: dict[str, Any]
) -> None:
    document = typed_table()
    document.data = {"source": "inline", "columns": columns}
    show(qtbot, place, document)
    assert place.problem.isVisible()
    place.grab()


def test_a_file_that_is_dropped_is_read(place: DataPlace, session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("a,c\n1,2\n3,4\n", "utf-8")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    copy, buttons, keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    place.dropEvent(QDropEvent(QPointF(10, 10), copy, mime, buttons, keys))
    use_looked_at(place, qtbot)
    known(qtbot, place)
    assert session.document.data["path"] == str(path)


def test_the_data_of_a_document_that_is_opened_can_be_called_off_and_read_again(
    place: DataPlace, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "long.csv"
    path.write_text(LONG, "utf-8")
    document = typed_table()
    document.data = {"source": "csv", "path": str(path)}
    session.open_document(document)
    qtbot.waitUntil(lambda: place.form.work.isVisible() and place.form.bar.value() > 0, timeout=WAIT)
    assert place.form.progress.text() == "Reading long.csv …"
    click(place.form.cancel)
    known(qtbot, place)
    assert not place.form.work.isVisible()
    assert place.problem.text() == "Reading the data was called off; choose it again to read it."
    # An edit of the graph does not read it after all.
    session.apply(session.edits.set_param("x", "columns", ["b"]))
    known(qtbot, place)
    assert place.problem.isVisible()
    place.form.use_file(str(path))
    use_looked_at(place, qtbot)
    known(qtbot, place)
    assert place.count.accessibleName().endswith("rows · 3 columns")
    assert not place.problem.isVisible()


def test_another_document_does_not_wait_for_the_data_of_the_one_before(
    place: DataPlace, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "long.csv"
    path.write_text(LONG, "utf-8")
    document = typed_table()
    document.data = {"source": "csv", "path": str(path)}
    session.open_document(document)
    qtbot.waitUntil(lambda: session.reading is not None, timeout=WAIT)
    session.open_document(typed_table())
    known(qtbot, place)
    assert session.snapshot.problem is None
    assert session.snapshot.columns == ("a", "c")
