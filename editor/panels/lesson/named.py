"""What a condition can name: the operations, nodes, ports, panels and tabs that there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from compute.graph import Graph
from compute.lessons.model import Point
from compute.ops import by_group, find
from editor.panels.tabs import TABS

Pair = tuple[str, str]


def pointed_at(graph: Graph, others: Mapping[str, str], point: Point) -> str:
    """What a step points at, as people call it. others: panels and actions, by kind and id with a blank between."""
    what = point.what
    if not isinstance(what, str):
        end = graph.nodes[what[0]].label if what[0] in graph.nodes else what[0]
        return f"the wire into {end}, port {what[1]}"
    if point.kind == "record":
        name = dict(offered(graph, (), "record")).get(what, what)
        return f"node {name}" if what in graph.nodes else name
    return others.get(f"{point.kind} {what}", f"{point.kind} {what}" if point.kind != "focus" else what)


def offered(graph: Graph, panels: Sequence[Pair], what: str) -> list[Pair]:
    """All that there is of a kind (see ``Param.names``), each by its name in a file and as people call it."""
    nodes = [
        (node.id, node.label if node.label == node.id else f"{node.label} ({node.id})") for node in graph.nodes.values()
    ]
    ops = [(op.name, op.title) for group in by_group().values() for op in group]
    match what:
        case "op":
            return ops
        case "node":
            return nodes
        case "end":
            return [*nodes, *((name, f"any {title}") for name, title in ops if name not in graph.nodes)]
        case "record":
            frames = [(frame.id, f"frame {frame.title or frame.id}") for frame in graph.frames.values()]
            return [*nodes, *frames, *((note.id, f"note {note.id}") for note in graph.notes.values())]
        case "port":
            found = (find(node.op) for node in graph.nodes.values())
            return [(port, port) for port in dict.fromkeys(port for op in found if op is not None for port in op.ports)]
        case "panel":
            return list(panels)
        case "tab":
            return [(tab.title, tab.title) for tab in TABS]
    return []
