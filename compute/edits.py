"""Every edit of a document as plain data, by id, that can be applied and taken back.

Four kinds of change cover everything: a node, a wire, a frame list, or a field of the document is replaced by
another value (None: it was not there, or is gone). An edit is a tuple of changes; its inverse is the inverses
in reverse order. Weights are not part of edits: they belong to a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from typing import Any, Literal

from compute.document import Document
from compute.graph import Graph, Node, Port, Wire


class Effect(IntEnum):
    """How far a change reaches; it decides what stays alive. Each goes further than the one before it."""

    LOOKS = 0
    """Places, titles, frames: nothing has to be computed."""
    SETTINGS = 1
    """How the same run is trained on: optimizer, epochs, batch size."""
    DATA = 2
    """Which rows, or in what order: everything is computed anew."""
    GRAPH = 3
    """The network, its loss, or its first weights."""


_LOOKS_OF_A_NODE = frozenset({"position", "title"})
_EFFECT_OF_TRAINING = {"shuffle": Effect.DATA, "loss": Effect.GRAPH, "seed": Effect.GRAPH}
_EFFECT_OF_FIELD = {"name": Effect.LOOKS, "frames": Effect.LOOKS, "data": Effect.DATA}


def _differing(before: Any, after: Any) -> set[str]:
    """The names of the fields in which two objects of one dataclass differ."""
    return {f.name for f in fields(before) if getattr(before, f.name) != getattr(after, f.name)}


@dataclass(frozen=True, slots=True)
class NodeChange:
    """Node ``id`` becomes ``after``; ``index`` is its place among the nodes, for both directions."""

    id: str
    before: Node | None
    after: Node | None
    index: int

    def inverse(self) -> NodeChange:
        return NodeChange(self.id, self.after, self.before, self.index)

    @property
    def effect(self) -> Effect:
        if self.before is None or self.after is None or _differing(self.before, self.after) - _LOOKS_OF_A_NODE:
            return Effect.GRAPH
        return Effect.LOOKS

    def apply(self, document: Document) -> None:
        _put(document.graph.nodes, self.id, self.after, self.index)


@dataclass(frozen=True, slots=True)
class WireChange:
    """The wire at a port becomes ``after``."""

    port: Port
    before: Wire | None
    after: Wire | None
    index: int

    def inverse(self) -> WireChange:
        return WireChange(self.port, self.after, self.before, self.index)

    @property
    def effect(self) -> Effect:
        return Effect.GRAPH

    def apply(self, document: Document) -> None:
        _put(document.graph.wires, self.port, self.after, self.index)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """``name``, ``data``, ``training`` or the graph's ``frames`` become ``after``."""

    field: Literal["name", "data", "training", "frames"]
    before: Any
    after: Any

    def inverse(self) -> FieldChange:
        return FieldChange(self.field, self.after, self.before)

    @property
    def effect(self) -> Effect:
        if self.field != "training":
            return _EFFECT_OF_FIELD[self.field]
        differ = _differing(self.before, self.after)
        return max((_EFFECT_OF_TRAINING.get(name, Effect.SETTINGS) for name in differ), default=Effect.LOOKS)

    def apply(self, document: Document) -> None:
        if self.field == "frames":
            document.graph.frames = list(self.after)
        else:
            setattr(document, self.field, self.after)


Change = NodeChange | WireChange | FieldChange


def _put(table: dict[Any, Any], key: Any, value: Any, index: int) -> None:
    """Set, insert at a place, or remove; the order of everything else stays."""
    if value is None:
        table.pop(key, None)
    elif key in table:
        table[key] = value
    else:
        items = list(table.items())
        items.insert(index, (key, value))
        table.clear()
        table.update(items)


@dataclass(frozen=True, slots=True)
class Edit:
    """One undo step: what people call it, and its changes in order."""

    text: str
    changes: tuple[Change, ...]

    def apply(self, document: Document) -> None:
        """Do it."""
        for change in self.changes:
            change.apply(document)

    def inverse(self) -> Edit:
        """The edit that takes it back."""
        return Edit(self.text, tuple(change.inverse() for change in reversed(self.changes)))

    @property
    def effect(self) -> Effect:
        """How far it reaches: as far as the change that reaches farthest."""
        return max((change.effect for change in self.changes), default=Effect.LOOKS)


class Editor:
    """Builds edits against a document; nothing is changed until an edit is applied."""

    def __init__(self, document: Document) -> None:
        self.document = document

    @property
    def graph(self) -> Graph:
        return self.document.graph

    def add_node(self, node: Node, wires: tuple[Wire, ...] = (), text: str = "") -> Edit:
        """A new node, with wires from or to it; wires replace what feeds their ports."""
        changes: list[Change] = [NodeChange(node.id, None, node, len(self.graph.nodes))]
        changes += self._wire_changes(wires)
        return Edit(text or f"Add {node.label}", tuple(changes))

    def add(self, nodes: tuple[Node, ...], wires: tuple[Wire, ...], text: str) -> Edit:
        """Several nodes and wires at once (paste, duplicate)."""
        start = len(self.graph.nodes)
        changes: list[Change] = [NodeChange(n.id, None, n, start + i) for i, n in enumerate(nodes)]
        return Edit(text, (*changes, *self._wire_changes(wires)))

    def connect(self, wire: Wire) -> Edit:
        """A wire; what fed its port before is replaced in the same step."""
        return Edit(f"Connect {wire.source} to {wire.target}", tuple(self._wire_changes((wire,))))

    def _wire_changes(self, wires: tuple[Wire, ...]) -> list[Change]:
        ports, new = list(self.graph.wires), 0
        changes: list[Change] = []
        for wire in wires:
            old = self.graph.wires.get(wire.key)
            index = ports.index(wire.key) if old else len(ports) + new
            new += old is None
            changes.append(WireChange(wire.key, old, wire, index))
        return changes

    def insert_on_wire(self, node: Node, port: str, wire: Wire) -> Edit:
        """A new node in the middle of a wire: the wire's source feeds ``port`` of it, and it feeds the wire's port."""
        return self.add_node(node, (Wire(wire.source, node.id, port), Wire(node.id, wire.target, wire.port)))

    def remove(self, node_ids: set[str], wires: set[Port] = frozenset()) -> Edit:  # type: ignore[assignment]
        """Nodes with all wires at them, and further wires."""
        gone = {p: w for p, w in self.graph.wires.items() if p in wires or w.source in node_ids or w.target in node_ids}
        changes: list[Change] = []
        # From the back, so that each index is right both when removing and, reversed, when putting back.
        for index, (port, wire) in reversed(list(enumerate(self.graph.wires.items()))):
            if port in gone:
                changes.append(WireChange(port, wire, None, index))
        for index, (node_id, node) in reversed(list(enumerate(self.graph.nodes.items()))):
            if node_id in node_ids:
                changes.append(NodeChange(node_id, node, None, index))
        if not changes:
            return Edit("Delete", ())
        names = [self.graph.nodes[n].label for n in self.graph.nodes if n in node_ids]
        text = f"Delete {names[0]}" if len(names) == 1 else f"Delete {len(names)} nodes" if names else "Delete wire"
        return Edit(text, tuple(changes))

    def change_node(self, node_id: str, text: str, **fields: Any) -> Edit:
        """Replace fields of a node (params, title, position)."""
        before = self.graph.nodes[node_id]
        return Edit(text, (NodeChange(node_id, before, replace(before, **fields), 0),))

    def set_param(self, node_id: str, name: str, value: Any) -> Edit:
        """One setting of a node."""
        node = self.graph.nodes[node_id]
        return self.change_node(node_id, f"Change {name} of {node.label}", params={**node.params, name: value})

    def move(self, positions: Mapping[str, tuple[float, float]], text: str = "Move") -> Edit:
        """New positions of nodes."""
        nodes = self.graph.nodes
        return Edit(
            text,
            tuple(
                NodeChange(node_id, nodes[node_id], replace(nodes[node_id], position=position), 0)
                for node_id, position in positions.items()
                if nodes[node_id].position != position
            ),
        )

    def set_training(self, text: str, **fields: Any) -> Edit:
        """Training settings."""
        before = self.document.training
        return Edit(text, (FieldChange("training", before, replace(before, **fields)),))

    def set_data(self, text: str, data: Mapping[str, Any]) -> Edit:
        """Another data section."""
        return Edit(text, (FieldChange("data", self.document.data, data),))

    def rename(self, name: str) -> Edit:
        """Another name of the document."""
        return Edit("Rename document", (FieldChange("name", self.document.name, name),))
