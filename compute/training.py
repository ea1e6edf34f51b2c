"""The training loop: epochs, batches, history and control, the same for the command line and the window.

The loop is cut into chunks of about ``seconds`` each, so that whoever drives it can pause, look or change the
settings in between. Order, batches and weights depend on the document's seed alone, never on the chunks.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from compute.document import Progress, Training
from compute.engine import Program, Rows, Run
from compute.errors import GradwireError
from compute.optimizers import Optimizer, make_optimizer
from compute.series import Series

# A chunk is bounded so that its losses and batches stay small even where a step takes microseconds.
_MOST_STEPS = 4096


@dataclass(frozen=True, slots=True)
class Epoch:
    """What is known at the end of an epoch; ``loss`` is the mean over its rows, before each update.

    validation_loss, metrics: None and empty without validation rows, and for an epoch amid a chunk.
    """

    epoch: int
    loss: float
    validation_loss: float | None
    metrics: Mapping[str, float]


@dataclass
class History:
    """What happened since the last reset: the loss of every step, and a record of every epoch.

    train, validation: loss over epochs done, thinned to what a plot can show, with the curves of an earlier session.
    """

    steps: list[float] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)
    train: Series = field(default_factory=Series)
    validation: Series = field(default_factory=Series)


def batches_of(rows: int, batch_size: int, seed: int, epoch: int, shuffle: bool) -> list[Rows]:
    """The batches of one epoch: row numbers, the last batch possibly smaller. ``epoch`` counts from 0."""
    order = np.arange(rows)
    if shuffle:
        stream = np.random.SeedSequence([seed % 2**32, epoch])
        order = np.random.Generator(np.random.PCG64(stream)).permutation(rows)
    return [order[start : start + batch_size] for start in range(0, rows, batch_size)]


def require_trainable(program: Program, loss: str) -> None:
    """Errors: GradwireError with the first problem of the graph, or if it has no loss or nothing to train."""
    program.analysis.require(loss)
    if not any(spec.trainable for _, spec in program.analysis.parameters.values()):
        raise GradwireError("There is nothing to train; add a dense layer or a trainable parameter.")


class Trainer:
    """Drives one run through its epochs. ``training`` may be replaced at any time between chunks.

    Without ``keep_all`` the history holds the thinned curves and the last epoch only, so that its memory stays flat
    however long the training goes on; that is all that a window needs.
    """

    def __init__(
        self, program: Program, training: Training, run: Run, past: Progress | None = None, *, keep_all: bool = True
    ) -> None:
        require_trainable(program, training.loss)
        self.program, self.run = program, run
        self._training = training
        self.optimizer: Optimizer = make_optimizer(training.optimizer)
        self.history = History(train=Series(past.train), validation=Series(past.validation)) if past else History()
        self.epoch = past.epochs if past else 0
        """Whole epochs done, with those of an earlier session."""
        self.step = past.steps if past else 0
        """Updates done, with those of an earlier session."""
        self._keep_all = keep_all
        self.goal = max(training.epochs, self.epoch)
        """The epoch at which training is finished."""
        self.seconds = 0.0
        self.rows_done = 0
        self._batches: list[Rows] = []
        self._next = 0
        self._epoch_sum = 0.0
        self._epoch_rows = 0
        self._rate = 0.0

    @property
    def training(self) -> Training:
        """The settings in force; a new learning rate acts at once, a new batch size from the next epoch."""
        return self._training

    @training.setter
    def training(self, training: Training) -> None:
        self.optimizer = make_optimizer(training.optimizer)
        if training.epochs != self._training.epochs:
            self.goal = max(training.epochs, self.epoch)
        self._training = training

    @property
    def position(self) -> float:
        """Epochs done, with the fraction of the current one."""
        return self.epoch + (self._next / len(self._batches) if self._batches else 0.0)

    @property
    def finished(self) -> bool:
        """Whether the epochs asked for are done."""
        return self.epoch >= self.goal

    @property
    def samples_per_second(self) -> float:
        """Rows trained per second of training time, since the last reset."""
        return self.rows_done / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """How long the rest will take at the pace so far; None while nothing is known."""
        done = self.rows_done / self.program.rows
        return (self.goal - self.position) * self.seconds / done if done and not self.finished else None

    @property
    def progress(self) -> Progress:
        """How far this is, with the whole curves: what a document keeps."""
        return Progress(self.epoch, self.step, self.history.train.points(), self.history.validation.points())

    def reset(self) -> None:
        """The first weights again, and no history."""
        self.run.reset(self.program.first_weights())
        self.history = History()
        self.goal = self._training.epochs
        self.epoch = self.step = self._next = self.rows_done = self._epoch_rows = 0
        self.seconds = self._epoch_sum = 0.0
        self._batches = []

    def train(self, seconds: float = 0.03, until: int | None = None) -> None:
        """As many steps as fit into about ``seconds``, at least one, at most to the end of epoch ``until``.

        Without ``until`` that is the current epoch, so that every epoch is validated; a chunk of several epochs
        validates the last of them that it ends. Errors: GradwireError when the loss is no longer finite, naming the
        first step where it was not (that step and all after it then count as not done), or after the last step a
        weight.
        """
        count = int(self._rate * seconds) if self._rate else 8
        self._advance(max(1, min(count, _MOST_STEPS)), until)

    def step_batch(self) -> None:
        """One update."""
        self._advance(1)

    def step_epoch(self) -> None:
        """To the end of the current epoch."""
        start = self.epoch
        while self.epoch == start:
            self.train()

    def _advance(self, count: int, until: int | None = None) -> None:
        start = time.perf_counter()
        parts = self._parts(count, max(until or 0, self.epoch + 1))
        batches = [rows for part, _ in parts for rows in part]
        self.run.keep()
        losses = self.run.train(batches, self.optimizer)
        bad = np.flatnonzero(~np.isfinite(losses))
        good = int(bad[0]) if bad.size else len(losses)
        if bad.size:
            # The same steps again as far as they were good, so that it does not matter how many go into a chunk.
            self.run.restore()
            self.run.train(batches[:good], self.optimizer)
        spent = time.perf_counter() - start
        self._rate = len(batches) / max(spent, 1e-6)
        self.seconds += spent
        if self._keep_all:
            self.history.steps.extend(losses[:good].tolist())
        epoch, done = self.epoch, 0
        for part, whole in parts:
            if done < good:
                self._record(part[: good - done], losses[done : min(done + len(part), good)], whole)
            done += len(part)
        if self.epoch > epoch and not self._next:
            self._validate()
        if bad.size:
            raise GradwireError(
                f"Training stopped: the loss became {losses[good]:g} at step {self.step + 1}, which was not done; "
                "lower the learning rate, standardise the data, or look for a log or a division of 0."
            )
        if self.finished:
            self._check_weights()

    def _check_weights(self) -> None:
        """The loss shows what an update did in the step after it; after the last one the weights must show it."""
        now = self.run.weights()
        for name, first in self.program.weights.items():
            if np.isfinite(first).all() and not np.isfinite(now[name]).all():
                raise GradwireError(
                    f"Training stopped: the weight {name} is not finite after step {self.step}; "
                    "lower the learning rate or standardise the data."
                )

    def _parts(self, count: int, until: int) -> list[tuple[list[Rows], list[Rows]]]:
        """The next batches, at most ``count`` and to the end of epoch ``until``: for each epoch that they are of, those
        to do now and all of the epoch. After the first epoch only whole ones: it is there that they are validated."""
        parts: list[tuple[list[Rows], list[Rows]]] = []
        epoch, whole, start = self.epoch, self._batches, self._next
        t = self._training
        while count > 0 and epoch < until:
            if not whole:
                whole = batches_of(self.program.rows, t.batch_size, t.seed, epoch, t.shuffle)
            if parts and len(whole) > count:
                break
            part = whole[start : start + count]
            parts.append((part, whole))
            count -= len(part)
            epoch, whole, start = epoch + 1, [], 0
        return parts

    def _record(self, part: list[Rows], losses: npt.NDArray[np.float64], whole: list[Rows]) -> None:
        """Steps of one epoch that were done."""
        sizes = np.array([len(rows) for rows in part])
        rows, total = int(sizes.sum()), float(losses @ sizes)
        self._batches = whole
        self._next += len(part)
        self.step += len(part)
        self.rows_done += rows
        self._epoch_sum += total
        self._epoch_rows += rows
        self.history.train.append(self.position, total / rows)
        if self._next == len(whole):
            self.epoch += 1
            self._batches, self._next = [], 0
            if not self._keep_all:
                self.history.epochs.clear()
            self.history.epochs.append(Epoch(self.epoch, self._epoch_sum / self._epoch_rows, None, {}))
            self._epoch_sum, self._epoch_rows = 0.0, 0

    def _validate(self) -> None:
        """Loss and metrics on the validation rows, for the epoch that ended last."""
        start = time.perf_counter()
        validation_loss, metrics = evaluate(self.program, self.run)
        self.seconds += time.perf_counter() - start
        last = self.history.epochs[-1]
        self.history.epochs[-1] = replace(last, validation_loss=validation_loss, metrics=metrics)
        if validation_loss is not None:
            self.history.validation.append(float(last.epoch), validation_loss)


def evaluate(program: Program, run: Run, which: str = "validation") -> tuple[float | None, dict[str, float]]:
    """Loss and metrics on the validation rows (or ``which="train"``); (None, {}) if there are none."""
    data, rows = (
        (program.validation, program.validation_rows) if which == "validation" else (program.train, program.rows)
    )
    op = program.analysis.ops[program.loss]
    if not rows or not data:
        return None, {}
    nodes = [program.loss]
    judged = op.group == "loss" and program.analysis.sources[program.loss][1] in data
    if judged:
        nodes.append(program.analysis.sources[program.loss][0])
    values = run.outputs(data, nodes)
    loss = float(values[program.loss])
    if not judged or not math.isfinite(loss):
        return loss, {}
    prediction, target = program.analysis.sources[program.loss]
    return loss, op.metrics(values[prediction], data[target])


def prediction_node(program: Program) -> str | None:
    """The node whose output the loss judges, if the loss is one of the loss ops."""
    op = program.analysis.ops.get(program.loss)
    if op is None or op.group != "loss" or program.loss not in program.analysis.sources:
        return None
    return program.analysis.sources[program.loss][0]
