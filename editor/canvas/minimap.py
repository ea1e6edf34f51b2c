"""The whole canvas in a corner, with the part that is on the screen; click or drag to go there."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from editor import theme
from editor.canvas.camera import Camera
from editor.canvas.ink import ink, pen
from editor.canvas.scene import Scene
from editor.plain import set_tip

SIZE = QSize(150, 92)
_MARGIN = 8.0


class Minimap(QWidget):
    """Reads scene and camera when it paints; ``go`` is called with the point of the scene to bring to the middle."""

    def __init__(self, parent: QWidget, scene: Scene, camera: Camera, go: Callable[[QPointF], None]) -> None:
        super().__init__(parent)
        self._scene, self._camera, self._go = scene, camera, go
        self.setFixedSize(SIZE)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Minimap")
        set_tip(self, "The whole canvas; click or drag to go there")

    def _view(self) -> QRectF:
        parent = self.parentWidget()
        assert parent is not None
        return self._camera.area(parent.width(), parent.height())

    def _scale(self) -> tuple[float, QPointF]:
        """Minimap = scene · scale + offset."""
        area = self._scene.extent.united(self._view())
        room = QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        scale = min(room.width() / max(area.width(), 1.0), room.height() / max(area.height(), 1.0))
        return scale, room.center() - area.center() * scale

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = ink()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen(colors.line, 1.0))
        painter.setBrush(theme.color(colors.theme.panel, 0.92))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        painter.setClipRect(QRectF(self.rect()).adjusted(2, 2, -2, -2))
        scale, offset = self._scale()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, len(self._scene.nodes) < 200)
        areas = [(view.rect, view.record.color) for view in self._scene.frames.values()]
        areas += [(view.rect, view.record.color) for view in self._scene.notes.values()]
        for rect, color in areas:
            spot = QRectF(rect.topLeft() * scale + offset, rect.size() * scale)
            painter.fillRect(spot, theme.mix(colors.theme.panel, colors.hue(color).name(), 0.25))
        painter.save()
        painter.translate(offset)
        painter.scale(scale, scale)
        for view in self._scene.nodes.values():
            painter.fillRect(view.rect, colors.error if view.problem else colors.group(view.face.group))
        painter.restore()
        view_rect = self._view()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen(colors.dim, 1.2))
        painter.setBrush(theme.color(colors.theme.text, 0.05))
        painter.drawRoundedRect(QRectF(view_rect.topLeft() * scale + offset, view_rect.size() * scale), 3, 3)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._jump(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._jump(event.position())

    def _jump(self, point: QPointF) -> None:
        scale, offset = self._scale()
        self._go((point - offset) / scale)
