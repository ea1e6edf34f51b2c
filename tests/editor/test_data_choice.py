"""Another data set brings its own columns, and what belonged to the old ones goes."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from compute.data import load_table
from compute.document import from_json
from compute.ops import REGISTRY
from editor.panels.data_choice import data_edit
from editor.panels.fields import ChoiceField, TextField, field_for

X = {"columns": ["a", "b"], "shape": [2, 1], "standardize": False}


def test_the_layout_of_the_old_columns_goes_with_them() -> None:
    document = from_json(
        {
            "format": "gradwire",
            "version": 1,
            "graph": {
                "nodes": [
                    {
                        "id": "x",
                        "op": "input",
                        "params": {"columns": ["a", "b"], "shape": [2, 1], "standardize": False},
                    },
                    {"id": "y", "op": "target", "params": {"columns": ["c"], "encoding": "index", "classes": 5}},
                ],
                "wires": [],
            },
            "data": {"source": "inline", "columns": {"a": [1], "b": [2], "c": [3]}},
        }
    )
    source = {"source": "inline", "columns": {"p": [1], "q": [2], "r": [3], "s": [4]}}
    edit = data_edit(document, source, load_table(source, None), "Use")
    edit.apply(document)
    assert document.graph.nodes["x"].params == {"columns": ["p", "q", "r"], "standardize": False}
    assert document.graph.nodes["y"].params == {"columns": ["s"], "encoding": "index"}
    edit.inverse().apply(document)
    assert document.graph.nodes["x"].params["shape"] == [2, 1]


@pytest.mark.parametrize(("key", "value"), [("True", True), ("False", False)])
def test_what_may_be_left_open_is_yes_no_or_not_set(key: str, value: bool, qtbot: QtBot) -> None:
    param = next(param for param in REGISTRY["input"].params if param.name == "standardize")
    field = field_for(param)
    qtbot.addWidget(field)
    assert isinstance(field, ChoiceField)
    sent: list[object] = []
    field.committed.connect(sent.append)
    field.set_value(None)
    assert field.box.currentText() == "not set here"
    for chosen in (key, ""):
        field.box.setCurrentIndex(field.box.findData(chosen))
        field.box.activated.emit(field.box.currentIndex())
    assert sent == [value, None]


def test_a_shape_may_be_left_open(qtbot: QtBot) -> None:
    param = next(param for param in REGISTRY["input"].params if param.name == "shape")
    field = field_for(param)
    qtbot.addWidget(field)
    assert isinstance(field, TextField)
    sent: list[object] = []
    field.committed.connect(sent.append)
    field.set_value(None)
    assert (field.line.text(), field.line.placeholderText()) == ("", "one axis")
    for text in ("4, 2", ""):
        field.line.selectAll()
        field.line.insert(text) if text else field.line.del_()
        field.line.editingFinished.emit()
    assert sent == [[4, 2], None]
