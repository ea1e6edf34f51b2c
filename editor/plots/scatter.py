"""How good trials are against one value of theirs: a point for each."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from compute.numbers_text import short
from compute.sweep import Axis, Outcome, value_text
from editor import theme
from editor.scale import px

_NEAR = 16.0
"""How near to a point the pointer means it, in pixels."""


class Scatter(QWidget):
    """The loss on an axis of powers of ten. ``pointed`` sends the trial under the pointer, None for none; ``opened``
    the one that was double-clicked."""

    pointed = Signal(object)
    opened = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._axis: Axis | None = None
        self._names: list[str] = []
        self._shown: list[tuple[float, float, Outcome]] = []
        self._under: Outcome | None = None
        self._spans = 0.0, 1.0, 0.0, 1.0
        self.setFont(theme.mono_font(8.5))
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Loss of the trials against a value")
        theme.notifier.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(px(260), px(160))

    def minimumSizeHint(self) -> QSize:
        return QSize(px(140), px(90))

    def show_trials(self, axis: Axis | None, outcomes: Sequence[Outcome]) -> None:
        """These trials against that axis; what failed, or has no loss above 0, has no point."""
        self._axis, self._names, self._shown = axis, [], []
        if axis is not None:
            points = [each.trial.values[axis.name] for each in outcomes]
            numbers = all(isinstance(x, int | float) and not isinstance(x, bool) for x in points)
            self._names = [] if numbers else list(dict.fromkeys(map(value_text, points)))
            for x, each in zip(points, outcomes, strict=True):
                if not each.fault and 0 < each.score < math.inf:
                    place = float(x) if numbers else float(self._names.index(value_text(x)))
                    self._shown.append((place, each.score, each))
        self._spans = self._spanned()
        self.update()

    # -- where things are -----------------------------------------------------------------------------------

    @property
    def _log(self) -> bool:
        return self._axis is not None and not self._names and self._axis.is_log

    def _spanned(self) -> tuple[float, float, float, float]:
        """From where to where both axes go."""
        across = [math.log10(x) if self._log else x for x, _, _ in self._shown if x > 0 or not self._log] or [0.0]
        up = [math.log10(y) for _, y, _ in self._shown] or [0.0]
        left, right, low, high = min(across), max(across), min(up), max(up)
        return left, right if right > left else left + 1, low, high if high > low else low + 1

    @property
    def _area(self) -> QRectF:
        line = self.fontMetrics().height()
        left = self.fontMetrics().horizontalAdvance("0.000123") + px(8)
        return QRectF(left, line / 2 + 4, max(self.width() - left - px(14), 1), max(self.height() - 2.8 * line - 6, 1))

    def place(self, x: float, y: float) -> QPointF:
        """Where a point stands."""
        area, (left, right, low, high) = self._area, self._spans
        across = ((math.log10(x) if self._log and x > 0 else x) - left) / (right - left)
        return QPointF(
            area.left() + across * area.width(), area.bottom() - (math.log10(y) - low) / (high - low) * area.height()
        )

    # -- painting -------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, t = QPainter(self), theme.current()
        area, line = self._area, self.fontMetrics().height()
        painter.setPen(QPen(theme.color(t.line), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.drawLine(area.topLeft(), area.bottomLeft())
        if self._axis is None or not self._shown:
            return
        left, right, low, high = self._spans
        painter.setPen(theme.color(t.text_dim))
        for y in (low, high):
            at = area.bottom() - (y - low) / (high - low) * area.height()
            room = QRectF(0, at - line / 2, area.left() - px(6), line)
            painter.drawText(room, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), short(10**y))
        ends = self._names if self._names else [short(10**x if self._log else x) for x in (left, right)]
        for i, text in enumerate(ends):
            x = area.left() + (i / max(1, len(ends) - 1)) * area.width()
            width = self.fontMetrics().horizontalAdvance(text)
            x = min(max(x - width / 2, 0.0), self.width() - width)
            painter.drawText(QRectF(x, area.bottom() + 3, width + 1, line), 0, text)
        foot = QRectF(area.left(), area.bottom() + line + 1, area.width(), line)
        painter.drawText(foot, int(Qt.AlignmentFlag.AlignHCenter), self._axis.name.replace("_", " "))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for x, score, outcome in self._shown:
            under = outcome is self._under
            painter.setBrush(theme.color(t.accent, 1.0 if under else 0.55))
            side = px(5) if under else px(3)
            painter.drawEllipse(self.place(x, score), side, side)

    # -- the pointer ----------------------------------------------------------------------------------------

    def nearest(self, at: QPointF) -> Outcome | None:
        """The trial that a point of the widget means."""
        best, found = float(px(_NEAR)), None
        for x, y, outcome in self._shown:
            off = self.place(x, y) - at
            far = math.hypot(off.x(), off.y())
            if far < best:
                best, found = far, outcome
        return found

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(self.nearest(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._point_at(None)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        found = self.nearest(event.position())
        if found is not None and found.state is not None:
            self.opened.emit(found)

    def _point_at(self, outcome: Outcome | None) -> None:
        if outcome is not self._under:
            self._under = outcome
            self.update()
            self.pointed.emit(outcome)
