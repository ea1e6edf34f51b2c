"""What the canvas asks for in words: the title of a node, and the op to add."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit

from compute.graph import Port, Wire
from compute.ops import by_group
from compute.ops.base import Op
from editor.canvas.editing import Editing
from editor.canvas.face import HEADER
from editor.canvas.search import SearchPopup
from editor.canvas.view import CanvasView

Place = Callable[[str, QPointF, tuple[Wire, ...]], object]
"""Puts a node of an op, by name, with its corner at a point of the scene, with its first wires."""


def open_search(canvas: CanvasView, at: QPointF, chosen: Callable[[str], object]) -> SearchPopup:
    """The quick menu with every op, at a point of the scene; ``chosen`` gets the name of the op."""
    return _open(canvas, at, _ops(), chosen)


def open_search_for(
    canvas: CanvasView, editing: Editing, at: QPointF, source: str | None, target: Port | None, place: Place
) -> SearchPopup:
    """The quick menu with only those ops that a wire dropped at a point can go on with."""
    ports = {op.name: editing.takes(op, source, target) for op in _ops()}

    def chosen(name: str) -> None:
        node, port = editing.new_node(name, QPointF()), ports[name]
        if source is not None:
            wire = Wire(source, node.id, port or "")
        else:
            assert target is not None
            wire = Wire(node.id, *target)
        place(name, editing.place_for(node, at, port), (wire,))

    return _open(canvas, at, [op for op in _ops() if ports[op.name] is not None], chosen)


def _ops() -> list[Op]:
    """Every op, group by group as in the palette."""
    return [op for ops in by_group().values() for op in ops]


def _open(canvas: CanvasView, at: QPointF, ops: Sequence[Op], chosen: Callable[[str], object]) -> SearchPopup:
    popup = SearchPopup(canvas, ops, chosen, "Nothing fits; try other words.")
    popup.open_at(canvas.camera.to_screen(at).toPoint())
    return popup


class TitleField(QLineEdit):
    """Edits the title of a node in its header: Enter or a click elsewhere takes it, Esc leaves it.

    Only Enter and Esc give the focus back to the canvas.
    """

    def __init__(self, canvas: CanvasView, node_id: str, close: Callable[[], None]) -> None:
        view = canvas.scene.nodes[node_id]
        super().__init__(view.node.label, canvas)
        self._canvas, self._node_id, self._put_away = canvas, node_id, close
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
        self._put_away()
        if node is None:
            return
        title = "" if title == node.id else title
        if title != node.title:
            session.apply(session.edits.change(node.id, f"Rename {node.label}", title=title))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            event.accept()  # keys belong to the text while it is edited
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._put_away()
        else:
            super().keyPressEvent(event)
