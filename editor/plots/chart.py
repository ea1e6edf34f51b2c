"""The chart of the loss curves, drawn by pyqtgraph."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPicture,
)
from PySide6.QtWidgets import QApplication, QMenu

from compute.series import Points
from editor import theme
from editor.plots.axes import legend
from editor.scale import px

Array = npt.NDArray[Any]


MANY = 400


class _Axis(pg.AxisItem):  # type: ignore[misc]
    """An axis drawn directly: replaying a recorded picture looks up its font for every number, each frame. Where its
    lines and numbers go is worked out again when pyqtgraph says so, by taking the recorded picture away."""

    _specs: Any = None
    _size: Any = None

    def paint(self, painter: QPainter, option: Any, widget: Any) -> None:
        painter.setFont(self.style["tickFont"])
        if getattr(self, "picture", None) is None or self._size != self.size():
            self._specs, self._size, self.picture = self.generateDrawSpecs(painter), self.size(), QPicture()
        if self._specs is not None:
            painter.save()
            self.drawPicture(painter, *self._specs)
            painter.restore()

    def tickValues(self, minVal: float, maxVal: float, size: float) -> Any:
        """Of the places of numbers those that leave room for each other, whatever the size of text."""
        levels = super().tickValues(minVal, maxVal, size)
        if not levels or maxVal == minVal:
            return levels
        spacing, places = levels[0]
        metrics = QFontMetricsF(self.style["tickFont"])
        if self.orientation == "left":
            wanted = metrics.height()
        else:
            words = self.tickStrings(places, self.autoSIPrefixScale * self.scale, spacing)
            wanted = max(map(metrics.horizontalAdvance, words), default=0.0) + metrics.averageCharWidth()
        least = wanted * abs(maxVal - minVal) / size
        kept: list[float] = []
        for place in sorted(places):
            if not kept or place - kept[-1] >= least:
                kept.append(place)
        return [(spacing, kept), *levels[1:]]


KEYS = (
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
    Qt.Key.Key_Escape,
)
"""By which another step is shown."""
KEYPAD = Qt.KeyboardModifier.KeypadModifier


class Overlay(NamedTuple):
    """The curves of another run, by its name, or of what came after the step that is shown, without one."""

    color: QColor
    train: Points
    validation: Points
    name: str = ""

    @property
    def end(self) -> tuple[float, float] | None:
        """The last finite point, of validation if there is one; its name stands there."""
        for points in (self.validation, self.train):
            finite = np.flatnonzero(np.isfinite(points.y) & (points.y > 0))
            if finite.size:
                return float(points.x[finite[-1]]), float(points.y[finite[-1]])
        return None


LONGEST_NAME = 28
"""Letters of a run's name that stand at its curve at most."""


def shortened_name(name: str) -> str:
    """As much of a name as stands at a curve."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


Limits = tuple[float, float, float, float]
"""Left, right, low and high."""
GROWTH = 0.025
"""The part of a span that a view leaves free for what comes."""


def fits(inner: Limits, outer: Limits) -> bool:
    """Whether a view shows all of the curves, and leaves but little of itself free."""
    width, height = outer[1] - outer[0], outer[3] - outer[2]
    gaps = (inner[0] - outer[0], outer[1] - inner[1], inner[2] - outer[2], outer[3] - inner[3])
    spans = (width, width, height, height)
    return all(0 <= gap <= 2 * GROWTH * span for gap, span in zip(gaps, spans, strict=True))


def limits(pairs: list[tuple[Array, Array]], *, log: bool) -> Limits:
    """0, the last epoch, low and high of what is finite in some curves; y as its logarithm to base 10 if asked for."""
    xs, ys = (np.concatenate([pair[i] for pair in pairs]) for i in (0, 1))
    ys = ys[np.isfinite(ys)]
    if not ys.size:
        return 0.0, 1.0, 0.0, 1.0
    low, high = float(ys.min()), float(ys.max())
    if log:
        low, high = float(np.log10(low)), float(np.log10(high))
    room = 0.0 if high > low else 0.5
    return 0.0, float(xs.max()) or 1.0, low - room, high + room


class _Turns(pg.GraphicsObject):  # type: ignore[misc]
    """A thin line with a head at the top where something was changed; of those that would touch one is drawn."""

    HEAD, APART = 7.0, 3.0
    """In pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.x: list[float] = []
        self.pen, self.head = QPen(), QPen()
        self.setZValue(-1)  # behind the curves

    def boundingRect(self) -> QRectF:
        return QRectF(self.viewRect())

    def viewTransformChanged(self) -> None:
        self.prepareGeometryChange()
        super().viewTransformChanged()

    def paint(self, painter: QPainter, option: Any, widget: Any) -> None:
        view = self.viewRect()
        wide, high = self.getViewBox().viewPixelSize()
        last = -np.inf
        for x in self.x:
            if not view.left() <= x <= view.right() or x - last < self.APART * wide:
                continue
            last, top = x, view.bottom()  # the view's y grows upwards
            painter.setPen(self.pen)
            painter.drawLine(QPointF(x, view.top()), QPointF(x, top))
            painter.setPen(self.head)
            painter.drawLine(QPointF(x, top - self.HEAD * high), QPointF(x, top))


class LossChart(pg.PlotWidget):  # type: ignore[misc]
    """Two curves, a line under the pointer, and a view that follows the curves until a person moves it.

    ``dragged`` sends the epoch to which the pointer was dragged, ``keyed`` a key of ``KEYS`` and whether Ctrl is down;
    ``pointed`` sends the epoch under the pointer, ``left`` that the pointer is gone; the other two come from the menu.
    """

    pointed = Signal(float)
    dragged = Signal(float)
    keyed = Signal(int, bool)
    left = Signal()
    csv_asked = Signal()
    picture_asked = Signal()

    def __init__(self) -> None:
        super().__init__(enableMenu=False, axisItems={name: _Axis(name) for name in ("bottom", "left")})
        self.setAccessibleName("Loss over epochs")
        self.setMenuEnabled(False)
        self.hideButtons()
        item = self.getPlotItem()
        # Made even where menus are off, and without a parent that would delete it.
        item.ctrlMenu.setParent(self, item.ctrlMenu.windowFlags())
        item.setContentsMargins(4, 8, 16, 4)
        item.showGrid(x=False, y=True, alpha=0.25)
        self._box = item.getViewBox()
        self._box.disableAutoRange()
        self._box.sigRangeChangedManually.connect(self._stop_following)
        self._box.sigRangeChanged.connect(lambda *_: self._place_names())
        self._box.sigResized.connect(lambda *_: self._place_names())
        self._follows = True
        self._limits: Limits = (0.0, 1.0, 0.0, 1.0)
        self._shown: Limits | None = None
        self._drawing = 0.0
        self.seconds = 0.0
        """What the last picture cost the window's thread."""
        self._train, self._validation = (item.plot(antialias=True, autoDownsampleFactor=1.0) for _ in range(2))
        for curve in (self._train, self._validation):
            curve.setDownsampling(auto=True, method="peak")
            curve.setClipToView(True)
        self._turns = _Turns()
        item.addItem(self._turns, ignoreBounds=True)
        self._line = pg.InfiniteLine(angle=90, movable=False)
        self._line.hide()
        self._here = pg.InfiniteLine(angle=90, movable=False)
        self._here.hide()
        self._others: list[Any] = []
        self._names: list[tuple[Any, float, float]] = []
        """The names of others, and where each curve ends."""
        self._around: list[tuple[Array, Array]] = []
        """The curves of others that are drawn."""
        self._pressed: QPointF | None = None
        self._drags = False
        for line in (self._line, self._here):
            item.addItem(line, ignoreBounds=True)
        item.setLabel("bottom", "epoch")
        # A thousandth of an epoch is written as a number, not as a unit of its own.
        item.getAxis("bottom").enableAutoSIPrefix(False)
        item.scene().sigMouseMoved.connect(self._moved)
        self.dress()

    def dress(self) -> None:
        """Put on the theme in force."""
        t = theme.current()
        self.setBackground(t.panel)
        for name in ("bottom", "left"):
            axis = self.getPlotItem().getAxis(name)
            axis.setPen(theme.color(t.line))
            axis.setTextPen(theme.color(t.text_dim))
            axis.setTickFont(theme.mono_font(8.5))
            axis.setStyle(tickLength=-4, maxTickLevel=0)
        self.getPlotItem().getAxis("left").setWidth(px(56))
        self.getPlotItem().getAxis("bottom").label.setFont(theme.ui_font(8.5))
        for line, color in ((self._train, t.train), (self._validation, t.validation)):
            line.setSymbolBrush(theme.color(color))
            line.setSymbolPen(None)
            line.setSymbolSize(6)
        self._train.setPen(pg.mkPen(t.train, width=1.25))
        self._validation.setPen(pg.mkPen(t.validation, width=2.25))
        self._here.setPen(pg.mkPen(t.accent, width=1.5))
        self._line.setPen(QPen(theme.color(t.text_dim), 0, Qt.PenStyle.DotLine))
        self._turns.pen = QPen(theme.color(t.line), 0)
        self._turns.head = pg.mkPen(t.text_dim, width=3)

    def draw(self, train: Points, validation: Points, *, log: bool) -> None:
        """Show two curves. Points without a logarithm are left out."""
        start = time.perf_counter()
        if log != self._train.opts["logMode"][1]:
            self.getPlotItem().setLogMode(x=False, y=log)
        pairs = [(c.x, np.where(c.y > 0, c.y, np.nan) if log else c.y) for c in (train, validation)]
        self._limits = limits([*pairs, *self._around], log=log)
        if self._follows:
            self._show_limits()
        for line, (x, y) in zip((self._train, self._validation), pairs, strict=True):
            # Line by line, a long noisy curve takes Qt a third of the time; as one path, a short one has clean corners.
            line.curve.setSegmentedLineMode("on" if len(x) > MANY else "off")
            line.setData(x, y, connect="finite", symbol="o" if len(x) == 1 and np.isfinite(y[0]) else None)
        # What pyqtgraph puts off until it paints would then ask for a second painting.
        self.getPlotItem().scene().prepareForPaint()
        self._drawing = time.perf_counter() - start

    def mark(self, epochs: Sequence[float]) -> None:
        """Show that something was changed at these."""
        if self._turns.x != epochs:
            self._turns.x = [*epochs]
            self._turns.update()

    def near(self, x: float, epoch: float) -> bool:
        """Whether a place is so near to an epoch that a pointer means it."""
        return abs(x - epoch) <= 6 * float(self._box.viewPixelSize()[0])

    def paintEvent(self, event: QPaintEvent) -> None:
        start = time.perf_counter()
        super().paintEvent(event)
        self.seconds = self._drawing + time.perf_counter() - start

    def _show_limits(self) -> None:
        """A view with a little room to grow, which stays while the curves fit in it: axes are dear to draw."""
        if self._shown and fits(self._limits, self._shown):
            return
        left, right, low, high = self._limits
        room = GROWTH * (high - low)
        self._shown = left, right + GROWTH * (right - left), low - room, high + room
        left, right, low, high = self._shown
        self._box.setRange(xRange=(left, right), yRange=(low, high), padding=0.02, disableAutoRange=True)

    def _stop_following(self) -> None:
        self._follows = False

    def follow(self) -> None:
        """Show all of the curves, and whatever comes."""
        self._follows, self._shown = True, None
        self._show_limits()

    def _moved(self, place: QPointF) -> None:
        inside = self._box.sceneBoundingRect().contains(place)
        self._line.setVisible(inside)
        if inside:
            x = self._box.mapSceneToView(place).x()
            self._line.setPos(x)
            self.pointed.emit(x)
        else:
            self.left.emit()

    # -- along the curve --------------------------------------------------------------------------------------

    def show_at(self, epoch: float | None) -> None:
        """A line at the moment that is shown in place of the end; None: the end is."""
        self._here.setVisible(epoch is not None)
        if epoch is not None:
            self._here.setPos(epoch)

    def overlay(self, others: Sequence[Overlay], *, log: bool) -> None:
        """The curves of others, thinner and behind."""
        while len(self._others) < 2 * len(others):
            line = self.getPlotItem().plot(antialias=True)
            line.setZValue(-1)
            line.setClipToView(True)
            line.setLogMode(False, log)
            self._others.append(line)
        lines = iter(self._others)
        pairs: list[tuple[Array, Array]] = []
        for other in others:
            for points, width in ((other.train, 1.0), (other.validation, 2.0)):
                line, y = next(lines), np.where(points.y > 0, points.y, np.nan) if log else points.y
                line.setPen(pg.mkPen(other.color, width=width))
                line.setData(points.x, y, connect="finite")
                pairs.append((points.x, y))
        for line in lines:
            line.setData([], [])
        self._around = [pair for pair in pairs if len(pair[0])]
        self._name(others, log=log)

    def _name(self, others: Sequence[Overlay], *, log: bool) -> None:
        """The name of each other run at the end of its curve."""
        named = [(other, end) for other in others if other.name and (end := other.end) is not None]
        for text, _, _ in self._names[len(named) :]:
            self.getPlotItem().removeItem(text)
        texts = [text for text, _, _ in self._names[: len(named)]]
        while len(texts) < len(named):
            text = pg.TextItem(anchor=(1, 1))
            text.setZValue(1)
            self.getPlotItem().addItem(text, ignoreBounds=True)
            texts.append(text)
        self._names = []
        for text, (other, (x, y)) in zip(texts, named, strict=True):
            text.setFont(theme.ui_font(8.5))
            text.setText(shortened_name(other.name), other.color)
            text.fill = pg.mkBrush(theme.color(theme.current().panel, 0.75))  # what is behind it is still to be seen
            self._names.append((text, x, float(np.log10(y)) if log else y))
        told = ", ".join(other.name for other, _ in named)
        self.setAccessibleDescription(f"Beside it: {told}" if told else "")
        self._place_names()

    def _place_names(self) -> None:
        """Above the end of each curve, no two over each other."""
        wide, high = (abs(float(size)) for size in self._box.viewPixelSize())
        (left, right), (low, top) = self._box.viewRange()
        line, room = QFontMetricsF(theme.ui_font(8.5)).height() * high, 2 * wide
        last = -np.inf
        for text, x, y in sorted(self._names, key=lambda each: each[2]):
            last = max(y, last + line, low)
            text.setVisible(last + line <= top and left <= x)
            begins = x - text.boundingRect().width() * wide < left  # no room before the end
            text.setAnchor((0, 1) if begins else (1, 1))
            text.setPos(x if begins else min(x, right - room), last)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        inside = self._box.sceneBoundingRect().contains(self.mapToScene(event.position().toPoint()))
        if event.button() == Qt.MouseButton.LeftButton and inside:
            self._pressed, self._drags = event.position(), False
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            event.accept()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            super().mouseMoveEvent(event)
            return
        moved = (event.position() - self._pressed).manhattanLength()
        self._drags |= moved >= QApplication.startDragDistance()
        if self._drags:
            x = self._box.mapSceneToView(self.mapToScene(event.position().toPoint())).x()
            self._line.setPos(x)
            self._line.show()
            self.pointed.emit(x)
            self.dragged.emit(x)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pressed is not None and event.button() == Qt.MouseButton.LeftButton:
            self._pressed = None
            event.accept()
        else:
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        wide = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.key() in KEYS and not event.modifiers() & ~(Qt.KeyboardModifier.ControlModifier | KEYPAD):
            self.keyed.emit(event.key(), wide)
        else:
            super().keyPressEvent(event)

    def leaveEvent(self, event: Any) -> None:
        self._line.hide()
        self.left.emit()
        super().leaveEvent(event)

    def mouseDoubleClickEvent(self, event: Any) -> None:
        super().mouseDoubleClickEvent(event)
        self.follow()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Show all", self.follow)
        menu.addSeparator()
        menu.addAction("Save data as CSV …", self.csv_asked.emit)
        menu.addAction("Save picture as PNG …", self.picture_asked.emit)
        menu.popup(event.globalPos())

    def picture(self, scale: float) -> QImage:
        """The chart as an image, ``scale`` times its size on the screen."""
        image = QImage(self.size() * scale, QImage.Format.Format_ARGB32_Premultiplied)
        painter = QPainter(image)
        painter.scale(scale, scale)
        self.paint_into(painter, QRectF(self.rect()))
        painter.end()
        return image

    def paint_into(self, painter: QPainter, area: QRectF) -> None:
        """The chart in an area of a picture, with what its curves are above it."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        t = theme.current()
        painter.fillRect(area, theme.color(t.panel))
        curves = (("train", t.train, self._train), ("validation", t.validation, self._validation))
        names = [
            (name, color, "")
            for name, color, line in curves
            if (found := line.getOriginalDataset()[0]) is not None and len(found)
        ]
        top = legend(painter, area.adjusted(px(12), px(4), -px(12), 0), names) + px(6)
        self.render(painter, area.adjusted(0, top, 0, 0), self.viewport().rect(), Qt.AspectRatioMode.IgnoreAspectRatio)
