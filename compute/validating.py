"""Cross-validation: the same network trained anew on each of several folds, and judged on the rows left out of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from compute.data.derived import sources_of
from compute.data.folds import folds
from compute.data.split import Split
from compute.document import Document
from compute.engine import Engine
from compute.errors import GradwireError
from compute.evaluation import evaluate
from compute.problems import ProblemError
from compute.training import Trainer, require_trainable
from compute.workspace import TableCache, data_nodes, open_document

Told = Callable[[int, float], None]
"""Gets the fold that is trained and the share of it that is done; what it raises ends the work."""


@dataclass(frozen=True, slots=True)
class FoldResult:
    """One fold. rows, validation_rows: how many; training_loss: the mean over its last epoch; loss, metrics: on its
    validation rows, after the last step; seconds: of training."""

    rows: int
    validation_rows: int
    training_loss: float
    loss: float
    metrics: Mapping[str, float]
    seconds: float


@dataclass(frozen=True)
class CrossValidation:
    """kind: how rows were divided; steps: updates in all; mean, std: of the loss and of each metric over the folds,
    the deviation over n − 1."""

    kind: str
    folds: tuple[FoldResult, ...]
    steps: int = 0
    test_rows: int = 0
    """How many rows were in no fold, as they are kept for a test."""
    mean: Mapping[str, float] = field(init=False)
    std: Mapping[str, float] = field(init=False)

    def __post_init__(self) -> None:
        numbers = {"loss": np.array([each.loss for each in self.folds])}
        for name in self.folds[0].metrics:
            numbers[name] = np.array([each.metrics.get(name, math.nan) for each in self.folds])
        with np.errstate(all="ignore"):
            object.__setattr__(self, "mean", {name: float(each.mean()) for name, each in numbers.items()})
            object.__setattr__(self, "std", {name: float(each.std(ddof=1)) for name, each in numbers.items()})


def _tell(told: Told, fold: int, trainer: Trainer) -> None:
    told(fold, trainer.position / trainer.goal)


def cross_validate(document: Document, engine: Engine, count: int, told: Told = lambda *_: None) -> CrossValidation:
    """Train a document from its first weights on each of ``count`` folds, for its epochs. The same document and engine
    give the same numbers.

    What is fitted to the data is fitted to each fold's training rows. Rows of a test are in no fold. Errors:
    GradwireError where the document cannot be trained or its rows cannot be divided, or naming the fold in which
    training stopped; DeviceError.
    """
    document = replace(document, weights=dict(document.initial), progress=None)
    cache = TableCache()
    whole = open_document(document, cache=cache)
    if whole.missing:
        raise ProblemError(whole.missing)
    require_trainable(whole.program, document.training.loss)
    if whole.prepared is None or not whole.program.train:
        raise GradwireError("The document reads no data, so there are no rows to be divided; choose data first.")
    _, targets = data_nodes(document.graph)
    names = sources_of((name for target in targets.values() for name in target.columns), whole.prepared.table.columns)
    pool = np.concatenate([whole.prepared.train_rows, whole.prepared.validation_rows])
    split = Split.read(document.data)
    kind, divisions = folds(split, whole.prepared.table, pool, count, document.training.seed, names[0] if names else "")
    found, steps = [], 0
    for number, division in enumerate(divisions):
        told(number, 0.0)
        program = open_document(document, cache=cache, division=division).trained
        run = engine.open(program)
        try:
            trainer = Trainer(program, document.training, run, keep_all=False)
            trainer.finish(partial(_tell, told, number, trainer), every=0)
            judged = evaluate(program, run)
        except GradwireError as error:
            raised = GradwireError(f"fold {number + 1} of {count}: {error}")
            raised.exit_code = error.exit_code
            raise raised from error
        finally:
            run.close()
        steps += trainer.step
        loss, last = judged.validation_loss, trainer.history.epochs[-1].loss
        found.append(
            FoldResult(
                program.rows,
                program.validation_rows,
                last,
                math.nan if loss is None else loss,
                judged.metrics,
                trainer.seconds,
            )
        )
    return CrossValidation(kind, tuple(found), steps, len(whole.prepared.test_rows))
