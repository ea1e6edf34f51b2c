"""How good trials are against one value of theirs: a point for each."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen

from compute.numbers_text import short
from compute.sweep import Axis, Outcome
from editor import theme
from editor.plots.trials_picture import Shown, Span, TrialsPicture
from editor.scale import px

_NEAR = 16.0
"""How near to a point the pointer means it, in pixels."""


class Scatter(TrialsPicture):
    """The loss on an axis of powers of ten; of a mean its deviation is a line."""

    def __init__(self) -> None:
        super().__init__("Loss of the trials against a value")
        self._axis: Axis | None = None
        self._span: Span | None = None
        self._low, self._high = 0.0, 1.0

    def show_trials(self, axis: Axis | None, shown: Sequence[Shown]) -> None:
        """These trials against that axis."""
        self._axis = axis
        self._span = Span(axis, [each.values[axis.name] for each in shown]) if axis is not None else None
        up = [math.log10(each.score) for each in shown] or [0.0]
        self._low, self._high = min(up), max(up) if max(up) > min(up) else min(up) + 1
        self.take(shown if axis is not None else ())

    # -- where things are -----------------------------------------------------------------------------------

    @property
    def _area(self) -> QRectF:
        line = self.fontMetrics().height()
        left = self.fontMetrics().horizontalAdvance("0.000123") + px(8)
        return QRectF(left, line / 2 + 4, max(self.width() - left - px(14), 1), max(self.height() - 2.8 * line - 6, 1))

    def place(self, shown: Shown) -> QPointF:
        """Where a point stands."""
        assert self._axis is not None
        assert self._span is not None
        area, share = self._area, self._span.share(shown.values[self._axis.name])
        return QPointF(area.left() + share * area.width(), self._down(shown.score))

    def _down(self, score: float) -> float:
        area = self._area
        return area.bottom() - (math.log10(score) - self._low) / (self._high - self._low) * area.height()

    # -- painting -------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, t = QPainter(self), theme.current()
        area, line = self._area, self.fontMetrics().height()
        painter.setPen(QPen(theme.color(t.line), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.drawLine(area.topLeft(), area.bottomLeft())
        if self._axis is None or self._span is None or not self.shown:
            return
        painter.setPen(theme.color(t.text_dim))
        for y in (self._low, self._high):
            down = self._down(10**y)
            room = QRectF(0, down - line / 2, area.left() - px(6), line)
            painter.drawText(room, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), short(10**y))
        ends = self._span.names or [short(x) for x in self._span.ends]
        for i, text in enumerate(ends):
            x = area.left() + (i / max(1, len(ends) - 1)) * area.width()
            width = self.fontMetrics().horizontalAdvance(text)
            x = min(max(x - width / 2, 0.0), self.width() - width)
            painter.drawText(QRectF(x, area.bottom() + 3, width + 1, line), 0, text)
        foot = QRectF(area.left(), area.bottom() + line + 1, area.width(), line)
        painter.drawText(foot, int(Qt.AlignmentFlag.AlignHCenter), self._axis.name.replace("_", " "))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for each in self.shown:
            under, at = each.outcome is self._under, self.place(each)
            color = theme.color(t.accent, 1.0 if under else 0.55)
            if each.spread:
                painter.setPen(QPen(color, 1.5))
                low = self._down(each.score - each.spread) if each.score > each.spread else area.bottom()
                painter.drawLine(
                    QPointF(at.x(), max(area.top(), self._down(each.score + each.spread))),
                    QPointF(at.x(), min(area.bottom(), low)),
                )
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            side = px(5) if under else px(3)
            painter.drawEllipse(at, side, side)

    def nearest(self, at: QPointF) -> Outcome | None:
        best, found = float(px(_NEAR)), None
        for each in self.shown:
            off = self.place(each) - at
            far = math.hypot(off.x(), off.y())
            if far < best:
                best, found = far, each.outcome
        return found
