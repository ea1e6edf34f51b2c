"""The window measured while it trains, for ``benchmark``: with its usual views, with ten plots, with ten watches."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from itertools import cycle, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from compute.errors import GradwireError
from editor.trial import own_folders

if TYPE_CHECKING:
    from compute.document import Watch
    from editor.main_window import MainWindow

PLOTS = 10
WARM_UP_SECONDS, SECONDS = 2.0, 4.0
LONGEST = 120.0


def in_a_process(kind: str) -> dict[str, float]:
    """``measure`` in a process of its own. Errors: GradwireError."""
    call = [sys.executable, "-m", "editor.measuring", kind]
    environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ, "OPENBLAS_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            call,
            capture_output=True,
            text=True,
            check=True,
            timeout=LONGEST,
            cwd=Path(__file__).resolve().parents[1],
            env=environment,
        )
        found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    except (subprocess.SubprocessError, IndexError, ValueError) as error:
        raise GradwireError(f"the window cannot be measured ({type(error).__name__})") from error
    return found


def open_plots(window: MainWindow) -> None:
    """Ten plots in a window of their own, all of them in sight."""
    from editor.plots.kinds import KINDS

    window.workbench.show_panel("plots", True)
    dock = window.workbench.docks["plots"]
    dock.setFloating(True)
    dock.setGeometry(0, 0, 1500, 950)
    window.plots.make()
    for spot in list(window.plots.arrangement.spots):
        window.plots.close_plot(spot)
    for kind, _ in zip(cycle(KINDS), range(PLOTS), strict=False):
        window.plots.add(kind)


def ten_watches() -> tuple[Watch, ...]:
    """On values, gradients and weights of the spiral's layers; none is ever set off."""
    from compute.document import Watch
    from compute.focus import Subject

    weights = [Subject("weight", node, "weight") for node in ("h1", "h2", "z")]
    found = [Watch(subject, "value", "norm_above", 1e9) for subject in weights]
    found += [Watch(subject, "gradient", "norm_above", 1e9) for subject in weights[:2]]
    found += [Watch(subject, "value", "change_above", 1e9) for subject in weights[:2]]
    found += [Watch(Subject("node", "a1"), "value", "nan"), Watch(Subject("node", "a2"), "value", "dead_above", 1.0)]
    return (*found, Watch(Subject("wire", "h2", "x"), "gradient", "infinite"))


def measure(kind: str) -> dict[str, float]:
    """One run, in this process, which is of no other use then: steps and snapshots a second, and milliseconds of the
    longest time between two turns of the window's event loop, asked for every 5 ms."""
    from PySide6.QtCore import QTimer

    from compute.gallery import load_entry
    from compute.worker.engine_choice import engine_choice
    from editor import app as editor_app
    from editor.application import Application
    from editor.session import Session

    sys.setswitchinterval(editor_app.SWITCH_SECONDS)
    app = editor_app.make_application()
    editor_app.collect_on_this_thread(app)
    window = Application().new_window() if kind != "alone" else None
    session = window.session if window else Session(engine_choice())
    document = load_entry("spiral")
    document.training = replace(document.training, epochs=10**7)
    document.watches = ten_watches() if kind == "watches" else ()
    session.open_document(document)
    if window:
        window.resize(1600, 1000)
        window.show()
    if window and kind in ("plots", "watches"):
        open_plots(window)
    snapshots = 0
    turns: list[float] = []

    def count(_snapshot: object) -> None:
        nonlocal snapshots
        snapshots += 1

    session.snapshot_changed.connect(count)
    ticker = QTimer()
    ticker.setInterval(5)
    ticker.timeout.connect(lambda: turns.append(time.perf_counter()))

    def until(seconds: float) -> None:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            app.processEvents()
            time.sleep(0.001)

    while not session.snapshot.device:
        until(0.05)
    session.train()
    while not session.snapshot.step:  # kernels are built
        until(0.05)
    until(WARM_UP_SECONDS)
    ticker.start()
    start, steps, snapshots = time.perf_counter(), session.snapshot.step, 0
    until(SECONDS)
    spent, done = time.perf_counter() - start, session.snapshot.step - steps
    ticker.stop()
    session.close()
    gaps = [b - a for a, b in pairwise(turns)]
    return {
        "steps_per_second": done / spent,
        "snapshots_per_second": snapshots / spent,
        "longest_gap_ms": 1000 * max(gaps),
    }


if __name__ == "__main__":
    with own_folders():
        sys.stdout.write(json.dumps(measure(sys.argv[1])) + "\n")
        sys.stdout.flush()
    os._exit(0)
