"""The marks of watches: an eye at each node and wire that is watched, loud where one has stopped the training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPainterPath

from compute.graph import RecordId
from editor.canvas.ink import Ink, pen
from editor.canvas.standing import NodeView, WireView

RADIUS = 8.0
_BEFORE = 40.0
"""How far before its port a wire has its eye: left of the mark of the audit."""


def node_eye(view: NodeView) -> QPointF:
    """The middle of a node's eye: on its upper border, at the right."""
    return QPointF(view.rect.right() - 16.0, view.rect.top())


def wire_eye(wire: WireView) -> QPointF:
    """The middle of a wire's eye: on it, before the port that it feeds."""
    x, y = wire.end.x() - _BEFORE, wire.end.y()
    near = min(wire.points, key=lambda point: abs(point[0] - x) + abs(point[1] - y))
    return QPointF(*near)


def paint_watches(
    painter: QPainter,
    marks: Mapping[RecordId, bool],
    nodes: Sequence[NodeView],
    wires: Sequence[WireView],
    ink: Ink,
    pixel: float = 1.0,
) -> None:
    """The eyes of what is watched; marks: record → whether it has stopped the training; pixel: how much larger."""
    for wire in wires:
        if wire.key in marks:
            _eye(painter, wire_eye(wire), RADIUS * pixel, ink, loud=marks[wire.key])
    for view in nodes:
        if view.id in marks:
            _eye(painter, node_eye(view), RADIUS * pixel, ink, loud=marks[view.id])


def _eye(painter: QPainter, at: QPointF, radius: float, ink: Ink, *, loud: bool) -> None:
    color = ink.error if loud else ink.text
    painter.setPen(pen(color, radius / (4.0 if loud else 7.0)))
    painter.setBrush(ink.error_ground if loud else ink.card)
    painter.drawEllipse(at, radius, radius)
    lens = QPainterPath(at + QPointF(-0.62 * radius, 0))
    lens.quadTo(at + QPointF(0, -0.78 * radius), at + QPointF(0.62 * radius, 0))
    lens.quadTo(at + QPointF(0, 0.78 * radius), at + QPointF(-0.62 * radius, 0))
    painter.setPen(pen(color, radius / 6.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(lens)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawEllipse(at, 0.2 * radius, 0.2 * radius)
