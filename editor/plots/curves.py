"""The base of plots that are curves over the steps of a training, with what each is at the pointer."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from compute.numbers_text import count_text, short
from compute.snapshot import Snapshot
from editor import theme
from editor.plots.axes import Axes, Scale, legend, stroke
from editor.plots.plot import Given, Missing, Option, Plot, Table
from editor.scale import px

Array = npt.NDArray[Any]
DASHES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)
AXIS = Option("axis", "Axis", lambda _session: (("linear", "linear"), ("log", "log")))
LOG_AXIS = Option("axis", "Axis", lambda _session: (("log", "log"), ("linear", "linear")))
NOTHING = Missing("Nothing recorded yet", "Press Train, or step a batch: it is drawn while this plot is on the screen.")


@dataclass(frozen=True, eq=False)
class Curve:
    """A named line. x: steps, rising; y: numbers, NaN where there is none; color: of the theme."""

    name: str
    x: Array
    y: Array
    color: str
    dash: Qt.PenStyle = Qt.PenStyle.SolidLine
    wide: float = 1.5

    def at(self, x: float) -> int:
        """The point nearest to an x."""
        right = int(np.clip(np.searchsorted(self.x, x), 0, len(self.x) - 1))
        left = max(0, right - 1)
        return left if abs(self.x[left] - x) < abs(self.x[right] - x) else right


def hue(i: int) -> tuple[str, Qt.PenStyle]:
    """The colour and the line of the i-th of many alike: neither the hue of values nor that of gradients, and told
    apart where colours come again."""
    hues = theme.current().classes
    return hues[i % len(hues)], DASHES[i // len(hues) % len(DASHES)]


class CurvesPlot(Plot):
    """``curves`` gives the lines that were found; the rest is the same for all."""

    x_name = "step"

    def __init__(self, given: Given, chosen: Mapping[str, str] | None = None) -> None:
        self.lines: Sequence[Curve] = ()
        self.axes: Axes | None = None
        super().__init__(given, chosen)

    @abstractmethod
    def curves(self, snapshot: Snapshot) -> Sequence[Curve] | Missing:
        """The lines of now, or why there are none."""

    @property
    def is_log(self) -> bool:
        """Whether the axis is one of logarithms."""
        return any(option.key == "axis" for option in self.options) and self.chosen("axis") == "log"

    def prepare(self, snapshot: Snapshot) -> Missing | None:
        found = self.curves(snapshot)
        if isinstance(found, Missing):
            return found
        self.lines = [line for line in found if len(line.x)]
        return None if self.lines else NOTHING

    def undress(self) -> None:
        self.lines = ()

    def paint(self, painter: QPainter, area: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = area.adjusted(px(6), px(4), -px(6), -px(2))
        at = self._at(self.pointer)
        entries = [(line.name, line.color, self._number(line, at)) for line in self.lines]
        top = legend(painter, room.adjusted(px(8), 0, 0, 0), entries)
        x = Scale.around([line.x for line in self.lines], self.x_name, room=0.0)
        y = Scale.around([line.y for line in self.lines], log=self.is_log)
        axes = self.axes = Axes.within(room, x, y, top=top)
        axes.paint(painter)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for line in self.lines:
            painter.setPen(QPen(theme.color(line.color), line.wide, line.dash))
            for part in axes.curve(line.x, line.y):
                if part.size() == 1:
                    painter.setBrush(theme.color(line.color))
                    painter.drawEllipse(part.at(0), 2.5, 2.5)
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                stroke(painter, part)
        if at is not None:
            x_at = float(axes.across(np.array(at)))
            painter.setPen(QPen(theme.color(theme.current().text_dim), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(x_at, axes.area.top()), QPointF(x_at, axes.area.bottom()))

    def _at(self, pointer: QPointF | None) -> float | None:
        """The step of a point under the pointer."""
        if pointer is None or self.axes is None or not self.lines:
            return None
        x = self.axes.numbers_at(pointer)[0]
        longest = max(self.lines, key=lambda line: len(line.x))
        return float(longest.x[longest.at(x)])

    def _number(self, line: Curve, at: float | None) -> str:
        return short(float(line.y[-1 if at is None else line.at(at)]))

    def reading(self, at: QPointF) -> str:
        step = self._at(at)
        if step is None:
            return ""
        said = [f"{line.name} {self._number(line, step)}" for line in self.lines]
        return " · ".join([f"{self.x_name} {count_text(round(step))}", *said])

    def point(self, by: int) -> None:
        if self.axes is None or not self.lines:
            return
        longest = max(self.lines, key=lambda line: len(line.x))
        now = self._at(self.pointer)
        last = len(longest.x) - 1
        place = last if now is None else longest.at(now) + by
        place = 0 if by == -2 else last if by == 2 else min(max(place, 0), last)
        x = float(self.axes.across(longest.x[place : place + 1])[0])
        self.point_at(QPointF(x, self.axes.area.center().y()))

    def table(self) -> Table:
        steps = sorted({float(x) for line in self.lines for x in line.x})
        known = [dict(zip(line.x.tolist(), line.y.tolist(), strict=True)) for line in self.lines]
        lines = [[round(step), *(each.get(step, "") for each in known)] for step in steps]
        return Table([self.x_name, *(line.name for line in self.lines)], lines)
