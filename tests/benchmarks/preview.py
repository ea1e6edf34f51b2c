"""How long a preview of a large file holds the window: ``python -m tests.benchmarks.preview [--rows N]`` prints JSON.

A CSV file of so many rows and 30 columns, 26 of numbers, three of text and one of ids, is chosen, read, changed and
used. For each act: ``seconds`` until it is done, and ``held_ms``, the most processor time that the window's thread
takes between two turns of its event loop meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from editor import app as editor_app
from editor.application import Application
from editor.panels.data.preview_model import TYPE, USED
from tests.heartbeat import Heartbeat


def write(path: Path, rows: int) -> None:
    """The file."""
    import pyarrow as pa
    import pyarrow.csv

    draw = np.random.default_rng(0)
    columns: dict[str, Any] = {f"n{i}": np.round(draw.standard_normal(rows), 4) for i in range(25)}
    columns["town"] = np.array(["Ulm", "Bonn", "Kiel", "NA"])[draw.integers(0, 4, rows)]
    columns["code"] = np.array([f"c{i}" for i in range(700)])[draw.integers(0, 700, rows)]
    columns["kind"] = np.array(["a", "b"])[draw.integers(0, 2, rows)]
    columns["id"] = np.arange(rows)
    columns["y"] = draw.integers(0, 2, rows)
    pyarrow.csv.write_csv(pa.table(columns), str(path))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    args = parser.parse_args()
    home = Path(tempfile.mkdtemp())
    os.environ["XDG_STATE_HOME"] = os.environ["XDG_CONFIG_HOME"] = str(home)
    sys.setswitchinterval(editor_app.SWITCH_SECONDS)
    app = editor_app.make_application()
    editor_app.collect_on_this_thread(app)
    window = Application("reference").new_window()
    window.resize(1400, 900)
    window.files.open_example("iris")
    window.show()
    session, place, heart = window.session, window.data_place, Heartbeat()
    path, found = home / "large.csv", dict[str, dict[str, float]]()
    write(path, args.rows)

    def until(holds: Callable[[], object]) -> None:
        while not holds():
            app.processEvents()
            time.sleep(0.0005)

    def act(name: str, do: Callable[[], object], done: Callable[[], object]) -> None:
        heart.restart()
        start = time.perf_counter()
        do()
        until(done)
        seconds, beats = time.perf_counter() - start, heart.count
        until(lambda: heart.count > beats + 5)
        found[name] = {"seconds": round(seconds, 2), "held_ms": round(heart.held)}

    until(lambda: session.snapshot.revision == session.revision)
    place.open()
    until(lambda: place.isVisible())
    act("first rows", lambda: place.form.use_file(str(path)), lambda: place.previews.shown)
    sheet = place.previews.shown
    assert sheet is not None
    model = sheet.columns.model_
    act("all of it", lambda: None, lambda: not sheet.is_busy and sheet.preview)
    names = [*model.names]
    act("another type", lambda: model.choose([names.index("town")], TYPE, "text"), lambda: not sheet.is_busy)
    target = next(each.id for each in model.places if each.role == "target")
    act("another answer", lambda: model.choose([names.index("y")], USED, target), lambda: not sheet.is_busy)
    act("used", sheet.accept, lambda: place.previews.shown is None and session.snapshot.revision == session.revision)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"rows": args.rows, "peak_mb": peak, **found}, indent=2), flush=True)
    session.mark_saved()
    os._exit(0)


if __name__ == "__main__":
    main()
