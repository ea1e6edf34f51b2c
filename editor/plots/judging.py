"""How good a network is: numbers over time, the confusion matrix, and the trade between finding and false alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from compute.measure import Measure
from compute.numbers_text import count_text, plural, short
from compute.predictions import On, Predicted, Predictions, Scores, confusion, roc
from compute.snapshot import Snapshot
from editor import theme
from editor.palettes import mix
from editor.panels.subject import answers_not_shown
from editor.plots.axes import Axes, Scale, legend, stroke
from editor.plots.curves import NOTHING, Curve, CurvesPlot, hue
from editor.plots.plot import Cell, Given, Missing, Option, Plot, Table
from editor.scale import px
from editor.session import Session

NO_CLASSES = Missing("No classes", "It needs a loss that compares classes, such as a cross-entropy.")


def rows_of(session: Session) -> tuple[tuple[str, str], ...]:
    """The rows that can be judged, those that are held back first."""
    held = (("validation", "validation"),) if session.snapshot.validation_rows else ()
    return (*held, ("training", "training"))


ROWS = Option("rows", "Rows", rows_of)
_METRICS = ("accuracy", "precision", "recall", "F1", "AUC", "R²", "MAE", "RMSE")


def on(plot: Plot) -> On:
    """Which rows a plot is of."""
    return "training" if plot.chosen("rows") == "training" else "validation"


class ScoresPlot(CurvesPlot):
    """A curve for each metric that there is, or one alone."""

    id, title, key = "scores", "Metrics", "M"
    help = (
        "Accuracy, precision, recall, F1 and AUC of classes (means over the classes; of two, of the second), or R², "
        "MAE and RMSE of numbers."
    )
    group = "Predictions"
    options = (
        ROWS,
        Option("metric", "Metric", lambda _session: (("all", "all"), *((each, each) for each in _METRICS))),
    )

    def wants(self) -> Sequence[Measure]:
        return (Scores(on(self)),)

    def curves(self, snapshot: Snapshot) -> Sequence[Curve] | Missing:
        course, wanted = self.given.recorded.of(self.measure), self.chosen("metric")
        names = list(dict.fromkeys(name for found in course.found for name in found))
        if not names:
            return NOTHING
        shown = [name for name in names if wanted in ("all", name)]
        if not shown:
            return Missing(f"No {wanted} here", f"Choose one of {', '.join(names)}.")
        x = np.array(course.steps)
        return [
            Curve(name, x, np.array([found.get(name, np.nan) for found in course.found]), *hue(i))
            for i, name in enumerate(names)
            if name in shown
        ]


class PredictedPlot(Plot):
    """A plot of the answers of now; a click leads to samples."""

    group = "Predictions"
    icon = "gallery"
    options: ClassVar[tuple[Option, ...]] = (ROWS,)

    def __init__(self, given: Given, chosen: Mapping[str, str] | None = None) -> None:
        self.found: Predicted | None = None
        self._opened: tuple[object, int] = (None, -1)
        super().__init__(given, chosen)

    def wants(self) -> Sequence[Measure]:
        return (Predictions(on(self)),)

    def kept_back(self) -> str:
        return answers_not_shown(self.session)

    def prepare(self, snapshot: Snapshot) -> Missing | None:
        self.found = snapshot.measured.get(self.measure)
        if self.found is None:
            return Missing("Not computed", "It appears as soon as the graph can be computed.")
        missing = self.take(self.found)
        if missing is not None:
            self.found = None
        return missing

    def take(self, found: Predicted) -> Missing | None:
        """Take other answers."""
        return None

    def open_rows(self, what: object, rows: Sequence[int], words: str) -> None:
        """Choose the next of some rows as the sample, each time one further."""
        if not len(rows):
            return
        last, at = self._opened
        at = (at + 1) % len(rows) if last == what else 0
        self._opened = what, at
        self.session.message.emit(f"{words}: row {rows[at]}, {at + 1} of {count_text(len(rows))}")
        self.session.batches.show_row(int(rows[at]))


class ConfusionPlot(PredictedPlot):
    """A square of counts."""

    id, title, key = "confusion", "Confusion matrix", "C"
    help = "How many rows of each class (down) are taken for each class (across); a click opens them one by one."

    def __init__(self, given: Given, chosen: Mapping[str, str] | None = None) -> None:
        self._counts = np.zeros((0, 0), np.intp)
        self._area = QRectF()
        self._at = (0, 0)
        super().__init__(given, chosen)

    def take(self, found: Predicted) -> Missing | None:
        if not found.classes:
            return NO_CLASSES
        self._counts = confusion(found)
        return None

    def paint(self, painter: QPainter, area: QRectF) -> None:
        if self.found is None:
            return
        t, counts, names = theme.current(), self._counts, self.found.names
        painter.setFont(theme.mono_font(8.5))
        metrics = QFontMetricsF(painter.font())
        line, count = metrics.height(), len(names)
        left = min(max(map(metrics.horizontalAdvance, names)), 0.3 * area.width()) + px(22) + line
        room = area.adjusted(left, line * 2.4 + px(4), -px(8), -px(6))
        side = max(1.0, min(room.width() / count * 0.5, room.height() / count) if count < 4 else room.height() / count)
        wide = min(room.width() / count, side * 2.2)
        self._area = QRectF(room.left(), room.top(), wide * count, side * count)
        painter.setPen(theme.color(t.text_dim))
        middle = Qt.AlignmentFlag.AlignCenter
        painter.drawText(QRectF(room.left(), area.top(), wide * count, line), middle, "taken for")
        totals = counts.sum(axis=1, keepdims=True)
        shares = counts / np.maximum(totals, 1)
        for i in range(count):
            self._name(painter, QRectF(room.left() + i * wide, room.top() - 1.2 * line, wide, line), names[i], middle)
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            row = QRectF(area.left() + line + px(8), room.top() + i * side, left - line - px(14), side)
            self._name(painter, row, names[i], right)
            for j in range(count):
                cell = QRectF(room.left() + j * wide + 0.5, room.top() + i * side + 0.5, wide - 1, side - 1)
                # Right answers in the colour of what is good, wrong ones in that of errors.
                color = mix(t.card, t.good if i == j else t.error, 0.75 * float(shares[i, j]) ** 0.6)
                painter.fillRect(cell, color)
                if counts[i, j] and side >= line and wide >= metrics.horizontalAdvance(str(counts[i, j])):
                    painter.setPen(theme.color(t.text))
                    painter.drawText(cell, middle, str(counts[i, j]))
        if self.pointer is not None and self._area.contains(self.pointer):
            i, j = self._cell(self.pointer)
            painter.setPen(QPen(theme.color(t.focus), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(room.left() + j * wide, room.top() + i * side, wide, side).adjusted(1, 1, -1, -1))
        painter.save()
        painter.setPen(theme.color(t.text_dim))
        painter.translate(area.left() + px(4), room.top() + side * count / 2)
        painter.rotate(-90)
        painter.drawText(QRectF(-side * count / 2, 0, side * count, line), middle, "is")
        painter.restore()

    @staticmethod
    def _name(painter: QPainter, room: QRectF, name: str, how: Qt.AlignmentFlag) -> None:
        metrics = QFontMetricsF(painter.font())
        painter.setPen(theme.color(theme.current().text_dim))
        painter.drawText(room, how, metrics.elidedText(name, Qt.TextElideMode.ElideRight, room.width()))

    def _cell(self, at: QPointF) -> tuple[int, int]:
        count, area = len(self._counts), self._area
        i, j = int((at.y() - area.top()) / area.height() * count), int((at.x() - area.left()) / area.width() * count)
        return min(max(i, 0), count - 1), min(max(j, 0), count - 1)

    def _words(self, i: int, j: int) -> str:
        assert self.found is not None
        names = self.found.names
        return f"{names[i]} taken for {names[j]}"

    def reading(self, at: QPointF) -> str:
        if self.found is None or not self._area.contains(at):
            return ""
        i, j = self._cell(at)
        count = int(self._counts[i, j])
        return f"{self._words(i, j)}: {count_text(count)} {plural('row', count)}"

    def point(self, by: int) -> None:
        count, area = len(self._counts), self._area
        if not count or area.isEmpty():
            return
        now = -1 if self.pointer is None else self._cell(self.pointer)[0] * count + self._cell(self.pointer)[1]
        place = 0 if by == -2 else count**2 - 1 if by == 2 else min(max(now + by, 0), count**2 - 1)
        i, j = divmod(place, count)
        self.point_at(
            QPointF(area.left() + (j + 0.5) * area.width() / count, area.top() + (i + 0.5) * area.height() / count)
        )

    def clicked(self, at: QPointF) -> None:
        if self.found is not None and self._area.contains(at):
            i, j = self._cell(at)
            rows = self.found.rows[(self.found.truth == i) & (self.found.guess == j)]
            self.open_rows((i, j), rows.tolist(), self._words(i, j))

    def table(self) -> Table:
        names = self.found.names if self.found is not None else ()
        lines: list[list[Cell]] = [[name, *counts] for name, counts in zip(names, self._counts.tolist(), strict=True)]
        return Table(["is \\ taken for", *names], lines)


class RocPlot(PredictedPlot):
    """A curve for each class against the rest; of two classes that of the second."""

    id, title, key = "roc", "ROC", "O"
    help = "How many rows of a class are found, against false alarms, at every threshold; AUC is the area below."

    def __init__(self, given: Given, chosen: Mapping[str, str] | None = None) -> None:
        self._curves: list[tuple[str, np.ndarray, np.ndarray, float]] = []
        self._axes: Axes | None = None
        super().__init__(given, chosen)

    def take(self, found: Predicted) -> Missing | None:
        if not found.classes:
            return NO_CLASSES
        wanted = range(1, 2) if len(found.names) == 2 else range(len(found.names))
        self._curves = [(found.names[i], *roc(found.answers[:, i], found.truth == i)) for i in wanted]
        return None

    def paint(self, painter: QPainter, area: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = area.adjusted(px(6), px(4), -px(6), -px(2))
        entries = [(name, hue(i)[0], f"AUC {short(auc)}") for i, (name, _, _, auc) in enumerate(self._curves)]
        top = legend(painter, room.adjusted(px(8), 0, 0, 0), entries)
        axes = self._axes = Axes.within(room, Scale(0, 1, "false alarms"), Scale(0, 1, "found"), top=top)
        axes.paint(painter)
        painter.setPen(QPen(theme.color(theme.current().text_dim), 1, Qt.PenStyle.DashLine))
        painter.drawLine(axes.point(0, 0), axes.point(1, 1))
        for i, (_, x, y, _) in enumerate(self._curves):
            color, dash = hue(i)
            painter.setPen(QPen(theme.color(color), 1.5, dash))
            for part in axes.curve(x, y):
                stroke(painter, part)

    def reading(self, at: QPointF) -> str:
        if self._axes is None or not self._axes.area.contains(at):
            return ""
        x = self._axes.numbers_at(at)[0]
        said = [f"{name} {float(np.interp(x, xs, ys)):.1%}" for name, xs, ys, _ in self._curves]
        return f"false alarms {x:.1%}: found " + " · ".join(said)

    def table(self) -> Table:
        lines = [
            [name, x, y] for name, xs, ys, _ in self._curves for x, y in zip(xs.tolist(), ys.tolist(), strict=True)
        ]
        return Table(["class", "false_positive_rate", "true_positive_rate"], lines)
