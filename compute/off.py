"""What is switched off in a graph, derived from it alone: nothing else that computes knows of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compute.graph import Graph, Port
from compute.ops import find
from compute.problems import Kind, Place, Problem, Remedy


@dataclass(frozen=True, slots=True)
class Switched:
    """off: node id → the muted node without which it cannot be computed, itself where it is the muted one; bypassed:
    node id → the port whose input it passes through ("" where it has none)."""

    off: Mapping[str, str]
    bypassed: Mapping[str, str]

    def needs(self, port: Port) -> bool:
        """Whether a node needs what comes in at a port."""
        node_id, name = port
        return self.bypassed.get(node_id, name) == name


def switched(graph: Graph) -> Switched:
    """What is muted, what needs something muted, and what is bypassed."""
    bypassed: dict[str, str] = {}
    for node in graph.nodes.values():
        op = find(node.op) if node.off == "bypass" else None
        if op is not None:
            bypassed[node.id] = op.ports[0] if op.ports else ""
    muted = [node.id for node in graph.nodes.values() if node.off == "mute"]
    found = Switched(dict(zip(muted, muted, strict=True)), bypassed)
    if not muted:
        return found
    off, leaving = dict(found.off), graph.outgoing()
    for node_id in muted:
        stack = [node_id]
        while stack:
            for wire in leaving[stack.pop()]:
                if wire.target not in off and wire.target in graph.nodes and found.needs(wire.key):
                    off[wire.target] = node_id
                    stack.append(wire.target)
    return Switched(off, bypassed)


def effective(graph: Graph, what: Switched | None = None) -> Graph:
    """The graph that is computed: without what is off, and with just one wire into a bypassed node."""
    what = what or switched(graph)
    if not what.off and not what.bypassed:
        return graph
    nodes = (node for node in graph.nodes.values() if node.id not in what.off)
    wires = (w for w in graph.wires.values() if not {w.source, w.target} & what.off.keys() and what.needs(w.key))
    return Graph(nodes, wires)


def why_off(graph: Graph, node_id: str, muted: str) -> Problem:
    """Why a node is not computed."""
    label, other, at = graph.nodes[node_id].label, graph.nodes[muted].label, Place(node=muted)
    sentence = f"{label} is muted; switch it on."
    if node_id != muted:
        sentence = f"{label} needs {other}, which is muted; switch {other} on."
    return Problem(Kind.OFF, at, sentence, Remedy("switch on", at))
