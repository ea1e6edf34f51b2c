"""Going back to random steps of random trainings: ``python -m tests.campaigns.rewinds [--cases N] [--seed S]
[--engine reference|opencl|both]``.

Each case is a network of its own (layers, activations, dropout, batch norm, layer norm), with an optimizer, a batch
size and an order. It is trained in pieces of random length, and meanwhile settings are changed, weights are typed, and
it is branched. The state at the end of each piece is remembered, apart from what the program remembers; gone to again
in any order, every weight, every array of the optimizer, its count and the place in the epoch are the same bits. At the
end the run is where it was, and goes on as one that was never rewound.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from compute.document import Document, TrainingSettings
from compute.engine import Engine
from compute.engines import open_engine
from compute.graph import Graph, Node, Wire
from compute.history import Mark
from compute.reference import ReferenceEngine
from compute.runs.rewinding import Rewinding
from compute.runs.trail import Trail
from compute.training import Trainer
from compute.worker.job import Job
from tests.compute.moments import assert_same_moment

_OPTIMIZERS = (
    {"name": "sgd", "learning_rate": 0.03},
    {"name": "sgd", "learning_rate": 0.01, "momentum": 0.9, "nesterov": True, "weight_decay": 0.001},
    {"name": "rmsprop", "learning_rate": 0.003, "momentum": 0.5},
    {"name": "adagrad", "learning_rate": 0.02},
    {"name": "adam", "learning_rate": 0.01},
    {"name": "adamw", "learning_rate": 0.005, "weight_decay": 0.01},
)
_ACTIVATIONS = ("relu", "tanh", "gelu", "sigmoid", "softplus", "elu")
_BETWEEN: tuple[tuple[str, dict[str, Any]], ...] = (
    ("dropout", {"rate": 0.3}),
    ("batch_norm", {}),
    ("layer_norm", {}),
)
_SIZES = (1, 2, 3, 5, 8, 16)


@dataclass
class Tally:
    """What was tried, and what was wrong."""

    cases: int = 0
    rewinds: int = 0
    exact: int = 0
    """Of them, those to a step that has a mark of its own."""
    steps: int = 0
    """Those trained, and trained again."""
    again: int = 0
    wrong: list[str] = field(default_factory=list)


def document(rng: random.Random) -> Document:
    """A random network with random data and settings."""
    graph, columns, rows = Graph(), rng.choice((1, 2, 5)), rng.choice((1, 7, 24, 61))
    names = [f"x{i}" for i in range(columns)]

    def add(node_id: str, op: str, source: str = "", port: str = "x", **params: Any) -> str:
        graph.nodes[node_id] = Node(node_id, op, params)
        if source:
            graph.wires[node_id, port] = Wire(source, node_id, port)
        return node_id

    here = add("x", "input", columns=names)
    for i in range(rng.choice((0, 1, 2, 3))):
        here = add(f"h{i}", "dense", here, units=rng.choice(_SIZES))
        for op, params in rng.sample(_BETWEEN, rng.choice((0, 0, 1, 2))):
            here = add(f"{op}{i}", op, here, **params)
        here = add(f"a{i}", rng.choice(_ACTIVATIONS), here)
    here = add("z", "dense", here, units=1)
    add("y", "target", columns=["y"])
    add("loss", "mean_squared_error", here, "prediction")
    graph.wires["loss", "target"] = Wire("y", "loss", "target")
    numbers = np.random.default_rng(rng.randrange(2**32))
    table = {name: numbers.normal(size=rows).tolist() for name in (*names, "y")}
    data = {"source": "inline", "columns": table, "validation_fraction": 0.25 if rows > 20 else 0.0}
    return Document("random", graph, data, _settings(rng, rng.randrange(1000)))


def _settings(rng: random.Random, seed: int) -> TrainingSettings:
    optimizer, shuffle = rng.choice(_OPTIMIZERS), rng.random() < 0.7
    return TrainingSettings("loss", optimizer, rng.choice((1, 4, 7, 32)), rng.choice((3, 1000)), seed, shuffle)


class Case:
    """One training that is gone back in. ``most``: marks that are kept at most."""

    def __init__(self, number: int, seed: int, engine: Engine, tally: Tally, pieces: int = 12) -> None:
        self.rng, self.tally, self.engine = random.Random(f"{seed}/{number}"), tally, engine
        self.pieces, self.name = pieces, f"case {number} on {engine.label}"
        self.job = Job(document(self.rng), 0, frozenset())
        self.most = self.rng.choice((3, 5, 2000))
        self.job._past = Rewinding(Trail(most=self.most))
        self.truth: dict[int, Mark] = {}

    def look(self) -> None:
        """What the window does many times a second, by which marks are made."""
        self.job.snapshot(running=False, problem=None, device="", device_reason="", on_opencl=False)

    def now(self) -> Mark:
        """The state of the run, without the program's noting it."""
        return self.job.trainer(self.engine).mark()

    def train(self) -> None:
        """A piece, and perhaps a change after it."""
        job, rng = self.job, self.rng
        trainer, before = job.trainer(self.engine), job.trainer(self.engine).step
        job.branch()
        if trainer.finished:
            job.more_epochs(rng.choice((2, 50)))
        trainer.train(10.0, every=rng.choice((1, 3, 100)), most=rng.choice((1, 2, 9, 40)))
        trainer.settle()
        self.tally.steps += trainer.step - before
        change = rng.random()
        if change < 0.12:
            job.set_training(_settings(rng, job.document.training.seed) if rng.random() < 0.5 else self._slower())
        elif change < 0.2:
            name = rng.choice([name for name in job.weights if name.startswith(("z", "h"))])
            job.set_weight(name, (0,) * np.asarray(job.weights[name]).ndim, rng.uniform(-1, 1))
        self.truth[trainer.step] = self.now()
        if rng.random() < 0.6:
            self.look()

    def _slower(self) -> TrainingSettings:
        training = self.job.document.training
        return replace(training, optimizer={**training.optimizer, "learning_rate": 0.001})

    def go_to(self, step: int) -> None:
        """Go to a step, on the way that the window goes, and compare."""
        job = self.job
        job.go_to(step)
        trainer = job.trainer(self.engine)
        self.tally.exact += trainer.step == step
        before = trainer.step
        while job.is_on_the_way:
            job.go_on_the_way(0.001)
        self.tally.again += trainer.step - before
        self.look()
        self.tally.rewinds += 1
        self.compare(self.now(), self.truth[step], f"step {step}")

    def compare(self, mark: Mark, truth: Mark, what: str) -> None:
        """Bit for bit."""
        try:
            assert_same_moment(mark, truth, curves=False)
        except AssertionError as error:
            said = " ".join(str(error).split())[:200] or f"{mark.progress.name}, and not {truth.progress.name}"
            self.tally.wrong.append(f"{self.name}, {what}: {said}")

    def run(self, rewinds: int) -> None:
        """Train, go back, branch, train on, go back."""
        job, rng = self.job, self.rng
        trainer = job.trainer(self.engine)
        self.truth[0] = trainer.mark()
        for part in range(2):
            for _ in range(self.pieces):
                self.train()
            end, training = trainer.step, job.document.training
            self.truth[end] = self.now()
            for _ in range(rewinds // 2):
                reach = job._past.reach
                assert reach is not None
                # Where more weights were typed than marks are kept, what can be gone to begins with the first of them.
                self.go_to(rng.choice([step for step in self.truth if step >= reach.first]))
            if part == 0 and job._past.earlier:
                here = trainer.step
                self.truth = {step: mark for step, mark in self.truth.items() if step <= here}
                continue  # the next piece branches here
            job.go_to(None)
            self.compare(self.now(), self.truth[end], "back at the end")
            assert job.document.training is training
        self.on_from_the_end()
        job.close()
        self.tally.cases += 1

    def on_from_the_end(self) -> None:
        """The next steps are those of a run that was put back to that moment and never rewound."""
        job, trainer = self.job, self.job.trainer(self.engine)
        mark = trainer.mark()
        job.more_epochs(10)
        self._go_on(trainer)
        after = trainer.mark()
        trainer.rewind(mark)
        trainer.goal += 10
        self._go_on(trainer)
        self.compare(trainer.mark(), after, "on from the end")

    @staticmethod
    def _go_on(trainer: Trainer) -> None:
        """The next nine steps, or those up to the goal: a slow machine takes fewer at a time."""
        end = trainer.step + 9
        while trainer.step < end and not trainer.finished:
            trainer.train(10.0, every=100, most=end - trainer.step)
            trainer.settle()


def run(cases: int, seed: int, engines: list[Engine], rewinds: int = 10, pieces: int = 12) -> Tally:
    """So many cases on each engine, each trained in two times so many pieces."""
    tally = Tally()
    for number in range(cases):
        for engine in engines:
            Case(number, seed, engine, tally, pieces).run(rewinds)
    return tally


def _engines(wanted: str) -> Iterator[Engine]:
    if wanted != "opencl":
        yield ReferenceEngine()
    if wanted != "reference":
        yield open_engine("opencl")[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engine", choices=("reference", "opencl", "both"), default="both")
    args = parser.parse_args()
    start = time.monotonic()
    tally = run(args.cases, args.seed, [*_engines(args.engine)])
    for sentence in tally.wrong[:50]:
        print(sentence)
    print(
        f"{tally.cases} trainings of {tally.steps:,} steps, {tally.rewinds:,} rewinds ({tally.exact:,} to a mark), "
        f"{tally.again:,} steps trained again; wrong: {len(tally.wrong)}; {time.monotonic() - start:.0f} s"
    )
    sys.exit(bool(tally.wrong))


if __name__ == "__main__":
    main()
