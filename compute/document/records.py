"""The records of the canvas as they stand in a file: nodes, wires, frames, notes and reroute points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from itertools import count
from typing import Any, Literal

import msgspec
import numpy as np

from compute.document.checking import FARTHEST, check_place, checked, checked_all, unique
from compute.errors import GradwireError
from compute.graph import Frame, Graph, Node, Note, Placed, Port, Reroute, Wire

Rect = tuple[float, float, float, float]

_MOST_ADOPTING = 2000
"""Frames of an older document in which the things that lie in them are looked for."""


class NodeFile(msgspec.Struct):
    id: str
    op: str
    params: dict[str, Any] = {}
    position: tuple[float, float] = (0.0, 0.0)
    title: str = ""
    parent: str = ""
    off: Literal["", "mute", "bypass"] = ""
    collapsed: bool = False
    locked: bool = False


class WireFile(msgspec.Struct):
    source: str = msgspec.field(name="from")
    target: str = msgspec.field(name="to")
    port: str


class FrameFile(msgspec.Struct):
    id: str = ""
    rect: Rect = (0.0, 0.0, 0.0, 0.0)
    title: str = ""
    color: str = ""
    parent: str = ""
    locked: bool = False


class NoteFile(msgspec.Struct):
    id: str
    rect: Rect = (0.0, 0.0, 0.0, 0.0)
    text: str = ""
    color: str = ""
    parent: str = ""
    locked: bool = False


class RerouteFile(msgspec.Struct):
    id: str
    wire: tuple[str, str]
    position: tuple[float, float] = (0.0, 0.0)
    parent: str = ""
    locked: bool = False


class GraphFile(msgspec.Struct):
    """What the lists hold is looked at later, many things at a time."""

    nodes: list[Any] = []
    wires: list[Any] = []
    frames: list[Any] = []
    notes: list[Any] = []
    reroutes: list[Any] = []


def graph_from_json(raw: Any) -> Graph:
    """The graph of a document, unknown fields included. Errors: GradwireError with the path of what is wrong.

    A frame of an older document has no id: it gets a free one, and what lies in it becomes its own.
    """
    file, extra = checked(GraphFile, raw, "graph")
    nodes = [_node(*each) for each in checked_all(NodeFile, file.nodes, "graph.nodes")]
    unique([node.id for node in nodes], "graph.nodes: two nodes have the id {}; rename one.")
    ids = {node.id for node in nodes}
    wires = [_wire(*each, ids) for each in checked_all(WireFile, file.wires, "graph.wires")]
    ports = {wire.key for wire in wires}
    if len(ports) < len(wires):
        unique(
            [f"{wire.target}.{wire.port}" for wire in wires],
            "graph.wires: two wires feed the port {}; a port takes one, so remove the other.",
        )
    frames = [_frame(item, f"graph.frames[{i}]") for i, item in enumerate(file.frames)]
    notes = [_note(item, f"graph.notes[{i}]") for i, item in enumerate(file.notes)]
    reroutes = [_reroute(item, f"graph.reroutes[{i}]", ports) for i, item in enumerate(file.reroutes)]
    given = [record.id for part in (nodes, frames, notes, reroutes) for record in part if record.id]
    unique(given, "graph: two things on the canvas have the id {}; rename one.")
    free = _free_frame_ids(set(given))
    frames, old = [frame if frame.id else replace(frame, id=next(free)) for frame in frames], frames
    graph = Graph(nodes, wires, frames, notes, reroutes)
    placeless = [record.id for record, item in zip(nodes, file.nodes, strict=True) if "position" not in item]
    placeless += [frame.id for frame, item in zip(frames, file.frames, strict=True) if "rect" not in item]
    placeless += [note.id for note, item in zip(notes, file.notes, strict=True) if "rect" not in item]
    placeless += [point.id for point, item in zip(reroutes, file.reroutes, strict=True) if "position" not in item]
    graph.unplaced = frozenset(placeless)
    _adopt(graph, [frame for frame, before in zip(frames, old, strict=True) if not before.id])
    _check_parents(graph)
    graph.extra = extra
    return graph


def _node(i: int, file: NodeFile, extra: dict[str, Any]) -> Node:
    if not file.id:
        raise GradwireError(f"graph.nodes[{i}]: the id is empty; give every node an id of its own.")
    x, y = file.position
    if not (-FARTHEST <= x <= FARTHEST and -FARTHEST <= y <= FARTHEST):
        check_place(file.position, f"graph.nodes[{i}].position: node {file.title or file.id}", "two")
    shown = file.parent, file.off, file.collapsed, file.locked
    return Node(file.id, file.op, file.params, file.position, file.title, extra, *shown)


def _wire(i: int, file: WireFile, extra: dict[str, Any], nodes: Set[str]) -> Wire:
    if file.source not in nodes or file.target not in nodes:
        end, node_id = ("to", file.target) if file.source in nodes else ("from", file.source)
        raise GradwireError(f"graph.wires[{i}].{end}: there is no node {node_id!r}; name one of the nodes.")
    return Wire(file.source, file.target, file.port, extra)


def _frame(item: Any, where: str) -> Frame:
    file, extra = checked(FrameFile, item, where)
    check_place(file.rect, f"{where}.rect: frame {file.title or file.id}".rstrip(), "four")
    return Frame(file.id, file.rect[:2], file.rect[2:], file.title, file.color, file.parent, extra, file.locked)


def _note(item: Any, where: str) -> Note:
    file, extra = checked(NoteFile, item, where)
    if not file.id:
        raise GradwireError(f"{where}: the id is empty; give every note an id of its own.")
    check_place(file.rect, f"{where}.rect: note {file.id}", "four")
    return Note(file.id, file.rect[:2], file.rect[2:], file.text, file.color, file.parent, extra, file.locked)


def _reroute(item: Any, where: str, ports: Set[Port]) -> Reroute:
    file, extra = checked(RerouteFile, item, where)
    if not file.id:
        raise GradwireError(f"{where}: the id is empty; give every reroute point an id of its own.")
    if file.wire not in ports:
        target, port = file.wire
        raise GradwireError(f"{where}.wire: no wire feeds port {port} of {target!r}; name a node and a wired port.")
    check_place(file.position, f"{where}.position: reroute point {file.id}", "two")
    return Reroute(file.id, file.wire, file.position, file.parent, extra, file.locked)


def _free_frame_ids(taken: Set[str]) -> Iterator[str]:
    """frame, frame2, frame3, … without those that are taken."""
    names = (f"frame{number if number > 1 else ''}" for number in count(1))
    return (name for name in names if name not in taken)


def _adopt(graph: Graph, frames: Sequence[Frame]) -> None:
    """What lies in frames of an older document becomes theirs: each thing that of the smallest one around it."""
    # One that has no size holds nothing. People drew some; with very many in a file, each thing would be asked of each.
    by_size = sorted((f for f in frames if min(f.size) > 0), key=lambda frame: frame.size[0] * frame.size[1])
    if not 0 < len(by_size) <= _MOST_ADOPTING:
        return
    near = np.array([frame.position for frame in by_size])
    far = near + np.array([frame.size for frame in by_size])

    def smallest(start: int, *points: tuple[float, float]) -> str:
        """The smallest frame, from that place in their order on, around all of these points."""
        around = np.all([(near[start:] <= point) & (point <= far[start:]) for point in points], axis=(0, 2))
        first = int(around.argmax()) if around.size else 0
        return by_size[start + first].id if around.any() else ""

    for node in list(graph.nodes.values()):
        parent = smallest(0, node.position)
        if parent and not node.parent and node.id not in graph.unplaced:
            graph.nodes[node.id] = replace(node, parent=parent)
    places = {frame.id: i for i, frame in enumerate(by_size)}
    # Those without a size come before all others.
    for frame in frames:
        corner = (frame.position[0] + frame.size[0], frame.position[1] + frame.size[1])
        parent = smallest(places.get(frame.id, -1) + 1, frame.position, corner)
        if parent and not frame.parent:
            graph.frames[frame.id] = replace(frame, parent=parent)


def _check_parents(graph: Graph) -> None:
    """Errors: GradwireError for a parent that is no frame, and for a frame that lies in itself."""
    for name, kind in (("nodes", Node), ("frames", Frame), ("notes", Note), ("reroutes", Reroute)):
        for i, record in enumerate(graph.table(kind).values()):
            if record.parent and record.parent not in graph.frames:
                raise GradwireError(
                    f"graph.{name}[{i}].parent: there is no frame {record.parent!r}; name one of the frames."
                )
    safe = {""}
    for i, frame_id in enumerate(graph.frames):
        way: set[str] = set()
        here = frame_id
        while here not in safe:
            if here in way:
                raise GradwireError(
                    f"graph.frames[{i}].parent: frame {frame_id} lies in itself; give it another parent."
                )
            way.add(here)
            here = graph.frames[here].parent
        safe |= way


def graph_to_json(graph: Graph) -> dict[str, Any]:
    """The graph as plain JSON values, unknown fields included; what has its default is left out."""
    out: dict[str, Any] = {
        "nodes": [_placed(_node_to_json(node), node, graph) for node in graph.nodes.values()],
        "wires": [{"from": w.source, "to": w.target, "port": w.port} | dict(w.extra) for w in graph.wires.values()],
        "frames": [
            _placed(_written({"id": f.id, "rect": _rect(f)}, f, "title", "color"), f, graph)
            for f in graph.frames.values()
        ],
    }
    if graph.notes:
        out["notes"] = [
            _placed(_written({"id": n.id, "rect": _rect(n)}, n, "text", "color"), n, graph)
            for n in graph.notes.values()
        ]
    if graph.reroutes:
        out["reroutes"] = [
            _placed(_written({"id": r.id, "wire": list(r.wire), "position": _rounded(r.position)}, r), r, graph)
            for r in graph.reroutes.values()
        ]
    return out | dict(graph.extra)


def _node_to_json(node: Node) -> dict[str, Any]:
    always = {"id": node.id, "op": node.op, "params": node.params, "position": _rounded(node.position)}
    return _written(always, node, "title", "off", "collapsed")


def _placed(written: dict[str, Any], record: Placed, graph: Graph) -> dict[str, Any]:
    """A record as it is written: without a place, where none was given and none was found."""
    if record.id in graph.unplaced and record.position == (0.0, 0.0):
        return {name: value for name, value in written.items() if name not in ("position", "rect")}
    return written


def _written(always: dict[str, Any], record: Placed, *fields: str) -> dict[str, Any]:
    """What is always written of a record, with those fields that have another value than their default."""
    more = {name: getattr(record, name) for name in (*fields, "parent", "locked")}
    return always | {name: value for name, value in more.items() if value} | dict(record.extra)


def _rounded(numbers: tuple[float, ...]) -> list[float]:
    return [round(float(number), 2) for number in numbers]


def _rect(record: Frame | Note) -> list[float]:
    return _rounded((*record.position, *record.size))
