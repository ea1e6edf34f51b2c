"""The walk through backpropagation."""

from __future__ import annotations

from editor.action import ActionSpec
from editor.session import Session


def toggle_walk(session: Session) -> None:
    """Start or leave the walk."""
    if session.walk:
        session.stop_walk()
    else:
        session.start_walk()


def _walking(session: Session) -> bool:
    return session.walk is not None


BACKPROP: tuple[ActionSpec[Session], ...] = (
    ActionSpec(
        "walk",
        "Backprop",
        "Walk through backpropagation",
        toggle_walk,
        ("F9",),
        "Forward, loss, backward and update, one calculation at a time.",
        "backprop",
    ),
    ActionSpec(
        "walk_leave",
        "Backprop",
        "Leave the walk",
        lambda s: s.stop_walk(),
        ("Esc",),
        "Back to the whole picture.",
        "close",
        _walking,
    ),
    ActionSpec(
        "walk_next",
        "Backprop",
        "Next calculation",
        lambda s: s.walk_by(1),
        ("Right",),
        "",
        "next",
        _walking,
        separator=True,
    ),
    ActionSpec(
        "walk_back", "Backprop", "Previous calculation", lambda s: s.walk_by(-1), ("Left",), "", "previous", _walking
    ),
    ActionSpec("walk_first", "Backprop", "First calculation", lambda s: s.walk_to(0), ("Home",), "", "first", _walking),
    ActionSpec("walk_last", "Backprop", "Last calculation", lambda s: s.walk_to(10**9), ("End",), "", "last", _walking),
    ActionSpec(
        "walk_node",
        "Backprop",
        "Finish the node",
        lambda s: s.finish_node(),
        ("Ctrl+Right",),
        "To the last calculation at this node, or at the next.",
        "skip-node",
        _walking,
    ),
    ActionSpec(
        "walk_phase",
        "Backprop",
        "Finish the phase",
        lambda s: s.finish_phase(),
        ("Shift+Right",),
        "To the end of this phase, or of the next.",
        "skip-phase",
        _walking,
    ),
)
