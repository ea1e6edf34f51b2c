"""Small graphs, traced by the reference engine, for the tests of the explanation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from compute.analysis import Analysis, analyse
from compute.engine import Program
from compute.explain import Answer, Facts, Quantity, Steps, walk, why
from compute.graph import Graph, Node, Wire
from compute.initializers import initialize
from compute.optimizers import make_optimizer
from compute.reference import ReferenceRun
from compute.trace import Trace


@dataclass
class Case:
    """A graph with its trace."""

    graph: Graph
    analysis: Analysis
    loss: str
    trace: Trace
    run: ReferenceRun

    @property
    def facts(self) -> Facts:
        """What there is to explain."""
        return Facts(self.graph, self.analysis, self.loss, self.trace)

    def walk(self, optimizer: Mapping[str, Any] | None = None, **options: Any) -> Steps:
        """The steps; SGD with rate 0.05 unless told."""
        chosen = make_optimizer(optimizer or {"name": "sgd", "learning_rate": 0.05})
        return walk(self.graph, self.analysis, self.loss, self.trace, chosen, **options)

    def why(self, q: Quantity, entry: tuple[int, ...] | None = None) -> Answer:
        """The answer about one number."""
        return why(self.graph, self.analysis, self.loss, self.trace, q, entry)


def wire(text: str) -> Wire:
    """A wire from ``source > node.port``."""
    source, _, end = text.partition(" > ")
    target, _, port = end.partition(".")
    return Wire(source, target, port)


def case(
    nodes: Sequence[tuple[Any, ...]],
    wires: Sequence[str],
    loss: str,
    data: Mapping[str, Any] | None = None,
    weights: Mapping[str, Any] | None = None,
    classes: Mapping[str, int] | None = None,
) -> Case:
    """Nodes are (id, op, parameters, title); wires are written ``source > node.port``."""
    graph = Graph(
        [Node(n[0], n[1], n[2] if len(n) > 2 else {}, title=n[3] if len(n) > 3 else "") for n in nodes],
        [wire(text) for text in wires],
    )
    analysis = analyse(graph, classes)
    analysis.require(loss or None)
    start = {name: initialize(name, spec, 1) for name, (_, spec) in analysis.parameters.items()}
    start |= {name: np.array(w, dtype=np.float64) for name, w in (weights or {}).items()}
    tables = {name: np.array(rows, dtype=np.float64) for name, rows in (data or {}).items()}
    rows = len(next(iter(tables.values()))) if tables else 1
    run = ReferenceRun(Program(analysis, loss, start, tables, {}, rows))
    return Case(graph, analysis, loss, run.trace(np.arange(rows)), run)


def log_of_square() -> Case:
    """L = log(x²) at x = 1.5."""
    nodes = [("x", "parameter", {"value": 1.5}), ("g", "square"), ("L", "log")]
    return case(nodes, ["x > g.x", "g > L.x"], "L")


def z_times_f() -> Case:
    """g = 2x, f = g + y, L = z·f at x = 3, y = −4, z = 5."""
    nodes = [
        ("x", "parameter", {"value": 3.0}),
        ("y", "parameter", {"value": -4.0}),
        ("z", "parameter", {"value": 5.0}),
        ("g", "scale", {"factor": 2.0}),
        ("f", "add"),
        ("L", "multiply"),
    ]
    return case(nodes, ["x > g.x", "g > f.a", "y > f.b", "f > L.a", "z > L.b"], "L")


def fork() -> Case:
    """L = 0.3·x + 0.2·x: two ways back to x."""
    nodes = [
        ("x", "parameter", {"value": 4.0}),
        ("f", "scale", {"factor": 0.3}),
        ("g", "scale", {"factor": 0.2}),
        ("L", "add"),
    ]
    return case(nodes, ["x > f.x", "x > g.x", "f > L.a", "g > L.b"], "L")


def neuron() -> Case:
    """One neuron: x = 2, w = 3, b = 1, target 9, squared error."""
    nodes = [
        ("x", "input", {"columns": ["x"]}),
        ("t", "target", {"columns": ["t"]}),
        ("n", "dense", {"units": 1}),
        ("loss", "mean_squared_error"),
    ]
    wires = ["x > n.x", "n > loss.prediction", "t > loss.target"]
    return case(nodes, wires, "loss", {"x": [[2.0]], "t": [[9.0]]}, {"n.weight": [[3.0]], "n.bias": [1.0]})


def mazur() -> Case:
    """The 2-2-2 network of Matt Mazur's step by step example."""
    nodes = [
        ("x", "input", {"columns": ["x1", "x2"]}),
        ("h", "dense", {"units": 2}),
        ("a", "sigmoid"),
        ("z", "dense", {"units": 2}),
        ("o", "sigmoid"),
        ("y", "target", {"columns": ["y1", "y2"]}),
        ("loss", "mean_squared_error"),
    ]
    wires = ["x > h.x", "h > a.x", "a > z.x", "z > o.x", "o > loss.prediction", "y > loss.target"]
    weights = {
        "h.weight": [[0.15, 0.25], [0.2, 0.3]],
        "h.bias": [0.35, 0.35],
        "z.weight": [[0.4, 0.5], [0.45, 0.55]],
        "z.bias": [0.6, 0.6],
    }
    return case(nodes, wires, "loss", {"x": [[0.05, 0.1]], "y": [[0.01, 0.99]]}, weights)
