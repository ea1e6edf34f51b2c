"""Planted wrong answers: each made by one mistake, from the arrays of the pass alone; the judge has to name it.

    python -m tests.campaigns.planted [--graphs N]

The wrong numbers are worked out here with NumPy, not by ``compute.asking``, and typed with four digits as a learner
would. Where another mistake gives the same number, either may be named, and the rate of that is told.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from compute.analysis import analyse
from compute.asking import TOLERANCE, Question, Record, Score, judge, mistakes, question_at
from compute.engine import Program
from compute.explain import Facts, Quantity, Step, walk
from compute.gallery import GALLERY, load_entry
from compute.graph import Graph, Node, Wire
from compute.initializers import initialize
from compute.ops.base import Elementwise
from compute.ops.losses import EntryLoss
from compute.optimizers import make_optimizer
from compute.reference import ReferenceRun
from compute.trace import Trace
from compute.workspace import open_document

Planter = Callable[[Facts, Question], float | None]
RATE = 0.05


def _unary_or_same_shape(facts: Facts, q: Quantity) -> bool:
    """Whether a wire belongs to an elementwise op that repeats no entry, and is not one that only passes on."""
    if q.kind != "wire" or not isinstance(facts.op(q.node), Elementwise) or facts.op(q.node).moves:
        return False
    return facts.trace.values[facts.source(q.node, q.name)].shape == facts.trace.values[q.node].shape


def _dense_weight(facts: Facts, q: Quantity) -> bool:
    return q.kind == "weight gradient" and q.name == "weight" and facts.op(q.node).name == "dense"


def sign(facts: Facts, asked: Question) -> float | None:
    return None if asked.quantity.kind == "update" else -asked.right


def upstream(facts: Facts, asked: Question) -> float | None:
    q = asked.quantity
    if _unary_or_same_shape(facts, q):
        arrives = float(facts.trace.grads[q.node][asked.entry])
        return asked.right / arrives if arrives and facts.contributions(q.node) else None
    if _dense_weight(facts, q):
        x = facts.trace.values[facts.analysis.sources[q.node][0]]
        return float(x.sum(axis=0)[asked.entry[0]]) if x.ndim == 2 else None
    return None


def fork(facts: Facts, asked: Question) -> float | None:
    q = asked.quantity
    ways = facts.contributions(q.node)
    if q.kind != "gradient" or len(ways) < 2:
        return None
    return float(facts.trace.grads[q.node][asked.entry] - facts.trace.wire_grads[ways[0]][asked.entry])


def value(facts: Facts, asked: Question) -> float | None:
    q = asked.quantity
    if _unary_or_same_shape(facts, q) and len(facts.op(q.node).ports) == 1:
        arrives = float(facts.trace.grads[q.node][asked.entry]) if facts.contributions(q.node) else 1.0
        return arrives * float(facts.trace.values[q.node][asked.entry])
    if _dense_weight(facts, q):
        own = float(facts.trace.parameters[q.weight][asked.entry])
        return own * float(
            facts.trace.grads[q.node].reshape(-1, facts.trace.grads[q.node].shape[-1]).sum(axis=0)[asked.entry[1]]
        )
    return None


def slope(facts: Facts, asked: Question) -> float | None:
    q = asked.quantity
    if _unary_or_same_shape(facts, q) and facts.contributions(q.node):
        return float(facts.trace.grads[q.node][asked.entry])
    return None


def share(facts: Facts, asked: Question) -> float | None:
    q = asked.quantity
    if q.kind not in ("value", "wire") or not isinstance(facts.op(q.node), EntryLoss):
        return None
    n = facts.trace.values[facts.analysis.sources[q.node][0]].size
    return asked.right * n if n > 1 else None


def mean(facts: Facts, asked: Question) -> float | None:
    rows = len(facts.trace.rows)
    return asked.right / rows if _dense_weight(facts, asked.quantity) and rows > 1 else None


def _weight_and_slope(facts: Facts, asked: Question) -> tuple[float, float]:
    name = asked.quantity.weight
    return float(facts.trace.parameters[name][asked.entry]), float(facts.trace.parameter_grads[name][asked.entry])


def rate(facts: Facts, asked: Question) -> float | None:
    if asked.quantity.kind != "update":
        return None
    w, g = _weight_and_slope(facts, asked)
    return w - g


def added_update(facts: Facts, asked: Question) -> float | None:
    if asked.quantity.kind != "update":
        return None
    w, g = _weight_and_slope(facts, asked)
    return w + RATE * g


def change(facts: Facts, asked: Question) -> float | None:
    return RATE * _weight_and_slope(facts, asked)[1] if asked.quantity.kind == "update" else None


def left_out(facts: Facts, asked: Question) -> float | None:
    q = asked.quantity
    if q.kind != "value" or facts.op(q.node).name != "dense" or f"{q.node}.bias" not in facts.trace.parameters:
        return None
    return asked.right - float(facts.trace.parameters[f"{q.node}.bias"][asked.entry[-1]])


def added_factors(facts: Facts, asked: Question) -> float | None:
    q = asked.quantity
    if q.kind == "value" and facts.op(q.node).name == "multiply":
        a, b = (facts.trace.values[s] for s in facts.analysis.sources[q.node])
        return float(np.broadcast_to(a + b, facts.trace.values[q.node].shape)[asked.entry])
    return None


PLANTERS: dict[str, Planter] = {
    "sign": sign,
    "upstream": upstream,
    "fork": fork,
    "value": value,
    "slope": slope,
    "share": share,
    "mean": mean,
    "rate": rate,
    "added update": added_update,
    "change": change,
    "left out": left_out,
    "added factors": added_factors,
}


@dataclass
class Tally:
    """planted, named: by kind; shared: answers that a more likely mistake explains as well; equal: mistakes that give
    the right number and are none; wrong: what went wrong, in words."""

    planted: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    shared: Counter[str] = field(default_factory=Counter)
    equal: Counter[str] = field(default_factory=Counter)
    walks: int = 0
    first_wrong: int = 0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"{'mistake':16} planted  named  shared with another  equal to the right number"]
        for kind in PLANTERS:
            numbers = (self.planted[kind], self.named[kind], self.shared[kind], self.equal[kind])
            lines.append(f"{kind:16} {numbers[0]:7} {numbers[1]:6} {numbers[2]:20} {numbers[3]:26}")
        total = self.planted.total()
        lines.append(f"{'all':16} {total:7} {self.named.total():6} {self.shared.total():20} {self.equal.total():26}")
        lines.append(f"walks with one wrong step: {self.walks}, the first wrong step found in {self.first_wrong}")
        return "\n".join([*lines, *self.wrong[:20]])


def passes(graphs: int, most_rows: int = 4) -> Iterator[tuple[str, Graph, Program, str, Trace]]:
    """One pass over each document of the gallery that has a loss, and over random graphs."""
    for entry in GALLERY:
        document = load_entry(entry.id)
        workspace = open_document(document, strict=False)
        rows = np.arange(min(most_rows, workspace.program.rows))
        trace = ReferenceRun(workspace.program).trace(rows)
        if trace.loss is not None:
            yield entry.id, document.graph, workspace.program, document.training.loss, trace
    for seed in range(graphs):
        graph, program = random_graph(seed)
        yield f"graph {seed}", graph, program, "L", ReferenceRun(program).trace(np.arange(program.rows))


def random_graph(seed: int) -> tuple[Graph, Program]:
    """A network with forks: inputs, dense layers, activations, sums and products of what came before, and a loss."""
    random = np.random.default_rng(seed)
    nodes, wires = [Node("x", "input", {"columns": ["a", "b"]}), Node("t", "target", {"columns": ["c", "d"]})], []
    ends = ["x"]
    for i in range(int(random.integers(2, 7))):
        kind = str(random.choice(["dense", "tanh", "sigmoid", "softplus", "square", "add", "multiply", "subtract"]))
        node = f"n{i}"
        nodes.append(Node(node, kind, {"units": 2} if kind == "dense" else {}))
        ports = ("a", "b") if kind in ("add", "multiply", "subtract") else ("x",)
        wires += [Wire(str(random.choice(ends)), node, port) for port in ports]
        ends.append(node)
    nodes.append(Node("L", str(random.choice(["mean_squared_error", "sigmoid_cross_entropy", "huber"]))))
    wires += [Wire(ends[-1], "L", "prediction"), Wire("t", "L", "target")]
    graph = Graph(nodes, wires)
    analysis = analyse(graph)
    analysis.require("L")
    rows = int(random.integers(1, 5))
    tables = {"x": random.normal(size=(rows, 2)), "t": random.integers(0, 2, size=(rows, 2)).astype(float)}
    weights = {name: initialize(name, spec, seed) for name, (_, spec) in analysis.parameters.items()}
    weights |= {name: random.normal(size=w.shape) for name, w in weights.items() if name.endswith("bias")}
    return graph, Program(analysis, "L", weights, tables, {}, rows)


def plant(tally: Tally, steps: list[Step], name: str, seed: int = 0) -> None:
    """Every mistake at every step of a walk; then the walk with one of them, the others answered rightly."""
    asked = [(step, question_at(step, seed)) for step in steps]
    wrong: list[tuple[int, str]] = []
    for step, question in asked:
        if question is None:
            continue
        right = f"{question.right:.{8 if question.quantity.kind == 'update' else 3}g}"
        if not judge(question, right).right:
            tally.wrong.append(f"{name}, step {step.number}: the right number {right} is not taken")
        for kind, planter in PLANTERS.items():
            number = planter(question.facts, question)
            if number is None or not np.isfinite(number) or abs(number) < 1e-9 * question.making.size:
                continue
            if question.is_right(number):
                tally.equal[kind] += 1
                continue
            typed = f"{number:.4g}"
            tally.planted[kind] += 1
            verdict = judge(question, typed)
            if verdict.mistake is not None and verdict.mistake.kind == kind and not verdict.also:
                tally.named[kind] += 1
                wrong.append((step.number, typed))
                continue
            same = [m.kind for m in mistakes(question) if abs(m.value - number) <= TOLERANCE * abs(number)]
            if verdict.mistake is not None and kind in same and verdict.mistake.kind in same:
                tally.shared[kind] += 1
            else:
                tally.wrong.append(
                    f"{name}, step {step.number} ({question.name}): {kind} gives {typed}, and was told {verdict}"
                )
    if wrong:
        tally.walks += 1
        tally.first_wrong += _first_wrong_is_found(asked, wrong[len(wrong) // 2])


def _first_wrong_is_found(asked: list[tuple[Step, Question | None]], planted: tuple[int, str]) -> bool:
    score = Score()
    for step, question in asked:
        if question is None:
            continue
        record = Record(step.number, question.name, step.title)
        if step.number == planted[0]:
            record = record.answered(judge(question, planted[1]), planted[1])
        score = score.with_record(record.answered(judge(question, question.right)))
    found = score.first_wrong
    return found is not None and found.key == planted[0] and bool(found.mistakes)


def run(graphs: int, entries: int | None = None) -> Tally:
    """entries: how many of the gallery's documents; None for all."""
    tally, optimizer = Tally(), make_optimizer({"name": "sgd", "learning_rate": RATE})
    for i, (name, graph, program, loss, trace) in enumerate(passes(graphs)):
        if entries is not None and not name.startswith("graph") and i >= entries:
            continue
        plant(tally, list(walk(graph, program.analysis, loss, trace, optimizer, granularity="wire")), name)
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--graphs", type=int, default=200)
    tally = run(parser.parse_args().graphs)
    print(tally)
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
