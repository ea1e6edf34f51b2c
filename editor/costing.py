"""What the network costs, worked out beside the window while somebody sees it, and by what it colours the canvas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from compute.analysis import Analysis
from compute.cost import MEASURES, Cost, Shown, Timed, cost_of, ops_of, shares
from compute.document import Document
from compute.ledger import StepTimes
from compute.measure import Unmeasured
from compute.schedules import optimizer_of
from compute.snapshot import Snapshot
from editor.background import Background, Task

FIRST = "multiply_adds"
"""By what the canvas is coloured before somebody chooses."""
SECONDS = "seconds"
_NOTHING: Mapping[str, Any] = {}


class Part(NamedTuple):
    """A node's share of the total, 0 … 1, and what it is, for people."""

    share: float
    text: str


def parts_of(cost: Cost, times: StepTimes | None, measure: Shown) -> dict[str, Part]:
    """What the canvas shows at each node; nothing where the total is 0 or not known."""
    found = shares(cost, times, measure)
    texts = {node: measure.text(measure.of(cost.by_node[node], times) or 0.0) for node in found}
    return {node: Part(share, f"{texts[node]} · {share:.0%}") for node, share in found.items()}


def counted(document: Document, analysis: Analysis, rows: int, by: str) -> dict[str, Part]:
    """The same of a document's training step, by one of ``MEASURES`` that needs no clock; ``rows``: of its data."""
    training = document.training
    batch = max(1, min(training.batch_size, rows))
    cost = cost_of(ops_of(document.graph), analysis, training.loss, batch, optimizer_of(training))
    return parts_of(cost, None, next(each for each in MEASURES if each.name == by))


def _same(a: tuple[Analysis, Any, int], b: tuple[Analysis, Any, int]) -> bool:
    # Whole analyses would take long to compare.
    return a[0] is b[0] and a[1] is b[1] and a[2] == b[2]


class Looks(Protocol):
    """What it needs of whoever attends to the document."""

    document: Document
    snapshot: Snapshot
    revision: int


class Watched(Looks, Protocol):
    """A session that tells what happens to it."""

    snapshot_changed: Any
    document_edited: Any
    document_replaced: Any
    wanted: Any


class Costing(QObject):
    """changed: something else is known; switched: the canvas is coloured, or by something else.

    on: whether the canvas is coloured; by: by which of ``MEASURES``; problem: why nothing is known, as a sentence.
    """

    changed = Signal()
    switched = Signal()

    def __init__(self, looks: Looks, parent: QObject) -> None:
        super().__init__(parent)
        self._looks = looks
        self._session: Watched | None = None
        self._background = Background(self)
        self._task: Task | None = None
        self.on, self.by = False, FIRST
        self._found: Cost | None = None
        self.problem = ""
        self._of: tuple[Analysis, Any, int] | None = None
        """What was counted last, or is being counted."""
        self._views: set[QObject] = set()
        self._timers: set[QObject] = set()
        self._parts: tuple[Any, dict[str, Part]] = None, {}
        self._told: object = None
        """What the compute thread told last of the times, and the times among it."""
        self._times: StepTimes | None = None
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.timeout.connect(self._begin)

    # -- what is wanted -------------------------------------------------------------------------------------

    def set_on(self, on: bool, by: str | None = None) -> None:
        """Colour the canvas from now on, by one of ``MEASURES``; or no longer."""
        by = self.by if by is None or by not in {each.name for each in MEASURES} else by
        if (on, by) != (self.on, self.by):
            self.on, self.by = on, by
            self.set_seen(self, on, times=by == SECONDS)
            self.changed.emit()
            self.switched.emit()

    def set_seen(self, view: QObject, seen: bool, *, times: bool = False) -> None:
        """A view begins or ends to show the cost; ``times``: measured times too."""
        (self._views.add if seen else self._views.discard)(view)
        timed = bool(self._timers)
        (self._timers.add if seen and times else self._timers.discard)(view)
        if timed and not self._timers:
            self.changed.emit()
        if self._session is not None:
            self._session.wanted.set_seen(self, ("engine", Timed()), bool(self._timers))
        self._follow()

    # -- what is known --------------------------------------------------------------------------------------

    @property
    def cost(self) -> Cost | None:
        """Of the document as it is; None until it is known."""
        return self._found if self._is_of_now else None

    @property
    def is_behind(self) -> bool:
        """Whether somebody waits for what is being counted."""
        return bool(self._views) and self.cost is None and not self.problem

    @property
    def _is_of_now(self) -> bool:
        return self._of is not None and _same(self._of, self._now)

    @property
    def times(self) -> StepTimes | None:
        """What was measured of the step, while somebody wants it."""
        return self._times if self._is_of_now and self._timers else None

    @property
    def unmeasured(self) -> str:
        """Why no time was measured, if one was asked for; a sentence."""
        return self._told.sentence if isinstance(self._told, Unmeasured) else ""

    @property
    def measure(self) -> Shown:
        """By what the canvas is coloured."""
        return next(each for each in MEASURES if each.name == self.by)

    @property
    def shown(self) -> Mapping[str, Part]:
        """What the canvas shows at the nodes; nothing while it is not coloured, or the document is another."""
        cost = self.cost
        if not self.on or cost is None:
            return _NOTHING
        times = self.times if self.by == SECONDS else None
        if self._parts[0] != (id(cost), self.by, id(times)):
            self._parts = (id(cost), self.by, id(times)), parts_of(cost, times, self.measure)
        return self._parts[1]

    # -- working it out -------------------------------------------------------------------------------------

    def watch(self, session: Watched) -> None:
        """Follow what happens to the document."""
        self._session = session
        for each in (session.snapshot_changed, session.document_edited, session.document_replaced):
            each.connect(self._follow)

    @property
    def _now(self) -> tuple[Analysis, Any, int]:
        looks = self._looks
        return looks.snapshot.analysis, looks.document.training, looks.snapshot.rows

    def _follow(self, _what: object = None) -> None:
        looks = self._looks
        if not self._views or looks.snapshot.revision != looks.revision:
            return
        if not self._is_of_now:
            self._late.start(0)
            return
        found = looks.snapshot.measured.get(Timed())
        if found is not None and found != self._told:
            self._told = found
            self._times = found if isinstance(found, StepTimes) else None
            self.changed.emit()

    def _begin(self) -> None:
        looks = self._looks
        if looks.snapshot.revision != looks.revision:
            return
        self._of = analysis, training, rows = self._now
        self._found = self._told = self._times = None
        self.problem = ""
        ops = ops_of(looks.document.graph)

        def work(_task: Task) -> Cost:
            batch = max(1, min(training.batch_size, rows))
            return cost_of(ops, analysis, training.loss, batch, optimizer_of(training))

        if self._task is not None:
            self._task.cancel()
        task = self._background.run(
            work,
            lambda found: self._end(task, found, ""),
            lambda sentence: self._end(task, None, sentence),
            name="Cost",
        )
        self._task = task

    def _end(self, task: Task, found: Cost | None, problem: str) -> None:
        if task is self._task:
            self._task, self._found, self.problem = None, found, problem
            self.changed.emit()

    def close(self) -> None:
        """Nothing arrives any more."""
        self._late.stop()
        self._background.close()
