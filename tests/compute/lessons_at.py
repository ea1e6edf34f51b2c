"""Moments of a document for tests of lessons, computed by the reference engine without a window."""

from __future__ import annotations

from typing import Any

import numpy as np

from compute.document import Document, from_json
from compute.explain import Facts
from compute.lessons.model import Lesson
from compute.lessons.moment import Moment, Seen
from compute.reference import ReferenceRun
from compute.snapshot import Snapshot
from compute.state import Progress
from compute.workspace import open_document


def moment(document: Document, seen: Seen | None = None, *, steps: int = 0, sample: int = 0, **rest: Any) -> Moment:
    """What there is of a document after so many steps; rest: fields of the snapshot."""
    workspace = open_document(document, strict=False)
    rows = np.arange(workspace.program.rows)
    trace = ReferenceRun(workspace.program).trace(rows)
    snapshot = Snapshot(
        revision=0,
        analysis=workspace.analysis,
        trace=trace,
        weights=trace.parameters,
        progress=Progress(epochs=steps, steps=steps),
        row_labels=rows,
        **rest,
    )
    facts = Facts(document.graph, workspace.analysis, document.training.loss, trace, sample)
    return Moment(document, snapshot, facts, seen or Seen())


def with_lesson(raw: Any, document: Document) -> Lesson:
    """A lesson as a file has it, in a document."""
    document.lesson = from_json({"format": "gradwire", "version": 1, "lesson": raw}).lesson
    assert document.lesson is not None
    return document.lesson
