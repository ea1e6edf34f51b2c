"""What a job asks of documents, marks and weights beside its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from compute.analysis import loss_problem
from compute.document import Document, Origin
from compute.engine import Program
from compute.evaluation import Judged, judged_rows
from compute.explain import Entry
from compute.history import Mark
from compute.problems import Problem
from compute.runs.rewinding import Rewinding
from compute.state import Progress
from compute.training import Trainer
from compute.workspace import Workspace, placed

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Interrupted:
    """What was trained before an edit changed it: undone, training goes on with it. document: as it was then."""

    workspace: Workspace
    mark: Mark
    past: Rewinding
    document: Document
    origin: Origin


def same_rows(a: Document, b: Document) -> bool:
    """Whether two documents have the same data, split by the same seed."""
    # A document that was saved elsewhere has another path to the same file.
    return a.training.seed == b.training.seed and (a.data is b.data or placed(a) == placed(b))


def first_mark(document: Document, progress: Progress | None = None) -> Mark:
    """Where training of a document begins, or goes on from what it was trained before."""
    epochs, progress = document.training.epochs, progress or Progress()
    return Mark({}, progress, max(epochs, progress.epochs), epochs)


def with_entry(array: Array | None, entry: Entry, value: float) -> Array | None:
    """A copy with another number there; None where there is no such entry."""
    if array is None or len(entry) != array.ndim or any(i >= n for i, n in zip(entry, array.shape, strict=True)):
        return None
    out = np.array(array, dtype=np.float64)
    out[entry] = value
    return out


def judged_last(trainer: Trainer | None) -> Judged:
    """How good the network was after the last epoch that was judged."""
    if trainer is None or not trainer.history.epochs:
        return Judged()
    last, program = trainer.history.epochs[-1], trainer.program
    on: Literal["validation", "training"] = "validation" if program.validation_rows else "training"
    return Judged(last.validation_loss, last.metrics, on, judged_rows(program), last.epoch)


def loss_missing(document: Document, program: Program) -> Problem | None:
    """Why there is no loss, unless a node at fault says so itself."""
    analysis, loss = program.analysis, document.training.loss
    if not loss or analysis.problems or loss in analysis.waiting:
        return None
    return loss_problem(analysis, loss)
