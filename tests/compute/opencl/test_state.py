"""The state of a run, taken and put back: the numbers to come come again, bit for bit, on both engines."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from compute.engine import Engine, Program
from compute.errors import GradwireError
from compute.optimizers import OPTIMIZERS, make_optimizer
from compute.reference import ReferenceEngine
from compute.state import OptimizerState, RunState
from tests.compute.programs import program

ENGINES = ["reference", "opencl", "opencl_fused"]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """The reference engine, and OpenCL with both schedules of training steps."""
    found: Engine = ReferenceEngine() if request.param == "reference" else request.getfixturevalue(request.param)
    return found


def network() -> Program:
    """Everything that a run carries on: weights, a frozen one, running statistics, and what dropout draws."""
    random = np.random.default_rng(5)
    nodes: list[tuple[str, str, dict[str, Any]]] = [
        ("x", "input", {"columns": ["a", "b"]}),
        ("t", "target", {"columns": ["k"]}),
        ("h", "dense", {"units": 5}),
        ("n", "batch_norm", {}),
        ("d", "dropout", {"rate": 0.3}),
        ("s", "parameter", {"value": [0.1, 0.2, 0.3, 0.4, 0.5], "trainable": False}),
        ("p", "multiply", {}),
        ("z", "dense", {"units": 1}),
        ("L", "mean_squared_error", {}),
    ]
    wires = [("x", "h", "x"), ("h", "n", "x"), ("n", "d", "x"), ("d", "p", "a"), ("s", "p", "b"), ("p", "z", "x")]
    data = {"x": random.normal(size=(37, 2)), "t": random.normal(size=(37, 1))}
    made = program(nodes, [*wires, ("z", "L", "prediction"), ("t", "L", "target")], "L", data)
    return replace(made, seed=11)


def batches(count: int, seed: int = 0) -> list[Any]:
    """The third of them is smaller."""
    random = np.random.default_rng(seed)
    return [random.permutation(37)[: 5 if i == 2 else 8] for i in range(count)]


def same(one: RunState, other: RunState) -> None:
    assert (one.optimizer.name, one.optimizer.updates) == (other.optimizer.name, other.optimizer.updates)
    assert one.weights.keys() == other.weights.keys()
    for name, weight in one.weights.items():
        np.testing.assert_array_equal(weight, other.weights[name], err_msg=name, strict=True)
    assert one.optimizer.arrays.keys() == other.optimizer.arrays.keys()
    for owner, arrays in one.optimizer.arrays.items():
        assert arrays.keys() == other.optimizer.arrays[owner].keys()
        for name, array in arrays.items():
            np.testing.assert_array_equal(array, other.optimizer.arrays[owner][name], strict=True)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_state_put_back_makes_the_same_steps(engine: Engine, name: str) -> None:
    momentum = {"momentum": 0.9} if name in ("sgd", "rmsprop") else {}
    optimizer = make_optimizer({"name": name, **momentum})
    run, fresh = engine.open(network()), engine.open(network())
    same(run.state(), RunState(run.weights()))
    run.train(batches(4), optimizer)
    state = run.state()
    assert state.optimizer.updates == 4
    assert state.weights["s.value"].tolist() == [0.1, 0.2, 0.3, 0.4, 0.5]
    losses, end = run.train(batches(6, seed=1), optimizer), run.state()
    assert not np.array_equal(state.weights["h.weight"], end.weights["h.weight"])
    fresh.restore(state)
    for each in (run, fresh):
        each.restore(state)
        same(each.state(), state)
        np.testing.assert_array_equal(each.train(batches(6, seed=1), optimizer), losses)
        same(each.state(), end)
    fresh.restore(RunState(state.weights))
    assert (fresh.step, fresh.optimizer) == (0, None)
    assert not np.array_equal(fresh.train(batches(6, seed=1), optimizer), losses)
    run.close()
    fresh.close()


def test_another_optimizer_leaves_nothing_behind_in_a_state_put_back(engine: Engine) -> None:
    """RMSprop and Adam both have an array v."""
    adam, rmsprop = make_optimizer({"name": "adam"}), make_optimizer({"name": "rmsprop"})
    run = engine.open(network())
    run.train(batches(3), adam)
    state = run.state()
    losses = run.train(batches(3, seed=2), adam)
    run.train(batches(5), rmsprop)
    run.restore(replace(state, optimizer=replace(state.optimizer, arrays={})))
    assert not any(array.any() for arrays in run.state().optimizer.arrays.values() for array in arrays.values())
    run.restore(state)
    np.testing.assert_array_equal(run.train(batches(3, seed=2), adam), losses)
    run.close()


def test_a_state_goes_to_another_engine_and_comes_back(engine: Engine, opencl: Engine) -> None:
    """float64 is rounded to float32 on the device; float32 is exact in float64."""
    adam = make_optimizer({"name": "adam"})
    here, there, back = ReferenceEngine().open(network()), engine.open(network()), ReferenceEngine().open(network())
    here.train(batches(4), adam)
    exact = here.state()
    there.restore(exact)
    state = there.state()
    for name, weight in exact.weights.items():
        # What nothing trains is kept as it was given.
        kept = weight if name == "s.value" else weight.astype(state.weights[name].dtype)
        np.testing.assert_array_equal(state.weights[name], kept, strict=True)
    for owner, arrays in exact.optimizer.arrays.items():
        for name, array in arrays.items():
            held = state.optimizer.arrays[owner][name]
            np.testing.assert_array_equal(held, array.astype(held.dtype), strict=True)
    assert state.optimizer.updates == 4
    back.restore(state)
    there.restore(back.state())
    same(there.state(), state)
    losses = here.train(batches(3, seed=3), adam)
    np.testing.assert_allclose(there.train(batches(3, seed=3), adam), losses, rtol=1e-4)
    there.close()


def test_a_state_asked_for_behind_steps_that_fail_counts_those_that_were_done(engine: Engine) -> None:
    run = engine.open(network())
    good, bad = make_optimizer({"name": "sgd"}), make_optimizer({"name": "sgd", "learning_rate": 1e30})
    run.train(batches(2), good)
    run.start_training(batches(5), bad)
    later = run.start_training(batches(4), bad)
    state = run.start_state()
    found = state.get()
    assert found.optimizer.updates == run.step < 11
    assert later.get().size <= 1
    same(run.state(), found)
    run.close()


def test_updates_beyond_32_bits_draw_as_the_reference_does(engine: Engine) -> None:
    sgd, states = make_optimizer({"name": "sgd"}), []
    for updates in (2**31 - 3, 2**32 - 3):
        run, reference = engine.open(network()), ReferenceEngine().open(network())
        for each in (run, reference):
            each.restore(RunState({}, OptimizerState("sgd", updates)))
            each.train(batches(6), sgd)
            assert each.step == updates + 6
        states.append(run.state())
        for name, weight in reference.weights().items():
            np.testing.assert_allclose(run.weights()[name], weight, rtol=1e-4, atol=1e-6)
        run.close()
    assert not np.array_equal(states[0].weights["h.weight"], states[1].weights["h.weight"])


WRONG = [
    (RunState({}, OptimizerState("lion", 3)), "there is no optimizer 'lion'"),
    (RunState({"h.weight": np.zeros((3, 5))}), "no weight h.weight of this shape is there"),
    (RunState({"q.weight": np.zeros((2, 5))}), "no weight q.weight of this shape is there"),
    (RunState({}, OptimizerState("adam", 1, {"q.weight": {}})), "no weight q.weight is trained"),
    (RunState({}, OptimizerState("adam", 1, {"h.bias": {"w": np.zeros(5)}})), "Adam keeps no w of h.bias"),
    (
        RunState({}, OptimizerState("adam", 1, {"h.bias": {"m": np.zeros(4)}})),
        r"m of h.bias has the shape \(4,\) and h.bias has \(5,\)",
    ),
]


@pytest.mark.parametrize(("state", "reason"), WRONG)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(engine: Engine, state: RunState, reason: str) -> None:
    run = engine.open(network())
    run.train(batches(2), make_optimizer({"name": "adam"}))
    before = run.state()
    with pytest.raises(GradwireError, match=f"The run cannot go back to this state, as {reason}; start it anew"):
        run.restore(state)
    same(run.state(), before)
    run.close()
