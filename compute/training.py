"""The training loop: epochs, batches, history and control, the same for the command line and the window.

The loop is cut into chunks of about ``seconds`` each, so that whoever drives it can pause, look or change the
settings in between. Order, batches and weights depend on the document's seed alone, never on the chunks.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from compute import budget
from compute.batches import Order
from compute.best import improves, sentence
from compute.changes import of_goal, of_settings
from compute.chunk import Chunk
from compute.document import TrainingSettings
from compute.engine import Program, Run
from compute.errors import GradwireError
from compute.evaluation import Judgements, judged_rows, most_evaluations, start_evaluations, start_last
from compute.history import Epochs, History, Mark
from compute.optimizers import Optimizer
from compute.plan import ParameterLayout
from compute.schedules import course_of, make_schedule, optimizer_of
from compute.series import LOSS, Series
from compute.state import Best, OptimizerState, Place, Progress, RunState, misfit
from compute.turns import Turn, noted
from compute.watches.checks import Check
from compute.watches.fault import TrainingStopped, fault_at_the_end, found_fault

Array = npt.NDArray[Any]

# A chunk is bounded so that its losses and batches stay small even where a step takes microseconds. Of so many row
# numbers nobody waits for the copy to a device.
_MOST_STEPS, _MOST_ROWS = 8192, 1 << 18
_RECENT = 64


def unfit(past: Progress | None, program: Program) -> str:
    """A sentence where the optimizer's state that a document holds does not fit what is trained; "" if it does."""
    layout = ParameterLayout.of(program.analysis, program.loss)
    reason = misfit(past.optimizer, {name: layout.shapes[name] for name in layout.trained_names}) if past else ""
    return f"The optimizer's state in the document is not used, as {reason}; training begins without." if reason else ""


def require_trainable(program: Program, loss: str) -> None:
    """Errors: GradwireError with the first problem of the graph, or if it has no loss or nothing to train."""
    program.analysis.require(loss)
    if not any(spec.trainable for _, spec in program.analysis.parameters.values()):
        raise GradwireError("There is nothing to train; add a dense layer or a trainable parameter.")


class Trainer:
    """Drives one run through its epochs. ``training`` may be replaced at any time between chunks.

    While the device computes a chunk, the next is prepared and put into its queue; only chunks that are done are
    recorded here, and ``settle`` waits for those under way and records them too.

    With ``keep_all`` the history holds every epoch, each of which is validated where ``train`` is asked for that, many
    of them in one chunk where the run can keep the weights that they ended with.
    Without it the history holds the thinned curves and the last epoch only, so that its memory stays flat
    however long the training goes on; that is all that a window needs.
    """

    def __init__(
        self,
        program: Program,
        training: TrainingSettings,
        run: Run,
        past: Progress | None = None,
        *,
        keep_all: bool = True,
    ) -> None:
        require_trainable(program, training.loss)
        self.program, self.run = program, run
        self._training = training
        self.optimizer: Optimizer = optimizer_of(training)
        make_schedule(training.schedule)
        self._keep_all = keep_all
        self.seconds = 0.0
        self.rows_done = 0
        self.epoch = 0
        """Whole epochs done, with those of an earlier session."""
        self.step = 0
        """Updates done, with those of an earlier session."""
        self.turns: tuple[Turn, ...] = ()
        """What was changed on the way, for the curve."""
        self.best: Best | None = None
        """The best moment so far, as long as the settings have a patience."""
        self.judging = 1
        """Where all epochs are kept: each so manieth is judged, and the one at the goal."""
        self.put_back: Callable[[], None] = lambda: None
        """Called when the best moment was put back."""
        self._goal = 0
        self._go_to(past or Progress())
        self._goal = max(training.epochs, self.epoch)
        if past is not None:
            run.restore(RunState({}, OptimizerState() if unfit(past, program) else past.optimizer))
        self._last_loss = math.nan
        self._recent = np.zeros(0)
        """The losses of the last steps, from which is told why one stops."""
        self._rate = 0.0
        self._recorded_at = 0.0
        self._started: deque[Chunk] = deque()
        self._most: dict[tuple[Any, ...], int] = {}
        """By optimizer and sizes of batches, how many epochs of a chunk can be validated after it."""

    @property
    def training(self) -> TrainingSettings:
        """The settings in force; a new learning rate acts at once, a new batch size from the next epoch."""
        return self._training

    @training.setter
    def training(self, training: TrainingSettings) -> None:
        rows = min(training.batch_size, self.program.rows)
        needed = self.program.analysis.memory(rows, self.program.validation_rows)
        budget.require(needed, f"Training with a batch size of {rows}", "make it smaller")
        optimizer, _ = optimizer_of(training), make_schedule(training.schedule)
        self.optimizer = optimizer
        if training.epochs != self._training.epochs:
            self.goal = max(training.epochs, self.epoch)
        if self.best and training.patience != self._training.patience:
            self.best = replace(self.best, since=self.epoch, stopped=False)
        self._training = training

    @property
    def goal(self) -> int:
        """The epoch at which training is finished; another one lets it go on where it stopped early."""
        return self._goal

    @goal.setter
    def goal(self, goal: int) -> None:
        if self.best:
            self.best = self.best.goes_on(self.epoch)
        self._goal = goal

    def note(self, what: str, before: str = "", after: str = "") -> None:
        """Something was changed here, for the curve; see ``Turn``."""
        if self.step:
            self.turns = noted(self.turns, [Turn(self.step, self.position, what, before, after)])

    def note_settings(self, before: TrainingSettings, goal: int) -> None:
        """The settings and the goal were these before."""
        if self.step:
            found = of_settings(self.step, self.position, before, self._training)
            if before.epochs == self._training.epochs:  # else that says it
                found += of_goal(self.step, self.position, goal, self.goal)
            self.turns = noted(self.turns, found)

    @property
    def position(self) -> float:
        """Epochs done, with the fraction of the current one."""
        return self.epoch + self._next / self._order.steps

    @property
    def following(self) -> tuple[int, int]:
        """Epoch and number of the batch that is trained next, both from 0, after all that is recorded."""
        return self.epoch, self._next

    @property
    def next_update(self) -> int:
        """The number of the next update, from 0, by which is drawn what ops draw at random."""
        return self.run.step if self.run.optimizer is type(self.optimizer) else 0

    def order_of(self, epoch: int) -> Order:
        """The rows of an epoch: of the one at hand those that it began with, of any other those of the settings."""
        return self._order if epoch == self.epoch and self._next else self._order_now()

    @property
    def finished(self) -> bool:
        """Whether the epochs asked for are done, or it has stopped before."""
        stopped = self.best is not None and self.best.stopped and self._training.patience > 0
        return self.epoch >= self.goal or stopped

    def samples_per_second(self, per_second: float | None = None) -> float:
        """Rows trained per second of training time, since the last reset; with at most so many steps a second."""
        found = self.rows_done / self.seconds if self.seconds > 0 else 0.0
        return min(found, per_second * self.program.rows / self._order.steps) if per_second else found

    def seconds_left(self, per_second: float | None = None) -> float | None:
        """How long the rest will take at the pace so far, with at most so many steps a second; None while nothing is
        known."""
        done, left = self.rows_done / self.program.rows, self.goal - self.position
        if not done or self.finished:
            return None
        return max(left * self.seconds / done, left * self._order.steps / per_second if per_second else 0.0)

    def reset(self) -> None:
        """The first weights again, and no history."""
        self._started.clear()
        self.run.reset(self.program.first_weights())
        self._go_to(Progress())
        self.goal = self._training.epochs
        self.rows_done, self.seconds = 0, 0.0

    def mark(self) -> Mark:
        """This moment, with all that was started recorded. Errors: as ``train``."""
        self.settle()
        return self.mark_of(self.run.state())

    def mark_of(self, state: RunState) -> Mark:
        """A mark of what is recorded; ``state``: the run's state after exactly those steps."""
        place = Place(self._order, self._next, self._epoch_sum, self._epoch_rows) if self._next else None
        series = {name: series.points() for name, series in self.history.series.items()}
        return Mark(
            state.weights,
            Progress(
                self.epoch,
                self.step,
                series,
                place,
                state.optimizer,
                self._epoch_loss,
                fitted=self.program.fitted if self.step else None,
                turns=self.turns,
                best=self.best if self._training.patience else None,
            ),
            self.goal,
            self._training.epochs,
            tuple(self.history.steps),
            self.history.epochs.copy(),
        )

    def rewind(self, mark: Mark) -> None:
        """Go back (or forward) to a moment, from which training repeats exactly; the settings stay as they are now.
        Steps that were started but not recorded are dropped. Errors: as ``Run.restore``; nothing is changed then."""
        self.run.restore(RunState(mark.weights, mark.progress.optimizer))
        self._started.clear()
        self._go_to(mark.progress)
        self.history.steps, self.history.epochs = list(mark.losses), mark.epochs.copy()
        self._goal = mark.goal_for(self._training.epochs)

    def _go_to(self, progress: Progress) -> None:
        """Set the epochs and steps done, the place in the epoch, and the curves."""
        self.history = History(series={name: Series(points) for name, points in progress.series.items()})
        self.epoch, self.step, self.turns = progress.epochs, progress.steps, progress.turns
        place = progress.place
        if place is None or place.order.rows != self.program.rows:
            place = Place(self._order_now(), 0, 0.0, 0)  # with other rows there, an epoch begins anew
        self._order, self._next = place.order, place.done
        self._epoch_sum, self._epoch_rows = place.loss_sum, place.rows
        self._epoch_loss = progress.epoch_loss
        layout, best = ParameterLayout.of(self.program.analysis, self.program.loss), progress.best
        trained = {name: layout.shapes[name] for name in layout.trained_names}
        self.best = best if best and best.fits(layout.shapes, trained) else None

    def train(
        self,
        seconds: float = 0.03,
        until: int | None = None,
        every: int = 1,
        most: int = _MOST_STEPS,
        *,
        again: bool = False,
        under_way: int = 1,
        asked: bool = False,
    ) -> None:
        """A chunk of as many steps as fit into about ``seconds``, at least one and at most ``most``; at most to the end
        of epoch ``until`` (without it, the goal), and of ``every`` epochs.

        An epoch that a chunk ends with is validated, so with ``every`` 1 each is; a chunk may then hold several, where
        all are kept and the run can validate them afterwards. The chunk is started, and those before it recorded but
        for the last so many that are under way; when none is left to start, all are. asked: numbers of the device were
        just asked for, so exactly what was started before is recorded. With a patience every epoch is judged by its
        loss; when that has not fallen for long enough, or at the goal, the best moment is put back and training is
        finished. again: what was done already is done again, and nothing of that happens. Errors: TrainingStopped when
        the loss or a gradient is no longer finite or a watch is set off, naming the first step where it was so (that
        step and all after it then count as not done), or after the last step a weight.
        """
        fitting = max(256, _MOST_ROWS // min(self._training.batch_size, self.program.rows))
        ahead, count = self.ahead(seconds), min(int(self._rate * seconds), most, fitting)
        goal, started = self.goal if until is None else until, 0
        while started < (under_way if asked else 1) and self._start(max(1, count), goal, every, again=again):
            started += 1
        left = started if asked else under_way
        while len(self._started) > (left if ahead and started else 0):
            self._record_next()

    def finish(self, each: Callable[[], object] = lambda: None, seconds: float = 0.1, every: int = 1) -> None:
        """Train to the end, in chunks of about so many seconds. After each of them ``each`` is called; what it returns,
        if true, ends that. every: as of ``train``; 0: as fast as can be, and judged by whoever wants to know. Errors:
        as ``train``."""
        while not self.finished:
            self.train(seconds, every=every or self.goal)
            if each():
                return

    def ahead(self, seconds: float) -> bool:
        """Whether chunks of so many seconds will be under way when ``train`` returns. False when one step fills a
        chunk: overlapping gains little and would delay a pause."""
        return self.run.overlaps and self._rate * seconds > 1

    def watch(self, checks: Sequence[Check]) -> None:
        """Check this at every step from now on. Errors: as ``train``."""
        self.settle()
        self.run.watch(checks)

    def settle(self) -> None:
        """Record all that was started. Errors: as ``train``."""
        while self._started:
            self._record_next()

    def step_batch(self) -> float:
        """One update; returns the loss of its batch before it."""
        self.settle()
        self._start(1, self.epoch + 1, 1)
        self.settle()
        return self._last_loss

    def step_epoch(self) -> None:
        """To the end of the current epoch."""
        end = self.epoch + 1
        while self.epoch < end:
            self.train(until=end)

    def _order_now(self) -> Order:
        t = self._training
        return Order(self.program.rows, t.batch_size, t.seed, t.shuffle)

    def _start(self, count: int, until: int, every: int, *, again: bool = False) -> bool:
        """Start the next chunk, if there is one before the end of epoch ``until``."""
        epoch, first, order = self.epoch, self._next, self._order
        if self._started:
            last = self._started[-1]
            order = last.order
            epochs, first = divmod(last.first + len(last.batches), order.steps)
            epoch = last.epoch + epochs
        if epoch >= until:
            return False
        keeps = self._training.patience > 0 and not again
        if keeps:
            every = 1
            self.best = self.best and self.best.goes_on(self.epoch)
        if self.run.optimizer is not None and type(self.optimizer) is not self.run.optimizer:
            self.settle()
        if not first:
            order = self._order_now()
        left = order.steps - first
        each, most = every == 1 and (self._keep_all or keeps), 0
        judging = 1 if keeps else self.judging
        if each:
            most = self._validated_together(order, keeps)
            every = min((epoch // judging + 1) * judging, self.goal) - epoch + max(0, most - 1) * judging
        if count > left:
            # Beyond the current epoch only whole ones: it is there that they are validated. With another batch size
            # the next epoch has other batches.
            reach = every if order == self._order_now() else 1
            epochs = min(1 + (count - left) // order.steps, reach, until - epoch)
            count = left + (epochs - 1) * order.steps
        batches = order.batches(epoch, first, count)
        course = course_of(self._training, self.optimizer, order.steps, self.goal)
        rates = course.rates(epoch * order.steps + first, count)
        now = time.perf_counter()
        ended = (first + count) // order.steps
        judge: Callable[[int], Judgements] | None = None
        states: Callable[[int], RunState] | None = None
        judged = np.arange(1, ended + 1)
        if each:
            judged = judged[((epoch + judged) % judging == 0) | (epoch + judged == self.goal)]
        if most and judged_rows(self.program):
            ends = np.full(count, -1, np.int32)
            ends[judged * order.steps - first - 1] = np.arange(len(judged))
            losses = self.run.start_training(batches, self.optimizer, ends, rates, states=keeps)
            if keeps and ended:
                kept = self.run.start_kept()
                states = lambda moment: kept.get()(moment)  # noqa: E731
            if len(judged):
                judge = start_evaluations(self.program, self.run, len(judged))
        else:
            losses = self.run.start_training(batches, self.optimizer, rates=rates)
            judged = judged[judged * order.steps == first + count]
            if len(judged) and judged_rows(self.program):
                end = start_last(self.program, self.run)
                judge = lambda _: end()  # noqa: E731
            if keeps and ended * order.steps == first + count:
                state = self.run.start_state()
                states = lambda _: state.get()  # noqa: E731
        self._started.append(Chunk(order, epoch, first, batches, losses, judged, judge, states, now))
        return True

    def _validated_together(self, order: Order, keeps: bool) -> int:
        """How many epochs of a chunk can be validated after it, each as if it were the last; 0: only the last. keeps:
        whether the state after each is kept."""
        if not judged_rows(self.program):
            return 0 if keeps else _MOST_STEPS
        kinds = order.kinds
        key = self.optimizer.form, kinds, keeps
        if key not in self._most:
            self._most[key] = most_evaluations(self.program, self.run, kinds, self.optimizer, states=keeps)
        return self._most[key]

    def _record_next(self) -> None:
        """Wait for the chunk that was started first, and record it."""
        chunk = self._started.popleft()
        losses = chunk.losses.get()
        stopped = bool(losses.size) and not math.isfinite(losses[-1])
        done = losses[:-1] if stopped else losses
        ended, before = chunk.ended(done), self.epoch
        at, judged = chunk.judgements(ended)
        if ended and chunk.states is not None and (last := self._look_for_best(chunk, done, judged)):
            done, at, judged, stopped = done[: last * chunk.order.steps - chunk.first], at[:last], judged[:last], False
        if done.size:
            self._record(chunk, done, before + at, judged)
        now = time.perf_counter()
        spent = now - max(chunk.started, self._recorded_at)
        self._recorded_at = now
        self._rate = len(chunk.batches) / max(spent, 1e-6)
        self.seconds += spent
        if chunk.states is not None and self.epoch > before and not stopped:
            self._end_with_best(before)
        if stopped:
            self._started.clear()
            batch, update = chunk.batches[len(done)], self.next_update
            given = self.program, self.run, self._training, batch, update, self.step, self._recent, float(losses[-1])
            raise TrainingStopped(found_fault(*given))
        if self.finished and not self._started:
            fault = fault_at_the_end(self.program, self.run, self._training, self.step, self._recent)
            if fault is not None:
                raise TrainingStopped(fault)

    def _look_for_best(self, chunk: Chunk, losses: npt.NDArray[np.float64], judged: Judgements) -> int:
        """Keep the best moment of a chunk that is not recorded yet, where it is better than all before; returns after
        how many of its epochs training has waited long enough, 0: it has not."""
        assert chunk.states is not None
        ended, patience = chunk.ended(losses), self._training.patience
        _, totals, rows = chunk.sums(losses)
        totals[0] += self._epoch_sum
        rows[0] += self._epoch_rows
        for at in range(ended - len(judged) if self.program.validation_rows else 0, ended):
            found = judged[at - ended].validation_loss if self.program.validation_rows else None
            loss, epoch = float(totals[at] / rows[at]) if found is None else found, self.epoch + at + 1
            if improves(self.best, loss, self._training.min_delta):
                step = self.step + (at + 1) * chunk.order.steps - chunk.first
                self.best = Best(loss, epoch, step, epoch, chunk.states(at))
            elif epoch - (self.best.since if self.best else 0) >= patience:
                return at + 1
        return 0

    def _end_with_best(self, before: int) -> None:
        """Where training has waited long enough, or come to its goal since epoch ``before``, the best moment is put
        back."""
        best = self.best
        if best is None or best.epoch == self.epoch:
            return
        if self.epoch - best.since < self._training.patience and not before < self.goal <= self.epoch:
            return
        self._started.clear()
        self.run.restore(best.state)
        self.note(f"Weights of epoch {best.epoch} put back")
        self.best = replace(best, stopped=True)
        self.put_back()

    @property
    def said(self) -> str:
        """What was done at the end of a training that kept its best, in a sentence; "" where nothing was."""
        if self.best is None or not self.best.stopped:
            return ""
        return sentence(self.best, self.epoch, self.goal, held_back=self.program.validation_rows > 0)

    def _record(
        self, chunk: Chunk, losses: npt.NDArray[np.float64], judged: npt.NDArray[np.intp], found: Judgements
    ) -> None:
        """The steps of a chunk that were done, with their losses, and how good the network was after some epochs."""
        steps = chunk.order.steps
        starts, totals, rows = chunk.sums(losses)
        ends = np.append(starts[1:], len(losses))
        self.history.named(LOSS).extend(chunk.epoch + (chunk.first + ends) / steps, totals / rows)
        if self._keep_all:
            self.history.steps.extend(losses.tolist())
        self._order, self._next = chunk.order, (chunk.first + len(losses)) % steps
        self.step += len(losses)
        self._last_loss = float(losses[-1])
        self._recent = np.append(self._recent, losses[-_RECENT:])[-_RECENT:]
        self.rows_done += int(rows.sum())
        totals[0] += self._epoch_sum
        rows[0] += self._epoch_rows
        whole = len(starts) - 1 if self._next else len(starts)
        self._epoch_sum, self._epoch_rows = (float(totals[-1]), int(rows[-1])) if self._next else (0.0, 0)
        if whole:
            kept = 0 if self._keep_all else whole - 1
            if not self._keep_all:
                self.history.epochs = Epochs()
            self.history.ended(self.epoch + 1 + kept, totals[kept:whole] / rows[kept:whole], judged, found)
            self._epoch_loss = self.history.epochs[-1].loss
            self.epoch += whole
