"""What pictures of trials have in common: a point or a line for each, which is pointed at and opened."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from compute.sweep import Axis, Mean, Outcome, value_text
from editor import theme
from editor.scale import px

Across = Sequence[Axis]


class Shown(NamedTuple):
    """One trial, or some that differ in their seed alone. score: above 0; spread: its deviation over seeds; outcome:
    the trial that is opened."""

    values: Mapping[str, Any]
    score: float
    spread: float
    outcome: Outcome


def shown_of(outcomes: Sequence[Outcome], means: Sequence[Mean]) -> list[Shown]:
    """What a picture shows of means, or where there are none of trials; what failed, or has no loss above 0, is left
    out."""
    if means:
        found = [Shown(mean.values, mean.score, mean.spread, mean.outcomes[0]) for mean in means]
    else:
        found = [Shown(each.trial.values, each.score, 0.0, each) for each in outcomes if not each.fault]
    return [each for each in found if 0 < each.score < math.inf]


class Span:
    """Where the values of an axis stand on a line from 0 to 1: numbers evenly, or by their logarithm, names side by
    side."""

    def __init__(self, axis: Axis, values: Sequence[Any]) -> None:
        numbers = all(isinstance(x, int | float) and not isinstance(x, bool) for x in values)
        self.names = [] if numbers else list(dict.fromkeys(map(value_text, values)))
        self.log = numbers and axis.is_log
        across = [self._number(x) for x in values] or [0.0]
        self.low, high = min(across), max(across)
        self.high = high if high > self.low else self.low + 1

    def _number(self, value: Any) -> float:
        if self.names:
            return float(self.names.index(value_text(value)))
        return math.log10(value) if self.log and value > 0 else float(value)

    def share(self, value: Any) -> float:
        """Its place."""
        return (self._number(value) - self.low) / (self.high - self.low)

    @property
    def ends(self) -> tuple[float, float]:
        """The numbers at both ends."""
        return (10**self.low, 10**self.high) if self.log else (self.low, self.high)


class TrialsPicture(QWidget):
    """``pointed`` sends the trial under the pointer, or that arrow keys have come to, None for none; ``opened`` the one
    that was double-clicked, or where Enter was pressed."""

    pointed = Signal(object)
    opened = Signal(object)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.shown: list[Shown] = []
        """The worst first, so that the best are painted over it."""
        self._under: Outcome | None = None
        self.setFont(theme.mono_font(8.5))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(name)
        theme.notifier.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(px(260), px(160))

    def minimumSizeHint(self) -> QSize:
        return QSize(px(140), px(90))

    def take(self, shown: Sequence[Shown]) -> None:
        """Show others."""
        self.shown = sorted(shown, key=lambda each: -each.score)
        self.update()

    def nearest(self, at: QPointF) -> Outcome | None:
        """The trial that a point of the widget means."""
        raise NotImplementedError

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.point_at(self.nearest(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self.point_at(None)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._open(self.nearest(event.position()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        best = [each.outcome for each in reversed(self.shown)]
        at = next((i for i, each in enumerate(best) if each is self._under), -1)
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home) and best:
            to = 0 if key == Qt.Key.Key_Home else at + (1 if key == Qt.Key.Key_Right else -1)
            self.point_at(best[min(max(to, 0), len(best) - 1)])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open(self._under)
        else:
            super().keyPressEvent(event)

    def _open(self, outcome: Outcome | None) -> None:
        if outcome is not None and outcome.state is not None:
            self.opened.emit(outcome)

    def point_at(self, outcome: Outcome | None) -> None:
        """Have a trial stand out; None: none."""
        if outcome is not self._under:
            self._under = outcome
            self.update()
            self.pointed.emit(outcome)
