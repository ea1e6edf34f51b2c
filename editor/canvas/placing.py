"""The gesture of placing a new node: it hangs at the pointer, and a wire below it opens for it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from compute.graph import Port
from editor.canvas.editing import Editing
from editor.canvas.gestures import SNAP, WIRE_REACH, Gesture, Stage
from editor.canvas.ink import ink, pen
from editor.canvas.paint_nodes import RADIUS
from editor.canvas.paint_wires import paint_wire
from editor.canvas.room import put_into


class Place(Gesture):
    """A node of an op on its way from the palette."""

    def __init__(self, canvas: Stage, start: QPointF, op_name: str) -> None:
        super().__init__(canvas, start)
        self.op_name = op_name
        self._size = canvas.editing.size(canvas.editing.new_node(op_name, QPointF()))
        self._wire: Port | None = None
        self._answers: dict[Port, str | None] = {}

    @property
    def _rect(self) -> QRectF:
        width, height = self._size
        x, y = self.point.x() - width / 2, self.point.y() - 15
        return QRectF(round(x / SNAP) * SNAP, round(y / SNAP) * SNAP, width, height)

    def move(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        super().move(point, modifiers)
        key = self.canvas.scene.wire_at(point, WIRE_REACH / min(self.canvas.camera.zoom, 1.0))
        self._wire = key if key is not None and self._port(key) is not None else None
        self.canvas.update()

    def _port(self, key: Port) -> str | None:
        """The port through which the wire could be led, asked once per wire."""
        if key not in self._answers:
            editing = self.canvas.editing
            node = editing.new_node(self.op_name, QPointF())
            self._answers[key] = editing.insert_port(node, editing.graph.wires[key])
        return self._answers[key]

    def release(self) -> None:
        canvas, corner = self.canvas, self._rect.topLeft()
        if self._wire is None:
            canvas.place_node(self.op_name, corner)
        else:
            port = self._port(self._wire)
            assert port is not None
            insert(canvas.editing, self.op_name, corner, self._wire, port)

    def cancel(self) -> None:
        self.canvas.update()

    def paint(self, painter: QPainter) -> None:
        colors = ink()
        if self._wire in self.canvas.scene.wires:
            paint_wire(painter, self.canvas.scene.wires[self._wire], colors.accent, 4.0)
        painter.setPen(pen(colors.accent, 1.6, Qt.PenStyle.DashLine))
        painter.setBrush(colors.accent_soft)
        painter.drawRoundedRect(self._rect, RADIUS, RADIUS)


def insert(editing: Editing, op_name: str, corner: QPointF, key: Port, port: str) -> str:
    """Put a new node into a wire and push what follows out of its way, in one undo step; returns the node's id."""
    node = editing.new_node(op_name, corner)
    editing.session.apply(put_into(editing, node, key, port))
    editing.session.select({node.id})
    return node.id
