"""Back and forward through what was in focus."""

from __future__ import annotations

from editor.action import ActionSpec
from editor.attention import Attention

FOCUS: tuple[ActionSpec[Attention], ...] = (
    ActionSpec(
        "focus_back",
        "View",
        "Back to what was asked before",
        lambda s: s.back(),
        ("Alt+Left",),
        "The number that was in focus before this one; the mouse's back button does the same.",
        "back",
        lambda s: s.trail.behind is not None,
        separator=True,
    ),
    ActionSpec(
        "focus_forward",
        "View",
        "Forward again",
        lambda s: s.forward(),
        ("Alt+Right",),
        "What one came back from; the mouse's forward button does the same.",
        "forward",
        lambda s: s.trail.ahead is not None,
    ),
)
