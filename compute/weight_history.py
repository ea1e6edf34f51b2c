"""How the entries of weights went, sampled whenever numbers of a run are taken for show, which costs the run nothing.

Arrays of a snapshot never change, so that a moment is kept by holding them. As many moments are kept as fit into a
budget, the older ones ever further apart; of the one entry that is watched every moment since it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from compute.snapshot import Snapshot
from compute.tensor_view import Entry

Array = npt.NDArray[Any]
BUDGET = 32 << 20
"""Bytes of all moments together."""
MOST_MOMENTS, MOST_WATCHED = 600, 2000
_RECENT = 60
"""So many of the last moments are not thinned out."""
WEIGHT, GRADIENT = "w", "∂L/∂w"


class Moment(NamedTuple):
    """One moment: updates done, weights and gradients by name, and what the optimizer remembers of each."""

    step: int
    weights: Mapping[str, Array]
    gradients: Mapping[str, Array]
    remembered: Mapping[str, Mapping[str, Array]]

    @property
    def size(self) -> int:
        """Its bytes."""
        arrays = [*self.weights.values(), *self.gradients.values()]
        arrays += [array for each in self.remembered.values() for array in each.values()]
        return 1000 + sum(array.nbytes for array in arrays)

    def at(self, name: str, entry: Entry) -> dict[str, float] | None:
        """The numbers of one entry; None where there is no such entry."""
        weight = self.weights.get(name)
        if weight is None or len(entry) != weight.ndim or any(i >= n for i, n in zip(entry, weight.shape, strict=True)):
            return None
        out = {WEIGHT: float(weight[entry])}
        gradient = self.gradients.get(name)
        if gradient is not None and gradient.shape == weight.shape:
            out[GRADIENT] = float(gradient[entry])
        for key, array in self.remembered.get(name, {}).items():
            out[key] = float(array[entry])
        return out


class Samples(NamedTuple):
    """steps: updates done at each moment, rising; columns: by name, NaN where a moment has no such number."""

    steps: npt.NDArray[np.int64]
    columns: Mapping[str, npt.NDArray[np.float64]]


@dataclass
class WeightHistory:
    """Fed with every snapshot that is shown; begins anew when the run does."""

    budget: int = BUDGET
    most: int = MOST_MOMENTS
    _moments: list[Moment] = field(default_factory=list)
    _watched: tuple[str, Entry] | None = None
    _seen: dict[int, dict[str, float]] = field(default_factory=dict)

    def clear(self) -> None:
        """Forget everything: another run."""
        self._moments.clear()
        self._seen.clear()

    def add(self, snapshot: Snapshot) -> None:
        """Take the moment of a snapshot; of two at the same step the later counts."""
        optimizer = snapshot.progress.optimizer
        moment = Moment(snapshot.step, snapshot.weights, snapshot.trace.parameter_grads, optimizer.arrays)
        if not moment.weights:
            return
        if self._moments and moment.step < self._moments[-1].step:
            self.clear()
        if self._moments and moment.step == self._moments[-1].step:
            self._moments.pop()
        self._moments.append(moment)
        self._thin()
        if self._watched is not None:
            self._see(moment)

    def watch(self, name: str, entry: Entry) -> None:
        """Of this entry every moment is kept from now on."""
        if (name, entry) != self._watched:
            self._watched, self._seen = (name, entry), {}
            for moment in self._moments:
                self._see(moment)

    def _see(self, moment: Moment) -> None:
        assert self._watched is not None
        found = moment.at(*self._watched)
        if found is not None:
            self._seen.pop(moment.step, None)
            self._seen[moment.step] = found
            while len(self._seen) > MOST_WATCHED:
                # Every second of the older half, so that the run as a whole stays in sight.
                steps = list(self._seen)[1 : MOST_WATCHED // 2 : 2]
                for step in steps:
                    del self._seen[step]

    def _thin(self) -> None:
        size = self._moments[-1].size
        most = max(2, min(self.most, self.budget // size))
        while len(self._moments) > most:
            recent = min(_RECENT, most // 2)
            older = self._moments[: len(self._moments) - recent]
            self._moments = [*(older[::2] if len(older) > 2 else older[1:]), *self._moments[len(older) :]]

    @property
    def samples(self) -> Samples:
        """What is known of the entry that is watched."""
        steps = sorted(self._seen)
        names = dict.fromkeys(name for step in steps for name in self._seen[step])
        columns = {name: np.array([self._seen[step].get(name, np.nan) for step in steps]) for name in names}
        return Samples(np.array(steps, np.int64), columns)
