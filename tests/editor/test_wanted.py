"""Nothing is computed that nobody sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QSplitter, QStackedWidget, QWidget
from pytestqt.qtbot import QtBot

from compute.boundary import BoundaryPlane
from compute.engine import Run, Waiting
from compute.reference import ReferenceEngine, ReferenceRun
from compute.snapshot import Boundary, Part
from compute.trace import Trace
from compute.worker.job import Job
from editor.plots.boundary import BoundaryPlot
from editor.session import Session
from tests.compute.test_job import look, small
from tests.editor.panel_session import WAIT, opened, shown


class Counted:
    """How often boundaries and traces were asked for."""

    def __init__(self) -> None:
        self.boundaries = self.traces = 0


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    found = Counted()
    ask, trace = BoundaryPlane.ask, ReferenceRun.start_trace

    def counted_ask(self: BoundaryPlane, run: Run) -> Callable[[], Boundary]:
        found.boundaries += 1
        return ask(self, run)

    def counted_trace(self: ReferenceRun, rows: Any, update: int = 0) -> Waiting[Trace]:
        found.traces += 1
        return trace(self, rows, update)

    monkeypatch.setattr(BoundaryPlane, "ask", counted_ask)
    monkeypatch.setattr(ReferenceRun, "start_trace", counted_trace)
    return found


@pytest.mark.parametrize("trained", [False, True])
def test_a_snapshot_has_the_parts_that_were_asked_for_and_always_weights_and_progress(
    counted: Counted, trained: bool
) -> None:
    asked: list[frozenset[Part]] = [frozenset(), frozenset({"trace"}), frozenset({"boundary"})]
    whole = Job(small(), 0)
    for parts in asked:
        job = Job(small(), 0, parts)
        for each in (job, whole) if trained else ():
            each.trainer(ReferenceEngine()).step_batch()
            each.trainer(ReferenceEngine()).run.reset(each.workspace.program.first_weights())
            each.trainer(ReferenceEngine()).step_batch()
        counted.boundaries = counted.traces = 0
        seen = look(job)
        assert (counted.traces, counted.boundaries) == ("trace" in parts, "boundary" in parts)
        assert seen.parts == parts
        assert bool(seen.trace.values) == ("trace" in parts)
        assert (seen.boundary is not None) == ("boundary" in parts)
        assert len(seen.row_labels) == len(seen.trace.rows) == 4
        assert seen.weights.keys() == {"h.weight", "h.bias", "z.weight", "z.bias"}
        assert seen.step == (2 if trained else 0)
        assert bool(seen.progress.optimizer.arrays) == trained


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    with opened(qtbot, small()) as session:
        session.apply(session.edits.set_training("Many epochs", epochs=10**6))
        yield session


def some_snapshots(session: Session, qtbot: QtBot) -> None:
    """Until what was asked for before has come and was shown a few times."""
    last = session.snapshot.step
    for _ in range(3):
        qtbot.waitUntil(lambda: session.snapshot.step > last, timeout=WAIT)  # noqa: B023
        last = session.snapshot.step


def test_a_boundary_that_nobody_sees_is_not_computed(session: Session, qtbot: QtBot, counted: Counted) -> None:
    session.train()
    some_snapshots(session, qtbot)
    assert (counted.boundaries, session.snapshot.boundary) == (0, None)
    assert counted.traces > 0
    plot = BoundaryPlot(session)
    beside, pages, other = QSplitter(), QStackedWidget(), QWidget()
    pages.addWidget(beside)
    pages.addWidget(other)
    beside.addWidget(QWidget())
    beside.addWidget(plot)
    some_snapshots(session, qtbot)
    assert counted.boundaries == 0
    shown(qtbot, pages, 600, 300)

    def comes_and_goes(hide: Callable[[], None], show: Callable[[], None]) -> None:
        qtbot.waitUntil(lambda: session.snapshot.boundary is not None, timeout=WAIT)
        hide()
        qtbot.waitUntil(lambda: "boundary" not in session.snapshot.parts, timeout=WAIT)
        before = counted.boundaries
        picture = plot.plane.boundary
        some_snapshots(session, qtbot)
        assert (counted.boundaries, session.snapshot.boundary) == (before, None)
        show()
        # The last picture stands until the next one is there: it was not asked for, which is no reason to say why not.
        assert plot.plane.boundary is picture
        assert plot._pages.currentIndex() == 1
        qtbot.waitUntil(lambda: session.snapshot.boundary is not None, timeout=WAIT)
        assert plot.plane.boundary is session.snapshot.boundary

    comes_and_goes(plot.hide, plot.show)
    comes_and_goes(lambda: pages.setCurrentWidget(other), lambda: pages.setCurrentWidget(beside))
    comes_and_goes(lambda: beside.setSizes([600, 0]), lambda: beside.setSizes([300, 300]))
    session.pause()
    qtbot.waitUntil(lambda: session.snapshot.state == "paused", timeout=WAIT)
    pages.hide()
    qtbot.waitUntil(lambda: "boundary" not in session.snapshot.parts, timeout=WAIT)


def test_two_views_of_a_part_want_it_until_both_are_gone(session: Session, qtbot: QtBot) -> None:
    plots = [BoundaryPlot(session) for _ in range(2)]
    for plot in plots:
        shown(qtbot, plot, 320, 320)
    assert session.wanted.parts == {"trace", "boundary"}
    plots[0].hide()
    assert session.wanted.parts == {"trace", "boundary"}
    plots[1].hide()
    assert session.wanted.parts == {"trace"}


def test_a_panel_behind_a_tab_wants_nothing(session: Session, qtbot: QtBot) -> None:
    page, plot = QMainWindow(), BoundaryPlot(session)
    page.setAnimated(False)
    docks = [QDockWidget(title) for title in ("Loss", "Boundary")]
    for dock, panel in zip(docks, (QWidget(), plot), strict=True):
        dock.setWidget(panel)
        page.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
    page.tabifyDockWidget(*docks)
    shown(qtbot, page, 600, 400)
    for _ in range(2):
        docks[0].raise_()
        qtbot.waitUntil(lambda: session.wanted.parts == {"trace"}, timeout=WAIT)
        assert plot.isVisible()
        docks[1].raise_()
        qtbot.waitUntil(lambda: session.wanted.parts == {"trace", "boundary"}, timeout=WAIT)


def test_another_document_has_the_parts_that_are_seen(session: Session, qtbot: QtBot) -> None:
    plot = BoundaryPlot(session)
    shown(qtbot, plot, 320, 320)
    session.open_document(small())
    qtbot.waitUntil(lambda: session.snapshot.boundary is not None, timeout=WAIT)
    plot.hide()
    session.open_document(small())
    qtbot.waitUntil(lambda: session.snapshot.revision == session.revision, timeout=WAIT)
    assert session.snapshot.boundary is None
