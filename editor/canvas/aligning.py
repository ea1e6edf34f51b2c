"""Where things come to stand that are aligned or spread evenly: plain geometry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from PySide6.QtCore import QPointF, QRectF

Side = Literal["left", "right", "top", "bottom", "column", "row"]
"""column: their middles below each other; row: side by side."""
Axis = Literal["across", "down"]


def aligned(rects: Mapping[str, QRectF], to: QRectF, side: Side) -> dict[str, QPointF]:
    """How far each area goes so that it has a side where another area has its own."""

    def way(rect: QRectF) -> QPointF:
        ways = {
            "left": (to.left() - rect.left(), 0.0),
            "right": (to.right() - rect.right(), 0.0),
            "top": (0.0, to.top() - rect.top()),
            "bottom": (0.0, to.bottom() - rect.bottom()),
            "column": (to.center().x() - rect.center().x(), 0.0),
            "row": (0.0, to.center().y() - rect.center().y()),
        }
        return QPointF(*map(round, ways[side]))

    return {record_id: way(rect) for record_id, rect in rects.items()}


def spread(rects: Mapping[str, QRectF], axis: Axis) -> dict[str, QPointF]:
    """How far each area goes so that the gaps between them are equal; the first and the last stay."""
    across = axis == "across"

    def start(rect: QRectF) -> float:
        return rect.left() if across else rect.top()

    def length(rect: QRectF) -> float:
        return rect.width() if across else rect.height()

    order = sorted(rects, key=lambda i: (start(rects[i]) + length(rects[i]) / 2, i))
    if len(order) < 3:
        return {}
    first, last = rects[order[0]], rects[order[-1]]
    room = start(last) + length(last) - start(first) - sum(length(rects[i]) for i in order)
    gap, at = room / (len(order) - 1), start(first)
    ways: dict[str, QPointF] = {}
    for record_id in order:
        far = round(at - start(rects[record_id]))
        ways[record_id] = QPointF(far, 0.0) if across else QPointF(0.0, far)
        at += length(rects[record_id]) + gap
    return ways
