"""Bytes held over a walk, as planned and if nothing were let go; a click goes to a step."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from compute.explain import Memory
from compute.numbers_text import count_text, size_text
from editor import theme
from editor.scale import px


class MemoryPlot(QWidget):
    """``chosen`` sends the step that was clicked or dragged to; ``pointed`` the calculation under the pointer, −1 for
    none."""

    chosen = Signal(int)
    pointed = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.memory = Memory()
        self._planned = self._everything = np.zeros(0)
        self._top = 1
        self.at = 0
        """The calculation at which the walk stands."""
        self._pointed = -1
        self.setFont(theme.mono_font(8.5))
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Bytes held at each step")
        theme.notifier.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(px(420), px(150))

    def minimumSizeHint(self) -> QSize:
        return QSize(px(160), px(70))

    def show_memory(self, memory: Memory, step: int) -> None:
        """The bytes, and the step at which the walk stands."""
        if memory is not self.memory:
            self.memory, self._top = memory, max(memory.everything, default=0) or 1
            self._planned, self._everything = np.array(memory.planned), np.array(memory.everything)
        self.at = memory.place(step)
        self.setAccessibleDescription(self.reading(self.at))
        self.update()

    def reading(self, at: int) -> str:
        """What is held at a calculation, in words."""
        if not 0 <= at < len(self.memory.planned):
            return ""
        held, everything = self.memory.planned[at], self.memory.everything[at]
        step = count_text(self.memory.starts[at] + 1)
        return f"step {step}: {size_text(held)}, everything kept {size_text(everything)}"

    # -- where things are -----------------------------------------------------------------------------------

    @property
    def _area(self) -> QRectF:
        """The room of the curves, between the labels."""
        line = self.fontMetrics().height()
        left = max(map(self.fontMetrics().horizontalAdvance, (size_text(self._top), "0"))) + px(10)
        return QRectF(left, line / 2 + 2, max(self.width() - left - px(8), 1), max(self.height() - 2 * line - 4, 1))

    def _point(self, place: float, held: float) -> QPointF:
        area = self._area
        count = len(self.memory.planned)
        return QPointF(area.left() + area.width() * place / count, area.bottom() - area.height() * held / self._top)

    def _place_at(self, x: float) -> int:
        """The calculation at an abscissa of the widget, −1 where there is none."""
        area, count = self._area, len(self.memory.planned)
        if not count:
            return -1
        return min(max(int((x - area.left()) / area.width() * count), 0), count - 1)

    # -- painting -------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.memory.planned:
            return
        t, painter = theme.current(), QPainter(self)
        area = self._area
        self._paint_phases(painter, area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        planned = self._stairs(self._planned)
        ground = QPolygonF([*planned, area.bottomRight(), area.bottomLeft()])
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(t.good, 0.28))
        painter.drawPolygon(ground)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.color(t.text_dim), 1.5, Qt.PenStyle.DashLine))
        painter.drawPolyline(self._stairs(self._everything))
        painter.setPen(QPen(theme.color(t.good), 2))
        painter.drawPolyline(planned)
        self._paint_axes(painter, area)
        self._paint_step(painter, area)

    def _stairs(self, held: npt.NDArray[Any]) -> list[QPointF]:
        """A level for each calculation; of more than there are pixels the highest of those that share one."""
        area, count = self._area, len(held)
        parts = min(count, max(int(area.width()), 1))
        starts = np.arange(parts) * count // parts
        levels = area.bottom() - area.height() * np.maximum.reduceat(held, starts) / self._top
        edges = area.left() + area.width() * np.append(starts, count) / count
        across, down = np.repeat(edges, 2)[1:-1], np.repeat(levels, 2)
        return [QPointF(*at) for at in zip(across.tolist(), down.tolist(), strict=True)]

    def _paint_phases(self, painter: QPainter, area: QRectF) -> None:
        """A band for each phase, with its name below where there is room for it."""
        t, line = theme.current(), self.fontMetrics().height()
        place = 0
        for i, (phase, same) in enumerate(groupby(self.memory.phases)):
            count = len(list(same))
            band = QRectF(self._point(place, self._top), self._point(place + count, 0))
            if i % 2:
                painter.fillRect(band, theme.color(t.text, 0.05))
            painter.setPen(theme.color(t.text_dim))
            name = QRectF(band.left(), band.bottom() + 2, band.width(), line)
            if self.fontMetrics().horizontalAdvance(phase) < band.width():
                painter.drawText(name, int(Qt.AlignmentFlag.AlignCenter), phase)
            place += count

    def _paint_axes(self, painter: QPainter, area: QRectF) -> None:
        t = theme.current()
        painter.setPen(QPen(theme.color(t.line), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.setPen(theme.color(t.text_dim))
        line = self.fontMetrics().height()
        for size, y in ((size_text(self._top), area.top()), ("0", area.bottom())):
            place = QRectF(0, y - line / 2, area.left() - px(6), line)
            painter.drawText(place, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), size)

    def _paint_step(self, painter: QPainter, area: QRectF) -> None:
        """A line at the step of now, with a mark on each curve; a thinner one under the pointer."""
        t = theme.current()
        for at, color, width in ((self._pointed, t.text_dim, 1.0), (self.at, t.focus, 1.5)):
            if 0 <= at < len(self.memory.planned):
                x = self._point(at + 0.5, 0).x()
                painter.setPen(QPen(theme.color(color), width))
                painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        if 0 <= self.at < len(self.memory.planned):
            painter.setPen(QPen(theme.color(t.panel), 1.5))
            for held, color in ((self.memory.everything, t.text_dim), (self.memory.planned, t.good)):
                painter.setBrush(theme.color(color))
                painter.drawEllipse(self._point(self.at + 0.5, held[self.at]), px(4), px(4))

    # -- the pointer ----------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.memory.planned:
            self.chosen.emit(self.memory.starts[self._place_at(event.position().x())])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position().x())
        if place != self._pointed:
            self._pointed = place
            self.pointed.emit(place)
            self.update()
            if event.buttons() & Qt.MouseButton.LeftButton and place >= 0:
                self.chosen.emit(self.memory.starts[place])

    def leaveEvent(self, event: object) -> None:
        self._pointed = -1
        self.pointed.emit(-1)
        self.update()
