"""The edits that the canvas asks for, made from what is on it: new nodes and wires."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSizeF

from compute.analysis import Connections, can_connect
from compute.data_edits import free_columns
from compute.document import Document
from compute.edits import Edit, Editor
from compute.graph import Graph, Node, Port, Wire
from compute.ops import find, role_of
from compute.ops.base import Op
from editor.canvas.face import FIRST_ROW, face
from editor.canvas.scene import Scene
from editor.canvas.source import Source

# How the field names such things, where their op does not say it.
_GROUP_STEMS = {"layer": "h", "activation": "a", "loss": "loss"}
_GAP = 20.0


class Editing:
    """Builds edits for a session whose document is shown by a scene."""

    def __init__(self, session: Source, scene: Scene) -> None:
        self.session, self.scene = session, scene

    @property
    def graph(self) -> Graph:
        return self.session.document.graph

    def classes(self) -> dict[str, int]:
        """The classes of targets, as far as the data has told them."""
        shapes = self.session.snapshot.analysis.shapes
        return {
            node.id: int(shapes[node.id][-1])
            for node in self.graph.nodes.values()
            if role_of(node.op) == "target" and len(shapes.get(node.id, ())) == 2
        }

    def connections(self) -> Connections:
        """Which new wires the graph would take as it is now."""
        session = self.session
        known = session.snapshot.analysis if session.snapshot.revision == session.revision else None
        return Connections(self.graph, self.classes(), known)

    # -- new nodes ------------------------------------------------------------------------------------------

    def new_node(self, op_name: str, corner: QPointF) -> Node:
        """A node of an op with a short free id and useful settings."""
        op = find(op_name)
        stem = (op.stem or _GROUP_STEMS.get(op.group)) if op else ""
        params: dict[str, Any] = {}
        table = self.session.snapshot.table
        if op is not None and op.is_data and table is not None:
            columns = free_columns(self.session.document, op.role, table)
            if columns:
                params["columns"] = columns
        return self.at(Node(self.graph.free_id(stem or op_name), op_name, params), corner)

    def at(self, node: Node, corner: QPointF) -> Node:
        """A node with its corner at a point, in the frame that is there."""
        position = (round(corner.x()), round(corner.y()))
        parent = self.scene.frame_around(QRectF(QPointF(*position), QSizeF(*self.size(node))))
        return replace(node, position=position, parent=parent)

    def add(self, node: Node, wires: tuple[Wire, ...] = ()) -> Edit:
        """Add a node; the first loss of a document becomes the one that is trained."""
        op = find(node.op)
        edit = self.session.edits.add_node(node, wires, f"Add {op.title if op else node.op}")
        if role_of(node.op) == "loss" and self.session.document.training.loss not in self.graph.nodes:
            more = self.session.edits.set_training("", loss=node.id)
            edit = Edit(edit.text, edit.changes + more.changes)
        return edit

    def size(self, node: Node) -> tuple[float, float]:
        """The room a new node will take."""
        shape = face(node, self.session.snapshot.analysis)
        return shape.width, shape.height

    def free_place(self, node: Node, near: QPointF) -> QPointF:
        """The corner nearest to a wanted one, going down, where the node overlaps no other."""
        return self.free_corner(self.size(node), near)

    def free_corner(self, size: tuple[float, float], near: QPointF) -> QPointF:
        """The same for an area of a size; notes are no place for it either."""
        width, height = size
        place = QPointF(near)
        while True:
            rect = QRectF(place.x(), place.y(), width, height).adjusted(-_GAP, -_GAP, _GAP, _GAP)
            hit = [v.rect for v in self.scene.nodes.values() if v.rect.intersects(rect)]
            hit += [v.rect for v in self.scene.notes.values() if v.rect.intersects(rect)]
            if not hit:
                return place
            place.setY(max(r.bottom() for r in hit) + _GAP + 1)

    def insert_port(self, node: Node, wire: Wire) -> str | None:
        """The port of a new node through which a wire can be led, if there is one."""
        op = find(node.op)
        if op is None:
            return None
        trial = self.graph.copy()
        trial.nodes[node.id] = node
        del trial.wires[wire.key]
        for port in op.ports:
            if can_connect(trial, wire.source, node.id, port, self.classes()):
                continue
            trial.wires[node.id, port] = Wire(wire.source, node.id, port)
            if not can_connect(trial, node.id, wire.target, wire.port, self.classes()):
                return port
            del trial.wires[node.id, port]
        return None

    # -- wires ----------------------------------------------------------------------------------------------

    def first_wire(self, source: str, target: str) -> tuple[Wire | None, str]:
        """A wire to the first free port of a node that takes it; else None and why the last one refused."""
        node = self.graph.nodes[target]
        op = find(node.op)
        refusal = f"{node.label} has no free port; remove a wire first."
        connections = self.connections()
        for port in op.ports if op else ():
            if (target, port) not in self.graph.wires:
                refusal = connections.refusal(source, target, port)
                if not refusal:
                    return Wire(source, target, port), ""
        return None, refusal

    def rewire(self, old: Port, new: Wire) -> Edit:
        """A wire led to another port, with its points, in one step."""
        gone = self.session.edits.remove({old})
        trial = Document(graph=self.graph.copy())
        gone.apply(trial)
        points = [replace(point, wire=new.key) for point in self.graph.points().get(old, ())]
        added = Editor(trial).add((new, *points), "")
        return Edit(f"Move wire to {new.target}", gone.changes + added.changes)

    def takes(self, op: Op, source: str | None, target: Port | None) -> str | None:
        """The port of an op through which a dropped wire could go on ("" for its output), or None."""
        node = self.new_node(op.name, QPointF())
        trial = self.upstream([source] if source is not None else [target[0]] if target is not None else [])
        trial.nodes[node.id] = node
        if source is not None:
            ports = (p for p in op.ports if not can_connect(trial, source, node.id, p, self.classes()))
            return next(ports, None)
        if target is not None:
            return "" if not can_connect(trial, node.id, *target, self.classes()) else None
        return None

    def upstream(self, node_ids: Iterable[str]) -> Graph:
        """The part of the graph that leads to some nodes: all that decides what wires from them carry."""
        keep: set[str] = set()
        stack = list(node_ids)
        feeds: dict[str, list[str]] = {}
        for wire in self.graph.wires.values():
            feeds.setdefault(wire.target, []).append(wire.source)
        while stack:
            here = stack.pop()
            if here not in keep:
                keep.add(here)
                stack += feeds.get(here, [])
        nodes = (n for n in self.graph.nodes.values() if n.id in keep)
        return Graph(nodes, (w for w in self.graph.wires.values() if w.target in keep and w.source in keep))

    def place_for(self, node: Node, point: QPointF, port: str | None) -> QPointF:
        """The corner of a new node such that its port (or output, or its header) is at a point."""
        width, _ = self.size(node)
        if port is None:
            return QPointF(point.x() - width / 2, point.y() - 15)
        if port == "":
            return QPointF(point.x() - width, point.y() - FIRST_ROW)
        op = find(node.op)
        index = op.ports.index(port) if op else 0
        return point - face(node, self.session.snapshot.analysis).input(index)
