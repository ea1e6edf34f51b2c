"""What became of a trial, and which was best."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.state import Progress, RunState
from compute.sweep.trial import Sweep, Trial

Column = npt.NDArray[np.float64]


def _none() -> Column:
    return np.zeros(0)


@dataclass(frozen=True, eq=False)
class Outcome:
    """How far a trial is, and how good.

    losses: of each epoch, the mean over its rows before each update; validation, judged_at: the loss on rows that are
    held back, and after how many epochs; metrics: on those, or without any on the first of training, at the end;
    steps: updates done; fault: why it ended early, in a sentence; state: what it trained, once it has ended.
    part: the sum of the losses and the rows of an epoch that a fault cut short; progress: as a trainer has recorded it,
    where the trial was trained alone.
    """

    trial: Trial
    losses: Column = field(default_factory=_none)
    validation: Column = field(default_factory=_none)
    judged_at: Column = field(default_factory=_none)
    metrics: Mapping[str, float] = field(default_factory=dict)
    steps: int = 0
    fault: str = ""
    state: RunState | None = None
    part: tuple[float, int] = (0.0, 0)
    progress: Progress | None = None

    @property
    def epochs(self) -> int:
        """Whole epochs done."""
        return len(self.losses)

    @property
    def loss(self) -> float | None:
        """Of the last epoch."""
        return float(self.losses[-1]) if len(self.losses) else None

    @property
    def validation_loss(self) -> float | None:
        """The last; None without rows that are held back."""
        return float(self.validation[-1]) if len(self.validation) else None

    @property
    def score(self) -> float:
        """What trials are ranked by, the least first: the validation loss, without one the loss; infinite where there
        is none yet or it is no number."""
        found = self.validation_loss if len(self.validation) else self.loss
        return found if found is not None and not math.isnan(found) else math.inf

    @property
    def order(self) -> tuple[Any, ...]:
        """Ascending from the best: whatever has a fault comes last, whatever got furthest first among those."""
        return (bool(self.fault), -self.steps if self.fault else 0, self.score, self.trial.number)


@dataclass(frozen=True)
class Mean:
    """Trials that differ in their seed alone: the mean and the standard deviation of their scores, which are infinite
    and 0 where none came through; ``faults``: how many of them have one."""

    values: Mapping[str, Any]
    outcomes: tuple[Outcome, ...]
    score: float
    spread: float
    faults: int


def ranked(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The best first."""
    return sorted(outcomes, key=lambda outcome: outcome.order)


def means(sweep: Sweep, outcomes: Sequence[Outcome]) -> list[Mean]:
    """Over seeds, the best first; where some have a fault those come after all that have fewer."""
    together: dict[tuple[Any, ...], list[Outcome]] = {}
    for outcome in outcomes:
        together.setdefault(sweep.choice_of(outcome.trial), []).append(outcome)
    seeds = {axis.name for axis in sweep.axes if axis.varied.is_seed}
    found: list[Mean] = []
    for alike in together.values():
        scores = [each.score for each in alike if not each.fault and math.isfinite(each.score)]
        values = {name: value for name, value in alike[0].trial.values.items() if name not in seeds}
        score = float(np.mean(scores)) if scores else math.inf
        spread = float(np.std(scores)) if scores else 0.0
        found.append(Mean(values, tuple(ranked(alike)), score, spread, len(alike) - len(scores)))
    return sorted(found, key=lambda mean: (mean.faults, mean.score))
