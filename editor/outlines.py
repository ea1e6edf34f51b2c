"""Formulas as outlines that are filled, for a PDF: there Qt draws a line around each shape of an SVG, which makes
letters thick, or where it has no colour takes three times the room."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath

Strokes = list[tuple[str, list[float]]]
_NUMBERS = {"M": 2, "L": 2, "Q": 4, "C": 6, "Z": 0}
"""How many follow each command of a path, as formulas have them."""


@dataclass(frozen=True)
class Shapes:
    """What a formula is made of, without Qt: its box (left, top, width, height), letters as commands with their points,
    and rules of fractions as boxes."""

    box: tuple[float, float, float, float]
    strokes: Strokes
    rules: list[tuple[float, float, float, float]]


def shapes_of(source: bytes) -> Shapes:
    """The shapes of a formula as ``compute.latex`` draws it, on any thread."""
    root = ET.fromstring(source)
    left, top, width, height = (float(x) for x in root.attrib["viewBox"].split())
    strokes, rules = Strokes(), list[tuple[float, float, float, float]]()
    for each in root.iter():
        kind = each.tag.rpartition("}")[2]
        if kind == "rect":
            rules.append(tuple(float(each.attrib[name]) for name in ("x", "y", "width", "height")))  # type: ignore[arg-type]
        elif kind == "path":
            words = iter(each.attrib["d"].split())
            strokes += [(word, [float(next(words)) for _ in range(_NUMBERS[word])]) for word in words]
    return Shapes((left, top, width, height), strokes, rules)


class Outlines:
    """A formula that can be filled in one colour. size: its width and height, in the units that it was drawn in."""

    def __init__(self, shapes: Shapes) -> None:
        self._box = QRectF(*shapes.box)
        self.size = self._box.size()
        self._path = path = QPainterPath()
        path.setFillRule(Qt.FillRule.WindingFill)
        for command, at in shapes.strokes:
            match command:
                case "M":
                    path.moveTo(*at)
                case "L":
                    path.lineTo(*at)
                case "Q":
                    path.quadTo(*at)
                case "C":
                    path.cubicTo(*at)
                case _:
                    path.closeSubpath()
        for rule in shapes.rules:
            path.addRect(QRectF(*rule))

    def paint(self, painter: QPainter, at: QPointF, scale: float, color: QColor) -> None:
        """Fill it, its box beginning at a place."""
        painter.save()
        painter.translate(at)
        painter.scale(scale, scale)
        painter.translate(-self._box.topLeft())
        painter.fillPath(self._path, color)
        painter.restore()
