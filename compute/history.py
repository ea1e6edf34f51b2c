"""What happened in a training so far, and a moment of it to go back to."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

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


@dataclass(frozen=True, eq=False, slots=True)
class _Together:
    """Epochs that were recorded together, from ``first`` on. losses: (epochs,); judged: the epochs after which the
    network was judged; found: how good it was then."""

    first: int
    losses: Array
    judged: npt.NDArray[np.intp]
    found: Judgements

    def records(self, start: int, stop: int) -> list[Epoch]:
        """Those at these places."""
        before, behind = np.searchsorted(self.judged, (self.first + start, self.first + stop)).tolist()
        found, held_back = self.found[before:behind], self.found.on == "validation"
        nothing: tuple[float | None, Mapping[str, float]] = None, {}
        told = dict.fromkeys(self.judged[before:behind].tolist(), nothing)
        columns = [values.tolist() for values in found.metrics.values()]
        rows = zip(*columns, strict=True) if columns else iter(() for _ in range(len(found)))
        for epoch, loss, row in zip(told, found.losses.tolist(), rows, strict=False):
            metrics = dict(zip(found.metrics, row, strict=True)) if math.isfinite(loss) else {}
            told[epoch] = loss if held_back else None, metrics
        losses = enumerate(self.losses[start:stop].tolist(), self.first + start)
        return [Epoch(epoch, loss, *told.get(epoch, nothing)) for epoch, loss in losses]


class Epochs(Sequence[Epoch]):
    """Records of epochs that followed one another. Each is made where it is looked at, since there may be one for every
    few microseconds of training."""

    def __init__(self) -> None:
        self._parts: list[_Together] = []
        self._ends: list[int] = []

    def add(self, part: _Together) -> None:
        """More of them."""
        if len(part.losses):
            self._parts.append(part)
            self._ends.append(len(self) + len(part.losses))

    def copy(self) -> Epochs:
        """All of this moment."""
        found = Epochs()
        found._parts, found._ends = [*self._parts], [*self._ends]
        return found

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[Epoch]:
        for part in self._parts:
            yield from part.records(0, len(part.losses))

    @overload
    def __getitem__(self, at: int) -> Epoch: ...
    @overload
    def __getitem__(self, at: slice) -> list[Epoch]: ...
    def __getitem__(self, at: int | slice) -> Epoch | list[Epoch]:
        places = range(len(self))[at]
        if isinstance(places, range):
            return [self[place] for place in places]
        which = bisect_right(self._ends, places)
        part = self._parts[which]
        inside = places - self._ends[which] + len(part.losses)
        return part.records(inside, inside + 1)[0]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Epochs) and [*self] == [*other]

    __hash__ = None  # type: ignore[assignment]


@dataclass
class History:
    """What happened since the last reset: the loss of every step, and a record of every epoch.

    series: by name, over epochs done, thinned to what a plot can show, with those of an earlier session.
    """

    steps: list[float] = field(default_factory=list)
    epochs: Epochs = field(default_factory=Epochs)
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
        finite = np.isfinite(found.losses)
        for name, values in found.metrics.items():
            if finite.any():
                self.named(f"{found.on} {name}").extend(judged[finite].astype(float), values[finite])
        if found.on == "validation":
            self.named(VALIDATION_LOSS).extend(judged.astype(float), found.losses.astype(float))
        self.epochs.add(_Together(first, losses, judged, found))


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
    epochs: Epochs = field(default_factory=Epochs)

    def goal_for(self, epochs: int) -> int:
        """The epoch at which training ends that goes on from here, with so many epochs asked for."""
        return max(self.goal if self.asked == epochs else epochs, self.progress.epochs)
