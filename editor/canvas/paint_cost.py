"""The marks of the cost: the larger a node's share, the stronger its colour, with a bar and the number in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath

from editor.canvas.face import HEADER
from editor.canvas.ink import Ink, fonts, pen
from editor.canvas.paint_nodes import RADIUS
from editor.canvas.standing import NodeView
from editor.costing import Part

_CHIP, _PADDING = 16.0, 7.0
_WASH = 0.24
"""How strong the colour of the most costly node is: what is written under it can still be read."""


def paint_cost(painter: QPainter, parts: Mapping[str, Part], nodes: Sequence[NodeView], ink: Ink) -> None:
    """The marks of some nodes. Colours are of the largest share, bars and words of the total."""
    most = max((part.share for part in parts.values()), default=0.0)
    for view in nodes:
        part = parts.get(view.id)
        if part is None or most <= 0.0:
            continue
        rect, path, body = view.rect, QPainterPath(), QPainterPath()
        path.addRoundedRect(rect, RADIUS, RADIUS)
        body.addRect(rect.adjusted(0.0, HEADER, 0.0, 0.0))
        painter.fillPath(path.intersected(body), _wash(ink, part.share / most * _WASH))
        if part.share > 0.0:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(pen(ink.cost, 1.0 + 2.0 * part.share / most))
            painter.drawPath(path)
            _paint_chip(painter, view, part, ink)


def paint_cost_afar(painter: QPainter, parts: Mapping[str, Part], nodes: Sequence[NodeView], ink: Ink) -> None:
    """From afar whole nodes in its colour."""
    most = max((part.share for part in parts.values()), default=0.0)
    for view in nodes:
        part = parts.get(view.id)
        if part is not None and most > 0.0:
            painter.fillRect(view.rect, _wash(ink, 0.85 * part.share / most))


def _wash(ink: Ink, strength: float) -> QColor:
    out = QColor(ink.cost)
    out.setAlphaF(max(0.0, min(1.0, strength)))
    return out


def _paint_chip(painter: QPainter, view: NodeView, part: Part, ink: Ink) -> None:
    """The number and the share on the lower border, filled as far as the share goes."""
    width = fonts().width("mono", part.text) + 2 * _PADDING
    rect = QRectF(view.rect.left() + 8.0, view.rect.bottom() - _CHIP / 2, width, _CHIP)
    path = QPainterPath()
    path.addRoundedRect(rect, _CHIP / 2, _CHIP / 2)
    painter.fillPath(path, ink.card)
    filled = QPainterPath()
    filled.addRect(QRectF(rect.left(), rect.top(), rect.width() * part.share, rect.height()))
    painter.fillPath(path.intersected(filled), _wash(ink, 0.4))
    painter.setPen(pen(ink.cost, 1.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)
    painter.setFont(fonts().mono)
    painter.setPen(ink.text)
    painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter), part.text)
