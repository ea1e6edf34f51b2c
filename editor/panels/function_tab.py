"""The tab Function: the curve of an op that acts on each entry, with the inputs of now and the tangent at one."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from compute.explain import Entry
from compute.explain.facts import largest
from compute.focus import Focus
from compute.numbers_text import precise, short
from compute.ops import Op
from compute.ops.base import Elementwise
from editor import theme
from editor.panels.subject import Array
from editor.panels.widgets import Elided, column, paragraph
from editor.session import Session

_MOST_MARKS, _MOST_BARS = 200, 24


def has_plot(op: Op | None) -> bool:
    """Whether an op can be plotted as a curve: it acts on each entry of one input."""
    return isinstance(op, Elementwise) and len(op.ports) == 1


class FunctionPlot(QWidget):
    """y over x; the inputs as marks on it, the chosen one with its tangent."""

    def __init__(self) -> None:
        super().__init__()
        self.xs: Array = np.zeros(0)
        self.ys: Array = np.zeros(0)
        self.marks: tuple[Array, Array] = (np.zeros(0), np.zeros(0))
        self.point: tuple[float, float, float] | None = None
        self.setFont(theme.mono_font(8.0))
        theme.notifier.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(280, 240)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(theme.color(t.line))
        painter.setBrush(theme.color(t.card))
        painter.drawRoundedRect(frame, 8, 8)
        finite = np.isfinite(self.ys)
        if not finite.any():
            return
        area = frame.adjusted(16, 14, -16, -14)
        low, high = float(self.ys[finite].min()), float(self.ys[finite].max())
        pad = 0.06 * (high - low) or 1.0
        low, high = low - pad, high + pad
        left, right = float(self.xs[0]), float(self.xs[-1])

        def at(x: float, y: float) -> QPointF:
            return QPointF(
                area.left() + (x - left) / (right - left) * area.width(),
                area.bottom() - (y - low) / (high - low) * area.height(),
            )

        painter.setClipRect(frame.adjusted(1, 1, -1, -1))
        painter.setPen(QPen(theme.color(t.line), 1))
        painter.drawLine(at(left, 0), at(right, 0))
        painter.drawLine(at(0, low), at(0, high))
        painter.setPen(theme.color(t.text_dim))
        metrics = painter.fontMetrics()
        painter.drawText(at(left, 0) + QPointF(2, -3), short(left))
        painter.drawText(at(right, 0) + QPointF(-metrics.horizontalAdvance(short(right)) - 2, -3), short(right))
        painter.drawText(at(0, high) + QPointF(4, metrics.ascent()), short(high - pad))
        painter.drawText(at(0, low) + QPointF(4, -2), short(low + pad))
        path = QPainterPath()
        pen_down = False
        for x, y, ok in zip(self.xs.tolist(), self.ys.tolist(), finite.tolist(), strict=True):
            if ok:
                (path.lineTo if pen_down else path.moveTo)(at(x, y))
            pen_down = ok
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.mix(t.groups["activation"], t.text, 0.45), 2))
        painter.drawPath(path)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(t.forward, 0.55))
        for x, y in zip(*(side.tolist() for side in self.marks), strict=True):
            if math.isfinite(y):
                painter.drawEllipse(at(x, y), 2.5, 2.5)
        if self.point is not None and all(map(math.isfinite, self.point)):
            x, y, slope = self.point
            reach = (right - left) * 0.22
            painter.setPen(QPen(theme.color(t.backward), 2))
            painter.drawLine(at(x - reach, y - slope * reach), at(x + reach, y + slope * reach))
            painter.setPen(QPen(theme.color(t.card), 1.5))
            painter.setBrush(theme.color(t.text))
            painter.drawEllipse(at(x, y), 4.5, 4.5)


def acts_on_rows(op: Op | None) -> bool:
    """Whether an op is an activation of whole rows, as softmax is."""
    return op is not None and op.group == "activation" and not isinstance(op, Elementwise)


class Bars(QWidget):
    """One row before and after: each entry a bar, what goes in to the left and what comes out to the right."""

    def __init__(self) -> None:
        super().__init__()
        self.before: Array = np.zeros(0)
        self.after: Array = np.zeros(0)
        self.setFont(theme.mono_font(8.5))
        theme.notifier.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(280, 28 + min(len(self.before), _MOST_BARS) * 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        half = self.width() / 2
        for x, title, values in ((0.0, "in", self.before), (half + 8, "out", self.after)):
            painter.setPen(theme.color(t.text_dim))
            painter.drawText(QRectF(x, 0, half, 20), Qt.AlignmentFlag.AlignVCenter, title)
            reach = float(np.abs(values[np.isfinite(values)]).max(initial=0.0)) or 1.0
            for i, value in enumerate(values[:_MOST_BARS].tolist()):
                line = QRectF(x, 24 + i * 24, half - 8, 20)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.color(t.card))
                painter.drawRoundedRect(line, 4, 4)
                if np.isfinite(value):
                    painter.setBrush(theme.color(t.positive if value >= 0 else t.negative, 0.42))
                    painter.drawRoundedRect(QRectF(x, line.top(), line.width() * abs(value) / reach, 20), 4, 4)
                painter.setPen(theme.color(t.text))
                painter.drawText(line.adjusted(8, 0, -8, 0), Qt.AlignmentFlag.AlignVCenter, f"{i}   {short(value)}")


def _inputs(x: Array | None) -> tuple[float, Array]:
    """How far a curve reaches to either side, and the inputs that are marked on it: all of few, else some."""
    seen = x.reshape(-1) if x is not None else np.zeros(0)
    if seen.size and not math.isfinite(seen[largest(seen)]):
        seen = seen[np.isfinite(seen)]
    reach = max(4.0, abs(float(seen[largest(seen)])) * 1.1) if seen.size else 4.0
    return reach, np.asarray(seen[:: max(1, seen.size // _MOST_MARKS)], np.float64)


class FunctionTab(QWidget):
    """The values and slopes are the op's own."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.plot = FunctionPlot()
        self.reading = Elided(points=9.5, mono=True)
        self.about = paragraph("", "dim", 9.5)
        layout = column(self, 12, 8)
        self.plot.setMaximumHeight(640)
        self.bars = Bars()
        layout.addWidget(self.plot, 4)
        layout.addWidget(self.bars)
        layout.addWidget(self.reading)
        layout.addWidget(self.about)
        layout.addStretch(1)

    def show_focus(self, focus: Focus) -> None:
        """The curve of a node's op with the inputs of now, the one in focus with its tangent."""
        snapshot, subject, known = self.session.snapshot, focus.subject, self.session.facts
        op = snapshot.analysis.ops.get(subject.node)
        entry = Focus(subject.holder, "value", focus.entry).entry_in(known)
        inputs = snapshot.analysis.sources.get(subject.node, ())
        settings = snapshot.analysis.settings.get(subject.node, {})
        x = known.trace.values.get(inputs[0]) if len(inputs) == 1 else None
        self.plot.point = None
        self.plot.setVisible(isinstance(op, Elementwise))
        self.bars.setVisible(acts_on_rows(op))
        self.reading.setVisible(isinstance(op, Elementwise))
        if not isinstance(op, Elementwise):
            self._show_row(x, known.trace.values.get(subject.node), entry)
            return
        reach, marks = _inputs(x)
        with np.errstate(all="ignore"):
            self.plot.xs = np.linspace(-reach, reach, 241)
            self.plot.ys = op.value(self.plot.xs, **settings)
            self.plot.marks = (marks, op.value(marks, **settings))
            if x is not None and entry is not None:
                here = np.asarray(float(x[entry]))
                y = op.value(here, **settings)
                slope = float(np.asarray(op.slopes(here, y=y, **settings)[0]))
                self.plot.point = (float(here), float(y), slope)
                self.reading.set_text(f"x = {precise(float(here))}   y = {precise(float(y))}   slope {precise(slope)}")
        self.plot.setAccessibleName(f"Curve of {op.title}. {self.reading.text()}")
        self.about.setText(
            "Blue: the inputs of this batch. Orange: the slope at the chosen sample, which backward multiplies by."
            if self.plot.point
            else "The inputs appear on the curve once the node is computed."
        )
        self.plot.update()

    def _show_row(self, before: Array | None, after: Array | None, entry: Entry | None) -> None:
        """The row of the entry in focus before and after."""
        rows = [np.zeros(0), np.zeros(0)]
        known = before is not None and after is not None and entry is not None
        if before is not None and after is not None and entry is not None:
            rows = [array[entry[:-1]] for array in (before, after)]
        self.bars.before, self.bars.after = rows
        self.bars.updateGeometry()
        self.bars.update()
        self.about.setText(
            "It acts on a whole row: each number that comes out depends on all that go in. "
            f"Those of this sample add up to {precise(float(rows[1].sum()))}."
            if known
            else "The row appears once the node is computed."
        )
