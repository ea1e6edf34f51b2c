"""Every edit of a document as plain data, by id, that can be applied and taken back.

Two kinds of change cover everything: a record of the canvas is replaced by another (None: it was not there, or is
gone), or a field of the document is. An edit is a tuple of changes; its inverse is the inverses in reverse order.
Weights are not part of edits: they belong to a run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from functools import cached_property
from itertools import islice
from operator import attrgetter
from typing import Any, Literal

from compute.document import REDONE, Document, Exercise, Opening, Watch
from compute.graph import Frame, Graph, Node, Note, Placed, Record, RecordId, Reroute, Wire
from compute.lessons.model import Lesson
from compute.problems import Remedy


class Effect(IntEnum):
    """How far a change reaches; it decides what stays alive. Each goes further than the one before it."""

    LOOKS = 0
    """Places, titles, frames, notes: nothing has to be computed."""
    SETTINGS = 1
    """How the same run is trained on: optimizer, epochs, batch size."""
    DATA = 2
    """Which rows, or in what order: everything is computed anew."""
    GRAPH = 3
    """The network, its loss, or its first weights."""


_LOOKS: Mapping[type[Record], frozenset[str]] = {
    Node: frozenset({"position", "title", "parent", "collapsed", "locked", "extra"}),
    Wire: frozenset({"extra"}),
}
"""The fields of those records that have others too."""
_COMPUTED: Mapping[type[Record], Callable[[Record], object]] = {
    kind: attrgetter(*(each.name for each in fields(kind) if each.name not in looks)) for kind, looks in _LOOKS.items()
}
"""Those others; quick, as one edit may move thousands of nodes."""
_EFFECT_OF_REDOING = {"": Effect.SETTINGS, "data": Effect.DATA, "graph": Effect.GRAPH}
_EFFECT_OF_FIELD = {
    "name": Effect.LOOKS,
    "data": Effect.DATA,
    "lesson": Effect.LOOKS,
    "exercise": Effect.LOOKS,
    "opening": Effect.LOOKS,
    "watches": Effect.SETTINGS,
}


def _differing(before: Any, after: Any) -> set[str]:
    """The names of the fields in which two objects of one dataclass differ."""
    pairs = ((each.name, getattr(before, each.name), getattr(after, each.name)) for each in fields(before))
    return {name for name, one, other in pairs if one is not other and one != other}


@dataclass(frozen=True, slots=True)
class RecordChange:
    """Record ``id`` becomes ``after``; ``index`` is its place among those of its kind, for both directions."""

    id: RecordId
    before: Record | None
    after: Record | None
    index: int = 0

    @property
    def kind(self) -> type[Record]:
        """What kind of record it is about."""
        return type(self.after if self.before is None else self.before)  # type: ignore[return-value]

    def inverse(self) -> RecordChange:
        return RecordChange(self.id, self.after, self.before, self.index)

    @property
    def effect(self) -> Effect:
        computed = _COMPUTED.get(self.kind)
        if computed is None:
            return Effect.LOOKS
        if self.before is None or self.after is None or computed(self.before) != computed(self.after):
            return Effect.GRAPH
        return Effect.LOOKS

    def apply(self, document: Document) -> None:
        _put(document.graph.table(self.kind), self.id, self.after, self.index)

    def inserts(self, document: Document) -> bool:
        """Whether it puts in a record that is not there now."""
        return self.after is not None and self.id not in document.graph.table(self.kind)

    def goes_behind(self, other: RecordChange, document: Document) -> bool:
        """Whether it inserts a record of the same kind behind another one that is inserted."""
        return self.inserts(document) and self.kind is other.kind and self.index > other.index and self.id != other.id

    def followed_by(self, later: Change) -> RecordChange | None:
        """This change and a later one of the same record in one, if the later one changes no record's place."""
        if not isinstance(later, RecordChange) or (later.kind, later.id) != (self.kind, self.id):
            return None
        if self.after is None or later.after is None:
            return None
        return RecordChange(self.id, self.before, later.after, self.index)

    @property
    def key(self) -> object:
        """What it changes."""
        return self.kind, self.id


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of the document becomes ``after``."""

    field: Literal["name", "data", "training", "lesson", "exercise", "opening", "watches"]
    before: Any
    after: Any

    def inverse(self) -> FieldChange:
        return FieldChange(self.field, self.after, self.before)

    @property
    def effect(self) -> Effect:
        if self.field != "training":
            return _EFFECT_OF_FIELD[self.field]
        differ = _differing(self.before, self.after)
        return max((_EFFECT_OF_REDOING[REDONE.get(name, "")] for name in differ), default=Effect.LOOKS)

    def apply(self, document: Document) -> None:
        setattr(document, self.field, self.after)

    def followed_by(self, later: Change) -> FieldChange | None:
        """This change and a later one of the same field in one."""
        same = isinstance(later, FieldChange) and later.field == self.field
        return FieldChange(self.field, self.before, later.after) if same else None

    @property
    def key(self) -> object:
        """What it changes."""
        return self.field


Change = RecordChange | FieldChange


def _put(table: dict[Any, Any], key: Any, value: Any, index: int) -> None:
    """Set, insert at a place, or remove; the order of everything else stays."""
    if value is None:
        table.pop(key, None)
    elif key in table:
        table[key] = value
    else:
        _insert(table, [(index, key, value)])


def _insert(table: dict[Any, Any], new: Iterable[tuple[int, Any, Any]]) -> None:
    """Insert entries, each at its place, in the order of the places."""
    new = list(new)
    # What lies behind the first place moves; all of it once, however many there are.
    moved = list(table.items())[new[0][0] :]
    for key, _ in moved:
        del table[key]
    rest = iter(moved)
    for index, key, value in new:
        table.update(islice(rest, max(0, index - len(table))))
        table[key] = value
    table.update(rest)


@dataclass(frozen=True)
class Edit:
    """One undo step: what people call it, and its changes in order.

    stroke: edits that follow each other with the same one are a single undo step; those without one never are.
    """

    text: str
    changes: tuple[Change, ...]
    stroke: str = ""

    def apply(self, document: Document) -> None:
        """Do it."""
        inserted: list[RecordChange] = []
        for change in (*self.changes, None):
            if inserted and not (isinstance(change, RecordChange) and change.goes_behind(inserted[-1], document)):
                _insert(document.graph.table(inserted[0].kind), [(c.index, c.id, c.after) for c in inserted])
                inserted.clear()
            if isinstance(change, RecordChange) and change.inserts(document):
                inserted.append(change)
            elif change is not None:
                change.apply(document)

    def inverse(self) -> Edit:
        """The edit that takes it back."""
        return Edit(self.text, tuple(change.inverse() for change in reversed(self.changes)), self.stroke)

    def merged_with(self, later: Edit) -> Edit:
        """This edit and a later one as one: what one record or field becomes in several changes, it becomes in one."""
        changes: list[Change] = list(self.changes)
        last = {change.key: at for at, change in enumerate(changes)}
        for change in later.changes:
            at = last.get(change.key)
            both = None if at is None else changes[at].followed_by(change)
            if at is not None and both is not None:
                changes[at] = both
            elif at is not None and at == len(changes) - 1 and changes[at].before is None and change.after is None:
                # Added and removed at once: nothing in between has counted its place.
                changes.pop()
                last = {each.key: place for place, each in enumerate(changes)}
            else:
                last[change.key] = len(changes)
                changes.append(change)
        return Edit(later.text, tuple(c for c in changes if c.before != c.after), later.stroke)

    @cached_property
    def effect(self) -> Effect:
        """How far it reaches: as far as the change that reaches farthest."""
        return max((change.effect for change in self.changes), default=Effect.LOOKS)

    @property
    def only_teaches(self) -> bool:
        """Whether it changes nothing but what is taught with the network, and how it opens."""
        taught = ("lesson", "exercise", "opening")
        return all(isinstance(change, FieldChange) and change.field in taught for change in self.changes)

    @property
    def records(self) -> tuple[RecordChange, ...]:
        """The changes of records."""
        return tuple(change for change in self.changes if isinstance(change, RecordChange))


class Editor:
    """Builds edits against a document; nothing is changed until an edit is applied."""

    def __init__(self, document: Document) -> None:
        self.document = document

    @property
    def graph(self) -> Graph:
        return self.document.graph

    def add_node(self, node: Node, wires: tuple[Wire, ...] = (), text: str = "") -> Edit:
        """A new node, with wires from or to it; wires replace what feeds their ports."""
        return self.add((node, *wires), text or f"Add {node.label}")

    def add(self, records: Iterable[Record], text: str) -> Edit:
        """Several records at once (paste, duplicate); a wire replaces what feeds its port."""
        changes: list[Change] = []
        new = dict.fromkeys(self.graph.tables(), 0)
        for record in records:
            table, kind = self.graph.table(type(record)), type(record)
            old = table.get(record.id)
            index = 0 if old else len(table) + new[kind]
            new[kind] += old is None
            if old is not None:
                changes += self._without_points({record.id})
            changes.append(RecordChange(record.id, old, record, index))
        return Edit(text, tuple(changes))

    def connect(self, wire: Wire) -> Edit:
        """A wire; what fed its port before is replaced in the same step."""
        return self.add((wire,), f"Connect {wire.source} to {wire.target}")

    def insert_on_wire(self, node: Node, port: str, wire: Wire) -> Edit:
        """A new node in the middle of a wire: the wire's source feeds ``port`` of it, and it feeds the wire's port.

        Of the wire's points, those to the left of the node are then in the wire that leads to it.
        """
        before, after = Wire(wire.source, node.id, port), Wire(node.id, wire.target, wire.port)
        points = [p for p in self.graph.points().get(wire.key, ()) if p.position[0] < node.position[0]]
        led = (RecordChange(p.id, p, replace(p, wire=before.key)) for p in points)
        new = self.add((node, before), f"Add {node.label}")
        return Edit(new.text, (*new.changes, RecordChange(after.key, wire, after), *led))

    def _without_points(self, wires: Set[RecordId]) -> list[Change]:
        """The reroute points of some wires removed."""
        gone = {p.id for p in self.graph.reroutes.values() if p.wire in wires}
        return self._removals(self.graph.reroutes, gone)

    def _removals(self, table: Mapping[Any, Record], gone: Set[Any]) -> list[Change]:
        # From the back, so that each index is right both when removing and, reversed, when putting back.
        found = [(i, key) for i, key in enumerate(table) if key in gone]
        return [RecordChange(key, table[key], None, i) for i, key in reversed(found)]

    def remove(self, ids: Set[RecordId], text: str = "") -> Edit:
        """Records with all that cannot be without them: the wires at a node, the reroute points of a wire.

        What lies in a frame stays, and then lies in what the frame lay in. What is locked stays.
        """
        graph = self.graph
        ids = ids - graph.locked(ids)
        wires = {p for p, w in graph.wires.items() if p in ids or w.source in ids or w.target in ids}
        points = {p.id for p in graph.reroutes.values() if p.id in ids or p.wire in wires}
        gone: dict[type[Record], Set[Any]] = dict.fromkeys(graph.tables(), ids) | {Wire: wires, Reroute: points}
        staying: list[Change] = []
        for record in graph.records():
            if isinstance(record, Wire) or record.id in gone[type(record)] or record.parent not in graph.frames:
                continue
            parent = self._left_of(record.parent, ids)
            if parent != record.parent:
                staying.append(RecordChange(record.id, record, replace(record, parent=parent)))
        removed = [c for kind, table in reversed(graph.tables().items()) for c in self._removals(table, gone[kind])]
        return Edit(text or self.words("Delete", ids), (*staying, *removed))

    def _left_of(self, frame_id: str, gone: Set[RecordId]) -> str:
        """The innermost frame that is left, of a frame and those that it lies in."""
        while frame_id in gone:
            frame_id = self.graph.frames[frame_id].parent
        return frame_id

    def words(self, verb: str, ids: Set[RecordId]) -> str:
        """What people call an edit of some records."""
        kinds = [(kind, [i for i in table if i in ids]) for kind, table in self.graph.tables().items()]
        found = [(kind, i) for kind, some in kinds for i in some]
        nodes = [i for kind, i in found if kind is Node]
        if len(nodes) == 1 or (not nodes and len(found) == 1):
            kind, record_id = (Node, nodes[0]) if nodes else found[0]
            record = self.graph.table(kind)[record_id]
            return f"{verb} {record.label if kind in (Node, Frame) else _KINDS[kind][0]}"
        some = {kind for kind, _ in found}
        if nodes:
            return f"{verb} {len(nodes)} nodes"
        return f"{verb} {len(found)} {_KINDS[next(iter(some))][1] if len(some) == 1 else 'things'}" if found else verb

    def reroute(self, point: Reroute, place: int) -> Edit:
        """A point through which a wire runs, after ``place`` other ones."""
        graph = self.graph
        own = [other.id for other in graph.reroutes.values() if other.wire == point.wire]
        index = list(graph.reroutes).index(own[place]) if place < len(own) else len(graph.reroutes)
        return Edit("Add reroute point", (RecordChange(point.id, None, point, index),))

    def change(self, record_id: RecordId, text: str, /, **changed: Any) -> Edit:
        """Replace fields of a record (params, title, position, …)."""
        before = self.graph.find(record_id)
        assert before is not None, record_id
        after = replace(before, **changed)
        return Edit(text, (RecordChange(record_id, before, after),) if before != after else ())

    def change_all(self, ids: Iterable[RecordId], text: str, /, **changed: Any) -> Edit:
        """The same fields of several records."""
        return Edit(text, tuple(c for i in ids for c in self.change(i, text, **changed).changes))

    def mend(self, remedy: Remedy | None) -> Edit | None:
        """What mends a problem, where an edit that needs no further choice does: a wire is cut, a node is switched on
        or removed."""
        if remedy is None:
            return None
        node_id, wire = remedy.place.node, (remedy.place.node, remedy.place.port)
        if remedy.act == "cut wire" and wire in self.graph.wires:
            return self.remove({wire})
        if remedy.act == "remove node" and node_id in self.graph.nodes:
            return self.remove({node_id})
        if remedy.act == "switch on" and node_id in self.graph.nodes:
            return self.change(node_id, f"Switch on {self.graph.nodes[node_id].label}", off="")
        if remedy.act == "change op" and node_id in self.graph.nodes:
            return self._change_op(node_id, str(remedy.value))
        if remedy.act == "set learning rate":
            optimizer = {**self.document.training.optimizer, "learning_rate": remedy.value}
            return self.set_training(f"Set the learning rate to {remedy.value:g}", optimizer=optimizer)
        if remedy.act == "clip gradients":
            return self.set_training(f"Clip gradients at a norm of {remedy.value:g}", clip_norm=remedy.value)
        if remedy.act == "standardise":
            return self.set_data("Standardise the data", {**self.document.data, "standardize": True})
        return None

    def _change_op(self, node_id: str, op: str) -> Edit:
        """Another op in the same place, with its own settings; of a logarithm of softmax the softmax becomes
        log-softmax, and lets the logarithm pass."""
        node = self.graph.nodes[node_id]
        wire = self.graph.wires.get((node_id, "x"))
        text = f"Make {node.label} {op.replace('_', ' ')}"
        if op == "log_softmax" and node.op == "log" and wire is not None:
            passed = self.change(node_id, text, off="bypass")
            return Edit(text, (*self.change(wire.source, text, op=op).changes, *passed.changes))
        return self.change(node_id, text, op=op, params={})

    def set_param(self, node_id: str, name: str, value: Any) -> Edit:
        """One setting of a node."""
        node = self.graph.nodes[node_id]
        return self.change(
            node_id, f"Change {name.replace('_', ' ')} of {node.label}", params={**node.params, name: value}
        )

    def move(
        self,
        positions: Mapping[str, tuple[float, float]],
        text: str = "",
        parents: Mapping[str, str] | None = None,
        stroke: str = "",
    ) -> Edit:
        """New positions of records, by id; ``parents``: the frames in which some of them lie then. What is locked stays
        where it is."""
        changes: list[Change] = []
        for record_id in dict.fromkeys((*positions, *(parents or ()))):
            before: Placed | None = self.graph.placed(record_id)
            assert before is not None, record_id
            if before.locked:
                continue
            parent = (parents or {}).get(record_id, before.parent)
            position = positions.get(record_id, before.position)
            if (position, parent) != (before.position, before.parent):
                changes.append(RecordChange(record_id, before, replace(before, position=position, parent=parent)))
        return Edit(text or self.words("Move", positions.keys()), tuple(changes), stroke)

    def set_training(self, text: str, **fields: Any) -> Edit:
        """Training settings."""
        before = self.document.training
        return Edit(text, (FieldChange("training", before, replace(before, **fields)),))

    def set_data(self, text: str, data: Mapping[str, Any]) -> Edit:
        """Another data section."""
        return Edit(text, (FieldChange("data", self.document.data, data),))

    def set_lesson(self, text: str, lesson: Lesson | None, stroke: str = "") -> Edit:
        """Another lesson, or none."""
        return Edit(text, (FieldChange("lesson", self.document.lesson, lesson),), stroke)

    def set_exercise(self, text: str, exercise: Exercise | None, stroke: str = "") -> Edit:
        """Another exercise, or none."""
        before = self.document.exercise
        return Edit(text, (FieldChange("exercise", before, exercise),) if before != exercise else (), stroke)

    def set_opening(self, text: str, opening: Opening | None) -> Edit:
        """Another way to open for others."""
        before = self.document.opening
        return Edit(text, (FieldChange("opening", before, opening),) if before != opening else ())

    def set_watches(self, text: str, watches: tuple[Watch, ...], stroke: str = "") -> Edit:
        """Other watches."""
        before = self.document.watches
        return Edit(text, (FieldChange("watches", before, watches),) if before != watches else (), stroke)

    def rename(self, name: str) -> Edit:
        """Another name of the document."""
        return Edit("Rename document", (FieldChange("name", self.document.name, name),))


_KINDS: Mapping[type[Record], tuple[str, str]] = {
    Node: ("node", "nodes"),
    Wire: ("wire", "wires"),
    Frame: ("frame", "frames"),
    Note: ("note", "notes"),
    Reroute: ("reroute point", "reroute points"),
}
"""One and several."""
