"""How a new node is wired to what is selected, and where it stands beside that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF

from compute.analysis import can_connect
from compute.graph import Node, Wire
from compute.ops import find, role_of
from compute.ops.base import Op
from editor.canvas.editing import Editing
from editor.canvas.layering import GAP_X
from editor.canvas.scene import Scene


@dataclass(frozen=True)
class Join:
    """The wires of a new node, its corner, and why it has none where it should."""

    wires: tuple[Wire, ...]
    corner: QPointF
    refusal: str = ""


def join(editing: Editing, node: Node, chosen: Iterable[str]) -> Join:
    """Wires from the chosen nodes into a new one, from left to right; else from it to the only one of them.

    It stands to the right of what feeds it, or to the left of what it feeds, on a level with its wire.
    """
    scene, op = editing.scene, find(node.op)
    sources = sorted(chosen, key=lambda i: (scene.nodes[i].rect.left(), scene.nodes[i].rect.top()))
    wires, refusal = _into(editing, node, op, sources) if op is not None else ((), "")
    if wires:
        at = [scene.nodes[wire.source].output() for wire in wires]
        point = QPointF(max(p.x() for p in at) + GAP_X, sum(p.y() for p in at) / len(at))
        port = wires[0].port if len(wires) == 1 else None
        corner = editing.place_for(node, point, port)
        if port is None:
            corner.setX(point.x())
        return Join(wires, editing.free_place(node, corner))
    if len(sources) == 1:
        out, why = _out_of(editing, node, sources[0])
        refusal = refusal or why
        if out is not None:
            at_port = scene.input_point(out.key)
            corner = editing.place_for(node, at_port - QPointF(GAP_X, 0), "")
            return Join((out,), editing.free_place(node, corner))
    return Join((), editing.free_place(node, beside(scene, sources)), refusal)


def beside(scene: Scene, chosen: Sequence[str]) -> QPointF:
    """A corner to the right of some nodes."""
    rects = [scene.nodes[i].rect for i in chosen]
    return QPointF(max(r.right() for r in rects) + GAP_X, min(r.top() for r in rects))


def _into(editing: Editing, node: Node, op: Op, sources: Sequence[str]) -> tuple[tuple[Wire, ...], str]:
    """A wire from each source to the first free port that takes it; and why the first without one is refused."""
    trial = editing.upstream(sources)
    trial.nodes[node.id] = node
    wires: list[Wire] = []
    refusal = ""
    for source in sources:
        # The truth belongs where a loss looks for it.
        truth = op.truth if role_of(trial.nodes[source].op) == "target" else ""
        for port in sorted(op.ports, key=lambda port: port != truth):
            if (node.id, port) in trial.wires:
                continue
            why = can_connect(trial, source, node.id, port, editing.classes())
            if not why:
                wire = Wire(source, node.id, port)
                trial.wires[wire.key] = wire
                wires.append(wire)
                break
            refusal = refusal or why
    return tuple(wires), refusal


def _out_of(editing: Editing, node: Node, target: str) -> tuple[Wire | None, str]:
    """A wire from a new node to the first free port of another; else None and why the last one refused."""
    graph, refusal = editing.graph, ""
    op = find(graph.nodes[target].op)
    if op is None or role_of(node.op) == "loss":
        return None, ""
    trial = editing.upstream([target])
    trial.nodes[node.id] = node
    # The truth goes where a loss looks for it, and nothing else does.
    ports = [p for p in op.ports if (role_of(node.op) == "target") == (p == op.truth) or not op.truth]
    for port in ports:
        if (target, port) not in graph.wires:
            refusal = can_connect(trial, node.id, target, port, editing.classes())
            if not refusal:
                return Wire(node.id, target, port), ""
    return None, refusal
