"""The path of a wire: a smooth curve that leaves to the right and arrives from the left."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainterPath

_LOOP_ROOM = 24.0
_PIECES = 20
Spot = tuple[float, float]


def runs_ahead(dx: float) -> bool:
    """Whether a wire that ends so far to the right of its start is one cubic, which lies between its ends."""
    return dx >= _LOOP_ROOM


def wire_path(
    start: QPointF, end: QPointF, through: Sequence[QPointF] = (), lane: tuple[float, float] | None = None
) -> QPainterPath:
    """The curve from an output to an input, ``through`` points in their order.

    Ahead: one cubic with level ends. Back to the left: two cubics that turn on each side and run level between.
    lane: the height at which it runs level between its ends instead, and how far beyond them it turns.
    """
    if through:
        return _through([start, *through, end])
    if lane is not None:
        return _in_lane(start, end, *lane)
    path = QPainterPath(start)
    dx, dy = end.x() - start.x(), end.y() - start.y()
    if runs_ahead(dx):
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


def _in_lane(start: QPointF, end: QPointF, level: float, turn: float) -> QPainterPath:
    path = QPainterPath(start)
    if runs_ahead(end.x() - start.x()):
        # Up or down in the gap behind the source, and back in the gap before the target.
        first, last = start.x() + 2 * turn, end.x() - 2 * turn
        path.cubicTo(start.x() + turn, start.y(), first - turn, level, first, level)
        path.lineTo(last, level)
        path.cubicTo(last + turn, level, end.x() - turn, end.y(), end.x(), end.y())
        return path
    # Half an ellipse on each side reaches three quarters as far as its handles.
    reach = turn * 4 / 3
    path.cubicTo(start.x() + reach, start.y(), start.x() + reach, level, start.x(), level)
    path.lineTo(end.x(), level)
    path.cubicTo(end.x() - reach, level, end.x() - reach, end.y(), end.x(), end.y())
    return path


def _through(points: Sequence[QPointF]) -> QPainterPath:
    """One cubic from point to point; at each it goes in the direction from the one before to the one after."""
    level = QPointF(1.0, 0.0)
    ways = [level, *(_unit(after - before) for before, after in zip(points, points[2:], strict=False)), level]
    path = QPainterPath(points[0])
    for (a, b), (out, into) in zip(pairwise(points), pairwise(ways), strict=True):
        reach = 0.4 * math.hypot(b.x() - a.x(), b.y() - a.y())
        path.cubicTo(a + out * reach, b - into * reach, b)
    return path


def _unit(way: QPointF) -> QPointF:
    length = math.hypot(way.x(), way.y())
    return way / length if length else QPointF(1.0, 0.0)


def sampled(path: QPainterPath) -> list[Spot]:
    """Points along a path of lines and cubics, its ends included."""
    first = path.elementAt(0)
    x0, y0 = first.x, first.y
    out = [(x0, y0)]
    index = 1
    while index < path.elementCount():
        element = path.elementAt(index)
        if element.type == QPainterPath.ElementType.CurveToElement:
            second, end = path.elementAt(index + 1), path.elementAt(index + 2)
            x1, y1, x2, y2, x3, y3 = element.x, element.y, second.x, second.y, end.x, end.y
            for i in range(1, _PIECES + 1):
                t = i / _PIECES
                u = 1 - t
                a, b, c, d = u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t
                out.append((a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3))
            x0, y0 = x3, y3
            index += 3
        else:
            # As many as on a curve, so that a label or a mark finds its place by the share of the way.
            shares = [i / _PIECES for i in range(1, _PIECES + 1)]
            out += [(x0 + (element.x - x0) * t, y0 + (element.y - y0) * t) for t in shares]
            x0, y0 = element.x, element.y
            index += 1
    return out


def near(points: Sequence[Spot], point: QPointF, reach: float) -> bool:
    """Whether a line of points passes another within reach."""
    px, py = point.x(), point.y()
    for (ax, ay), (bx, by) in pairwise(points):
        dx, dy = bx - ax, by - ay
        length = dx * dx + dy * dy
        t = 0.0 if length == 0 else max(0.0, min(1.0, ((px - ax) * dx + (py - ay) * dy) / length))
        if abs(ax + t * dx - px) <= reach and abs(ay + t * dy - py) <= reach:
            return True
    return False


def nearest_piece(points: Sequence[QPointF], point: QPointF) -> int:
    """Between which two of some points another belongs: 0 for the first two."""
    pairs = list(pairwise(points))

    def detour(index: int) -> float:
        a, b = pairs[index]
        return sum(math.hypot(c.x() - point.x(), c.y() - point.y()) for c in (a, b)) - math.hypot(
            a.x() - b.x(), a.y() - b.y()
        )

    return min(range(len(pairs)), key=detour)


def crossed(points: Sequence[Spot], start: QPointF, end: QPointF) -> bool:
    """Whether a straight line crosses a line of points."""
    c, d = (start.x(), start.y()), (end.x(), end.y())
    return any(_cross(a, b, c, d) for a, b in pairwise(points))


def _cross(a: Spot, b: Spot, c: Spot, d: Spot) -> bool:
    def side(p: Spot, q: Spot, r: Spot) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) <= 0
