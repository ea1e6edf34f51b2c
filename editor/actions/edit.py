"""Back and forth through the edits of a document and the weights changed by hand."""

from __future__ import annotations

from editor.action import ActionSpec
from editor.session import Session

EDIT: tuple[ActionSpec[Session], ...] = (
    ActionSpec(
        "undo",
        "Edit",
        "Undo",
        lambda s: s.message.emit(f"Undone: {s.undoing.undo()}"),
        ("Ctrl+Z",),
        "Take back what was done last: an edit, or a weight changed by hand.",
        "undo",
        lambda s: s.undoing.can_undo,
    ),
    ActionSpec(
        "redo",
        "Edit",
        "Redo",
        lambda s: s.message.emit(f"Done again: {s.undoing.redo()}"),
        ("Ctrl+Shift+Z", "Ctrl+Y"),
        "Do it again.",
        "redo",
        lambda s: s.undoing.can_redo,
    ),
)
