"""How a chain of neurons is painted: lines, circles, numbers and names, as much of them as there is room for."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QImage, QPainter, QPen, QTransform

from compute.neurons import Element, Numbers
from compute.numbers_text import MINUS, count_text, plural, short
from compute.snapshot import NeuronMaps
from editor import theme
from editor.canvas.camera import Camera
from editor.canvas.ink import ink
from editor.canvas.paint_audit import paint_badge
from editor.neurons.layout import HEAD, Place
from editor.neurons.lines import MOST_LINES, Lines, lines_to
from editor.panels.tensor_table import cell_colors
from editor.scale import px

Array = npt.NDArray[Any]

WRITTEN = 12
"""So many lines between two columns have their weight written on them, where there is room."""
DASHED = 72
"""In a chain of so few lines, negative ones are dashed."""
_LEVELS = 48
_LEAST_LINES = 8
"""Between two columns of a long chain."""
_BADGE, _AT_END = 4.5, 0.87
"""The radius of a line's badge, and where on the line that stands, or as far from its other end."""
_ALONG = (0.5, 0.72, 0.28, 0.62, 0.38)
"""Where on a line its number may stand, from the first choice to the last."""


class Picture:
    """One state of a chain, ready to be painted at a place and size. It asks nothing of the window."""

    def __init__(
        self,
        numbers: Numbers,
        places: tuple[Place, ...],
        camera: Camera,
        view: QRectF,
        maps: NeuronMaps | None = None,
        spot: tuple[float, float] | None = None,
    ) -> None:
        """maps: what the neurons are filled with; spot: where the chosen sample lies in each, as shares from the left
        and from below."""
        self.numbers, self.places, self.camera, self.view, self.maps = numbers, places, camera, view, maps
        self.spot = spot
        self.values = [numbers.values(c) for c in range(len(places))]
        self.biases = [numbers.biases(c) for c in range(len(places))]
        self.lines = [self._lines(c) for c in range(1, len(places))]
        self.written: dict[Element, tuple[str, QRectF]] = {}
        """The numbers that were written on lines, and where."""
        self._images: dict[int, QImage] = {}
        self.font, self.bold = theme.mono_font(8.0), theme.ui_font(8.5, bold=True)
        self.small = theme.ui_font(8.0)

    def _lines(self, column: int, only: tuple[int | None, int | None] = (None, None)) -> Lines:
        weights = self.numbers.weights(column)
        before, after = self.places[column - 1], self.places[column]
        if weights is None:
            weights = np.zeros((before.units, after.units))
        most = max(_LEAST_LINES, MOST_LINES // (len(self.places) - 1))
        return lines_to(column, weights, before, after, self.camera, self.view, self.numbers.largest, most, only)

    def fan(self, element: Element) -> list[Lines]:
        """The lines of one neuron, those that come in and those that go out."""
        found = [self._lines(element.column, (None, element.unit))] if element.column else []
        if element.column + 1 < len(self.places):
            found.append(self._lines(element.column + 1, (element.unit, None)))
        return found

    # -- where things are ------------------------------------------------------------------------------------

    def radius(self, column: int) -> float:
        """Of a column's circles, in pixels."""
        return self.places[column].radius * self.camera.zoom

    def center(self, column: int, unit: int) -> QPointF:
        """The middle of a neuron."""
        return self.camera.to_screen(self.places[column].center(unit))

    def line(self, element: Element) -> QLineF:
        """Where the line of a weight runs, drawn or not."""
        before, after = self.places[element.column - 1], self.places[element.column]
        start = QPointF(before.right, before.center(element.source).y())
        end = QPointF(after.left, after.center(element.unit).y())
        return QLineF(self.camera.to_screen(start), self.camera.to_screen(end))

    def bias_area(self, column: int, unit: int) -> QRectF:
        """The square of a bias, at the lower left of its circle; empty where circles are too small for it."""
        r = self.radius(column)
        if r < 6 or self.biases[column] is None:
            return QRectF()
        side = min(max(0.46 * r, 5.0), px(10))
        middle = self.center(column, unit) + QPointF(-0.86 * r, 0.86 * r)
        return QRectF(middle.x() - side / 2, middle.y() - side / 2, side, side)

    def near(self, column: int, y: float) -> range:
        """The units of a column that are nearest to a height, before any zoom."""
        place = self.places[column]
        unit = place.first + round((y - place.top) / place.pitch)
        return range(max(place.first, unit - 1), min(place.first + place.count, unit + 2))

    def area(self, element: Element) -> QRectF:
        """Around a neuron, a bias, or the middle of a line."""
        if element.kind == "weight":
            middle = self.line(element).pointAt(0.5)
            return QRectF(middle.x() - 20, middle.y() - 10, 40, 20)
        if element.kind == "bias" and not (square := self.bias_area(element.column, element.unit)).isEmpty():
            return square
        if self.places[element.column].picture is not None:
            middle = self.center(element.column, element.unit)
            return QRectF(middle.x() - 3, middle.y() - 3, 6, 6)
        r = max(self.radius(element.column), 3.0)
        middle = self.center(element.column, element.unit)
        return QRectF(middle.x() - r, middle.y() - r, 2 * r, 2 * r)

    def more_area(self, column: int) -> QRectF:
        """Where it stands how many more neurons there are."""
        place = self.places[column]
        if not place.more:
            return QRectF()
        at = self.camera.to_screen(QPointF(place.x, place.end))
        return QRectF(at.x() - px(45), at.y() - px(8), px(90), px(16))

    # -- painting --------------------------------------------------------------------------------------------

    def paint(self, painter: QPainter) -> None:
        """Everything but what is lit."""
        columns = [column for column in range(len(self.places)) if self._is_near(column)]
        near = [lines for lines in self.lines if self._is_near(lines.column) or self._is_near(lines.column - 1)]
        for lines in near:
            self._paint_band(painter, lines)
        total = sum(lines.total for lines in self.lines)
        for lines in near:
            self.paint_lines(painter, lines, dashed=total <= DASHED)
        for lines in near:
            share = self._write_weights(painter, lines) if lines.total <= WRITTEN else 0.0
            if self.numbers.verdict is not None:
                # At the end of a line from which its number is farther.
                at = 1 - _AT_END if share >= 0.5 else _AT_END
                self._paint_verdicts(painter, lines, at, every=lines.total <= WRITTEN)
        for column in columns:
            if self.places[column].picture is not None:
                self._paint_inputs(painter, column)
            else:
                self._paint_circles(painter, column)
        for column in columns:
            self._paint_head(painter, column)

    def _is_near(self, column: int) -> bool:
        """Whether a column, or its name, is in sight."""
        place = self.places[column]
        left, right = (self.camera.to_screen(QPointF(x, 0)).x() for x in (place.left, place.right))
        return right > -px(60) and left < self.view.width() + px(60)

    def _paint_band(self, painter: QPainter, lines: Lines) -> None:
        """What stands for the lines that are not drawn."""
        if not lines.more:
            return
        before, after = self.places[lines.column - 1], self.places[lines.column]
        (top, bottom), (end_top, end_bottom) = before.span, after.span
        corners = [(before.right, top), (after.left, end_top), (after.left, end_bottom), (before.right, bottom)]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.mix(theme.current().panel, theme.current().wire, 0.10))
        painter.drawPolygon([self.camera.to_screen(QPointF(x, y)) for x, y in corners])

    def paint_lines(self, painter: QPainter, lines: Lines, *, dashed: bool = False, loud: bool = False) -> None:
        """Lines in the hue of their sign, the stronger the thicker and the louder."""
        t = theme.current()
        for thick, share, negative, shown in lines.levels():
            # Opaque colours are painted four times as fast; strong lines lie over weak ones.
            strength = min(1.0, (0.7 if loud else 0.3) + 0.7 * share)
            pen = QPen(theme.mix(t.panel, t.negative if negative else t.positive, strength), thick)
            if negative and dashed:
                pen.setDashPattern([max(2.0, 7.0 / thick), max(1.6, 4.0 / thick)])
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            painter.drawLines(shown)
        faulty = np.flatnonzero(~np.isfinite(lines.weights))
        if faulty.size:
            painter.setPen(QPen(theme.color(t.error), 2))
            painter.drawLines([QLineF(*ends) for ends in lines.ends[faulty].tolist()])

    def _paint_verdicts(self, painter: QPainter, lines: Lines, at: float, *, every: bool) -> None:
        """The badge of the audit on each line; of many lines on those that do not simply agree."""
        for source, unit, ends in zip(lines.sources.tolist(), lines.units.tolist(), lines.ends.tolist(), strict=True):
            found = self.numbers.audited(Element("weight", lines.column, unit, source))
            if found is not None and (every or found != "ok"):
                paint_badge(painter, QLineF(*ends).pointAt(at), px(_BADGE), found, ink())

    def _write_weights(self, painter: QPainter, lines: Lines) -> float:
        """The weight on each line, as far as no number hides another; where on the lines they stand."""
        metrics = QFontMetricsF(self.font)
        texts = [short(float(weight)) for weight in reversed(lines.weights.tolist())]
        runs = [QLineF(*ends) for ends in reversed(lines.ends.tolist())]
        best: list[QRectF] = []
        chosen = 0.0
        for share in _ALONG:
            placed: list[QRectF] = []
            for run, text in zip(runs, texts, strict=True):
                wide, middle = metrics.horizontalAdvance(text) + 6, run.pointAt(share)
                area = QRectF(middle.x() - wide / 2, middle.y() - metrics.height() / 2, wide, metrics.height())
                hidden = wide > 0.7 * run.dx() or any(area.intersects(other) for other in placed)
                placed.append(QRectF() if hidden else area)
            if sum(not area.isEmpty() for area in placed) > sum(not area.isEmpty() for area in best):
                best, chosen = placed, share
        ends = zip(reversed(lines.units.tolist()), reversed(lines.sources.tolist()), strict=True)
        for area, text, (unit, source) in zip(best, texts, ends, strict=False):
            if not area.isEmpty():
                element = Element("weight", lines.column, unit, source)
                self.written[element] = text, area
                self.write_weight(painter, element)
        return chosen

    def write_weight(self, painter: QPainter, element: Element) -> None:
        """The number of a weight where it stands on its line, if it has room there."""
        if element in self.written:
            self._write_on_pill(painter, *self.written[element])

    def _write_on_pill(self, painter: QPainter, text: str, area: QRectF) -> None:
        """A number that can be read on whatever lies under it."""
        t = theme.current()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(t.panel, 0.86))
        painter.drawRoundedRect(area, 4, 4)
        painter.setFont(self.font)
        painter.setPen(theme.color(t.text))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_circles(self, painter: QPainter, column: int) -> None:
        place, values, r, t = self.places[column], self.values[column], self.radius(column), theme.current()
        finite = np.abs(values[np.isfinite(values)]) if values is not None else np.zeros(0)
        scale = float(finite.max()) if finite.size else 0.0
        rim = QPen(theme.color(t.wire), 1.0 if r < 10 else 1.4)
        image = self._image(column) if r >= 5 else None
        texts, names = self._texts(column), self.numbers.names(column)
        for unit in range(place.first, place.first + place.count):
            middle = self.center(column, unit)
            if not (-r < middle.y() < self.view.height() + r):
                continue
            value = None if values is None else float(values[unit])
            ground, ink = (theme.color(t.panel), theme.color(t.text)) if value is None else cell_colors(value, scale)
            painter.setPen(rim if value is None or math.isfinite(value) else QPen(theme.color(t.error), 2))
            painter.setBrush(self._map_brush(image, unit, middle, r) if image is not None else ground)
            painter.drawEllipse(middle, r, r)
            if image is not None and r >= 12:
                self._mark_sample(painter, middle, r)
            if texts[unit - place.first]:
                self._write_value(painter, texts[unit - place.first], middle, ink, pill=image is not None)
            self._paint_bias(painter, column, unit)
            if names:
                self._write_name(painter, column, unit, names[unit], middle, r)
        if place.more:
            painter.setFont(self.small)
            painter.setPen(theme.color(t.text_dim))
            painter.drawText(self.more_area(column), Qt.AlignmentFlag.AlignCenter, f"… {place.more:,} more")

    def _mark_sample(self, painter: QPainter, middle: QPointF, r: float) -> None:
        """Where the chosen sample lies in a map."""
        if self.spot is None:
            return
        dx, dy = (2 * self.spot[0] - 1) * r, (1 - 2 * self.spot[1]) * r
        if math.hypot(dx, dy) < r - 2:
            painter.setPen(QPen(theme.color(theme.current().panel), 1))
            painter.setBrush(theme.color(theme.current().text))
            painter.drawEllipse(middle + QPointF(dx, dy), 2.4, 2.4)

    def _texts(self, column: int) -> list[str]:
        """What stands in each drawn circle: as many digits as all of them have room for."""
        place, values, room = self.places[column], self.values[column], 2 * self.radius(column) - 5
        metrics = QFontMetricsF(self.font)
        if values is None or room < metrics.horizontalAdvance("00"):
            return [""] * place.count
        shown = values[place.first : place.first + place.count].tolist()
        for written in (short, _brief):
            texts = [written(value) for value in shown]
            if max(map(metrics.horizontalAdvance, texts)) <= room:
                return texts
        return [""] * place.count

    def _write_value(self, painter: QPainter, text: str, middle: QPointF, ink: QColor, *, pill: bool) -> None:
        metrics = QFontMetricsF(self.font)
        wide, high = metrics.horizontalAdvance(text) + 6, metrics.height()
        area = QRectF(middle.x() - wide / 2, middle.y() - high / 2, wide, high)
        if pill:
            self._write_on_pill(painter, text, area)
            return
        painter.setFont(self.font)
        painter.setPen(ink)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_bias(self, painter: QPainter, column: int, unit: int) -> None:
        area, biases, t = self.bias_area(column, unit), self.biases[column], theme.current()
        if area.isEmpty() or biases is None:
            return
        bias, scale = float(biases[unit]), self.numbers.largest
        painter.setBrush(cell_colors(bias, scale)[0])
        painter.setPen(QPen(theme.color(t.text_dim), 1))
        painter.drawRect(area)
        place, r, metrics = self.places[column], self.radius(column), QFontMetricsF(self.font)
        if place.count <= WRITTEN and place.pitch * self.camera.zoom - 2 * r >= metrics.height():
            text = short(bias)
            wide = metrics.horizontalAdvance(text) + 6
            below = QRectF(area.center().x() - wide / 2, area.bottom() + 1, wide, metrics.height())
            self._write_on_pill(painter, text, below)

    def _write_name(self, painter: QPainter, column: int, unit: int, name: str, middle: QPointF, r: float) -> None:
        """The name of an input at its left, of an output at its right with what the loss makes of it."""
        metrics, t = QFontMetricsF(self.small), theme.current()
        pitch = self.places[column].pitch * self.camera.zoom
        if pitch < 0.8 * metrics.height():
            return
        first, gap = column == 0, px(7)
        room = middle.x() - r - gap if first else self.view.width() - middle.x() - r - gap
        answers = self.numbers.answers if not first else None
        painter.setFont(self.small)
        painter.setPen(theme.color(t.text))
        two = answers is not None and pitch >= 2 * metrics.height()
        left = 0.0 if first else middle.x() + r + gap
        aside = Qt.AlignmentFlag.AlignRight if first else Qt.AlignmentFlag.AlignLeft
        high = metrics.height()
        top = middle.y() - (high if two else high / 2)
        shown = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room - 2)
        painter.drawText(QRectF(left, top, room, high), aside, shown)
        if two and answers is not None and len(answers) == self.places[column].units:
            painter.setPen(theme.color(t.text_dim))
            painter.drawText(QRectF(left, middle.y(), room, high), aside, f"{float(answers[unit]):.1%}")

    def _paint_head(self, painter: QPainter, column: int) -> None:
        """What stands above a column: its node, how many units, and what its numbers go through."""
        facts, of, place, t = (
            self.numbers.facts,
            self.numbers.chain.columns[column],
            self.places[column],
            theme.current(),
        )
        x = self.camera.to_screen(QPointF(place.x, 0)).x()
        gap = min(abs(place.x - other.x) for other in self.places if other is not place) * self.camera.zoom - 6
        through = " → ".join(facts.op(node).title.lower() for node in of.nodes[of.sums :])
        count = f"{count_text(of.units)} {plural('neuron' if column else 'input', of.units)}"
        written = [(self.bold, t.text, facts.label(of.sum)), (self.small, t.text_dim, through or count)]
        measured = [QFontMetricsF(font).horizontalAdvance(text) for font, _, text in written]
        wide = min(max(measured) + 8, gap, self.view.width())
        if wide < px(18):
            return
        left = min(max(x - wide / 2, 2.0), self.view.width() - wide - 2)
        painter.fillRect(QRectF(left, 0, wide, px(HEAD) - 6), theme.color(t.panel))
        for k, (font, token, text) in enumerate(written):
            shown = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, wide)
            painter.setFont(font)
            painter.setPen(theme.color(token))
            painter.drawText(QRectF(left, px(4) + k * px(15), wide, px(15)), Qt.AlignmentFlag.AlignCenter, shown)

    # -- many inputs, and maps -----------------------------------------------------------------------------------

    def _paint_inputs(self, painter: QPainter, column: int) -> None:
        place, values, t = self.places[column], self.values[column], theme.current()
        assert place.picture is not None
        area = self.camera.transform().mapRect(place.picture)
        rows = math.ceil(place.units / place.across)
        if values is not None:
            padded = np.full(rows * place.across, np.nan)
            padded[: place.units] = values
            pixels = signed(padded.reshape(1, rows, place.across))[0]
            image = QImage(pixels.data, place.across, rows, 3 * place.across, QImage.Format.Format_RGB888)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
            painter.drawImage(area, image)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(theme.color(t.line))
        painter.drawRect(area)

    def _image(self, column: int) -> QImage | None:
        """The maps of a column's neurons, one below the other."""
        node = self.numbers.chain.columns[column].last
        if self.maps is None or node not in self.maps.values:
            return None
        if column not in self._images:
            values = self.maps.values[node]
            size, units = len(values), values.shape[2]
            if units != self.places[column].units:
                return None
            pixels = signed(values[::-1].transpose(2, 0, 1)).reshape(units * size, size, 3)
            image = QImage(pixels.data, size, size * units, 3 * size, QImage.Format.Format_RGB888)
            self._images[column] = image.copy()
        return self._images[column]

    def _map_brush(self, image: QImage, unit: int, middle: QPointF, r: float) -> QBrush:
        side = image.width()
        brush = QBrush(image)
        scale = 2 * r / side
        brush.setTransform(QTransform(scale, 0, 0, scale, middle.x() - r, middle.y() - r - 2 * r * unit))
        return brush


def signed(values: Array) -> npt.NDArray[np.uint8]:
    """(pictures, rows, columns, 3) the diverging hue of numbers (pictures, rows, columns), each picture by its own
    largest; what is not finite has no hue."""
    with np.errstate(all="ignore"):
        known = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
        reach = np.abs(known).max(axis=(1, 2), keepdims=True)
        level = np.rint(known * (_LEVELS / np.where(reach > 0, reach, 1.0))).astype(np.intp)
    t = theme.current()
    return _hues(t.card, t.positive, t.negative)[level + _LEVELS]


@lru_cache(maxsize=4)
def _hues(ground: str, positive: str, negative: str) -> npt.NDArray[np.uint8]:
    """(2·levels + 1, 3) from the most negative to the most positive."""
    colors = [
        theme.mix(ground, negative if k < 0 else positive, 0.66 * abs(k) / _LEVELS)
        for k in range(-_LEVELS, _LEVELS + 1)
    ]
    return np.array([(each.red(), each.green(), each.blue()) for each in colors], dtype=np.uint8)


def _brief(value: float) -> str:
    """One digit after the point, where there is no room for more; what is nearly 0 is not 0."""
    size = abs(value)
    if not 0.0 < size < 999.5:
        return short(value)
    text = "≈0" if size < 0.05 else f"{size:.1f}" if size < 9.95 else f"{size:.0f}"
    return MINUS + text if value < 0 and size >= 0.05 else text
