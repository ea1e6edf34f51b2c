"""A node put into a wire: where it stands, and what makes room for it."""

from __future__ import annotations

from collections.abc import Set

from PySide6.QtCore import QPointF, QRectF

from compute.document import Document
from compute.edits import Edit, Editor
from compute.graph import Node, Port, Wire
from editor.canvas.arranging import pushed
from editor.canvas.editing import Editing
from editor.canvas.scene import Scene

_BEFORE, _BEHIND = 60.0, 100.0
"""Between a node in a wire and the wire's source, and its target: where the labels of the two wires stand."""
_APART = 20.0


def put_into(editing: Editing, node: Node, key: Port, port: str, text: str = "") -> Edit:
    """A node, new or of the graph, led into a wire through a port of it; what follows in the same line makes room."""
    wire, session = editing.graph.wires[key], editing.session
    corner = place_in(editing, node, wire)
    node = editing.at(node, corner)
    edit = session.edits.insert_on_wire(node, port, wire)
    rect = QRectF(corner.x(), corner.y(), *editing.size(node))
    nodes, push = _pushed_by(editing.scene, rect, wire, {node.id})
    trial = Document(graph=editing.graph.copy())
    edit.apply(trial)
    return Edit(text or edit.text, edit.changes + pushed(Editor(trial), nodes, push).changes)


def place_in(editing: Editing, node: Node, wire: Wire) -> QPointF:
    """The corner of a node in a wire that runs ahead: where it was let go, but not before the wire's source."""
    source, target = editing.scene.nodes[wire.source].rect, editing.scene.nodes[wire.target].rect
    corner = QPointF(*node.position)
    if target.left() > source.right() and corner.x() < source.right() + _BEFORE:
        corner.setX(round(source.right() + _BEFORE))
    return corner


def _pushed_by(scene: Scene, rect: QRectF, wire: Wire, own: Set[str]) -> tuple[set[str], float]:
    """What goes to the right for a node in a wire, and how far: the wire's target with all that its line leads to, and
    whatever these would come to lie on."""
    target = scene.nodes[wire.target].rect
    push = rect.right() + _BEHIND - target.left()
    if target.right() < rect.left() or push <= 0:
        return set(), 0.0
    keep = {wire.source, *own}
    found = _line_from(scene, {wire.target}, keep)
    while True:
        moved = [scene.nodes[i].rect.translated(push, 0).adjusted(-_APART, -_APART, _APART, _APART) for i in found]
        moved.append(rect.adjusted(0, 0, _APART, 0))
        hit = {
            i
            for i, view in scene.nodes.items()
            if i not in found
            and i not in keep
            and any(area.intersects(view.rect) for area in moved)
            # What stands before the new node stays: it is not in the way of what goes on behind it.
            and view.rect.left() > rect.left()
        }
        if not hit:
            return found, push
        found |= _line_from(scene, hit, keep)


def _line_from(scene: Scene, nodes: Set[str], keep: Set[str]) -> set[str]:
    """Some nodes, and those that wires from them lead to further to the right: the rest of their line, not the next."""
    found, waiting = set(), list(nodes)
    while waiting:
        here = waiting.pop()
        if here in found or here in keep:
            continue
        found.add(here)
        led = (scene.wires[key] for key in scene.at_node.get(here, ()) if key[0] != here)
        waiting += [wire.key[0] for wire in led if wire.end.x() > wire.start.x()]
    return found
