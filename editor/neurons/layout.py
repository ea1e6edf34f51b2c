"""Where the neurons of a chain stand: columns of circles that fill a view, and a picture of many inputs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF

from editor.scale import px

Array = npt.NDArray[Any]

MOST_CIRCLES = 128
"""Of a wider layer so many neurons are drawn, and how many more there are is said."""
MOST_INPUTS = 48
"""More inputs than that are drawn as one picture."""
_LARGEST_RADIUS, _SMALLEST_RADIUS, _WIDEST_PITCH, _NARROWEST = 30, 1.5, 92, 52
"""Pixels: of a circle, from neuron to neuron, and from column to column at least."""
HEAD, _FOOT, _EDGE, _MORE = 46, 12, 14, 18


@dataclass(frozen=True)
class Place:
    """Where a column stands, in pixels of the view before any zoom.

    x: of its circles' middles; units: those that are drawn, first … first + count − 1, the first at ``top`` and one
    every ``pitch``; radius: of a circle; picture: where many inputs stand as one, in rows of ``across`` cells.
    """

    x: float
    top: float
    pitch: float
    radius: float
    first: int
    count: int
    units: int
    picture: QRectF | None = None
    across: int = 0

    @property
    def drawn(self) -> Array:
        """The numbers of the units that are drawn."""
        return np.arange(self.first, self.first + self.count)

    def y(self, unit: Array) -> Array:
        """How far down units stand."""
        if self.picture is not None:
            rows = math.ceil(self.units / self.across)
            return np.asarray(self.picture.top() + (unit // self.across + 0.5) * self.picture.height() / rows)
        return np.asarray(self.top + (unit - self.first) * self.pitch)

    def center(self, unit: int) -> QPointF:
        """The middle of a circle or of a cell of the picture."""
        if self.picture is None:
            return QPointF(self.x, self.top + (unit - self.first) * self.pitch)
        y = float(self.y(np.asarray(unit)))
        wide = self.picture.width() / self.across
        return QPointF(self.picture.left() + (unit % self.across + 0.5) * wide, y)

    @property
    def left(self) -> float:
        """Where lines end that come in."""
        return self.picture.left() if self.picture is not None else self.x - self.radius

    @property
    def right(self) -> float:
        """Where lines begin that go out."""
        return self.picture.right() if self.picture is not None else self.x + self.radius

    @property
    def span(self) -> tuple[float, float]:
        """From where to where it reaches, downwards."""
        if self.picture is not None:
            return self.picture.top(), self.picture.bottom()
        return self.top - self.radius, self.top + (self.count - 1) * self.pitch + self.radius

    @property
    def end(self) -> float:
        """The middle of where it says how many are not drawn."""
        return self.span[1] + px(_MORE) / 2

    @property
    def more(self) -> int:
        """How many units are not drawn."""
        return self.units - self.count

    def at(self, x: float, y: float, reach: float) -> int | None:
        """The unit at a point, or at most so far from its circle."""
        if self.picture is not None:
            if not self.picture.contains(x, y):
                return None
            rows = math.ceil(self.units / self.across)
            row = min(int((y - self.picture.top()) / self.picture.height() * rows), rows - 1)
            column = min(int((x - self.picture.left()) / self.picture.width() * self.across), self.across - 1)
            unit = row * self.across + column
            return unit if unit < self.units else None
        unit = self.first + min(max(round((y - self.top) / self.pitch), 0), self.count - 1)
        away = math.hypot(x - self.x, y - float(self.y(np.asarray(unit))))
        return unit if away <= self.radius + reach else None


def lay_out(
    units: Sequence[int],
    firsts: Sequence[int],
    size: tuple[float, float],
    margins: tuple[float, float],
    across: int = 0,
) -> tuple[tuple[Place, ...], float]:
    """The places of columns of so many units in a view of a size, and how wide they are together, which is more than
    the view where it is too narrow. firsts: of each column the first unit that is drawn; margins: the room that names
    need at the left and at the right; across: how many inputs a row of their picture has, where that is known."""
    width, height = max(size[0], 1.0), max(size[1], 120.0)
    room = height - px(HEAD) - px(_FOOT)
    counts = [min(count, MOST_CIRCLES) for count in units]
    picture = QRectF()
    if units[0] > MOST_INPUTS:
        across = across or _squarest(units[0])
        rows = math.ceil(units[0] / across)
        side = min(room / rows, 0.34 * width / across)
        picture = QRectF(_EDGE, px(HEAD) + (room - rows * side) / 2, across * side, rows * side)
    left = picture.right() if not picture.isEmpty() else px(_EDGE) + margins[0]
    right = px(_EDGE) + margins[1]
    gaps = len(units) - 1
    rooms = [room - (px(_MORE) if count < n else 0) for count, n in zip(counts, units, strict=True)]
    pitches = [min(each / count, px(_WIDEST_PITCH)) for each, count in zip(rooms, counts, strict=True)]
    broad = max(0.42 * (width - left - right) / (gaps + 1), px(9))
    radii = [max(_SMALLEST_RADIUS, min(0.42 * pitch, px(_LARGEST_RADIUS), broad)) for pitch in pitches]
    start = left if not picture.isEmpty() else left + radii[0]
    step = max((width - start - right - radii[-1]) / gaps, px(_NARROWEST))
    places = []
    for c, n in enumerate(units):
        if c == 0 and not picture.isEmpty():
            places.append(Place(picture.center().x(), 0.0, 1.0, 1.0, 0, n, n, picture, across))
            continue
        top = px(HEAD) + (rooms[c] - (counts[c] - 1) * pitches[c]) / 2
        first = min(max(firsts[c], 0), n - counts[c])
        places.append(Place(start + c * step, top, pitches[c], radii[c], first, counts[c], n))
    return tuple(places), start + gaps * step + radii[-1] + right


def _squarest(count: int) -> int:
    """How many cells a row has, so that a picture of so many is about square: a square where it can be one."""
    return math.ceil(math.sqrt(count))
