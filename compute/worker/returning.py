"""What the open document on the compute thread does with earlier steps of its run, and with runs that are kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy.typing as npt

from compute.document import Document
from compute.history import Mark
from compute.ops.base import WeightSpec
from compute.runs.rewinding import Rewinding
from compute.training import Trainer
from compute.worker.keeping import LEAST_EPOCHS, Keeping, trained_shapes
from compute.worker.moments import Interrupted, first_mark
from compute.worker.planes import Planes
from compute.worker.showing import Showing
from compute.workspace import TableCache, Workspace, open_document

Array = npt.NDArray[Any]


class Returning:
    """The part of a ``Job`` that goes back: to a step of the run, or to another run. What it declares is the job's."""

    document: Document
    workspace: Workspace
    keeping: Keeping
    notice: str
    _trainer: Trainer | None
    _past: Rewinding
    _mark: Mark
    _weights: dict[str, Array]
    _interrupted: Interrupted | None
    _tables: TableCache
    _planes: Planes
    _showing: Showing

    def _mark_now(self) -> Mark:
        raise NotImplementedError

    def close(self) -> None:
        """Free what the device holds."""
        raise NotImplementedError

    # -- earlier steps --------------------------------------------------------------------------------------

    @property
    def is_on_the_way(self) -> bool:
        """Whether an earlier step is wanted that is not reached yet, to be come nearer by ``go_on_the_way``."""
        earlier = self._past.earlier
        return earlier is not None and self._trainer is not None and self._trainer.step < earlier.wanted

    def go_to(self, step: int | None) -> None:
        """Show a step that was done, or the nearest that can be shown; None: the newest. Errors: DeviceError."""
        if self._trainer and step is None:
            self._past.leave(self._trainer)
        elif self._trainer:
            self._past.go_to(self._trainer, step or 0)

    def go_on_the_way(self, seconds: float) -> None:
        """Train again towards the step that is wanted. Errors: as of training."""
        if self._trainer:
            self._past.advance(self._trainer, seconds)

    def branch(self, document: Document | None = None, workspace: Workspace | None = None) -> None:
        """What is done next is done to the moment that is shown: where that is an earlier one another run begins there,
        and the one before is kept, of that document. Errors: as of training."""
        while self.is_on_the_way:
            self.go_on_the_way(1.0)
        end = self._past.branch(self._trainer)
        if end and self._trainer:
            self._keep(end, document, workspace)
            parent, step = self.keeping.now(self._trainer), self._trainer.step
            seconds = parent.seconds * step / max(1, end.progress.steps)
            self.keeping.begin(self._trainer, parent.number, step, seconds)

    # -- runs that are kept ---------------------------------------------------------------------------------

    def _keep(self, mark: Mark, document: Document | None = None, workspace: Workspace | None = None) -> None:
        """Keep the run that goes on, as it is at a moment."""
        shapes = trained_shapes(workspace or self.workspace)
        mark = replace(mark, weights={**self._weights, **mark.weights})
        self.keeping.keep(document or self.document, mark, shapes, self._trainer)

    def keep(self, name: str = "") -> None:
        """Keep the run as it is now, and begin another at this moment. Errors: DeviceError."""
        self.go_to(None)
        mark = self._mark_now()
        if mark.progress.steps:
            self.keeping.rename(self.keeping.runs.now.number, name)
            self._keep(mark)
            now = self.keeping.now(self._trainer)
            self.keeping.begin(self._trainer, now.number, mark.progress.steps, now.seconds)

    def set_aside(self) -> None:
        """Keep the run that goes on as it is now, where it has come somewhere. Errors: DeviceError."""
        self.go_to(None)
        mark = self._mark_now()
        if mark.progress.epochs >= LEAST_EPOCHS:
            self._keep(mark)

    def restore(self, number: int, *, anew: bool, aside: bool = False) -> None:
        """A run that is kept goes on, or another that begins at its end (``anew``); the one before is kept, unless
        it was set ``aside`` before the settings became those of that run. The network is as that run has it. Errors:
        DeviceError."""
        run = self.keeping.runs.find(number)
        if run is None or run.weights is None:
            return
        if not aside:
            self.set_aside()
        self.close()
        self._past, self._interrupted = Rewinding(), None
        if anew:
            self.keeping.begin(None, number, run.progress.steps, run.origin.seconds)
        else:
            self.keeping.go_on(run.origin)
        document, weights = replace(self.document, progress=run.progress), run.weights

        def fitting(name: str, spec: WeightSpec) -> Array | None:
            given = weights.get(name)
            return given if given is not None and given.shape == spec.shape else None

        self.workspace = open_document(document, strict=False, cache=self._tables, lookup=fitting)
        self._planes.clear()
        self._weights = dict(self.workspace.program.weights)
        self._mark = first_mark(document, run.progress)
        self._showing.go_to(run.progress.shown)
        self.notice = f"{run.title} is back at {run.progress.name}."
