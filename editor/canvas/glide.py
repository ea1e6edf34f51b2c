"""Nodes on their way from where they were to where an edit has put them; for the eye only."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, QPointF, QTimer

from editor.canvas.scene import Scene

SECONDS = 0.25
_FRAME = 16


class Glide:
    """Moves nodes of a scene to their new places in a quarter of a second; ``moved`` is called for each frame."""

    def __init__(self, parent: QObject, scene: Scene, moved: Callable[[], None]) -> None:
        self._scene, self._moved = scene, moved
        self._ways: dict[str, tuple[QPointF, QPointF]] = {}
        self._started = 0.0
        self._timer = QTimer(parent)
        self._timer.setInterval(_FRAME)
        self._timer.timeout.connect(self._tick)

    def start(self, before: Mapping[str, QPointF]) -> None:
        """Begin where the nodes were, and end where they are."""
        now = {i: self._scene.nodes[i].rect.topLeft() for i in before if i in self._scene.nodes}
        self._ways = {i: (before[i], place) for i, place in now.items() if before[i] != place}
        self._started = time.perf_counter()
        self._timer.start()
        self._tick()

    def finish(self) -> None:
        """Arrive at once."""
        if self._timer.isActive():
            self._started = 0.0
            self._tick()

    def _tick(self) -> None:
        share = min((time.perf_counter() - self._started) / SECONDS, 1.0)
        if share >= 1.0:
            self._timer.stop()
        eased = share * share * (3 - 2 * share)
        ways = {i: way for i, way in self._ways.items() if i in self._scene.nodes}
        self._scene.shift({i: a + (b - a) * eased if share < 1 else b for i, (a, b) in ways.items()})
        self._moved()
