"""The decision boundary: what the network answers over the plane of two inputs, with the points of the data."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QFrame, QStackedWidget, QWidget

from compute.focus import Focus, Subject
from compute.graph import columns_of
from compute.numbers_text import short
from compute.ops import role_of
from compute.snapshot import Boundary, Snapshot
from editor import theme
from editor.canvas.layers import painting
from editor.panels.widgets import Combo, Elided, Empty, column, label, row
from editor.plain import set_tip
from editor.plots.axes import Axes, Scale
from editor.session import Session

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


class Plane(QWidget):
    """The picture itself. ``picked`` sends the table row of a clicked point; ``pointed`` what the pointer is over."""

    picked = Signal(int)
    pointed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.boundary: Boundary | None = None
        self.chosen = -1
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
        found = self.nearest(event.position())
        if self.boundary is not None and found >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.picked.emit(int(self.boundary.rows[found]))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        boundary, area, at = self.boundary, self.area(), event.position()
        if boundary is None or not area.contains(at):
            self.pointed.emit("")
            return
        across, up = (at.x() - area.left()) / area.width(), (area.bottom() - at.y()) / area.height()
        x = boundary.x[0] + across * (boundary.x[1] - boundary.x[0])
        y = boundary.y[0] + up * (boundary.y[1] - boundary.y[0])
        rows, columns = boundary.answer.shape[:2]
        cell = boundary.answer[min(int(up * rows), rows - 1), min(int(across * columns), columns - 1)]
        answer = (
            short(float(cell)) if np.ndim(cell) == 0 else f"class {int(np.argmax(cell))}, {float(np.max(cell)):.0%}"
        )
        self.pointed.emit(f"{short(x)}, {short(y)} → {answer}")

    def leaveEvent(self, event: Any) -> None:
        self.pointed.emit("")


class BoundaryPlot(QFrame):
    """The plane with the two columns that it spans, and a sentence where there can be none."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setProperty("kind", "panel")
        self.setAccessibleName("Decision boundary")
        self.plane = Plane()
        self.across, self.up = Combo(name="Horizontal column"), Combo(name="Vertical column")
        for box in (self.across, self.up):
            box.setMinimumContentsLength(2)
        self.reading = Elided("dim", 9.0, mono=True)
        self.answers = label("", "dim", 9.0)
        self.empty = Empty("gallery", "No decision boundary", "")
        self._pages = QStackedWidget()
        self.reading.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.head: QWidget = self.reading
        """What stands beside the title of the panel."""
        choice = row(spacing=4)
        for arrow, box in (("→", self.across), ("↑", self.up)):
            choice.addWidget(label(arrow, "dim"))
            choice.addWidget(box, 1)
        choice.addWidget(self.answers)
        shown = QWidget()
        inside = column(shown, 0, 6)
        inside.addWidget(self.plane, 1)
        inside.addLayout(choice)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(shown)
        layout = column(self, 0, 6)
        layout.setContentsMargins(16, 10, 16, 8)
        layout.addWidget(self.head)
        layout.addWidget(self._pages, 1)
        self.plane.picked.connect(self._pick)
        self.plane.pointed.connect(self.reading.set_text)
        self.across.activated.connect(self._choose)
        self.up.activated.connect(self._choose)
        session.snapshot_changed.connect(self._show)
        session.document_replaced.connect(self._refresh)
        session.document_edited.connect(self._refresh)
        session.sample_changed.connect(self._refresh)
        session.wanted.while_visible(self, "boundary")
        self._refresh()

    def sizeHint(self) -> QSize:
        return QSize(320, 250)

    def _refresh(self) -> None:
        self._show(self.session.snapshot)

    def _show(self, snapshot: Snapshot) -> None:
        if snapshot.revision >= 0 and "boundary" not in snapshot.parts:
            return  # it was not asked for, or is still to come
        boundary = snapshot.boundary
        self._pages.setCurrentIndex(0 if boundary is None else 1)
        if boundary is None:
            title, sentence = self._why_not(snapshot)
            self.empty.say(title, sentence)
            return
        columns = self._input_columns()
        for box, name in ((self.across, boundary.columns[0]), (self.up, boundary.columns[1])):
            box.set_pairs([(each, each) for each in columns])
            box.choose(name)
            set_tip(box, name)
        self.answers.setText(f"shows {boundary.answers}" if boundary.answers else "")
        self.answers.setVisible(bool(boundary.answers))
        labels, sample = snapshot.row_labels, self.session.sample
        self.plane.show_boundary(boundary, int(labels[sample]) if sample < len(labels) else -1)
        set_tip(
            self.plane,
            f"{boundary.columns[0]} to the right, {boundary.columns[1]} up. Filled: training rows; hollow: validation. "
            "Click a point to ask what is in focus of it, and to follow it everywhere.",
        )

    def _input_columns(self) -> list[str]:
        nodes = [node for node in self.session.document.graph.nodes.values() if role_of(node.op) == "input"]
        return columns_of(nodes[0]) if len(nodes) == 1 else []

    def _why_not(self, snapshot: Snapshot) -> tuple[str, str]:
        nodes = [node for node in self.session.document.graph.nodes.values() if role_of(node.op) == "input"]
        if len(nodes) != 1 or len(self._input_columns()) < 2:
            return (
                "No decision boundary",
                "It needs one input node with at least two columns, and a loss that compares with a target.",
            )
        if snapshot.analysis.problems or snapshot.problem:
            return "Not computed", "It appears as soon as the graph can be computed."
        return "No decision boundary", "It needs a loss that compares a prediction for each row with a target."

    def _choose(self) -> None:
        """Two other columns; choosing the one that the other axis has exchanges them."""
        boundary = self.plane.boundary
        across, up = self.across.key, self.up.key
        if boundary is not None and across == up:
            across, up = boundary.columns[1], boundary.columns[0]
        if boundary is None or (across, up) != boundary.columns:
            self.session.set_boundary_columns(across, up)

    def _pick(self, table_row: int) -> None:
        """Follow a point: what is in focus is asked of its sample; where that has no samples, or nothing is in focus,
        the answer that the network gives there is asked about."""
        session = self.session
        session.batches.show_row(table_row)
        if session.snapshot.place_of(table_row) < 0:
            return
        view = session.focus.view(session.facts) if session.focus is not None else None
        judged = session.snapshot.analysis.judged_by(session.document.training.loss)
        if judged is not None and (view is None or view.batch is None):
            answer = Focus(Subject("node", judged[0]), "value")
            session.focus_on(replace(answer, entry=answer.entry_in(session.facts)))
