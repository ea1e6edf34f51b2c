"""Tidy: a layered layout, sources left and the loss right, computed by fast-sugiyama."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from compute.graph import Graph

GAP_X, GAP_Y = 120.0, 50.0
_MOST_EDGES = 400
_UNIT = 100
"""The layout's own distance between neighbours in a layer."""


def tidy(graph: Graph, sizes: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """New corners of all nodes; the picture keeps its top left corner.

    ``sizes``: (width, height) of each node. Nodes of one layer stand in a column with their left edges aligned.
    """
    if not graph.nodes:
        return {}
    columns, rows = _layers(graph)
    left = min(node.position[0] for node in graph.nodes.values())
    top = min(node.position[1] for node in graph.nodes.values())
    x = left
    corners: dict[str, tuple[float, float]] = {}
    tall = max(high for _, high in sizes.values()) + GAP_Y
    in_column: dict[int, list[str]] = {}
    for node_id in sorted(graph.nodes, key=lambda n: rows[n]):
        in_column.setdefault(columns[node_id], []).append(node_id)
    for _, members in sorted(in_column.items()):
        below = float("-inf")
        for node_id in members:
            y = max(rows[node_id] * tall, below)
            below = y + sizes[node_id][1] + GAP_Y
            corners[node_id] = (x, y)
        x += max(sizes[n][0] for n in members) + GAP_X
    shift = top - min(y for _, y in corners.values())
    return {n: (round(x / 10) * 10.0, round((y + shift) / 10) * 10.0) for n, (x, y) in corners.items()}


def _layers(graph: Graph) -> tuple[dict[str, int], dict[str, float]]:
    """Column of each node, and its height in units of a row."""
    edges = _forward({(w.source, w.target) for w in graph.wires.values() if w.source in graph.nodes})
    columns: dict[str, int] = {}
    rows: dict[str, float] = {}
    offset = 0.0
    if edges:
        from fast_sugiyama import from_edges

        # The shortest wires cost seconds in large graphs; there every node stands right behind its sources.
        ranking = "minimize" if len(edges) <= _MOST_EDGES else "up"
        for positions, *_ in from_edges(edges, vertex_spacing=_UNIT, ranking_type=ranking):
            here = [(n, p) for n, p in positions if n in graph.nodes]
            ranks = {y: i for i, y in enumerate(sorted({p[1] for _, p in here}, reverse=True))}
            low = min(p[0] for _, p in here)
            for node_id, (across, along) in here:
                columns[node_id] = ranks[along]
                rows[node_id] = offset + (across - low) / _UNIT
            offset = max(rows.values()) + 1
    for node_id in graph.nodes:
        if node_id not in columns:
            columns[node_id], rows[node_id] = 0, offset
            offset += 1
    return columns, rows


def _forward(edges: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """The edges, those that close a cycle turned around, and none from a node to itself.

    A document may hold cycles; with one the layout sometimes never ends, and a loop at a node ends the whole program.
    """
    targets: dict[str, list[str]] = {}
    for source, target in sorted(edges):
        targets.setdefault(source, []).append(target)
    left: dict[str, int] = {}
    """When the search was done with each node: after all that follow it, unless a cycle leads back."""
    seen: set[str] = set()
    for first in sorted(targets):
        if first in seen:
            continue
        seen.add(first)
        path: list[tuple[str, Iterator[str]]] = [(first, iter(targets[first]))]
        while path:
            node, rest = path[-1]
            following = next((each for each in rest if each not in seen), None)
            if following is None:
                left[node] = len(left)
                path.pop()
            else:
                seen.add(following)
                path.append((following, iter(targets.get(following, ()))))
    return sorted({(a, b) if left[a] > left[b] else (b, a) for a, b in edges if a != b})
