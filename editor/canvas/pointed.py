"""What a lesson points at on the canvas: a ring and a glow around it, in a hue that nothing else has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from compute.graph import RecordId
from editor import theme
from editor.canvas.labels import Label
from editor.canvas.placement import Slot
from editor.canvas.scene import Scene

Side = Literal["", "value", "gradient"]


@dataclass(frozen=True)
class Aim:
    """A record that is pointed at. side: the number that is, "" for all of it; body: it stands in the node."""

    record: RecordId
    side: Side = ""
    body: bool = False


def slots(aim: Aim, scene: Scene) -> list[Slot]:
    """The labels that may show the number that is pointed at; of a node those of its wires, and the one at its end."""
    if aim.side == "" or aim.body:
        return []
    if not isinstance(aim.record, str):
        return [(aim.record, aim.side)]
    ways = [key for key in scene.at_node.get(aim.record, ()) if scene.wires[key].source == aim.record]
    return [(key, aim.side) for key in (*ways, (aim.record, ""))]


def areas(aim: Aim, scene: Scene, labels: dict[Slot, QRectF]) -> Iterator[QRectF | QPainterPath]:
    """Where it stands in the scene: the labels that are there, else the thing itself."""
    found = [labels[slot] for slot in slots(aim, scene) if slot in labels]
    if found:
        yield from found
    elif not isinstance(aim.record, str):
        wire = scene.wires.get(aim.record)
        if wire is not None:
            yield wire.path
    else:
        view = scene.nodes.get(aim.record) or scene.frames.get(aim.record) or scene.notes.get(aim.record)
        if view is not None:
            yield view.rect


def standing(placed: dict[Slot, QRectF], whole: Sequence[Label]) -> dict[Slot, QRectF]:
    """Where each label stands: those that are shown whole stand over everything."""
    return placed | {label.slot: label.rect for label in whole}


def paint_aims(
    painter: QPainter, aims: Sequence[Aim], scene: Scene, labels: dict[Slot, QRectF], pixel: float, strength: float
) -> None:
    """A ring with a soft glow around each; pixel: one in the scene; strength: 0 calm, 1 when a person asks where."""
    color = theme.color(theme.current().guide)
    for aim in aims:
        for area in areas(aim, scene, labels):
            if isinstance(area, QRectF):
                _ring(painter, area, color, pixel, strength)
            else:
                _glow_along(painter, area, color, pixel, strength)


def _faint(color: QColor, alpha: float) -> QColor:
    out = QColor(color)
    out.setAlphaF(alpha)
    return out


def _ring(painter: QPainter, area: QRectF, color: QColor, pixel: float, strength: float) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    gap = (4.0 + 3.0 * strength) * pixel
    for width, alpha in ((14.0, 0.10), (8.0, 0.18)):
        painter.setPen(QPen(_faint(color, alpha * (1.0 + strength)), width * pixel))
        painter.drawRoundedRect(area.adjusted(-gap, -gap, gap, gap), 8 * pixel + gap, 8 * pixel + gap)
    painter.setPen(QPen(color, (2.0 + strength) * pixel))
    painter.drawRoundedRect(area.adjusted(-gap, -gap, gap, gap), 8 * pixel + gap, 8 * pixel + gap)


def _glow_along(painter: QPainter, path: QPainterPath, color: QColor, pixel: float, strength: float) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for width, alpha in ((16.0, 0.12), (8.0, 0.24)):
        pen = QPen(_faint(color, alpha * (1.0 + strength)), width * pixel)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawPath(path)
