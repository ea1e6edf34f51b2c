"""A node's settings: one undo step for each change, sentences for what cannot be read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from compute.document import Document
from compute.graph import Graph, Node, Wire
from compute.ops import REGISTRY
from editor.panels.fields import (
    AxisField,
    ChoiceField,
    ColumnsField,
    Field,
    InitializerField,
    SwitchField,
    number,
    number_text,
    tensor,
    tensor_text,
)
from editor.panels.inspector import Inspector
from editor.panels.settings_tab import SettingsTab
from editor.session import Session
from tests.editor.panel_session import WAIT, line_of, settle, type_into


def settings(inspector: Inspector, node: str) -> dict[str, Field]:
    inspector.session.select([node])
    inspector.show_tab("Settings")
    return inspector.tab(SettingsTab).form.fields


def test_a_typed_setting_changes_the_document_in_one_undo_step(
    inspector: Inspector, session: Session, qtbot: QtBot
) -> None:
    field = settings(inspector, "h")["units"]
    type_into(line_of(field), "6")
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
    type_into(line, "5")
    assert field.problem.isHidden()
    assert line.property("invalid") == "false"


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
    type_into(lines["weight init: std"], "0.2")
    assert session.document.graph.nodes["h"].params["weight_init"] == {"name": "normal", "mean": 0, "std": 0.2}
    assert session.undo_stack.count() == 2


def test_columns_are_ticked_and_keep_the_order_they_had(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    field = settings(inspector, "x")["columns"]
    assert isinstance(field, ColumnsField)
    assert [field.list.item(i).text() for i in range(field.list.count())] == ["a", "b", "c (target)"]
    field.list.item(2).setCheckState(Qt.CheckState.Checked)
    field.list.item(0).setCheckState(Qt.CheckState.Unchecked)
    field.list.item(0).setCheckState(Qt.CheckState.Checked)
    assert session.document.graph.nodes["x"].params["columns"] == ["b", "c", "a"]
    assert session.undo_stack.count() == 3


def test_a_tensor_is_typed_as_rows_of_numbers(inspector: Inspector, session: Session, qtbot: QtBot) -> None:
    session.apply(session.edits.add_node(Node("p", "parameter")))
    field = settings(inspector, "p")["value"]
    for text, value in (("6 2 3; 1 5 7", [[6, 2, 3], [1, 5, 7]]), ("1, 7, 5", [1, 7, 5]), ("-3", -3)):
        type_into(line_of(field), text)
        assert session.document.graph.nodes["p"].params["value"] == value
    type_into(line_of(field), "1 2; 3")
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


def test_weights_of_classes_are_typed_and_the_formula_follows(
    inspector: Inspector, session: Session, qtbot: QtBot
) -> None:
    session.apply(session.edits.add_node(Node("c", "softmax_cross_entropy")))
    field, tab = settings(inspector, "c")["class_weights"], inspector.tab(SettingsTab)
    line = line_of(field)
    assert (line.text(), line.placeholderText()) == ("", "all alike")
    plain = tab.formula.lines
    for text, value in (("1, 2.5 0", [1.0, 2.5, 0.0]), ("Balanced", "balanced")):
        type_into(line, text)
        assert session.document.graph.nodes["c"].params["class_weights"] == value
    type_into(line, "1, -2")
    assert field.problem.text() == "class weights must be made of finite numbers from 0 on."
    line.selectAll()
    for key in (Qt.Key.Key_Delete, Qt.Key.Key_Return):
        QTest.keyClick(line, key)
    assert session.document.graph.nodes["c"].params["class_weights"] is None
    type_into(line_of(settings(inspector, "c")["label_smoothing"]), "0.1")
    settle(qtbot, session)
    assert settings(inspector, "c")
    assert tab.formula.lines != plain


@pytest.mark.parametrize("value", [1, "x", [1], {"a": 1}, True, [[1], ["x"]], ["a", {"b": 2}], float("nan"), 10**18])
def test_settings_of_any_kind_in_a_file_are_shown_or_said_to_be_wrong(
    inspector: Inspector, session: Session, qtbot: QtBot, value: Any
) -> None:
    ops = ("constant", "conv1d", "dense", "input", "reshape", "softmax_cross_entropy", "sum", "target")
    nodes = [Node(op, op, {param.name: value for param in REGISTRY[op].params}) for op in ops]
    session.open_document(Document("odd", Graph(nodes)))
    settle(qtbot, session)
    assert all(settings(inspector, op) for op in ops)
    field = settings(inspector, "input")["columns"]
    assert isinstance(field, ColumnsField)
    if isinstance(value, int):
        assert field.problem.text() == "columns must be a list of column names."
        field.set_columns(("a", "b"), {})
        field.list.item(1).setCheckState(Qt.CheckState.Checked)
        assert session.document.graph.nodes["input"].params["columns"] == ["b"]
        assert not field.problem.text()


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
