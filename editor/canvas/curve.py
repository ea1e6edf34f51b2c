"""The path of a wire: a smooth curve that leaves to the right and arrives from the left."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainterPath

_LOOP_ROOM = 24.0


def wire_path(start: QPointF, end: QPointF) -> QPainterPath:
    """The curve from an output to an input.

    Ahead: one cubic with level ends. Back to the left: two cubics that turn on each side and run level between.
    """
    path = QPainterPath(start)
    dx, dy = end.x() - start.x(), end.y() - start.y()
    if dx >= _LOOP_ROOM:
        reach = min(max(dx * 0.5, 30.0), 60.0 + abs(dy))
        reach = min(reach, dx * 0.9)
        path.cubicTo(start.x() + reach, start.y(), end.x() - reach, end.y(), end.x(), end.y())
        return path
    # Where the rows are far apart the level part runs between them, else it passes below both nodes.
    level = start.y() + dy / 2 if abs(dy) > 150 else max(start.y(), end.y()) + 110
    middle = QPointF((start.x() + end.x()) / 2, level)
    turn = min(max(abs(dy) * 0.45, 60.0), 140.0)
    span = abs(dx) * 0.25 + 30
    path.cubicTo(start.x() + turn, start.y(), start.x() + turn, level, middle.x() + min(span, turn), level)
    path.lineTo(middle.x() - min(span, turn), level)
    path.cubicTo(end.x() - turn, level, end.x() - turn, end.y(), end.x(), end.y())
    return path
