"""The one thread that computes: it owns the engine, answers commands, and publishes snapshots.

Commands go in by a queue. One immutable snapshot comes out by a slot where the newest wins; the window looks
30 times a second. No Qt object is made, used or freed here.
"""

from __future__ import annotations

import queue
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import zip_longest
from typing import Any

from compute.engine import Engine
from compute.errors import DeviceError, GradwireError
from compute.problems import Kind, Place, Problem, Remedy, problem_of
from compute.reference import ReferenceEngine
from compute.snapshot import Part, Snapshot
from compute.training import Trainer
from compute.waiting import PATIENCE, telling
from compute.worker.commands import (
    BringWeights,
    Command,
    Control,
    DropRun,
    GoTo,
    KeepRun,
    Open,
    PutRun,
    RenameRun,
    RestoreRun,
    SetAside,
    SetBoundary,
    SetEngine,
    SetNeurons,
    SetParts,
    SetSpeed,
    SetTraining,
    SetWalking,
    SetWatches,
    SetWeight,
    ShowBatch,
    ShowRow,
    Waits,
    is_superseded,
)
from compute.worker.engine_choice import EngineChoice
from compute.worker.job import Job
from compute.worker.pace import Pace
from compute.worker.pending import Pending
from compute.worker.reading import Reading

PROBING = "Looking for an OpenCL device …"
# After each chunk it is decided whether a snapshot is due; it is shown once the chunks under way by then are done. On
# average this pause and two and a half chunks make a thirtieth of a second.
CHUNK_SECONDS = 0.006
PUBLISH_SECONDS = 0.018
# Chunks that wait for the device, so that it has work while the window has the interpreter.
UNDER_WAY = 2
# On the way to an earlier step commands are looked for so often.
WAY_SECONDS = 0.015
# A chunk spans at most one in so many of the epochs asked for: validation follows a chunk, and its curve needs points.
VALIDATIONS = 100
# So often is the clock looked at while training waits for its next step.
LOOK_SECONDS = 0.02
# Making snapshots may cost this share of the time that training gets.
SHOWING_SHARE = 0.1


class TrainerThread:
    """Starts the thread at once; every public method may be called from the window's thread. ``clock``: by which the
    speed of the training goes, in seconds."""

    def __init__(self, choice: EngineChoice, clock: Callable[[], float] = time.perf_counter) -> None:
        self._queue: queue.SimpleQueue[tuple[int, Command]] = queue.SimpleQueue()
        self._sent = self._handled = 0
        self._latest: Snapshot | None = None
        self._shown = Snapshot()
        self._revision = -1
        self._choice = choice
        self._found = threading.Event()
        self._asked: list[tuple[str, int]] = []
        self._waits = ""
        self._probe = self._probe_for(choice, self._found)
        self._thread = threading.Thread(target=self._main, name="gradwire-compute", daemon=True)
        self.reading = Reading()
        """Of the document's data."""
        self._job: Job | None = None
        self._parts: frozenset[Part] = frozenset()
        self._neurons: tuple[str, ...] = ()
        self._engine: Engine | None = None
        self._reason, self._device_problem = PROBING, ""
        self._running = False
        self._pace = Pace(clock)
        self._epoch_goal: int | None = None
        self._problem: Problem | None = None
        self._published = 0.0
        self._show_cost = 0.0
        self._closing = False
        self._thread.start()
        self._probe.start()

    def send(self, command: Command) -> int:
        """Queue a command; it is carried out within one chunk. Returns its number, for ``Snapshot.handled``."""
        self._sent += 1
        self._queue.put((self._sent, command))
        return self._sent

    def take(self) -> Snapshot | None:
        """The newest snapshot, once; None if there is no newer one."""
        latest, self._latest = self._latest, None
        return latest

    def close(self, timeout: float = 10.0) -> None:
        """Stop and free the device; waits for the thread."""
        self.reading.call_off()
        self.send(Control("close"))
        self._thread.join(timeout)
        # A driver that does not answer is not waited for: its process ends with this one.
        self._probe.join(min(timeout, PATIENCE))

    def _probe_for(self, choice: EngineChoice, found: threading.Event) -> threading.Thread:
        """Probing a device for the first time takes seconds; edits are answered meanwhile, and what it waits for is
        said after one."""

        def find() -> None:
            try:
                with telling(lambda what: self._queue.put((0, Waits(what, choice)))):
                    choice.find()
            finally:
                found.set()
                self._queue.put((0, Control("device_ready")))

        return threading.Thread(target=find, name="gradwire-probe", daemon=True)

    def _main(self) -> None:
        while not self._closing:
            try:
                self._turn()
            except Exception as error:  # the thread must outlive a mistake of ours, and the person must hear of it
                traceback.print_exc()
                sentence = f"Something in Gradwire failed ({type(error).__name__}: {error}); save your work."
                self._stop(Problem(Kind.PROGRAM, Place(), sentence))
                self._publish_failure()
        if self._job:
            self._job.close()
        if self._engine:
            self._engine.close()

    def _turn(self) -> None:
        """Carry out what is queued, train a little, show it."""
        commands = self._waiting_commands()
        if commands:
            self._settle()
        for number, command in commands:
            try:
                self._carry_out(command)
            except DeviceError as error:
                self._lose_device(error)
                if isinstance(command, Open | SetTraining):
                    self._carry_out(command)
                    self._stop(Problem(Kind.DEVICE, Place(), self._reason, Remedy("choose device")))
            except GradwireError as error:
                self._stop(self._why(error))
            finally:
                self.reading.end()
                self._handled = max(self._handled, number)
        if self._closing:
            return
        if self._running and self._pace.per_second is not None:
            self._train_paced(show=bool(commands))
        elif self._running:
            self._train_chunk(show=bool(commands) or self._is_time_to_show())
        elif self._is_on_the_way:
            self._go_on_the_way(show=bool(commands))
        else:
            self._publish()

    @property
    def _is_on_the_way(self) -> bool:
        return self._job is not None and self._job.is_on_the_way

    def _go_on_the_way(self, *, show: bool) -> None:
        """Come nearer to an earlier step that is wanted, and show how near."""
        assert self._job is not None
        try:
            self._job.go_on_the_way(WAY_SECONDS)
        except DeviceError as error:
            self._lose_device(error)
        except GradwireError as error:
            self._job.go_to(None)
            self._stop(self._why(error))
        since = time.perf_counter() - self._published
        if show or not self._is_on_the_way or since >= max(PUBLISH_SECONDS, self._show_cost / SHOWING_SHARE):
            self._publish()

    def _waiting_commands(self) -> list[tuple[int, Command]]:
        """Everything queued; waits for the first if there is nothing else to do, or a little if no step is due."""
        commands = [] if self._running or self._is_on_the_way else [self._queue.get()]
        if self._running and self._pace.per_second is not None:
            with suppress(queue.Empty):
                commands.append(self._queue.get(timeout=max(0.001, min(self._pace.wait(), LOOK_SECONDS))))
        while True:
            try:
                commands.append(self._queue.get_nowait())
            except queue.Empty:
                break
        # Only the newest state of a document needs computing, unless something was asked of an older one.
        return [
            (number, command)
            for (number, command), (_, following) in zip_longest(commands, commands[1:], fillvalue=(0, None))
            if command is not None and not is_superseded(command, following)
        ]

    def _carry_out(self, command: Command) -> None:
        match command:
            case Open(document, revision, fresh):
                self._revision = revision
                self.reading.begin()
                running, self._running, self._problem = self._running, False, None
                if self._job and not fresh:
                    self._running = self._job.edit(document, revision, stops=running) and running
                    if self._running:
                        # Another loss may be one that cannot be trained; then training stops and says why.
                        self._job.trainer(self._require_engine())
                else:
                    self._asked = []
                    if self._job:
                        self._job.close()
                    self._job = Job(document, revision, self._parts, self.reading.tell)
                    self._job.per_second, self._job.map_nodes = self._pace.per_second, self._neurons
            case SetTraining(training) if self._job:
                self._problem = None
                self._job.set_training(training)
            case SetWatches(watches) if self._job:
                self._problem = None
                self._job.set_watches(watches)
            case SetWeight(name, span, value) if self._job:
                self._job.set_weight(name, span, value)
            case BringWeights(weights) if self._job:
                self._job.bring(weights)
            case SetParts(parts):
                self._parts = parts
                if self._job:
                    self._job.parts = parts
                    if "engine" in parts and self._engine is not None:
                        self._job.open_run(self._engine)
            case SetBoundary(columns) if self._job:
                self._job.plane_columns = columns
            case SetNeurons(nodes):
                self._neurons = nodes
                if self._job:
                    self._job.map_nodes = nodes
            case ShowBatch(epoch, index, of) if self._job:
                self._job.show_batch(epoch, index, of)
            case ShowRow(row) if self._job:
                self._job.show_row(row)
            case SetWalking(on) if self._job:
                self._job.set_walking(on)
            case GoTo(step) if self._job:
                self._running, self._asked = False, []
                self._job.go_to(step)
            case KeepRun(name) if self._job:
                self._job.keep(name)
            case PutRun(run) if self._job:
                self._job.keeping.put(run)
            case DropRun(number) if self._job:
                self._job.keeping.drop(number)
            case RenameRun(number, name) if self._job:
                self._job.keeping.rename(number, name)
            case RestoreRun(number, anew) if self._job:
                self._running, self._asked, self._problem = False, [], None
                self._job.restore(number, anew=anew, aside=True)
            case SetAside() if self._job:
                self._running, self._asked, self._problem = False, [], None
                self._job.set_aside()
            case SetSpeed(per_second):
                self._pace.set(per_second)
                if self._job:
                    self._job.per_second = per_second
            case SetEngine(choice):
                self._set_engine(choice)
            case Waits(what, choice) if choice is self._choice and self._engine is None:
                self._waits = what
            case Control(action, more):
                self._control(action, more)

    def _set_engine(self, choice: EngineChoice) -> None:
        self._running, self._problem = False, None
        if self._job:
            self._job.leave_run()
        if self._engine:
            with suppress(DeviceError):
                self._engine.close()
        self._engine, self._reason, self._device_problem = None, PROBING, ""
        self._asked, self._waits = [], ""
        self._choice, self._found = choice, threading.Event()
        self._probe = self._probe_for(choice, self._found)
        self._probe.start()

    def _control(self, action: str, more: int = 0) -> None:
        if action == "close":
            self._closing = True
        elif action == "device_ready":
            if self._found.is_set():
                self._require_engine()
                asked, self._asked = self._asked, []
                for action, more in asked:
                    self._control(action, more)
        elif self._job is None:
            return
        elif action == "pause":
            self._running, self._asked = False, []
        elif action == "reset":
            self._running, self._asked, self._problem = False, [], None
            self._job.reset()
        elif action == "test":
            self._job.test()
        elif not self._found.is_set():
            # Carried out when the device is known; meanwhile edits are answered, and pausing takes it back.
            self._asked.append((action, more))
            self._problem = None
        else:
            self._problem = None
            trainer = self._job.trainer(self._require_engine())
            self._job.branch()
            if action == "step_batch":
                self._running = False
                self._job.step_batch(self._require_engine())
            else:
                self._epoch_goal = trainer.epoch + 1 if action == "step_epoch" else None
                if more:
                    self._job.more_epochs(more)
                self._running = not self._reached(trainer)
                self._pace.begin()

    def _require_engine(self) -> Engine:
        if self._engine is None:
            self._found.wait()
            self._waits = ""
            opened = self._choice.open()
            self._engine, self._reason, self._device_problem = opened.engine, opened.reason, opened.problem
            self._engine.watch(self._show_building)
        return self._engine

    def _train_chunk(self, *, show: bool) -> None:
        """Train a little. If the next chunks will still run while a snapshot is shown, the snapshot's numbers are asked
        for before those: they then belong to exactly the steps counted, and the device does not wait."""
        assert self._job is not None
        pending: Pending | None = None
        try:
            trainer = self._job.trainer(self._require_engine())
            if not self._reached(trainer):
                if show and trainer.ahead(CHUNK_SECONDS):
                    pending = self._job.ask()
                every, asked = max(1, trainer.goal // VALIDATIONS), pending is not None
                trainer.train(CHUNK_SECONDS, self._epoch_goal, every, under_way=UNDER_WAY, asked=asked)
            self._running = not self._reached(trainer)
        except DeviceError as error:
            self._lose_device(error)
        except GradwireError as error:
            self._stop(self._why(error))
        if show or not self._running:
            self._publish(pending if self._running else None)

    def _train_paced(self, *, show: bool) -> None:
        """The steps that are due, each shown where they are so slow that one can follow."""
        assert self._job is not None
        due = self._pace.take()
        try:
            engine = self._require_engine()
            trainer = self._job.trainer(engine)
            while due > 0 and not self._reached(trainer):
                before = trainer.step
                if self._pace.one_by_one:
                    self._job.step_batch(engine)
                else:
                    trainer.train(CHUNK_SECONDS, self._epoch_goal, most=due)
                    trainer.settle()
                due -= max(1, trainer.step - before)
            show |= trainer.step != self._shown.step and self._is_time_to_show()
            self._running = not self._reached(trainer)
        except DeviceError as error:
            self._lose_device(error)
        except GradwireError as error:
            self._stop(self._why(error))
        if show or not self._running:
            self._publish()

    def _settle(self) -> None:
        """Commands act on what is counted, so what is under way is waited for first."""
        if self._job:
            try:
                self._job.settle()
            except DeviceError as error:
                self._lose_device(error)
            except GradwireError as error:
                self._stop(self._why(error))

    def _reached(self, trainer: Trainer) -> bool:
        return trainer.finished if self._epoch_goal is None else trainer.epoch >= self._epoch_goal

    def _lose_device(self, error: DeviceError) -> None:
        """The device failed: keep the last weights that were seen, and go on with the reference engine."""
        assert self._job is not None
        self._job.abandon_run()
        self._engine = ReferenceEngine()
        self._reason = f"{error} The reference engine takes over from the last weights that were read."
        self._device_problem = self._reason
        self._stop(Problem(Kind.DEVICE, Place(), self._reason, Remedy("choose device")))

    def _why(self, error: GradwireError) -> Problem:
        return self._job.why(error) if self._job else problem_of(error, Kind.TRAINING)

    def _stop(self, problem: Problem) -> None:
        self._running, self._asked, self._problem = False, [], problem

    def _is_time_to_show(self) -> bool:
        pause = max(PUBLISH_SECONDS, self._show_cost / SHOWING_SHARE)
        return not self._running or time.perf_counter() - self._published >= pause

    def _publish(self, pending: Pending | None = None) -> None:
        if self._job is None:
            return
        # Not the time on the clock: waiting for the window's thread is no reason to show less often.
        start = time.thread_time()
        try:
            running = self._running or not {"train", "step_epoch"}.isdisjoint(action for action, _ in self._asked)
            busy = self._waits if self._engine is None else ""
            snapshot = self._job.snapshot(
                running=running, problem=self._problem, pending=pending, busy=busy, **self._device()
            )
        except DeviceError as error:
            self._lose_device(error)
            snapshot = self._job.snapshot(running=False, problem=self._problem, **self._device())
        self._show(snapshot)
        self._show_cost = time.thread_time() - start

    def _show_building(self) -> None:
        """Kernels are about to be built: show the state of now, as the next numbers of the device are seconds away."""
        if self._job and not (self._shown.busy and self._shown.revision == self._job.revision):
            busy = "Building kernels …"
            self._show(self._job.snapshot(running=self._running, problem=None, busy=busy, **self._device()))

    def _publish_failure(self) -> None:
        """After a mistake of ours: the last numbers with the sentence, as making new ones may fail again."""
        known = self._shown if self._shown.revision == self._revision else Snapshot(self._revision, **self._device())
        self._show(replace(known, state="stopped", problem=self._problem))

    def _show(self, snapshot: Snapshot) -> None:
        self._shown = self._latest = replace(snapshot, handled=self._handled)
        self._published = time.perf_counter()

    def _device(self) -> dict[str, Any]:
        return {
            "device": self._engine.label if self._engine else "",
            "device_reason": self._reason,
            "device_problem": self._device_problem,
            "on_opencl": self._engine is not None and not isinstance(self._engine, ReferenceEngine),
        }
