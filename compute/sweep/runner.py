"""Trains the trials of a sweep: those side by side that can be, all others one after the other.

Every trial starts from its first weights, and gives the same bits as its document trained alone on the same device.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from compute import budget
from compute.batches import Order
from compute.beside import likeness
from compute.document import Document
from compute.engine import Engine, Lane, Program, WideEngine
from compute.errors import DeviceError, GradwireError
from compute.numbers_text import number_text
from compute.problems import ProblemError
from compute.schedules import course_of, optimizer_of
from compute.state import RunState
from compute.sweep.block import ROOM, Block, bytes_of_epoch
from compute.sweep.outcome import Outcome
from compute.sweep.trial import Sweep, Trial
from compute.training import Trainer, require_trainable
from compute.workspace import TableCache, open_document

TOGETHER = 1024
"""Trials of one block."""
SHARE, COPIES, OWN = 4, 6, 20_000
"""The networks of a block may take one of so many parts of the memory that there is for a document; each has its rows
and weights so often, on the device and here, and so many bytes beside them."""
CHUNK_SECONDS = 0.1
"""Of a trial that trains alone, between two moments at which the sweep can be called off."""


@dataclass(frozen=True, eq=False)
class Reached:
    """How far a sweep is. share: of its steps, 0 … 1; seconds: spent; left: how long the rest will take, None while
    that is not known; outcomes: of all trials, by their number."""

    share: float
    seconds: float
    left: float | None
    outcomes: tuple[Outcome, ...]


Told = Callable[[Reached], bool]
"""Hears how far a sweep is; True calls it off."""


class Runner:
    """Trains the trials of one sweep. Errors of making it: GradwireError where a trial's document is wrong, naming the
    values."""

    def __init__(self, sweep: Sweep, engine: Engine, cache: TableCache | None = None) -> None:
        self.sweep, self._engine = sweep, engine
        self._cache = cache or TableCache()
        self.outcomes = [Outcome(trial) for trial in sweep.trials]
        """Of all trials, by their number."""
        self._programs: dict[Hashable, Program] = {}
        self._steps = [0] * len(sweep.trials)
        self._begun = time.perf_counter()
        self._groups = self._grouped()

    def run(self, told: Told = lambda _: False) -> bool:
        """Train them all, or until ``told`` says so; returns whether all are done. Errors: DeviceError."""
        self._begun = time.perf_counter()
        for group in self._groups:
            for block in self._blocks(group):
                if self._train(block, told):
                    return False
        return True

    @property
    def reached(self) -> Reached:
        """How far it is now."""
        done = sum(goal if o.fault or o.state else o.steps for o, goal in zip(self.outcomes, self._steps, strict=True))
        share = done / max(1, sum(self._steps))
        seconds = time.perf_counter() - self._begun
        return Reached(share, seconds, seconds * (1 - share) / share if share > 0 else None, tuple(self.outcomes))

    def _train(self, trials: Sequence[Trial], told: Told) -> bool:
        """A block of one group; returns whether it was called off."""
        beside = None
        if len(trials) > 1 and isinstance(self._engine, WideEngine):
            lanes = [self._lane(trial) for trial in trials]
            # Where the rows that are held back depend on the seed, their number may.
            if len({(lane.program.rows, lane.program.validation_rows) for lane in lanes}) == 1:
                beside = self._engine.beside(lanes)
        if beside is None:
            return any(self._train_alone(trial, told) for trial in trials)
        try:
            outcomes = [self.outcomes[trial.number - 1] for trial in trials]
            block = Block(beside, [self._document(trial).training.epochs for trial in trials], outcomes)

            def take() -> bool:
                for outcome in block.outcomes:
                    self.outcomes[outcome.trial.number - 1] = outcome
                return told(self.reached)

            off = block.train(take)
            return take() or off
        finally:
            beside.close()

    def _train_alone(self, trial: Trial, told: Told) -> bool:
        """One trial by a run of its own; returns whether the sweep was called off."""
        program, training, at = self._program(trial), self._document(trial).training, trial.number - 1
        run = self._engine.open(program)
        fault, off = "", False
        try:
            trainer = Trainer(program, training, run)

            def so_far() -> bool:
                nonlocal off
                self.outcomes[at] = _so_far(trial, trainer)
                off = told(self.reached)
                return off

            try:
                trainer.finish(so_far, CHUNK_SECONDS)
                trainer.settle()
            except DeviceError:
                raise
            except GradwireError as error:
                fault = str(error)
            self.outcomes[at] = replace(_so_far(trial, trainer), fault=fault, state=run.state())
        finally:
            run.close()
        return told(self.reached) or off

    def _grouped(self) -> list[list[Trial]]:
        """The trials, those together that can be trained side by side, and among those the ones with more epochs
        first."""
        groups: dict[Hashable, list[Trial]] = {}
        known: dict[Hashable, tuple[Hashable, int]] = {}
        for trial in self.sweep.trials:
            key, epochs = self._key(trial, seed=False), self._document(trial).training.epochs
            if key not in known:
                try:
                    lane = self._lane(trial)
                    known[key] = likeness(lane), lane.order.steps
                except DeviceError:
                    raise
                except GradwireError as error:
                    raise GradwireError(f"{values_text(trial)}: {error}") from error
                self._programs.clear()
            like, steps = known[key]
            self._steps[trial.number - 1] = steps * epochs
            groups.setdefault(like, []).append(trial)
        return [sorted(group, key=lambda trial: -self._steps[trial.number - 1]) for group in groups.values()]

    def _blocks(self, group: Sequence[Trial]) -> Iterator[Sequence[Trial]]:
        """A group in parts, each of which fits into the memory; one by one what does not train side by side."""
        lane, most = self._lane(group[0]), 1
        # One that stops early has to look at each epoch before it goes on.
        patient = self._document(group[0]).training.patience > 0
        if isinstance(self._engine, WideEngine) and not patient and self._engine.takes(lane):
            tables = (*lane.program.train.values(), *lane.program.validation.values())
            held = COPIES * sum(table.nbytes for table in (*tables, *lane.program.weights.values())) + OWN
            most = max(1, min(TOGETHER, budget.limit() // SHARE // held, ROOM // bytes_of_epoch(lane)))
        size = math.ceil(len(group) / math.ceil(len(group) / most))
        for start in range(0, len(group), size):
            yield group[start : start + size]
            self._programs.clear()

    def _lane(self, trial: Trial) -> Lane:
        program, training = self._program(trial), self._document(trial).training
        order = Order(program.rows, training.batch_size, training.seed, training.shuffle)
        optimizer = optimizer_of(training)
        course = course_of(training, optimizer, order.steps, training.epochs)
        return Lane(program, optimizer, order, course if course.varies else None)

    def _program(self, trial: Trial) -> Program:
        """What the trial trains, shared with those that differ in nothing that matters to it."""
        key = self._key(trial)
        if key not in self._programs:
            document = self._document(trial)
            workspace = open_document(document, cache=self._cache)
            if workspace.missing:
                raise ProblemError(workspace.missing)
            require_trainable(workspace.program, document.training.loss)
            self._programs[key] = workspace.trained
        return self._programs[key]

    def _document(self, trial: Trial) -> Document:
        return self.sweep.document_of(trial)

    def _key(self, trial: Trial, *, seed: bool = True) -> Hashable:
        """The values that the trial's network, rows and kind of optimizer depend on."""
        return tuple(
            repr(trial.values[axis.name])
            for axis in self.sweep.axes
            if axis.varied.makes_another or (seed and axis.varied.is_seed)
        )


def _so_far(trial: Trial, trainer: Trainer) -> Outcome:
    """What a trainer has recorded."""
    epochs = [epoch for epoch in trainer.history.epochs if epoch.epoch <= trainer.epoch]
    judged = [epoch for epoch in epochs if epoch.validation_loss is not None]
    progress = trainer.mark_of(RunState({})).progress
    return Outcome(
        trial,
        np.array([epoch.loss for epoch in epochs]),
        np.array([epoch.validation_loss for epoch in judged], np.float64),
        np.array([epoch.epoch for epoch in judged], np.float64),
        epochs[-1].metrics if epochs else {},
        trainer.step,
        progress=progress,
    )


def values_text(trial: Trial) -> str:
    """A trial's values as they are written: ``lr=0.01, units=8``."""
    return ", ".join(f"{name}={value_text(value)}" for name, value in trial.values.items())


def value_text(value: Any) -> str:
    """A value as it is written."""
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    return number_text(value) if isinstance(value, int | float) else str(value)
