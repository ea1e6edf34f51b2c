"""The plane of two inputs: what the network answers there, as colours, with the points of the data."""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from compute.numbers_text import short
from compute.snapshot import Boundary
from editor import theme
from editor.canvas.layers import painting
from editor.plots.axes import Axes, Scale

Array = npt.NDArray[Any]
RADIUS = 3.2
MANY = 24
"""Classes from which on colours are not mixed, as that would hold up the window."""
REACH = 10.0
"""A click this close to a point, in pixels, means it."""


def shades(answer: Array, classes: int) -> npt.NDArray[np.uint8]:
    """(rows, columns, 3) colours of answers; class hues by probability, a diverging hue for a number."""
    t = theme.current()
    ground = _rgb(t.card)
    if answer.ndim == 3:
        hues = np.stack([_rgb(t.classes[i % len(t.classes)]) for i in range(answer.shape[2])])
        likeliest = answer.argmax(axis=2)
        sure = np.take_along_axis(answer, likeliest[..., None], axis=2)
        if answer.shape[2] > MANY:
            color = hues[likeliest]
        else:
            # The third power leaves mixed colours to where the classes are nearly as likely.
            weight = np.nan_to_num(answer) ** 3 + 1e-12
            color = weight / weight.sum(axis=2, keepdims=True) @ hues
        least = 1.0 / answer.shape[2]
        share = 0.12 + 0.36 * np.clip((np.nan_to_num(sure) - least) / (1.0 - least), 0.0, 1.0)
    elif classes == 2:
        p = np.clip(np.nan_to_num(answer, nan=0.5), 0.0, 1.0)[..., None]
        # A narrow blend at one half draws the boundary without a jagged edge.
        blend = np.clip((p - 0.5) * 12 + 0.5, 0.0, 1.0)
        color = (1 - blend) * _rgb(t.classes[0]) + blend * _rgb(t.classes[1])
        share = 0.10 + 0.36 * np.abs(2 * p - 1)
    else:
        finite = answer[np.isfinite(answer)]
        reach = float(np.abs(finite).max()) if finite.size else 1.0
        v = np.nan_to_num(answer / (reach or 1.0))[..., None]
        color = np.where(v >= 0, _rgb(t.positive), _rgb(t.negative))
        share = 0.6 * np.abs(v)
    return np.asarray(np.clip(ground + share * (color - ground), 0, 255), dtype=np.uint8)


def _rgb(value: str) -> Array:
    color = QColor(value)
    return np.array([color.red(), color.green(), color.blue()], dtype=np.float64)


class PlaneTool(Protocol):
    """What the pointer and the keys do on a plane in place of asking about points."""

    def press(self, event: QMouseEvent) -> bool:
        """A button goes down; whether that meant something."""

    def drag(self, event: QMouseEvent) -> bool:
        """The pointer moves; whether that meant something."""

    def release(self, event: QMouseEvent) -> bool:
        """A button goes up; whether that meant something."""

    def wants(self, event: QKeyEvent) -> bool:
        """Whether a key is for it, whatever else that means in the window."""

    def key(self, event: QKeyEvent) -> bool:
        """A key goes down; whether that meant something."""

    def paint(self, painter: QPainter) -> None:
        """Paint over the points."""


class Plane(QWidget):
    """The picture itself. ``picked`` sends the table row of a clicked point; ``pointed`` what the pointer is over."""

    picked = Signal(int)
    pointed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.boundary: Boundary | None = None
        self.chosen = -1
        self.tool: PlaneTool | None = None
        self._image: QImage | None = None
        self._points: QPixmap | None = None
        self._points_of: tuple[Any, ...] = ()
        self.setMouseTracking(True)
        self.setMinimumSize(72, 72)
        self.setAccessibleName("Decision boundary")
        theme.notifier.changed.connect(self._restyle)

    def sizeHint(self) -> QSize:
        return QSize(260, 260)

    def show_boundary(self, boundary: Boundary, chosen: int) -> None:
        """Another picture; ``chosen``: the table row of the chosen sample, −1 for none."""
        if boundary is not self.boundary:
            self.boundary = boundary
            kind = 0 if boundary.neuron else boundary.classes
            pixels = np.ascontiguousarray(shades(boundary.answer, kind)[::-1])
            height, width, _ = pixels.shape
            self._image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        self.chosen = chosen
        self.update()

    def _restyle(self) -> None:
        boundary, self.boundary = self.boundary, None
        self._points_of = ()
        if boundary is not None:
            self.show_boundary(boundary, self.chosen)
            theme.in_turn(self._ready_points)

    def _ready_points(self) -> None:
        """Have the points ready for the next frame."""
        if self.boundary is not None and self.isVisible():
            self._point_layer(self.boundary)

    def area(self) -> QRectF:
        """The square that the picture fills."""
        side = float(min(self.width(), self.height()))
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    def data_at(self, at: QPointF) -> tuple[float, float]:
        """The place in the data of a point of the widget."""
        assert self.boundary is not None
        area, (left, right), (low, high) = self.area(), self.boundary.x, self.boundary.y
        across, up = (at.x() - area.left()) / area.width(), (area.bottom() - at.y()) / area.height()
        return left + across * (right - left), low + up * (high - low)

    def place(self, x: float, y: float) -> QPointF:
        """Where a point of the data stands in the widget."""
        assert self.boundary is not None
        across, down = self._places(self.boundary, np.array([[x, y]]))
        return QPointF(float(across[0]), float(down[0]))

    def _places(self, boundary: Boundary, points: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """How far to the right and down points of the data (n, 2) stand in the widget, each (n,)."""
        area, (left, right), (low, high) = self.area(), boundary.x, boundary.y
        across = area.left() + (points[:, 0] - left) / (right - left) * area.width()
        return across, area.bottom() - (points[:, 1] - low) / (high - low) * area.height()

    def paintEvent(self, event: QPaintEvent) -> None:
        boundary = self.boundary
        if boundary is None or self._image is None:
            return
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self.area(), self._image)
        painter.drawPixmap(0, 0, self._point_layer(boundary))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        found = np.flatnonzero(boundary.rows == self.chosen)
        if found.size:
            x, y = boundary.points[found[0]]
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.color(t.window), 4))
            painter.drawEllipse(self.place(float(x), float(y)), RADIUS + 4, RADIUS + 4)
            painter.setPen(QPen(theme.color(t.text), 2))
            painter.drawEllipse(self.place(float(x), float(y)), RADIUS + 4, RADIUS + 4)
        if self.tool:
            self.tool.paint(painter)

    def _point_layer(self, boundary: Boundary) -> QPixmap:
        """The points, drawn once for each size and theme: they stay while the answers change."""
        ratio = self.devicePixelRatioF()
        key = (self.size(), ratio, theme.current().name, boundary.columns, boundary.points.tobytes())
        if self._points is None or key != self._points_of:
            layer = QPixmap(self.size() * ratio)
            layer.setDevicePixelRatio(ratio)
            layer.fill(Qt.GlobalColor.transparent)
            painter = QPainter(layer)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_points(painter, boundary)
            painter.end()
            self._points, self._points_of = layer, key
        return self._points

    def _paint_points(self, painter: QPainter, boundary: Boundary) -> None:
        edge = theme.color(theme.current().window, 0.85)
        rim, ground = QPen(edge, 1), QPen(edge, 3.2)
        across, down = self._places(boundary, boundary.points)
        ratio = self.devicePixelRatioF()
        side = 2 * (RADIUS + 2.0)
        stamps: dict[tuple[float, bool], QPixmap] = {}

        def stamp(value: float, trained: bool) -> QPixmap:
            """The picture of all points of one class, as so many ellipses would take five times as long."""
            picture = QPixmap(math.ceil(side * ratio), math.ceil(side * ratio))
            picture.setDevicePixelRatio(ratio)
            picture.fill(Qt.GlobalColor.transparent)
            color, middle = self._hue(value, boundary), QPointF(side / 2, side / 2)
            with painting(picture) as on:
                on.setRenderHint(QPainter.RenderHint.Antialiasing)
                on.setPen(rim if trained else ground)
                on.setBrush(color if trained else Qt.BrushStyle.NoBrush)
                radius = RADIUS if trained else RADIUS - 0.4
                on.drawEllipse(middle, radius, radius)
                if not trained:
                    on.setPen(QPen(color, 1.6))
                    on.drawEllipse(middle, radius, radius)
            return picture

        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        lefts, tops = (across - side / 2).tolist(), (down - side / 2).tolist()
        kinds = zip(boundary.labels.tolist(), boundary.training.tolist(), strict=True)
        for x, y, key in zip(lefts, tops, kinds, strict=True):
            picture = stamps.get(key)
            if picture is None:
                picture = stamps[key] = stamp(*key)
            painter.drawPixmap(QPointF(x, y), picture)

    def paint_into(self, painter: QPainter, area: QRectF) -> None:
        """The plane in an area of a picture, with the numbers of its axes."""
        boundary = self.boundary
        if boundary is None or self._image is None:
            return
        (left, right), (low, high) = boundary.x, boundary.y
        # A square, as on the screen.
        side = min(area.width(), area.height())
        area = QRectF(area.center().x() - side / 2, area.top(), side, side)
        axes = Axes.within(area, Scale(left, right, boundary.columns[0]), Scale(low, high))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(axes.area, self._image)
        axes.paint(painter, grid=False)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = QPen(theme.color(theme.current().window, 0.85), 1)
        across, down = axes.across(boundary.points[:, 0]), axes.down(boundary.points[:, 1])
        each = zip(across.tolist(), down.tolist(), boundary.labels.tolist(), boundary.training.tolist(), strict=True)
        for x, y, label_, trained in each:
            color = self._hue(label_, boundary)
            painter.setPen(edge if trained else QPen(color, 1.6))
            painter.setBrush(color if trained else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(x, y), RADIUS, RADIUS)

    def numbers(self) -> tuple[list[str], list[list[float | str]]]:
        """The answers over the plane: names, and a line for each of its points."""
        boundary = self.boundary
        if boundary is None:
            return [], []
        rows, columns = boundary.answer.shape[:2]
        xs, ys = np.linspace(*boundary.x, columns).tolist(), np.linspace(*boundary.y, rows).tolist()
        answers = boundary.answer.reshape(rows, columns, -1).tolist()
        many = len(answers[0][0])
        titles = [*boundary.columns, *(["answer"] if many == 1 else [f"class_{i}" for i in range(many)])]
        return titles, [[x, y, *answers[i][j]] for i, y in enumerate(ys) for j, x in enumerate(xs)]

    def _hue(self, value: float, boundary: Boundary) -> QColor:
        t = theme.current()
        if not math.isfinite(value):
            return theme.color(t.text_dim)
        if boundary.classes:
            return theme.color(t.classes[round(value) % len(t.classes)])
        return theme.color(t.positive if value >= 0 else t.negative)

    # -- pointer --------------------------------------------------------------------------------------------

    def nearest(self, at: QPointF) -> int:
        """The index of the point under the pointer, −1 if none is close."""
        boundary = self.boundary
        if boundary is None or not len(boundary.points):
            return -1
        x, y = self._places(boundary, boundary.points)
        away = np.hypot(x - at.x(), y - at.y())
        best = int(away.argmin())
        return best if away[best] <= REACH else -1

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.tool and self.boundary is not None and self.tool.press(event):
            return
        found = self.nearest(event.position())
        if self.boundary is not None and found >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.picked.emit(int(self.boundary.rows[found]))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not (self.tool and self.tool.release(event)):
            super().mouseReleaseEvent(event)

    def event(self, event: QEvent) -> bool:
        key = event if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride else None
        if key is not None and self.tool and self.tool.wants(key):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not (self.tool and self.tool.key(event)):
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        area, at = self.area(), event.position()
        if self.tool and self.boundary is not None:
            self.tool.drag(event)
        if self.boundary is None or not area.contains(at):
            self.pointed.emit("")
        else:
            self.point_at(*self.data_at(at))

    def point_at(self, x: float, y: float) -> None:
        """Tell what the network answers at a place in the data."""
        boundary = self.boundary
        if boundary is None:
            return
        across = (x - boundary.x[0]) / (boundary.x[1] - boundary.x[0])
        up = (y - boundary.y[0]) / (boundary.y[1] - boundary.y[0])
        rows, columns = boundary.answer.shape[:2]
        cell = boundary.answer[min(int(up * rows), rows - 1), min(int(across * columns), columns - 1)]
        answer = (
            short(float(cell)) if np.ndim(cell) == 0 else f"class {int(np.argmax(cell))}, {float(np.max(cell)):.0%}"
        )
        self.pointed.emit(f"{short(x)}, {short(y)} → {answer}")

    def leaveEvent(self, event: Any) -> None:
        self.pointed.emit("")
