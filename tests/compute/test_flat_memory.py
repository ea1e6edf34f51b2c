"""Memory stays flat however long the training goes on."""

from __future__ import annotations

import gc
import itertools
import threading
import tracemalloc
from dataclasses import replace

import pytest

from compute.batches import _few, _many
from compute.engine import Engine
from compute.gallery import load_entry
from compute.opencl.engine import OpenCLRun
from compute.reference import ReferenceEngine
from compute.training import Trainer
from compute.workspace import open_document
from tests.memory import MEGABYTE, allocated, held

CHUNK_SECONDS = 0.006  # as in the window


def endless(engine: Engine) -> Trainer:
    """A tiny network with data held back, as a window trains it: for ever, and without a full history."""
    document = load_entry("spiral")
    opened = open_document(document).program
    return Trainer(opened, replace(document.training, epochs=10**9), engine.open(opened), keep_all=False)


def sizes(trainer: Trainer) -> dict[str, object]:
    """Everything countable that could grow."""
    history = trainer.history
    found: dict[str, object] = {
        "steps": len(history.steps),
        "epochs": len(history.epochs),
        "curves": {name: len(series._kept) for name, series in history.series.items()},
    }
    if isinstance(trainer.run, OpenCLRun):
        found["buffers"] = trainer.run.bytes_held()
        found["schedules"] = {key: each.bytes_held() for key, each in trainer.run._passes._schedules.items()}
        found["built"] = len(trainer.run._device.library._built)
        found |= held(trainer.run._device._cl.Buffer)
        # Whichever wait is the first that has to, starts the device's one thread.
        found["threads"] = threading.active_count() - (trainer.run._device._helper._thread is not None)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("which", "steps"), [("opencl_fused", 12_000), ("opencl", 3000), ("reference", 1500)])
def test_an_hour_of_steps(which: str, steps: int, request: pytest.FixtureRequest) -> None:
    engine: Engine = ReferenceEngine() if which == "reference" else request.getfixturevalue(which)
    trainer = endless(engine)

    def go(more: int) -> None:
        goal = trainer.step + more
        while trainer.step < goal:
            trainer.train(CHUNK_SECONDS, every=100)
        trainer.settle()
        _few.cache_clear()
        _many.cache_clear()  # a few orders are kept, more or fewer at a time
        gc.collect()

    go(steps // 10)
    before, memory = sizes(trainer), allocated() or 0
    tracemalloc.start()
    try:
        go(steps // 20)
        marks = [tracemalloc.get_traced_memory()[0]]
        for _ in range(4):
            go(steps // 10)
            marks.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    go(steps)
    assert sizes(trainer) == before
    # What is kept of each step grows every time; a larger room for what a chunk reads, in place of one, does so once.
    assert min(b - a for a, b in itertools.pairwise(marks)) < MEGABYTE / 10, marks
    # Not what the process occupies: how much of what was given back it keeps is the C library's choice.
    assert (allocated() or 0) - memory < 4 * MEGABYTE
    trainer.run.close()
