"""The view onto the canvas: which part of the scene is on the screen, and how large."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QTransform

SMALLEST, LARGEST = 0.05, 4.0
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
        return cls.BOXES if zoom < 0.3 else cls.LINES if zoom < 0.5 else cls.LABELS if zoom < READABLE else cls.FULL


@dataclass
class Camera:
    """Screen = scene · zoom + offset. The offset is kept on whole device pixels, so that text stays crisp."""

    zoom: float = 1.0
    x: float = 0.0
    y: float = 0.0
    ratio: float = 1.0
    largest: float = LARGEST
    """The most that one can zoom in."""

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

    def show(self, area: QRectF, width: float, height: float, most: float = 1.0, least: float = SMALLEST) -> None:
        """Bring an area of the scene into the middle, as large as it fits, but between ``least`` and ``most``."""
        if area.isEmpty() or width <= 0 or height <= 0:
            return
        # A small view has no room to give away.
        room_x, room_y = (max(side - 2 * min(_MARGIN, _MARGIN_SHARE * side), 40.0) for side in (width, height))
        zoom = max(min(room_x / area.width(), room_y / area.height(), most), least)
        self.zoom = min(max(zoom, SMALLEST), self.largest)
        middle = area.center()
        self.place(width / 2 - middle.x() * self.zoom, height / 2 - middle.y() * self.zoom)
