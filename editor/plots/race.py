"""How long each way to compute a layer takes, against the layer's size, both on axes of powers of ten."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from compute.benchmark.layer import WAYS, Size, Taken, Way
from compute.numbers_text import seconds_text
from editor import theme
from editor.scale import px

_SUPERSCRIPTS = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_NEAR = 24.0
"""How near to a point the pointer means it, in pixels."""


def hue(way: Way) -> QColor:
    """The colour of a way's line, which is neither that of values nor that of gradients."""
    t = theme.current()
    return theme.color({"neurons": t.warning, "matrix": t.text, "device": t.good}[way])


def paint_mark(painter: QPainter, way: Way, at: QPointF, side: float, *, hollow: bool = False) -> None:
    """A circle, a square or a triangle: the ways are told apart without their colours. Hollow: a part was timed."""
    color = hue(way)
    painter.setPen(QPen(color, 1.5))
    painter.setBrush(theme.color(theme.current().panel) if hollow else color)
    if way == "neurons":
        painter.drawEllipse(at, side, side)
    elif way == "matrix":
        painter.drawRect(QRectF(at.x() - side, at.y() - side, 2 * side, 2 * side).adjusted(0.5, 0.5, -0.5, -0.5))
    else:
        corners = [QPointF(0, -1.2), QPointF(1.1, 0.8), QPointF(-1.1, 0.8)]
        painter.drawPolygon(QPolygonF([at + corner * side for corner in corners]))


class RacePlot(QWidget):
    """``pointed`` sends what is under the pointer, None for nothing. Its view spans what will be timed, so that points
    come in without anything moving, as long as they are within the times expected."""

    pointed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[Taken] = []
        self._sizes: Sequence[Size] = ()
        self._pointed: Taken | None = None
        self.setFont(theme.mono_font(8.5))
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Time against size")
        theme.notifier.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(px(380), px(170))

    def minimumSizeHint(self) -> QSize:
        return QSize(px(180), px(110))

    def begin(self, sizes: Sequence[Size]) -> None:
        """Nothing is timed yet; these sizes will be."""
        self.taken, self._sizes, self._pointed = [], sizes, None
        self.update()

    def add(self, taken: Taken) -> None:
        """Another point."""
        self.taken.append(taken)
        self.update()

    # -- where things are -----------------------------------------------------------------------------------

    @property
    def _decades(self) -> tuple[int, int, int, int]:
        """The powers of ten between which multiply-adds and seconds are shown."""
        work = [size.multiply_adds for size in self._sizes] or [1, 1000]
        times = [taken.seconds for taken in self.taken] + [1e-6, 1e-3]
        left, right = math.floor(math.log10(min(work))), math.ceil(math.log10(max(work)))
        return left, max(right, left + 1), math.floor(math.log10(min(times))), math.ceil(math.log10(max(times)))

    @property
    def _area(self) -> QRectF:
        line = self.fontMetrics().height()
        left = self.fontMetrics().horizontalAdvance("100 µs") + px(10)
        return QRectF(left, line / 2 + 2, max(self.width() - left - px(14), 1), max(self.height() - 2.6 * line - 4, 1))

    def place(self, taken: Taken) -> QPointF:
        """Where a point stands."""
        area, (left, right, low, high) = self._area, self._decades
        across = (math.log10(taken.size.multiply_adds) - left) / (right - left)
        up = (math.log10(taken.seconds) - low) / (high - low)
        return QPointF(area.left() + across * area.width(), area.bottom() - up * area.height())

    # -- painting -------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._paint_axes(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for way in WAYS:
            points = [taken for taken in self.taken if taken.way == way]
            painter.setPen(QPen(hue(way), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(QPolygonF([self.place(taken) for taken in points]))
            for taken in points:
                side = px(5) if taken is self._pointed else px(3)
                paint_mark(painter, way, self.place(taken), side, hollow=taken.is_partial)

    def _paint_axes(self, painter: QPainter) -> None:
        t, line = theme.current(), self.fontMetrics().height()
        area, (left, right, low, high) = self._area, self._decades
        grid = QPen(theme.color(t.line), 1)
        for power in _spread(low, high, area.height() / (1.4 * line)):
            y = area.bottom() - (power - low) / (high - low) * area.height()
            painter.setPen(grid)
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(theme.color(t.text_dim))
            room = QRectF(0, y - line / 2, area.left() - px(6), line)
            painter.drawText(room, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), _decade(power))
        for power in _spread(left, right, area.width() / px(44)):
            x = area.left() + (power - left) / (right - left) * area.width()
            text = f"10{str(power).translate(_SUPERSCRIPTS)}"
            room = QRectF(x - px(24), area.bottom() + 3, px(48), line)
            painter.drawText(room, int(Qt.AlignmentFlag.AlignHCenter), text)
        foot = QRectF(area.left(), area.bottom() + line + 1, area.width(), line)
        painter.drawText(foot, int(Qt.AlignmentFlag.AlignHCenter), "multiply-adds")

    # -- the pointer ----------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        def far(taken: Taken) -> float:
            off = self.place(taken) - event.position()
            return math.hypot(off.x(), off.y())

        nearest = min(self.taken, key=far, default=None)
        self._point_at(nearest if nearest is not None and far(nearest) < px(_NEAR) else None)

    def leaveEvent(self, event: object) -> None:
        self._point_at(None)

    def _point_at(self, taken: Taken | None) -> None:
        if taken is not self._pointed:
            self._pointed = taken
            self.pointed.emit(taken)
            self.update()


def _spread(low: int, high: int, most: float) -> Iterable[int]:
    """As many of the powers of ten as there is room for."""
    return range(low, high + 1, max(1, math.ceil((high - low + 1) / max(most, 2))))


def _decade(power: int) -> str:
    """A power of ten of seconds, as in ``10 µs``."""
    return seconds_text(10.0**power)
