"""Checks of each step on a device: the same step stops as NumPy says, in every way that steps are launched."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from compute.engine import Program, Run
from compute.opencl.engine import OpenCLEngine
from compute.optimizers import make_optimizer
from compute.reference import ReferenceEngine
from compute.trace import Quantity, left_by
from compute.watches.checks import Check, why_not
from compute.watches.kinds import KINDS
from tests.compute.programs import program

Array = npt.NDArray[Any]
SGD = make_optimizer({"name": "sgd", "learning_rate": 0.3, "momentum": 0.5})
ROWS, STEPS = 13, 6


def network() -> Program:
    """3-19-2 with ReLU: 19 units are a vector and three more; of a transposed value no entries lie side by side."""
    random = np.random.default_rng(1)
    nodes: list[tuple[str, str, dict[str, Any]]] = [
        ("x", "input", {"columns": ["a", "b", "c"]}),
        ("t", "target", {"columns": ["u", "v"]}),
        ("s", "scale", {"factor": 0.5}),
        ("h", "dense", {"units": 19}),
        ("r", "relu", {}),
        ("z", "dense", {"units": 2}),
        ("w", "parameter", {"value": [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]}),
        ("wt", "transpose", {}),
        ("m", "sum", {}),
        ("L", "mean_squared_error", {}),
        ("all", "add", {}),
    ]
    wires = [("x", "s", "x"), ("s", "h", "x"), ("h", "r", "x"), ("r", "z", "x"), ("z", "L", "prediction")]
    wires += [("t", "L", "target"), ("w", "wt", "x"), ("wt", "m", "x"), ("L", "all", "a"), ("m", "all", "b")]
    data = {"x": random.normal(size=(ROWS, 3)), "t": random.normal(size=(ROWS, 2))}
    return program(nodes, wires, "all", data)


def batches() -> list[npt.NDArray[np.int64]]:
    random = np.random.default_rng(2)
    return [random.permutation(ROWS)[: 5 if i == 2 else 9] for i in range(STEPS)]


ALL = [
    Check(Quantity("value", "h"), KINDS["norm_above"]),
    Check(Quantity("value", "wt"), KINDS["norm_below"]),
    Check(Quantity("value", "r"), KINDS["dead_above"]),
    Check(Quantity("value", "x"), KINDS["nan"]),
    Check(Quantity("value", "z"), KINDS["infinite"]),
    Check(Quantity("gradient", "s"), KINDS["norm_above"]),
    Check(Quantity("wire", "z", "x"), KINDS["norm_above"]),
    Check(Quantity("wire", "h", "x"), KINDS["norm_below"]),
    Check(Quantity("weight", "h", "weight"), KINDS["norm_above"]),
    Check(Quantity("weight", "h", "weight"), KINDS["change_above"]),
    Check(Quantity("weight", "z", "bias"), KINDS["relative_change_above"]),
    Check(Quantity("weight gradient", "h", "bias"), KINDS["norm_above"]),
    Check(Quantity("weight gradient", "z", "weight"), KINDS["norm_below"]),
]


def quiet(check: Check) -> Check:
    return replace(check, limit=math.inf if check.kind.above else 0.0)


def measured(built: Program) -> list[list[float]]:
    """By step and check, in NumPy alone."""
    run, found = ReferenceEngine().open(built), []
    before = run.weights()
    for rows in batches():
        trace = run.trace(rows)
        row = []
        for check in ALL:
            array = np.asarray(left_by(trace, check.of))
            match check.kind.name:
                case "nan" | "infinite":
                    row.append(0.0)
                case "norm_above" | "norm_below":
                    row.append(float(np.linalg.norm(array)))
                case "dead_above":
                    row.append(float(np.mean([not column.any() for column in array.T])))
                case "change_above":
                    row.append(float(np.linalg.norm(array - before[check.of.weight])))
                case _:
                    old = before[check.of.weight]
                    row.append(float(np.linalg.norm(array - old) / (np.linalg.norm(old) or math.inf)))
        found.append(row)
        before = run.weights()
        run.train([rows], SGD)
    return found


def stops(run: Run, checks: Sequence[Check], first: dict[str, Array]) -> tuple[int, dict[str, Array]]:
    run.reset(first)
    run.watch(checks)
    losses = run.train(batches(), SGD)
    assert np.isfinite(losses[:-1]).all()
    done = len(losses) - bool(np.isnan(losses[-1]))
    assert run.step == done
    return done, run.weights()


@pytest.mark.parametrize("way", ["opencl_double", "opencl_fused_double", "opencl_as_gpu", "reference"])
def test_each_kind_stops_before_the_step_that_numpy_says(way: str, request: pytest.FixtureRequest) -> None:
    built = network()
    assert not any(why_not(built.analysis, built.loss, check) for check in ALL)
    engine: OpenCLEngine | ReferenceEngine = ReferenceEngine() if way == "reference" else request.getfixturevalue(way)
    run, found = engine.open(built), measured(built)
    first = run.weights()
    assert stops(run, [quiet(check) for check in ALL], first)[0] == STEPS
    straight = engine.open(built)
    states = [straight.weights()]
    for rows in batches():
        straight.train([rows], SGD)
        states.append(straight.weights())
    tried = 0
    for at, check in enumerate(ALL):
        numbers = [row[at] for row in found]
        for step in range(STEPS):
            before, now = numbers[:step], numbers[step]
            # A limit between the numbers before, none of which sets it off, and that of this step.
            edge = (max(before, default=0.0) if check.kind.above else min(before, default=2 * now)) * 0.5 + now * 0.5
            if check.kind.limit is None or not check.kind.trips(now, edge) or any(
                check.kind.trips(n, edge) for n in before
            ) or abs(now - edge) < 1e-5:  # fmt: skip
                continue
            checks = [quiet(each) for each in ALL]
            checks[at] = replace(check, limit=edge)
            done, weights = stops(run, checks, first)
            assert done == step, (check, numbers, edge)
            assert run.stopped == at + 3
            for name, weight in states[step].items():
                np.testing.assert_array_equal(weights[name], weight, err_msg=name)
            if check.kind.before:
                np.testing.assert_array_equal(run.before()[check.of.weight], states[step - 1][check.of.weight])
            tried += 1
    assert tried > 15
    for each in (run, straight):
        each.close()


@pytest.mark.parametrize("way", ["opencl_double", "opencl_fused_double", "opencl_as_gpu", "reference"])
def test_a_bad_entry_that_the_loss_does_not_see_is_found(way: str, request: pytest.FixtureRequest) -> None:
    """NaN in a row of data meets a weight of ReLU's dead side, or an infinity is squashed: only the watch can tell."""
    nodes: list[tuple[str, str, dict[str, Any]]] = [
        ("x", "input", {"columns": ["a", "b"]}),
        ("t", "target", {"columns": ["u", "v"]}),
        ("e", "exp", {}),
        ("n", "negate", {}),
        ("f", "exp", {}),
        ("b", "parameter", {"value": [0.5, 0.5]}),
        ("y", "add", {}),
        ("L", "mean_squared_error", {}),
    ]
    wires = [("x", "e", "x"), ("e", "n", "x"), ("n", "f", "x"), ("f", "y", "a"), ("b", "y", "b")]
    data = {"x": np.zeros((ROWS, 2)), "t": np.zeros((ROWS, 2))}
    data["x"][9, 1] = 1e4
    built = program(nodes, [*wires, ("y", "L", "prediction"), ("t", "L", "target")], "L", data)
    engine: OpenCLEngine | ReferenceEngine = ReferenceEngine() if way == "reference" else request.getfixturevalue(way)
    run = engine.open(built)
    rows = [np.arange(5), np.arange(5, 9), np.arange(9, 13)]
    assert len(run.train(rows, SGD)) == 3
    assert run.stopped == 0
    run.watch([Check(Quantity("value", "y"), KINDS["nan"]), Check(Quantity("value", "e"), KINDS["infinite"])])
    run.reset(built.weights)
    assert np.isnan(run.train(rows, SGD)[-1])
    assert (run.step, run.stopped) == (2, 4)
    run.close()


def test_a_gradient_that_is_not_finite_stops_before_the_update(
    opencl: OpenCLEngine, opencl_fused: OpenCLEngine
) -> None:
    """sqrt has an infinite slope at 0, while the loss is finite."""
    nodes: list[tuple[str, str, dict[str, Any]]] = [
        ("w", "parameter", {"value": [4.0, 0.0]}),
        ("q", "sqrt", {}),
        ("L", "sum", {}),
    ]
    built = program(nodes, [("w", "q", "x"), ("q", "L", "x")], "L")
    for engine in (opencl, opencl_fused, ReferenceEngine()):
        run = engine.open(built)
        losses = run.train([np.arange(1)] * 3, SGD)
        assert len(losses) == 1
        assert np.isnan(losses[0])
        assert (run.step, run.stopped) == (0, 2)
        np.testing.assert_array_equal(run.weights()["w.value"], [4.0, 0.0])
        run.close()


@pytest.mark.parametrize("kind", ["opencl", "opencl_fused"])
@pytest.mark.parametrize("rows", [1, 9, 31])
def test_a_unit_that_is_alive_in_the_last_row_alone_is_not_dead(
    kind: str, rows: int, request: pytest.FixtureRequest
) -> None:
    engine: OpenCLEngine = request.getfixturevalue(kind)
    values = np.full((rows, 3), -1.0)
    values[-1, 1] = 2.0
    nodes: list[tuple[str, str, dict[str, Any]]] = [("x", "input", {"columns": ["a", "b", "c"]}), ("r", "relu", {})]
    nodes += [("h", "dense", {"units": 2}), ("loss", "mean", {})]
    made = program(nodes, [("x", "r", "x"), ("r", "h", "x"), ("h", "loss", "x")], "loss", {"x": values})
    for limit, stopped in ((0.6, 3), (0.7, 0)):
        run = engine.open(made)
        run.watch([Check(Quantity("value", "r"), KINDS["dead_above"], limit)])
        run.train([np.arange(rows)], SGD)
        assert run.stopped == stopped
        run.close()


def test_of_two_that_are_set_off_the_first_is_told_whichever_is_there_earlier(opencl_fused: OpenCLEngine) -> None:
    run = opencl_fused.open(network())
    late, early = Quantity("weight gradient", "h", "weight"), Quantity("value", "h")
    for checks in ([late, early], [early, late]):
        run.reset({**run.weights()})
        run.watch([Check(of, KINDS["norm_above"], 1e-9) for of in checks])
        run.train(batches()[:1], SGD)
        assert (run.step, run.stopped) == (0, 3)
    run.close()


@pytest.mark.parametrize("kind", ["opencl", "opencl_fused"])
def test_large_numbers_whose_squares_are_infinite_are_numbers(kind: str, request: pytest.FixtureRequest) -> None:
    engine: OpenCLEngine = request.getfixturevalue(kind)
    nodes: list[tuple[str, str, dict[str, Any]]] = [("w", "parameter", {"value": [1e25, -2e25]})]
    nodes += [("k", "scale", {"factor": 1e-25}), ("L", "sum", {})]
    built = program(nodes, [("w", "k", "x"), ("k", "L", "x")], "L")
    run = engine.open(built)
    run.watch([Check(Quantity("value", "w"), KINDS[name]) for name in ("nan", "infinite")])
    assert np.isfinite(run.train([np.arange(1)] * 2, SGD)).all()
    assert run.stopped == 0
    run.close()
