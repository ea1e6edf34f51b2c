"""What a step of a lesson points at: lit on the canvas, and outlined where it is a panel or a button."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import sin

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from compute.lessons.model import Point
from compute.lessons.readout import is_readout, readout, subject
from editor import theme
from editor.canvas import Canvas
from editor.canvas.pointed import Aim, Side
from editor.dock import Dock
from editor.guide import Guide

BEAT_MILLISECONDS, BEATS = 16, 60
"""How long the frames of a beat are, and how many there are, when a person asks where."""


class Outline(QWidget):
    """A ring around a part of the window; it takes no clicks. Inside of a panel, around everything smaller."""

    def __init__(self, around: QWidget, area: Callable[[], QRect], *, inside: bool) -> None:
        super().__init__(around if inside else around.parentWidget())
        self._around, self._area, self._inside = around, area, inside
        self.strength = 0.0
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        around.installEventFilter(self)
        self._place()

    @property
    def around(self) -> QWidget:
        """What it is around."""
        return self._around

    def end(self) -> None:
        """It is wanted no longer."""
        self._around.removeEventFilter(self)
        self.hide()
        self.deleteLater()

    def _place(self) -> None:
        margin = 0 if self._inside else 3
        self.setGeometry(self._area().adjusted(-margin, -margin, margin, margin))
        self.setVisible(self._around.isVisible())
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide):
            self._place()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        color = theme.color(theme.current().guide)
        area = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        painter.setPen(QPen(color, 2.0 + 1.5 * self.strength))
        color.setAlphaF(0.10 + 0.12 * self.strength)
        painter.setBrush(Qt.BrushStyle.NoBrush if self._inside else color)
        painter.drawRoundedRect(area, 6, 6)


class Pointing(QObject):
    """Follows the lesson. docks: the panels, by id; stands_for: the widget that stands for an action, with the part of
    it that does; show_panel: brings a panel into sight."""

    def __init__(
        self,
        guide: Guide,
        canvas: Canvas,
        docks: Mapping[str, Dock],
        stands_for: Callable[[str], tuple[QWidget, Callable[[], QRect]] | None],
        show_panel: Callable[[str], None],
    ) -> None:
        super().__init__(guide)
        self._guide, self._canvas, self._docks = guide, canvas, docks
        self._stands_for, self._show_panel = stands_for, show_panel
        self.outlines: list[Outline] = []
        self._points: tuple[Point, ...] = ()
        self._frame = 0
        self._beat = QTimer(self)
        self._beat.setInterval(BEAT_MILLISECONDS)
        self._beat.timeout.connect(self._tick)
        guide.changed.connect(self.follow)
        guide.asked_where.connect(self.find)

    def follow(self) -> None:
        """Point at what the step on show says, or at nothing."""
        step = self._guide.step
        points = step.points if step is not None else ()
        if points != self._points:
            self._points = points
            self._point()

    def again(self) -> None:
        """The window has changed: what is pointed at may stand elsewhere."""
        if self._points:
            self._point()

    def _point(self) -> None:
        self._beat.stop()
        for outline in self.outlines:
            outline.end()
        self.outlines = [made for point in self._points if (made := self._outline(point)) is not None]
        self._canvas.point_at(self._aims())

    def _aims(self) -> list[Aim]:
        """What is pointed at on the canvas."""
        return [aim for point in self._points for aim in self.aims_of(point)]

    def aims_of(self, point: Point) -> list[Aim]:
        """What a point is on the canvas: one thing, or nothing."""
        if point.kind == "record":
            return [Aim(point.what)]
        if point.kind != "focus" or not isinstance(point.what, str):
            return []
        graph = self._guide.session.document.graph
        asked = readout(point.what) if is_readout(point.what) else None
        found = asked.subject(graph) if asked is not None else subject(point.what, graph)
        if found is None:
            return []
        side: Side = "" if asked is None else "gradient" if asked.word == "gradient" else "value"
        return [Aim(found.wire or found.node, side, found.kind == "weight")]

    def _outline(self, point: Point) -> Outline | None:
        if point.kind == "panel" and point.what in self._docks:
            dock = self._docks[str(point.what)]
            return Outline(dock, dock.rect, inside=True)
        found = self._stands_for(str(point.what)) if point.kind == "action" else None
        return Outline(found[0], found[1], inside=False) if found is not None else None

    # -- where is it? ---------------------------------------------------------------------------------------

    def find(self) -> None:
        """Bring what is pointed at into sight, and let it stand out for a moment."""
        for point in self._points:
            if point.kind == "panel" and point.what in self._docks:
                self._show_panel(str(point.what))
        for aim in self._aims()[:1]:
            self._canvas.bring_into_view(aim.record)
        self._point()
        if self._canvas.mark.still:
            self._stand_out(1.0)
            return
        self._frame = 0
        self._beat.start()

    def _tick(self) -> None:
        self._frame += 1
        done = self._frame >= BEATS
        if done:
            self._beat.stop()
        self._stand_out(0.0 if done else sin(self._frame / BEATS * 6.2832) ** 2)

    def _stand_out(self, strength: float) -> None:
        for outline in self.outlines:
            outline.strength = strength
            outline.update()
        self._canvas.stress(strength)
