"""Collects the nodes and wires of a network that is being made, and tells what they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from compute.graph import Graph, Node, Wire
from compute.ops import REGISTRY
from compute.templates.grammar import Wish

DEFAULT_ACTIVATION = "relu"
_STEMS = {"activation": "a", "dropout": "d", "batch_norm": "n", "layer_norm": "n", "concat": "c"}
"""What nodes are called, by their op or its group, where the op does not say it."""


class Making:
    """``sizes``: of all layers, the inputs first; ``told``: the parts of the sentence that says what is made."""

    def __init__(self, wish: Wish, sizes: Sequence[int], columns: Sequence[str], free: Callable[[str], str]) -> None:
        self.sizes, self.activation = tuple(sizes), wish.hidden or DEFAULT_ACTIVATION
        self._between, self._columns, self._free = wish.between, tuple(columns), free
        self.graph = Graph()
        self.told: list[str] = []
        self.widths: dict[str, int] = {}

    def add(self, op: str, sources: Mapping[str, str], stem: str = "", **params: Any) -> str:
        """A node with what feeds its ports; returns its id."""
        declared = REGISTRY[op]
        node_id = self._free(stem or declared.stem or _STEMS.get(op) or _STEMS.get(declared.group, op))
        self.graph.nodes[node_id] = Node(node_id, op, params)
        for port, source in sources.items():
            self.graph.wires[node_id, port] = Wire(source, node_id, port)
        self.widths[node_id] = sum(self.widths.get(source, 0) for source in sources.values())
        return node_id

    def input(self) -> str:
        """The input node."""
        node_id = self.add("input", {}, columns=list(self._columns))
        self.widths[node_id] = self.sizes[0]
        return node_id

    def dense(self, source: str, units: int, *, hidden: bool = False) -> str:
        """A layer."""
        node_id = self.add("dense", {"x": source}, "h" if hidden else "z", units=units)
        self.widths[node_id] = units
        self.told.append(f"dense {self.widths[source]}→{units}")
        return node_id

    def hidden(self, source: str, units: int, activation: str = "") -> str:
        """A layer with its activation, and with what was asked for between layers."""
        here = self.dense(source, units, hidden=True)
        norms = [each for each in self._between if each[0] != "dropout"]
        others = [each for each in self._between if each[0] == "dropout"]
        chain: list[tuple[str, Mapping[str, Any]]] = [*norms, (activation or self.activation, {}), *others]
        for op, settings in chain:
            here = self.add(op, {"x": here}, **settings)
            number = "".join(f" {value:g}" for value in settings.values())
            self.told[-1] += f" {REGISTRY[op].title.lower()}{number}"
        return here
