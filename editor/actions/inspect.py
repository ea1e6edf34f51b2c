"""What the inspector shows of what is in focus."""

from __future__ import annotations

from editor.action import ActionSpec
from editor.panels.inspector import Inspector

INSPECT: tuple[ActionSpec[Inspector], ...] = (
    ActionSpec(
        "neurons",
        "View",
        "Neurons",
        lambda inspector: inspector.show_neurons(),
        ("Ctrl+Alt+U",),
        "The layers around what is in focus as circles and lines, in half of the window.",
        separator=True,
    ),
)
