"""Axes of a painted plot: where numbers stand in an area, with ticks, names and a grid, for the screen and for SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtSvg import QSvgGenerator

from compute.numbers_text import MINUS, short
from editor import theme
from editor.scale import px

Array = npt.NDArray[Any]
RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
MIDDLE = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
SHORT = 40
"""Points of a line up to which it is drawn as one."""
_NICE = (1.0, 2.0, 5.0, 10.0)


def brief(number: float) -> str:
    """A number beside a tick: ``200``, ``10k``, ``1.5M``, ``0.02``, ``1e-6``."""
    size = abs(number)
    for unit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if size >= max(unit, 10_000):
            return f"{number / unit:.4g}{letter}".replace("-", MINUS)
    return short(number)


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers between two others, as many as there is room for (at least two, where there are such)."""
    span = high - low
    if not (math.isfinite(span) and span > 0):
        return [low] if math.isfinite(low) else []
    rough = span / max(1, most)
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * nice for nice in _NICE if unit * nice >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(i * step, 12) + 0.0 for i in range(first, math.floor(high / step + 1e-9) + 1)]


def powers(low: float, high: float, most: int) -> list[float]:
    """Round numbers between two logarithms, as many as there is room for: powers of ten, where there are few their
    halves and fifths too, and in less than a power whatever is round. Their logarithms."""
    first, last = math.floor(low), math.ceil(high)
    for parts in ((1, 2, 5), (1, 3), (1,)):
        every = (power + math.log10(part) for power in range(first, last + 1) for part in parts)
        found = [x for x in every if low - 1e-9 <= x <= high + 1e-9]
        if len(found) <= most:
            break
    if len(found) > 1:
        return found[:: -(-len(found) // max(1, most))]
    return [math.log10(x) for x in ticks(10.0**low, 10.0**high, most) if x > 0]


@dataclass(frozen=True)
class Scale:
    """One axis: from low to high, which are logarithms to base 10 where it is ``log``; whole: only whole numbers have a
    tick."""

    low: float
    high: float
    name: str = ""
    log: bool = False
    whole: bool = False

    @classmethod
    def around(cls, numbers: Iterable[Array], name: str = "", *, log: bool = False, room: float = 0.04) -> Scale:
        """One that has room for all that is finite."""
        flat = np.concatenate([np.asarray(each, np.float64).reshape(-1) for each in numbers] or [np.zeros(0)])
        flat = flat[np.isfinite(flat) & (flat > 0 if log else True)]
        if not flat.size:
            return cls(0.0, 1.0, name, log)
        low, high = float(flat.min()), float(flat.max())
        if log:
            low, high = math.log10(low), math.log10(high)
        if high - low <= 1e-12 * max(abs(low), abs(high)):
            low, high = low - (0.5 if log else abs(low) / 2 or 0.5), high + (0.5 if log else abs(high) / 2 or 0.5)
        more = room * (high - low)
        return cls(low - more, high + more, name, log)

    def places(self, numbers: Array) -> npt.NDArray[np.float64]:
        """Where numbers stand, 0 at the low end and 1 at the high one; NaN for what has no place."""
        with np.errstate(all="ignore"):
            found = np.asarray(numbers, np.float64)
            found = np.log10(np.where(found > 0, found, np.nan)) if self.log else found
            return (found - self.low) / ((self.high - self.low) or 1.0)

    def number(self, place: float) -> float:
        """The number at a place."""
        found = self.low + place * (self.high - self.low)
        return 10.0**found if self.log else found

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """Places with what stands beside them."""
        span = (self.high - self.low) or 1.0
        if self.log:
            return [((power - self.low) / span, brief(10.0**power)) for power in powers(self.low, self.high, most)]
        found = ticks(self.low, self.high, most)
        if self.whole:
            found = [x for x in found if x == round(x)]
        return [((x - self.low) / span, brief(x)) for x in found]


@dataclass(frozen=True)
class Axes:
    """Two scales and the area between them, in pixels of what is painted on."""

    x: Scale
    y: Scale
    area: QRectF
    edge: float = 0.0
    """Where the name of the upright one stands."""

    @classmethod
    def within(cls, room: QRectF, x: Scale, y: Scale, *, top: float = 0.0) -> Axes:
        """Axes that have room for their numbers. top: pixels left free for a legend."""
        metrics = QFontMetricsF(theme.mono_font(8.5))
        line = metrics.height()
        high = room.height() - top - 2.6 * line
        widest = max((metrics.horizontalAdvance(text) for _, text in y.ticks(cls._many(high, line))), default=0.0)
        left = room.left() + widest + px(10) + (line + px(2) if y.name else 0.0)
        area = QRectF(left, room.top() + top + line / 2, 1, 1)
        area.setRight(max(room.right() - px(14), left + 1))
        below = line * (2.2 if x.name else 1.2) + px(3)
        area.setBottom(max(room.bottom() - below, area.top() + 1))
        return cls(x, y, area, room.left())

    @staticmethod
    def _many(length: float, each: float) -> int:
        return max(2, min(6, int(length / (2.2 * each))))

    def with_scales(self, x: Scale, y: Scale) -> Axes:
        """Others in the same area."""
        return replace(self, x=x, y=y)

    def across(self, numbers: Array) -> npt.NDArray[np.float64]:
        """How far to the right numbers stand."""
        return self.area.left() + self.x.places(numbers) * self.area.width()

    def down(self, numbers: Array) -> npt.NDArray[np.float64]:
        """How far down numbers stand."""
        return self.area.bottom() - self.y.places(numbers) * self.area.height()

    def point(self, x: float, y: float) -> QPointF:
        """Where a point stands."""
        return QPointF(float(self.across(np.array(x))), float(self.down(np.array(y))))

    def numbers_at(self, at: QPointF) -> tuple[float, float]:
        """The two numbers at a place."""
        area = self.area
        return (
            self.x.number((at.x() - area.left()) / area.width()),
            self.y.number((area.bottom() - at.y()) / area.height()),
        )

    def paint(self, painter: QPainter, *, grid: bool = True) -> None:
        """Lines, numbers and names."""
        t, area = theme.current(), self.area
        painter.save()
        painter.setFont(theme.mono_font(8.5))
        metrics = QFontMetricsF(painter.font())
        line = metrics.height()
        faint = QPen(theme.color(t.line), 1)
        for place, text in self.y.ticks(self._many(area.height(), line)):
            y = round(area.bottom() - place * area.height()) + 0.5
            if grid:
                painter.setPen(faint)
                painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(theme.color(t.text_dim))
            painter.drawText(QRectF(0, y - line / 2, area.left() - px(6), line), RIGHT, text)
        if self.y.name:
            painter.save()
            painter.setFont(theme.ui_font(8.5))
            painter.translate(self.edge, area.bottom())
            painter.rotate(-90)
            painter.drawText(QRectF(0, 0, area.height(), line), MIDDLE, self.y.name)
            painter.restore()
        painter.setPen(faint)
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        self._paint_below(painter, metrics)
        painter.restore()

    def _paint_below(self, painter: QPainter, metrics: QFontMetricsF) -> None:
        t, area, line = theme.current(), self.area, metrics.height()
        painter.setPen(theme.color(t.text_dim))
        most = max(2, min(8, int(area.width() / (metrics.horizontalAdvance("0") * 8))))
        end = -math.inf
        for place, text in self.x.ticks(most):
            x, wide = area.left() + place * area.width(), metrics.horizontalAdvance(text)
            left = min(max(x - wide / 2, area.left() - px(8)), area.right() + px(12) - wide)
            if left > end:
                painter.drawText(QRectF(left, area.bottom() + px(3), wide + 1, line), MIDDLE, text)
                end = left + wide + px(8)
        if self.x.name:
            name = QRectF(area.left(), area.bottom() + px(3) + line, area.width(), line)
            painter.setFont(theme.ui_font(8.5))
            painter.drawText(name, MIDDLE, self.x.name)

    def curve(self, xs: Array, ys: Array) -> list[QPolygonF]:
        """A line through points, in parts where some have no place; of more points than pixels the extremes of each
        pixel."""
        across, down = self.across(xs), self.down(ys)
        parts: list[QPolygonF] = []
        good = np.isfinite(across) & np.isfinite(down)
        for part in _runs(good):
            x, y = across[part], down[part]
            if len(x) > 3 * self.area.width():
                x, y = thinned(x, y)
            parts.append(QPolygonF([QPointF(*at) for at in zip(x.tolist(), y.tolist(), strict=True)]))
        return parts


def stroke(painter: QPainter, part: QPolygonF) -> None:
    """Draw a line with the pen that is set: on the screen a long one segment by segment, as joining the segments of a
    noisy line takes Qt forty times as long."""
    dashed = painter.pen().style() != Qt.PenStyle.SolidLine
    if part.size() <= SHORT or dashed or isinstance(painter.device(), QSvgGenerator):
        painter.drawPolyline(part)
    else:
        points = part.toList()
        painter.drawLines([QLineF(a, b) for a, b in pairwise(points)])


def _runs(good: npt.NDArray[np.bool_]) -> list[slice]:
    """Where a mask is true without a break."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(np.int8)))
    return [slice(start, end) for start, end in edges.reshape(-1, 2).tolist()]


def thinned(x: Array, y: Array) -> tuple[Array, Array]:
    """Of points in rising order of x the highest and the lowest of each pixel."""
    starts = np.flatnonzero(np.diff(np.floor(x), prepend=-np.inf))
    low, high = np.minimum.reduceat(y, starts), np.maximum.reduceat(y, starts)
    return np.repeat(x[starts], 2), np.stack([low, high], axis=1).reshape(-1)


def legend(painter: QPainter, room: QRectF, entries: Sequence[tuple[str, str, str]], *, kind: str = "line") -> float:
    """Names with their colours and numbers side by side, in as many lines as they need, at most two; the height that
    they take. entries: name, colour, number ("" for none); kind: ``line`` or ``square``."""
    painter.save()
    painter.setFont(theme.mono_font(8.5))
    metrics = QFontMetricsF(painter.font())
    t, line = theme.current(), metrics.height()
    x, y, lines = room.left(), room.top(), 1
    for i, (name, color, number) in enumerate(entries):
        text = f"{name} {number}".rstrip()
        wide = px(18) + metrics.horizontalAdvance(text) + px(12)
        if x + wide > room.right() + px(12) and x > room.left():
            if lines == 2:
                painter.setPen(theme.color(t.text_dim))
                painter.drawText(QPointF(x, y + metrics.ascent()), f"+{len(entries) - i}")
                break
            x, y, lines = room.left(), y + line + px(2), 2
        middle = y + line / 2
        if kind == "line":
            painter.setPen(QPen(theme.color(color), px(2)))
            painter.drawLine(QPointF(x, middle), QPointF(x + px(12), middle))
        else:
            painter.fillRect(QRectF(x + px(2), middle - px(4), px(8), px(8)), theme.color(color))
        painter.setPen(theme.color(t.text_dim))
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(room.right() - x - px(18), px(20)))
        painter.drawText(QPointF(x + px(18), y + metrics.ascent()), shown)
        x += wide
    painter.restore()
    return lines * (line + px(2))
