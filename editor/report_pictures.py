"""What the pictures of a report are of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from compute.errors import GradwireError
from compute.exercises.origin import still_hidden, without
from compute.explain import Facts
from compute.report import Findings, Report
from compute.report.sections import MOST_DRAWN
from editor.canvas.unplaced import placing
from editor.pieces import Pieces
from editor.render import Shot, Stage, stage


@dataclass(frozen=True)
class Made:
    """A report, and what its pictures are of."""

    report: Report
    found: Sequence[Findings]


def shot_of(found: Findings) -> Shot:
    """What the picture of a document shows."""
    return Shot(values=bool(found.trace.values) and len(found.document.graph.nodes) <= MOST_DRAWN)


def staged(found: Findings) -> Pieces[Stage]:
    """Its graph, laid out for the theme in force. Errors: GradwireError where there is none, or it is too wide."""
    document, analysis, trace = found.document, found.workspace.analysis, found.trace
    if not document.graph.nodes:
        raise GradwireError("The graph has no nodes.")
    if found.hidden:
        loss = document.training.loss
        trace = without(trace, still_hidden(document.exercise, Facts(document.graph, analysis, loss, trace)), loss)
    # The document may be the window's, whose nodes have their places.
    document = replace(document, graph=document.graph.copy())
    yield from placing(document, analysis)
    return (yield from stage(document, analysis, trace, shot_of(found)))
