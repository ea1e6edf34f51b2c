"""What a network answers for rows with a known target, and how good that is: measures for plots.

Definitions follow scikit-learn, where of several classes precision, recall and F1 are unweighted means over the classes
(macro), 0 for a class that was never predicted or is never true; AUC is one class against the rest, their mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from compute.analysis import Analysis
from compute.data.fitted import FittedColumn
from compute.errors import GradwireError
from compute.measure import Ground, Measure, Moment
from compute.ops.losses import accuracy, mean_absolute_error, root_mean_squared_error

Array = npt.NDArray[Any]
Numbers = npt.NDArray[np.float64]
On = Literal["validation", "training"]
MOST = 2000
"""So many rows are asked for at most, evenly among those that there are."""


@dataclass(frozen=True, eq=False)
class Predicted:
    """rows: row of the table of each answer. For classes, ``names`` are theirs, truth and guess (n,) their numbers, and
    answers (n, classes) their probabilities; for numbers, ``names`` are the targets', and truth and answers (n, K)."""

    classes: bool
    names: tuple[str, ...]
    rows: npt.NDArray[np.intp]
    truth: Array
    answers: Numbers
    inputs: Numbers
    """(n, N): what went in, as the network gets it."""
    total: int
    """How many rows there are."""

    @property
    def guess(self) -> npt.NDArray[np.intp]:
        """The likeliest class of each row."""
        return np.asarray(self.answers.argmax(axis=1), np.intp)

    @property
    def badness(self) -> Numbers:
        """(n,): of classes −log p of the true one, of numbers the root of the mean squared residual."""
        if self.classes:
            p = self.answers[np.arange(len(self.truth)), self.truth]
            with np.errstate(divide="ignore"):
                return np.asarray(-np.log(p), np.float64)
        return np.asarray(np.sqrt(((self.answers - self.truth) ** 2).mean(axis=1)), np.float64)


@dataclass(frozen=True)
class Predictions(Measure):
    """The answers for rows that are held back, or for those of training."""

    on: On = "validation"

    def ask(self, ground: Ground) -> Callable[[Moment], Predicted]:
        kept = ground.prepared(self, lambda: _Rows(ground, self.on))
        asked = ground.run.start_outputs(kept.data, [kept.node])
        return lambda _moment: kept.predicted(asked.get()[kept.node])


class _Rows:
    """The rows, their truth and their names, which stay while the weights change."""

    def __init__(self, ground: Ground, on: On) -> None:
        workspace = ground.workspace
        program, prepared, analysis = workspace.program, workspace.prepared, workspace.program.analysis
        judged = analysis.judged_by(program.loss)
        if prepared is None or judged is None or judged[1] not in prepared.values:
            raise GradwireError("it needs a loss that compares a prediction for each row with a target")
        self.node, target = judged
        if analysis.shapes[self.node][:1] != ("B",):
            raise GradwireError("the prediction is not one for each row")
        rows = prepared.validation_rows if on == "validation" else prepared.train_rows
        if not len(rows):
            raise GradwireError("no rows are held back for validation; choose training, or hold some back in Data")
        self.total = len(rows)
        self.rows = np.asarray(rows[:: -(-len(rows) // MOST)], np.intp)
        values = {node: table[self.rows] for node, table in prepared.values.items()}
        self.data = {node: values[node] for node in ground.run.program.train if node in values}
        inputs = [node for node in analysis.order if analysis.ops[node].role == "input" and node in values]
        flat = [values[node].reshape(len(self.rows), -1) for node in inputs]
        self.inputs = np.concatenate(flat, axis=1) if flat else np.zeros((len(self.rows), 0))
        self.op = analysis.ops[program.loss]
        self.columns = tuple(map(str, analysis.settings[target].get("columns", ())))
        self.classes = self.op.judges in ("classes", "yes or no") and (
            self.op.judges == "classes" or values[target].reshape(len(self.rows), -1).shape[1] == 1
        )
        truth = values[target]
        if self.classes:
            self.truth = (truth.argmax(axis=1) if truth.ndim == 2 and truth.shape[1] > 1 else truth.reshape(-1)).round()
            self.truth = self.truth.astype(np.intp)
        else:
            self.truth = truth.reshape(len(self.rows), -1)
        column = prepared.fitted.columns.get(self.columns[0]) if self.columns else None
        names = (column or FittedColumn()).names_of(max(2, _wide(analysis, self.node)))
        self.names = names if self.classes else self.columns

    def predicted(self, found: Array) -> Predicted:
        answers = np.asarray(self.op.answer(found), np.float64).reshape(len(self.rows), -1)
        if self.classes and answers.shape[1] == 1:
            answers = np.concatenate([1.0 - answers, answers], axis=1)
        return Predicted(self.classes, self.names, self.rows, self.truth, answers, self.inputs, self.total)


def _wide(analysis: Analysis, node: str) -> int:
    last = analysis.shapes[node][-1] if len(analysis.shapes[node]) > 1 else 1
    return int(last)


def confusion(found: Predicted) -> npt.NDArray[np.intp]:
    """(classes, classes): how many rows of each class, down, are taken for each, across."""
    count = len(found.names)
    return np.bincount(found.truth * count + found.guess, minlength=count**2).reshape(count, count)


def roc(scores: Numbers, positive: npt.NDArray[np.bool_]) -> tuple[Numbers, Numbers, float]:
    """The false and the true positive rate at every threshold, from (0, 0) to (1, 1), and the area under the curve;
    NaN without rows of both kinds."""
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    right = np.cumsum(positive[order])[ends]
    wrong = 1 + ends - right
    yes, no = int(positive.sum()), int((~positive).sum())
    if not yes or not no:
        return np.array([0.0, 1.0]), np.array([0.0, 1.0]), math.nan
    x, y = np.append(0.0, wrong / no), np.append(0.0, right / yes)
    return x, y, float(np.trapezoid(y, x))


def scores(found: Predicted) -> dict[str, float]:
    """Every number that says how good the answers are, by name."""
    return _of_classes(found) if found.classes else _of_numbers(found)


def _of_classes(found: Predicted) -> dict[str, float]:
    table = confusion(found).astype(np.float64)
    right, taken, true = np.diag(table), table.sum(axis=0), table.sum(axis=1)
    with np.errstate(all="ignore"):
        precision = np.nan_to_num(right / taken)
        recall = np.nan_to_num(right / true)
        f1 = np.nan_to_num(2 * right / (taken + true))
    # Of two classes the second is the one that is looked for.
    mean: Callable[[Numbers], float] = (lambda x: float(x[1])) if len(right) == 2 else (lambda x: float(x[seen].mean()))
    seen = (taken + true) > 0
    areas = [roc(found.answers[:, i], found.truth == i)[2] for i in range(len(right))]
    area = areas[1] if len(areas) == 2 else float(np.mean(areas))
    return {
        "accuracy": float(accuracy(found.guess[np.newaxis], found.truth)[0]),
        "precision": mean(precision),
        "recall": mean(recall),
        "F1": mean(f1),
        "AUC": area,
    }


def _of_numbers(found: Predicted) -> dict[str, float]:
    truth, answers = np.asarray(found.truth, np.float64), found.answers
    left = ((truth - answers) ** 2).sum(axis=0)
    whole = ((truth - truth.mean(axis=0)) ** 2).sum(axis=0)
    with np.errstate(all="ignore"):
        share = np.where(whole > 0, 1.0 - left / whole, np.where(left == 0, 1.0, 0.0))
    return {
        "R²": float(share.mean()),
        "MAE": float(mean_absolute_error(answers[np.newaxis], truth)[0]),
        "RMSE": float(root_mean_squared_error(answers[np.newaxis], truth)[0]),
    }


@dataclass(frozen=True)
class Scores(Measure):
    """``scores`` of the same rows, for a course over time."""

    on: On = "validation"

    def ask(self, ground: Ground) -> Callable[[Moment], Mapping[str, float]]:
        wait = Predictions(self.on).ask(ground)
        return lambda moment: scores(wait(moment))
