"""The one undo command: an edit of the document, as plain data."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QUndoCommand

from compute.edits import Edit

_STROKE = 1


class EditCommand(QUndoCommand):
    """Applies an edit through ``do``, and its inverse when undone. Edits of one stroke become one command."""

    def __init__(self, edit: Edit, do: Callable[[Edit], None]) -> None:
        super().__init__(edit.text)
        self._edit, self._do = edit, do

    def id(self) -> int:
        """Qt asks whether two commands that have the same one can become one."""
        return _STROKE if self._edit.stroke else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, EditCommand) or other._edit.stroke != self._edit.stroke:
            return False
        self._edit = self._edit.merged_with(other._edit)
        self.setText(self._edit.text)
        self.setObsolete(not self._edit.changes)
        return True

    def redo(self) -> None:
        self._do(self._edit)

    def undo(self) -> None:
        self._do(self._edit.inverse())
