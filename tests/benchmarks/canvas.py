"""How long a frame of the canvas takes, in milliseconds: ``python tests/benchmarks/canvas.py`` prints JSON.

1600 × 1000 on a software raster. Every frame has new numbers on every wire, so nothing remembered helps. ``fit``
shows the whole graph, ``labels`` the closest view on its labels that the zoom of 0.8 gives, ``drag`` moves one node.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from compute.document import Document
from editor import theme
from editor.canvas import Canvas
from editor.canvas.gestures import Move
from tests.editor.canvas_session import CanvasSession, document

SIZE = (1600, 1000)
ROUNDS = 15


def big_graph(nodes: int, columns: int, pitch: tuple[int, int] = (240, 150)) -> Document:
    """A grid of additions, each fed by two nodes of the column before it: about two wires per node."""
    places = [(i, i // (nodes // columns), i % (nodes // columns)) for i in range(nodes)]
    per = nodes // columns
    notes = []
    wires = []
    for i, column, row in places:
        at = [column * pitch[0], row * pitch[1]]
        if column == 0:
            notes.append(
                {"id": f"n{i}", "op": "parameter", "params": {"value": [0.1 * row, 1.0, -1.0]}, "position": at}
            )
        else:
            notes.append({"id": f"n{i}", "op": "add", "position": at})
            wires += [(f"n{i - per}", f"n{i}", "a"), (f"n{(column - 1) * per + (row + 1) % per}", f"n{i}", "b")]
    notes.append({"id": "L", "op": "sum", "position": [columns * pitch[0], 0]})
    wires.append((f"n{nodes - 1}", "L", "x"))
    return document(notes, wires, "L")


class Frames:
    """A canvas with a session, painted into an image."""

    def __init__(self, graph: Document) -> None:
        self.session = CanvasSession(graph)
        started = time.perf_counter()
        self.canvas = Canvas(self.session)
        self.canvas.resize(*SIZE)
        self.canvas.fit()
        self.image = QImage(*SIZE, QImage.Format.Format_RGB32)
        self.paint()
        self.open_ms = (time.perf_counter() - started) * 1000
        self.random = np.random.default_rng(0)

    def paint(self) -> None:
        painter = QPainter(self.image)
        self.canvas.paint_onto(painter)
        painter.end()

    def new_numbers(self) -> None:
        trace = self.session.snapshot.trace
        draw = self.random.standard_normal
        self.session.snapshot = replace(
            self.session.snapshot,
            trace=replace(
                trace,
                values={k: draw(v.shape) for k, v in trace.values.items()},
                wire_grads={k: draw(v.shape) for k, v in trace.wire_grads.items()},
            ),
        )

    def numbers(self) -> float:
        def frame() -> None:
            self.session.snapshot_changed.emit(self.session.snapshot)
            self.paint()

        return self.median(frame, self.new_numbers)

    def pan(self) -> float:
        def frame() -> None:
            self.canvas.pan_by(7, 3)
            self.paint()

        return self.median(frame)

    def drag(self) -> float:
        middle = self.canvas.visible_area().center()
        near = min(self.canvas.scene.nodes.values(), key=lambda v: (v.rect.center() - middle).manhattanLength())
        start = near.rect.center()
        self.session.select({near.id})
        gesture = Move(self.canvas, start, near.id)
        self.canvas.begin(gesture)
        gesture.move(start + QPointF(60, 60), Qt.KeyboardModifier.NoModifier)
        self.paint()
        steps = iter(range(1, 1000))

        def frame() -> None:
            gesture.move(start + QPointF(60 + 10 * next(steps), 60), Qt.KeyboardModifier.NoModifier)
            self.paint()

        out = self.median(frame)
        self.canvas.cancel_gesture()
        return out

    @staticmethod
    def median(frame: Callable[[], None], before: Callable[[], None] = lambda: None) -> float:
        times = []
        for _ in range(ROUNDS):
            before()
            started = time.perf_counter()
            frame()
            times.append((time.perf_counter() - started) * 1000)
        return round(statistics.median(times[2:]), 2)


def main() -> None:
    app = QApplication.instance() or QApplication(sys.argv[:1])
    theme.set_mode("dark")
    out: dict[str, object] = {"size": SIZE, "goal_ms": {"200": 12, "1000": 20, "drag": 5}}
    for nodes, columns in ((200, 20), (1000, 40)):
        frames = Frames(big_graph(nodes, columns))
        result: dict[str, object] = {
            "wires": len(frames.canvas.scene.wires),
            "open_ms": round(frames.open_ms, 1),
            "fit_zoom": round(frames.canvas.camera.zoom, 3),
            "fit_numbers_ms": frames.numbers(),
            "fit_pan_ms": frames.pan(),
            "fit_drag_ms": frames.drag(),
        }
        for zoom in (0.5, 0.8, 1.0):
            frames.canvas.fit()
            frames.canvas.zoom_to(zoom)
            frames.paint()
            area = frames.canvas.visible_area()
            result[f"zoom_{zoom}"] = {
                "nodes_in_view": len(frames.canvas.scene.nodes_in(area)),
                "numbers_ms": frames.numbers(),
                "pan_ms": frames.pan(),
                "drag_ms": frames.drag(),
            }
        started = time.perf_counter()
        frames.session.apply(frames.canvas.arranging.tidy())
        result["layout_ms"] = round((time.perf_counter() - started) * 1000, 1)
        out[str(nodes)] = result
    print(json.dumps(out, indent=1))
    app.processEvents()


if __name__ == "__main__":
    main()
