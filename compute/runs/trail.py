"""The way that a training went, as marks from which any step of it can be computed again, bit for bit.

Marks are kept within a budget of memory, and what lies between two is trained again. They lie the denser the nearer
they are to the end, since that is where one looks back to; the first is always kept.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from compute import budget
from compute.document.settings import TrainingSettings
from compute.history import Epochs, Mark
from compute.series import Points

BYTES, SHARE = 256 << 20, 8
"""All marks together take at most so many bytes, and one part in so many of what a document may ask for."""
MOST_MARKS = 2000
_ARRAY = 200
"""Bytes that an array takes beside its numbers."""
_ROOM = 0.95
"""Marks are given up until so much of what they may take is taken."""
_NEAR = 0.1
"""From the end to the start the marks grow apart as (distance + this share of the whole)."""
_PREFERRED = 2.0
"""So much further apart are marks before the end of an epoch is given up."""


def allowed() -> int:
    """The bytes that all marks may take."""
    return min(BYTES, budget.limit() // SHARE)


def size_of(mark: Mark) -> int:
    """The bytes of a mark's arrays."""
    held: list[npt.NDArray[Any]] = [*mark.weights.values()]
    held += [array for arrays in mark.progress.optimizer.arrays.values() for array in arrays.values()]
    if mark.progress.best:
        state = mark.progress.best.state
        held += [*state.weights.values()]
        held += [array for arrays in state.optimizer.arrays.values() for array in arrays.values()]
    return 1000 + sum(_ARRAY + array.nbytes for array in held)


@dataclass(frozen=True, slots=True)
class Stage:
    """From ``step`` on, at ``epoch`` epochs, training went by these settings, to end with epoch ``goal``."""

    step: int
    epoch: float
    training: TrainingSettings
    goal: int


@dataclass(frozen=True, slots=True)
class Reach:
    """Which steps of a run can be gone to, and which part of which epoch each is: both rise together, and between two
    of them evenly."""

    steps: tuple[int, ...] = (0,)
    epochs: tuple[float, ...] = (0.0,)

    @property
    def first(self) -> int:
        """The earliest step."""
        return self.steps[0]

    @property
    def last(self) -> int:
        """The newest step."""
        return self.steps[-1]

    def step_at(self, epoch: float) -> int:
        """The step nearest to a place on the axis of epochs."""
        return round(float(np.interp(epoch, self.epochs, self.steps)))

    def epoch_at(self, step: int) -> float:
        """Where a step is on the axis of epochs."""
        return float(np.interp(step, self.steps, self.epochs))


class Trail:
    """Marks and stages of one run on one engine. ``most_bytes``: None: what is allowed."""

    def __init__(self, most_bytes: int | None = None, most: int = MOST_MARKS) -> None:
        self._most_bytes, self._most = most_bytes, most
        self._marks: list[Mark] = []
        self.steps: list[int] = []
        """The steps of the marks."""
        self._sizes: list[int] = []
        self._pinned: list[bool] = []
        self._wanted: list[float] = []
        """How much more than others each mark is wanted."""
        self._stages: list[Stage] = []
        self.last = 0, 0.0
        """The newest step, and its place on the axis of epochs."""

    def __len__(self) -> int:
        return len(self._marks)

    @property
    def bytes(self) -> int:
        """What the marks take."""
        return sum(self._sizes)

    @property
    def reach(self) -> Reach | None:
        """What can be gone to; None where nothing is kept."""
        if not self._marks:
            return None
        first = self.steps[0]
        knots = [(first, position(self._marks[0]))]
        knots += [(s.step, s.epoch) for s in self._stages if first < s.step < self.last[0]]
        if self.last[0] > first:
            knots.append(self.last)
        return Reach(*zip(*knots, strict=True))

    def clear(self) -> None:
        """Nothing can be gone back to."""
        self._marks, self.steps, self._sizes, self._pinned, self._wanted, self._stages = [], [], [], [], [], []

    def begin(self, mark: Mark, training: TrainingSettings, goal: int) -> None:
        """A run begins, or goes on from where nothing is known of the steps before."""
        self.clear()
        self._stages = [Stage(mark.progress.steps, position(mark), training, goal)]
        self.turn(mark)

    def note(self, mark: Mark) -> None:
        """Training has come to a moment."""
        if self._marks and mark.progress.steps > max(self.last[0], self.steps[-1]):
            self._add(mark, pinned=False)

    def turn(self, mark: Mark) -> None:
        """At a step that was reached the state has become another, to which no training leads."""
        self._drop_from(mark.progress.steps)
        self._add(mark, pinned=True)

    def change(self, step: int, epoch: float, training: TrainingSettings, goal: int) -> Stage | None:
        """Other settings, from a step on; returns those that were in force before."""
        new = Stage(step, epoch, training, goal)
        before = self._stages[-1] if self._stages else None
        if self._stages and self._stages[-1].step >= step:
            self._stages.pop()
        last = self._stages[-1] if self._stages else None
        if last is None or (last.training, last.goal) != (training, goal):
            self._stages.append(new)
        return before

    def cut(self, mark: Mark) -> None:
        """Another training begins at a moment of this: what came after is none of it."""
        step = mark.progress.steps
        self._drop_from(step + 1)
        self._stages = [stage for stage in self._stages if stage.step <= step] or self._stages[:1]
        self.last = step, position(mark)

    def before(self, step: int) -> Mark | None:
        """The last mark at or before a step; None where the step is out of reach."""
        at = bisect_right(self.steps, step)
        return self._marks[at - 1] if at and step <= self.last[0] else None

    def stage_at(self, step: int) -> tuple[Stage, int | None]:
        """How the step after ``step`` was done, and the step at which that ended; None: that has not ended."""
        at = max(1, bisect_right(self._stages, step, key=lambda stage: stage.step))
        return self._stages[at - 1], self._stages[at].step if at < len(self._stages) else None

    def _add(self, mark: Mark, *, pinned: bool) -> None:
        bare = replace(mark, progress=replace(mark.progress, series={}), losses=(), epochs=Epochs())
        self.last = mark.progress.steps, position(mark)
        self._marks.append(bare)
        self.steps.append(mark.progress.steps)
        self._sizes.append(size_of(bare))
        self._pinned.append(pinned)
        self._wanted.append(1.0 if mark.progress.place else _PREFERRED)
        self._thin()

    def _drop_from(self, step: int) -> None:
        while self._marks and self.steps[-1] >= step:
            self._drop(len(self._marks) - 1)

    def _drop(self, at: int) -> None:
        del self._marks[at], self.steps[at], self._sizes[at], self._pinned[at], self._wanted[at]

    def _thin(self) -> None:
        most = allowed() if self._most_bytes is None else self._most_bytes
        if len(self._marks) <= self._most and self.bytes <= most:
            return
        # Some more than it takes, so that it is seldom needed.
        while self._marks and (len(self._marks) > _ROOM * self._most or self.bytes > _ROOM * most):
            for at in sorted(self._least(1 + len(self._marks) // 32), reverse=True):
                self._drop(at)

    def _least(self, count: int) -> list[int]:
        """Which marks are missed least, no two beside each other. Where none can be without, the first: what can be
        gone to begins later."""
        free = np.flatnonzero(~np.array(self._pinned))
        if not free.size:
            return [0]
        steps = np.array(self.steps, np.float64)
        end, start = float(self.last[0]), steps[0]
        before, after = np.concatenate([[start], steps[:-1]]), np.append(steps[1:], end)
        apart = (after - before) / (end - steps + _NEAR * (end - start) + 1.0) * np.array(self._wanted)
        found: set[int] = set()
        for at in free[np.argsort(apart[free], kind="stable")[: 2 * count]].tolist():
            if len(found) < count and not found & {at - 1, at + 1}:
                found.add(at)
        return [*found]


def position(mark: Mark) -> float:
    """Epochs done, with the fraction of the current one."""
    place = mark.progress.place
    return mark.progress.epochs + (place.done / place.order.steps if place else 0.0)


def cut(series: Mapping[str, Points], epoch: float) -> dict[str, Points]:
    """The curves of a run up to a place of theirs."""
    found = {name: points.until(epoch) for name, points in series.items()}
    return {name: points for name, points in found.items() if len(points.x)}
