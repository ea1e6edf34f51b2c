"""The one undo command: an edit of the document, as plain data."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QUndoCommand

from compute.edits import Edit


class EditCommand(QUndoCommand):
    """Applies an edit through ``do``, and its inverse when undone."""

    def __init__(self, edit: Edit, do: Callable[[Edit], None]) -> None:
        super().__init__(edit.text)
        self._edit, self._do = edit, do

    def redo(self) -> None:
        self._do(self._edit)

    def undo(self) -> None:
        self._do(self._edit.inverse())
