"""What the canvas shows of a session at this moment: its numbers, and where a walk is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from compute.graph import Port
from editor.canvas.paint_held import held_at
from editor.canvas.picture import Shown
from editor.canvas.readings import Known, Readings
from editor.canvas.source import Source


def read(shown: Shown, session: Source, wires: Iterable[Port]) -> None:
    """Have numbers and walk shown as they are now; ``wires``: those on the canvas."""
    snapshot, walk = session.snapshot, session.walk
    known = Known.of(walk.shown, walk.reached) if walk is not None else None
    shown.readings = Readings(
        session.facts.trace,
        snapshot.analysis,
        session.sample,
        known,
        session.document.training.loss,
        (snapshot.batch.name, snapshot.batch.short) if snapshot.batch.data else ("", ""),
        session.asked_for,
        session.what_if.shown(snapshot.trace),
    )
    shown.stale = snapshot.revision != session.revision
    shown.at_work = walk.step.node if walk is not None else None
    shown.phase = walk.step.phase if walk is not None else ""
    looked_at = walk.step.stored if walk is not None and session.shows_held else ()
    shown.held = held_at(looked_at, session.document.graph)
    shown.passed = passed(known, wires)
    shown.selection = session.selection
    mark(shown, session)
    shown.watched = session.watching.marks


def mark(shown: Shown, session: Source) -> bool:
    """Have audit and cost shown as they are now; whether something else was found, or it is of other numbers."""
    before = shown.audit, shown.cost
    shown.audit, shown.cost = session.auditing.shown, session.costing.shown
    return before[0] is not shown.audit or before[1] is not shown.cost


def passed(known: Known | None, wires: Iterable[Port]) -> Mapping[Port, str]:
    """The wires that the walk has passed: forward or backward."""
    if known is None:
        return {}
    back = {key: "backward" for key in wires if key in known.wires}
    return {key: "forward" for key in wires if key[0] in known.values} | back
