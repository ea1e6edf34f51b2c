"""How long a training step takes, in microseconds: ``python tests/benchmarks/training.py`` prints JSON.

Dense networks with ReLU and softmax cross-entropy, Adam, on random data, through the same engines that the window
uses: OpenCL as it chooses for itself and launch by launch, the float64 reference, and PyTorch eager (float32, with
one and two threads, fused Adam) where torch is installed. The sides alternate; medians of several rounds are given.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from compute.document import Document, Training
from compute.engine import Engine
from compute.engines import open_engine
from compute.graph import Graph, Node, Wire
from compute.optimizers import make_optimizer
from compute.reference import ReferenceEngine
from compute.workspace import open_document

NETWORKS = (((2, 8, 8, 2), 32), ((30, 16, 2), 32), ((64, 64, 10), 64), ((784, 128, 10), 64))
ROUNDS, SECONDS, ROWS = 7, 0.3, 1024


def document(sizes: tuple[int, ...], batch: int) -> Document:
    """A chain of dense layers on random numbers."""
    random = np.random.default_rng(0)
    columns: dict[str, Any] = {f"x{i}": random.standard_normal(ROWS) for i in range(sizes[0])}
    inputs, columns["y"] = list(columns), random.integers(0, sizes[-1], ROWS).astype(np.float64)
    columns["y"][: sizes[-1]] = range(sizes[-1])
    nodes = [Node("x", "input", {"columns": inputs}), Node("y", "target", {"columns": ["y"], "encoding": "index"})]
    wires, last = [], "x"
    for i, units in enumerate(sizes[1:]):
        nodes.append(Node(f"h{i}", "dense", {"units": units}))
        wires.append(Wire(last, f"h{i}", "x"))
        last = f"h{i}"
        if i < len(sizes) - 2:
            nodes.append(Node(f"a{i}", "relu"))
            wires.append(Wire(last, f"a{i}", "x"))
            last = f"a{i}"
    nodes.append(Node("loss", "softmax_cross_entropy"))
    wires += [Wire(last, "loss", "prediction"), Wire("y", "loss", "target")]
    training = Training("loss", {"name": "adam", "learning_rate": 1e-4}, batch)
    return Document("benchmark", Graph(nodes, wires), {"source": "inline", "columns": columns}, training)


Side = Callable[[int], None]
"""Trains that many steps and waits for them."""


def ours(engine: Engine, doc: Document) -> Side:
    program = open_document(doc).program
    run, optimizer = engine.open(program), make_optimizer(doc.training.optimizer)
    batches = np.random.default_rng(1).integers(0, ROWS, (512, doc.training.batch_size))

    def train(steps: int) -> None:
        run.train([batches[i % len(batches)] for i in range(steps)], optimizer)

    return train


def torchs(sizes: tuple[int, ...], batch: int, threads: int) -> Side:
    import torch

    layers: list[Any] = []
    for a, b in pairwise(sizes):
        layers += [torch.nn.Linear(a, b), torch.nn.ReLU()]
    net = torch.nn.Sequential(*layers[:-1])
    adam = torch.optim.Adam(net.parameters(), lr=1e-4, fused=True)
    x, y = torch.randn(ROWS, sizes[0]), torch.randint(0, sizes[-1], (ROWS,))
    rows = torch.randint(0, ROWS, (512, batch))

    def train(steps: int) -> None:
        torch.set_num_threads(threads)
        for i in range(steps):
            picked = rows[i % 512]
            adam.zero_grad()
            torch.nn.functional.cross_entropy(net(x[picked]), y[picked]).backward()
            adam.step()

    return train


def microseconds(side: Side) -> float:
    """One round: a step's time, over as many steps as fit into SECONDS."""
    steps = 1
    while True:
        start = time.perf_counter()
        side(steps)
        spent = time.perf_counter() - start
        if spent > SECONDS / 4:
            return 1e6 * spent / steps
        steps *= 2


def main() -> None:
    from compute.opencl.devices import choose
    from compute.opencl.engine import OpenCLEngine

    auto, _ = open_engine()
    choice = choose()
    assert choice.device is not None
    launches = OpenCLEngine(choice.device, schedule="launches")
    try:
        import torch

        version = torch.__version__
    except ImportError:
        version = ""
    table: dict[str, Any] = {"device": auto.label, "cores": os.cpu_count(), "torch": version, "networks": {}}
    for sizes, batch in NETWORKS:
        doc = document(sizes, batch)
        sides = {"opencl": ours(auto, doc), "launches": ours(launches, doc), "reference": ours(ReferenceEngine(), doc)}
        if version:
            sides |= {f"torch_{n}": torchs(sizes, batch, n) for n in (1, 2)}
        for side in sides.values():
            side(20)
        rounds = [{name: microseconds(side) for name, side in sides.items()} for _ in range(ROUNDS)]
        row = {name: round(statistics.median(r[name] for r in rounds), 1) for name in sides}
        others = [value for name, value in row.items() if name.startswith("torch")]
        if others:
            row["times_as_fast_as_torch"] = round(min(others) / row["opencl"], 2)
        table["networks"][f"{'-'.join(map(str, sizes))}, batch {batch}"] = row
    print(json.dumps(table, indent=1))


if __name__ == "__main__":
    main()
