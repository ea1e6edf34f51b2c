"""Whether everything that the wires show is audited."""

from __future__ import annotations

from editor.action import ActionSpec
from editor.auditing import Auditing

AUDIT: tuple[ActionSpec[Auditing], ...] = (
    ActionSpec(
        "audit",
        "Backprop",
        "Audit",
        lambda auditing: auditing.set_on(not auditing.on),
        ("Ctrl+Alt+A",),
        "While nothing trains: every gradient against slopes of the loss, every number against the reference engine; "
        "a mark on each wire and node, and counts of dead and saturated units.",
        "check",
        separator=True,
        checked=lambda auditing: auditing.on,
    ),
)
