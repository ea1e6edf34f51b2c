"""What a snapshot is made of, asked for and not there yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace
from typing import Any

from compute.batches import Rows
from compute.engine import Program, Run, Waiting
from compute.evaluation import Evaluating
from compute.measure import Measure, Moment
from compute.reference import ReferenceRun
from compute.shown import Shown
from compute.snapshot import Boundary, NeuronMaps, Part
from compute.state import RunState
from compute.trace import Trace


@dataclass(frozen=True)
class Pending:
    """What a snapshot shows of a run, asked for at one moment, to be waited for; ``state``: None without a run."""

    program: Program
    shown: Shown
    batch: Rows
    rows: Rows
    """The first rows of the batch, which the trace is of."""
    parts: Set[Part]
    trace: Waiting[Trace] | None
    boundary: Callable[[], Boundary] | None
    neurons: Callable[[], NeuronMaps] | None
    judged: Evaluating | None
    state: Waiting[RunState] | None
    measured: Callable[[Moment], Mapping[Measure, Any]]


@dataclass(frozen=True)
class _OnKept(Waiting[Trace]):
    """A pass over rows that are kept from training, which no device has: by the reference engine, with the weights of
    that moment, as soon as they are there."""

    program: Program
    rows: Rows
    shown: Shown
    weights: Callable[[], Mapping[str, Any]]

    def get(self) -> Trace:
        run = ReferenceRun(self.program.on(self.shown.of))
        run.set_weights(self.weights())
        return replace(run.start_trace(self.rows, self.shown.update).get(), of=self.shown.of)


def start_trace(run: Run, rows: Rows, shown: Shown, state: Waiting[RunState] | None) -> Waiting[Trace]:
    """One pass over these rows of the batch on show, as a run is at this moment; ``state``: the same asked of it
    already."""
    if shown.of == "training":
        return run.start_trace(rows, shown.update)
    return _OnKept(run.program, rows, shown, run.weights if state is None else lambda: state.get().weights)
