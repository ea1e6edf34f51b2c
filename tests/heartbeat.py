"""Beats of the event loop: how long the window's thread was busy between two of them, and how many there were."""

from __future__ import annotations

import time
from itertools import pairwise

from PySide6.QtCore import QTimer


class Heartbeat:
    """Beats every millisecond in which the event loop has a turn, from its making until it is stopped."""

    def __init__(self) -> None:
        self.times: list[tuple[float, float]] = []
        """Of each beat: the clock, and the processor time that this thread has taken, in seconds."""
        self._timer = QTimer()
        self._timer.timeout.connect(self._beat)
        self._timer.start(1)

    def _beat(self) -> None:
        self.times.append((time.perf_counter(), time.thread_time()))

    def restart(self) -> None:
        """Count anew, from now on."""
        self.times.clear()
        self._beat()

    def stop(self) -> None:
        """Beat no more."""
        self._timer.stop()

    @property
    def count(self) -> int:
        """The turns that the event loop has had."""
        return len(self.times)

    @property
    def held(self) -> float:
        """The most processor time between two beats, in milliseconds, which a busy machine does not stretch."""
        return 1000 * max((after[1] - before[1] for before, after in pairwise(self.times)), default=0.0)

    @property
    def gap(self) -> float:
        """The longest time between two beats, in milliseconds."""
        return 1000 * max((after[0] - before[0] for before, after in pairwise(self.times)), default=0.0)
