"""How far a document was trained, as its file has it: the object ``trained`` beside the weights.

The two curves of the loss are lists of their own, as in files of earlier versions; all other series lie under
``series``. What comes after ``resumes_at`` holds only as long as ``steps`` is that number: an earlier version trains
on without touching what it does not know.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from compute.batches import Order
from compute.data.fitted import Fitted, FittedColumn
from compute.document.settings import MOST, TrainingSettings
from compute.errors import GradwireError
from compute.series import LOSS, VALIDATION_LOSS, Points
from compute.shown import RowsOf, Shown
from compute.state import Best, OptimizerState, Place, Progress, RunState
from compute.turns import Turn, noted

_Count = Annotated[int, msgspec.Meta(ge=0, le=MOST)]
_Size = Annotated[int, msgspec.Meta(ge=1, le=MOST)]
_LONGEST = 300
"""Letters of a text that says what was changed."""
TEXTS = ("fitted", "turns")
"""Fields with class names and words, which stay what they are whatever they spell."""
BestArrays = tuple[Mapping[str, Any], Mapping[str, Mapping[str, Any]]]
_Pairs = list[tuple[float, float]]


class FittedColumnFile(msgspec.Struct, frozen=True):
    """As in ``compute.data.fitted``."""

    classes: list[str] = []
    mean: float = 0.0
    std: Annotated[float, msgspec.Meta(gt=0)] = 1.0
    typical: float = 0.0
    sum: int = 0
    fill: float | None = None


class FittedFile(msgspec.Struct, frozen=True):
    """As in ``compute.data.fitted``."""

    columns: dict[str, FittedColumnFile] = {}
    classes: dict[str, Annotated[int, msgspec.Meta(ge=1, le=MOST)]] = {}
    rows: _Count = 0
    balanced: dict[str, list[Annotated[float, msgspec.Meta(ge=0)]]] = {}

    def value(self) -> Fitted:
        """The same as a value. Errors: GradwireError naming the column of numbers that nothing can be fitted to."""
        for name, each in self.columns.items():
            fill = each.typical if each.fill is None else each.fill
            sound = all(map(math.isfinite, (each.mean, each.std, each.typical, fill)))
            if not sound or (each.classes and not {each.typical, fill} <= {*range(len(each.classes))}):
                raise GradwireError(
                    f"trained.fitted.columns.{name}: its numbers must be finite, those of classes whole."
                )
        columns = {
            name: FittedColumn(tuple(each.classes), each.mean, each.std, each.typical, each.sum, each.fill)
            for name, each in self.columns.items()
        }
        if not all(map(math.isfinite, (weight for weights in self.balanced.values() for weight in weights))):
            raise GradwireError("trained.fitted.balanced: how much a class counts must be finite.")
        balanced = {node: tuple(weights) for node, weights in self.balanced.items()}
        return Fitted(columns, self.classes, self.rows, balanced)


class BestFile(msgspec.Struct, frozen=True):
    """As in ``compute.best``; optimizer, updates: of its state."""

    loss: float
    epoch: _Count
    step: _Count
    since: _Count
    stopped: bool = False
    optimizer: str = ""
    updates: _Count = 0

    def value(self, weights: Mapping[str, Any], arrays: Mapping[str, Mapping[str, Any]]) -> Best:
        """The same as a value, with its weights and what the optimizer remembered then."""
        state = RunState(weights, OptimizerState(self.optimizer, self.updates, arrays))
        return Best(self.loss, self.epoch, self.step, self.since, state, self.stopped)


class TrainedFile(msgspec.Struct, frozen=True):
    """epochs, steps: those done; train, validation: (epoch, loss) points of the curves, and series: of all others, by
    name. resumes_at: the steps at which what follows was so: the optimizer with its number of updates; and amid an
    epoch its order, the steps done of it, the sum of their losses, each times its rows, and how many rows those were.
    epoch_loss: the mean of the last whole epoch; shown: epoch, number and update of the batch that was on show;
    shown_of: what its rows are for. fitted: by what the data was encoded. turns: step and epoch of what was changed on
    the way, what it was, before and after.
    """

    epochs: _Count = 0
    steps: _Count = 0
    train: _Pairs = []
    validation: _Pairs = []
    series: dict[str, _Pairs] = {}
    resumes_at: _Count | None = None
    optimizer: str = ""
    updates: _Count = 0
    rows: _Size = 1
    batch_size: _Size = 1
    shuffle: bool = True
    epoch_steps: _Count = 0
    epoch_loss_sum: float = 0.0
    epoch_rows: _Count = 0
    epoch_loss: float | None = None
    shown: tuple[_Count, _Count, _Count] = (0, 0, 0)
    shown_of: RowsOf = "training"
    fitted: FittedFile | None = None
    turns: list[tuple[_Count, float, str, str, str]] = []
    best: BestFile | None = None

    def progress(
        self, training: TrainingSettings, arrays: Mapping[str, Mapping[str, Any]], best: BestArrays | None = None
    ) -> Progress:
        """The same as a value; ``arrays``: what the optimizer remembers, by weight and name; ``best``: the weights of
        the best moment and the same of it."""
        pairs = {LOSS: self.train, VALIDATION_LOSS: self.validation, **self.series}
        series = {name: Points.of(points) for name, points in pairs.items() if points}
        turns = noted(
            (), (Turn(step, epoch, *(text[:_LONGEST] for text in texts)) for step, epoch, *texts in self.turns)
        )
        if self.resumes_at != self.steps:
            return Progress(self.epochs, self.steps, series, turns=turns)
        order = Order(self.rows, self.batch_size, training.seed, self.shuffle)
        amid = 0 < self.epoch_steps < order.steps and self.epoch_rows > 0
        place = Place(order, self.epoch_steps, self.epoch_loss_sum, self.epoch_rows) if amid else None
        optimizer = OptimizerState(self.optimizer, self.updates, arrays) if self.optimizer else OptimizerState()
        shown = Shown(*self.shown, of=self.shown_of)
        fitted = self.fitted.value() if self.fitted else None
        known = self.best.value(*best) if self.best and best and math.isfinite(self.best.loss) else None
        return Progress(self.epochs, self.steps, series, place, optimizer, self.epoch_loss, shown, fitted, turns, known)


def written(progress: Progress) -> dict[str, Any]:
    """The object ``trained`` of a file."""
    pairs = {name: points.pairs() for name, points in progress.series.items()}
    out: dict[str, Any] = {
        "epochs": progress.epochs,
        "steps": progress.steps,
        "train": pairs.pop(LOSS, []),
        "validation": pairs.pop(VALIDATION_LOSS, []),
    }
    if pairs:
        out["series"] = pairs
    optimizer, place = progress.optimizer, progress.place
    if optimizer.name or place or progress.fitted:
        out["resumes_at"] = progress.steps
        shown = progress.shown
        out["shown"] = [shown.epoch, shown.index, shown.update]
        if shown.of != "training":
            out["shown_of"] = shown.of
        if progress.epoch_loss is not None and math.isfinite(progress.epoch_loss):
            out["epoch_loss"] = progress.epoch_loss
    if progress.turns:
        out["turns"] = [[turn.step, turn.epoch, turn.what, turn.before, turn.after] for turn in progress.turns]
    if best := progress.best:
        out["best"] = {"loss": best.loss, "epoch": best.epoch, "step": best.step, "since": best.since}
        of = best.state.optimizer
        out["best"] |= {"stopped": best.stopped, "optimizer": of.name, "updates": of.updates}
    if progress.fitted is not None:
        out["fitted"] = _fitted(progress.fitted)
    if optimizer.name:
        out |= {"optimizer": optimizer.name, "updates": optimizer.updates}
    if place:
        order = place.order
        out |= {"rows": order.rows, "batch_size": order.batch_size, "shuffle": order.shuffle}
        out |= {"epoch_steps": place.done, "epoch_loss_sum": place.loss_sum, "epoch_rows": place.rows}
    return out


def _fitted(fitted: Fitted) -> dict[str, Any]:
    columns = {}
    for name, column in fitted.columns.items():
        one: dict[str, Any] = {"classes": list(column.classes)} if column.classes else {}
        if column.fill is not None:
            one["fill"] = column.fill
        columns[name] = one | {"mean": column.mean, "std": column.std, "typical": column.typical, "sum": column.sum}
    out = {"columns": columns, "classes": dict(fitted.classes), "rows": fitted.rows}
    return out | ({"balanced": {n: list(w) for n, w in fitted.balanced.items()}} if fitted.balanced else {})
