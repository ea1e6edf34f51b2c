"""The records on the canvas: nodes and wires, which are the computation graph, and frames, notes and reroute points.

A node has one output; a wire feeds one input port of another node; a port takes one wire; an output
feeds any number. Records are immutable and addressed by id, so that an edit is plain data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Literal

Port = tuple[str, str]
"""An input port: (node id, port name)."""
RecordId = str | Port
"""A wire goes by the port that it feeds; everything else has a name of its own, which no other record has."""
Off = Literal["", "mute", "bypass"]


@dataclass(frozen=True, slots=True)
class Node:
    """One operation in the graph. ``extra`` keeps the file's unknown fields.

    parent: the frame that it lies in ("" for none); off: switched off with all that needs it (mute), or passing its
    first input through (bypass); collapsed: shown as its header alone; locked: neither moved nor deleted.
    """

    id: str
    op: str
    params: Mapping[str, Any] = field(default_factory=dict)
    position: tuple[float, float] = (0.0, 0.0)
    title: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    parent: str = ""
    off: Off = ""
    collapsed: bool = False
    locked: bool = False

    @property
    def label(self) -> str:
        """What people call this node: its title, else its id."""
        return self.title or self.id


@dataclass(frozen=True, slots=True)
class Wire:
    """A connection from the output of ``source`` to ``port`` of ``target``."""

    source: str
    target: str
    port: str
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> Port:
        """The port this wire feeds; a port takes one wire, so this identifies the wire."""
        return self.target, self.port

    id = key


@dataclass(frozen=True, slots=True)
class Frame:
    """A titled area of the canvas; what has it as its parent moves with it. color: "" or the name of a hue."""

    id: str
    position: tuple[float, float] = (0.0, 0.0)
    size: tuple[float, float] = (0.0, 0.0)
    title: str = ""
    color: str = ""
    parent: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    locked: bool = False

    @property
    def label(self) -> str:
        """What people call this frame."""
        return self.title or self.id


@dataclass(frozen=True, slots=True)
class Note:
    """A text on the canvas, in which formulas stand between dollar signs."""

    id: str
    position: tuple[float, float] = (0.0, 0.0)
    size: tuple[float, float] = (0.0, 0.0)
    text: str = ""
    color: str = ""
    parent: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Reroute:
    """A point that the wire at a port runs through, after those that come before it in the graph."""

    id: str
    wire: Port
    position: tuple[float, float] = (0.0, 0.0)
    parent: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    locked: bool = False


Record = Node | Wire | Frame | Note | Reroute
Placed = Node | Frame | Note | Reroute
"""A record with a position and a parent of its own; a wire runs where its ends are."""


class Graph:
    """The table of records: one part for each kind, by id. Insertion order is kept and is meaningful."""

    def __init__(
        self,
        nodes: Iterable[Node] = (),
        wires: Iterable[Wire] = (),
        frames: Iterable[Frame] = (),
        notes: Iterable[Note] = (),
        reroutes: Iterable[Reroute] = (),
    ) -> None:
        self.nodes: dict[str, Node] = {node.id: node for node in nodes}
        self.wires: dict[Port, Wire] = {wire.key: wire for wire in wires}
        self.frames: dict[str, Frame] = {frame.id: frame for frame in frames}
        self.notes: dict[str, Note] = {note.id: note for note in notes}
        self.reroutes: dict[str, Reroute] = {reroute.id: reroute for reroute in reroutes}
        self.extra: Mapping[str, Any] = {}
        self.unplaced: frozenset[str] = frozenset()
        """The ids of what a file gives no place, until it is laid out; its position says nothing."""

    def copy(self) -> Graph:
        """An independent graph with the same (immutable) records."""
        twin = Graph()
        for kind, table in self.tables().items():
            twin.table(kind).update(table)
        twin.extra, twin.unplaced = self.extra, self.unplaced
        return twin

    # -- the records ----------------------------------------------------------------------------------------

    def tables(self) -> dict[type[Record], dict[Any, Any]]:
        """The parts of the table, by kind."""
        return {Node: self.nodes, Wire: self.wires, Frame: self.frames, Note: self.notes, Reroute: self.reroutes}

    def table(self, kind: type[Record]) -> dict[Any, Any]:
        """The part of the table that holds a kind of record."""
        return self.tables()[kind]

    def records(self) -> Iterator[Record]:
        """Every record, kind by kind."""
        for table in self.tables().values():
            yield from table.values()

    def find(self, record_id: RecordId) -> Record | None:
        """The record of an id, if there is one."""
        if not isinstance(record_id, str):
            return self.wires.get(record_id)
        found = self.nodes.get(record_id) or self.frames.get(record_id)
        return found or self.notes.get(record_id) or self.reroutes.get(record_id)

    def placed(self, record_id: RecordId) -> Placed | None:
        """The record of an id, if it is there and has a place of its own."""
        record = self.find(record_id)
        return None if isinstance(record, Wire) else record

    def inside(self, frame_ids: Set[RecordId]) -> set[str]:
        """The ids of everything that lies in some frames, and in the frames in them."""
        found: set[str] = set()
        new: set[Any] = set(frame_ids)
        while new:
            held = (r for r in self.records() if not isinstance(r, Wire) and r.parent in new)
            new = {record.id for record in held} - found
            found |= new
        return found

    def locked(self, ids: Iterable[RecordId]) -> set[RecordId]:
        """Those of some records that are locked; a wire never is."""
        return {i for i in ids if (record := self.placed(i)) is not None and record.locked}

    def part(self, ids: Set[RecordId], *, inputs: bool = False) -> Graph:
        """Some things with what lies in the frames among them, and the wires between them with their points.

        inputs: also the wires that come from elsewhere.
        """
        chosen = {*ids, *self.inside(ids)}
        part = Graph()
        part.nodes = {i: node for i, node in self.nodes.items() if i in chosen}
        part.wires = {
            key: wire
            for key, wire in self.wires.items()
            if wire.target in part.nodes and (inputs or wire.source in part.nodes)
        }
        part.frames = {i: frame for i, frame in self.frames.items() if i in chosen}
        part.notes = {i: note for i, note in self.notes.items() if i in chosen}
        part.reroutes = {i: point for i, point in self.reroutes.items() if point.wire in part.wires}
        for record in list(part.records()):
            if not isinstance(record, Wire) and record.parent not in part.frames:
                part.table(type(record))[record.id] = replace(record, parent="")
        return part

    def points(self) -> dict[Port, list[Reroute]]:
        """The reroute points of each wire that has some, in their order."""
        found: dict[Port, list[Reroute]] = {}
        for reroute in self.reroutes.values():
            found.setdefault(reroute.wire, []).append(reroute)
        return found

    # -- the computation ------------------------------------------------------------------------------------

    def sources(self, node_id: str) -> dict[str, str]:
        """Port name → id of the node that feeds it, for the wired ports of one node."""
        from compute.ops import find

        node = self.nodes[node_id]
        op = find(node.op)
        ports = op.ports if op else tuple(port for target, port in self.wires if target == node_id)
        return {port: self.wires[node_id, port].source for port in ports if (node_id, port) in self.wires}

    def outgoing(self) -> dict[str, list[Wire]]:
        """Node id → the wires that leave it, for every node."""
        leaving: dict[str, list[Wire]] = {node_id: [] for node_id in self.nodes}
        for wire in self.wires.values():
            if wire.source in leaving:
                leaving[wire.source].append(wire)
        return leaving

    def order(self) -> tuple[list[str], set[str]]:
        """Node ids in computation order (Kahn, stable), and the ids that a cycle keeps out of it."""
        nodes, waiting = self.nodes, dict.fromkeys(self.nodes, 0)
        leaving: dict[str, list[str]] = {}
        for (target, _), wire in self.wires.items():
            if wire.source in nodes and target in nodes:
                waiting[target] += 1
                leaving.setdefault(wire.source, []).append(target)
        ready = [node_id for node_id, count in waiting.items() if count == 0]
        for node_id in ready:  # which grows
            for target in leaving.get(node_id, ()):
                waiting[target] -= 1
                if not waiting[target]:
                    ready.append(target)
        return ready, self.nodes.keys() - ready

    def reached(self, start: str) -> set[str]:
        """The nodes that a path of wires leads to from ``start``, itself among them."""
        leaving = self.outgoing()
        seen, stack = {start}, [start]
        while stack:
            for wire in leaving.get(stack.pop(), ()):
                if wire.target not in seen:
                    seen.add(wire.target)
                    stack.append(wire.target)
        return seen

    def reaches(self, start: str, goal: str) -> bool:
        """Whether a path of wires leads from ``start`` to ``goal`` (a node reaches itself)."""
        return goal in self.reached(start)

    def cycle(self) -> list[str]:
        """The ids along one cycle, in wire order, or an empty list if there is none."""
        left = self.order()[1]
        if not left:
            return []
        # Every node left over has a source that is left over too, so walking backwards must repeat.
        before: dict[str, str] = {}
        for wire in self.wires.values():
            if wire.source in left:
                before.setdefault(wire.target, wire.source)
        path: dict[str, None] = {}
        node_id = min(left)
        while node_id not in path:
            path[node_id] = None
            node_id = before[node_id]
        walked = list(path)
        return walked[walked.index(node_id) :][::-1]

    def free_id(self, stem: str) -> str:
        """The first id that no record has among stem, stem2, stem3, …"""
        return self.free_ids()(stem)

    def free_ids(self) -> Callable[[str], str]:
        """As ``free_id``, for many: a function that gives no id twice, and goes on counting where it was."""
        taken = self.nodes.keys() | self.frames.keys() | self.notes.keys() | self.reroutes.keys()
        numbers: dict[str, Iterator[int]] = {}

        def free(stem: str) -> str:
            found = stem
            while found in taken:
                found = f"{stem}{next(numbers.setdefault(stem, count(2)))}"
            taken.add(found)
            return found

        return free


def moved(record: Placed, dx: float, dy: float) -> Placed:
    """The record that far away."""
    return replace(record, position=(record.position[0] + dx, record.position[1] + dy))


def columns_of(node: Node) -> list[str]:
    """The columns that a node names; none where its setting is something else, which the analysis says."""
    names = node.params.get("columns")
    return [str(name) for name in names] if isinstance(names, list | tuple) else []
