"""Fifty documents opened, trained and closed leave nothing behind; nor do an hour's steps and snapshots."""

from __future__ import annotations

import gc
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from pytestqt.qtbot import QtBot

from compute.document import Document, TrainingSettings
from compute.gallery import load_entry
from compute.graph import Graph, Node, Wire
from compute.reference import ReferenceRun
from compute.runs.trail import Trail
from compute.snapshot import Snapshot
from compute.training import Trainer
from compute.worker import thread as trainer_thread
from compute.worker.engine_choice import AUTO, REFERENCE, engine_choice
from compute.worker.job import Job
from compute.worker.thread import TrainerThread
from compute.workspace import Workspace
from editor.main_window import MainWindow
from editor.session import Session
from tests.editor.panel_session import WAIT
from tests.memory import MEGABYTE, held, resident

pytestmark = pytest.mark.usefixtures("shown_at_once")
DOCUMENTS = 50
SNAPSHOTS = 120
WARM = 20
"""After so many documents everything that is kept for the next time is there."""
GALLERY = ("xor", "mazur_2_2_2", "iris")


@pytest.fixture
def shown_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot after every chunk: nothing is gained by the steps that would be trained until the next is due."""
    monkeypatch.setattr(trainer_thread, "PUBLISH_SECONDS", 0.0)
    monkeypatch.setattr(trainer_thread, "SHOWING_SHARE", 1e9)


def generated(number: int) -> Document:
    """One of three networks of different sizes, on data of its own: every number other rows."""
    kind, rows = number % 3, 40 + 80 * (number % 7)
    graph = Graph(
        [
            Node("x", "input", {"columns": ["a", "b"]}),
            Node("h", "dense", {"units": 4 + 50 * kind}),
            Node("t", ("tanh", "relu", "gelu")[kind]),
            Node("z", "dense", {"units": 1}),
            Node("y", "target", {"columns": ["c"]}),
            Node("loss", "sigmoid_cross_entropy"),
        ],
        [Wire(*ends) for ends in (("x", "h", "x"), ("h", "t", "x"), ("t", "z", "x"))]
        + [Wire("z", "loss", "prediction"), Wire("y", "loss", "target")],
    )
    random = np.random.default_rng(number)
    columns = {name: random.normal(size=rows).tolist() for name in "ab"}
    columns["c"] = random.integers(0, 2, rows).astype(float).tolist()
    training = TrainingSettings("loss", batch_size=8, seed=number)
    return Document(f"network {number}", graph, {"source": "inline", "columns": columns}, training)


def documents(count: int) -> Iterator[Document]:
    """Generated ones and those of the gallery in turns."""
    for number in range(count):
        document = generated(number) if number % 2 else load_entry(GALLERY[number // 2 % len(GALLERY)])
        document.training = replace(document.training, epochs=10**6)
        yield document


def until(holds: Callable[[], object]) -> None:
    """Faster than ``qtbot.waitUntil``, which looks every ten milliseconds."""
    end = time.monotonic() + 6 * WAIT / 1000
    while not holds():
        assert time.monotonic() < end
        QCoreApplication.processEvents()
        time.sleep(0.0005)


def settle() -> None:
    """What was asked to be deleted is, as under a running event loop."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def open_and_train(session: Session, document: Document) -> None:
    """A few steps; the next document closes this one."""
    session._timer.setInterval(0)
    session.open_document(document)
    until(lambda: session.snapshot.revision == session.revision)
    session.train()
    until(lambda: session.snapshot.step > 2)
    session.pause()


def kinds() -> tuple[type, ...]:
    """What a document is computed by; the first is the device's memory."""
    cl = pytest.importorskip("pyopencl")
    from compute.opencl.engine import OpenCLRun
    from compute.opencl.schedule import FusedSchedule, Schedule, Site

    run = (cl.Buffer, cl.Program, cl.Kernel, OpenCLRun, Schedule, FusedSchedule, Site)
    return (*run, Document, Workspace, Job, Trainer, ReferenceRun, Snapshot, TrainerThread)


def devices() -> int:
    """The threads of devices that are at work."""
    return sum(thread.name.startswith("gradwire-device") for thread in threading.enumerate())


def left_of(before: int) -> dict[str, int]:
    """What is held once the devices that came after ``before`` have gone; their threads end a moment after them."""
    gc.collect()
    until(lambda: devices() <= before)
    return held(*kinds())


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "count"), [(AUTO, DOCUMENTS), (REFERENCE, WARM + 10)])
def test_fifty_documents_one_after_the_other(qtbot: QtBot, engine: str, count: int) -> None:
    before, at_work = held(*kinds()), devices()
    session = Session(engine_choice(engine))
    counts, memory = [], []
    for number, document in enumerate(documents(count)):
        open_and_train(session, document)
        if number % 10 == 9 and number >= WARM:
            counts.append(held(*kinds()))
            memory.append(resident())
    session.close()
    session.deleteLater()
    settle()
    del session
    # One document is open, whichever it is: the one that trains, and the one before until it is collected.
    allowed = {name: 2 * least + 2 for name, least in counts[0].items()}
    assert all(count[name] <= allowed[name] for count in counts for name in allowed), counts
    assert {count["threads"] for count in counts} == {counts[0]["threads"]}
    assert memory[-1] - memory[0] < 25, memory
    left = left_of(at_work)
    # Not none at all: what a test that failed before held is still there.
    assert all(left[name] <= before[name] for name in ("Buffer", "OpenCLRun", "Job", "TrainerThread", "threads")), left


@pytest.mark.slow
def test_twenty_sessions_with_a_device_of_their_own(qtbot: QtBot) -> None:
    counts, memory, at_work = [], [], devices()
    for number in range(14):
        session = Session(engine_choice())
        open_and_train(session, generated(number % 2))
        session.close()
        session.deleteLater()
        settle()
        del session
        counts.append(left_of(at_work))
        memory.append(resident())
    assert counts[-1] == counts[5], counts
    assert memory[-1] - memory[5] < 60, memory


@pytest.mark.slow
def test_the_window_keeps_nothing_of_the_documents_before(own_window: MainWindow) -> None:
    window = own_window
    from PySide6.QtCore import QObject

    assert len(list(window.panels.values())) == len(window.panels)  # those that are made late come now, not in between
    counts = []
    for number, document in enumerate(documents(12)):
        session = window.session
        open_and_train(session, document)
        session.select([list(document.graph.nodes)[number % 3]])
        session.start_walk()
        session.walk_by(2)
        settle()
        if number % 4 == 3:
            counts.append({**held(*kinds()[7:]), "objects": len(window.findChildren(QObject))})
        session.stop_walk()
    assert counts[-1]["objects"] <= 1.05 * counts[0]["objects"], counts
    assert all(counts[-1][name] <= 2 * counts[0][name] + 2 for name in counts[0]), counts
    window.session.new()


@pytest.mark.slow
@pytest.mark.parametrize("engine", [AUTO, REFERENCE])
def test_an_hour_of_snapshots(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    # Short chunks: thousands of snapshots in the time of a hundred.
    monkeypatch.setattr(trainer_thread, "CHUNK_SECONDS", 0.0002)
    # Else the marks to go back to grow in number all the time.
    monkeypatch.setattr(Trail.__init__, "__defaults__", (None, 50))
    session = Session(engine_choice(engine))
    session._timer.setInterval(0)
    document = load_entry("xor")
    document.training = replace(document.training, epochs=10**9)
    seen = 0

    def count(snapshot: Snapshot) -> None:
        nonlocal seen
        seen += 1

    session.snapshot_changed.connect(count)
    session.open_document(document)
    session.train()
    # Long enough for the curve to have been thinned: from then on it is as long as it ever gets.
    until(lambda: seen > 300)
    tracemalloc.start()
    try:
        before, start, memory = held(*kinds()), seen, resident()
        first = tracemalloc.get_traced_memory()[0]
        until(lambda: seen > start + SNAPSHOTS)
        after = held(*kinds())
        grown = tracemalloc.get_traced_memory()[0] - first
    finally:
        tracemalloc.stop()
        session.close()
        session.deleteLater()
    assert all(after[name] <= before[name] + 4 for name in before), (before, after)
    assert grown < MEGABYTE / 2, grown
    assert resident() - memory < 25
