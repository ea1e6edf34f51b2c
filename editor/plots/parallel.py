"""All values of trials side by side: an axis for each, a line for each trial, and at the right how good it is."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF

from compute.numbers_text import short
from compute.sweep import Axis, Outcome
from editor import theme
from editor.palettes import mix
from editor.plots.trials_picture import Shown, Span, TrialsPicture
from editor.scale import px

_NEAR = 10.0
"""How near to a line the pointer means it, in pixels."""
_MOST_NAMES = 8
"""Names of an axis that are written."""
_LEVELS = 8
"""Shades from the worst to the best."""


class Parallel(TrialsPicture):
    """The better a trial, the brighter its line. A stretch that is pulled on an axis, or any number of them, leaves the
    trials that pass through it; a click on an axis takes its stretch away."""

    def __init__(self) -> None:
        super().__init__("All values of the trials side by side")
        self._axes: list[Axis] = []
        self._spans: list[Span] = []
        self._low, self._high = 0.0, 1.0
        self._lines: np.ndarray = np.zeros((0, 0))
        """(trials, axes + 1): where each stands, 0 at the bottom."""
        self.brushed: dict[int, tuple[float, float]] = {}
        """By the number of the axis, from where to where its trials are left."""
        self._pulled: tuple[int, float] | None = None

    def show_trials(self, axes: Sequence[Axis], shown: Sequence[Shown]) -> None:
        """These trials, with those axes."""
        if [axis.name for axis in axes] != [axis.name for axis in self._axes]:
            self.brushed.clear()
        self._axes = [*axes]
        self._spans = [Span(axis, [each.values[axis.name] for each in shown]) for axis in axes]
        up = [math.log10(each.score) for each in shown] or [0.0]
        self._low, self._high = min(up), max(up) if max(up) > min(up) else min(up) + 1
        self.take(shown)
        places = [
            [
                *(span.share(each.values[axis.name]) for axis, span in zip(self._axes, self._spans, strict=True)),
                (math.log10(each.score) - self._low) / (self._high - self._low),
            ]
            for each in self.shown
        ]
        self._lines = np.array(places, np.float64).reshape(len(self.shown), len(self._axes) + 1)

    # -- where things are -----------------------------------------------------------------------------------

    @property
    def _area(self) -> QRectF:
        line, side = self.fontMetrics().height(), px(44)
        return QRectF(side, 3.2 * line, max(self.width() - 2 * side, 1), max(self.height() - 4.8 * line, 1))

    @property
    def _across(self) -> np.ndarray:
        """Where the axes stand."""
        area = self._area
        return np.linspace(area.left(), area.right(), len(self._axes) + 1)

    @property
    def left(self) -> np.ndarray:
        """Which trials pass through all stretches, (trials,)."""
        found = np.ones(len(self._lines), np.bool_)
        for at, (low, high) in self.brushed.items():
            found &= (self._lines[:, at] >= low - 1e-9) & (self._lines[:, at] <= high + 1e-9)
        return found

    def points(self, at: int) -> list[QPointF]:
        """The line of a trial."""
        area = self._area
        down = area.bottom() - self._lines[at] * area.height()
        return [QPointF(x, y) for x, y in zip(self._across.tolist(), down.tolist(), strict=True)]

    # -- painting -------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, t = QPainter(self), theme.current()
        if not len(self._lines):
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, len(self._lines) <= 400)
        left = self.left
        goodness = 1.0 - self._lines[:, -1]
        for at in np.flatnonzero(left).tolist():
            level = round(float(goodness[at]) ** 2 * _LEVELS) / _LEVELS
            painter.setPen(QPen(mix(t.line, t.accent, level), 1.0 + 0.6 * level))
            painter.drawPolyline(QPolygonF(self.points(at)))
        under = next((i for i, each in enumerate(self.shown) if each.outcome is self._under), None)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if under is not None:
            painter.setPen(QPen(theme.color(t.text), 2.5))
            painter.drawPolyline(QPolygonF(self.points(under)))
        for at in range(len(self._axes) + 1):
            self._paint_axis(painter, at)

    def _paint_axis(self, painter: QPainter, at: int) -> None:
        t, area, line, x = theme.current(), self._area, self.fontMetrics().height(), float(self._across[at])
        painter.setPen(QPen(theme.color(t.text_dim), 1))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        if at in self.brushed:
            low, high = (area.bottom() - share * area.height() for share in self.brushed[at])
            painter.fillRect(QRectF(x - px(4), high, px(8), low - high), theme.color(t.accent, 0.35))
        is_loss = at == len(self._axes)
        names = [] if is_loss else self._spans[at].names
        ends = (10**self._low, 10**self._high) if is_loss else self._spans[at].ends if not names else None
        name = "loss" if is_loss else self._axes[at].name.replace("_", " ")
        metrics, room = self.fontMetrics(), round(max(area.width() / max(1, len(self._axes)) - px(6), px(40)))
        painter.setPen(theme.color(t.text))
        # On two lines by turns, so that each has the room of two.
        shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, 2 * room)
        self._word(painter, x, (0.5 + at % 2) * line + 1, shown)
        painter.setPen(theme.color(t.text_dim))
        if ends is not None:
            self._word(painter, x, area.bottom() + line / 2 + 3, short(ends[0]))
            self._word(painter, x, area.top() - line / 2 - 1, short(ends[1]))
        for i, word in enumerate(names[:_MOST_NAMES]):
            y = area.bottom() - i / max(1, len(names) - 1) * area.height()
            self._word(painter, x, y, metrics.elidedText(word, Qt.TextElideMode.ElideRight, room), ground=True)

    def _word(self, painter: QPainter, x: float, y: float, text: str, *, ground: bool = False) -> None:
        metrics = self.fontMetrics()
        width, line = metrics.horizontalAdvance(text) + px(4), metrics.height()
        room = QRectF(min(max(x - width / 2, 0.0), self.width() - width), y - line / 2, width, line)
        if ground:
            painter.fillRect(room, theme.color(theme.current().panel, 0.8))
        painter.drawText(room, int(Qt.AlignmentFlag.AlignCenter), text)

    # -- the pointer ----------------------------------------------------------------------------------------

    def nearest(self, at: QPointF) -> Outcome | None:
        across, area = self._across, self._area
        if not len(self._lines) or not across[0] - _NEAR <= at.x() <= across[-1] + _NEAR:
            return None
        place = float(np.interp(at.x(), across, np.arange(len(across))))
        k = min(int(place), len(across) - 2)
        shares = self._lines[:, k] * (1 - place + k) + self._lines[:, k + 1] * (place - k)
        away = np.abs(area.bottom() - shares * area.height() - at.y())
        away[~self.left] = np.inf
        # Of lines over each other the best is meant, which is the last.
        best = len(away) - 1 - int(np.argmin(away[::-1]))
        return self.shown[best].outcome if away[best] <= px(_NEAR) else None

    def _axis_at(self, at: QPointF) -> int | None:
        across = self._across
        nearest = int(np.argmin(np.abs(across - at.x())))
        return nearest if abs(float(across[nearest]) - at.x()) <= px(8) and len(self._lines) else None

    def _share(self, at: QPointF) -> float:
        area = self._area
        return min(max((area.bottom() - at.y()) / area.height(), 0.0), 1.0)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        axis = self._axis_at(event.position())
        if axis is not None and event.button() == Qt.MouseButton.LeftButton:
            self._pulled = axis, self._share(event.position())
            self.brushed.pop(axis, None)
            self.update()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pulled is None:
            super().mouseMoveEvent(event)
            return
        axis, start = self._pulled
        ends = sorted((start, self._share(event.position())))
        if ends[1] - ends[0] > 0.01:
            self.brushed[axis] = ends[0], ends[1]
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pulled is not None and event.button() == Qt.MouseButton.LeftButton:
            self._pulled = None
        else:
            super().mouseReleaseEvent(event)
