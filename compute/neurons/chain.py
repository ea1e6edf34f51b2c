"""The chain of dense layers that a node is in, as columns of neurons.

What a layer is follows from what ops declare: their value is a sum of products of an input (B, N) with weights (N, M).
So one that is written out, as a product with a parameter and an addition, is found as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from compute.analysis import Analysis
from compute.focus import Subject
from compute.products import Product
from compute.shapes import BATCH, concrete


@dataclass(frozen=True, slots=True)
class Column:
    """Units side by side: what goes into the first layer, or the neurons of one.

    nodes: those that its numbers go through, from the data or the weighted sum to what the next layer reads; weight:
    what it is weighted with, (units of the column before, units); bias: what is added, one number a unit or one for
    all; both None in the first column. sums: how many of the nodes make up the weighted sum with its bias.
    """

    nodes: tuple[str, ...]
    units: int
    weight: Subject | None = None
    bias: Subject | None = None
    sums: int = 1

    @property
    def last(self) -> str:
        """The node whose value its units show."""
        return self.nodes[-1]

    @property
    def sum(self) -> str:
        """The node whose value is the weighted sum with its bias, as far as there is one."""
        return self.nodes[self.sums - 1]


@dataclass(frozen=True, slots=True)
class Chain:
    """Columns from left to right, at least two."""

    columns: tuple[Column, ...]

    def __contains__(self, node: object) -> bool:
        return any(node in column.nodes or node in _holders(column) for column in self.columns)

    def column_of(self, node: str) -> int | None:
        """The column that a node's numbers stand in; None where it is not among them."""
        return next((c for c, column in enumerate(self.columns) if node in column.nodes), None)


def _holders(column: Column) -> list[str]:
    return [each.node for each in (column.weight, column.bias) if each is not None]


@dataclass(frozen=True, slots=True)
class _Layer:
    """A node whose value is input × weights, plus a bias where it has one."""

    input: str
    weight: Subject
    bias: Subject | None


def chain_of(analysis: Analysis, node: str, loss: str = "") -> Chain | None:
    """As ``Chains.of``, for one node."""
    return Chains(analysis, loss).of(node)


def _is_rows(analysis: Analysis, node: str) -> bool:
    """Whether a node gives some numbers for each row."""
    shape = analysis.shapes[node]
    return len(shape) == 2 and isinstance(shape[1], int) and shape[0] in (BATCH, 1)


class Chains:
    """The chains of layers in an analysed graph, each found when it is asked for."""

    def __init__(self, analysis: Analysis, loss: str) -> None:
        self._analysis = analysis
        self._found: dict[str, Chain | None] = {}
        self._to_loss = set(analysis.leading_to(loss).order) if loss in analysis.shapes else set()
        self._readers: dict[str, list[str]] = {}
        for node in analysis.order:
            for source in analysis.sources[node]:
                self._readers.setdefault(source, []).append(node)

    def of(self, node: str) -> Chain | None:
        """The chain that a node is in: data, layer, activation, or a parameter that holds weights. None where it is in
        none. Where it branches, it goes through the node, then towards the loss."""
        if node not in self._found:
            self._found[node] = self._find(self._reader_of_weights(node))
        return self._found[node]

    def _find(self, node: str) -> Chain | None:
        analysis = self._analysis
        if node not in analysis.shapes:
            return None
        path = [node]
        while (before := self._before(path[0])) is not None:
            path.insert(0, before)
        if not _is_rows(analysis, path[0]):
            return None
        while (after := self._after(path[-1])) is not None:
            path.append(after)
        columns = [Column((path[0],), int(analysis.shapes[path[0]][1]))]
        for each in path[1:]:
            layer, bias, last = self._layer(each), self._bias(each), columns[-1]
            if layer is not None:
                columns.append(Column((each,), int(analysis.shapes[each][1]), layer.weight, layer.bias))
            elif bias is not None and last.weight and not last.bias and len(last.nodes) == 1:
                columns[-1] = replace(last, nodes=(*last.nodes, each), bias=bias[1], sums=2)
            else:
                columns[-1] = replace(last, nodes=(*last.nodes, each))
        chain = Chain(tuple(columns)) if len(columns) > 1 else None
        # What comes after a node goes on as it does, and has come the same way.
        self._found |= dict.fromkeys(path[path.index(node) :], chain)
        return chain

    def _reader_of_weights(self, node: str) -> str:
        """Of a parameter that holds weights or a bias the node that uses it; of any other the node itself."""
        for reader in self._readers.get(node, ()):
            layer, bias = self._layer(reader), self._bias(reader)
            if (layer is not None and layer.weight.node == node) or (bias is not None and bias[1].node == node):
                return reader
        return node

    def _layer(self, node: str) -> _Layer | None:
        """A node as a layer, if it is one."""
        found, sources = self._products(node), self._analysis.sources[node]
        products = [each for each in found if len(each.operands) == 2]
        if len(products) != 1 or not _is_rows(self._analysis, node):
            return None
        (x, rows), (w, cells) = products[0].operands
        ports = dict(zip(self._analysis.ops[node].ports, sources, strict=True))
        weight = self._weight(node, w, ports)
        fits = len(rows) == len(cells) == 2 and rows[1] == cells[0] and products[0].out == rows[0] + cells[1]
        if not fits or x not in ports or weight is None or not _is_rows(self._analysis, ports[x]):
            return None
        biases = [each.operands[0] for each in found if len(each.operands) == 1]
        bias = self._weight(node, biases[0][0], ports) if len(biases) == 1 and biases[0][1] == cells[1] else None
        return _Layer(ports[x], weight, bias) if len(biases) == (bias is not None) else None

    def _products(self, node: str) -> Sequence[Product]:
        analysis = self._analysis
        shapes = [concrete(analysis.shapes[source], 1) for source in analysis.sources[node]]
        return analysis.ops[node].products(shapes, analysis.settings[node])

    def _weight(self, node: str, name: str, ports: Mapping[str, str]) -> Subject | None:
        """What learns the factor of this name: the node itself, or the parameter at that port."""
        weights = self._analysis.weights_of(node)
        if name in weights:
            return Subject("weight", node, name)
        own = self._analysis.weights_of(ports[name]) if name in ports else {}
        return Subject("weight", ports[name], next(iter(own))) if self._is_parameter(ports.get(name, "")) else None

    def _is_parameter(self, node: str) -> bool:
        """Whether a node gives what it learns, and nothing else."""
        analysis = self._analysis
        return node in analysis.sources and not analysis.sources[node] and len(analysis.weights_of(node)) == 1

    def _bias(self, node: str) -> tuple[str, Subject] | None:
        """A node that adds a parameter to each row: what it is added to, and the parameter."""
        analysis = self._analysis
        if analysis.ops[node].name != "add" or not _is_rows(analysis, node):
            return None
        for x, b in (analysis.sources[node], analysis.sources[node][::-1]):
            fits = analysis.shapes[x] == analysis.shapes[node] and analysis.shapes[b][:-1] in ((), (1,))
            if fits and self._is_parameter(b):
                return x, Subject("weight", b, next(iter(analysis.weights_of(b))))
        return None

    def _before(self, node: str) -> str | None:
        """What a node follows in a chain."""
        analysis = self._analysis
        layer, bias = self._layer(node), self._bias(node)
        if layer is not None:
            return layer.input
        if bias is not None:
            return bias[0]
        sources = analysis.sources[node]
        passes = len(sources) == 1 and analysis.shapes[sources[0]] == analysis.shapes[node] and _is_rows(analysis, node)
        return sources[0] if passes and not self._products(node) else None

    def _after(self, node: str) -> str | None:
        """What follows a node in a chain; of several, what leads to the loss."""
        followers = [reader for reader in self._readers.get(node, ()) if self._before(reader) == node]
        return next((each for each in followers if each in self._to_loss), next(iter(followers), None))
