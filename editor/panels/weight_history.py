"""How one weight went: a curve of it and of its gradient over the steps, and the numbers of each moment."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from compute.numbers_text import count_text, plural, short, shown
from compute.weight_history import GRADIENT, WEIGHT, Samples
from editor import icons, number_format, theme
from editor.panels.number_table import NUMBER, NumberModel, NumberTable
from editor.panels.widgets import bring_into_view, button, column, paragraph
from editor.scale import px

Index = QModelIndex | QPersistentModelIndex
MOST_ROWS = 8
CHANGE = "change"
RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class Curves(QWidget):
    """The weight in the hue of values and its gradient in that of gradients, each with its own range."""

    def __init__(self) -> None:
        super().__init__()
        self.samples = Samples(np.zeros(0, np.int64), {})
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFont(theme.mono_font(8.0))
        theme.notifier.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(200, px(112))

    def show_samples(self, samples: Samples) -> None:
        """Other numbers."""
        self.samples = samples
        steps = samples.steps
        self.setAccessibleName(f"The weight and its gradient from step {steps[0]} to step {steps[-1]}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        t, samples = theme.current(), self.samples
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = painter.fontMetrics().height()
        high = (self.height() - line - px(8)) / 2
        for i, (name, token) in enumerate(((WEIGHT, "forward"), (GRADIENT, "backward"))):
            area = QRectF(0.5, i * (high + px(4)) + 0.5, self.width() - 1, high - 1)
            painter.setPen(theme.color(t.line))
            painter.setBrush(theme.color(t.card))
            painter.drawRoundedRect(area, 3, 3)
            if name in samples.columns:
                self._curve(painter, area, samples.steps, samples.columns[name], getattr(t, token), name)
        below = QRectF(0, self.height() - line, self.width(), line)
        painter.setPen(theme.color(t.text_dim))
        if samples.steps.size:
            painter.drawText(below, Qt.AlignmentFlag.AlignLeft, f"step {count_text(int(samples.steps[0]))}")
            painter.drawText(below, Qt.AlignmentFlag.AlignRight, count_text(int(samples.steps[-1])))

    def _curve(
        self,
        painter: QPainter,
        area: QRectF,
        steps: npt.NDArray[np.int64],
        numbers: npt.NDArray[np.float64],
        hue: str,
        name: str,
    ) -> None:
        t = theme.current()
        good = np.isfinite(numbers)
        metrics = painter.fontMetrics()
        painter.setPen(theme.color(t.text_dim))
        if not good.any():
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, f"{name}: not finite")
            return
        low, high = float(numbers[good].min()), float(numbers[good].max())
        spread = high - low or abs(high) or 1.0
        first, last = int(steps[0]), int(steps[-1])
        inside = area.adjusted(px(6), px(4), -px(6), -px(4))
        x = inside.left() + (steps[good] - first) / max(1, last - first) * inside.width()
        y = inside.bottom() - (numbers[good] - low + (0.5 * spread if high == low else 0)) / spread * inside.height()
        if low < 0 < high:
            zero = inside.bottom() + low / spread * inside.height()
            painter.setPen(QPen(theme.color(t.line), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(inside.left(), zero), QPointF(inside.right(), zero))
        painter.setPen(QPen(theme.color(hue), 1.6))
        points = [QPointF(float(px_), float(py)) for px_, py in zip(x, y, strict=True)]
        painter.drawPolyline(QPolygonF(points))
        painter.setBrush(theme.color(hue))
        for point in points if len(points) <= 40 else points[-1:]:
            painter.drawEllipse(point, 2.0, 2.0)
        ground = theme.color(t.card, 0.75)
        for text, top in (
            (f"{name} {short(high)}", area.top() + 2),
            (short(low), area.bottom() - metrics.height() - 1),
        ):
            place = QRectF(area.left() + 5, top, metrics.horizontalAdvance(text) + 4, metrics.height())
            painter.fillRect(place, ground)
            painter.setPen(theme.color(t.text_dim))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)


class HistoryModel(NumberModel):
    """A line for each moment, the last at the top: step, weight, its change since the moment before, gradient, and what
    the optimizer remembers."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.heads: list[str] = []
        self._numbers = np.zeros((0, 0))

    def show_samples(self, samples: Samples) -> None:
        """Other numbers."""
        self.beginResetModel()
        weight = samples.columns.get(WEIGHT, np.zeros(0))
        change = np.diff(weight, prepend=np.nan)
        others = {name: numbers for name, numbers in samples.columns.items() if name != WEIGHT}
        columns = {"step": samples.steps.astype(np.float64), WEIGHT: weight, CHANGE: change, **others}
        self.heads = list(columns)
        self._numbers = np.stack(list(columns.values()), axis=1)[::-1] if weight.size else np.zeros((0, len(columns)))
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else int(self._numbers.shape[0])

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.heads)

    def number(self, row: int, at: int) -> float | None:
        """The number of a cell; None where the moment has none."""
        number = float(self._numbers[row, at])
        return None if np.isnan(number) and self.heads[at] != WEIGHT else number

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        number = self.number(index.row(), index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return "" if number is None else count_text(int(number)) if index.column() == 0 else shown(number)
        if role == NUMBER:
            return number
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return RIGHT
        if role == Qt.ItemDataRole.AccessibleTextRole and number is not None:
            return f"{self.heads[index.column()]} {number!r}"
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        across = orientation == Qt.Orientation.Horizontal
        return self.heads[section] if across and role == Qt.ItemDataRole.DisplayRole else None

    def lines(self, area: QRect) -> list[list[Any]]:
        rows, columns = range(area.top(), area.bottom() + 1), range(area.left(), area.right() + 1)
        return [[self.number(row, at) for at in columns] for row in rows]


class HistoryView(QWidget):
    """Closed until a person opens it; then it stays open for the next weight too."""

    def __init__(self) -> None:
        super().__init__()
        self._samples: Samples | None = None
        self.toggle = button("History", "next", kind="link", token="accent")
        self.toggle.setCheckable(True)
        self.curves = Curves()
        self.table = NumberTable("History of the weight")
        self.model_ = HistoryModel(self.table)
        self.table.setModel(self.model_)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag(RIGHT))
        self.foot = paragraph("", "dim", 9.0)
        layout = column(self, 0, 4)
        layout.addWidget(self.toggle, 0, Qt.AlignmentFlag.AlignLeft)
        for each in (self.curves, self.table, self.foot):
            layout.addWidget(each)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.toggle.toggled.connect(self._open)
        self.toggle.clicked.connect(lambda: bring_into_view(self))
        for notifier in (number_format.notifier, theme.notifier):
            notifier.changed.connect(self._measure)
        self.hide()

    def show_samples(self, samples: Samples | None) -> None:
        """What is known of a weight; None where no weight is asked about."""
        self._samples = samples if samples is not None and samples.steps.size else None
        self.setVisible(self._samples is not None)
        if self._samples is not None:
            count = self._samples.steps.size
            text = f"History: {count_text(count)} {plural('moment', count)}"
            self.toggle.setText(text)
            self.toggle.setAccessibleName(text)
            self._open(self.toggle.isChecked())

    def _open(self, on: bool) -> None:
        icons.set_icon(self.toggle, "down" if on else "next", "accent")
        self.toggle.setAccessibleDescription("open" if on else "closed")
        for each in (self.curves, self.table, self.foot):
            each.setVisible(on)
        samples = self._samples
        if not on or samples is None:
            return
        self.curves.show_samples(samples)
        self.model_.show_samples(samples)
        self.foot.setText(foot(samples))
        self._measure()

    def _measure(self) -> None:
        last = int(self._samples.steps[-1]) if self._samples is not None else 0
        metrics = QFontMetrics(self.table.font())
        first = max(metrics.horizontalAdvance(text) for text in (count_text(last), *self.model_.heads[:1])) + px(18)
        self.table.fit(first, MOST_ROWS, self.width())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure()


def foot(samples: Samples) -> str:
    """At which steps it was sampled, and of which batch the gradient is."""
    steps = samples.steps
    count, way = steps.size, int(steps[-1] - steps[0])
    if count == 1:
        said = (
            f"Seen at step {count_text(int(steps[0]))} alone; it is looked at again whenever the window shows numbers."
        )
    elif way == count - 1:
        said = f"Seen after every step from {count_text(int(steps[0]))} to {count_text(int(steps[-1]))}."
    else:
        said = (
            f"Seen at {count_text(count)} of the {count_text(way + 1)} steps from {count_text(int(steps[0]))} to "
            f"{count_text(int(steps[-1]))}, whenever the window showed numbers; a change is since the line below."
        )
    return f"{said} The gradient is that of the batch on show then." if GRADIENT in samples.columns else said
