"""What the window sees: one immutable picture of the state of a document's computation.

The worker publishes a new snapshot whenever something changed, at most 30 times a second; the newest wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from compute.analysis import Analysis
from compute.data import Table
from compute.document.runs import Runs
from compute.evaluation import Judged
from compute.measure import Measure
from compute.problems import Problem
from compute.runs.rewinding import Earlier
from compute.runs.trail import Reach
from compute.series import LOSS, Points
from compute.shown import ShownBatch
from compute.state import OptimizerState, Progress
from compute.trace import Trace
from compute.watches.applied import Applied
from compute.watches.fault import Fault

Array = npt.NDArray[Any]
Status = Literal["idle", "running", "paused", "finished", "stopped"]
"""idle: not trained since the last reset; stopped: by an error, see ``problem``."""
Part = Literal["trace", "boundary", "neurons", "engine"] | Measure
"""engine: the trace is computed by what trains, even before it does; else the reference engine stands in for it. Of
anything else that is wanted a measure says what."""
ALL: frozenset[Part] = frozenset({"trace", "boundary", "neurons"})
"""What is computed for a snapshot only where somebody sees it."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """What the network answers over a plane of two inputs.

    columns: the two input columns; x, y: (low, high) of each, in the data's own units; answer: (size, size) of the
    value, or (size, size, K) of class probabilities, row 0 at the lowest y; points: (rows, 2); labels: (rows,) class
    numbers or values; classes: 0 for a number, 2 for yes/no, K for K classes; training: (rows,) bool; rows: the table
    row of each point.
    """

    columns: tuple[str, str]
    x: tuple[float, float]
    y: tuple[float, float]
    answer: Array
    points: Array
    labels: Array
    classes: int
    training: Array
    rows: Array
    answers: str = ""
    """Where several numbers are predicted, which of them this shows."""
    held: Mapping[str, float] = field(default_factory=dict)
    """At what the other inputs are held, in the data's own units."""
    neuron: bool = False
    """Whether the answer is that of one neuron, a number whatever the labels are."""


@dataclass(frozen=True, slots=True)
class NeuronMaps:
    """What each neuron of some nodes gives over the plane of the two inputs that there are.

    plane: the plane with its points, as of the decision boundary, without an answer; values: node id → (size, size,
    units), row 0 at the lowest y.
    """

    plane: Boundary
    values: Mapping[str, Array]

    def of(self, node: str, unit: int) -> Boundary:
        """The plane with the answer of one neuron."""
        return replace(self.plane, answer=self.values[node][:, :, unit], answers="", neuron=True)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """revision: which state of the document this belongs to (see Session.revision); fields are never changed."""

    revision: int = -1
    analysis: Analysis = field(default_factory=Analysis)
    parts: frozenset[Part] = frozenset()
    """What was computed for this, as far as there is any."""
    trace: Trace = field(default_factory=Trace)
    weights: Mapping[str, Array] = field(default_factory=dict)
    """All weights at this moment, by name, whatever parts there are."""
    state: Status = "idle"
    goal: int = 0
    """The epoch at which training is finished."""
    progress: Progress = field(default_factory=Progress)
    """How far training is at this moment, with its series: all that a document keeps of it."""
    samples_per_second: float = 0.0
    seconds_left: float | None = None
    batch: ShownBatch = field(default_factory=ShownBatch)
    """Which batch the trace is of."""
    judged: Judged = field(default_factory=Judged)
    """How good the network is: with the weights of now, while it trains at speed after the epoch that it says."""
    rows: int = 0
    validation_rows: int = 0
    test_rows: int = 0
    tested: Judged | None = None
    """How good the network was on the test rows, after the epoch that it says; None until somebody asks."""
    row_labels: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    """Table row number of each row of the trace."""
    train: Mapping[str, Array] = field(default_factory=dict)
    """Data node id → all rows that are trained on, as they enter the network."""
    table: Table | None = None
    """The document's data, the same as long as it is not read again; None where it cannot be read."""
    changed: tuple[str, ...] = ()
    """Columns that held something else when the document was trained."""
    filled: tuple[str, ...] = ()
    """Sentences on what was done where values are missing in the data."""
    held: Array = field(default_factory=lambda: np.zeros(0, np.int8))
    """What each row of the table is for, as ``PARTS`` numbers it: 0 training."""
    device: str = ""
    """Where training runs, for people: a device name, or the reference engine."""
    device_reason: str = ""
    device_problem: str = ""
    """One sentence where another device computes than was chosen: it is not there, or it failed."""
    on_opencl: bool = False
    boundary: Boundary | None = None
    neurons: NeuronMaps | None = None
    measured: Mapping[Measure, Any] = field(default_factory=dict)
    """What each measure among the parts found, ``Unmeasured`` where it could not."""
    problem: Problem | None = None
    """Data that cannot be read, a loss that cannot be computed, why training stopped."""
    busy: str = ""
    """What keeps training from going on at this moment, in two or three words, and takes seconds."""
    handled: int = 0
    """The last command that is carried out in this, as the compute thread numbers them."""
    notice: str = ""
    """One sentence, no problem: what the last edit did to the training."""
    reach: Reach | None = None
    """Which steps of the run can be shown again; None: none."""
    earlier: Earlier | None = None
    """Where an earlier step of the run is shown: its end, to which it goes back. None: the end is shown."""
    runs: Runs = field(default_factory=Runs)
    """Those that are kept, and which one goes on; the same as long as nothing of them changes."""
    run_seconds: float = 0.0
    """How long the run that goes on was trained."""

    fault: Fault | None = None
    """Where training stopped by itself, with the likely cause; ``problem`` tells it."""
    watched: Applied = field(default_factory=Applied)
    """Which watches training checks, and why others rest."""

    def place_of(self, row: int) -> int:
        """Where a row of the table stands in the trace; −1 where it does not."""
        found = np.flatnonzero(self.row_labels == row)
        return int(found[0]) if found.size else -1

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the document's data has."""
        return self.table.names if self.table else ()

    @property
    def categories(self) -> Mapping[str, tuple[str, ...]]:
        """The class names of those of them that hold text."""
        return self.table.categories if self.table else {}

    @property
    def name(self) -> str:
        """Which moment of the training this shows, in words."""
        return self.progress.name

    @property
    def epoch(self) -> int:
        """Whole epochs done."""
        return self.progress.epochs

    @property
    def step(self) -> int:
        """Updates done."""
        return self.progress.steps

    @property
    def position(self) -> float:
        """Epochs done, with the fraction of the current one."""
        place = self.progress.place
        return self.progress.epochs + (place.done / place.order.steps if place else 0.0)

    def series(self, name: str) -> Points:
        """A series of the training over epochs, by its name in ``compute.series``; empty where there is none."""
        return self.progress.series.get(name) or Points()

    @property
    def mean_loss(self) -> float | None:
        """The mean of the training loss over the epoch at hand, so far; at its end, over all of it."""
        mean, curve = self.progress.mean_loss, self.series(LOSS).y
        # A file of an earlier version has the curve alone.
        return float(curve[-1]) if mean is None and len(curve) else mean

    def optimizer(self, name: str) -> OptimizerState:
        """What an optimizer of that name remembers at its next update; another than before begins anew."""
        return self.progress.optimizer.seen_by(name)
