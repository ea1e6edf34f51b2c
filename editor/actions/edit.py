"""Back and forth through the edits of a document."""

from __future__ import annotations

from editor.action import ActionSpec
from editor.session import Session

EDIT: tuple[ActionSpec[Session], ...] = (
    ActionSpec(
        "undo",
        "Edit",
        "Undo",
        lambda s: s.undo_stack.undo(),
        ("Ctrl+Z",),
        "Take back the last edit.",
        "undo",
        lambda s: s.undo_stack.canUndo(),
    ),
    ActionSpec(
        "redo",
        "Edit",
        "Redo",
        lambda s: s.undo_stack.redo(),
        ("Ctrl+Shift+Z", "Ctrl+Y"),
        "Do it again.",
        "redo",
        lambda s: s.undo_stack.canRedo(),
    ),
)
