"""Back and forth through the edits of a document and the weights changed by hand."""

from __future__ import annotations

from editor.action import ActionSpec
from editor.session import Session

EDIT: tuple[ActionSpec[Session], ...] = (
    ActionSpec(
        "undo",
        "Edit",
        "Undo",
        lambda s: s.message.emit(f"Undone: {s.what_if.take_back() or s.undoing.undo()}"),
        ("Ctrl+Z",),
        "Take back what was done last: an edit, a weight changed by hand, or in a what-if the number held last.",
        "undo",
        lambda s: bool(s.what_if.undo_text) or s.undoing.can_undo,
    ),
    ActionSpec(
        "redo",
        "Edit",
        "Redo",
        lambda s: s.message.emit(f"Done again: {s.what_if.hold_again() or s.undoing.redo()}"),
        ("Ctrl+Shift+Z", "Ctrl+Y"),
        "Do it again.",
        "redo",
        lambda s: bool(s.what_if.redo_text) or s.undoing.can_redo,
    ),
)
