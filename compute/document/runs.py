"""Runs of a document that are kept beside the one that goes on: what each was trained with, and what came of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy.typing as npt

from compute.document.settings import TrainingSettings
from compute.graph import Graph
from compute.state import Progress

Array = npt.NDArray[Any]

MOST_UNNAMED = 20
"""Of runs without a name of their own so many are kept at most; the oldest go."""
MOST_RUNS = 200
"""Those that a file may have."""
MOST_BYTES = 64 << 20
"""Weights and optimizer of all runs that are kept together; of the oldest only the curves are left."""
MOST_POINTS = 400
"""Of each curve of a run that is kept."""


@dataclass(frozen=True)
class Origin:
    """Which run it is, and where it came from.

    number: among those of the document, from 1; name: that a person gave it, "" for none; parent: the number of the run
    that it branched from, after ``branched`` steps; 0: it began anew; seconds: of training, so far.
    """

    number: int = 1
    name: str = ""
    parent: int = 0
    branched: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, eq=False)
class KeptRun:
    """A run as it was last: network, data and settings as of a document, how far it came, and its weights.

    weights: full name → array, the optimizer's in ``progress``; None: they are no longer kept, so that it can be
    compared and not restored. extra: fields that this version does not know.
    """

    origin: Origin
    graph: Graph
    data: Mapping[str, Any]
    training: TrainingSettings
    progress: Progress
    weights: Mapping[str, Array] | None
    size: str = ""
    """The network in a few letters, as 2-8-8-1."""
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """As in ``Origin``."""
        return self.origin.number

    @property
    def title(self) -> str:
        """The name that a person gave it, or else what it is: run 3: adam 0.01, 30-16-1."""
        return self.origin.name or automatic_title(self.number, self.training, self.size)

    @property
    def bytes(self) -> int:
        """What its state takes."""
        arrays = [array for of in self.progress.optimizer.arrays.values() for array in of.values()]
        return sum(array.nbytes for array in (*(self.weights or {}).values(), *arrays))

    def without_state(self) -> KeptRun:
        """Settings and curves alone."""
        optimizer = replace(self.progress.optimizer, arrays={})
        return replace(self, weights=None, progress=replace(self.progress, optimizer=optimizer))


@dataclass(frozen=True, eq=False)
class Runs:
    """kept: by number, rising; now: the run that goes on, which is none of them; last: the highest number there was."""

    kept: tuple[KeptRun, ...] = ()
    now: Origin = field(default_factory=Origin)
    last: int = 1
    extra: Mapping[str, Any] = field(default_factory=dict)

    def find(self, number: int) -> KeptRun | None:
        """A run that is kept."""
        return next((run for run in self.kept if run.number == number), None)

    def with_run(self, run: KeptRun) -> Runs:
        """One more, or another in place of that of its number; what is too much is given up."""
        others = (each for each in self.kept if each.number != run.number)
        kept = _within(sorted((*others, run), key=lambda each: each.number), run.number)
        return replace(self, kept=kept, last=max(self.last, run.number))

    def without(self, number: int) -> Runs:
        """That run is not kept any more."""
        return replace(self, kept=tuple(run for run in self.kept if run.number != number))

    def renamed(self, number: int, name: str) -> Runs:
        """A run has another name; "": the automatic one again."""
        if number == self.now.number:
            return replace(self, now=replace(self.now, name=name))
        kept = (
            replace(run, origin=replace(run.origin, name=name)) if run.number == number else run for run in self.kept
        )
        return replace(self, kept=tuple(kept))

    def after(self, seconds: float) -> Runs:
        """With the seconds that the run which goes on was trained."""
        return replace(self, now=replace(self.now, seconds=seconds))

    def begun(self, parent: int = 0, branched: int = 0, seconds: float = 0.0) -> Runs:
        """Another run goes on: with a number of its own where that before it is kept, else in place of it."""
        number = self.last + 1 if self.find(self.now.number) else self.now.number
        return replace(self, now=Origin(number, "", parent, branched, seconds), last=max(self.last, number))

    def going_on(self, origin: Origin) -> Runs:
        """A run goes on that did before, and is kept no longer."""
        kept = self.without(origin.number).kept
        return replace(self, kept=kept, now=origin, last=max(origin.number, *(run.number for run in kept), 1))


def _within(runs: list[KeptRun], newest: int) -> tuple[KeptRun, ...]:
    """The runs that may be kept, the newest in any case."""
    unnamed = [run.number for run in runs if not run.origin.name and run.number != newest]
    gone = {*unnamed[: max(0, len(unnamed) + 1 - MOST_UNNAMED)]}
    found = [run for run in runs if run.number not in gone]
    # Of those that a person named last.
    order = sorted(found, key=lambda run: (bool(run.origin.name) or run.number == newest, run.number))
    taken = sum(run.bytes for run in found)
    bare: set[int] = set()
    for run in order:
        if taken <= MOST_BYTES:
            break
        taken -= run.bytes
        bare.add(run.number)
    return tuple(run.without_state() if run.number in bare else run for run in found)


def automatic_title(number: int, training: TrainingSettings, size: str) -> str:
    """What a run is called that has no name: run 3: adam 0.01, 30-16-1."""
    optimizer = training.optimizer
    rate = optimizer.get("learning_rate")
    what = f"{optimizer.get('name', '')} {rate:g}" if isinstance(rate, int | float) else str(optimizer.get("name", ""))
    return f"run {number}: {', '.join(part for part in (what.strip(), size) if part)}"


def size_of(shapes: Iterable[tuple[int, ...]]) -> str:
    """A network in a few letters: the widths of its layers, where their weights follow each other, as 2-8-8-1; else how
    many weights it has. shapes: of all weights, in the order of the network."""
    shapes = [*shapes]
    layers = [shape for shape in shapes if len(shape) == 2]
    chain = all(a[1] == b[0] for a, b in pairwise(layers))
    if layers and chain:
        return "-".join(map(str, (layers[0][0], *(shape[1] for shape in layers))))
    count = sum(map(math.prod, shapes))
    return f"{count:,} weights" if count else ""
