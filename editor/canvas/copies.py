"""Parts of a graph that are copied, pasted and duplicated."""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from dataclasses import replace
from typing import Any

import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSizeF

from compute.document import Document, loads, to_json
from compute.document.text import pieces
from compute.edits import Edit
from compute.errors import GradwireError
from compute.graph import Graph, Placed, Record, RecordId, Reroute, Wire, moved
from editor.canvas.editing import Editing
from editor.canvas.unplaced import placing
from editor.pieces import at_once
from editor.seen import of_nodes

Array = npt.NDArray[Any]
_MOST_NUMBERS = 100_000
"""So many are written into the clipboard at once without holding the window."""
_NOTHING = "The clipboard holds no nodes; copy some first."


class Copies:
    """Reads and writes the clipboard's text, and builds the edits that put copies onto the canvas."""

    def __init__(self, editing: Editing) -> None:
        self._editing = editing

    @property
    def _graph(self) -> Graph:
        return self._editing.graph

    def part(self, ids: Set[RecordId], *, inputs: bool = False) -> Graph:
        """Some things with what lies in the frames among them, and the wires between them with their points.

        inputs: also the wires that come from elsewhere.
        """
        return self._graph.part(ids, inputs=inputs)

    def as_text(self, ids: Set[RecordId]) -> str:
        """Some things as JSON for the clipboard, with their weights as far as these are not too many; nothing where
        there is nothing that can be by itself."""
        part = self.part(ids)
        if not (part.nodes or part.frames or part.notes):
            return ""
        weights = self.weights(part)
        small = sum(each.size for each in weights.values()) <= _MOST_NUMBERS
        raw = to_json(Document(name="Copy", graph=part, weights=weights), weights=small)
        wanted = {key: raw[key] for key in ("format", "version", "graph", "weights") if key in raw}
        if not small:
            self._editing.session.message.emit(
                "Copied without the trained weights, which are too many; Duplicate takes them along."
            )
        return b"".join(pieces(wanted)).decode()

    def weights(self, part: Graph) -> dict[str, Array]:
        """The weights of its nodes as they are now."""
        return self._editing.session.weights_of(part.nodes.keys())

    def from_text(self, text: str) -> Document:
        """A graph of a clipboard text, with its weights. Errors: GradwireError with what is wrong and where."""
        try:
            raw = json.loads(text)
        except (ValueError, RecursionError):
            raw = None
        if not isinstance(raw, dict) or raw.get("format") != "gradwire":
            raise GradwireError(_NOTHING)
        document = loads(text.encode(), "The clipboard")
        at_once(placing(document))
        graph = document.graph
        if not (graph.nodes or graph.frames or graph.notes):
            raise GradwireError(_NOTHING)
        return document

    def area(self, part: Graph) -> QRectF:
        """Around a part of a graph, as it will be shown."""
        area = QRectF()
        for node in part.nodes.values():
            area = area.united(QRectF(QPointF(*node.position), QSizeF(*self._editing.size(node))))
        for frame in part.frames.values():
            area = area.united(QRectF(*frame.position, *frame.size))
        for note in part.notes.values():
            area = area.united(QRectF(*note.position, *note.size))
        return area

    def free_offset(self, part: Graph, near: QPointF) -> QPointF:
        """How far to move a part so that its corner is near a point and it lies on no node."""
        area = self.area(part)
        return self._editing.free_corner((area.width(), area.height()), near) - area.topLeft()

    def paste(
        self, part: Graph, weights: Mapping[str, Array], offset: QPointF, text: str
    ) -> tuple[Edit, dict[str, Array], set[RecordId]]:
        """Copies with new ids, the weights that come with them, and the ids of those that lie in no other copy."""
        free = self._graph.free_ids()
        names: dict[str, str] = {}
        placed: list[Placed] = [r for r in part.records() if not isinstance(r, Wire)]
        for record in placed:
            names[record.id] = free(_stem(record.id))
        wires = [
            replace(wire, source=names.get(wire.source, wire.source), target=names[wire.target])
            for wire in part.wires.values()
            if wire.source in names or wire.source in self._graph.nodes
        ]
        kept = {wire.key for wire in wires}
        copies: list[Record] = []
        for record in placed:
            parent = names.get(record.parent, "") or self._landing(record, offset)
            copy = replace(moved(record, offset.x(), offset.y()), id=names[record.id], parent=parent, locked=False)
            if isinstance(copy, Reroute):
                copy = replace(copy, wire=(names[copy.wire[0]], copy.wire[1]))
                if copy.wire not in kept:
                    continue
            copies.append(copy)
        chosen: set[RecordId] = {names[r.id] for r in placed if r.parent not in names and r.id not in part.reroutes}
        brought = {}
        for name, value in of_nodes(weights, part.nodes.keys()).items():
            node, _, suffix = name.rpartition(".")
            brought[f"{names[node]}.{suffix}"] = value
        return self._editing.session.edits.add((*copies, *wires), text), brought, chosen

    def _landing(self, record: Placed, offset: QPointF) -> str:
        """The frame in which a copy comes to lie that has none of its own."""
        size = getattr(record, "size", (2.0, 2.0))
        rect = QRectF(QPointF(*record.position) + offset, QSizeF(*size))
        return self._editing.scene.frame_around(rect)


def _stem(record_id: str) -> str:
    """h for h2: copies continue the count. An id of digits alone stays whole."""
    return record_id.rstrip("0123456789") or record_id
