"""Plots take turns at the window's thread: all together they have a part of it, however many there are."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer
from shiboken6 import isValid

from editor.plots.plot import Plot

REST = 2.0
"""After a plot the thread is left to others for so many times as long as the plot took."""
MOST_MILLISECONDS = 100


class Turns(QObject):
    """A plot that has new numbers waits here; the one that has waited longest is drawn next."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._waiting: dict[Plot, None] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._turn)

    def wait(self, plot: Plot) -> None:
        """A plot has new numbers; one that waits already keeps its place."""
        self._waiting.setdefault(plot)
        if not self._timer.isActive():
            self._timer.start(0)

    def forget(self, plot: Plot) -> None:
        """It was closed."""
        self._waiting.pop(plot, None)

    def _turn(self) -> None:
        while self._waiting:
            plot = next(iter(self._waiting))
            del self._waiting[plot]
            if isValid(plot) and plot.seen:
                plot.refresh()
                seconds = plot.cost.preparing + plot.cost.painting
                self._timer.start(min(round(1000 * REST * seconds), MOST_MILLISECONDS))
                return
