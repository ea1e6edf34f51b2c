"""What happened in a training so far, and a moment of it to go back to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.evaluation import Judgements
from compute.series import VALIDATION_LOSS, Series
from compute.state import Progress

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Epoch:
    """What is known at the end of an epoch; ``loss`` is the mean over its rows, before each update.

    validation_loss: None without validation rows; metrics: on those, or without any on the first of training, empty
    where nothing is compared with a target. For an epoch after which the network was not judged there is neither.
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

    def ended(
        self, first: int, losses: npt.NDArray[np.float64], judged: npt.NDArray[np.intp], found: Judgements
    ) -> None:
        """Record epochs that ended, from ``first`` on, and how good the network was after those that were judged."""
        finite, held_back = np.isfinite(found.losses), found.on == "validation"
        for name, values in found.metrics.items():
            if finite.any():
                self.named(f"{found.on} {name}").extend(judged[finite].astype(float), values[finite])
        if held_back:
            self.named(VALIDATION_LOSS).extend(judged.astype(float), found.losses.astype(float))
        # There may be an epoch for every few microseconds of training.
        nothing: tuple[float | None, Mapping[str, float]] = None, {}
        told = dict.fromkeys(judged.tolist(), nothing)
        columns = [values.tolist() for values in found.metrics.values()]
        rows = zip(*columns, strict=True) if columns else iter(() for _ in range(len(found)))
        for epoch, loss, row in zip(told, found.losses.tolist(), rows, strict=False):
            metrics = dict(zip(found.metrics, row, strict=True)) if math.isfinite(loss) else {}
            told[epoch] = loss if held_back else None, metrics
        self.epochs += [
            Epoch(epoch, loss, *told.get(epoch, nothing)) for epoch, loss in enumerate(losses.tolist(), first)
        ]


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
