"""What a job asks of documents, marks and weights beside its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from compute.analysis import loss_problem
from compute.changes import of_ops, of_settings
from compute.data.plane import PLANE
from compute.document import Document, Origin, TrainingSettings
from compute.engine import Program
from compute.evaluation import Judged, judged_rows
from compute.history import Mark
from compute.problems import Problem
from compute.runs.rewinding import Rewinding
from compute.runs.trail import position
from compute.snapshot import Status
from compute.state import Progress
from compute.table_edits import columns_in, is_table, is_text
from compute.tensor_view import Placed, Span, fits, index_of
from compute.training import Trainer
from compute.turns import Turn, noted
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


def has_other_rows(document: Document, old: Document) -> bool:
    """Whether all that two documents differ by in their data is the rows of a table that stands in them: its columns
    hold what they held, numbers or text."""
    if not (is_table(document.data) and is_table(old.data)) or document.training.seed != old.training.seed:
        return False
    now, before = columns_in(document.data), columns_in(old.data)
    same = all(document.data.get(key) == old.data.get(key) for key in {*document.data, *old.data} - {"columns", PLANE})
    return (
        same
        and now is not before
        and [*now] == [*before]
        and all(is_text(now[name]) == is_text(before[name]) for name in now)
    )


def changed_under_way(
    document: Document, workspace: Workspace, before: Workspace, mark: Mark, *, other_rows: bool
) -> Sequence[Turn]:
    """What an edit changed with which the same run can go on: the rows of a table, or settings of ops that may be
    others under way; nothing where it cannot."""
    if not mark.progress.steps or not workspace.learns_as(before):
        return []
    here = mark.progress.steps, position(mark)
    labels = {node: document.graph.nodes[node].label for node in workspace.trained.analysis.order}
    told = of_ops(*here, workspace.set_otherwise(before), labels)
    return told or ([Turn(*here, "The rows of the table changed")] if other_rows else [])


def first_mark(document: Document, progress: Progress | None = None) -> Mark:
    """Where training of a document begins, or goes on from what it was trained before."""
    epochs, progress = document.training.epochs, progress or Progress()
    return Mark({}, progress, max(epochs, progress.epochs), epochs)


def begun_anew(document: Document, old: Document, past: Progress) -> Mark:
    """Where training of an edited document begins: the curve says what it was before, whose weights it goes on from as
    far as they fit."""
    mark = first_mark(document)
    if not past.steps:
        return mark
    if document.training.loss != old.training.loss:
        what = "loss"
    elif document.training.seed != old.training.seed:
        what = "seed"
    else:
        what = "network" if same_rows(document, old) else "data"
    told = Turn(0, 0.0, f"Begun with the weights of {past.name}, when the {what} changed")
    return replace(mark, progress=replace(mark.progress, turns=(told,)))


def with_turn(mark: Mark, what: str, before: str = "", after: str = "") -> Mark:
    """A moment at which something was changed; nothing is noted before the first step."""
    turn = Turn(mark.progress.steps, position(mark), what, before, after)
    return with_turns(mark, [turn])


def with_settings(mark: Mark, before: TrainingSettings, after: TrainingSettings) -> Mark:
    """A moment at which training got other settings."""
    return with_turns(mark, of_settings(mark.progress.steps, position(mark), before, after))


def with_turns(mark: Mark, turns: Iterable[Turn]) -> Mark:
    """A moment at which something was changed; nothing is noted before the first step."""
    progress = mark.progress
    return replace(mark, progress=replace(progress, turns=noted(progress.turns, turns))) if progress.steps else mark


def with_numbers(array: Array | None, span: Span, value: Placed) -> Array | None:
    """A copy with other numbers there; None where there are no such entries."""
    if array is None or not fits(span, array.shape):
        return None
    out = np.array(array, dtype=np.float64)
    if np.ndim(value) and np.shape(value) != out[index_of(span)].shape:
        return None
    out[index_of(span)] = value
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


def status(steps: int, *, running: bool, stopped: bool, done: bool) -> Status:
    """The state of a training that has done so many steps."""
    if running:
        return "running"
    if stopped:
        return "stopped"
    return "finished" if done else "paused" if steps else "idle"


def fitted_for(document: Document, old: Document, mark: Mark, interrupted: Interrupted | None) -> Progress | None:
    """By what a document is encoded: as long as its data and seed are those of a training, as in that."""
    if mark.progress.steps and same_rows(document, old):
        return mark.progress
    if interrupted and same_rows(document, interrupted.document):
        return interrupted.mark.progress
    return None
