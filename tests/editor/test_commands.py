"""The undo stack with edits of all records, some of which are strokes that become one step."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QApplication

from compute.edits import Edit
from editor.commands import EditCommand
from tests.compute.test_edits import any_edit, mlp, state
from tests.searching import tries


@given(st.data())
@tries(25)
def test_any_edits_and_strokes_all_undone_give_the_start_and_redone_the_end(
    qapp: QApplication, data: st.DataObject
) -> None:
    document, stack = mlp(), QUndoStack()
    start = state(document)
    strokes = []
    for _ in range(data.draw(st.integers(1, 10))):
        edit = any_edit(data, document)
        stroke = data.draw(st.sampled_from(["", "one", "two"]))
        if edit.changes:
            strokes.append(stroke)
            stack.push(EditCommand(Edit(edit.text, edit.changes, stroke), lambda done: done.apply(document)))
        if data.draw(st.booleans()) and stack.canUndo():
            before = state(document)
            stack.undo()
            stack.redo()
            assert state(document) == before
    end = state(document)
    steps = sum(not a or a != b for a, b in zip(strokes, [None, *strokes], strict=False))
    assert stack.count() <= steps
    while stack.canUndo():
        stack.undo()
    assert state(document) == start
    while stack.canRedo():
        stack.redo()
    assert state(document) == end
