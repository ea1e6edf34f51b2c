"""The mark that runs along the wires of the walk's step, in the direction in which numbers flow."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QPointF, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QRadialGradient

from compute.graph import Port
from editor.canvas.scene import Scene

SECONDS = 0.5
_FRAME = 16
_REST = 0.5
"""Where on the wire the mark is with reduced motion."""


class Mark:
    """Runs once per step, then stays; ``moved`` is called for each frame. With ``still`` it does not run."""

    def __init__(self, parent: QObject, moved: Callable[[], None]) -> None:
        self.still = False
        self.wires: tuple[Port, ...] = ()
        self._backward = False
        self._started = 0.0
        self._timer = QTimer(parent)
        self._timer.setInterval(_FRAME)
        self._timer.timeout.connect(self._tick)
        self._moved = moved

    def run(self, wires: tuple[Port, ...], backward: bool) -> None:
        """Set out along some wires; without wires there is no mark."""
        self.wires, self._backward, self._started = wires, backward, time.perf_counter()
        if wires and not self.still:
            self._timer.start()
        else:
            self._timer.stop()
        self._moved()

    def stop(self) -> None:
        """No mark."""
        self.run((), False)

    @property
    def running(self) -> bool:
        return self._timer.isActive()

    @property
    def share(self) -> float:
        """How much of the wire lies behind it, from the wire's source: 0 … 1."""
        if self.still:
            return _REST
        passed = min((time.perf_counter() - self._started) / SECONDS, 1.0)
        eased = passed * passed * (3 - 2 * passed)
        return 1 - eased if self._backward else eased

    def _tick(self) -> None:
        if time.perf_counter() - self._started >= SECONDS:
            self._timer.stop()
        self._moved()

    def paint(self, painter: QPainter, scene: Scene, color: QColor) -> None:
        """A dot with a glow on each wire."""
        painter.setPen(Qt.PenStyle.NoPen)
        for key in self.wires:
            wire = scene.wires.get(key)
            if wire is not None:
                _dot(painter, wire.path.pointAtPercent(self.share), color)


def _dot(painter: QPainter, at: QPointF, color: QColor) -> None:
    glow = QRadialGradient(at, 17)
    near, far = QColor(color), QColor(color)
    near.setAlphaF(0.55)
    far.setAlphaF(0.0)
    glow.setColorAt(0.25, near)
    glow.setColorAt(1.0, far)
    painter.setBrush(glow)
    painter.drawEllipse(at, 17.0, 17.0)
    painter.setBrush(color)
    painter.drawEllipse(at, 6.5, 6.5)
