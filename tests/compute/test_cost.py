"""What a network costs equals what an instrumented run of the reference engine counts while it computes."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given

from compute.batches import Rows
from compute.cost import MEASURES, Counts, cost_of, ops_of, shares
from compute.cost.counting import kind_of
from compute.document import load
from compute.engine import Program
from compute.graph import Node
from compute.ops import REGISTRY
from compute.optimizers import OPTIMIZERS, Clipping, Optimizer, make_optimizer, norm_of
from compute.reference import TrainingPass, backward, forward
from compute.workspace import open_document
from tests.compute.programs import program
from tests.compute.test_ops import COMPUTED, SMALL, build, cases
from tests.compute.test_random_graphs import graphs
from tests.searching import tries

Array = npt.NDArray[Any]
Nodes = list[tuple[str, str, dict[str, Any]]]
SGD = make_optimizer({"name": "sgd"})


class Counting(np.ndarray[Any, np.dtype[Any]]):
    """Computes as any array does, and notes what."""

    seen: Counter[str] = Counter()

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        plain = [np.array(each, copy=None, subok=False) if isinstance(each, Counting) else each for each in inputs]
        if out is not None:
            kwargs["out"] = tuple(each.view(np.ndarray) for each in out)
        found = getattr(ufunc, method)(*plain, **kwargs)
        if ufunc is np.matmul:
            self.seen["multiply_adds"] += np.size(found) * plain[0].shape[-1]
        elif kind_of(ufunc.__name__):
            done = plain[0].size - np.size(found) if method == "reduce" else np.size(found)
            self.seen[kind_of(ufunc.__name__)] += done
        return counting(found)

    def whole(self, function: Any) -> Any:
        self.seen[kind_of(function.__name__)] += self.size
        return counting(function(np.array(self, copy=None, subok=False)))

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        found = super().__array_function__(func, types, args, kwargs)
        return counting(found) if isinstance(found, np.ndarray) else found


def counting(array: Any) -> Counting:
    return np.array(array, copy=None, subok=False).view(Counting)


def counted(drawn: Program, rows: Rows, optimizer: Optimizer) -> Counts:
    """A whole training step of the reference engine, noted as it computes."""
    with pytest.MonkeyPatch.context() as patch:
        # Whatever a rule does with its arrays, they go on being noted.
        patch.setattr(np, "asarray", np.asanyarray)
        Counting.seen = Counter()
        _step(drawn, rows, optimizer)
        return Counts(**Counting.seen)


def _step(drawn: Program, rows: Rows, optimizer: Optimizer) -> None:
    part = drawn.analysis.leading_to(drawn.loss)
    weights: dict[str, Array] = {name: counting(drawn.weights[name]) for name in part.parameters}
    tables = {node: table for node, table in drawn.batch(rows).items() if node in part.shapes}
    known: dict[str, Array] = {node: counting(np.array(table, np.float64)) for node, table in tables.items()}

    def put(_kind: str, _node: str, _name: str, array: Array) -> Array:
        return counting(array)

    values = forward(part, weights, {}, TrainingPass(), known, put)
    _, _, gradients = backward(part, weights, values, drawn.loss, TrainingPass(), put)
    trained = [name for name in gradients if part.parameters[name][1].trainable]
    norm = norm_of(gradients[name] for name in trained) if optimizer.clipping.norm else 0.0
    for name in trained:
        state: dict[str, Array] = {each: counting(np.zeros_like(drawn.weights[name])) for each in optimizer.state}
        optimizer.update(weights[name], gradients[name], state, 1, norm)
    for node in {owner: None for owner, spec in part.parameters.values() if not spec.learned}:
        own = {suffix: weights[name] for suffix, name in part.weights_of(node).items()}
        part.ops[node].remember([values[s] for s in part.sources[node]], own, part.settings[node])


def of(drawn: Program, rows: int, optimizer: Optimizer = SGD) -> Any:
    return cost_of({}, drawn.analysis, drawn.loss, rows, optimizer)


@pytest.mark.parametrize("name", COMPUTED)
def test_every_op_costs_what_an_instrumented_run_counts(name: str) -> None:
    op = REGISTRY[name]
    by_settings = itertools.groupby(cases(op, SMALL), key=lambda case: case[1])
    found = [case for _, group in by_settings for case in list(group)[-2:]]
    found = found[:: -(-len(found) // 12)]
    assert found
    for number, case in enumerate(found):
        drawn = build(op, case, number, 0.2, 0.9)
        expected = counted(drawn, np.arange(1), SGD)
        assert of(drawn, 1).total.step == expected, case


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_costs_what_an_instrumented_run_counts(name: str) -> None:
    drawn = build(REGISTRY["dense"], _dense(), 0, -1, 1)
    for extra in ({}, {"weight_decay": 0.1}, {"momentum": 0.9, "nesterov": True}):
        known = {param.name for param in OPTIMIZERS[name].params}
        given_ = {"name": name} | {key: value for key, value in extra.items() if key in known}
        for clipping in (Clipping(), Clipping(1.0, 0.5)):
            optimizer = make_optimizer(given_, clipping)
            expected = counted(drawn, np.arange(1), optimizer)
            assert of(drawn, 1, optimizer).total.step == expected


def _dense() -> Any:
    return ((4, 3),), REGISTRY["dense"].settings({"units": 5}, "h")


@given(graphs(COMPUTED))
@tries(10)
def test_random_graphs_cost_what_an_instrumented_run_counts(drawn: Program) -> None:
    expected = counted(drawn, np.arange(drawn.rows), SGD)
    found = of(drawn, drawn.rows)
    if not found.trains:
        return
    assert found.total.step == expected


def test_a_dense_layer_and_an_activation_by_hand() -> None:
    """Four rows through 3 → 5 neurons, tanh, mean squared error, by SGD."""
    columns = {"columns": ["a", "b", "c"]}
    nodes: Nodes = [("x", "input", columns), ("t", "target", {"columns": [*"abcde"]})]
    nodes += [("h", "dense", {"units": 5}), ("a", "tanh", {}), ("L", "mean_squared_error", {})]
    wires = [("x", "h", "x"), ("h", "a", "x"), ("a", "L", "prediction"), ("t", "L", "target")]
    drawn = program(nodes, wires, "L", {"x": np.zeros((4, 3)), "t": np.zeros((4, 5))})
    cost = of(drawn, 4)
    dense, tanh, loss = (cost.by_node[node] for node in ("h", "a", "L"))
    assert dense.parameters == 3 * 5 + 5
    assert dense.forward == Counts(multiply_adds=4 * 3 * 5, additions=4 * 5)
    assert dense.backward == Counts(multiply_adds=2 * 4 * 3 * 5, additions=3 * 5)  # of x and W; b is a sum of 4 rows
    assert dense.update == Counts(multiplications=20, additions=20)
    assert tanh.forward == Counts(exps=20)
    assert tanh.backward == Counts(multiplications=20 + 20, additions=20)
    assert loss.forward == Counts(multiplications=20, additions=20 + 19, divisions=1)
    assert (dense.value_bytes, dense.kept_bytes, tanh.kept_bytes) == (4 * 20, 0, 4 * 20)
    assert cost.by_node["x"].kept_bytes == 4 * 12
    assert cost.device_multiply_adds == 2 * 60  # a device leaves the gradient of x out
    assert cost.used == Counts(multiply_adds=15, additions=5, exps=5) + cost_of_loss(5)
    multiply_adds = next(each for each in MEASURES if each.name == "multiply_adds")
    assert shares(cost, None, multiply_adds) == {"x": 0, "t": 0, "h": 1, "a": 0, "L": 0}


def cost_of_loss(entries: int) -> Counts:
    """Of the mean of squares, forward."""
    return Counts(multiplications=entries, additions=2 * entries - 1, divisions=1)


def test_the_sum_of_what_comes_back_at_a_fork_is_the_forks() -> None:
    nodes: Nodes = [
        ("p", "parameter", {"value": np.ones(3)}),
        ("y", "multiply", {}),
        ("L", "sum", {}),
    ]
    drawn = program(nodes, [("p", "y", "a"), ("p", "y", "b"), ("y", "L", "x")], "L")
    cost = of(drawn, 1)
    assert cost.by_node["p"].backward == Counts(additions=3)
    assert cost.by_node["y"].backward == Counts(multiplications=6)


def test_without_a_loss_only_values_cost() -> None:
    document = load("resources/gallery/matrix_vector.json")
    analysis = open_document(document, strict=False).analysis
    cost = cost_of(ops_of(document.graph), analysis, document.training.loss, 1, SGD)
    assert not cost.trains
    assert cost.total.forward.multiply_adds == 6
    assert cost.total.backward == cost.total.update == Counts()


def test_what_cannot_be_computed_is_left_out_and_named() -> None:
    document = load("resources/gallery/spiral.json")
    broken = document.graph.nodes["h2"] if "h2" in document.graph.nodes else next(iter(document.graph.nodes.values()))
    document.graph.nodes[broken.id] = Node(broken.id, "no such op", {})
    analysis = open_document(document, strict=False).analysis
    cost = cost_of(ops_of(document.graph), analysis, document.training.loss, 1, SGD)
    assert not cost.trains
    assert broken.id in cost.left_out


def test_a_large_graph_is_counted_in_the_memory_of_its_shapes() -> None:
    """A thousand million rows would be hundreds of gigabytes of values."""
    columns = {"columns": [f"c{i}" for i in range(10)]}
    nodes: Nodes = [("x", "input", columns), ("h", "dense", {"units": 50}), ("a", "tanh", {}), ("L", "mean", {})]
    drawn = program(nodes, [("x", "h", "x"), ("h", "a", "x"), ("a", "L", "x")], "L", {"x": np.zeros((1, 10))})
    assert of(drawn, 10**9).by_node["h"].forward.multiply_adds == 500 * 10**9
