"""How long the window is held by what a person does: ``python tests/benchmarks/gaps.py [ACT …]`` prints JSON.

A timer beats every millisecond. For each act: ``gap_ms``, the longest time between two beats, and ``held_ms``, the most
processor time that the window's thread took between two beats, which a busy machine does not stretch.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
if __name__ == "__main__":
    from tests import homes

    HOME = homes.move()  # with the settings that a person begins with, and none of theirs changed

import numpy as np

from compute.document import Asked, Document, Exercise, Learner, TrainingSettings, save
from compute.focus import Focus, Side, Subject
from compute.graph import Graph, Node, Wire
from compute.initializers import initialize
from compute.workspace import open_document

PATIENCE = 120.0
SIDES: tuple[Side, ...] = ("value", "gradient")


def large() -> Document:
    """784-512-512-10 with its 670,000 weights, on 64 rows in the document."""
    names = [f"p{i}" for i in range(784)]
    nodes = [
        Node("x", "input", {"columns": names}, (0, 0)),
        Node("h1", "dense", {"units": 512}, (300, 0)),
        Node("r1", "relu", {}, (600, 0)),
        Node("h2", "dense", {"units": 512}, (900, 0)),
        Node("r2", "relu", {}, (1200, 0)),
        Node("z", "dense", {"units": 10}, (1500, 0)),
        Node("y", "target", {"columns": ["c"], "encoding": "index"}, (1500, 300)),
        Node("loss", "softmax_cross_entropy", {}, (1800, 0)),
    ]
    wires = [Wire(a.id, b.id, "x") for a, b in pairwise(nodes[:6])]
    wires += [Wire("z", "loss", "prediction"), Wire("y", "loss", "target")]
    random = np.random.default_rng(0)
    columns = {name: random.normal(size=64).round(3).tolist() for name in names}
    columns["c"] = [float(i % 10) for i in range(64)]
    document = Document(
        "large", Graph(nodes, wires), {"source": "inline", "columns": columns}, TrainingSettings("loss", epochs=10**6)
    )
    parameters = open_document(document).analysis.parameters
    document.weights = {name: initialize(name, spec, 0) for name, (_, spec) in parameters.items()}
    return document


def many(count: int = 1000) -> Document:
    """A chain of so many nodes, folded into rows of 40."""
    nodes = [Node("n0", "parameter", {"value": [[0.5, 0.25], [0.1, 0.2]]}, (0, 0))]
    nodes += [Node(f"n{i}", "tanh", {}, ((i % 40) * 220.0, (i // 40) * 160.0)) for i in range(1, count - 1)]
    nodes.append(Node("loss", "mean", {}, (9000, 0)))
    wires = [Wire(a.id, b.id, "x") for a, b in pairwise(nodes)]
    return Document("many", Graph(nodes, wires), training=TrainingSettings("loss", epochs=10**6))


def table(path: Path, rows: int = 10**6) -> None:
    """A CSV file of two columns and a class."""
    numbers = np.random.default_rng(0).normal(size=(rows, 2)).round(4)
    with path.open("w", encoding="utf-8") as file:
        file.write("a,b,c\n")
        file.writelines(f"{a},{b},{int(a > b)}\n" for a, b in numbers)


class Measure:
    """A window and the beats of its event loop."""

    def __init__(self) -> None:
        from editor import app as editor_app
        from editor.application import Application
        from tests.heartbeat import Heartbeat

        sys.setswitchinterval(editor_app.SWITCH_SECONDS)
        self.app = editor_app.make_application()
        editor_app.collect_on_this_thread(self.app)
        self.program = Application("reference")
        self.window = self.program.new_window()
        self.session = self.window.session
        self.window.resize(1600, 1000)
        self.window.files.open_example("spiral")
        self.window.show()
        self.heart = Heartbeat()
        self.found: dict[str, dict[str, float]] = {}
        self.until(self.is_shown)
        self.rest(1.0)

    def until(self, holds: Callable[[], Any]) -> None:
        end = time.perf_counter() + PATIENCE
        while not holds():
            assert time.perf_counter() < end, "this takes too long"
            self.app.processEvents()
            time.sleep(0.0002)

    def rest(self, seconds: float) -> None:
        end = time.perf_counter() + seconds
        self.until(lambda: time.perf_counter() >= end)

    def is_shown(self) -> bool:
        return self.session.snapshot.revision == self.session.revision

    def idle(self) -> bool:
        return not self.window.files.busy

    def act(self, name: str, do: Callable[[], Any], done: Callable[[], Any] = lambda: True, rest: float = 0.4) -> None:
        """Do something, wait until it is done and seen, and note the longest time between two beats."""
        self.rest(0.1)
        self.heart.restart()
        start = time.perf_counter()
        do()
        self.until(done)
        took = time.perf_counter() - start
        self.rest(rest)
        self.found[name] = {
            "gap_ms": round(self.heart.gap, 1),
            "held_ms": round(self.heart.held, 1),
            "took_ms": round(1000 * took, 1),
        }
        print(name, self.found[name], file=sys.stderr, flush=True)

    def files(self, folder: Path) -> None:
        """Open and save."""
        window, session = self.window, self.session
        for name, document in (("large.gradwire", large()), ("large.json", large()), ("many.gradwire", many())):
            path = folder / name
            save(document, path)

            def is_open(path: Path = path) -> bool:
                return session.document.path == path.resolve() and self.idle() and self.is_shown()

            session.new()  # a window with a file keeps it
            self.rest(0.2)
            self.act(f"open {name}", lambda path=path: window.files.open_path(path), is_open)  # type: ignore[misc]
            self.act(f"save {name}", window.files.save, self.idle)

    def graph(self, folder: Path) -> None:
        """Tidy, walk and draw 1,000 nodes."""
        window, session = self.window, self.session
        session.open_document(many())
        self.until(self.is_shown)
        self.act("tidy 1000 nodes", window.canvas.tidy, session.undo_stack.canUndo, 1.0)
        self.act("undo tidy", session.undo_stack.undo)
        self.act("walk 1000 nodes", session.start_walk, lambda: session.walk is not None)
        self.act("a step of the walk", lambda: session.walk_by(7))
        self.act("the last step", lambda: session.walk_to(10**9))
        self.act("leave the walk", session.stop_walk)
        self.act("PNG of 1000 nodes", lambda: window.files.publishing.save_picture(folder / "p.png"), self.idle)
        self.act("report on 1000 nodes", lambda: window.files.publishing.save_report(folder / "r.html"), self.idle)
        self.act("the same on paper", lambda: window.files.publishing.save_report(folder / "r.pdf"), self.idle)
        self.act("SVG of 1000 nodes", lambda: window.files.publishing.save_picture(folder / "p.svg"), self.idle)
        session.mark_saved()

    def teaching(self, folder: Path) -> None:
        """A solution on paper, values of 784 columns, a what-if, an exercise and a walk on 1,000 nodes, an audit."""
        window, session = self.window, self.session
        window.files.open_example("exercise_two_layers")
        self.until(self.is_shown)
        session.exercising.set_learner(None)
        self.rest(0.5)
        paper = window.files.publishing
        self.act("solution as PDF", lambda: paper.save_handout(folder / "p.pdf", solution=True), self.idle)
        self.act("handout as PDF", lambda: paper.save_handout(folder / "p.pdf", solution=False), self.idle)
        document = large()
        session.open_document(document)
        self.until(self.is_shown)
        session.select(["x"])
        self.act("values of 784 columns", lambda: window.inspector.show_tab("Values"))
        self.act("another sample", lambda: session.set_sample(3))
        self.act("why of 784 products", lambda: session.focus_on(Focus(Subject("node", "h1"), "value", (3, 7))))
        for tab in ("Gradient", "Weights", "Neurons"):
            self.act(f"its {tab}", lambda tab=tab: window.inspector.show_tab(tab))  # type: ignore[misc]
        self.act("a walk by entries", lambda: session.start_walk("entry"), lambda: session.walk is not None, 1.0)
        self.act("an entry on", lambda: session.walk_by(1))
        self.act("into the next sample", lambda: session.walk_by(512))
        self.act("far on", lambda: session.walk_by(40_000))
        self.act("leave that walk", session.stop_walk)
        weight = Focus(Subject("weight", "h1", "weight"), "value", (3, 7))
        session.focus_on(weight, explain=False)
        self.act("what if", session.what_if.begin, lambda: session.what_if.pair is not None)
        for i in range(4):
            self.act(f"drag {i}", lambda i=i: session.what_if.hold(weight, 0.1 * i), rest=1.0)  # type: ignore[misc]
        self.act("leave the what-if", session.what_if.leave)
        document = many(300)
        session.open_document(document)
        self.until(self.is_shown)
        self.act(
            "audit 300 nodes",
            lambda: session.auditing.set_on(True),
            lambda: session.auditing.shown is not None,
        )
        self.act("no audit", lambda: session.auditing.set_on(False))
        document = many()
        places = [Focus(Subject("node", f"n{i}"), side, (0, 0)) for i in range(20, 40) for side in SIDES]
        document.exercise = Exercise(tuple(map(Asked, places)), learner=Learner("practice"))
        save(document, folder / "exercise.json")
        self.act("open 40 asked", lambda: window.files.open_path(folder / "exercise.json"), self.is_shown, 2.0)
        exercising = session.exercising
        self.until(lambda: exercising.is_working)
        self.act("focus", lambda: session.focus_on(Focus(Subject("node", "n30"), "value", (0, 0))), rest=1.0)
        self.act("answer", lambda: exercising.answer(places[20], "0.5"), rest=1.0)
        self.act("change sides", lambda: exercising.set_learner(None), rest=1.0)
        self.act("and back", lambda: exercising.set_learner(Learner("practice")), rest=1.0)
        session.mark_saved()

    def looks(self, folder: Path) -> None:
        """Training, a picture meanwhile, themes, the gallery, a large table."""
        window, session = self.window, self.session
        window.files.open_example("spiral")
        self.until(self.is_shown)
        self.act("train", session.train, rest=2.0)
        self.act("PNG while training", lambda: window.files.publishing.save_picture(folder / "p.png"), self.idle)
        session.pause()
        for mode in ("light", "dark", "light", "dark"):
            self.act(f"theme {mode}", lambda mode=mode: window.windows.set_theme(mode))  # type: ignore[misc]
        self.act("gallery", lambda: window.pages.show_start(True))
        self.act("back", lambda: window.pages.show_start(False))
        table(folder / "table.csv")
        self.act(
            "a CSV of a million rows",
            lambda: window.data_place.form.use({"source": "csv", "path": str(folder / "table.csv")}),
            lambda: session.document.data.get("source") == "csv" and self.is_shown(),
            2.0,
        )
        self.act("a second window", window.windows.open_window, lambda: len(self.program.windows) == 2)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        measure = Measure()
        for name in sys.argv[1:] or ("files", "graph", "looks", "teaching"):
            getattr(measure, name)(Path(folder))
        print(json.dumps(measure.found, indent=1), flush=True)
    shutil.rmtree(HOME, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    main()
