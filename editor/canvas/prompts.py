"""What the canvas asks for in words: the title of a node, and the op to add."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit

from compute.graph import Port, Wire
from compute.ops import by_group
from compute.ops.base import Op
from editor.canvas.face import HEADER
from editor.canvas.search import SearchPopup

if TYPE_CHECKING:
    from editor.canvas.canvas import Canvas


def open_search(canvas: Canvas, at: QPointF) -> SearchPopup:
    """The quick menu with every op; the chosen one lands with its header at a point of the scene."""
    return _open(canvas, at, _ops(), lambda name: canvas.add_op(name, at))


def open_search_for(canvas: Canvas, at: QPointF, source: str | None, target: Port | None) -> SearchPopup:
    """The quick menu with only those ops that a wire dropped at a point can go on with."""
    editing = canvas.editing
    ports = {op.name: editing.takes(op, source, target) for op in _ops()}

    def chosen(name: str) -> None:
        node, port = editing.new_node(name, QPointF()), ports[name]
        if source is not None:
            wire = Wire(source, node.id, port or "")
        else:
            assert target is not None
            wire = Wire(node.id, *target)
        canvas.place_node(name, editing.place_for(node, at, port), (wire,))

    return _open(canvas, at, [op for op in _ops() if ports[op.name] is not None], chosen)


def _ops() -> list[Op]:
    """Every op, group by group as in the palette."""
    return [op for ops in by_group().values() for op in ops]


def _open(canvas: Canvas, at: QPointF, ops: Sequence[Op], chosen: Callable[[str], object]) -> SearchPopup:
    popup = SearchPopup(canvas, ops, chosen, "Nothing fits; try other words.")
    popup.open_at(canvas.camera.to_screen(at).toPoint())
    return popup


class TitleField(QLineEdit):
    """Edits the title of a node in its header: Enter or a click elsewhere takes it, Esc leaves it.

    Only Enter and Esc give the focus back to the canvas.
    """

    def __init__(self, canvas: Canvas, node_id: str) -> None:
        view = canvas.scene.nodes[node_id]
        super().__init__(view.node.label, canvas)
        self._canvas, self._node_id = canvas, node_id
        self.setAccessibleName(f"Title of {view.node.label}")
        self.follow()
        self.selectAll()
        self.editingFinished.connect(self._take)
        self.show()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def follow(self) -> None:
        """Stand on the node's header, wherever that is now."""
        view, camera = self._canvas.scene.nodes.get(self._node_id), self._canvas.camera
        if view is not None:
            corner = camera.to_screen(view.rect.topLeft())
            wide, high = max(view.rect.width() * camera.zoom, 120.0), max(HEADER * camera.zoom, 26.0)
            self.setGeometry(QRectF(corner.x(), corner.y(), wide, high).toRect())

    def _take(self) -> None:
        session, title = self._canvas.session, self.text().strip()
        node = session.document.graph.nodes.get(self._node_id)
        self._canvas.close_rename()
        if node is None:
            return
        title = "" if title == node.id else title
        if title != node.title:
            session.apply(session.edits.change_node(node.id, f"Rename {node.label}", title=title))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            event.accept()  # keys belong to the text while it is edited
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._canvas.close_rename()
        else:
            super().keyPressEvent(event)
