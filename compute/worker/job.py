"""One open document as the compute thread has it: workspace, run, trainer, and the weights of earlier edits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.data.source import Told, untold
from compute.document import Document, TrainingSettings, Watch
from compute.engine import Engine, Run
from compute.errors import DeviceError, GradwireError
from compute.evaluation import Judged, judged_rows, start_evaluation, start_test
from compute.explain.facts import spanned
from compute.history import Mark
from compute.large import look_at
from compute.measure import Ground, Moment, ask_all
from compute.numbers_text import of_some
from compute.problems import Problem, ProblemError
from compute.reference import ReferenceRun, completed
from compute.runs.rewinding import Rewinding
from compute.shown import RowsOf
from compute.snapshot import ALL, Part, Snapshot
from compute.state import OptimizerState
from compute.tensor_view import Placed, Span, index_of
from compute.trace import Trace
from compute.training import Trainer, require_trainable, unfit
from compute.turns import Turn
from compute.worker.keeping import LEAST_EPOCHS, Keeping
from compute.worker.moments import (
    Interrupted,
    begun_anew,
    changed_under_way,
    first_mark,
    fitted_for,
    has_other_rows,
    judged_last,
    loss_missing,
    status,
    with_numbers,
    with_settings,
    with_turn,
    with_turns,
)
from compute.worker.pace import ONE_BY_ONE
from compute.worker.pending import Pending, start_trace
from compute.worker.planes import Planes
from compute.worker.returning import Returning
from compute.worker.showing import Course, Showing
from compute.worker.watching import Watching
from compute.worker.weight_store import WeightStore
from compute.workspace import TableCache, Workspace, changed_sentence, open_document

Array = npt.NDArray[Any]

# A batch with more numbers in all nodes than this is not shown whole, but at least so many rows of it are.
_MOST_NUMBERS = 2**23
_LEAST_ROWS = 256


class Job(Returning):
    """A run computes what leads to the loss alone, and goes on through edits of everything else."""

    def __init__(self, document: Document, revision: int, parts: Set[Part] = ALL, told: Told = untold) -> None:
        """``parts``: what a snapshot holds beside how far training is and the weights; ``told``: as a ``TableCache``
        has it."""
        self.parts = parts
        self._tables = TableCache(told)
        self._store = WeightStore(document.training.seed)
        self._trainer: Trainer | None = None
        self._mark = first_mark(document, document.progress)
        """Without a run, where training will go on; with one, the moment that was shown last. Its weights are
        ``_weights``."""
        self._interrupted: Interrupted | None = None
        """What was trained before an edit changed it, until something else is trained."""
        self.keeping = Keeping(document.runs)
        self._past = Rewinding()
        """The steps of the run that can be gone to, and whether an earlier one is shown."""
        self._showing = Showing(self._mark.progress.shown)
        self.per_second: float | None = None
        """How many steps a second training does at most."""
        self.watching = Watching()
        self._planes = Planes()
        self.plane_columns: tuple[str, str] | None = None
        self.map_nodes: tuple[str, ...] = ()
        """The nodes whose neurons are wanted with a map each."""
        self.notice = ""
        self._tested: tuple[Workspace, Judged] | None = None
        """How good the network was on the test rows, and of what that is known."""
        self.document, self.revision = document, revision
        self.workspace = open_document(document, strict=False, cache=self._tables)
        if self.workspace.changed:
            self.notice = changed_sentence(self.workspace.changed)
        self.watching.use(document, self.workspace, None)
        self._weights: dict[str, Array] = dict(self.workspace.program.weights)

    @property
    def weights(self) -> Mapping[str, Array]:
        """The current weights, by name."""
        return {**self._weights, **self._trainer.run.weights()} if self._trainer else self._weights

    @property
    def done(self) -> bool:
        """Whether the document's epochs are done."""
        progress = self._mark.progress
        reached = progress.epochs >= self._mark.goal_for(self.document.training.epochs) and progress.epochs > 0
        reached |= progress.best is not None and progress.best.stopped
        return self._trainer.finished if self._trainer else reached

    def edit(self, document: Document, revision: int, *, stops: bool = False) -> bool:
        """The document changed in a way that changes numbers. Returns whether training may go on: what leads to the
        loss is as before, or another loss was chosen. Where it is another, a new run begins with every weight that
        still fits.

        stops: whether training ends where it may not go on. Errors: GradwireError for settings of the training.
        """
        before, mark = self.workspace, self._mark_now()
        self._mark = mark
        self._store.remember(self.document.training.seed, self.workspace.program.analysis.parameters, mark.weights)
        old, self.document, self.revision = self.document, document, revision
        fitting = self._store.lookup(document, old.training.seed)
        other_rows = bool(mark.progress.steps) and has_other_rows(document, old)
        document = replace(
            document, progress=mark.progress if other_rows else fitted_for(document, old, mark, self._interrupted)
        )
        workspace = open_document(document, strict=False, cache=self._tables, lookup=fitting)
        goes_on = workspace.trains_as(before)
        self._store.arrived(workspace.program.analysis.parameters)
        self.workspace = workspace
        self._planes.clear()
        self._weights = dict(workspace.program.weights)
        other_loss = document.training.loss != old.training.loss
        told = () if goes_on else changed_under_way(document, workspace, before, mark, other_rows=other_rows)
        if told:
            self._go_on_otherwise(old, before, mark, told)
            return True
        if not goes_on:
            self.branch(old, before)
            if mark.progress.epochs >= LEAST_EPOCHS:
                self._keep(mark, old, before)
            origin = self.keeping.now(self._trainer)
            self.close()
            self._mark = begun_anew(document, old, mark.progress)
            self.keeping.begin(None)
            if mark.progress.steps:
                self._interrupted = Interrupted(before, mark, self._past, old, origin)
                what = "loss" if other_loss else "network, its data or the seed"
                stopped = "Training stopped: the" if stops and not other_loss else "The"
                self.notice = f"{stopped} {what} changed, so the curve begins anew."
            self._past = Rewinding()
            if self._interrupted and workspace.trains_as(self._interrupted.workspace):
                self._mark, self._past = self._interrupted.mark, self._interrupted.past
                self.keeping.go_on(self._interrupted.origin)
                self._interrupted = None
                self.notice = f"Training is back at {self._mark.progress.name}."
                self._weights.update({n: w for n, w in self._mark.weights.items() if n in self._weights})
        elif self._trainer:
            self._trainer.training = document.training
            self._past.changed(self._trainer)
        self.watching.use(document, workspace, self._trainer)
        return goes_on or other_loss

    def _go_on_otherwise(self, old: Document, before: Workspace, mark: Mark, told: Sequence[Turn]) -> None:
        """The same run goes on with other rows, or counts otherwise; none of the steps before can be done again."""
        self.branch(old, before)
        self.close()
        # By another loss the best is another, too.
        now = replace(mark, progress=replace(mark.progress, best=None))
        self._mark, self._past = with_turns(now, told), Rewinding()
        said = told[0].sentence[:1].upper() + told[0].sentence[1:]
        self.notice = f"{said}; training goes on with {'it' if told[0].after else 'those of now'}."

    def _mark_now(self) -> Mark:
        """This moment, with all weights of the document. Errors: DeviceError."""
        mark = self._past.seen(self._trainer.mark()) if self._trainer else self._mark
        return replace(mark, weights={**self._weights, **(mark.weights if self._trainer else {})})

    def settle(self) -> None:
        """Wait for the training that is under way. Errors: GradwireError, DeviceError."""
        if self._trainer:
            self._trainer.settle()

    def abandon_run(self) -> None:
        """The run's device is lost; what the last snapshot showed stays: weights, steps, curves and momentum. Of a run
        whose earlier step was shown that is its end."""
        if self._past.earlier:
            self._mark = self._past.earlier.end
            self._weights.update(self._mark.weights)
        if self._trainer:
            self.keeping.closes(self._trainer)
        self._trainer = None
        self._past.end()

    def leave_run(self) -> None:
        """Another engine takes over and goes on from this moment, or where it cannot be read from what was shown
        last."""
        if self._trainer:
            with suppress(DeviceError):
                self._past.leave(self._trainer)
                self._mark = self._mark_now()
                self._weights = dict(self._mark.weights)
                self._trainer.run.close()
            self.abandon_run()

    def set_training(self, training: TrainingSettings) -> None:
        """Other settings for the same run. Errors: GradwireError; the old settings then stay in force."""
        before, self.document = self.document.training, replace(self.document, training=training)
        if self._trainer:
            self._trainer.training = training
            self._past.changed(self._trainer)
        else:
            self._mark = with_settings(self._mark, before, training)
        self._showing.recount(self._course())

    def set_watches(self, watches: tuple[Watch, ...]) -> None:
        """Watch for this from now on. Errors: as of training."""
        self.document = replace(self.document, watches=watches)
        self.watching.use(self.document, self.workspace, self._trainer)

    def why(self, error: GradwireError) -> Problem:
        """What an error of training says; the batch of a step that was not done is shown."""
        problem = self.watching.problem(error, self.document, self.workspace, lambda: self._past.best(self._trainer))
        if self.watching.fault is not None and self._trainer and not self._past.earlier:
            self._showing.choose(self._course(), *self._trainer.following)
        return problem

    def more_epochs(self, count: int) -> None:
        """Train on for so many epochs."""
        assert self._trainer is not None
        self._trainer.goal = self._trainer.epoch + count
        self._past.changed(self._trainer)

    # -- the batch on show ----------------------------------------------------------------------------------

    def step_batch(self, engine: Engine) -> None:
        """One update; its batch is shown, in a walk the one after it. Errors: as ``trainer``, and of training."""
        trainer = self.trainer(engine)
        trainer.settle()
        before = self._course()
        loss = trainer.step_batch()
        self._showing.stepped(before, self._course(), trainer.step, loss)

    def show_batch(self, epoch: int, index: int, of: RowsOf = "training") -> None:
        """A person chooses a batch of an epoch, or of rows that are kept from training."""
        self._showing.choose(self._course(), epoch, index, of)

    def show_row(self, row: int) -> None:
        """The batch that has this row of the table, of the epoch on show or of the rows that are kept from training."""
        for of, rows in self.workspace.rows_of.items():
            found = np.flatnonzero(rows == row)
            if found.size and self.workspace.program.train:
                self._showing.choose_row(self._course(), int(found[0]), of)

    def set_walking(self, on: bool) -> None:
        """A walk begins or ends."""
        self._showing.walk(self._course(), on)

    def _course(self) -> Course:
        """Where training is, or will go on."""
        trainer, program = self._trainer, self.workspace.program
        data, kept = bool(program.train), {of: len(rows) for of, rows in self.workspace.rows_of.items()}
        if trainer:
            return Course(trainer.following, trainer.next_update, trainer.order_of, data, kept)
        return Course.of(self.document.training, self._mark.progress, program.rows, data, kept)

    def test(self) -> None:
        """Find out how good the network is on the test rows, with the weights of now. Errors: DeviceError."""
        workspace = self.workspace
        if workspace.program.loss in workspace.program.analysis.shapes:
            judged = start_test(workspace.program, self._shown_run(False))()
            self._tested = workspace, replace(judged, epoch=self._course().following[0])

    def set_weight(self, name: str, span: Span, value: Placed) -> None:
        """Change entries of a weight as it is now; what an edit took away meanwhile is left alone."""
        array = with_numbers(self.weights.get(name), span, value)
        if array is None:
            return
        told = spanned(name, span), of_some(self.weights[name][index_of(span)]), of_some(value)
        if self._trainer and name in self._trainer.program.weights:
            self.branch()
            self._trainer.run.set_weights({name: array})
            self._trainer.note(*told)
            self._past.turned(self._trainer)
        elif not self._trainer:
            self._past.end()
            self._mark = with_turn(self._mark, *told)
        self._weights[name] = array
        self._tested = None
        self._showing.weights_changed()
        if self._interrupted:
            mark = self._interrupted.mark
            array = with_numbers(mark.weights.get(name), span, value)
            if array is not None:
                mark = replace(mark, weights={**mark.weights, name: array})
                self._interrupted = replace(self._interrupted, mark=mark, past=Rewinding())

    def bring(self, weights: Mapping[str, Array]) -> None:
        """Nodes that the next edits add have these weights, where they fit."""
        self._store.bring(weights)

    def reset(self) -> None:
        """First weights, no history; a run that has come somewhere is kept. Errors: DeviceError."""
        self.go_to(None)
        mark = self._mark_now()
        if mark.progress.epochs >= LEAST_EPOCHS:
            self._keep(mark)
        self._store.reset()
        self._mark, self._interrupted, self.notice = first_mark(self.document), None, ""
        self._tested = None
        if self.workspace.fitted:
            # From the start everything is fitted anew, to the data of now.
            self.close()
            self.document = replace(self.document, progress=None)
            self.workspace = open_document(self.document, strict=False, cache=self._tables)
            self._planes.clear()
        self._showing.begin_anew()
        self._weights = self.workspace.program.first_weights()
        self._past.end()
        if self._trainer:
            self._trainer.reset()
            self._past.begin(self._trainer)
        self.keeping.begin(self._trainer)

    def trainer(self, engine: Engine) -> Trainer:
        """The trainer, its run opened on first use. Errors: GradwireError if the graph cannot be trained."""
        if self._trainer is None:
            program = self.workspace.trained
            if self.workspace.problem:
                raise ProblemError(self.workspace.problem)
            require_trainable(program, self.document.training.loss)
            mark = replace(self._mark, weights={name: self._weights[name] for name in program.weights})
            self.notice = unfit(mark.progress, program)
            if self.notice:
                mark = replace(mark, progress=replace(mark.progress, optimizer=OptimizerState()))
            trainer = Trainer(program, self.document.training, engine.open(program), keep_all=False)
            trainer.rewind(mark)
            trainer.put_back = self._best_is_back
            self.watching.use(self.document, self.workspace, trainer)
            self._trainer = trainer
            self._past.begin(trainer)
        self._interrupted = None
        return self._trainer

    def _best_is_back(self) -> None:
        assert self._trainer is not None
        self._past.turned(self._trainer)
        self.notice = self._trainer.said

    def open_run(self, engine: Engine) -> None:
        """Have what trains compute what is shown from now on, where the graph can be trained. Errors: DeviceError."""
        interrupted, notice = self._interrupted, self.notice
        try:
            self.trainer(engine)
        except DeviceError:
            raise
        except GradwireError:
            return  # what is wrong is said where it is, or by training
        # Nothing is trained by that yet: what was trained before an edit can still come back.
        self._interrupted, self.notice = interrupted, self.notice or notice

    def close(self) -> None:
        """Free what the device holds."""
        if self._trainer:
            self._trainer.run.close()
            self.keeping.closes(self._trainer)
        self._trainer = None

    def _shown_run(self, busy: bool) -> Run:
        """The run that is training, or the reference engine, which answers at once and builds nothing."""
        if self._trainer and not busy:
            return self._trainer.run
        run = ReferenceRun(self.workspace.program)
        run.set_weights(self._weights)
        return run

    def ask(self, *, busy: bool = False, judge: bool = False) -> Pending:
        """Ask for what a snapshot shows, as it is after all training that was started; ``judge``: and how good the
        network is, where that costs little. Errors: DeviceError."""
        program, run, batch = self.workspace.program, self._shown_run(busy), self._showing.rows(self._course())
        per_row = max(1, program.analysis.numbers_per_row)
        # A gradient for every value.
        rows = batch[: max(_LEAST_ROWS, _MOST_NUMBERS // (2 * per_row))]
        judge = judge and program.loss in program.analysis.shapes
        judge = judge and judged_rows(program) * per_row <= _MOST_NUMBERS
        shown, state = self._showing.shown, run.start_state() if self._trainer and not busy else None
        return Pending(
            run.program,
            shown,
            batch,
            rows,
            self.parts,
            start_trace(run, rows, shown, state) if "trace" in self.parts and program.analysis.order else None,
            self._planes.boundary(self.workspace, run, self.plane_columns) if "boundary" in self.parts else None,
            self._planes.neurons(self.workspace, run, self.map_nodes) if "neurons" in self.parts else None,
            start_evaluation(run.program, run) if judge else None,
            state,
            ask_all(self.parts, Ground(self.workspace, run, self._planes.prepared)),
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
        pending: Pending | None = None,
    ) -> Snapshot:
        """The state of everything; the device is not asked to compute while it is ``busy``, and the last numbers are
        shown. ``pending``: what was asked for right after the steps that are recorded now. Errors: DeviceError."""
        workspace, program = self.workspace, self.workspace.program
        slow = self.per_second is not None and self.per_second <= ONE_BY_ONE
        pending, trainer = pending or self.ask(busy=bool(busy), judge=slow or not running), self._trainer
        trace = pending.trace.get() if pending.trace else Trace(rows=pending.rows)
        if trainer and pending.state:
            self._mark = self._past.seen(trainer.mark_of(pending.state.get()))
            self._weights.update(self._mark.weights)
        if pending.trace and pending.program is not program:
            trace = completed(trace, program, self._weights, pending.shown.update)
        look_at(trace)
        self._mark = replace(self._mark, progress=replace(self._mark.progress, shown=pending.shown))
        progress = self._mark.progress
        goal = trainer.goal if trainer else self._mark.goal_for(self.document.training.epochs)
        return Snapshot(
            revision=self.revision,
            analysis=program.analysis,
            parts=frozenset(pending.parts),
            trace=trace,
            weights=dict(self._weights),
            state=status(progress.steps, running=running, stopped=bool(problem), done=self.done),
            goal=goal,
            progress=progress,
            samples_per_second=trainer.samples_per_second(self.per_second) if trainer else 0.0,
            seconds_left=trainer.seconds_left(self.per_second) if trainer else None,
            batch=self._showing.told(
                self._course(), pending.shown, len(pending.batch), len(pending.rows), progress.steps
            ),
            judged=pending.judged() if pending.judged else judged_last(trainer),
            rows=program.rows,
            validation_rows=program.validation_rows,
            test_rows=program.test_rows,
            tested=self._tested[1] if self._tested and self._tested[0] is workspace else None,
            row_labels=workspace.rows_of[pending.shown.of][pending.rows]
            if program.train
            else np.zeros(len(pending.rows), np.int64),
            train=program.train,
            table=None if workspace.missing else workspace.table,
            changed=workspace.changed,
            filled=workspace.prepared.notes if workspace.prepared else (),
            held=workspace.held,
            device=device,
            device_reason=device_reason,
            device_problem=device_problem,
            on_opencl=on_opencl,
            boundary=pending.boundary() if pending.boundary else None,
            neurons=pending.neurons() if pending.neurons else None,
            measured=pending.measured(
                Moment(program.analysis, trace, self._weights, progress, self.document.training, program.rows, goal)
            ),
            problem=problem or workspace.problem or loss_missing(self.document, program),
            busy=busy,
            notice=self.notice,
            reach=self._past.reach,
            earlier=self._past.earlier,
            runs=self.keeping.runs,
            run_seconds=self.keeping.seconds(trainer),
            fault=self.watching.fault if problem is self.watching.told else None,
            watched=self.watching.applied,
        )
