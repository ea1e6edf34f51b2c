"""What keeping unsaved work costs: ``python -m tests.benchmarks.keeping [--seconds S]`` prints JSON.

784-512-512-10 with Adam in a window. ``write_ms``: the processor time of one copy, which is made beside the window;
``held_ms``: the most that the window's thread takes meanwhile; ``share``: of the steps of training, those that are not
done while a copy is made every ten seconds; the two sides alternate.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from compute.document.recovery import Recovery
from editor import app as editor_app
from editor import recovery
from editor.application import Application
from tests.benchmarks.gaps import large
from tests.heartbeat import Heartbeat


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="of training, for each side of a round")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    os.environ["XDG_STATE_HOME"] = home = tempfile.mkdtemp()
    sys.setswitchinterval(editor_app.SWITCH_SECONDS)
    app = editor_app.make_application()
    editor_app.collect_on_this_thread(app)
    window = Application().new_window()
    session, keeper = window.session, window.keeper
    document = large()
    document.training = replace(document.training, optimizer={"name": "adam"}, batch_size=64)
    session.open_document(document)
    window.show()

    def until(holds: Callable[[], object]) -> None:
        while not holds():
            app.processEvents()
            time.sleep(0.0005)

    def rest(seconds: float) -> None:
        end = time.perf_counter() + seconds
        until(lambda: time.perf_counter() >= end)

    def pace() -> float:
        """Steps a second of training."""
        step, start = session.snapshot.step, time.perf_counter()
        rest(args.seconds)
        return (session.snapshot.step - step) / (time.perf_counter() - start)

    until(lambda: session.snapshot.revision == session.revision)
    keeper._timer.stop()
    session.train()
    until(lambda: session.snapshot.step > 50)
    session.pause()
    until(lambda: not session.is_training)
    heart, held, writes = Heartbeat(), [], []
    other = Recovery(Path(home) / "other")
    for number in range(6):
        session.apply(session.edits.rename(str(number)))
        rest(0.5)
        heart.restart()
        keeper.keep_now()
        until(lambda: not keeper.background.tasks)
        rest(0.1)
        held.append(heart.held)
        start = time.thread_time()
        other.write(1, session.present().document())
        writes.append(1000 * (time.thread_time() - start))
    heart.stop()
    size = sum(path.stat().st_size for path in Path(home).rglob("1.gradwire")) / 2e6
    found: dict[str, object] = {
        "write_ms": {"first": round(writes[0], 1), "later": round(statistics.median(writes[1:]), 1)},
        "held_ms": round(max(held), 1),
        "megabytes": round(size, 1),
    }
    keeper._timer.start()
    session.train()
    rest(5.0)
    sides: dict[float, list[float]] = {recovery.TRAINING_SECONDS: [], 1e9: []}
    for _ in range(args.rounds):
        for pause, paces in sides.items():
            recovery.TRAINING_SECONDS = pause
            paces.append(pace())
    kept, alone = (statistics.median(paces) for paces in sides.values())
    found["steps_per_second"] = {"kept": round(kept, 1), "alone": round(alone, 1)}
    print(json.dumps(found | {"share": round(1 - kept / alone, 4), "device": session.snapshot.device}), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
