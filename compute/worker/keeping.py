"""The runs of the open document: which one goes on, and those that are kept beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy.typing as npt

from compute.document import Document
from compute.document.runs import MOST_POINTS, KeptRun, Origin, Runs, size_of
from compute.history import Mark
from compute.training import Trainer
from compute.workspace import Workspace

Array = npt.NDArray[Any]
Shapes = Mapping[str, tuple[int, ...]]
LEAST_EPOCHS = 1
"""A run of fewer is not worth keeping unasked."""


def trained_shapes(workspace: Workspace) -> Shapes:
    """Of the weights that lead to the loss, in the order of the network."""
    return {name: spec.shape for name, (_, spec) in workspace.trained.analysis.parameters.items()}


class Keeping:
    """runs: the same as long as nothing of them changes but the seconds of the one that goes on."""

    def __init__(self, runs: Runs) -> None:
        self.runs = runs
        self._before = runs.now.seconds
        """Seconds of the run that its trainer does not count."""

    def seconds(self, trainer: Trainer | None) -> float:
        """How long the run that goes on was trained."""
        return max(0.0, self._before + (trainer.seconds if trainer else 0.0))

    def closes(self, trainer: Trainer) -> None:
        """Its trainer goes, and another will go on with the same run."""
        self._before += trainer.seconds

    def keep(self, document: Document, mark: Mark, shapes: Shapes, trainer: Trainer | None) -> bool:
        """Keep the run that goes on as it is at a moment, with all weights of the document; whether there was anything
        to keep. shapes: of the weights that are trained, in the order of the network."""
        if not mark.progress.steps:
            return False
        series = {name: points.thinned(MOST_POINTS) for name, points in mark.progress.series.items()}
        progress, size = replace(mark.progress, series=series), size_of(shapes.values())
        run = KeptRun(self.now(trainer), document.graph, document.data, document.training, progress, mark.weights, size)
        self.runs = self.runs.with_run(run)
        return True

    def begin(self, trainer: Trainer | None, parent: int = 0, branched: int = 0, seconds: float = 0.0) -> None:
        """Another run goes on, with so many seconds of its parent's."""
        self.runs = self.runs.begun(parent, branched, seconds)
        self._before = seconds - (trainer.seconds if trainer else 0.0)

    def put(self, run: KeptRun) -> None:
        """A run that was kept is kept again."""
        self.runs = self.runs.with_run(run)

    def drop(self, number: int) -> None:
        """A run is kept no longer."""
        self.runs = self.runs.without(number)

    def rename(self, number: int, name: str) -> None:
        """A run has another name."""
        self.runs = self.runs.renamed(number, name)

    def now(self, trainer: Trainer | None) -> Origin:
        """The run that goes on, with its seconds."""
        return replace(self.runs.now, seconds=self.seconds(trainer))

    def go_on(self, origin: Origin) -> None:
        """A run goes on that did before, without a trainer yet; what has begun since has come to nothing."""
        self.runs = self.runs.going_on(origin)
        self._before = origin.seconds
