"""The numbers in the bodies of nodes: where each stands, for whoever paints, lights or points at one."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF

from compute.focus import Subject
from compute.tensor_view import Entry, Span, TensorView
from editor.canvas.readings import Array, Readings
from editor.canvas.standing import NodeView

MOST_ROWS, MOST_COLUMNS = 32, 12
"""The most cells of a heat map; what is beyond them is left out."""
MOST_BARS = 24
_WIDEST_CELL = 24.0
_HIGHEST_CELL = 20.0


class Grid(NamedTuple):
    """The first ``rows`` × ``columns`` cells of the value of a node or a weight, filling an area of the scene.

    sample: where only the entries of that sample are shown, side by side in one row; None for the whole table.
    """

    subject: Subject
    array: Array
    laid_out: TensorView
    area: QRectF
    rows: int
    columns: int
    sample: int | None = None

    def entry(self, point: QPointF) -> Entry | None:
        """The entry whose cell holds a point, None outside."""
        if not self.area.contains(point):
            return None
        row = min(int((point.y() - self.area.top()) / self.area.height() * self.rows), self.rows - 1)
        column = min(int((point.x() - self.area.left()) / self.area.width() * self.columns), self.columns - 1)
        if self.sample is not None:
            return self.laid_out.entry_of_sample(self.sample, column)
        return self.laid_out.entry(row, column)

    def cell(self, entry: Entry) -> QRectF | None:
        """Where an entry stands, None if it is not shown."""
        return self.reach(entry)

    def reach(self, span: Span) -> QRectF | None:
        """Where an entry stands, or all that is shown of a row or column of entries, or of a part of one."""
        sizes = self.laid_out.shape
        if len(span) != len(sizes):
            return None
        first = tuple(0 if i is None else i[0] if isinstance(i, range) else i for i in span)
        last = tuple(
            n - 1 if i is None else i[-1] if isinstance(i, range) else i for i, n in zip(span, sizes, strict=True)
        )
        if not (self.laid_out.has(first) and self.laid_out.has(last)):
            return None
        (top, left), (bottom, right) = self._place(first), self._place(last)
        if top >= self.rows or left >= self.columns:
            return None
        wide, high = self.area.width() / self.columns, self.area.height() / self.rows
        across, down = min(right, self.columns - 1) - left + 1, min(bottom, self.rows - 1) - top + 1
        return QRectF(self.area.left() + left * wide, self.area.top() + top * high, across * wide, down * high)

    def _place(self, entry: Entry) -> tuple[int, int]:
        """Row and column of an entry; beyond those shown where it is not among them."""
        if self.sample is None:
            return self.laid_out.cell(entry)
        shown = [self.laid_out.entry_of_sample(self.sample, place) for place in range(self.columns)]
        return 0, shown.index(entry) if entry in shown else self.columns


def body(view: NodeView) -> QRectF:
    """Where the live content of a node stands; empty if it has none."""
    x, y, width, height = view.face.body
    return QRectF(view.rect.left() + x, view.rect.top() + y, width, height)


def grids(view: NodeView, readings: Readings) -> list[Grid]:
    """The numbers that the body of a node shows one by one; none where nothing is computed."""
    area, node = body(view), Subject("node", view.id)
    if area.isEmpty() or view.node.off == "bypass":
        return []
    if view.face.kind == "entries":
        weights = readings.analysis.weights_of(view.id).items()
        known = [(s, a) for s, name in weights if (a := readings.trace.parameters.get(name)) is not None]
        return _stacked([(Subject("weight", view.id, s), a, TensorView.of(a)) for s, a in known if a.size], area)
    array = readings.array(view.id)
    if array is None or not array.size:
        return []
    laid_out = readings.view(array, view.id)
    match view.face.kind:
        case "table":
            return _stacked([(node, array, laid_out)], area)
        case "map":
            rows, columns = min(laid_out.rows, MOST_ROWS), min(laid_out.columns, MOST_COLUMNS)
            wide = min(area.width(), max(columns * _WIDEST_CELL, 2 * _WIDEST_CELL))
            area = QRectF(area.center().x() - wide / 2, area.top(), wide, area.height())
            return [Grid(node, array, laid_out, area, rows, columns)]
        case "bars":
            count = min(laid_out.of_sample(array, readings.sample).size, MOST_BARS)
            return [Grid(node, array, laid_out, area, 1, count, readings.sample)]
        case "number" if laid_out.of_sample(array, readings.sample).size == 1:
            return [Grid(node, array, laid_out, area, 1, 1, readings.sample)]
        case _:
            return []


def _stacked(parts: list[tuple[Subject, Array, TensorView]], area: QRectF) -> list[Grid]:
    """Tables of equally many columns, one below the other, in the middle of an area."""
    rows = sum(laid_out.rows for _, _, laid_out in parts)
    if not rows:
        return []
    high = min(area.height() / rows, _HIGHEST_CELL)
    left, wide = area.left(), area.width()
    top = area.top() + (area.height() - rows * high) / 2
    out = []
    for subject, array, laid_out in parts:
        place = QRectF(left, top, wide, laid_out.rows * high)
        out.append(Grid(subject, array, laid_out, place, laid_out.rows, laid_out.columns))
        top = place.bottom()
    return out
