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


def _ask_first(session: Session) -> None:
    """Begin a walk that asks; or in a walk, ask from now on, or only show."""
    session.asking.set_on(session.walk is None or not session.asking.on)
    if session.walk is None:
        session.start_walk()


def _asked(session: Session) -> bool:
    return session.asking.is_open


def _walking(session: Session) -> bool:
    return session.walk is not None


def _leave(session: Session) -> None:
    session.stop_walk()
    session.what_if.leave()


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
        _leave,
        ("Esc",),
        "Back to the whole picture; also from a what-if and from a difference.",
        "close",
        lambda s: _walking(s) or s.what_if.on,
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
    ActionSpec(
        "walk_ask",
        "Backprop",
        "Ask first",
        _ask_first,
        ("Shift+F9",),
        "The walk asks for each number before it shows it.",
        "ask",
        separator=True,
        checked=lambda s: s.asking.on,
    ),
    ActionSpec(
        "walk_show_me",
        "Backprop",
        "Show me",
        lambda s: s.asking.show_me(),
        ("F4",),
        "Give the number that is asked for away, with its reason.",
        "",
        _asked,
    ),
    ActionSpec(
        "walk_skip",
        "Backprop",
        "Skip the question",
        lambda s: s.asking.skip(),
        ("Shift+F4",),
        "Go on without an answer.",
        "",
        _asked,
    ),
)
