"""The canvas: the shown graph, edited by mouse and keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from compute.ops import REGISTRY
from editor.accessible import announce
from editor.action import ActionSet
from editor.canvas.accessible import CanvasInterface, Tree
from editor.canvas.actions import CANVAS
from editor.canvas.board import CanvasBoard
from editor.canvas.gestures import THRESHOLD, Gesture
from editor.canvas.ink import ink
from editor.canvas.key_gestures import KeyWire
from editor.canvas.keyboard import Keyboard
from editor.canvas.menu import make_menu
from editor.canvas.overlay import paint_bubble, paint_hints
from editor.canvas.paint_nodes import paint_ring
from editor.canvas.placing import Place
from editor.canvas.pointer import Pointer
from editor.canvas.source import Source
from editor.own_keys import LEADS

MIME = "application/x-gradwire-op"
_EDGE = 28.0
_PAN_SPEED = 14.0


class Canvas(CanvasBoard):
    """Shows and edits the graph of a session; everything it changes is one undo step of the session's stack."""

    space_tapped = Signal()
    """Space was pressed and released without a drag, and there was nothing for it to take up."""

    def __init__(self, session: Source, parent: QWidget | None = None) -> None:
        self.gesture: Gesture | None = None
        super().__init__(session, parent)
        self.keyboard = Keyboard(self)
        self.pointer = Pointer(self, self.keyboard)
        self._menu_at: QPointF | None = None
        """Where in the widget the context menu was asked for, until its choice is done."""
        self.action_set = ActionSet(CANVAS, self, self)
        session.selection_changed.connect(self.action_set.update)
        self._bubble = ""
        self._bubble_at: QPointF | None = None
        self._calm = False
        self._tree: Tree | None = None
        self._interface: CanvasInterface | None = None
        """What screen readers see, once one has asked."""
        self._ringed = False
        """Whether the keyboard has come here by a key, so that it shows where it is."""
        self._modifiers = Qt.KeyboardModifier.NoModifier
        self._entered = False
        """Whether a drag from elsewhere has been over the middle."""
        self._pan_timer = QTimer(self)
        self._pan_timer.setInterval(16)
        self._pan_timer.timeout.connect(self._auto_pan)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty(LEADS, True)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)

    def settle(self) -> None:
        super().settle()
        self.cancel_gesture()

    def make_interface(self) -> CanvasInterface:
        """What screen readers see; Qt asks for it once, and does not keep it from being collected."""
        if self._interface is None:
            self._tree = Tree(self)
            self._interface = CanvasInterface(self, self._tree)
        return self._interface

    # -- what gestures show ---------------------------------------------------------------------------------

    def held(self) -> frozenset[str]:
        return self.gesture.held if self.gesture else frozenset()

    def paint_onto(self, painter: QPainter) -> None:
        super().paint_onto(painter)
        if self.is_bare:
            paint_hints(painter, QRectF(self.rect()))
        if self._ringed:
            paint_ring(painter, QRectF(self.rect()).adjusted(1, 1, -1, -1), ink().accent, 2.0, 0.0)
        if self._bubble:
            at = self.pointer.position if self._bubble_at is None else self.camera.to_screen(self._bubble_at)
            paint_bubble(painter, self._bubble, at, QRectF(self.rect()), calm=self._calm)

    def float_over(self, area: QRectF) -> None:
        """Something stands over this part of the view (empty: nothing): where everything is shown, no node lies under
        it."""
        self.camera.floating = area
        if self._fitted and not self.scene.is_empty and self.shown.at_work is None:
            self._fit_all(self._fit_on if self._fit_wanted else frozenset())

    @property
    def is_bare(self) -> bool:
        """Whether there is nothing on the canvas, nor about to be: then it says what to do."""
        return self.scene.is_empty and self.gesture is None

    def paint_over(self, painter: QPainter, held: frozenset[str]) -> None:
        super().paint_over(painter, held)
        if self.gesture is not None:
            self.gesture.paint(painter)

    def show_bubble(self, text: str, at: QPointF | None = None, *, calm: bool = False) -> None:
        """A sentence at a point of the scene (None: at the pointer), ``calm`` if it refuses nothing; empty: none."""
        if (text, at) != (self._bubble, self._bubble_at):
            if text != self._bubble:
                announce(self, text)
            self._bubble, self._bubble_at, self._calm = text, at, calm
            self.update()

    @property
    def bubble(self) -> str:
        """The sentence that a gesture shows."""
        return self._bubble

    def _pan_at_border(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Begin to move the view where a drag comes near the border."""
        self._modifiers = modifiers
        if self.gesture is None or not self.gesture.pans or self._pan_timer.isActive():
            return
        if not self._beyond(at).isNull():
            self._pan_timer.start()

    def _beyond(self, at: QPointF) -> QPointF:
        """How deep a point of the widget lies in the strip along each border, from −1 (left, top) to 1; beyond: ±2."""

        def depth(value: float, size: float) -> float:
            return min(max((_EDGE - value) / _EDGE, 0.0), 2.0) - min(max((value - size + _EDGE) / _EDGE, 0.0), 2.0)

        return QPointF(-depth(at.x(), self.width()), -depth(at.y(), self.height()))

    def _auto_pan(self) -> None:
        """Move the view while a drag is near the border, the faster the nearer."""
        at = self.pointer.position
        way = self._beyond(at) * -_PAN_SPEED
        if self.gesture is None or way.isNull():
            self._pan_timer.stop()
            return
        self.pan_by(way.x(), way.y())
        self.gesture.move(self.camera.to_scene(at), self._modifiers)

    # -- gestures -------------------------------------------------------------------------------------------

    def begin(self, gesture: Gesture) -> None:
        """A press of the mouse began something."""
        self.settle()
        self.gesture = gesture
        self.setCursor(gesture.cursor)
        gesture.begun()
        self.update()

    def end_gesture(self) -> None:
        """The button was let go."""
        gesture, self.gesture = self.gesture, None
        self._pan_timer.stop()
        if gesture is not None:
            gesture.release()
        self.unsetCursor()
        self.update()

    def leave_gesture(self) -> None:
        """A person turns to something else while keys lead a gesture."""
        if self.gesture is not None and self.gesture.by_keys:
            if self.gesture.kept:
                self.end_gesture()
            else:
                self.cancel_gesture()

    def connect_selection(self) -> None:
        """Of one selected node or wire: propose the nearest port; of two nodes: wire the left one to the right one."""
        session, selection = self.session, self.session.selection
        wire = session.document.graph.wires.get(selection.wire) if selection.wire is not None else None
        if wire is not None:
            self.begin(KeyWire(self, wire.source, lifted=wire.key))
        elif selection.single is not None:
            self.propose_wire(selection.single)
        else:
            super().connect_selection()

    def propose_wire(self, node_id: str, side: int = 0) -> None:
        """A wire that keys lead, from a node's output (``side`` 0) or from one of its inputs (1, 2, …), in turn: from
        the next one for which there is another end."""
        sides = len(self.scene.nodes[node_id].face.ports) + 1
        for turn in range(sides):
            wire = KeyWire(self, node_id, (side + turn) % sides)
            if wire.fits:
                self.begin(wire)
                return
            wire.cancel()
        self.begin(KeyWire(self, node_id, side % sides))

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
        self._show_ring(False)
        self.pointer.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.pointer.move(event)
        if (event.position() - self.pointer.pressed).manhattanLength() >= THRESHOLD:
            self._pan_at_border(event.position(), event.modifiers())

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
        menu = make_menu(self, self.action_set, self.session.selection, self.session.document.graph)
        self._menu_at = self.camera.to_screen(point)
        menu.destroyed.connect(self._forget_menu)
        menu.popup(self.mapToGlobal(self._menu_at.toPoint()))

    def _forget_menu(self) -> None:
        self._menu_at = None

    @property
    def where(self) -> QPointF | None:
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
        if self.gesture is not None and not self.gesture.by_keys:
            self.gesture.move(self.camera.to_scene(event.position()), event.modifiers())
        event.accept()

    def event(self, event: QEvent) -> bool:
        down = event.type() in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress)
        if down and isinstance(event, QKeyEvent) and not self.keyboard.held.owns(event):
            event.accept()  # held since a field had the focus, it is no shortcut here and does nothing
            return True
        if event.type() == QEvent.Type.ShortcutOverride and self.keyboard.claims(cast(QKeyEvent, event)):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.keyboard.press(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not self.keyboard.release(event):
            super().keyReleaseEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        came_by_key = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self._show_ring(came_by_key or self._ringed)
        if self._tree is not None:
            self._tree.keyboard_came()

    def _show_ring(self, shown: bool) -> None:
        if shown != self._ringed:
            self._ringed = shown
            self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        # What pops up over the canvas gives the keyboard back.
        self._show_ring(self._ringed and event.reason() == Qt.FocusReason.PopupFocusReason)
        self.keyboard.let_go()
        self.leave_gesture()

    # -- a node from the palette ----------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        name = bytes(event.mimeData().data(MIME).data()).decode("utf-8", "replace")
        if name in REGISTRY:
            self.begin(Place(self, self.camera.to_scene(event.position()), name))
            self._entered = False
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if self.gesture is not None:
            self.pointer.position = event.position()
            self.gesture.move(self.camera.to_scene(event.position()), event.modifiers())
            # It comes in over the border, which is no wish to see what is beyond.
            self._entered |= self._beyond(event.position()).isNull()
            if self._entered:
                self._pan_at_border(event.position(), event.modifiers())
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.cancel_gesture()

    def dropEvent(self, event: QDropEvent) -> None:
        if self.gesture is not None:
            self.gesture.move(self.camera.to_scene(event.position()), event.modifiers())
            self.end_gesture()
            self.setFocus(Qt.FocusReason.OtherFocusReason)
            event.acceptProposedAction()
