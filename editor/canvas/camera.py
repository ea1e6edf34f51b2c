"""The view onto the canvas: which part of the scene is on the screen, and how large."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QTransform

SMALLEST, LARGEST = 0.05, 4.0
LABELLED = 0.5
"""From this zoom on numbers are written on wires."""
READABLE = 0.8
"""From this zoom on everything is drawn, and all of it can be read."""
_MARGIN, _MARGIN_SHARE = 48.0, 0.03


class Detail(IntEnum):
    """How much is drawn, by zoom."""

    BOXES = 0
    """Below 0.3: coloured boxes and straight wires."""
    LINES = 1
    """Below 0.5: no labels; magnitudes as hue and width of the wires."""
    LABELS = 2
    """Below 0.8: labels without heat strips and shapes."""
    FULL = 3

    @classmethod
    def at(cls, zoom: float) -> Detail:
        """The detail for a zoom."""
        return (
            cls.BOXES if zoom < 0.3 else cls.LINES if zoom < LABELLED else cls.LABELS if zoom < READABLE else cls.FULL
        )


@dataclass
class Camera:
    """Screen = scene · zoom + offset. The offset is kept on whole device pixels, so that text stays crisp."""

    zoom: float = 1.0
    x: float = 0.0
    y: float = 0.0
    ratio: float = 1.0
    largest: float = LARGEST
    """The most that one can zoom in."""
    floating: QRectF = field(default_factory=QRectF)
    """What stands over a part of the widget, at its top; empty where nothing does."""

    def transform(self) -> QTransform:
        """From scene to widget."""
        return QTransform(self.zoom, 0, 0, self.zoom, self.x, self.y)

    def to_scene(self, point: QPointF) -> QPointF:
        """A point of the widget, in the scene."""
        return QPointF((point.x() - self.x) / self.zoom, (point.y() - self.y) / self.zoom)

    def to_screen(self, point: QPointF) -> QPointF:
        """A point of the scene, in the widget."""
        return QPointF(point.x() * self.zoom + self.x, point.y() * self.zoom + self.y)

    def area(self, width: float, height: float) -> QRectF:
        """The part of the scene that a widget of this size shows."""
        return QRectF(self.to_scene(QPointF(0, 0)), self.to_scene(QPointF(width, height)))

    def move_by(self, dx: float, dy: float) -> None:
        """Shift the picture."""
        self.place(self.x + dx, self.y + dy)

    def place(self, x: float, y: float) -> None:
        """Put the scene's origin at a point of the widget."""
        self.x, self.y = round(x * self.ratio) / self.ratio, round(y * self.ratio) / self.ratio

    def zoom_at(self, point: QPointF, zoom: float) -> None:
        """Another zoom, with the scene under ``point`` of the widget staying where it is."""
        zoom = min(max(zoom, SMALLEST), self.largest)
        under = self.to_scene(point)
        self.zoom = zoom
        self.place(point.x() - under.x() * zoom, point.y() - under.y() * zoom)

    def show(
        self,
        area: QRectF,
        width: float,
        height: float,
        most: float = 1.0,
        least: float = SMALLEST,
        things: Iterable[QRectF] = (),
    ) -> None:
        """Bring an area of the scene into the middle, as large as it fits, but between ``least`` and ``most``. things:
        what is not to lie under what floats over the top of the view; all of it then goes below."""
        if area.isEmpty() or width <= 0 or height <= 0:
            return
        self._show(area, width, height, 0.0, most, least)
        if self.floating.isEmpty() or self.floating.bottom() > height / 2:
            return
        over = self.transform().inverted()[0].mapRect(self.floating)
        if any(over.intersects(thing) for thing in things):
            # Numbers that are written stay so; the margin gives way before.
            least = max(least, min(self.zoom, LABELLED))
            self._show(area, width, height, self.floating.bottom(), most, least)

    def _show(self, area: QRectF, width: float, height: float, top: float, most: float, least: float) -> None:
        height -= top
        # A small view has no room to give away.
        room_x, room_y = (max(side - 2 * min(_MARGIN, _MARGIN_SHARE * side), 40.0) for side in (width, height))
        zoom = max(min(room_x / area.width(), room_y / area.height(), most), least)
        self.zoom = min(max(zoom, SMALLEST), self.largest)
        middle = area.center()
        self.place(width / 2 - middle.x() * self.zoom, top + height / 2 - middle.y() * self.zoom)
