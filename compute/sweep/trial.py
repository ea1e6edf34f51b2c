"""The trials of a sweep: a document, what is varied in it, and each choice of values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from compute.document import Document
from compute.errors import GradwireError
from compute.sweep.axis import Axis

MOST_TRIALS = 100_000


@dataclass(frozen=True)
class Trial:
    """One choice: the value of each axis by its name. number: from 1, in the order in which they were made."""

    number: int
    values: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Sweep:
    """What is swept: every trial is ``document`` with other settings, trained from its first weights for its epochs.

    random: so many choices are drawn by the document's seed, each with every seed where the seed is an axis; 0: every
    combination. Errors of making one: GradwireError where an axis is there twice or there are too many trials.
    """

    document: Document
    axes: tuple[Axis, ...]
    random: int = 0
    trials: tuple[Trial, ...] = field(init=False)

    def __post_init__(self) -> None:
        names = [axis.name for axis in self.axes]
        if not names:
            raise GradwireError("nothing is varied; name a setting with its values, such as --set lr=0.1,0.01")
        for name in names:
            if names.count(name) > 1:
                raise GradwireError(f"--set: {name} is given twice; write all its values in one")
        seeds = [axis for axis in self.axes if axis.varied.is_seed]
        drawn = [axis for axis in self.axes if not axis.varied.is_seed] if self.random else []
        repeated = seeds if self.random else list(self.axes)
        if self.random and not drawn:
            drawn, repeated = seeds, []
        sizes = [len(axis.points()) for axis in repeated]
        count = math.prod(sizes) * max(1, self.random)
        if count > MOST_TRIALS:
            raise GradwireError(f"these are {count:,} trials, and {MOST_TRIALS:,} are the most; take fewer values")
        object.__setattr__(self, "trials", self._made(drawn, repeated))

    def _made(self, drawn: Sequence[Axis], repeated: Sequence[Axis]) -> tuple[Trial, ...]:
        random = np.random.Generator(np.random.PCG64(self.document.training.seed))
        choices = [{axis.name: axis.drawn(random) for axis in drawn} for _ in range(max(1, self.random))]
        points = [axis.points() for axis in repeated]
        found: list[Trial] = []
        for choice in choices:
            for values in product(*points):
                given = choice | dict(zip((axis.name for axis in repeated), values, strict=True))
                found.append(Trial(len(found) + 1, {axis.name: given[axis.name] for axis in self.axes}))
        return tuple(found)

    @property
    def repeats(self) -> bool:
        """Whether some trials differ in their seed alone."""
        return len(self.axes) > 1 and any(axis.varied.is_seed for axis in self.axes)

    def document_of(self, trial: Trial) -> Document:
        """The trial's document, as it is before training."""
        made = self.document.copy()
        made.weights, made.initial, made.progress = dict(made.initial), dict(made.initial), None
        for axis in self.axes:
            axis.varied.put(made, trial.values[axis.name])
        return made

    def choice_of(self, trial: Trial) -> tuple[Any, ...]:
        """What tells a trial from others but for the seed."""
        return tuple(trial.values[axis.name] for axis in self.axes if not axis.varied.is_seed)
