"""What can be done on the canvas by a command, whatever asked for it: a key, a menu, the search, a gesture."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from compute.edits import Edit
from compute.errors import GradwireError
from compute.graph import Node, Off, Port, RecordId, Wire
from compute.matrix_text import MOST, typed_setting
from compute.ops import find
from editor.action import ActionSpec
from editor.canvas import networks, prompts
from editor.canvas.camera import READABLE
from editor.canvas.copies import Copies
from editor.canvas.editing import Editing
from editor.canvas.fields import NoteField, TitleField
from editor.canvas.joining import join
from editor.canvas.layering import GAP_X
from editor.canvas.matrix_field import MatrixField
from editor.canvas.ordering import CanvasOrder
from editor.canvas.placing import insert
from editor.canvas.search import SearchPopup
from editor.canvas.source import Source
from editor.seen import Weights

_AGAIN = 20.0
"""How much further each time the same is pasted again."""
_STROKE_SECONDS = 1.0
"""Moves by keys that follow each other within this time are one undo step."""


class CanvasBoard(CanvasOrder):
    """Shows the graph of a session and changes it; every change is one undo step of the session's stack."""

    node_activated = Signal(str)
    """A node was double-clicked below its header: open it."""
    opened_by_key = Signal()
    """What is selected was opened by a key: the keyboard follows."""

    def __init__(self, session: Source, parent: QWidget | None = None) -> None:
        self._field: TitleField | NoteField | MatrixField | None = None
        super().__init__(session, parent)
        self.editing = Editing(session, self.scene)
        self.copies = Copies(self.editing)
        self.networks = networks.Networks(self.editing, self.copies)
        self.search: SearchPopup | None = None
        self._pasted: tuple[str, QPointF | None, int] = ("", None, 0)
        """What was pasted last, where the pointer was (None: not over the canvas), and how often."""
        self._last: tuple[object, float, int] = (None, 0.0, 0)
        """What was done by keys last to what, when, and the number of that stroke."""

    @property
    def where(self) -> QPointF | None:
        """Where in the widget an action acts; None: at no place of its own."""
        return None

    def _spot(self) -> QPointF:
        """The same in the scene, else the middle of what is seen."""
        where = self.where
        return self.camera.to_scene(where) if where is not None else self.visible_area().center()

    def settle(self) -> None:
        super().settle()
        if not (isinstance(self._field, MatrixField) and self._field.busy):
            self.close_field()

    def redraw(self) -> None:
        super().redraw()
        self._follow_view()

    def pan_by(self, dx: float, dy: float) -> None:
        super().pan_by(dx, dy)
        self._follow_view()

    def _follow_view(self) -> None:
        if self._field is not None:
            self._field.follow()

    # -- nodes and wires ------------------------------------------------------------------------------------

    def classes(self) -> dict[str, int]:
        """The classes of targets, as far as the data has told them."""
        return self.editing.classes()

    def add_op(self, name: str, at: QPointF | None = None) -> str:
        """A new node with its header at a point of the scene; returns its id.

        Without a point it is wired to what is selected and stands beside it, where there is room; a selected wire is
        led through it.
        """
        node = self.editing.new_node(name, QPointF())
        if at is not None:
            return self.place_node(name, self.editing.place_for(node, at, None))
        selection = self.session.selection
        wire = self.session.document.graph.wires.get(selection.wire) if selection.wire is not None else None
        port = self.editing.insert_port(node, wire) if wire is not None else None
        if wire is not None and port is not None:
            return insert(self.editing, name, self._in_wire(node, wire), wire.key, port)
        chosen = selection.nodes & self.scene.nodes.keys()
        if not chosen:
            return self.place_node(name, self.editing.free_place(node, self.visible_area().center() - QPointF(60, 50)))
        found = join(self.editing, node, chosen)
        node_id = self.place_node(name, found.corner, found.wires)
        if found.refusal and not found.wires:
            self.session.message.emit(f"{node_id} is not wired: {found.refusal}")
        return node_id

    def _in_wire(self, node: Node, wire: Wire) -> QPointF:
        """Where a node that is put into a wire stands: behind its source, on a level with the middle of the wire."""
        view = self.scene.wires[wire.key]
        left = self.scene.nodes[wire.source].rect.right() + GAP_X
        return self.editing.place_for(node, QPointF(left + self.editing.size(node)[0], view.at(0.5).y()), "")

    def networks_for(self, query: str) -> list[ActionSpec[Any]]:
        """The networks that answer a text, as something that the search over all actions offers."""
        if not self.isVisible() or len(query) < 3:
            return []
        found = networks.rows(query, self.networks.data)
        return [
            ActionSpec(
                row.name, row.help, f"Add {row.title}" if row.name else row.title, self._adder(row), tip=row.help
            )
            for row in found
        ]

    def _adder(self, row: networks.Row) -> Callable[[object], None]:
        words = networks.words_of(row.name)
        return lambda _nothing: self.add_network(words) if words is not None else None

    def add_network(self, text: str, at: QPointF | None = None) -> None:
        """A network of a few words, laid out where there is room near a point (default: in the middle), in one step."""
        try:
            made = self.networks.make(text)
        except GradwireError as error:
            self.session.message.emit(str(error))
            return
        first = self.scene.is_empty
        near = at if at is not None else self.visible_area().center() - QPointF(400, 200)
        self.session.apply(self.networks.edit(made, near))
        self.session.select(made.graph.nodes)
        self.fit_once_known(frozenset() if first else self.session.selection.ids)
        self.session.message.emit(f"Added {made.name}: {made.sentence}. {made.needs}".strip())

    def place_node(self, name: str, corner: QPointF, wires: tuple[Wire, ...] = ()) -> str:
        """A new node at a corner; wires name it by the id that ``Editing.new_node`` gives."""
        node = self.editing.new_node(name, corner)
        self.session.apply(self.editing.add(node, wires))
        self.session.select({node.id})
        self.bring_into_view(node.id)
        return node.id

    def connect_selection(self) -> None:
        """Wire the left one of two selected nodes to the first free port of the right one that takes it."""
        chosen = sorted(self.session.selection.nodes & self.scene.nodes.keys(), key=self._left_edge)
        if len(chosen) != 2:
            self.session.message.emit("Select a node to wire it to another, or two: the left one feeds the right one.")
            return
        wire, refusal = self.editing.first_wire(*chosen)
        if wire is None:
            self.session.message.emit(refusal)
        else:
            self.session.apply(self.session.edits.connect(wire))

    def _left_edge(self, node_id: str) -> float:
        return self.scene.nodes[node_id].rect.left()

    def switch(self, off: Off) -> None:
        """Mute or bypass the selected nodes; where all of them are that already, switch them on."""
        graph, nodes = self.session.document.graph, self.session.selection.nodes
        if all(graph.nodes[i].off == off for i in nodes):
            self.session.apply(self.session.edits.change_all(nodes, "Switch on", off=""))
            return
        for node in [graph.nodes[i] for i in nodes] if off == "bypass" else ():
            op = find(node.op)
            if op is None or not op.ports:
                reason = "its op is not known" if op is None else "it has no input to pass through"
                self.session.message.emit(f"{node.label} cannot be bypassed: {reason}.")
                nodes = nodes - {node.id}
        self.session.apply(self.session.edits.change_all(nodes, off.capitalize(), off=off))

    def collapse(self) -> None:
        """Show the selected nodes as their headers alone; where all of them are, whole again."""
        graph, nodes = self.session.document.graph, self.session.selection.nodes
        whole = all(graph.nodes[i].collapsed for i in nodes)
        self.session.apply(self.session.edits.change_all(nodes, "Expand" if whole else "Collapse", collapsed=not whole))

    # -- any records ----------------------------------------------------------------------------------------

    def delete_selection(self) -> None:
        """Remove what is selected, with the wires at nodes; what is locked stays."""
        chosen = self.session.selection.ids
        self.session.apply(self.session.edits.remove(chosen))
        self.say_locked(self.session.document.graph.locked(chosen))

    def select_all(self) -> None:
        """Select everything."""
        self.session.select(record.id for record in self.session.document.graph.records())

    def stretch(self, dx: float, dy: float) -> bool:
        """Make selected frames and notes larger or smaller; in quick succession that is one undo step. Returns whether
        there are any."""
        edit = self.arranging.stretch(self.session.selection.placed, dx, dy, self._stroke("stretch"))
        self.session.apply(edit)
        return bool(edit.changes)

    def _stroke(self, what: str) -> str:
        """The same as last time while the same is done to the same things in quick succession."""
        now, doing = time.monotonic(), (what, self.session.selection.ids)
        before, when, number = self._last
        number += before != doing or now - when > _STROKE_SECONDS
        self._last = doing, now, number
        return f"{what} {number}"

    def copy(self) -> None:
        """What is selected to the clipboard, as JSON."""
        text = self.copies.as_text(self.session.selection.ids)
        if text:
            QGuiApplication.clipboard().setText(text)

    def cut(self) -> None:
        """Copy and remove."""
        chosen = self.session.selection.ids
        text = self.copies.as_text(chosen)
        if text:
            QGuiApplication.clipboard().setText(text)
            graph = self.session.document.graph
            self.session.apply(self.session.edits.remove(chosen | graph.inside(chosen), ""))

    def paste(self) -> None:
        """What is on the clipboard, at the pointer if it is over the canvas; each time anew a bit further."""
        text = QGuiApplication.clipboard().text()
        try:
            copied = self.copies.from_text(text)
        except GradwireError as error:
            self.session.message.emit(str(error))
            return
        part, pointer = copied.graph, self.where
        before, place, times = self._pasted
        times = times + 1 if (before, place) == (text, pointer) else 0
        self._pasted = text, pointer, times
        near = self.copies.area(part).topLeft() + QPointF(40, 40)
        if pointer is not None:
            near = self.camera.to_scene(pointer)
        near += QPointF(_AGAIN, _AGAIN) * times
        offset = self.copies.free_offset(part, near)
        self._add_copies(*self.copies.paste(part, copied.weights, offset, "Paste"))

    def duplicate(self) -> None:
        """Copies of what is selected beside it, fed by the same inputs."""
        part = self.copies.part(self.session.selection.ids, inputs=True)
        area = self.copies.area(part)
        if area.isEmpty():
            return
        offset = self.copies.free_offset(part, QPointF(area.left(), area.bottom() + 40))
        self._add_copies(*self.copies.paste(part, self.copies.weights(part), offset, "Duplicate"))

    def _add_copies(self, edit: Edit, weights: Weights, ids: set[RecordId]) -> None:
        self.session.apply(edit, weights)
        self.session.select(ids)
        for record_id in ids:
            self.bring_into_view(str(record_id))

    # -- frames, notes and points ---------------------------------------------------------------------------

    def frame_selection(self) -> str:
        """A frame around what is selected, or an empty one at the pointer, whose title is asked for; returns its id."""
        edit, frame_id = self.arranging.frame(self.session.selection.placed, self._spot())
        self.session.apply(edit)
        self.session.select({frame_id})
        self.rename_record(frame_id)
        return frame_id

    def add_note(self) -> str:
        """A note at the pointer, whose text is asked for; returns its id."""
        stroke = f"note {self.session.document.graph.free_id('note')}"
        edit, note_id = self.arranging.note(self._spot(), stroke)
        self.session.apply(edit)
        self.session.select({note_id})
        self.write_note(note_id, stroke)
        return note_id

    def add_point(self, key: Port | None = None, at: QPointF | None = None) -> None:
        """A point through which a wire runs: the selected one, or that of the selected point."""
        only = self.session.selection.only
        point = self.scene.points.get(only) if isinstance(only, str) else None
        key = key or self.session.selection.wire or (point.record.wire if point else None)
        if key is None:
            self.session.message.emit("Select a wire to lead it through a point.")
            return
        edit, point_id = self.arranging.reroute(key, at)
        self.session.apply(edit)
        self.session.select({point_id})

    def set_color(self, color: str) -> None:
        """The colour of the selected frames and notes; "" for none."""
        scene = self.scene
        chosen = [i for i in self.session.selection.placed if i in scene.frames or i in scene.notes]
        self.session.apply(self.session.edits.change_all(chosen, "Change colour", color=color))

    # -- search, titles and texts ---------------------------------------------------------------------------

    def open_search(self, at: QPointF | None = None) -> None:
        """The quick menu. The node lands at a point of the scene; without one it is wired to what is selected and
        stands beside it, and where nothing is, it lands at the pointer, else in the middle."""
        joined = at is None and bool(self.session.selection.nodes or self.session.selection.wire)
        spot = self._spot() if at is None else at
        where = None if joined or (at is None and self.where is None) else spot
        beside = self.scene.bounds(self.session.selection.ids) if joined else None
        popup_at = spot if beside is None else QPointF(beside.right(), beside.top())
        data = self.networks.data

        def chosen(name: str) -> None:
            words = networks.words_of(name)
            if words is None:
                self.add_op(name, where)
            else:
                self.add_network(words, where)

        self.search = prompts.open_search(self, popup_at, chosen, lambda query: networks.rows(query, data))

    def go_to(self) -> None:
        """Find a node, select it and bring it into the middle, large enough to be read."""

        def chosen(node_id: str) -> None:
            self.session.select({node_id})
            if self.camera.zoom < READABLE:
                self.zoom_to(READABLE)
            self.center_on(self.scene.nodes[node_id].rect.center())

        self.search = prompts.open_nodes(self, chosen)

    def open_search_for(self, at: QPointF, source: str | None, target: Port | None) -> None:
        """The quick menu for a wire dropped at a point of the scene."""
        self.search = prompts.open_search_for(self, self.editing, at, source, target, self.place_node)

    def open_selected(self) -> None:
        """Open what is selected, as a double-click on it does, and bring the keyboard there; of a wire, ask why."""
        only = self.session.selection.only
        if isinstance(only, str):
            self.open_record(only)
            if only in self.scene.nodes and self._field is None:
                self.opened_by_key.emit()
        else:
            self.ask_why()

    def ask_why(self) -> None:
        """Ask why the number in focus is what it is, and bring the keyboard to the answer."""
        focus = self.session.focus
        if focus is not None:
            self.session.focus_on(focus)
            self.opened_by_key.emit()

    def open_record(self, record_id: str) -> None:
        """The numbers of a constant, any other node's inspector, a note's text, a frame's title."""
        if record_id in self.scene.nodes and self.type_matrix(record_id):
            return
        if record_id in self.scene.nodes:
            self.node_activated.emit(record_id)
        else:
            self.rename_record(record_id)

    def rename(self) -> None:
        """Edit the title of the selected node or frame, or the text of a note."""
        only = self.session.selection.only
        if isinstance(only, str):
            self.rename_record(only)

    def rename_record(self, record_id: str) -> None:
        """Edit a title in its header (an empty one gives a node's id back), or a note's text."""
        if record_id in self.scene.notes:
            self.write_note(record_id)
        elif record_id in self.scene.nodes or record_id in self.scene.frames:
            self.close_field()
            self._field = TitleField(self, record_id, self.close_field)

    def type_matrix(self, node_id: str) -> bool:
        """Type the numbers of a node where they stand; whether it has such: a number, a vector or a matrix."""
        node = self.session.document.graph.nodes[node_id]
        name = typed_setting(node.op)
        value = node.params.get(name, 1.0)
        try:
            numbers = np.asarray(value, dtype=np.float64)
        except (TypeError, ValueError):  # what a file has in its place
            return False
        if not name or numbers.ndim > 2 or not numbers.size or max(numbers.shape, default=1) > MOST or node.collapsed:
            return False
        self.close_field()
        self._field = MatrixField(self, node_id, self.close_field, f"type {node_id} {time.monotonic()}")
        return True

    def write_note(self, note_id: str, stroke: str = "") -> None:
        """Edit the text of a note where it stands; ``stroke``: of the edit that made the note, to be one with it."""
        self.close_field()
        self._field = NoteField(self, note_id, self.close_field, stroke)

    def close_field(self) -> None:
        """Put the field of a title or a text away without an edit."""
        field, self._field = self._field, None
        if field is not None:
            field.blockSignals(True)
            # Where a click took the focus elsewhere, it stays there.
            if field.hasFocus():
                self.setFocus(Qt.FocusReason.OtherFocusReason)
            field.hide()
            field.deleteLater()
