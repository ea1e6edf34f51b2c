"""The watches of a document on its program: which of them training checks, and why others rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from compute.document import Watch
from compute.engine import Program
from compute.graph import Graph
from compute.watches.checks import Check, why_not


@dataclass(frozen=True)
class Applied:
    """checks, watches: what is checked, and the watch of each; resting: the others, each with the reason."""

    checks: tuple[Check, ...] = ()
    watches: tuple[Watch, ...] = ()
    resting: tuple[tuple[Watch, str], ...] = ()

    def why(self, watch: Watch) -> str:
        """Why a watch rests; "" where it does not."""
        return next((reason for each, reason in self.resting if each.place == watch.place), "")


def check_of(watch: Watch, graph: Graph) -> Check | None:
    """What a watch checks; None where this version does not know its kind."""
    return Check(watch.asks(graph), watch.known, watch.bound) if watch.known else None


def applied(watches: Sequence[Watch], graph: Graph, program: Program) -> Applied:
    """``program``: what training computes."""
    checks: list[Check] = []
    used: list[Watch] = []
    resting: list[tuple[Watch, str]] = []
    for watch in watches:
        check = check_of(watch, graph)
        reason = "this version does not know what it watches for"
        if check is not None:
            there = watch.subject.there(graph)
            reason = why_not(program.analysis, program.loss, check) if there else "it is no longer in the graph"
        if check is None or reason:
            resting.append((watch, reason))
        else:
            checks.append(check)
            used.append(watch)
    return Applied(tuple(checks), tuple(used), tuple(resting))
