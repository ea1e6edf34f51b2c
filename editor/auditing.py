"""The audit of what the wires show: on or off, worked out beside the window while nothing trains, never shown for other
numbers than it is of."""

from __future__ import annotations

import time
from typing import Any, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from compute.check.audit import Audit, audit
from compute.document import Document
from compute.errors import GradwireError
from compute.explain import Facts
from compute.graph import RecordId
from compute.ripple import Case
from compute.snapshot import Snapshot
from compute.trace import Trace
from editor.background import Background, Task

REFERENCE = "reference"
"""What a pass of the reference engine says that it is by."""
QUIET_MILLISECONDS = 300
"""It begins once the numbers have stayed the same for so long."""
_BURST, _REST = 0.002, 0.004
"""It works for so many seconds, then lets the window have its turn."""


class Looks(Protocol):
    """What it needs of whoever attends to the document."""

    document: Document
    snapshot: Snapshot
    revision: int

    @property
    def facts(self) -> Facts: ...

    def select(self, ids: Any = ...) -> None: ...


class Watched(Looks, Protocol):
    """A session that tells what happens to it."""

    snapshot_changed: Any
    document_edited: Any
    document_replaced: Any
    training_changed: Any
    walk_changed: Any
    exercising: Any
    what_if: Any
    asking: Any
    wanted: Any

    @property
    def is_training(self) -> bool: ...


class Auditing(QObject):
    """changed: it is on or off, under way, or something else is found; switched: it is on or off; asked: a person wants
    to read of a node or wire.

    on: whether it is wanted; progress: how much of it is done, None while it is not under way.
    """

    changed = Signal()
    switched = Signal()
    asked = Signal()

    def __init__(self, looks: Looks, parent: QObject) -> None:
        super().__init__(parent)
        self._looks = looks
        self._session: Watched | None = None
        self._background = Background(self)
        self._task: Task | None = None
        self.on = False
        self.progress: float | None = None
        self._found: Audit | None = None
        self._problem = ""
        self._asked: int | None = None
        """The revision for which the engine was asked to compute what is shown."""
        self._of: tuple[Trace, int] | None = None
        """What was audited last, or is to be: a pass of a document at a revision."""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(QUIET_MILLISECONDS)
        self._timer.timeout.connect(self._begin)

    def set_on(self, on: bool) -> None:
        """Audit from now on, or no longer."""
        if on != self.on:
            self.on, self._asked = on, None
            self._drop()
            self._want_engine(False)
            if on:
                self._follow()
            self.changed.emit()
            self.switched.emit()

    def ask(self, record: RecordId) -> None:
        """A person wants to read what was found of a node or wire."""
        self._looks.select({record})
        self.asked.emit()

    # -- what was found -------------------------------------------------------------------------------------

    @property
    def shown(self) -> Audit | None:
        """What was found of the numbers that are on show; None where they are others, or some of them are hidden."""
        return self._found if self._is_of_now and self._looks.facts.trace is self._looks.snapshot.trace else None

    @property
    def _is_of_now(self) -> bool:
        looks, of = self._looks, self._of
        if of is None or looks.snapshot.state == "running" or not of[1] == looks.revision == looks.snapshot.revision:
            return False
        if of[0] is not looks.snapshot.trace and of[0].is_pass_of(looks.snapshot.trace):
            # Computed once more, since somebody has asked for another part of the snapshot.
            self._of = of = looks.snapshot.trace, of[1]
        return of[0] is looks.snapshot.trace

    @property
    def status(self) -> str:
        """How it stands, in a sentence; "" while it is off."""
        if not self.on:
            return ""
        found = self.shown
        if found is not None:
            return found.summary(self._looks.facts.label)
        if self._session is not None and self._session.is_training:
            return "The audit waits until training pauses."
        if self._is_of_now and self._problem:
            return f"There is nothing to audit: {self._problem}"
        if self._is_of_now and self._found is not None:
            return "Done; it is shown when all numbers of the pass are."
        return f"Under way: {self.progress or 0:.0%}."

    # -- working it out -------------------------------------------------------------------------------------

    def watch(self, session: Watched) -> None:
        """Follow what happens to the document and its run."""
        self._session = session
        session.snapshot_changed.connect(self._follow)
        session.document_edited.connect(self._follow)
        session.document_replaced.connect(self._follow)
        session.training_changed.connect(self._follow)
        for each in (session.walk_changed, session.exercising.changed, session.what_if.changed, session.asking.changed):
            each.connect(self._tell)

    def _tell(self, _what: object = None) -> None:
        """What is hidden may be another."""
        if self.on:
            self.changed.emit()

    def _follow(self, _what: object = None) -> None:
        """Other numbers, or none that are of now: what was found is not of them."""
        if not self.on or self._is_of_now:
            return
        had = self._of is not None
        self._drop()
        if self._asked is not None and (
            self._looks.snapshot.trace.engine != REFERENCE or self._asked != self._looks.revision
        ):
            self._asked = None
            self._want_engine(False)
        looks, session = self._looks, self._session
        settled = looks.snapshot.revision == looks.revision and looks.snapshot.state != "running"
        if settled and not (session is not None and session.is_training):
            self._timer.start()
        if had:
            self.changed.emit()

    def _want_engine(self, wanted: bool) -> None:
        if self._session is not None:
            self._session.wanted.set_seen(self, ("engine",), wanted)

    def _drop(self) -> None:
        self._timer.stop()
        if self._task is not None:
            self._task.cancel()
        self._task = self._found = self._of = self.progress = None
        self._problem = ""

    def _begin(self) -> None:
        looks = self._looks
        snapshot = looks.snapshot
        if snapshot.on_opencl and snapshot.trace.engine == REFERENCE and self._asked != looks.revision:
            # Before the first step the reference engine stands in for the device.
            self._asked = looks.revision
            self._want_engine(True)
            return
        self._of = snapshot.trace, looks.revision
        if not self._is_of_now:
            self._of = None
            return
        self.progress = 0.0
        try:
            case = Case.of(looks.document, snapshot)
        except GradwireError as error:
            self._end(None, None, str(error))
            return

        def work(task: Task) -> Audit:
            last = time.perf_counter()

            def tick(_name: str, done: int, total: int) -> None:
                nonlocal last
                if time.perf_counter() - last >= _BURST:
                    task.tell(done / total)
                    time.sleep(_REST)
                    last = time.perf_counter()

            return audit(case, snapshot.trace, opencl=snapshot.trace.engine != REFERENCE, tick=tick)

        def told(share: float) -> None:
            if task is self._task:
                self.progress = share
                self.changed.emit()

        task = self._background.run(
            work,
            lambda found: self._end(task, found, ""),
            lambda sentence: self._end(task, None, sentence),
            name="Audit",
            progress=told,
        )
        self._task = task
        self.changed.emit()

    def _end(self, task: Task | None, found: Audit | None, problem: str) -> None:
        if task is not self._task:
            return  # of numbers that are no longer there
        self._task = self.progress = None
        self._found, self._problem = found, problem
        self.changed.emit()

    def close(self) -> None:
        """Nothing arrives any more."""
        self._timer.stop()
        self._background.close()
