"""One open document as the compute thread has it: workspace, run, trainer, and the weights of earlier edits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.analysis import loss_problem
from compute.batches import Rows
from compute.boundary import BoundaryPlane, plane_columns
from compute.document import Document, Progress, Training
from compute.engine import Engine, Program, Ready, Run, Waiting
from compute.errors import DeviceError
from compute.explain import Entry
from compute.ops.base import WeightSpec
from compute.problems import Problem, ProblemError
from compute.reference import ReferenceRun, completed
from compute.series import Series
from compute.snapshot import Boundary, Curve, Snapshot, Status
from compute.state import RunState
from compute.trace import Trace
from compute.training import Trainer, require_trainable
from compute.workspace import TableCache, Workspace, open_document

Array = npt.NDArray[Any]

# The wires show one fixed batch, so that numbers change because weights change and for no other reason.
_MOST_VIEW_ROWS = 256


@dataclass(frozen=True)
class Look:
    """What a snapshot shows of a run, asked for at one moment, to be waited for."""

    program: Program
    rows: Rows
    trace: Waiting[Trace]
    boundary: Callable[[], Boundary] | None
    state: Waiting[RunState]


class Job:
    """Weights are remembered by name and specification: undoing a change of shape brings trained weights back.

    A run computes what leads to the loss alone, and goes on through edits of everything else.
    """

    def __init__(self, document: Document, revision: int) -> None:
        self._tables = TableCache()
        self._store: dict[tuple[str, WeightSpec], Array] = {}
        self._trainer: Trainer | None = None
        self._past: Progress | None = document.progress
        self._left: tuple[Workspace, Progress] | None = None
        """What was trained before an edit changed it, and how far, until something else is trained."""
        self._shown: tuple[int, int, Curve] | None = None
        """Epochs, steps and curve at the last snapshot, whose weights ``_weights`` are."""
        self._plane: BoundaryPlane | None = None
        self.plane_columns: tuple[str, str] | None = None
        self.notice = ""
        self.document, self.revision = document, revision
        self.workspace = open_document(document, strict=False, cache=self._tables)
        self._weights: dict[str, Array] = dict(self.workspace.program.weights)

    @property
    def weights(self) -> Mapping[str, Array]:
        """The current weights, by name."""
        return {**self._weights, **self._trainer.run.weights()} if self._trainer else self._weights

    @property
    def done(self) -> bool:
        """Whether the document's epochs are done."""
        return self._trainer is not None and self._trainer.finished

    def edit(self, document: Document, revision: int, *, stops: bool = False) -> bool:
        """The document changed in a way that changes numbers. Returns whether training may go on: what leads to the
        loss is as before, or another loss was chosen. Where it is another, a new run begins with every weight that
        still fits.

        stops: whether training ends where it may not go on. Errors: GradwireError for settings of the training.
        """
        self._remember()
        old, self.document, self.revision = self.document, document, revision
        reseeded = document.training.seed != old.training.seed
        lookup = None if reseeded else (lambda name, spec: self._store.get((name, spec), document.weights.get(name)))

        def fitting(name: str, spec: WeightSpec) -> Array | None:
            value = lookup(name, spec) if lookup else document.initial.get(name)
            return value if value is not None and value.shape == spec.shape else None

        before, progress = self.workspace, self._trainer.progress if self._trainer else self._past
        workspace = open_document(document, strict=False, cache=self._tables, lookup=fitting)
        goes_on = workspace.trains_as(before)
        self.workspace, self._plane = workspace, None
        self._weights = dict(workspace.program.weights)
        other_loss = document.training.loss != old.training.loss
        if not goes_on:
            self.close()
            self._past = None
            if progress and progress.steps:
                self._left = before, progress
                what = "loss" if other_loss else "network, its data or the seed"
                stopped = "Training stopped: the" if stops and not other_loss else "The"
                self.notice = f"{stopped} {what} changed, so the curve begins anew."
            if reseeded:
                self._left = None  # there are other weights now
            if self._left and workspace.trains_as(self._left[0]):
                self._past, self._left, self.notice = self._left[1], None, ""
        elif self._trainer:
            self._trainer.training = document.training
        return goes_on or other_loss

    def _remember(self) -> None:
        weights = self.weights
        for name, (_, spec) in self.workspace.program.analysis.parameters.items():
            if name in weights:
                self._store[name, spec] = np.asarray(weights[name], dtype=np.float64)

    def settle(self) -> None:
        """Wait for the training that is under way. Errors: GradwireError, DeviceError."""
        if self._trainer:
            self._trainer.settle()

    def abandon_run(self) -> None:
        """The run's device is lost; what the last snapshot showed stays: weights, steps and curve."""
        if self._trainer and self._shown:
            epochs, steps, curve = self._shown
            train = zip(curve.x.tolist(), curve.train.tolist(), strict=True)
            validation = zip(curve.validation_x.tolist(), curve.validation.tolist(), strict=True)
            self._past = Progress(epochs, steps, list(train), list(validation))
        self._trainer = None

    def leave_run(self) -> None:
        """Another engine takes over: the weights as they are now stay, or where they cannot be read as they were last,
        and the curve."""
        if self._trainer:
            with suppress(DeviceError):
                self._weights = dict(self.weights)
                self._shown = self._trainer.epoch, self._trainer.step, self._curve()
                self._trainer.run.close()
            self.abandon_run()

    def set_training(self, training: Training) -> None:
        """Other settings for the same run. Errors: GradwireError; the old settings then stay in force."""
        self.document = replace(self.document, training=training)
        if self._trainer:
            self._trainer.training = training

    def more_epochs(self) -> None:
        """Train on for the document's number of epochs again."""
        assert self._trainer is not None
        self._trainer.goal = self._trainer.epoch + self._trainer.training.epochs

    def set_weight(self, name: str, entry: Entry, value: float) -> None:
        """Change one entry of a weight as it is now; what an edit took away meanwhile is left alone."""
        weights = self.weights
        if name not in weights:
            return
        array = np.array(weights[name], dtype=np.float64)
        if len(entry) == array.ndim and all(i < n for i, n in zip(entry, array.shape, strict=True)):
            array[entry] = value
            if self._trainer and name in self._trainer.program.weights:
                self._trainer.run.set_weights({name: array})
            self._weights[name] = array

    def reset(self) -> None:
        """First weights, no history."""
        self._past, self._left, self._shown, self.notice = None, None, None, ""
        self._weights = self.workspace.program.first_weights()
        if self._trainer:
            self._trainer.reset()

    def trainer(self, engine: Engine) -> Trainer:
        """The trainer, its run opened on first use. Errors: GradwireError if the graph cannot be trained."""
        if self._trainer is None:
            program = self.workspace.trained
            if self.workspace.problem:
                raise ProblemError(self.workspace.problem)
            require_trainable(program, self.document.training.loss)
            run = engine.open(program)
            run.set_weights({name: self._weights[name] for name in program.weights})
            self._trainer = Trainer(program, self.document.training, run, self._past, keep_all=False)
            self._left, self.notice = None, ""
        return self._trainer

    def close(self) -> None:
        """Free what the device holds."""
        if self._trainer:
            self._trainer.run.close()
        self._trainer = None

    def _looking_run(self, busy: bool) -> Run:
        """The run that is training, or the reference engine, which answers at once and builds nothing."""
        if self._trainer and not busy:
            return self._trainer.run
        run = ReferenceRun(self.workspace.program)
        run.set_weights(self.weights)
        return run

    def look(self, *, busy: bool = False) -> Look:
        """Ask for what a snapshot shows, as it is after all training that was started. Errors: DeviceError."""
        program, trainer = self.workspace.program, self._trainer
        run = self._looking_run(busy)
        rows = np.arange(min(program.rows, self.document.training.batch_size, _MOST_VIEW_ROWS))
        # Another optimizer than before begins anew.
        goes_on = trainer.run if trainer and type(trainer.optimizer) is trainer.run.optimizer else None
        return Look(
            run.program,
            rows,
            run.start_trace(rows) if program.analysis.order else Ready(Trace(rows=rows)),
            self._boundary(self.workspace, run),
            goes_on.start_state() if goes_on else Ready(RunState({})),
        )

    def snapshot(
        self,
        *,
        running: bool,
        problem: Problem | None,
        device: str,
        device_reason: str,
        on_opencl: bool,
        device_problem: str = "",
        busy: str = "",
        look: Look | None = None,
    ) -> Snapshot:
        """The state of everything; the device is not asked to compute while it is ``busy``. ``look``: asked for when
        just that training was started that is recorded now. Errors: DeviceError."""
        workspace, program = self.workspace, self.workspace.program
        look = look or self.look(busy=bool(busy))
        trace, rows = look.trace.get(), look.rows
        if look.program is not program:
            trace = completed(trace, program, self._weights)
        self._weights.update(trace.parameters)
        trainer, past = self._trainer, self._past or Progress()
        steps = trainer.step if trainer else past.steps
        curve = self._curve()
        if trainer:
            self._shown = trainer.epoch, trainer.step, curve
        return Snapshot(
            revision=self.revision,
            analysis=program.analysis,
            trace=trace,
            state=self._state(running, bool(problem), steps),
            epoch=trainer.epoch if trainer else past.epochs,
            step=steps,
            goal=trainer.goal if trainer else max(self.document.training.epochs, past.epochs),
            curve=curve,
            last_epoch=trainer.history.epochs[-1] if trainer and trainer.history.epochs else None,
            samples_per_second=trainer.samples_per_second if trainer else 0.0,
            seconds_left=trainer.seconds_left if trainer else None,
            rows=program.rows,
            validation_rows=program.validation_rows,
            row_labels=workspace.order[rows] if program.train else np.zeros(len(rows), np.int64),
            columns=workspace.table.names if workspace.table else (),
            categories=dict(workspace.table.categories) if workspace.table else {},
            device=device,
            device_reason=device_reason,
            device_problem=device_problem,
            on_opencl=on_opencl,
            boundary=look.boundary() if look.boundary else None,
            optimizer_state=look.state.get().optimizer.arrays,
            updates_done=look.state.get().optimizer.updates,
            problem=problem or workspace.problem or self._loss_problem(),
            busy=busy,
            notice=self.notice,
        )

    def _loss_problem(self) -> Problem | None:
        """Why there is no loss, unless a node at fault says so itself."""
        analysis, loss = self.workspace.program.analysis, self.document.training.loss
        if not loss or analysis.problems or loss in analysis.waiting:
            return None
        return loss_problem(analysis, loss)

    def _state(self, running: bool, stopped: bool, steps: int) -> Status:
        if running:
            return "running"
        if stopped:
            return "stopped"
        if self.done:
            return "finished"
        return "paused" if steps else "idle"

    def _curve(self) -> Curve:
        if self._trainer:
            train, validation = self._trainer.history.train, self._trainer.history.validation
        else:
            past = self._past or Progress()
            train, validation = Series(past.train), Series(past.validation)
        return Curve(*train.columns(), *validation.columns())

    def _boundary(self, workspace: Workspace, run: Run) -> Callable[[], Boundary] | None:
        names = plane_columns(workspace)
        if len(names) < 2:
            return None
        wanted = self.plane_columns or (names[0], names[1])
        if not set(wanted) <= set(names):
            wanted = (names[0], names[1])
        if self._plane is None or self._plane.columns != wanted:
            self._plane = BoundaryPlane(workspace, wanted)
        return self._plane.look(run)
