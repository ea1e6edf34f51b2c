"""The canvas: the shown graph, edited by mouse and keyboard."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from compute.edits import Edit
from compute.errors import GradwireError
from compute.graph import Port, Wire
from compute.ops import REGISTRY
from editor.action import ActionSet
from editor.canvas import layout, prompts
from editor.canvas.actions import CANVAS
from editor.canvas.editing import Editing
from editor.canvas.gestures import Gesture
from editor.canvas.menu import make_menu
from editor.canvas.overlay import paint_bubble, paint_hints
from editor.canvas.placing import Place
from editor.canvas.pointer import Pointer
from editor.canvas.search import SearchPopup
from editor.canvas.source import Source
from editor.canvas.view import CanvasView

MIME = "application/x-gradwire-op"
_EDGE = 28.0
_PAN_SPEED = 14.0
_AGAIN = 20.0
"""How much further each time the same is pasted again."""


class Canvas(CanvasView):
    """Shows and edits the graph of a session; everything it changes is one undo step of the session's stack."""

    node_activated = Signal(str)
    """A node was double-clicked below its header: open it."""
    space_tapped = Signal()
    """Space was pressed and released without a drag."""

    def __init__(self, session: Source, parent: QWidget | None = None) -> None:
        self.gesture: Gesture | None = None
        self._name_field: prompts.TitleField | None = None
        super().__init__(session, parent)
        self.editing = Editing(session, self.scene)
        self.pointer = Pointer(self)
        self.search: SearchPopup | None = None
        self._pasted: tuple[str, QPointF | None, int] = ("", None, 0)
        """What was pasted last, where the pointer was (None: not over the canvas), and how often."""
        self._menu_at: QPointF | None = None
        """Where in the widget the context menu was asked for, until its choice is done."""
        self.action_set = ActionSet(CANVAS, self, self)
        session.selection_changed.connect(self.action_set.update)
        self._bubble = ""
        self._pan_timer = QTimer(self)
        self._pan_timer.setInterval(16)
        self._pan_timer.timeout.connect(self._auto_pan)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)

    def settle(self) -> None:
        super().settle()
        self.cancel_gesture()
        self.close_rename()

    # -- what stands at a place of the scene ----------------------------------------------------------------

    def redraw(self) -> None:
        super().redraw()
        self._follow_view()

    def pan_by(self, dx: float, dy: float) -> None:
        super().pan_by(dx, dy)
        self._follow_view()

    def _follow_view(self) -> None:
        if self._name_field is not None:
            self._name_field.follow()

    # -- what gestures show ---------------------------------------------------------------------------------

    def held(self) -> frozenset[str]:
        return self.gesture.held if self.gesture else frozenset()

    def paint_onto(self, painter: QPainter) -> None:
        super().paint_onto(painter)
        if self.is_bare:
            paint_hints(painter, QRectF(self.rect()))
        if self._bubble:
            paint_bubble(painter, self._bubble, self.pointer.position, QRectF(self.rect()))

    @property
    def is_bare(self) -> bool:
        """Whether there is nothing on the canvas, nor about to be: then it says what to do."""
        return not self.scene.nodes and self.gesture is None

    def paint_over(self, painter: QPainter, held: frozenset[str]) -> None:
        super().paint_over(painter, held)
        if self.gesture is not None:
            self.gesture.paint(painter)

    def show_bubble(self, text: str) -> None:
        """A sentence at the pointer; empty: none."""
        if text != self._bubble:
            self._bubble = text
            self.update()

    @property
    def bubble(self) -> str:
        """The sentence at the pointer."""
        return self._bubble

    def _auto_pan(self) -> None:
        """Move the view while a drag is near the border."""
        at, room = self.pointer.position, QRectF(self.rect())
        dx = _PAN_SPEED * ((at.x() < room.left() + _EDGE) - (at.x() > room.right() - _EDGE))
        dy = _PAN_SPEED * ((at.y() < room.top() + _EDGE) - (at.y() > room.bottom() - _EDGE))
        if self.gesture is None or not (dx or dy):
            self._pan_timer.stop()
            return
        self.pan_by(dx, dy)
        self.gesture.move(self.camera.to_scene(at), Qt.KeyboardModifier.NoModifier)

    # -- gestures -------------------------------------------------------------------------------------------

    def begin(self, gesture: Gesture) -> None:
        """A press of the mouse began something."""
        self.settle()
        self.gesture = gesture
        self.setCursor(gesture.cursor)
        self.update()

    def end_gesture(self) -> None:
        """The button was let go."""
        gesture, self.gesture = self.gesture, None
        self._pan_timer.stop()
        if gesture is not None:
            gesture.release()
        self.unsetCursor()
        self.update()

    def cancel_gesture(self) -> None:
        """Esc, or the document changed below the pointer."""
        gesture, self.gesture = self.gesture, None
        if gesture is not None:
            self._pan_timer.stop()
            gesture.cancel()
            self.unsetCursor()
            self.update()

    def repeat(self, turn: Callable[[], bool]) -> QTimer:
        """Call ``turn`` again and again between other events, until it says False or the timer is stopped."""
        timer = QTimer(self)

        def call() -> None:
            if not turn():
                timer.stop()

        timer.timeout.connect(call)
        timer.start(0)
        return timer

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.pointer.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.pointer.move(event)
        if self.gesture is not None and self.gesture.pans and not self._pan_timer.isActive():
            inner = QRectF(self.rect()).adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE)
            if not inner.contains(event.position()):
                self._pan_timer.start()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.pointer.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.pointer.double_click(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            self.pointer.menu_at_selection()

    def open_menu(self, point: QPointF) -> None:
        """The context menu for what is selected, at a point of the scene; what is chosen in it acts there."""
        self.settle()
        menu = make_menu(self, self.action_set, self.session.selection)
        self._menu_at = self.camera.to_screen(point)
        menu.destroyed.connect(self._forget_menu)
        menu.popup(self.mapToGlobal(self._menu_at.toPoint()))

    def _forget_menu(self) -> None:
        self._menu_at = None

    @property
    def _place(self) -> QPointF | None:
        """Where in the widget an action acts: at its menu, else at the pointer; None: the pointer is elsewhere."""
        if self._menu_at is not None:
            return QPointF(self._menu_at)
        return QPointF(self.pointer.position) if self.pointer.over else None

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.action_set.update()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.action_set.update()

    def leaveEvent(self, event: QEvent) -> None:
        self.pointer.leave()

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.pan_by(delta.y() / 2 + delta.x() / 2, 0)
        else:
            self.zoom_to(self.camera.zoom * 1.0015 ** delta.y(), event.position())
        if self.gesture is not None:
            self.gesture.move(self.camera.to_scene(event.position()), event.modifiers())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.pointer.key_press(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not self.pointer.key_release(event):
            super().keyReleaseEvent(event)

    # -- a node from the palette ----------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        name = bytes(event.mimeData().data(MIME).data()).decode("utf-8", "replace")
        if name in REGISTRY:
            self.begin(Place(self, self.camera.to_scene(event.position()), name))
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if self.gesture is not None:
            self.pointer.position = event.position()
            self.gesture.move(self.camera.to_scene(event.position()), event.modifiers())
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.cancel_gesture()

    def dropEvent(self, event: QDropEvent) -> None:
        if self.gesture is not None:
            self.gesture.move(self.camera.to_scene(event.position()), event.modifiers())
            self.end_gesture()
            self.setFocus(Qt.FocusReason.OtherFocusReason)
            event.acceptProposedAction()

    # -- edits ----------------------------------------------------------------------------------------------

    def add_op(self, name: str, at: QPointF | None = None) -> str:
        """A new node with its header at a point of the scene (default: where there is room); returns its id."""
        node = self.editing.new_node(name, QPointF())
        if at is None:
            corner = self.editing.free_place(node, self._next_place(node.id))
        else:
            corner = self.editing.place_for(node, at, None)
        return self.place_node(name, corner)

    def place_node(self, name: str, corner: QPointF, wires: tuple[Wire, ...] = ()) -> str:
        """A new node at a corner; wires name it by the id that ``Editing.new_node`` gives."""
        node = self.editing.new_node(name, corner)
        self.session.apply(self.editing.add(node, wires))
        self.session.select({node.id})
        self.bring_into_view(node.id)
        return node.id

    def _next_place(self, node_id: str) -> QPointF:
        selection = self.session.selection.nodes & self.scene.nodes.keys()
        if len(selection) == 1:
            rect = self.scene.nodes[next(iter(selection))].rect
            return QPointF(rect.right() + layout.GAP_X, rect.top())
        return self.visible_area().center() - QPointF(60, 50)

    def delete_selection(self) -> None:
        """Remove the selected nodes with their wires, or the selected wire."""
        self.session.apply(self.session.edits.remove(self.session.selection.ids))

    def connect_selection(self) -> None:
        """Wire the left one of two selected nodes to the first free port of the right one that takes it."""
        chosen = sorted(self.session.selection.nodes & self.scene.nodes.keys(), key=self._left_edge)
        if len(chosen) != 2:
            self.session.message.emit("Select two nodes to connect them; the left one feeds the right one.")
            return
        wire, refusal = self.editing.first_wire(*chosen)
        if wire is None:
            self.session.message.emit(refusal)
        else:
            self.session.apply(self.session.edits.connect(wire))

    def _left_edge(self, node_id: str) -> float:
        return self.scene.nodes[node_id].rect.left()

    def select_all(self) -> None:
        """Select every node."""
        self.session.select(self.scene.nodes.keys())

    def copy(self) -> None:
        """The selected nodes to the clipboard, as JSON."""
        if self.session.selection.nodes:
            QGuiApplication.clipboard().setText(self.editing.as_text(self.session.selection.nodes))

    def cut(self) -> None:
        """Copy and remove."""
        if self.session.selection.nodes:
            self.copy()
            self.delete_selection()

    def paste(self) -> None:
        """The nodes on the clipboard, at the pointer if it is over the canvas; each time anew a bit further."""
        text = QGuiApplication.clipboard().text()
        try:
            part = self.editing.from_text(text)
        except GradwireError as error:
            self.session.message.emit(str(error))
            return
        pointer = self._place
        before, place, times = self._pasted
        times = times + 1 if (before, place) == (text, pointer) else 0
        self._pasted = text, pointer, times
        near = self.editing.area(part).topLeft() + QPointF(40, 40)
        if pointer is not None:
            near = self.camera.to_scene(pointer)
        near += QPointF(_AGAIN, _AGAIN) * times
        self._add_copies(*self.editing.paste(part, self.editing.free_offset(part, near), "Paste"))

    def duplicate(self) -> None:
        """Copies of the selected nodes beside them, fed by the same inputs."""
        graph, chosen = self.session.document.graph, self.session.selection.nodes
        if not chosen:
            return
        part = graph.copy()
        part.nodes = {i: n for i, n in graph.nodes.items() if i in chosen}
        area = self.editing.area(part)
        offset = self.editing.free_offset(part, QPointF(area.left(), area.bottom() + 40))
        self._add_copies(*self.editing.paste(part, offset, "Duplicate", inputs=True))

    def _add_copies(self, edit: Edit, ids: set[str]) -> None:
        self.session.apply(edit)
        self.session.select(ids)
        for node_id in ids:
            self.bring_into_view(node_id)

    def tidy(self) -> None:
        """Lay everything out in layers, in one undo step."""
        sizes = {i: (v.rect.width(), v.rect.height()) for i, v in self.scene.nodes.items()}
        places = layout.tidy(self.session.document.graph, sizes)
        before = {i: v.rect.topLeft() for i, v in self.scene.nodes.items()}
        self.session.apply(self.session.edits.move(places, "Tidy"))
        self.session.select()
        self.fit()
        self.glide_from(before)

    # -- search and rename ----------------------------------------------------------------------------------

    def open_search(self, at: QPointF | None = None) -> None:
        """The quick menu; the node lands at a point of the scene (default: at the pointer, else in the middle)."""
        if at is None:
            place = self._place
            at = self.camera.to_scene(place) if place is not None else self.visible_area().center()
        self.search = prompts.open_search(self, at, lambda name: self.add_op(name, at))

    def open_search_for(self, at: QPointF, source: str | None, target: Port | None) -> None:
        """The quick menu for a wire dropped at a point of the scene."""
        self.search = prompts.open_search_for(self, self.editing, at, source, target, self.place_node)

    def open_selected(self) -> None:
        """Open the selected node, as a double-click on it does."""
        chosen = self.session.selection.nodes
        if len(chosen) == 1:
            self.node_activated.emit(next(iter(chosen)))

    def rename(self) -> None:
        """Edit the title of the selected node in its header."""
        chosen = self.session.selection.nodes
        if len(chosen) == 1:
            self.rename_node(next(iter(chosen)))

    def rename_node(self, node_id: str) -> None:
        """Edit the title of a node in its header; an empty title gives the id back."""
        self.close_rename()
        self._name_field = prompts.TitleField(self, node_id, self.close_rename)

    def close_rename(self) -> None:
        """Put the title's field away without an edit."""
        field, self._name_field = self._name_field, None
        if field is not None:
            field.blockSignals(True)
            # Where a click took the focus elsewhere, it stays there.
            if field.hasFocus():
                self.setFocus(Qt.FocusReason.OtherFocusReason)
            field.hide()
            field.deleteLater()
