"""What the open document has locked for whoever opens it."""

from __future__ import annotations

from collections.abc import Callable

from compute.document import LOCKS
from compute.edits import Edit, FieldChange

TEACHING = ("exercise", "lesson", "opening")
"""The fields of a document that are edited whatever is locked."""


class Locks:
    """``held``: what is locked now, of ``LOCKS``; ``say`` hears why something is refused."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self.held: frozenset[str] = frozenset()
        self._say = say

    def refuse(self, what: str) -> bool:
        """Whether something is locked, which is said then."""
        if what in self.held:
            self._say(f"This document opens with {LOCKS[what]} locked; View → For whoever opens it leaves that.")
        return what in self.held

    def refuse_edit(self, edit: Edit) -> bool:
        """Whether an edit is of what is locked."""
        teaching = all(isinstance(each, FieldChange) and each.field in TEACHING for each in edit.changes)
        return not teaching and self.refuse("edit")
