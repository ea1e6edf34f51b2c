"""How weights, activations and gradients are spread: over time as a strip, or now as bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen, QPolygonF

from compute.explain.facts import Quantity
from compute.measure import Measure
from compute.numbers_text import count_text, plural, short
from compute.recorded import Course
from compute.snapshot import Snapshot
from compute.statistics import Spread, SpreadOf
from editor import theme
from editor.palettes import mix
from editor.panels.subject import not_shown
from editor.plots.axes import Axes, Scale, stroke
from editor.plots.curves import NOTHING
from editor.plots.plot import Given, Missing, Option, Plot, Table
from editor.scale import px
from editor.session import Session

Numbers = npt.NDArray[np.float64]
ROWS, COLUMNS = 96, 480
"""Of a strip: so many pixels of numbers, which are then drawn larger."""
SHADES = 64


def weights_of(session: Session) -> list[tuple[str, str]]:
    """All weights there are, the trained ones first."""
    specs, graph = session.snapshot.analysis.parameters, session.document.graph
    names = sorted(specs, key=lambda name: not specs[name][1].trainable)
    return [(name, _label(session, name)) for name in names if specs[name][0] in graph.nodes]


def _label(session: Session, name: str) -> str:
    node, _, suffix = name.rpartition(".")
    return f"{session.document.graph.nodes[node].label} {suffix}"


def nodes_of(session: Session) -> list[tuple[str, str]]:
    """All nodes that compute something for each row, activations first."""
    analysis, graph = session.snapshot.analysis, session.document.graph
    nodes = [n for n in analysis.order if n in graph.nodes and analysis.shapes.get(n) and not analysis.ops[n].is_data]
    nodes.sort(key=lambda node: analysis.ops[node].group != "activation")
    return [(node, graph.nodes[node].label) for node in nodes]


VIEW = Option("view", "Show", lambda _session: (("time", "over time"), ("now", "now")))


class SpreadPlot(Plot):
    """Blue for values and orange for gradients, as everywhere."""

    group = "Weights and gradients"
    icon = "memory"
    hue = "forward"

    def __init__(self, given: Given, chosen: Mapping[str, str] | None = None) -> None:
        self._course = Course()
        self._image: QImage | None = None
        self._range = (0.0, 0.0)
        self._known: dict[int, tuple[Spread, Numbers]] = {}
        """The column of each moment, within the range."""
        self._axes: Axes | None = None
        super().__init__(given, chosen)

    def quantity(self) -> Quantity | None:
        """Whose numbers it is about."""
        raise NotImplementedError

    def wants(self) -> Sequence[Measure]:
        quantity = self.quantity()
        return () if quantity is None else (SpreadOf(quantity),)

    def kept_back(self) -> str:
        quantity = self.quantity()
        return not_shown(self.session, quantity) if quantity is not None and self.session.hides(quantity) else ""

    def prepare(self, snapshot: Snapshot) -> Missing | None:
        if not self.wants():
            return Missing("Nothing to show", "The graph has no such numbers; add a layer.")
        self._course = self.given.recorded.of(self.measure)
        if not self._course.found:
            return NOTHING
        self._image = None
        if self.chosen("view") == "time":
            self._draw()
        return None

    def undress(self) -> None:
        self._image = None

    def _draw(self) -> None:
        """The strip: a column for each moment, a row for each part of the range, darker where more entries are."""
        found: list[Spread] = self._course.found
        low, high = min(each.low for each in found), max(each.high for each in found)
        if high <= low:
            low, high = low - 0.5, high + 0.5
        shares = self._shares_within(found, low, high)
        top = shares.max(axis=0, keepdims=True)
        shades = np.sqrt(shares / np.where(top > 0, top, 1.0))
        t = theme.current()
        ramp = [mix(t.panel, getattr(t, self.hue), i / (SHADES - 1)) for i in range(SHADES)]
        colors = np.array([color.rgb() for color in ramp], np.uint32)
        # A column reaches from where it was measured to where the next was, so that the axis of steps is true.
        steps = np.array(self._course.steps, np.float64)
        at = np.searchsorted(steps, np.linspace(steps[0], steps[-1], COLUMNS), "right") - 1
        pixels = np.ascontiguousarray(colors[(shades[:, at] * (SHADES - 1)).round().astype(np.intp)][::-1])
        height, width = pixels.shape
        self._image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()

    def _shares_within(self, found: Sequence[Spread], low: float, high: float) -> Numbers:
        """``strip``, where only what is new is worked out as long as the range does for all."""
        (left, right), span = self._range, high - low
        if not (left <= low and high <= right and right - left <= 1.3 * span):
            self._range, self._known = (low - 0.04 * span, high + 0.04 * span), {}
        fresh = [each for each in found if id(each) not in self._known]
        if fresh:
            columns = strip(fresh, *self._range).T
            self._known |= {id(each): (each, column) for each, column in zip(fresh, columns, strict=True)}
        kept = {id(each): self._known[id(each)] for each in found}
        self._known = kept
        return np.stack([column for _, column in kept.values()], axis=1)

    # -- painting ---------------------------------------------------------------------------------------------

    def paint(self, painter: QPainter, area: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = area.adjusted(px(6), px(4), -px(6), -px(2))
        if self.chosen("view") == "now":
            self._paint_bars(painter, room)
        else:
            if self._image is None:
                self._draw()
            self._paint_strip(painter, room)

    def _paint_strip(self, painter: QPainter, room: QRectF) -> None:
        t, steps = theme.current(), np.array(self._course.steps, np.float64)
        x = Scale(float(steps[0]), float(steps[-1]) if len(steps) > 1 else float(steps[0]) + 1, "step", whole=True)
        axes = self._axes = Axes.within(room, x, Scale(*self._range))
        assert self._image is not None
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(axes.area, self._image)
        axes.paint(painter, grid=False)
        means = np.array([each.mean for each in self._course.found])
        spread = np.array([each.deviation for each in self._course.found])
        painter.setClipRect(axes.area)
        for numbers, share in ((means, 1.0), (means - spread, 0.45), (means + spread, 0.45)):
            painter.setPen(QPen(theme.color(t.text, share), 1.2))
            for part in axes.curve(steps, numbers):
                stroke(painter, part)
        painter.setClipping(False)
        if self.pointer is not None and axes.area.contains(self.pointer):
            at = axes.across(steps[self._place(self.pointer)][None])[0]
            painter.setPen(QPen(theme.color(t.text_dim), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(at, axes.area.top()), QPointF(at, axes.area.bottom()))

    def _paint_bars(self, painter: QPainter, room: QRectF) -> None:
        t, spread = theme.current(), self._course.found[-1]
        edges = spread.edges
        if spread.high <= spread.low:
            edges = np.linspace(spread.low - 0.5, spread.high + 0.5, len(edges))
        most = int(spread.counts.max()) or 1
        axes = self._axes = Axes.within(room, Scale(edges[0], edges[-1]), Scale(0, most * 1.05, whole=True))
        axes.paint(painter)
        across, down = axes.across(edges), axes.down(spread.counts)
        corners = [QPointF(axes.area.left(), axes.area.bottom())]
        for left, right, top in zip(across[:-1].tolist(), across[1:].tolist(), down.tolist(), strict=True):
            corners += [QPointF(left, top), QPointF(right, top)]
        corners.append(QPointF(axes.area.right(), axes.area.bottom()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(getattr(t, self.hue), 0.75))
        painter.drawPolygon(QPolygonF(corners))
        if edges[0] < 0 < edges[-1]:
            zero = float(axes.across(np.array(0.0)))
            painter.setPen(QPen(theme.color(t.text_dim), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(zero, axes.area.top()), QPointF(zero, axes.area.bottom()))

    # -- reading ----------------------------------------------------------------------------------------------

    def _place(self, at: QPointF) -> int:
        """The moment at a place."""
        assert self._axes is not None
        x = self._axes.numbers_at(at)[0]
        return int(np.abs(np.array(self._course.steps) - x).argmin())

    def reading(self, at: QPointF) -> str:
        if self._axes is None or not self._course.found:
            return ""
        place = len(self._course.found) - 1 if self.chosen("view") == "now" else self._place(at)
        return f"step {count_text(self._course.steps[place])}: {told(self._course.found[place])}"

    def point(self, by: int) -> None:
        if self._axes is None or not self._course.found or self.chosen("view") == "now":
            return
        last = len(self._course.found) - 1
        now = self._place(self.pointer) + by if self.pointer is not None else last
        place = 0 if by == -2 else last if by == 2 else min(max(now, 0), last)
        x = float(self._axes.across(np.array([self._course.steps[place]], np.float64))[0])
        self.point_at(QPointF(x, self._axes.area.center().y()))

    def table(self) -> Table:
        found = self._course.found
        names = ["step", "mean", "standard_deviation", "zeros", "not_finite", "low", "high"]
        lines = [
            [step, each.mean, each.deviation, each.zeros, each.faults, each.low, each.high, *each.counts.tolist()]
            for step, each in zip(self._course.steps, found, strict=True)
        ]
        bins = len(found[0].counts) if found else 0
        return Table([*names, *(f"bin_{i}" for i in range(bins))], lines)


def strip(found: Sequence[Spread], low: float, high: float) -> npt.NDArray[np.float64]:
    """(ROWS, moments): the share of the entries in each part of a range, the lowest part first."""
    edges = np.linspace(low, high, ROWS + 1)
    return np.stack([each.shares(edges) for each in found], axis=1)


def told(spread: Spread) -> str:
    """A spread in words."""
    said = f"{short(spread.mean)} ± {short(spread.deviation)}, {short(spread.low)} to {short(spread.high)}"
    if spread.zeros:
        said += f", {spread.zeros:.0%} zero"
    if spread.faults:
        said += f", {spread.faults:.0%} not finite"
    said += f", {count_text(spread.size)} {plural('number', spread.size)}"
    return said + (f", each {spread.step}th counted" if spread.step > 1 else "")


class WeightSpread(SpreadPlot):
    id, title, key = "weights", "Weights", "W"
    help = "How the entries of a weight are spread, over the steps or now: darker where more are, with mean and spread."
    options = (Option("weight", "Weight", weights_of), VIEW)

    def quantity(self) -> Quantity | None:
        node, _, suffix = self.chosen("weight").rpartition(".")
        return Quantity("weight", node, suffix) if node else None


class GradientSpread(SpreadPlot):
    id, title, key = "gradients", "Gradients", "G"
    help = "How the gradients of a weight are spread, over the steps or now, for the batch on show."
    options = (Option("weight", "Gradient of", weights_of), VIEW)
    hue = "backward"

    def quantity(self) -> Quantity | None:
        node, _, suffix = self.chosen("weight").rpartition(".")
        return Quantity("weight gradient", node, suffix) if node else None


class ActivationSpread(SpreadPlot):
    id, title, key = "activations", "Activations", "A"
    help = "How the values of a node are spread, over the steps or now, for the batch on show."
    options = (Option("node", "Values of", nodes_of), VIEW)

    def quantity(self) -> Quantity | None:
        node = self.chosen("node")
        return Quantity("value", node) if node else None
