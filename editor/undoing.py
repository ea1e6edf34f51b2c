"""What was done last is taken back first, whether it was an edit of the document or a weight changed by hand.

Edits belong to the document and lie on its undo stack. A weight belongs to the run, and can be put back as long as the
run has not trained on from it; so changes of weights are kept beside the stack, each with the place at which it came.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from compute.explain.facts import spanned
from compute.tensor_view import Placed, Span


@dataclass(frozen=True)
class WeightChange:
    """One entry of a weight, or several, changed by hand."""

    name: str
    span: Span
    before: Placed
    after: Placed

    @property
    def place(self) -> str:
        """The entries as people write them."""
        return spanned(self.name, self.span)


class Undoing(QObject):
    """``put`` puts numbers into a weight."""

    changed = Signal()

    def __init__(self, stack: QUndoStack, put: Callable[[WeightChange, Placed], None], parent: QObject) -> None:
        super().__init__(parent)
        self._stack, self._put = stack, put
        self._done: list[tuple[int, WeightChange]] = []
        """With the number of edits that had been done before, as are those taken back."""
        self._undone: list[tuple[int, WeightChange]] = []
        self._saved = 0
        self._kept = False
        stack.indexChanged.connect(self.changed)

    @property
    def weights_changed(self) -> bool:
        """Whether weights were changed by hand since ``set_saved``."""
        return self._kept or len(self._done) != self._saved

    def set_saved(self) -> None:
        """Document and weights are as they are in the file."""
        self._saved, self._kept = len(self._done), False
        self._stack.setClean()

    def push(self, command: QUndoCommand) -> None:
        """Do an edit of the document."""
        self._undone.clear()
        self._stack.push(command)

    def change_weight(self, change: WeightChange) -> None:
        """Put a new number into a weight."""
        self._undone.clear()
        self._done.append((self._stack.index(), change))
        self._put(change, change.after)
        self.changed.emit()

    def let_go(self, *, kept: bool) -> None:
        """The run goes on from the changed weights, or begins anew: they can no longer be put back. ``kept``: whether
        the changes still show in the weights."""
        self._kept = kept and self.weights_changed
        self._done.clear()
        self._undone.clear()
        self._saved = 0
        self.changed.emit()

    def clear(self) -> None:
        """Another document."""
        self._stack.clear()
        self.let_go(kept=False)

    @property
    def done(self) -> list[WeightChange]:
        """The changes of weights that can be taken back, the last one last."""
        return [change for _, change in self._done]

    def _last(self) -> WeightChange | None:
        """The change of a weight that came after all edits."""
        return self._done[-1][1] if self._done and self._done[-1][0] >= self._stack.index() else None

    def _next(self) -> WeightChange | None:
        """The change of a weight that comes before all edits that were taken back."""
        return self._undone[-1][1] if self._undone and self._undone[-1][0] <= self._stack.index() else None

    @property
    def can_undo(self) -> bool:
        return bool(self._last()) or self._stack.canUndo()

    @property
    def can_redo(self) -> bool:
        return bool(self._next()) or self._stack.canRedo()

    @property
    def undo_text(self) -> str:
        """What would be taken back, "" if nothing."""
        change = self._last()
        return f"change of {change.place}" if change else self._stack.undoText()

    @property
    def redo_text(self) -> str:
        """What would be done again, "" if nothing."""
        change = self._next()
        return f"change of {change.place}" if change else self._stack.redoText()

    def undo(self) -> str:
        """Take back what was done last; returns what that was."""
        change, text = self._last(), self.undo_text
        if change is None:
            self._stack.undo()
        else:
            self._undone.append(self._done.pop())
            self._put(change, change.before)
            self.changed.emit()
        return text

    def redo(self) -> str:
        """Do again what was taken back last; returns what that was."""
        change, text = self._next(), self.redo_text
        if change is None:
            self._stack.redo()
        else:
            self._done.append(self._undone.pop())
            self._put(change, change.after)
            self.changed.emit()
        return text
