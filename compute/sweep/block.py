"""Some trials of a sweep that are trained side by side, chunk by chunk."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from compute.engine import Beside, Lane, Waiting
from compute.evaluation import asked, judged_at, judged_rows
from compute.plan import ParameterLayout
from compute.sweep.outcome import Outcome

Array = npt.NDArray[np.float64]

JUDGED = 100
"""How often trials are judged on rows that are held back, at most: as often as the window does."""
SECONDS = 0.25
"""Of a chunk: that long it takes until a sweep ends that is called off."""
ROOM = 64 << 20
"""Bytes that the rows, losses and weights of a chunk may take."""
MOST_EPOCHS = 200
"""Of a chunk."""


@dataclass(frozen=True)
class _Chunk:
    """Epochs that were started, from ``first`` on, of the first ``running`` trials; judged: after which of them."""

    first: int
    epochs: int
    running: int
    judged: tuple[int, ...]
    losses: Waiting[Array]
    values: Waiting[dict[str, Array]] | None


class Block:
    """Trials whose lanes an engine trains side by side: ``outcomes`` say how far each is, in the order of the lanes.
    ``epochs``: how many each lane trains, descending."""

    def __init__(self, beside: Beside, epochs: Sequence[int], outcomes: Sequence[Outcome]) -> None:
        self._beside, self._goals = beside, np.array(epochs)
        self.outcomes = list(outcomes)
        lanes = beside.lanes
        self._program, self._order = lanes[0].program, lanes[0].order
        count, longest = len(lanes), int(self._goals[0])
        self._every = max(1, math.ceil(longest / JUDGED))
        self._judges, self._held_back = judged_rows(self._program) > 0, self._program.validation_rows > 0
        ends = {*range(self._every, longest + 1, self._every), *self._goals.tolist()}
        self._ends = sorted(ends) if self._judges else []
        self._losses = np.empty((count, longest))
        self._validation = np.empty((count, len(self._ends)))
        self._stopped = np.zeros(count, bool)
        self.epoch = 0
        """Epochs that are recorded, of the longest trials."""
        self._rate = 0.0

    def train(self, told: Callable[[], bool]) -> bool:
        """To the end, or until ``told``, which is called after each chunk, says so; returns whether it did. All
        outcomes have their state then. Errors: DeviceError."""
        started: list[_Chunk] = []
        first, off, recorded = 0, False, time.perf_counter()
        while first < self._goals[0] or started:
            if first < self._goals[0] and not off:
                started.append(self._start(first))
                first = started[-1].first + started[-1].epochs
                if len(started) < 2 and first < self._goals[0]:
                    continue  # while one chunk is computed the next is prepared
            chunk = started.pop(0)
            self._record(chunk)
            now = time.perf_counter()
            self._rate, recorded = chunk.epochs / max(now - recorded, 1e-6), now
            off = told() or off
            if off and not started:
                break
        self._end()
        return off

    def _start(self, first: int) -> _Chunk:
        """The next epochs: those of about ``SECONDS``, none beyond the end of any trial that still runs."""
        running = int((self._goals > first).sum())
        most = int(self._goals[running - 1]) - first
        epochs = max(1, min(int(self._rate * SECONDS) or 1, MOST_EPOCHS, self._fitting(), most))
        judged = tuple(epoch for epoch in self._ends if first < epoch <= first + epochs)
        steps = self._order.steps
        ends = np.full(epochs * steps, -1, np.int32)
        for at, epoch in enumerate(judged):
            ends[(epoch - first) * steps - 1] = at
        losses = self._beside.start_epochs(epochs, running, ends if judged else None)
        values = self._beside.start_judging(len(judged), running) if judged else None
        return _Chunk(first, epochs, running, judged, losses, values)

    def _fitting(self) -> int:
        """Epochs whose numbers fit into the room for a chunk."""
        return max(1, int(ROOM / (len(self._beside.lanes) * bytes_of_epoch(self._beside.lanes[0]))))

    def _record(self, chunk: _Chunk) -> None:
        """Wait for a chunk, and put what it gave into the outcomes."""
        steps, rows, running = self._order.steps, self._order.rows, chunk.running
        losses = chunk.losses.get()
        sizes = np.tile(self._order.batches(0).sizes, chunk.epochs)
        with np.errstate(all="ignore"):
            weighted = losses * sizes
            totals = np.add.reduceat(weighted.reshape(-1), np.arange(0, losses.size, steps)).reshape(running, -1)
        self._losses[:running, chunk.first : chunk.first + chunk.epochs] = totals / rows
        bad = ~np.isfinite(losses)
        values = chunk.values.get() if chunk.values else {}
        at = len([epoch for epoch in self._ends if epoch <= chunk.first])
        if values:
            found = values[self._program.loss].reshape(running, -1)
            self._validation[:running, at : at + len(chunk.judged)] = found
        self.epoch = chunk.first + chunk.epochs
        for lane in np.flatnonzero(~self._stopped[:running]).tolist():
            fault, done = "", chunk.epochs
            part = (0.0, 0)
            step = int(bad[lane].argmax())
            if bad[lane, step]:
                self._stopped[lane] = True
                done, rest = divmod(step, steps)
                fault = f"the loss became {losses[lane, step]:g} at step {chunk.first * steps + step + 1}"
                part = float(weighted[lane, step - rest : step].sum()), int(sizes[step - rest : step].sum())
            judged = at + len([epoch for epoch in chunk.judged if epoch <= chunk.first + done])
            outcome = self.outcomes[lane]
            epochs = outcome.epochs + done
            metrics = outcome.metrics
            if values and epochs == self._goals[lane] and not fault:
                metrics = self._metrics(lane, {node: value[lane, -1:] for node, value in values.items()})
            self.outcomes[lane] = replace(
                outcome,
                losses=self._losses[lane, :epochs],
                validation=self._validation[lane, :judged] if self._held_back else outcome.validation,
                judged_at=np.array(self._ends[:judged], np.float64) if self._held_back else outcome.judged_at,
                metrics=metrics,
                steps=chunk.first * steps + (step if fault else done * steps),
                fault=fault,
                part=part,
            )

    def _metrics(self, lane: int, values: dict[str, Array]) -> dict[str, float]:
        program = self._beside.lanes[lane].program
        return dict(judged_at(program, asked(program)[0], values)[0].metrics)

    def _end(self) -> None:
        """Every outcome gets its state; one whose last update gave a weight that is no number has a fault."""
        states, stops = self._beside.states([outcome.steps for outcome in self.outcomes]), self._beside.stops()
        for at, (outcome, state) in enumerate(zip(self.outcomes, states, strict=True)):
            wrong = [name for name, weight in state.weights.items() if not np.isfinite(weight).all()]
            fault = outcome.fault
            if fault and stops[at] > 1:
                fault = f"a gradient was not finite at step {outcome.steps + 1}"
            if wrong and not fault:
                fault = f"the weight {wrong[0]} is not finite after step {outcome.steps}"
            self.outcomes[at] = replace(outcome, state=state, fault=fault)


def bytes_of_epoch(lane: Lane) -> int:
    """What an epoch of a lane takes on the device and on the host, at most."""
    program, order = lane.program, lane.order
    size = ParameterLayout.of(program.analysis, program.loss).size
    judged = judged_rows(program)
    return 4 * (order.rows + order.steps * (2 + len(lane.optimizer.scalars(1))) + size + 4 * judged)
