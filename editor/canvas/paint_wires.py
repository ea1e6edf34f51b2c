"""The painting of wires: near as smooth lines, from afar as magnitudes."""

from __future__ import annotations

import math
from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter

from editor import theme
from editor.canvas.ink import Ink, pen
from editor.canvas.readings import Readings
from editor.canvas.standing import WireView

_LEVELS = 6


def paint_wire(painter: QPainter, wire: WireView, color: QColor, width: float) -> None:
    """One wire as a smooth line."""
    painter.setPen(pen(color, width))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(wire.path)


def paint_magnitudes(
    painter: QPainter, wires: Iterable[WireView], readings: Readings, ink: Ink, pixel: float, coarse: bool
) -> None:
    """Wires seen from afar: hue and strength by the gradient, width by the value. ``pixel``: one in scene units."""
    values, gradients = readings.magnitudes()
    buckets: dict[tuple[int, int], list[WireView]] = {}
    for wire in wires:
        value, gradient = values.get(wire.source), gradients.get(wire.key)
        loud = (value is not None and math.isnan(value)) or (gradient is not None and math.isnan(gradient))
        tone = -2 if loud else -1 if gradient is None else round(gradient * (_LEVELS - 1))
        heavy = 0 if value is None or loud else round(value * 2)
        buckets.setdefault((tone, heavy), []).append(wire)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for (tone, heavy), bucket in sorted(buckets.items(), key=lambda item: item[0]):
        if tone == -2:
            color = ink.error
        elif tone == -1:
            color = ink.wire
        else:
            color = theme.mix(ink.theme.wire, ink.theme.backward, tone / (_LEVELS - 1))
        width = (1.0, 1.0, 2.0)[heavy] if coarse else (1.0, 1.8, 2.8)[heavy]
        painter.setPen(pen(color, width * pixel))
        if coarse:
            painter.drawLines([line for wire in bucket for line in wire.lines])
        else:
            for wire in bucket:
                painter.drawPath(wire.path)
