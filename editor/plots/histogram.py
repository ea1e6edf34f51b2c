"""A small histogram of many numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from compute.numbers_text import short
from editor import theme
from editor.plain import set_tip
from editor.scale import px

BARS = 24
MOST = 50_000
"""So many entries are counted, at the most."""


class Histogram(QWidget):
    """Bars in the hues of negative and positive numbers, with the range and a mark at 0."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.counts: npt.NDArray[Any] = np.zeros(0)
        self.edges: npt.NDArray[Any] = np.zeros(0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFont(theme.mono_font(8.0))
        theme.notifier.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(200, px(84))

    def show_numbers(self, array: npt.NDArray[Any], what: str) -> None:
        """The spread of the finite entries of an array; of a large one only every so-and-so-many-th is counted."""
        step = -(-array.size // MOST) or 1
        flat = array.reshape(-1)[::step]
        flat = flat[np.isfinite(flat)]
        self.setVisible(flat.size > 1)
        if flat.size > 1:
            low, high = float(flat.min()), float(flat.max())
            margin = 0.5 if low == high else 0.0
            self.counts, self.edges = np.histogram(flat, BARS, (low - margin, high + margin))
            counted = f", each {step}th of {array.size}" if step > 1 else ""
            text = f"{flat.size} {what} from {short(low)} to {short(high)}{counted}"
            set_tip(self, text)
            self.setAccessibleName(f"Histogram: {text}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.counts.size:
            return
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        text = painter.fontMetrics().height() + 4
        area = QRectF(0, 4, self.width(), self.height() - text - 4)
        width = area.width() / len(self.counts)
        painter.setPen(Qt.PenStyle.NoPen)
        for i, count in enumerate(self.counts):
            middle = (self.edges[i] + self.edges[i + 1]) / 2
            painter.setBrush(theme.color(t.positive if middle >= 0 else t.negative, 0.85))
            height = area.height() * count / self.counts.max()
            painter.drawRoundedRect(QRectF(i * width + 0.5, area.bottom() - height, width - 1, height), 1, 1)
        painter.setPen(theme.color(t.line))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        low, high = float(self.edges[0]), float(self.edges[-1])
        below = QRectF(0, area.bottom() + 2, self.width(), text)
        painter.setPen(theme.color(t.text_dim))
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, short(low))
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, short(high))
        if low < 0 < high:
            x = area.width() * -low / (high - low)
            if 60 < x < area.width() - 60:
                painter.drawText(QRectF(x - 20, below.top(), 40, text), Qt.AlignmentFlag.AlignHCenter, "0")
            painter.drawLine(int(x), int(area.top()), int(x), int(area.bottom()))
