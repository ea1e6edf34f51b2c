"""Settings and training settings: one undo step for each change, sentences for what cannot be read."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

from compute.data import SOURCES, Table, load_table
from compute.data.source import FileSource
from compute.document import plain
from compute.graph import Node, Wire
from compute.optimizers import OPTIMIZERS
from compute.problems import sentence_of
from editor.background import Background
from editor.panels.data_choice import offers
from editor.panels.fields import (
    AxisField,
    ChoiceField,
    ColumnsField,
    Field,
    InitializerField,
    RateField,
    SwitchField,
    TextField,
    number,
    number_text,
    tensor,
    tensor_text,
)
from editor.panels.inspector import Inspector
from editor.panels.settings_tab import SettingsTab
from editor.panels.training import TrainingPanel
from editor.session import Session
from tests.compute.test_job import small
from tests.editor.panel_session import WAIT, opened, settle, shown


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    with opened(qtbot, small()) as session:
        yield session


@pytest.fixture
def inspector(session: Session, qtbot: QtBot) -> Inspector:
    inspector = Inspector(session)
    shown(qtbot, inspector, 340, 700)
    return inspector


@pytest.fixture
def training(session: Session, qtbot: QtBot) -> Iterator[TrainingPanel]:
    background = Background()
    panel = TrainingPanel(session, background)
    shown(qtbot, panel, 460, 700)
    yield panel
    background.close()


def read(training: TrainingPanel, qtbot: QtBot) -> None:
    """Until the data that was chosen is read."""
    qtbot.waitUntil(lambda: not training._background.tasks, timeout=WAIT)


def settings(inspector: Inspector, node: str) -> dict[str, Field]:
    inspector.session.select([node])
    inspector.show_tab("Settings")
    return inspector.tab(SettingsTab).form.fields


def type_into(qtbot: QtBot, line: QLineEdit, text: str) -> None:
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, text)
    QTest.keyClick(line, Qt.Key.Key_Return)


def line_of(field: Field) -> QLineEdit:
    assert isinstance(field, TextField | RateField)
    return field.line


# -- a node's settings -----------------------------------------------------------------------------------------


def test_a_typed_setting_changes_the_document_in_one_undo_step(
    inspector: Inspector, session: Session, qtbot: QtBot
) -> None:
    field = settings(inspector, "h")["units"]
    type_into(qtbot, line_of(field), "6")
    assert session.document.graph.nodes["h"].params["units"] == 6
    assert session.undo_stack.count() == 1
    assert session.undo_stack.undoText() == "Change units of h"
    session.undo_stack.undo()
    assert line_of(field).text() == "4"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("0", "units must be at least 1."),
        ("2.5", "units must be a whole number."),
        ("many", "units must be a whole number, such as 8; “many” is none."),
        ("", "units must be a whole number, such as 8."),
        ("1e99", "units must be at most 100000."),
    ],
)
def test_what_cannot_be_read_says_so_and_keeps_the_text(
    inspector: Inspector, session: Session, qtbot: QtBot, text: str, sentence: str
) -> None:
    field = settings(inspector, "h")["units"]
    line = line_of(field)
    line.setFocus()
    line.selectAll()
    QTest.keyClick(line, Qt.Key.Key_Delete)
    QTest.keyClicks(line, text)
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert field.problem.text() == sentence
    assert not field.problem.isHidden()
    assert line.text() == text
    assert line.property("invalid") == "true"
    assert session.undo_stack.count() == 0
    type_into(qtbot, line, "5")
    assert field.problem.isHidden()
    assert line.property("invalid") == "false"


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


def test_numbers_that_arrive_do_not_disturb_what_is_being_typed(
    inspector: Inspector, session: Session, qtbot: QtBot
) -> None:
    line = line_of(settings(inspector, "h")["units"])
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, "1")
    session.step_batch()
    qtbot.waitUntil(lambda: session.snapshot.step == 1, timeout=WAIT)
    assert line.text() == "1"


def test_text_typed_for_one_node_does_not_go_to_the_next(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    line = line_of(settings(inspector, "h")["units"])
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, "7")
    session.select(["z"])
    assert session.document.graph.nodes["z"].params["units"] == 1
    assert line_of(inspector.tab(SettingsTab).form.fields["units"]).text() == "1"


def test_the_arrows_step_a_number(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    field = settings(inspector, "h")["units"]
    QTest.keyClick(line_of(field), Qt.Key.Key_Up)
    assert session.document.graph.nodes["h"].params["units"] == 5
    QTest.keyClick(line_of(field), Qt.Key.Key_Down)
    assert session.document.graph.nodes["h"].params["units"] == 4


def test_a_switch_is_one_undo_step_and_follows_undo(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    field = settings(inspector, "h")["bias"]
    assert isinstance(field, SwitchField)
    QTest.mouseClick(field.switch, Qt.MouseButton.LeftButton)
    assert session.document.graph.nodes["h"].params["bias"] is False
    assert session.undo_stack.count() == 1
    session.undo_stack.undo()
    assert field.switch.isChecked()


def choose(field: ChoiceField | InitializerField, key: str) -> None:
    field.box.setCurrentIndex(field.box.findData(key))
    field.box.activated.emit(field.box.currentIndex())


def test_an_initialiser_with_arguments_offers_them(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    field = settings(inspector, "h")["weight_init"]
    assert isinstance(field, InitializerField)
    choose(field, "normal")
    assert session.document.graph.nodes["h"].params["weight_init"] == "normal"
    lines = {line.accessibleName(): line for line in field.findChildren(QLineEdit) if not line.isHidden()}
    type_into(qtbot, lines["weight init: std"], "0.2")
    assert session.document.graph.nodes["h"].params["weight_init"] == {"name": "normal", "mean": 0, "std": 0.2}
    assert session.undo_stack.count() == 2


def test_columns_are_ticked_and_keep_the_order_they_had(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    field = settings(inspector, "x")["columns"]
    assert isinstance(field, ColumnsField)
    assert [field.list.item(i).text() for i in range(field.list.count())] == ["a", "b", "c"]
    field.list.item(2).setCheckState(Qt.CheckState.Checked)
    field.list.item(0).setCheckState(Qt.CheckState.Unchecked)
    field.list.item(0).setCheckState(Qt.CheckState.Checked)
    assert session.document.graph.nodes["x"].params["columns"] == ["b", "c", "a"]
    assert session.undo_stack.count() == 3


def test_a_tensor_is_typed_as_rows_of_numbers(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    session.apply(session.edits.add_node(Node("p", "parameter")))
    field = settings(inspector, "p")["value"]
    for text, value in (("6 2 3; 1 5 7", [[6, 2, 3], [1, 5, 7]]), ("1, 7, 5", [1, 7, 5]), ("-3", -3)):
        type_into(qtbot, line_of(field), text)
        assert session.document.graph.nodes["p"].params["value"] == value
    type_into(qtbot, line_of(field), "1 2; 3")
    assert field.problem.text() == "value has 1 numbers in row 1 and 2 in row 0; make all rows as long."
    assert session.undo_stack.count() == 4


@pytest.mark.parametrize("op", ["sum", "mean"])
def test_an_axis_is_chosen(inspector: Inspector, session: Session, op: str) -> None:
    session.apply(session.edits.add_node(Node("s", op)))
    field = settings(inspector, "s")["axis"]
    assert isinstance(field, ChoiceField)
    choose(field, "1")
    assert session.document.graph.nodes["s"].params["axis"] == 1
    choose(field, "")
    assert session.document.graph.nodes["s"].params["axis"] is None


def test_every_axis_of_what_goes_in_can_be_chosen(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    edits = session.edits
    session.apply(edits.add_node(Node("r", "reshape", {"shape": [-1, 2, 2]}), (Wire("h", "r", "x"),)))
    session.apply(session.edits.add_node(Node("s", "sum"), (Wire("r", "s", "x"),)))
    settle(qtbot, session)
    field = settings(inspector, "s")["axis"]
    assert isinstance(field, AxisField)
    assert [field.box.itemText(i) for i in range(field.box.count())] == [
        "all axes", "0: over the samples", "1: over the rows", "2: over the columns"
    ]  # fmt: skip
    choose(field, "2")
    assert session.document.graph.nodes["s"].params["axis"] == 2
    settle(qtbot, session)
    assert session.snapshot.trace.values["s"].shape == (4, 2)
    assert field.box.key == "2"


def test_an_op_without_settings_says_so(inspector: Inspector) -> None:
    settings(inspector, "t")
    assert inspector.tab(SettingsTab).none.isVisible()
    assert not inspector.tab(SettingsTab).form.isVisible()


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_from_its_text(value: float) -> None:
    assert number(number_text(value)) == value


@given(
    st.one_of(
        st.floats(-1e6, 1e6),
        st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5),
        arrays(np.float64, array_shapes(max_dims=4, max_side=4), elements=st.floats(-9, 9)).map(np.ndarray.tolist),
    )
)
def test_a_tensor_reads_back_from_its_text(value: Any) -> None:
    assert np.array_equal(tensor(tensor_text(value)), value)
    assert np.shape(tensor(tensor_text(value))) == np.shape(value)


def test_a_tensor_of_one_matrix_of_one_row_stays_one() -> None:
    assert tensor_text([[[1, 2, 3]]]) == "[[[1, 2, 3]]]"
    assert tensor("[[[1, 2, 3]]]") == [[[1, 2, 3]]]
    assert tensor("1 2 3;") == [[1, 2, 3]]
    assert tensor("[[1 2 3], [−4 5 6]]") == [[1, 2, 3], [-4, 5, 6]]


@pytest.mark.parametrize("text", ["[[1, 2]", "[[1]]]", "[[1]], 2", "[[[[[1]]]]]", "[" * 10_000])
def test_brackets_that_make_no_tensor_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"bracket|axes|number"):
        tensor(text)


def test_a_number_may_have_a_real_minus_sign() -> None:
    assert number("−1.5") == -1.5
    assert tensor("−1, 2") == [-1, 2]


@pytest.mark.parametrize("text", ["", "nan", "1_000", "inf", "two"])
def test_no_number_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must be "):
        number(text)


# -- training settings -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "text", "value"), [("batch_size", "2", 2), ("epochs", "30", 30), ("seed", "11", 11)])
def test_a_training_setting_is_one_undo_step(
    training: TrainingPanel, session: Session, qtbot: QtBot, name: str, text: str, value: int
) -> None:
    before = getattr(session.document.training, name)
    type_into(qtbot, line_of(training.fields()[name]), text)
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
    type_into(qtbot, field.line, "2e-3")
    assert session.document.training.optimizer["learning_rate"] == 0.002
    assert session.undo_stack.count() == 2
    type_into(qtbot, field.line, "fast")
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
    type_into(qtbot, line_of(training.fields()["epochs"]), "100000")
    session.train()
    qtbot.waitUntil(lambda: session.snapshot.step > 3, timeout=WAIT)
    type_into(qtbot, line_of(training.fields()["learning_rate"]), "0.001")
    settle(qtbot, session)
    assert session.snapshot.state == "running"
    assert session.document.training.optimizer["learning_rate"] == 0.001
    session.pause()
    qtbot.waitUntil(lambda: session.snapshot.state == "paused", timeout=WAIT)


def test_the_loss_can_be_any_scalar(training: TrainingPanel, session: Session, qtbot: QtBot) -> None:
    assert [training.loss.itemData(i) for i in range(training.loss.count())] == ["loss"]
    session.apply(session.edits.add_node(Node("c", "parameter", {"value": 2.0})))
    settle(qtbot, session)
    assert [training.loss.itemData(i) for i in range(training.loss.count())] == ["loss", "c"]
    training.loss.setCurrentIndex(1)
    training.loss.activated.emit(1)
    assert session.document.training.loss == "c"


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
    type_into(qtbot, line_of(training.fields()["noise"]), "0.2")
    assert session.document.data["options"] == {"noise": 0.2}
    type_into(qtbot, line_of(training.fields()["points"]), "1")
    assert training.fields()["points"].problem.text() == "points must be at least 2."
    type_into(qtbot, line_of(training.fields()["validation_fraction"]), "0.25")
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
    assert training.data.currentText() == "mnist"
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

    def slow(source: Mapping[str, Any], folder: Path | None) -> Table:
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

        def read(self, path: Path) -> Table:
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
