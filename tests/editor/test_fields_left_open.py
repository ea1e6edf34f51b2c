"""Another data set brings its own columns, and what belonged to the old ones goes."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from compute.ops import REGISTRY
from editor.panels.fields import ChoiceField, TextField, field_for

X = {"columns": ["a", "b"], "shape": [2, 1], "standardize": False}


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
