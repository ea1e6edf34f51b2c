"""The marks of the audit: a small round badge on each wire and node, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath

from compute.check.audit import Audit, Label
from compute.check.result import Verdict
from compute.graph import Port, RecordId
from editor.canvas.ink import Ink, fonts, pen
from editor.canvas.placement import ORDER, Slot, Spot
from editor.canvas.scene import Scene
from editor.canvas.standing import NodeView, WireView

NODE, WIRE = 8.0, 6.0
"""Radii of the badges."""
_BEFORE = 18.0
"""How far before its port a wire has its badge."""
_FAR = 160.0
"""No badge is farther from its port than that."""
_CHIP, _PADDING = 16.0, 7.0


def node_place(view: NodeView) -> QPointF:
    """The middle of a node's badge: on its lower border, at the right."""
    return QPointF(view.rect.right() - 14.0, view.rect.bottom())


def wire_place(wire: WireView, spots: Mapping[Slot, Spot]) -> QPointF:
    """The middle of a wire's badge: on it, just before the port that it feeds, or at the corner of a label that is
    there."""
    x, y = wire.end.x() - _BEFORE, wire.end.y()
    near = min(wire.points, key=lambda point: abs(point[0] - x) + abs(point[1] - y))
    place, room = QPointF(x, near[1]), QRectF(x - WIRE, near[1] - WIRE, 2 * WIRE, 2 * WIRE)
    for what in ORDER:
        spot = spots.get((wire.key, what))
        if spot is not None and spot.rect.intersects(room):
            return QPointF(spot.rect.right() - 2.0, spot.rect.top())
    return place


def badge_at(audit: Audit | None, point: QPointF, scene: Scene, spots: Mapping[Slot, Spot]) -> RecordId | None:
    """The node or wire whose badge is at a point. ``spots``: where the labels of wires stand."""
    if audit is None:
        return None
    for view in scene.nodes.values():
        if not view.rect.adjusted(-NODE, 0, NODE, 2 * NODE).contains(point):
            continue
        if _verdict(audit, view) is not None and _near(node_place(view), point, NODE):
            return view.id
        text = _units(audit, view)
        if text and _chip(view, text).contains(point):
            return view.id
    for wire in scene.wires.values():
        near = _near(wire.end, point, _FAR) and audit.wire(wire.key) is not None
        if near and _near(wire_place(wire, spots), point, WIRE):
            return wire.key
    return None


def _near(a: QPointF, b: QPointF, reach: float) -> bool:
    away = a - b
    return bool(away.x() ** 2 + away.y() ** 2 <= (reach + 1.0) ** 2)


def _verdict(audit: Audit, view: NodeView) -> Verdict | None:
    return None if view.off or view.node.off else audit.verdict(view.id)


def _units(audit: Audit, view: NodeView) -> str:
    found = audit.units.get(view.id)
    return found.brief if found is not None else ""


def said(audit: Audit | None, record: RecordId, label: Label) -> list[str]:
    """What was found of a node or wire, in sentences."""
    if audit is None:
        return []
    if isinstance(record, str):
        return audit.lines(record, label)
    item = audit.wire(record)
    return [audit.told(item, label)] if item is not None else []


WORDS: dict[Verdict, str] = {"ok": "agrees", "kink": "kink", "failed": "wrong", "not finite": "cannot be checked"}
"""The verdicts in two or three words."""


def verdict_of(audit: Audit | None, record: RecordId) -> Verdict | None:
    """The verdict on a node or wire; None where there is none."""
    if audit is None:
        return None
    if isinstance(record, str):
        return audit.verdict(record)
    item: Port = record
    found = audit.wire(item)
    return found.verdict if found is not None else None


def paint_audit(
    painter: QPainter,
    audit: Audit,
    nodes: Sequence[NodeView],
    wires: Sequence[WireView],
    spots: Mapping[Slot, Spot],
    ink: Ink,
) -> None:
    """All badges of some nodes and wires, and the counts of dead and saturated units; ``spots``: as above."""
    for wire in wires:
        item = audit.wire(wire.key)
        if item is not None:
            paint_badge(painter, wire_place(wire, spots), WIRE, item.verdict, ink)
    for view in nodes:
        text = _units(audit, view)
        if text:
            _paint_chip(painter, _chip(view, text), text, ink)
        verdict = _verdict(audit, view)
        if verdict is not None:
            paint_badge(painter, node_place(view), NODE, verdict, ink)


def paint_audit_afar(
    painter: QPainter, audit: Audit, nodes: Sequence[NodeView], wires: Sequence[WireView], ink: Ink, pixel: float
) -> None:
    """From afar only what is wrong, as large as close by."""
    for wire in wires:
        item = audit.wire(wire.key)
        if item is not None and item.verdict == "failed":
            paint_badge(painter, wire.end, WIRE * pixel, "failed", ink)
    for view in nodes:
        if _verdict(audit, view) == "failed":
            paint_badge(painter, node_place(view), NODE * pixel, "failed", ink)


def paint_badge(painter: QPainter, at: QPointF, radius: float, verdict: Verdict, ink: Ink) -> None:
    """A disc with a sign: a check mark, a bend, a cross, a question mark's dot."""
    loud = verdict == "failed"
    color = {"ok": ink.good, "kink": ink.text, "failed": ink.error, "not finite": ink.dim}[verdict]
    painter.setPen(pen(color, radius / (5.0 if loud else 8.0)))
    painter.setBrush(ink.error_ground if loud else ink.card)
    painter.drawEllipse(at, radius, radius)
    stroke = pen(color, radius / 4.0)
    stroke.setCapStyle(Qt.PenCapStyle.RoundCap)
    stroke.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(stroke)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(_sign(verdict, radius).translated(at))


@lru_cache(maxsize=64)
def _sign(verdict: Verdict, radius: float) -> QPainterPath:
    """The strokes of a sign around (0, 0)."""
    strokes: dict[Verdict, list[list[tuple[float, float]]]] = {
        "ok": [[(-0.42, 0.04), (-0.1, 0.36), (0.46, -0.3)]],
        "kink": [[(-0.5, 0.26), (0.0, 0.26), (0.42, -0.36)]],
        "failed": [[(-0.34, -0.34), (0.34, 0.34)], [(0.34, -0.34), (-0.34, 0.34)]],
        "not finite": [[(-0.38, 0.0), (0.38, 0.0)]],
    }
    path = QPainterPath()
    for points in strokes[verdict]:
        path.moveTo(points[0][0] * radius, points[0][1] * radius)
        for x, y in points[1:]:
            path.lineTo(x * radius, y * radius)
    return path


def _chip(view: NodeView, text: str) -> QRectF:
    """Where the counts of a node's units stand: on its lower border, left of its badge."""
    wide = fonts().width("small", text) + 2 * _PADDING
    right = view.rect.right() - 14.0 - NODE - 5.0
    return QRectF(right - wide, view.rect.bottom() - _CHIP / 2, wide, _CHIP)


def _paint_chip(painter: QPainter, chip: QRectF, text: str, ink: Ink) -> None:
    painter.setPen(pen(ink.dim, 1.0))
    painter.setBrush(ink.card)
    painter.drawRoundedRect(chip, _CHIP / 2, _CHIP / 2)
    painter.setFont(fonts().small)
    painter.setPen(ink.text)
    painter.drawText(chip, int(Qt.AlignmentFlag.AlignCenter), text)
