"""Faults planted in training: is each named by node, row, step and cause, and do the weights before it stay?

``python -m tests.campaigns.faults [COUNT]`` plants COUNT (200) of them, by turns in the reference engine and on the
device, in small random networks; prints what was not named, and the figures.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.document import Document, TrainingSettings, Watch
from compute.engine import Engine
from compute.focus import Subject
from compute.graph import Graph, Node, Wire
from compute.reference import ReferenceEngine
from compute.training import Trainer
from compute.watches.applied import applied
from compute.watches.fault import TrainingStopped
from compute.workspace import open_document

Array = npt.NDArray[Any]


@dataclass
class Plan:
    """What is to be trained, what happens on the way, and what must be said. at: after so many steps ``act`` is done;
    row: of the data, None where no row is to be named, −1 where any may be."""

    document: Document
    node: str
    kind: str
    cause: str
    row: int | None
    step: int = 0
    at: int = -1
    act: Callable[[Trainer], None] = lambda trainer: None
    data: dict[tuple[str, int], float] = field(default_factory=dict)
    """Data node and row → what stands there in every column."""
    entry: tuple[int, ...] | None = None


def network(
    random: np.random.Generator, extra: Sequence[Node] = (), wires: Sequence[Wire] = (), last: str = ""
) -> Document:
    """A small random network on random rows, whose loss is added to the mean of ``last``, which hangs on column c."""
    rows, inputs, layers = int(random.integers(6, 40)), int(random.integers(1, 4)), int(random.integers(1, 4))
    columns: dict[str, Any] = {f"x{i}": random.normal(size=rows).tolist() for i in range(inputs)}
    columns |= {"t": random.normal(size=rows).tolist(), "c": random.uniform(0.5, 2.0, rows).tolist()}
    nodes = [Node("x", "input", {"columns": [f"x{i}" for i in range(inputs)]}), Node("t", "target", {"columns": ["t"]})]
    lines, before = [], "x"
    for i in range(layers):
        nodes += [
            Node(f"h{i}", "dense", {"units": int(random.integers(2, 6))}),
            Node(f"a{i}", "relu" if i == 0 else "tanh"),
        ]
        lines += [Wire(before, f"h{i}", "x"), Wire(f"h{i}", f"a{i}", "x")]
        before = f"a{i}"
    nodes += [Node("z", "dense", {"units": 1}), Node("mse", "mean_squared_error")]
    lines += [Wire(before, "z", "x"), Wire("z", "mse", "prediction"), Wire("t", "mse", "target")]
    loss = "mse"
    if last:
        nodes += [Node("c", "input", {"columns": ["c"]}), *extra, Node("m", "mean"), Node("L", "add")]
        lines += [*wires, Wire(last, "m", "x"), Wire("mse", "L", "a"), Wire("m", "L", "b")]
        loss = "L"
    batch, seed = int(random.integers(1, rows + 1)), int(random.integers(0, 1000))
    training = TrainingSettings(loss, {"name": "sgd", "learning_rate": 0.01}, batch, 40, seed)
    return Document("planted", Graph(nodes, lines), {"source": "inline", "columns": columns}, training)


def rows_of(document: Document) -> int:
    return len(document.data["columns"]["t"])


def in_an_op(random: np.random.Generator) -> Plan:
    """A row for which an op has no finite value."""
    op, params, bad, cause = [
        ("log", {}, -1.5, "log of a negative number"),
        ("log", {}, 0.0, "log of 0"),
        ("sqrt", {}, -0.25, "root of a negative number"),
        ("exp", {}, 800.0, "overflow"),
        ("power", {"exponent": 0.5}, -2.0, "power of a negative number"),
        ("power", {"exponent": -2.0}, 0.0, "power of 0"),
    ][int(random.integers(6))]
    document = network(random, [Node("f", op, params)], [Wire("c", "f", "x")], "f")
    row = int(random.integers(rows_of(document)))
    return Plan(document, "f", "value", cause, row, data={("c", row): bad})


def division(random: np.random.Generator) -> Plan:
    extra = [Node("one", "constant", {"value": 1.0}), Node("f", "divide")]
    document = network(random, extra, [Wire("one", "f", "a"), Wire("c", "f", "b")], "f")
    row = int(random.integers(rows_of(document)))
    return Plan(document, "f", "value", "division by 0", row, data={("c", row): 0.0})


def slope(random: np.random.Generator) -> Plan:
    """A finite loss with an infinite slope."""
    extra = [Node("w", "parameter", {"value": 0.7}), Node("p", "multiply"), Node("f", "sqrt")]
    document = network(random, extra, [Wire("c", "p", "a"), Wire("w", "p", "b"), Wire("p", "f", "x")], "f")
    row = int(random.integers(rows_of(document)))
    return Plan(document, "f", "wire", "slope of a root at 0", row, data={("c", row): 0.0})


def in_the_data(random: np.random.Generator) -> Plan:
    document = network(random)
    node, row = ("x", "t")[int(random.integers(2))], int(random.integers(rows_of(document)))
    return Plan(document, node, "value", "data", row, data={(node, row): (np.nan, np.inf)[int(random.integers(2))]})


def in_a_weight(random: np.random.Generator) -> Plan:
    """A weight that is made NaN after some steps, and what watches for a large norm of another."""
    document, after = network(random), int(random.integers(1, 12))
    bad = (np.nan, np.inf, 1e4)[int(random.integers(3))]
    entry = (0, int(random.integers(document.graph.nodes["h0"].params["units"])))
    # ReLU can hide it from the loss, so that only a watch sees it at once.
    kind, limit = ("norm_above", 50.0) if bad == 1e4 else ("infinite", None) if bad == np.inf else ("nan", None)
    document.watches = (Watch(Subject("weight", "h0", "weight"), "value", kind, limit),)

    def act(trainer: Trainer) -> None:
        weight = trainer.run.weights()["h0.weight"]
        weight[entry] = bad
        trainer.run.set_weights({"h0.weight": weight})

    cause = "learning rate" if bad == 1e4 else "weight"
    return Plan(document, "h0", "weight", cause, None, after + 1, after, act, entry=entry)


def dead(random: np.random.Generator) -> Plan:
    document, after = network(random), int(random.integers(1, 12))
    document.watches = (Watch(Subject("node", "a0"), "value", "dead_above", 0.99),)

    def act(trainer: Trainer) -> None:
        bias = trainer.run.weights()["h0.bias"]
        trainer.run.set_weights({"h0.bias": bias - 1e3})

    document.training = replace(document.training, batch_size=rows_of(document))
    return Plan(document, "a0", "value", "dead units", None, after + 1, after, act)


def jump(random: np.random.Generator) -> Plan:
    """A learning rate that is changed under way: the step with it changes a weight too much."""
    document, after = network(random), int(random.integers(2, 12))
    document.watches = (Watch(Subject("weight", "z", "weight"), "value", "change_above", 5.0),)

    def act(trainer: Trainer) -> None:
        trainer.training = replace(trainer.training, optimizer={"name": "sgd", "learning_rate": 1e5})

    return Plan(document, "z", "weight", "learning rate", None, after + 2, after, act)


def exploding(random: np.random.Generator) -> Plan:
    """A linear network with a rate beyond all use; when it overflows follows from arithmetic in NumPy alone."""
    rows, rate = int(random.integers(3, 12)), float(10.0 ** random.integers(6, 16))
    columns = {"x0": random.normal(size=rows), "t": random.normal(size=rows)}
    nodes = [Node("x", "input", {"columns": ["x0"]}), Node("t", "target", {"columns": ["t"]})]
    nodes += [Node("w", "parameter", {"value": [[0.5]]}), Node("y", "matmul"), Node("mse", "mean_squared_error")]
    wires = [Wire("x", "y", "a"), Wire("w", "y", "b"), Wire("y", "mse", "prediction"), Wire("t", "mse", "target")]
    training = TrainingSettings("mse", {"name": "sgd", "learning_rate": rate}, rows, 100)
    data = {"source": "inline", "columns": {name: column.tolist() for name, column in columns.items()}}
    return Plan(Document("planted", Graph(nodes, wires), data, training), "", "", "learning rate", -1)


PLANTERS = (in_an_op, in_an_op, division, slope, in_the_data, in_a_weight, dead, jump, exploding)


def expected_step(plan: Plan, trainer: Trainer, real: Any) -> int:
    """The first step whose batch has the row, or in which the linear network overflows."""
    if plan.step:
        return plan.step
    order = trainer.order_of(0)
    if plan.row is not None and plan.row >= 0:
        return 1 + next(i for i, rows in enumerate(order.batches(0)) if plan.row in rows)
    columns = plan.document.data["columns"]
    x, t = np.array(columns["x0"], real), np.array(columns["t"], real)
    w, rate = real(0.5), real(plan.document.training.optimizer["learning_rate"])
    with np.errstate(all="ignore"):
        for step in range(1, 1000):
            away = x * w - t
            slope = (2 * away * x / real(len(x))).sum()
            if not (np.isfinite(np.square(away).mean()) and np.isfinite(slope)):
                return step
            w = real(w - rate * slope)
    return 0


def found(plan: Plan, engine: Engine, real: Any) -> str:
    """What is wrong with what was said; "" where nothing is."""
    document = plan.document
    program = open_document(document).trained
    for (node, row), value in plan.data.items():
        program.train[node][row] = value
    trainer = Trainer(program, document.training, engine.open(program))
    trainer.watch(applied(document.watches, document.graph, program).checks)
    want, before = expected_step(plan, trainer, real), dict[str, Array]()
    try:
        while trainer.step < 400 and not trainer.finished:
            if trainer.step == plan.at:
                plan.act(trainer)
            before = trainer.run.weights()
            trainer.step_batch()
    except TrainingStopped as stop:
        fault = stop.fault
        said = fault.step, fault.place.of.node, fault.place.of.kind, fault.row, fault.cause.name
        named = plan.node or fault.place.of.node, plan.kind or fault.place.of.kind
        blamed = fault.row if plan.row == -1 else plan.row
        wanted = want, *named, blamed, plan.cause
        if said != wanted:
            return f"{wanted} was planted, and {said} said: {stop}"
        if plan.entry is not None and fault.place.entry != plan.entry:
            return f"{plan.entry} was planted, and {fault.place.entry} said"
        if any(not np.array_equal(w, before[name], equal_nan=True) for name, w in trainer.run.weights().items()):
            return f"the weights before step {want} are gone"
        if trainer.step != want - 1:
            return f"step {trainer.step} is told to be done, before step {want}"
        return ""
    finally:
        trainer.run.close()
    return f"nothing stopped at step {want}"


def run(count: int, engines: Sequence[tuple[Engine, Any]], first: int = 0) -> tuple[Counter[str], list[str]]:
    """Plants so many; how many of each kind were named, and what was wrong."""
    named, wrong = Counter[str](), list[str]()
    for seed in range(first, first + count):
        planter = PLANTERS[seed % len(PLANTERS)]
        engine, real = engines[seed // len(PLANTERS) % len(engines)]
        problem = found(planter(np.random.default_rng(seed)), engine, real)
        if problem:
            wrong.append(f"{planter.__name__} {seed}, {engine.label}: {problem}")
        else:
            named[planter.__name__] += 1
    return named, wrong


def main() -> None:
    from compute.opencl.devices import choose
    from compute.opencl.engine import OpenCLEngine

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    engines: list[tuple[Engine, Any]] = [(ReferenceEngine(), np.float64)]
    device = choose().device
    if device is not None:
        engines.append((OpenCLEngine(device), np.float32))
    named, wrong = run(count, engines)
    print("\n".join(wrong))
    print(f"{sum(named.values())} of {count} named: {dict(named)}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
