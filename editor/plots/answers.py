"""Single answers: predictions against targets, what is left of them, and the worst samples, as pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter, QPen

from compute.numbers_text import short
from compute.predictions import Predicted
from editor import theme
from editor.palettes import mix
from editor.plots.axes import Axes, Scale
from editor.plots.judging import ROWS, PredictedPlot
from editor.plots.plot import Cell, Given, Missing, Option, Table
from editor.scale import px

NEAR = 12.0
"""How near to a point the pointer means it, in pixels."""
MOST = 60
LEAST_PICTURE = 16
"""A sample with so many inputs or more, whose number is a square, is shown as a picture."""
_VIEW = Option("view", "Show", lambda _session: (("fit", "predictions"), ("left", "residuals")))


class FitPlot(PredictedPlot):
    """A point for each row; where several numbers are predicted, a colour for each."""

    id, title, key = "fit", "Predictions against targets", "F"
    help = "The network's number for each row against the true one, or what is left between them; a click opens a row."
    options = (_VIEW, ROWS)

    def __init__(self, given: Given, chosen: Mapping[str, str] | None = None) -> None:
        self._axes: Axes | None = None
        super().__init__(given, chosen)

    def take(self, found: Predicted) -> Missing | None:
        if found.classes:
            return Missing("No numbers", "It needs a loss that compares numbers, such as the mean squared error.")
        return None

    @property
    def _is_left(self) -> bool:
        return self.chosen("view") == "left"

    def _points(self, found: Predicted) -> tuple[np.ndarray, np.ndarray]:
        """(n, K) each: across the truth, or for residuals the prediction; up the other, or what is left."""
        truth = np.asarray(found.truth, np.float64)
        return (found.answers, truth - found.answers) if self._is_left else (truth, found.answers)

    def paint(self, painter: QPainter, area: QRectF) -> None:
        if self.found is None:
            return
        t = theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x, y = self._points(self.found)
        room = area.adjusted(px(6), px(4), -px(6), -px(2))
        across = Scale.around([x] if self._is_left else [x, y], "prediction" if self._is_left else "target")
        up = Scale.around([y], "residual") if self._is_left else Scale(across.low, across.high, "prediction")
        axes = self._axes = Axes.within(room, across, up)
        axes.paint(painter)
        painter.setPen(QPen(theme.color(t.text_dim), 1.2, Qt.PenStyle.DashLine))
        painter.setClipRect(axes.area)
        ends = ((across.low, 0.0), (across.high, 0.0)) if self._is_left else ((up.low, up.low), (up.high, up.high))
        painter.drawLine(axes.point(*ends[0]), axes.point(*ends[1]))
        painter.setPen(Qt.PenStyle.NoPen)
        for k in range(x.shape[1]):
            painter.setBrush(theme.color(t.classes[k % len(t.classes)], 0.75))
            for at, down in zip(axes.across(x[:, k]).tolist(), axes.down(y[:, k]).tolist(), strict=True):
                if math.isfinite(at) and math.isfinite(down):
                    painter.drawEllipse(QPointF(at, down), 2.4, 2.4)
        nearest = self._nearest(self.pointer)
        if nearest is not None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.color(t.text), 1.5))
            i, k = nearest
            painter.drawEllipse(axes.point(float(x[i, k]), float(y[i, k])), px(5), px(5))
        painter.setClipping(False)

    def _nearest(self, at: QPointF | None) -> tuple[int, int] | None:
        """The row and the output of the point that is meant."""
        if at is None or self.found is None or self._axes is None:
            return None
        x, y = self._points(self.found)
        away = np.hypot(self._axes.across(x) - at.x(), self._axes.down(y) - at.y())
        i, k = np.unravel_index(int(np.nanargmin(away)) if np.isfinite(away).any() else 0, away.shape)
        return (int(i), int(k)) if away[i, k] <= px(NEAR) else None

    def reading(self, at: QPointF) -> str:
        nearest = self._nearest(at)
        if nearest is None or self.found is None:
            return ""
        i, k = nearest
        truth, answer = float(self.found.truth[i, k]), float(self.found.answers[i, k])
        name = self.found.names[k] if k < len(self.found.names) else f"y{k}"
        return f"row {self.found.rows[i]}, {name}: {short(answer)}, target {short(truth)}, left {short(truth - answer)}"

    def clicked(self, at: QPointF) -> None:
        nearest = self._nearest(at)
        if nearest is not None and self.found is not None:
            self.open_rows(nearest, [int(self.found.rows[nearest[0]])], "Chosen")

    def table(self) -> Table:
        found = self.found
        if found is None:
            return Table(["row"], [])
        names = [name for each in found.names for name in (each, f"{each}_predicted", f"{each}_left")]
        lines = []
        for row, truth, answer in zip(found.rows.tolist(), found.truth.tolist(), found.answers.tolist(), strict=True):
            lines.append([row, *(n for a, b in zip(truth, answer, strict=True) for n in (a, b, a - b))])
        return Table(["row", *names], lines)


class SamplesPlot(PredictedPlot):
    """A card for each of some samples, with what it is and what it is taken for."""

    id, title, key = "samples", "Samples", "E"
    help = "The samples that are answered worst, or the first ones, as pictures where their inputs are one."
    options = (
        Option("which", "Which", lambda _session: (("worst", "worst"), ("first", "first"), ("wrong", "wrong ones"))),
        ROWS,
    )

    def __init__(self, given: Given, chosen: Mapping[str, str] | None = None) -> None:
        self._shown: list[int] = []
        self._cells: list[QRectF] = []
        super().__init__(given, chosen)

    def take(self, found: Predicted) -> Missing | None:
        which, badness = self.chosen("which"), np.nan_to_num(found.badness, nan=np.inf)
        order = np.arange(len(badness)) if which == "first" else np.argsort(-badness, kind="stable")
        if which == "wrong" and found.classes:
            order = order[(found.guess != found.truth)[order]]
        self._shown = order[:MOST].tolist()
        return None if self._shown else Missing("None is wrong", "Every row is taken for its own class.")

    @staticmethod
    def _side(found: Predicted) -> int:
        """How many pixels each way a sample's picture has; 0: it is none."""
        side = math.isqrt(found.inputs.shape[1])
        return side if side**2 == found.inputs.shape[1] >= LEAST_PICTURE else 0

    def _words(self, found: Predicted, i: int) -> tuple[str, str]:
        if found.classes:
            guess = int(found.guess[i])
            return found.names[found.truth[i]], f"→ {found.names[guess]} {found.answers[i, guess]:.0%}"
        return short(float(found.truth[i, 0])), f"→ {short(float(found.answers[i, 0]))}"

    def paint(self, painter: QPainter, area: QRectF) -> None:
        found, t = self.found, theme.current()
        if found is None:
            return
        painter.setFont(theme.mono_font(8.5))
        metrics = QFontMetricsF(painter.font())
        line, side = metrics.height(), self._side(found)
        picture = px(56) if side else 0
        wide, high = px(96), picture + 2 * line + px(10) + (0 if side else line)
        room = area.adjusted(px(8), px(4), -px(8), -px(4))
        columns = max(1, int(room.width() // (wide + px(6))))
        lines = max(1, int(room.height() // (high + px(6))))
        step = room.width() / columns
        self._cells = []
        low, top = float(found.inputs.min(initial=0.0)), float(found.inputs.max(initial=1.0))
        for place, i in enumerate(self._shown[: columns * lines]):
            y, x = divmod(place, columns)
            cell = QRectF(room.left() + x * step, room.top() + y * (high + px(6)), step - px(6), high)
            self._cells.append(cell)
            over = self.pointer is not None and cell.contains(self.pointer)
            painter.fillRect(cell, theme.color(t.hover if over else t.card))
            at = cell.top() + px(4)
            if side:
                area_of = QRectF(cell.center().x() - picture / 2, at, picture, picture)
                painter.drawImage(area_of, _image(found.inputs[i].reshape(side, side), low, top))
                at += picture
            else:
                painter.setPen(theme.color(t.text_dim))
                painter.drawText(QRectF(cell.left(), at, cell.width(), line), _MIDDLE, f"row {found.rows[i]}")
                at += line
            is_, taken = self._words(found, i)
            wrong = found.classes and found.guess[i] != found.truth[i]
            for text, color in ((is_, t.text), (taken, t.error if wrong else t.good if found.classes else t.text_dim)):
                painter.setPen(theme.color(color))
                shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, cell.width() - px(4))
                painter.drawText(QRectF(cell.left(), at, cell.width(), line), _MIDDLE, shown)
                at += line

    def _place(self, at: QPointF) -> int:
        return next((place for place, cell in enumerate(self._cells) if cell.contains(at)), -1)

    def reading(self, at: QPointF) -> str:
        place, found = self._place(at), self.found
        if place < 0 or found is None or place >= len(self._shown):
            return ""
        i = self._shown[place]
        measure = "−log p" if found.classes else "off by"
        return f"row {found.rows[i]}: {' '.join(self._words(found, i))}, {measure} {short(float(found.badness[i]))}"

    def point(self, by: int) -> None:
        if self._cells:
            now = self._place(self.pointer) if self.pointer is not None else -1
            last = len(self._cells) - 1
            place = 0 if by == -2 else last if by == 2 else min(max(now + by, 0), last)
            self.point_at(self._cells[place].center())

    def clicked(self, at: QPointF) -> None:
        place = self._place(at)
        if place >= 0 and self.found is not None:
            self.open_rows(place, [int(self.found.rows[self._shown[place]])], "Chosen")

    def table(self) -> Table:
        found = self.found
        if found is None:
            return Table(["row"], [])
        off = [float(found.badness[i]) for i in self._shown]
        lines: list[list[Cell]]
        if not found.classes:
            lines = [
                [int(found.rows[i]), float(found.truth[i, 0]), float(found.answers[i, 0]), each]
                for i, each in zip(self._shown, off, strict=True)
            ]
            return Table(["row", "target", "prediction", "off_by"], lines)
        lines = [
            [int(found.rows[i]), found.names[found.truth[i]], found.names[guess], float(found.answers[i, guess]), each]
            for i, guess, each in zip(self._shown, found.guess[self._shown].tolist(), off, strict=True)
        ]
        return Table(["row", "is", "taken_for", "probability", "minus_log_p"], lines)


_MIDDLE = int(Qt.AlignmentFlag.AlignCenter)


def _image(numbers: np.ndarray, low: float, high: float) -> QImage:
    """A picture in shades from the ground to the ink."""
    t = theme.current()
    colors = np.array([mix(t.field, t.text, i / 31).rgb() for i in range(32)], np.uint32)
    share = np.nan_to_num((numbers - low) / ((high - low) or 1.0))
    pixels = np.ascontiguousarray(colors[np.clip(share * 31, 0, 31).round().astype(np.intp)])
    height, width = pixels.shape
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()
