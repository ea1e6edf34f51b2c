"""What happened in a training so far, and a moment of it to go back to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt

from compute.series import Series
from compute.state import Progress

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Epoch:
    """What is known at the end of an epoch; ``loss`` is the mean over its rows, before each update.

    validation_loss: None without validation rows; metrics: on those, or without any on the first of training, empty
    where nothing is compared with a target. For an epoch amid a chunk there is neither.
    """

    epoch: int
    loss: float
    validation_loss: float | None
    metrics: Mapping[str, float]


@dataclass
class History:
    """What happened since the last reset: the loss of every step, and a record of every epoch.

    series: by name, over epochs done, thinned to what a plot can show, with those of an earlier session.
    """

    steps: list[float] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)
    series: dict[str, Series] = field(default_factory=dict)

    def named(self, name: str) -> Series:
        """The series of that name, begun where there is none."""
        if name not in self.series:
            self.series[name] = Series()
        return self.series[name]


@dataclass(frozen=True, eq=False)
class Mark:
    """A moment of a training, as a value that never changes: ``Trainer.rewind`` goes back to it.

    weights: as in ``RunState``; goal, asked: the epoch at which it would end, and the epochs asked for at that time;
    losses, epochs: ``History.steps`` and ``History.epochs``.
    """

    weights: Mapping[str, Array]
    progress: Progress
    goal: int
    asked: int
    losses: tuple[float, ...] = ()
    epochs: tuple[Epoch, ...] = ()

    def goal_for(self, epochs: int) -> int:
        """The epoch at which training ends that goes on from here, with so many epochs asked for."""
        return max(self.goal if self.asked == epochs else epochs, self.progress.epochs)
