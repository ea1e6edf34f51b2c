"""The live content of nodes: histograms, curves with the current values, numbers, small tables and heat maps."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPolygonF

from compute.explain import Kind, Quantity
from compute.numbers_text import fitting, short, shown
from compute.ops import REGISTRY
from compute.ops.base import Elementwise
from compute.tensor_view import TensorView
from editor.canvas.cells import MOST_BARS, Grid, body, grids
from editor.canvas.ink import Ink, fonts, pen
from editor.canvas.lit import Lit
from editor.canvas.readings import Readings, heat_pixels
from editor.canvas.standing import NodeView

Array = npt.NDArray[Any]

BINS = 14
REACH = 4.0
"""A function's curve is shown from −REACH to REACH."""
_SAMPLES = 61
CAPTION = 13.0
"""How high the words under a number are."""
_MOST_MARKS = 8
_HISTOGRAM_ENTRIES = 4096


def paint_live(painter: QPainter, view: NodeView, readings: Readings, ink: Ink) -> None:
    """What the body of a node shows of the trace; an empty outline where nothing is computed."""
    area, kind = body(view), view.face.kind
    if area.height() <= 0:
        return
    if kind == "weights":
        _weights(painter, area, view, readings, ink)
    elif kind == "function":
        _function(painter, area, view, readings, ink)
    elif kind == "bars":
        _bars_of_row(painter, area, view, readings, ink)
    elif kind == "number":
        _number(painter, area, view, readings, ink)
    elif kind in ("table", "entries"):
        _table(painter, area, grids(view, readings), readings, ink)
    elif kind == "map":
        _map(painter, area, view, readings, ink)
    if readings.wants("value", view.id) and kind in ("bars", "number", "table", "map"):
        painter.setFont(fonts().big)
        painter.setPen(ink.forward)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), readings.called("value", view.id))
    partly = readings.reached("value", view.id)
    if partly is not None and kind in ("table", "map"):
        for grid in grids(view, readings):
            _cover(painter, grid, partly, ink)


def _cover(painter: QPainter, grid: Grid, done: int, ink: Ink) -> None:
    """Take away what is not computed yet: all after so many entries, row by row."""
    row, column = divmod(done, grid.laid_out.columns)
    wide, high = grid.area.width() / grid.columns, grid.area.height() / grid.rows
    left, top = grid.area.left() + column * wide, grid.area.top() + row * high
    right, bottom = grid.area.right(), grid.area.bottom()
    rest = QRectF(left, top, right - left, high) if column < grid.columns else QRectF()
    below = QRectF(grid.area.left(), top + high, grid.area.width(), bottom - top - high)
    for area in (rest, below):
        if row < grid.rows and area.width() > 0.5 and area.height() > 0.5:
            painter.fillRect(area, ink.node)
            _not_computed(painter, area, ink)


def _not_computed(painter: QPainter, area: QRectF, ink: Ink) -> None:
    painter.setPen(pen(ink.border, 1.0, Qt.PenStyle.DashLine))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)


def _bars(painter: QPainter, area: QRectF, heights: list[float], color: QColor) -> None:
    step = area.width() / len(heights)
    for i, share in enumerate(heights):
        if share > 0:
            high = max(1.0, share * area.height())
            painter.fillRect(QRectF(area.left() + i * step, area.bottom() - high, step - 1.5, high), color)


def _weights(painter: QPainter, area: QRectF, view: NodeView, readings: Readings, ink: Ink) -> None:
    """A histogram of all weights of the node; its colour is that of an error where one is not finite."""
    area = area.adjusted(0, 6, 0, 0)
    names = readings.analysis.weights_of(view.id).values()
    arrays = [readings.trace.parameters[n].ravel() for n in names if n in readings.trace.parameters]
    if not arrays:
        _not_computed(painter, area, ink)
        return
    flat = np.concatenate([a[:: max(1, a.size // _HISTOGRAM_ENTRIES)] for a in arrays])
    good = flat[np.isfinite(flat)]
    if good.size == 0:
        _fault(painter, area, ink)
        return
    top = float(np.abs(good).max()) or 1.0
    # The middle bin is zero, so that positive and negative weights stand on their own sides.
    places = ((good / top + 1) * (BINS / 2)).astype(np.intp).clip(0, BINS - 1)
    counts = np.bincount(places, minlength=BINS)
    painter.fillRect(QRectF(area.left(), area.bottom(), area.width(), 1.0), ink.border)
    _bars(painter, area, (counts / counts.max()).tolist(), ink.bars if good.size == flat.size else ink.error)


def _fault(painter: QPainter, area: QRectF, ink: Ink) -> None:
    painter.setFont(fonts().mono)
    painter.setPen(ink.error)
    painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), "not finite")


@lru_cache(maxsize=64)
def _shape_of(op_name: str, settings: tuple[tuple[str, Any], ...]) -> tuple[Array, float, float]:
    """(points, low, high): y of an elementwise op over −REACH … REACH, and the range that the curve is drawn in."""
    op = REGISTRY[op_name]
    assert isinstance(op, Elementwise)
    with np.errstate(all="ignore"):
        y = np.asarray(op.value(np.linspace(-REACH, REACH, _SAMPLES), **dict(settings)), dtype=np.float64)
    finite = y[np.isfinite(y)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if high - low < 1e-9:
        low, high = low - 1, high + 1
    return y, low, high


@lru_cache(maxsize=64)
def _curve(op_name: str, settings: tuple[tuple[str, Any], ...], width: float, height: float) -> QPolygonF:
    """The same as a line in a box of that size."""
    y, low, high = _shape_of(op_name, settings)
    across, down = np.linspace(0, width, _SAMPLES), height - (y - low) / (high - low) * height
    return QPolygonF([QPointF(*at) for at in zip(across.tolist(), down.tolist(), strict=True) if math.isfinite(at[1])])


def _function(painter: QPainter, area: QRectF, view: NodeView, readings: Readings, ink: Ink) -> None:
    """The function with the selected sample's entries as marks on it."""
    op = REGISTRY[view.node.op]
    assert isinstance(op, Elementwise)
    settings = readings.analysis.settings.get(view.id) or {p.name: p.default for p in op.params}
    shape = view.node.op, tuple(sorted(settings.items()))
    try:
        _, low, high = _shape_of(*shape)
    except TypeError:  # a setting that is no number
        return
    area = area.adjusted(4, 4, -4, -4)

    def at(px: float, py: float) -> QPointF:
        return QPointF(
            area.left() + (px + REACH) / (2 * REACH) * area.width(),
            area.bottom() - (py - low) / (high - low) * area.height(),
        )

    painter.setPen(pen(ink.axis, 1.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if low <= 0 <= high:
        painter.drawLine(at(-REACH, 0), at(REACH, 0))
    painter.drawLine(at(0, low), at(0, high))
    painter.setPen(pen(ink.function, 1.8))
    painter.drawPolyline(_curve(*shape, area.width(), area.height()).translated(area.topLeft()))
    sources = readings.analysis.sources.get(view.id, ())
    x = readings.rows(sources[0]) if sources else None
    answer = readings.rows(view.id)
    if x is None or answer is None:
        return
    painter.setPen(pen(ink.node, 1.0))
    painter.setBrush(ink.text)
    for px, py in zip(x[:_MOST_MARKS].tolist(), answer[:_MOST_MARKS].tolist(), strict=False):
        if math.isfinite(px) and math.isfinite(py):
            painter.drawEllipse(at(min(max(px, -REACH), REACH), min(max(py, low), high)), 3.0, 3.0)


def _bars_of_row(painter: QPainter, area: QRectF, view: NodeView, readings: Readings, ink: Ink) -> None:
    """The entries of the selected sample, as softmax gives them: shares of one."""
    row = readings.rows(view.id)
    if row is None or row.size == 0:
        _not_computed(painter, area, ink)
        return
    if not np.isfinite(row).all():
        _fault(painter, area, ink)
        return
    row = row[:MOST_BARS]
    top = max(1.0, float(np.abs(row).max()))
    painter.fillRect(QRectF(area.left(), area.bottom(), area.width(), 1.0), ink.border)
    _bars(painter, area, np.maximum(row / top, 0).tolist(), ink.function)


def _number(painter: QPainter, area: QRectF, view: NodeView, readings: Readings, ink: Ink) -> None:
    row = readings.rows(view.id)
    if row is None or row.size != 1:
        _not_computed(painter, QRectF(area.center().x() - 26, area.center().y() - 12, 52, 24), ink)
        return
    number = float(row[0])
    loud = not math.isfinite(number)
    if view.id == readings.loss and readings.batch[0]:
        area = _with_caption(painter, area, readings.batch, ink)
    reading = readings.value(view.id)
    if reading is not None and reading.beside and readings.pair is not None:
        area = _with_old(painter, area, readings.pair.before.values[view.id], readings, view.id, ink)
    painter.setFont(fonts().big)
    still = reading is not None and reading.beside is False
    painter.setPen(ink.error if loud else ink.dim if still else ink.text)
    text = shown(number)
    fits = painter.fontMetrics().horizontalAdvance(text) <= area.width()
    painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), text if fits else short(number))


def _with_old(painter: QPainter, area: QRectF, before: Array, readings: Readings, node: str, ink: Ink) -> QRectF:
    """What a number was, struck out, above the middle of an area or where it is too low at its left; returns what is
    left of it."""
    old, type_ = readings.entries(before, node), fonts()
    text = short(float(old[0])) if old.size == 1 else ""
    wide, low = len(text) * type_.digit, area.height() < CAPTION + 20.0
    if not text or (low and area.width() < 2 * wide + 76.0):
        return area
    head = QRectF(area.left(), area.top(), area.width(), CAPTION)
    if low:
        head = QRectF(area.left() + 8, area.top(), wide, area.height())
    middle = head.center()
    painter.setFont(type_.mono)
    painter.setPen(ink.dim)
    painter.drawText(head, int(Qt.AlignmentFlag.AlignCenter), text)
    painter.drawLine(QPointF(middle.x() - wide / 2, middle.y()), QPointF(middle.x() + wide / 2, middle.y()))
    return area if low else area.adjusted(0, CAPTION, 0, 0)


def _with_caption(painter: QPainter, area: QRectF, texts: tuple[str, str], ink: Ink) -> QRectF:
    """The first of the texts that fits, at the foot of an area; returns what is left of it."""
    type_ = fonts()
    text = next((text for text in texts if type_.width("small", text) <= area.width()), "")
    if not text or area.height() < CAPTION + 16.0:
        return area
    painter.setFont(type_.small)
    painter.setPen(ink.dim)
    foot = QRectF(area.left(), area.bottom() - CAPTION, area.width(), CAPTION)
    painter.drawText(foot, int(Qt.AlignmentFlag.AlignCenter), text)
    return area.adjusted(0, 0, 0, -CAPTION)


def _table(painter: QPainter, area: QRectF, parts: list[Grid], readings: Readings, ink: Ink) -> None:
    """Tables of equally many columns as numbers, one below the other; all after the first (a bias) are dimmer. Of two
    passes that are compared those that are the same are dim."""
    if not parts:
        _not_computed(painter, area.adjusted(0, 4, 0, 0), ink)
        return
    first = parts[0]
    top, columns = first.area.top(), first.columns
    wide, high = first.area.width() / columns, first.area.height() / first.rows
    type_ = fonts()
    painter.setFont(type_.mono)
    room = int((wide - 4.0) / type_.digit)
    lines = [line for part in parts for line in part.laid_out.table(part.array).tolist()]
    texts = [[(number, fitting(number, room)) for number in line] for line in lines]
    widest = [max(len(line[j][1]) for line in texts) for j in range(columns)]
    moved = _moved(parts, readings)
    for i, line in enumerate(texts):
        y = top + (i + 0.5) * high + type_.mono_rise
        for j, (number, text) in enumerate(line):
            loud = i < first.rows if moved is None else bool(moved[i, j])
            color = ink.text if loud else ink.dim
            painter.setPen(color)
            # Flush right, and the widest number in the middle of its column.
            right = area.left() + (j + 0.5) * wide + widest[j] * type_.digit / 2
            at = QPointF(right - len(text) * type_.digit, y)
            if math.isfinite(number):
                painter.drawText(at, text)
            else:
                painter.setPen(ink.error)
                painter.drawText(at, text)
                painter.setPen(color)


def _moved(parts: list[Grid], readings: Readings) -> Array | None:
    """Which cells of some tables are others in the second of two passes; None without two."""
    if readings.pair is None:
        return None
    found = []
    for part in parts:
        subject = part.subject
        kind: Kind = "weight" if subject.kind == "weight" else "value"
        moved = readings.pair.moved(Quantity(kind, subject.node, subject.name if kind == "weight" else ""))
        found.append(np.ones(part.array.shape, np.bool_) if moved is None else moved)
    return np.concatenate([part.laid_out.table(each) for part, each in zip(parts, found, strict=True)])


def _map(painter: QPainter, area: QRectF, view: NodeView, readings: Readings, ink: Ink) -> None:
    """A heat map: rows are samples (or rows of matrices), the selected sample is marked at its sides."""
    parts = grids(view, readings)
    if not parts:
        _not_computed(painter, area, ink)
        return
    (grid,) = parts
    cells = grid.laid_out.table(grid.array)[: grid.rows, : grid.columns]
    pixels = np.ascontiguousarray(heat_pixels([cells.ravel()], cells.size, *ink.diverging).reshape(cells.shape))
    image = QImage(pixels.data, grid.columns, grid.rows, grid.columns * 4, QImage.Format.Format_RGB32)
    painter.drawImage(grid.area, image)
    painter.setPen(pen(ink.text, 2.0))
    painter.drawLines(sample_marks(grid.area, grid.laid_out, readings.sample, cells.shape))


def paint_lit(painter: QPainter, view: NodeView, readings: Readings, lit: Lit, ink: Ink) -> None:
    """Frames around the number in focus and, thinner, around what it was made from, and of dashes around what depends
    on it, where a node's body shows them."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    solid, dashes = Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine
    for grid in grids(view, readings):
        frames = [
            (grid.reach(entry), 1.2, hue, style)
            for cells, hue, style in (
                (lit.goes, ink.accent, dashes),
                (lit.parts, ink.accent, solid),
                (lit.slopes, ink.backward, solid),
            )
            for subject, entry in cells
            if subject == grid.subject
        ]
        if lit.entry is not None and grid.subject == lit.subject:
            frames.append((grid.cell(lit.entry), 2.0, ink.accent, solid))
        for frame, width, hue, style in frames:
            if frame is not None:
                for color, more, drawn in ((ink.canvas, 1.6, solid), (hue, 0.0, style)):
                    painter.setPen(pen(color, width + more, drawn))
                    painter.drawRoundedRect(frame, 2, 2)


def sample_marks(area: QRectF, laid_out: TensorView, sample: int, shown: tuple[int, ...]) -> list[QLineF]:
    """Short lines beside the rows of a sample, or above and below its column. ``shown``: (rows, columns) on show."""
    rows, columns = shown
    lines = []
    for row in range(rows):
        if laid_out.sample_of(row) == sample:
            y = area.top() + (row + 0.5) * area.height() / rows
            lines += [QLineF(area.left() - 5, y, area.left() - 3, y), QLineF(area.right() + 3, y, area.right() + 5, y)]
    for column in range(columns):
        if laid_out.sample_of_column(column) == sample:
            x = area.left() + (column + 0.5) * area.width() / columns
            lines += [QLineF(x, area.top() - 5, x, area.top() - 3), QLineF(x, area.bottom() + 3, x, area.bottom() + 5)]
    return lines
