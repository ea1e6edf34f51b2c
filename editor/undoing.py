"""What was done last is taken back first, whether it was an edit of the document or a weight changed by hand.

Edits belong to the document and lie on its undo stack. A weight belongs to the run, and can be put back as long as the
run has not trained on from it; so changes of weights are kept beside the stack, each with the place at which it came.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from compute.explain.facts import spanned
from compute.tensor_view import Placed, Span
from editor.seen import Entries, Weights, numbers_at

_NOWHERE = -1


@dataclass(frozen=True)
class WeightChange:
    """One entry of a weight, or several, changed by hand."""

    name: str
    span: Span
    before: Placed
    after: Placed
    text: str = ""
    """What people call the change, where it is of more than its own entries."""
    rest: tuple[WeightChange, ...] = ()
    """What was changed with it, and is taken back with it."""

    @property
    def place(self) -> str:
        """The entries as people write them."""
        return spanned(self.name, self.span)

    @property
    def told(self) -> str:
        """What people call the change."""
        return self.text or f"change of {self.place}"


def weight_change(known: Weights, put: Entries, values: Entries, text: str = "") -> WeightChange | None:
    """One step that puts values into weights, of which ``known`` are the last ones, changed by ``put``; None where
    there are no such entries, or all of them are so already."""
    found: list[WeightChange] = []
    for (name, span), value in values.items():
        before = numbers_at(known, put, name, span)
        if before is not None and not np.all(np.equal(value, before)):
            found.append(WeightChange(name, span, before, value, text))
    return replace(found[0], rest=tuple(found[1:])) if found else None


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
        """How many changes of weights the file holds; ``_NOWHERE`` where those can no longer be done again."""
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

    def set_unsaved(self) -> None:
        """Nothing that undoing leads to is what the file holds."""
        self._saved = _NOWHERE
        self._stack.resetClean()

    def push(self, command: QUndoCommand) -> None:
        """Do an edit of the document."""
        self._forget_undone()
        self._stack.push(command)

    def change_weight(self, change: WeightChange) -> None:
        """Put a new number into a weight."""
        self._forget_undone()
        self._done.append((self._stack.index(), change))
        self._put_all(change, back=False)

    def _forget_undone(self) -> None:
        """Something else is done instead of what was taken back."""
        if self._saved > len(self._done):
            self._saved = _NOWHERE  # or as many other changes would count as those that were saved
        self._undone.clear()

    def _put_all(self, change: WeightChange, *, back: bool) -> None:
        for each in (change, *change.rest):
            self._put(each, each.before if back else each.after)
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

    @property
    def done_text(self) -> str:
        """What of the weights was changed, in a sentence."""
        last = self.done[-1]
        one = f"the {last.text}" if last.text else f"the changed {last.place}"
        return one if len(self.done) == 1 else f"{len(self.done)} changed weights"

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
        return change.told if change else self._stack.undoText()

    @property
    def redo_text(self) -> str:
        """What would be done again, "" if nothing."""
        change = self._next()
        return change.told if change else self._stack.redoText()

    def undo(self) -> str:
        """Take back what was done last; returns what that was."""
        change, text = self._last(), self.undo_text
        if change is None:
            self._stack.undo()
        else:
            self._undone.append(self._done.pop())
            self._put_all(change, back=True)
        return text

    def redo(self) -> str:
        """Do again what was taken back last; returns what that was."""
        change, text = self._next(), self.redo_text
        if change is None:
            self._stack.redo()
        else:
            self._done.append(self._undone.pop())
            self._put_all(change, back=False)
        return text
