"""Whether an engine's gradients are right: every weight and every wire against differences of the loss.

Each entry is moved by ±eps, in float64, and the slope of the loss across that is compared with the gradient that the
engine gives. A wire is moved as seen by its target alone, so that its own contribution is what is checked. Where
the slope jumps nearby (a kink), the slopes on both sides are shown, with the one that the engine's convention takes.
"""

from __future__ import annotations

from compute.check.gradients import ENTRIES, Tick, check, check_trace
from compute.check.result import Check, Entry, Item, Kink, Rules, Side, Verdict, Wire

__all__ = [
    "ENTRIES",
    "Check",
    "Entry",
    "Item",
    "Kink",
    "Rules",
    "Side",
    "Tick",
    "Verdict",
    "Wire",
    "check",
    "check_trace",
]
