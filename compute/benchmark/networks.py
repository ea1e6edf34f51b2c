"""The networks that are measured, each with its goal: dense layers, what people put between them, random numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from compute.batches import Rows
from compute.document import Document, TrainingSettings
from compute.engine import Program
from compute.graph import Graph, Node, Wire
from compute.workspace import open_document

ROWS = 1024
"""Training rows of most networks."""
BATCHES = 512
"""Batches that are drawn beforehand, and taken again after the last."""
LEARNING_RATE = 1e-3
"""Such that a step moves the loss by more than rounding does, so that a wrong update shows in the next losses."""
TITLES = {"sgd": "SGD", "adam": "Adam"}

Form = Literal["chain", "branches", "skips"]
"""How layers follow each other. branches: two chains beside each other from the inputs on, joined before the last
layer; skips: what goes into a layer as wide as its inputs is added to what comes out."""


@dataclass(frozen=True)
class Network:
    """Dense layers and how they are trained: all that every side makes its own form of the network from.

    sizes: inputs, units of each layer; goal: how many times as fast as the faster of PyTorch and JAX a step
    shall be on a processor; goal_gpu: the same on a graphics processor; middle: the ops after each layer but the last,
    by their names in documents; regression: whether its outputs are numbers, whose squared error counts, instead of
    classes; rows: of training, all of them a batch where that is as large; most_us: microseconds that a step may take.
    """

    sizes: tuple[int, ...]
    batch: int
    optimizer: str
    goal: float = 1.0
    goal_gpu: float = 1.0
    middle: tuple[str, ...] = ("relu",)
    form: Form = "chain"
    regression: bool = False
    rows: int = ROWS
    most_us: float | None = None

    @property
    def name(self) -> str:
        return "-".join(map(str, self.sizes))

    @property
    def kind(self) -> str:
        """What is between its layers, and what else it is."""
        words = [self.form] * (self.form != "chain") + ["regression"] * self.regression
        return ", ".join([" ".join(self.middle), *words])

    @property
    def title(self) -> str:
        return f"{self.name} {self.kind}, batch {self.batch}, {TITLES[self.optimizer]}"

    @property
    def loss(self) -> str:
        """Of classes one output answers yes or no, and several are one each."""
        if self.regression:
            return "mean_squared_error"
        return "sigmoid_cross_entropy" if self.sizes[-1] == 1 else "softmax_cross_entropy"

    @property
    def draws(self) -> bool:
        """Whether a step draws at random, each side in its own way, so that losses agree only on average."""
        return "dropout" in self.middle

    @property
    def full(self) -> bool:
        """Whether a batch is all rows, in their order."""
        return self.batch == self.rows

    @property
    def products(self) -> int:
        """Multiply-adds of the forward products of one step; backward takes nearly twice as many."""
        return self.batch * sum(a * b for a, b in pairwise(self.sizes))

    @property
    def weights(self) -> int:
        """How many numbers training changes, where it is a chain of dense layers."""
        return sum((a + 1) * b for a, b in pairwise(self.sizes))

    @property
    def settings(self) -> dict[str, Any]:
        """The optimizer as a document names it."""
        return {"name": self.optimizer, "learning_rate": LEARNING_RATE}

    @property
    def prediction(self) -> str:
        """The node whose output the loss compares."""
        return f"h{len(self.sizes) - 2}"


NETWORKS = (
    Network((2, 8, 8, 1), 32, "sgd", 4.0, middle=("tanh",)),
    Network((2, 8, 8, 1), 32, "adam", 4.0, middle=("tanh",)),
    Network((30, 16, 1), 32, "sgd", 2.5),
    Network((30, 16, 1), 32, "adam", 2.5),
    Network((64, 64, 10), 64, "sgd", 1.5),
    Network((64, 64, 10), 64, "adam", 1.5),
    Network((784, 128, 10), 64, "adam", 1.4),
    Network((784, 512, 512, 10), 128, "adam", 1.2),
    Network((1024, 2048, 2048, 1024), 512, "sgd", 1.1, goal_gpu=0.6),
)
"""From the smallest to the largest."""
SMALLEST, LARGER = NETWORKS[1], NETWORKS[5:]
"""LARGER: from where a step's time is more than that of its launches."""
KINDS = (
    # The problem that SimpleChains publishes its times for.
    Network((4, 32, 16, 4), 10_000, "adam", middle=("tanh",), regression=True, rows=10_000, most_us=300.0),
    Network((2, 8, 8, 8, 8, 8, 1), 32, "sgd", middle=("tanh",)),
    Network((8, 64, 64, 64, 64, 64, 3), 32, "adam", middle=("relu",)),
    Network((8, 32, 32, 1), 32, "sgd", middle=("sigmoid",), regression=True),
    Network((13, 32, 32, 4), 32, "adam", middle=("gelu",)),
    Network((13, 32, 32, 1), 32, "adam", middle=("batch_norm", "relu"), regression=True),
    Network((30, 64, 64, 2), 32, "adam", middle=("relu", "dropout")),
    Network((16, 32, 32, 3), 32, "adam", middle=("tanh",), form="branches"),
    Network((16, 32, 32, 32, 3), 32, "sgd", middle=("relu",), form="skips"),
)
"""What else people build, so that no network is fast alone."""


def document(network: Network) -> Document:
    """The network with random data: data nodes x and y, layers h0, h1, …, the loss."""
    random, rows = np.random.default_rng(0), network.rows
    sizes, outputs = network.sizes, network.sizes[-1]
    columns: dict[str, Any] = {f"x{i}": random.standard_normal(rows) for i in range(sizes[0])}
    inputs = list(columns)
    targets, encoding = ["y"], "value"
    if network.regression:
        targets = [f"y{i}" for i in range(outputs)]
        columns |= {name: random.standard_normal(rows) for name in targets}
    else:
        labels = random.integers(0, max(2, outputs), rows)
        # Every class is there, or the target would have fewer than the network.
        labels[: max(2, outputs)] = np.arange(max(2, outputs))
        columns["y"] = labels.astype(np.float64)
        encoding = "value" if outputs == 1 else "index"
    nodes = [Node("x", "input", {"columns": inputs}), Node("y", "target", {"columns": targets, "encoding": encoding})]
    wires: list[Wire] = []

    def add(name: str, op: str, *sources: str, **params: Any) -> str:
        nodes.append(Node(name, op, params))
        ports = ("x",) if len(sources) == 1 else ("a", "b")
        wires.extend(Wire(source, name, port) for source, port in zip(sources, ports, strict=True))
        return name

    def hidden(beside: str) -> str:
        last = "x"
        for i, (arriving, units) in enumerate(pairwise(sizes[:-1])):
            before, last = last, add(f"h{i}{beside}", "dense", last, units=units)
            for op in network.middle:
                last = add(f"{op}{i}{beside}", op, last)
            if network.form == "skips" and arriving == units:
                last = add(f"skip{i}{beside}", "add", before, last)
        return last

    last = hidden("")
    if network.form == "branches":
        last = add("join", "concat", last, hidden("b"))
    last = add(network.prediction, "dense", last, units=outputs)
    nodes.append(Node("loss", network.loss))
    wires += [Wire(last, "loss", "prediction"), Wire("y", "loss", "target")]
    training = TrainingSettings("loss", network.settings, network.batch)
    return Document(network.name, Graph(nodes, wires), {"source": "inline", "columns": columns}, training)


@cache
def program(network: Network) -> Program:
    """The network, ready to be opened by an engine."""
    return open_document(document(network)).program


def batches(network: Network) -> list[Rows]:
    """BATCHES times the row numbers (batch,) of one step, drawn at random; once, where a batch is all rows."""
    if network.full:
        return [np.arange(network.rows)]
    drawn = np.random.default_rng(1).integers(0, network.rows, (BATCHES, network.batch))
    return list(drawn)
