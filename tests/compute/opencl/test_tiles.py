"""Steps whose rows are shared by the cores: taken apart where rows stay by themselves, and only there."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from compute.benchmark import networks
from compute.benchmark.networks import KINDS, NETWORKS
from compute.engine import Program
from compute.opencl.cost import Work
from compute.opencl.engine import OpenCLEngine, OpenCLRun
from compute.opencl.kernel import Traits
from compute.opencl.tiles import Cut, faster_in_tiles
from compute.optimizers import Clipping, make_optimizer
from compute.plan import GRADIENTS, make_plan
from compute.reference import ReferenceEngine
from compute.row_tiles import in_tiles
from tests.compute.programs import assert_close, program

PROCESSOR = Traits(gpu=False, units=2, largest_work_group=4096, largest_y=4096, launch=4e-6)
ADAM = make_optimizer({"name": "adam", "learning_rate": 0.02}, Clipping(norm=0.5))
ROWS = 37
Nodes = list[tuple[str, str, dict[str, Any]]]


def built(between: Nodes, wires: Sequence[tuple[str, str, str]], last: str) -> Program:
    """Three columns through some nodes to the mean of a squared error, ``last`` being as wide as its target."""
    random = np.random.default_rng(5)
    ends: Nodes = [("x", "input", {"columns": ["a", "b", "c"]}), ("t", "target", {"columns": ["u", "v"]})]
    data = {"x": random.normal(size=(ROWS, 3)), "t": random.normal(size=(ROWS, 2))}
    nodes: Nodes = [*ends, *between, ("L", "mean_squared_error", {})]
    return program(nodes, [*wires, (last, "L", "prediction"), ("t", "L", "target")], "L", data)


def dense(*middle: str) -> Program:
    """3-5-2 with some ops in the middle."""
    between: Nodes = [("h", "dense", {"units": 5}), *((op, op, {}) for op in middle), ("z", "dense", {"units": 2})]
    names = ["x", "h", *middle, "z"]
    return built(between, [(a, b, "x") for a, b in pairwise(names)], "z")


def joined() -> Program:
    """Two layers beside each other, joined."""
    sides: Nodes = [("h", "dense", {"units": 2}), ("g", "dense", {"units": 3})]
    between: Nodes = [*sides, ("j", "concat", {}), ("z", "dense", {"units": 2})]
    return built(between, [("x", "h", "x"), ("x", "g", "x"), ("h", "j", "a"), ("g", "j", "b"), ("j", "z", "x")], "z")


def kind_of(run: OpenCLRun, rows: int) -> str:
    return run.training_schedule(rows, ADAM).kind


def trained(engine: OpenCLEngine, of: Program) -> tuple[Any, dict[str, Any], str]:
    random = np.random.default_rng(0)
    batches = [random.permutation(ROWS)[: 9 if i % 3 else 37] for i in range(7)]
    run = engine.open(of)
    losses, weights, kind = run.train(batches, ADAM), run.weights(), kind_of(run, 9)
    run.close()
    return losses, weights, kind


@pytest.mark.parametrize("of", [dense("tanh"), dense("softmax"), dense("layer_norm"), joined()])
@pytest.mark.usefixtures("small_tiles")
def test_shared_rows_train_as_the_reference_does(of: Program, opencl_tiles_double: OpenCLEngine) -> None:
    """Also with more tiles than cores, the last of them smaller, and a norm over all gradients."""
    losses, weights, kind = trained(opencl_tiles_double, of)
    assert kind == "tiles"
    again = trained(opencl_tiles_double, of)
    np.testing.assert_array_equal(losses, again[0])
    random = np.random.default_rng(0)
    batches = [random.permutation(ROWS)[: 9 if i % 3 else 37] for i in range(7)]
    reference = ReferenceEngine().open(of)
    assert_close(losses, reference.train(batches, ADAM), 1e-8, 1e-10, "losses")
    for name, weight in reference.weights().items():
        np.testing.assert_array_equal(weights[name], again[1][name])
        assert_close(weights[name], weight, 1e-7, 1e-9, name)


@pytest.mark.usefixtures("small_tiles")
def test_a_step_without_a_finite_loss_changes_nothing(opencl_tiles: OpenCLEngine) -> None:
    of = dense("tanh")
    of.train["x"][5, 1] = np.inf
    run = opencl_tiles.open(of)
    losses = run.train([np.arange(4), np.arange(9), np.arange(4)], ADAM)
    after = run.weights()
    assert len(losses) == 2
    assert not np.isfinite(losses[1])
    run.close()
    reference = ReferenceEngine().open(of)
    reference.train([np.arange(4)], ADAM)
    for name, weight in reference.weights().items():
        assert_close(after[name], weight, 1e-4, 1e-6, name)
    of.train["x"][5, 1] = 0.0


def test_rows_that_meet_are_not_taken_apart(opencl_tiles: OpenCLEngine) -> None:
    """Those of batch norm do, and so do those whose mean is subtracted from each of them."""
    run = opencl_tiles.open(dense("batch_norm"))
    assert kind_of(run, 9) == "launches"
    run.close()
    less: Nodes = [("m", "mean", {"axis": 0}), ("d", "subtract", {}), ("z", "dense", {"units": 2})]
    of = built(less, [("x", "m", "x"), ("x", "d", "a"), ("m", "d", "b"), ("d", "z", "x")], "z")
    assert in_tiles(make_plan(of.analysis, 9, "L", "train"), [4], adding=False) is None


def test_what_needs_no_row_comes_before_and_what_needs_all_of_them_after() -> None:
    """A weight squared goes into the loss beside what comes of the rows."""
    nodes: Nodes = [
        ("x", "input", {"columns": ["a"]}),
        ("t", "target", {"columns": ["u", "v"]}),
        ("z", "dense", {"units": 2}),
        ("w", "parameter", {"shape": [4]}),
        ("s", "square", {}),
        ("q", "sum", {"axis": None}),
        ("e", "mean_squared_error", {}),
        ("L", "add", {}),
    ]
    wires = [("x", "z", "x"), ("z", "e", "prediction"), ("t", "e", "target"), ("w", "s", "x"), ("s", "q", "x")]
    wires += [("e", "L", "a"), ("q", "L", "b")]
    data = {"x": np.ones((8, 1)), "t": np.ones((8, 2))}
    found = in_tiles(make_plan(program(nodes, wires, "L", data).analysis, 8, "L", "train"), [4], adding=True)
    assert found is not None
    assert {call.node for call in found.before} == {"s", "q"}
    assert {call.node for call in found.after} == {"L", "w"}
    assert GRADIENTS in found.summed


@pytest.mark.parametrize(
    ("rows", "units", "wanted"),
    [
        (64, 2, [32]),
        (37, 2, [19, 18]),
        (5, 2, [5]),
        (64, 64, [16]),
        (10_000, 2, [80]),
        (9999, 2, [112, 31]),
        (1, 4, [1]),
    ],
)
def test_cores_have_as_many_rows(rows: int, units: int, wanted: list[int]) -> None:
    cut = Cut.best(rows, units)
    assert cut.sizes == wanted
    assert cut.rows * (cut.tiles - 1) < rows <= cut.rows * cut.tiles
    assert cut.items <= min(units, cut.tiles)


def test_shared_where_that_is_faster() -> None:
    def faster(at: Any) -> bool:
        of = networks.program(at)
        return faster_in_tiles(make_plan(of.analysis, at.batch, of.loss, "train"), PROCESSOR)

    assert faster(NETWORKS[6])
    assert faster(KINDS[0])
    assert not any(map(faster, (*NETWORKS[:6], *NETWORKS[7:], *KINDS[1:])))
    assert not Work(20, 10**6, 10**7, 1000).prefers_tiles(Traits(True, 20, 256, 256), 20)
