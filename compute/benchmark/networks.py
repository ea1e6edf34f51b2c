"""The networks that are measured, each with its goal: chains of dense layers on random numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from compute.batches import Rows
from compute.document import Document, TrainingSettings
from compute.engine import Program
from compute.graph import Graph, Node, Wire
from compute.workspace import open_document

ROWS = 1024
"""Training rows of every network."""
BATCHES = 512
"""Batches that are drawn beforehand, and taken again after the last."""
LEARNING_RATE = 1e-3
"""Such that a step moves the loss by more than rounding does, so that a wrong update shows in the next losses."""
TITLES = {"sgd": "SGD", "adam": "Adam"}


@dataclass(frozen=True)
class Network:
    """A chain of dense layers and how it is trained.

    sizes: inputs, units of each layer; goal: how many times as fast as the faster of PyTorch and JAX a step
    shall be on a processor; goal_gpu: the same on a graphics processor.
    """

    sizes: tuple[int, ...]
    batch: int
    optimizer: str
    goal: float
    goal_gpu: float = 1.0
    activation: str = "relu"

    @property
    def name(self) -> str:
        return "-".join(map(str, self.sizes))

    @property
    def title(self) -> str:
        return f"{self.name}, batch {self.batch}, {TITLES[self.optimizer]}"

    @property
    def loss(self) -> str:
        """One output answers yes or no; several are classes."""
        return "sigmoid_cross_entropy" if self.sizes[-1] == 1 else "softmax_cross_entropy"

    @property
    def products(self) -> int:
        """Multiply-adds of the forward products of one step; backward takes nearly twice as many."""
        return self.batch * sum(a * b for a, b in pairwise(self.sizes))

    @property
    def settings(self) -> dict[str, Any]:
        """The optimizer as a document names it."""
        return {"name": self.optimizer, "learning_rate": LEARNING_RATE}


NETWORKS = (
    Network((2, 8, 8, 1), 32, "sgd", 4.0, activation="tanh"),
    Network((2, 8, 8, 1), 32, "adam", 4.0, activation="tanh"),
    Network((30, 16, 1), 32, "sgd", 2.5),
    Network((30, 16, 1), 32, "adam", 2.5),
    Network((64, 64, 10), 64, "sgd", 1.5),
    Network((64, 64, 10), 64, "adam", 1.5),
    Network((784, 128, 10), 64, "adam", 1.4),
    Network((784, 512, 512, 10), 128, "adam", 1.2),
    Network((1024, 2048, 2048, 1024), 512, "sgd", 1.1, goal_gpu=0.6),
)
SMALLEST, LARGER = NETWORKS[1], NETWORKS[5:]
"""LARGER: from where a step's time is more than that of its launches."""


def document(network: Network) -> Document:
    """The network with random data: data nodes x and y, layers h0, h1, …, the loss."""
    random = np.random.default_rng(0)
    sizes, classes = network.sizes, network.sizes[-1]
    columns: dict[str, Any] = {f"x{i}": random.standard_normal(ROWS) for i in range(sizes[0])}
    inputs = list(columns)
    labels = random.integers(0, max(2, classes), ROWS)
    # Every class is there, or the target would have fewer than the network.
    labels[: max(2, classes)] = np.arange(max(2, classes))
    columns["y"] = labels.astype(np.float64)
    encoding = "value" if classes == 1 else "index"
    nodes = [Node("x", "input", {"columns": inputs}), Node("y", "target", {"columns": ["y"], "encoding": encoding})]
    wires, last = [], "x"
    for i, units in enumerate(sizes[1:]):
        nodes.append(Node(f"h{i}", "dense", {"units": units}))
        wires.append(Wire(last, f"h{i}", "x"))
        last = f"h{i}"
        if i < len(sizes) - 2:
            nodes.append(Node(f"a{i}", network.activation))
            wires.append(Wire(last, f"a{i}", "x"))
            last = f"a{i}"
    nodes.append(Node("loss", network.loss))
    wires += [Wire(last, "loss", "prediction"), Wire("y", "loss", "target")]
    training = TrainingSettings("loss", network.settings, network.batch)
    return Document(network.name, Graph(nodes, wires), {"source": "inline", "columns": columns}, training)


@cache
def program(network: Network) -> Program:
    """The network, ready to be opened by an engine."""
    return open_document(document(network)).program


def batches(network: Network) -> list[Rows]:
    """BATCHES times the row numbers (batch,) of one step, drawn at random."""
    drawn = np.random.default_rng(1).integers(0, ROWS, (BATCHES, network.batch))
    return list(drawn)
