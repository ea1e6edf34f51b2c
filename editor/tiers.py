"""How the window shares its height: the canvas above, plots and training below."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QEvent, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from editor.splitter import Splitter

LOWER = 270
"""How high the lower part is where there is room for it."""
CANVAS = 400
"""The height below which the canvas does not go for the sake of the lower part."""


class Tiers(Splitter):
    """Two tiers. In a low window the lower one gives way, and in a walk, whose stepper stands above it, some more.

    A height that the person has chosen counts, except that a walk still takes of it what it needs.
    """

    def __init__(self, upper: QWidget, lower: QWidget, stepper: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self.addWidget(upper)
        self.addWidget(lower)
        self.setStretchFactor(0, 1)
        self._lower, self._stepper = lower, stepper
        self._walking = False
        self._chosen: int | None = None
        self.splitterMoved.connect(self._choose)

    def _choose(self) -> None:
        self._chosen = self.sizes()[1]

    def set_walking(self, walking: bool) -> None:
        """A walk has begun, or is over."""
        if walking != self._walking:
            self._walking = walking
            self._share()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share()

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        # What the rows need at least has changed, as when the stepper came or went.
        if event.type() == QEvent.Type.LayoutRequest:
            self._share()
        return done

    def _share(self) -> None:
        room = self.height() - self.handleWidth()
        least = self._lower.minimumSizeHint().height()
        height = self._chosen if self._chosen is not None else min(LOWER, max(room - CANVAS, least))
        if self._walking:
            height = min(height, max(room - CANVAS - self._stepper.sizeHint().height(), least))
        self.setSizes([room - height, height])

    def chosen(self) -> QByteArray | None:
        """What the person has chosen, to be remembered; None if nothing."""
        return self.saveState() if self._chosen is not None else None

    def choose(self, state: QByteArray) -> None:
        """What was remembered."""
        if self.restoreState(state):
            self._choose()
