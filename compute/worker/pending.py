"""What a snapshot is made of, asked for and not there yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from typing import Any

from compute.batches import Rows
from compute.engine import Program, Waiting
from compute.evaluation import Evaluating
from compute.measure import Measure, Moment
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
