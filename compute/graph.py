"""The computation graph: nodes, wires, their order, and whether a wire may exist.

A node has one output; a wire feeds one input port of another node; a port takes one wire; an output
feeds any number. Nodes and wires are immutable and addressed by id, so that an edit is plain data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Port = tuple[str, str]
"""An input port: (node id, port name)."""


@dataclass(frozen=True, slots=True)
class Node:
    """One operation in the graph. ``extra`` keeps the file's unknown fields."""

    id: str
    op: str
    params: Mapping[str, Any] = field(default_factory=dict)
    position: tuple[float, float] = (0.0, 0.0)
    title: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

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


class Graph:
    """Nodes by id and wires by the port they feed. Insertion order is kept and is meaningful."""

    def __init__(
        self, nodes: Iterable[Node] = (), wires: Iterable[Wire] = (), frames: Iterable[Mapping[str, Any]] = ()
    ) -> None:
        self.nodes: dict[str, Node] = {node.id: node for node in nodes}
        self.wires: dict[Port, Wire] = {wire.key: wire for wire in wires}
        self.frames: list[Mapping[str, Any]] = list(frames)
        self.extra: Mapping[str, Any] = {}

    def copy(self) -> Graph:
        """An independent graph with the same (immutable) nodes and wires."""
        twin = Graph(self.nodes.values(), self.wires.values(), self.frames)
        twin.extra = self.extra
        return twin

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
        leaving = self.outgoing()
        waiting = dict.fromkeys(self.nodes, 0)
        for wire in self.wires.values():
            if wire.source in self.nodes and wire.target in self.nodes:
                waiting[wire.target] += 1
        ready = [node_id for node_id, count in waiting.items() if count == 0]
        order: list[str] = []
        while len(order) < len(ready):
            node_id = ready[len(order)]
            order.append(node_id)
            for wire in leaving[node_id]:
                if wire.target in waiting:
                    waiting[wire.target] -= 1
                    if waiting[wire.target] == 0:
                        ready.append(wire.target)
        return order, set(self.nodes) - set(order)

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
        """The first unused id among stem, stem2, stem3, …"""
        if stem not in self.nodes:
            return stem
        number = 2
        while f"{stem}{number}" in self.nodes:
            number += 1
        return f"{stem}{number}"
