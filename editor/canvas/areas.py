"""Frames, notes and reroute points as they stand on the canvas, and where they can be taken hold of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from PySide6.QtCore import QPointF, QRectF

from compute.graph import Frame, Note, Reroute

FRAME_HEADER = 30.0
"""Where a frame has its title, and is taken hold of to move it."""
FRAME_ROOM = 24.0
"""Between a frame and what it is laid around."""
POINT = 6.0
"""Half the size of a reroute point."""
NEW_FRAME, NEW_NOTE = (300.0, 200.0), (220.0, 60.0)
SMALLEST: Mapping[type[Frame | Note], tuple[float, float]] = {Frame: (80.0, 60.0), Note: (60.0, 30.0)}

Edge = Literal["left", "right", "top", "bottom"]
A = TypeVar("A", Frame, Note)


@dataclass(slots=True)
class AreaView(Generic[A]):
    """A frame or a note."""

    record: A
    rect: QRectF

    @classmethod
    def of(cls, record: A) -> AreaView[A]:
        """As its record says."""
        return cls(record, QRectF(*record.position, *record.size).normalized())

    def move_to(self, x: float, y: float) -> None:
        """Another place, for the eye only."""
        self.rect.moveTo(x, y)


@dataclass(slots=True)
class PointView:
    """A reroute point; ``rect`` is around its middle."""

    record: Reroute
    rect: QRectF

    @classmethod
    def of(cls, record: Reroute) -> PointView:
        """As its record says."""
        x, y = record.position
        return cls(record, QRectF(x - POINT, y - POINT, 2 * POINT, 2 * POINT))

    def move_to(self, x: float, y: float) -> None:
        """Another place of its middle, for the eye only."""
        self.rect.moveCenter(QPointF(x, y))


def edges_at(rect: QRectF, point: QPointF, reach: float) -> frozenset[Edge]:
    """The edges within reach of a point: one, two at a corner, or none."""
    if not rect.adjusted(-reach, -reach, reach, reach).contains(point):
        return frozenset()
    ways: dict[Edge, float] = {
        "left": point.x() - rect.left(),
        "right": point.x() - rect.right(),
        "top": point.y() - rect.top(),
        "bottom": point.y() - rect.bottom(),
    }
    return frozenset(edge for edge, way in ways.items() if abs(way) <= reach)


def header(rect: QRectF) -> QRectF:
    """The part of a frame in which its title stands."""
    return QRectF(rect.left(), rect.top(), rect.width(), min(FRAME_HEADER, rect.height()))
