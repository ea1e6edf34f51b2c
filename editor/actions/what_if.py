"""What would be if a number were another, and what differs between two states."""

from __future__ import annotations

from editor.action import ActionSpec
from editor.panels.what_if import cut, freeze, release
from editor.session import Session


def _toggle(session: Session) -> None:
    what_if = session.what_if
    if what_if.holds_numbers:
        what_if.leave()
    else:
        _rest(session)
        what_if.begin()


def _rest(session: Session) -> None:
    """Nothing else goes on."""
    session.stop_walk()
    if session.is_training:
        session.pause()


def _step(session: Session) -> None:
    _rest(session)
    session.what_if.compare_step()


def _compare(session: Session) -> None:
    _rest(session)
    session.what_if.compare_remembered()


def _holding(session: Session) -> bool:
    return session.what_if.holds_numbers


def _on_wire(session: Session) -> bool:
    return _holding(session) and session.focus is not None and session.focus.subject.wire is not None


WHAT_IF: tuple[ActionSpec[Session], ...] = (
    ActionSpec(
        "what_if",
        "Backprop",
        "What if",
        _toggle,
        ("Ctrl+Alt+W",),
        "Hold a number at another one: everything that depends on it shows what it was and what it would be.",
        separator=True,
        checked=_holding,
    ),
    ActionSpec(
        "what_if_freeze",
        "Backprop",
        "Freeze what is in focus",
        freeze,
        ("Alt+Shift+F",),
        "In a what-if: it stays what it is, whatever else changes.",
        enabled=_holding,
    ),
    ActionSpec(
        "what_if_cut",
        "Backprop",
        "Cut the wire in focus",
        cut,
        ("Alt+Shift+X",),
        "In a what-if: it carries nothing.",
        enabled=_on_wire,
    ),
    ActionSpec(
        "what_if_release",
        "Backprop",
        "Release what is in focus",
        release,
        ("Alt+Shift+L",),
        "In a what-if: it is again what it is.",
        enabled=_holding,
    ),
    ActionSpec(
        "what_if_keep",
        "Backprop",
        "Keep what is held",
        lambda s: s.what_if.keep(s),
        ("Alt+Shift+K",),
        "Weights and constants are so from now on; Undo takes that back.",
        enabled=lambda s: s.what_if.can_keep,
    ),
    ActionSpec(
        "what_if_step",
        "Backprop",
        "What the next step changes",
        _step,
        ("Ctrl+Alt+Y",),
        "Every number before and after one update on the batch that the wires show.",
        separator=True,
    ),
    ActionSpec(
        "what_if_remember",
        "Backprop",
        "Remember these weights",
        lambda s: s.what_if.remember(),
        ("Alt+Shift+B",),
        "To be compared with those of another moment, or of another seed.",
    ),
    ActionSpec(
        "what_if_compare",
        "Backprop",
        "Compare with what is remembered",
        _compare,
        ("Ctrl+Alt+F",),
        "Every number with the weights that are remembered, and with those of now.",
        enabled=lambda s: bool(s.what_if.remembered),
    ),
)
