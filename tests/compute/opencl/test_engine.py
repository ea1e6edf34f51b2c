"""What a run on OpenCL promises beyond the right numbers: repeatable, unchanged by looking, the same in chunks, whole
after faults."""

from __future__ import annotations

import itertools
import sys
import threading
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from compute import budget
from compute.engine import Program, Run
from compute.errors import DeviceError, GradwireError
from compute.opencl import devices
from compute.opencl.engine import OpenCLEngine
from compute.optimizers import OPTIMIZERS, make_optimizer
from compute.reference import ReferenceEngine
from tests.compute.programs import assert_close, assert_same_trace, program

Array = npt.NDArray[Any]
ROWS = 37


@pytest.fixture(params=["launches", "fused"])
def opencl(request: pytest.FixtureRequest) -> OpenCLEngine:
    """Both schedules of training steps."""
    engine: OpenCLEngine = request.getfixturevalue("opencl" if request.param == "launches" else "opencl_fused")
    return engine


@pytest.fixture(params=["launches", "fused"])
def opencl_double(request: pytest.FixtureRequest) -> OpenCLEngine:
    engine: OpenCLEngine = request.getfixturevalue(
        "opencl_double" if request.param == "launches" else "opencl_fused_double"
    )
    return engine


def classifier(rows: int = ROWS, *, batch_norm: bool = False) -> Program:
    """3-5-4 with ReLU and class numbers."""
    random = np.random.default_rng(3)
    nodes: list[tuple[str, str, dict[str, Any]]] = [
        ("x", "input", {"columns": ["a", "b", "c"]}),
        ("t", "target", {"columns": ["k"], "encoding": "index"}),
        ("h", "dense", {"units": 5}),
        ("r", "relu", {}),
        ("z", "dense", {"units": 4}),
        ("p", "softmax", {}),
        ("L", "softmax_cross_entropy", {}),
    ]
    wires = [("x", "h", "x"), ("h", "r", "x"), ("z", "p", "x"), ("z", "L", "prediction")]
    if batch_norm:
        nodes.append(("n", "batch_norm", {}))
    wires += [("r", "n", "x"), ("n", "z", "x")] if batch_norm else [("r", "z", "x")]
    data = {"x": random.normal(size=(rows, 3)), "t": random.integers(0, 4, rows).astype(float)}
    return program(nodes, [*wires, ("t", "L", "target")], "L", data)


def batches(steps: int, size: int = 8, rows: int = ROWS) -> list[npt.NDArray[np.int64]]:
    """Batches over shuffled rows, each fifth a partial one."""
    random = np.random.default_rng(0)
    return [random.permutation(rows)[: size if i % 5 else 3] for i in range(steps)]


ADAM = make_optimizer({"name": "adam", "learning_rate": 0.02})


def train(run: Run, steps: int = 12) -> tuple[Array, dict[str, Array]]:
    return run.train(batches(steps), ADAM), run.weights()


def assert_same(one: tuple[Array, dict[str, Array]], other: tuple[Array, dict[str, Array]]) -> None:
    """Bit for bit."""
    np.testing.assert_array_equal(one[0], other[0])
    assert one[1].keys() == other[1].keys()
    for name, weight in one[1].items():
        np.testing.assert_array_equal(weight, other[1][name], name)


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_every_optimizer_as_the_reference(name: str, opencl_double: OpenCLEngine) -> None:
    settings: list[dict[str, Any]] = [{"name": name}]
    for param in OPTIMIZERS[name].params:
        settings += [{"name": name, param.name: param.kind == "bool" or 0.37}]
    if any(param.name == "nesterov" for param in OPTIMIZERS[name].params):
        settings += [{"name": name, "nesterov": True, "momentum": 0.9, "weight_decay": 0.1}]
    for setting in settings:
        optimizer = make_optimizer(setting)
        run, reference = opencl_double.open(classifier()), ReferenceEngine().open(classifier())
        losses = reference.train(batches(7), optimizer)
        assert_close(run.train(batches(7), optimizer), losses, 1e-8, 1e-10, str(setting))
        for parameter, weight in reference.weights().items():
            assert_close(run.weights()[parameter], weight, 1e-8, 1e-10, f"{parameter} {setting}")
        run.close()


def test_another_optimizer_starts_anew(opencl_double: OpenCLEngine) -> None:
    adam, sgd = make_optimizer({"name": "adam"}), make_optimizer({"name": "sgd", "momentum": 0.9})
    run, reference = opencl_double.open(classifier()), ReferenceEngine().open(classifier())
    for engine_run in (run, reference):
        assert engine_run.state().optimizer.arrays == {}
        engine_run.train(batches(3), adam)
        engine_run.train(batches(2), sgd)
        engine_run.train([], adam)
        assert engine_run.step == 2
        engine_run.train(batches(2), adam)
        assert engine_run.step == 2
    assert_same_state(run, reference)
    for chunk in batches(3):
        assert_close(run.train([chunk], adam), reference.train([chunk], adam), 1e-8, 1e-10, "loss")
        assert_same_state(run, reference)
    state = reference.state().optimizer.arrays
    assert state.keys() == {"h.weight", "h.bias", "z.weight", "z.bias"}
    assert state["h.weight"].keys() == {"m", "v"}
    assert all((state[name]["v"] > 0).any() for name in state)
    for engine_run in (run, reference):
        with pytest.raises(ValueError, match="read-only"):
            engine_run.state().optimizer.arrays["h.bias"]["m"][:] = 7.0
        engine_run.reset(classifier().weights)
        assert engine_run.state().optimizer.arrays == {}
        engine_run.train(batches(1), sgd)
    assert_same_state(run, reference)
    run.close()


def assert_same_state(run: Run, reference: Run) -> None:
    """What the optimizer remembers, and the weights."""
    mine, theirs = run.state().optimizer.arrays, reference.state().optimizer.arrays
    assert mine.keys() == theirs.keys()
    for weight, arrays in theirs.items():
        assert mine[weight].keys() == arrays.keys()
        for name, array in arrays.items():
            assert_close(mine[weight][name], array, 1e-8, 1e-12, f"{name} of {weight}")
    for weight, value in reference.weights().items():
        assert_close(run.weights()[weight], value, 1e-8, 1e-10, weight)


def test_a_parameter_without_gradient_is_left_alone(opencl_double: OpenCLEngine) -> None:
    """Class numbers pass no gradient back, so weight decay does not act on the parameter that they come from."""
    nodes: list[tuple[str, str, dict[str, Any]]] = [
        ("z", "parameter", {"value": [[1.0, 2.0, 3.0], [0.0, 0.5, 1.0]]}),
        ("k", "parameter", {"value": [2.0, 0.0]}),
        ("L", "softmax_cross_entropy", {}),
    ]
    built = program(nodes, [("z", "L", "prediction"), ("k", "L", "target")], "L")
    run, reference = opencl_double.open(built), ReferenceEngine().open(built)
    decaying = make_optimizer({"name": "sgd", "learning_rate": 0.1, "weight_decay": 0.5})
    steps = [np.zeros(1, np.int64)] * 3
    for engine_run in (run, reference):
        engine_run.train(steps, decaying)
        np.testing.assert_array_equal(engine_run.weights()["k.value"], [2.0, 0.0])
    assert_same_state(run, reference)
    assert run.state().optimizer.arrays.keys() == {"z.value"}
    assert_same_trace(run.trace(steps[0]), reference.trace(steps[0]), 1e-8, 1e-10)
    run.close()


def test_settings_that_change_on_the_way_as_the_reference(opencl_double: OpenCLEngine) -> None:
    run, reference = opencl_double.open(classifier()), ReferenceEngine().open(classifier())
    for setting in (
        {"name": "sgd", "learning_rate": 0.1},
        {"name": "sgd", "learning_rate": 0.1, "momentum": 0.9},
        {"name": "adam"},
        {"name": "sgd", "momentum": 0.5},
    ):
        optimizer = make_optimizer(setting)
        expected = reference.train(batches(3), optimizer)
        assert_close(run.train(batches(3), optimizer), expected, 1e-8, 1e-10, str(setting))
    run.close()


def test_twice_the_same_bits(opencl: OpenCLEngine) -> None:
    first, second = opencl.open(classifier()), opencl.open(classifier())
    assert_same(train(first), train(second))
    first.close()
    second.close()


def test_chunks_do_not_matter(opencl: OpenCLEngine) -> None:
    whole, parts = opencl.open(classifier()), opencl.open(classifier())
    steps = batches(12)
    losses = [parts.train(chunk, ADAM) for chunk in (steps[:1], [], steps[1:7], steps[7:])]
    assert_same(train(whole), (np.concatenate(losses), parts.weights()))
    assert whole.step == parts.step == 12
    whole.close()
    parts.close()


def test_looking_changes_nothing(opencl: OpenCLEngine) -> None:
    plain, watched = opencl.open(classifier()), opencl.open(classifier())
    losses = []
    for chunk in batches(12):
        watched.trace(np.arange(5))
        watched.outputs(watched.program.train, ["p"])
        losses.append(watched.train([chunk], ADAM))
    assert_same(train(plain), (np.concatenate(losses), watched.weights()))
    plain.close()
    watched.close()


def test_reset_starts_over(opencl: OpenCLEngine) -> None:
    run = opencl.open(classifier())
    first = train(run)
    run.reset(run.program.weights)
    assert run.step == 0
    np.testing.assert_array_equal(run.weights()["h.weight"], run.program.weights["h.weight"].astype(np.float32))
    assert_same(train(run), first)
    run.close()


def diverging(steps: int) -> list[npt.NDArray[np.int64]]:
    """Batches of ``classifier(data)``, the last of which has no finite loss."""
    return [*batches(steps), np.array([ROWS])]


@pytest.mark.parametrize("before", [0, 1, 5])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_step_without_a_finite_loss_and_all_after_it_are_not_done(
    before: int, batch_norm: bool, opencl: OpenCLEngine
) -> None:
    """Weights, optimizer state, running statistics and the count are those before it; and it goes on from there."""
    optimizer = make_optimizer({"name": "sgd", "momentum": 0.9})
    built = classifier(ROWS + 1, batch_norm=batch_norm)
    built.train["x"][ROWS] = np.nan
    straight, stopped, reference = opencl.open(built), opencl.open(built), ReferenceEngine().open(built)
    good = batches(before)
    first = straight.train(good, optimizer)
    started = [stopped.start_training(diverging(before), optimizer), stopped.start_training(batches(3), optimizer)]
    assert stopped.step == before + 4
    losses, nothing = (steps.get() for steps in started)
    np.testing.assert_array_equal(losses[:before], first)
    assert len(losses) == before + 1
    assert np.isnan(losses[-1])
    assert len(nothing) == 0
    assert stopped.step == before
    np.testing.assert_array_equal(reference.train([*diverging(before), *batches(3)], optimizer).shape, losses.shape)
    assert reference.step == before
    for name, weight in straight.weights().items():
        np.testing.assert_array_equal(stopped.weights()[name], weight, err_msg=name)
        assert_close(weight, reference.weights()[name], 2e-3, 1e-5, name)
    assert np.isnan(stopped.train(diverging(0), optimizer)).all()
    on = [(run.train(batches(3), optimizer), run.weights()) for run in (stopped, straight)]
    assert_same(*on)
    assert stopped.step == straight.step
    for run in (straight, stopped):
        run.close()


def test_a_schedule_that_was_asked_for_before_the_first_step_trains(opencl: OpenCLEngine) -> None:
    asked, straight = opencl.open(classifier()), opencl.open(classifier())
    for rows in {len(batch) for batch in batches(6)}:
        asked.training_schedule(rows, ADAM)
    assert_same(train(asked), train(straight))
    for run in (asked, straight):
        run.close()


def test_what_was_started_is_answered_in_order(opencl: OpenCLEngine) -> None:
    """Each answer is as of the moment it was asked for, whatever was started after."""
    one_by_one, ahead = opencl.open(classifier()), opencl.open(classifier())
    chunks = [batches(3), batches(200), batches(2)]
    data = ahead.program.train
    expected = [(one_by_one.train(chunk, ADAM), one_by_one.outputs(data, ["p"])) for chunk in chunks]
    started = [(ahead.start_training(chunk, ADAM), ahead.start_outputs(data, ["p"])) for chunk in chunks]
    assert ahead.step == sum(map(len, chunks))
    for (losses, outputs), (losses_then, outputs_then) in zip(started, expected, strict=True):
        np.testing.assert_array_equal(losses.get(), losses_then)
        np.testing.assert_array_equal(outputs.get()["p"], outputs_then["p"])
    assert_same(train(ahead), train(one_by_one))
    for run in (one_by_one, ahead):
        run.close()


def test_some_weights_are_set_and_the_others_stay(opencl: OpenCLEngine) -> None:
    run = opencl.open(classifier())
    before = run.weights()
    run.set_weights({"h.bias": np.arange(5.0)})
    after = run.weights()
    np.testing.assert_array_equal(after.pop("h.bias"), np.arange(5.0))
    for name, weight in after.items():
        np.testing.assert_array_equal(weight, before[name])
    np.testing.assert_array_equal(run.trace(np.array([0])).parameters["h.bias"], np.arange(5.0))
    run.close()


def test_trace_after_training_shows_the_trained_weights(opencl_double: OpenCLEngine) -> None:
    run, reference = opencl_double.open(classifier()), ReferenceEngine().open(classifier())
    for engine_run in (run, reference):
        train(engine_run)
    rows = np.array([5, 0, 36, 5])
    trace = run.trace(rows)
    assert_same_trace(trace, reference.trace(rows), 1e-8, 1e-10)
    assert trace.engine == opencl_double.label
    run.close()


@pytest.mark.parametrize("rows", [1, 2, 1000, 10_000])
def test_outputs_for_any_number_of_rows(rows: int, opencl: OpenCLEngine) -> None:
    run, reference = opencl.open(classifier()), ReferenceEngine().open(classifier())
    random = np.random.default_rng(1)
    data = {"x": random.normal(size=(rows, 3)), "t": np.zeros(rows)}
    actual, expected = run.outputs(data, ["p", "L", "x"]), reference.outputs(data, ["p", "L", "x"])
    assert list(actual) == ["p", "L", "x"]
    for name, value in expected.items():
        assert_close(actual[name], value, 1e-4, 1e-5, name)
    assert run.outputs(data, ["nothing"]) == {}
    run.close()


def test_data_that_do_not_fit_are_refused(opencl: OpenCLEngine) -> None:
    run = opencl.open(classifier())
    with pytest.raises(GradwireError, match="x: data of shape"):
        run.outputs({"x": np.zeros((5, 2)), "t": np.zeros(5)}, ["p"])
    with pytest.raises(GradwireError, match="t: data of shape"):
        run.outputs({"x": np.zeros((5, 3)), "t": np.zeros(4)}, ["L"])
    assert run.outputs({"x": np.zeros((5, 3))}, ["p"])["p"].shape == (5, 4)
    run.close()


def test_no_rows_are_refused(opencl: OpenCLEngine) -> None:
    run = opencl.open(classifier())
    with pytest.raises(GradwireError, match="no rows"):
        run.trace(np.zeros(0, np.int64))
    run.close()


def test_many_plans_of_one_run(opencl: OpenCLEngine) -> None:
    """More batch sizes than are kept, in turn and again."""
    run, reference = opencl.open(classifier()), ReferenceEngine().open(classifier())
    for size in [*range(1, 20), 3, 1]:
        rows = np.arange(size)
        assert_same_trace(run.trace(rows), reference.trace(rows))
    run.close()


def test_a_graph_without_data_whose_loss_is_a_parameter(opencl: OpenCLEngine) -> None:
    nodes = [("w", "parameter", {"value": 3.0}), ("v", "parameter", {"value": 7.0}), ("L", "identity", {})]
    built = program(nodes, [("w", "L", "x")], "L")
    run, reference = opencl.open(built), ReferenceEngine().open(built)
    steps = [np.zeros(1, np.int64)] * 3
    optimizer = make_optimizer({"name": "sgd", "learning_rate": 0.5})
    np.testing.assert_allclose(run.train(steps, optimizer), [3.0, 2.5, 2.0])
    assert run.weights() == {"w.value": 1.5, "v.value": 7.0}
    reference.train(steps, optimizer)
    assert_same_trace(run.trace(steps[0]), reference.trace(steps[0]))
    run.close()


def test_nothing_to_train(opencl: OpenCLEngine) -> None:
    nodes = [("c", "constant", {"value": [1.0, 2.0]}), ("L", "sum", {})]
    run = opencl.open(program(nodes, [("c", "L", "x")], "L"))
    np.testing.assert_array_equal(run.train([np.zeros(1, np.int64)] * 2, ADAM), [3.0, 3.0])
    assert run.weights() == {}
    run.close()


def test_what_does_not_reach_the_loss_is_left_alone(opencl: OpenCLEngine) -> None:
    nodes: list[tuple[str, str, dict[str, Any]]] = [
        ("x", "input", {"columns": ["a"]}),
        ("frozen", "dense", {"units": 2, "trainable": False}),
        ("norm", "layer_norm", {"trainable": False}),
        ("used", "dense", {"units": 1}),
        ("unused", "dense", {"units": 3}),
        ("L", "mean", {}),
    ]
    wires = [
        ("x", "frozen", "x"),
        ("frozen", "norm", "x"),
        ("norm", "used", "x"),
        ("x", "unused", "x"),
        ("used", "L", "x"),
    ]
    built = program(nodes, wires, "L", {"x": np.ones((4, 1))})
    run = opencl.open(built)
    before = run.weights()
    run.train([np.arange(4)] * 3, make_optimizer({"name": "adam", "weight_decay": 0.1}))
    changed = {name for name, weight in run.weights().items() if (weight != before[name]).any()}
    assert changed == {"used.weight", "used.bias"}
    run.close()


def test_names_from_files_never_reach_the_compiler(opencl: OpenCLEngine) -> None:
    names = ['x"); }', "*/ #error", "größe", "größe!", "a\nb", "int", "", "9" * 300]
    nodes: list[tuple[str, str, dict[str, Any]]] = [(name, "tanh", {}) for name in names]
    nodes += [("w", "parameter", {"value": [0.1, 0.2]}), ("L", "sum", {})]
    chain = ["w", *names, "L"]
    built = program(nodes, [(a, b, "x") for a, b in itertools.pairwise(chain)], "L")
    run = opencl.open(built)
    assert_same_trace(run.trace(np.zeros(1, np.int64)), ReferenceEngine().open(built).trace(np.zeros(1, np.int64)))
    run.close()


def test_deeper_than_python_calls_itself(device: devices.DeviceInfo) -> None:
    opencl = OpenCLEngine(device)
    count = sys.getrecursionlimit() + 200
    nodes: list[tuple[str, str, dict[str, Any]]] = [("w", "parameter", {"value": [[0.3, -0.2]]}), ("L", "sum", {})]
    nodes += [(f"n{i}", "tanh" if i % 2 else "scale", {} if i % 2 else {"factor": 1.001}) for i in range(count)]
    chain = ["w", *(f"n{i}" for i in range(count)), "L"]
    built = program(nodes, [(a, b, "x") for a, b in itertools.pairwise(chain)], "L")
    rows = np.zeros(1, np.int64)
    run, reference = opencl.open(built), ReferenceEngine().open(built)
    assert_same_trace(run.trace(rows), reference.trace(rows), 1e-3, 1e-5)
    np.testing.assert_allclose(run.train([rows], ADAM), reference.train([rows], ADAM), rtol=1e-3)
    run.close()
    opencl.close()


@pytest.mark.parametrize("large", [1e4, -1e4, 88.0, 1e-38])
def test_stable_forms_at_extremes(large: float, opencl: OpenCLEngine) -> None:
    value = [[large, 0.0, -large], [1.0, large, large]]
    for op in ("sigmoid", "tanh", "softmax", "relu", "square", "log"):
        nodes = [("w", "parameter", {"value": value}), ("y", op, {}), ("L", "mean", {})]
        built = program(nodes, [("w", "y", "x"), ("y", "L", "x")], "L")
        run, rows = opencl.open(built), np.zeros(1, np.int64)
        trace, expected = run.trace(rows), ReferenceEngine().open(built).trace(rows)
        assert_close(trace.values["y"], expected.values["y"], 1e-5, 1e-30, f"{op} at {large}")
        run.close()


def test_a_nan_is_shown(opencl: OpenCLEngine) -> None:
    nodes = [("w", "parameter", {"value": [-1.0, 0.0, 2.0]}), ("y", "log", {}), ("r", "relu", {}), ("L", "sum", {})]
    built = program(nodes, [("w", "y", "x"), ("y", "r", "x"), ("r", "L", "x")], "L")
    run = opencl.open(built)
    trace = run.trace(np.zeros(1, np.int64))
    np.testing.assert_allclose(trace.values["y"], [np.nan, -np.inf, np.log(2.0)], rtol=1e-6)
    np.testing.assert_allclose(trace.values["r"], [np.nan, 0.0, np.log(2.0)], rtol=1e-6)
    assert trace.loss is not None
    assert np.isnan(trace.loss)
    run.close()


def test_an_engine_on_another_thread(device: devices.DeviceInfo, opencl: OpenCLEngine) -> None:
    found: list[tuple[Array, dict[str, Array]]] = []

    def work() -> None:
        engine = OpenCLEngine(device, schedule=opencl._schedule)
        run = engine.open(classifier())
        found.append(train(run))
        run.close()
        engine.close()

    thread = threading.Thread(target=work)
    thread.start()
    run = opencl.open(classifier())
    mine = train(run)
    run.close()
    thread.join()
    assert_same(found[0], mine)


def test_no_device_is_a_sentence() -> None:
    with pytest.raises(DeviceError, match="reference engine"):
        OpenCLEngine(devices.Choice(None, "there is none"))


def test_too_little_memory_is_a_sentence(opencl: OpenCLEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    # The budget would refuse it before the device is asked.
    monkeypatch.setenv(budget.VARIABLE, "1 TB")
    nodes: list[tuple[str, str, dict[str, Any]]] = [
        ("a", "parameter", {"value": [[1.0]]}),
        ("h", "dense", {"units": 100_000}),
        ("t", "transpose", {}),
        ("p", "matmul", {}),
        ("L", "sum", {}),
    ]
    wires = [("a", "h", "x"), ("h", "t", "x"), ("t", "p", "a"), ("h", "p", "b"), ("p", "L", "x")]
    run = opencl.open(program(nodes, wires, "L"))
    with pytest.raises(DeviceError, match="memory"):
        run.trace(np.zeros(1, np.int64))
    assert run.weights()["h.weight"].shape == (1, 100_000)
    run.close()


def test_a_total_of_many_entries(opencl: OpenCLEngine) -> None:
    """Taken in two stages; alone, scaled, and of an expression."""
    random = np.random.default_rng(2)
    data = {"x": random.normal(size=(150, 130)), "t": random.normal(size=(150, 130))}
    columns = [f"c{i}" for i in range(130)]
    nodes: list[tuple[str, str, dict[str, Any]]] = [
        ("x", "input", {"columns": columns}),
        ("t", "target", {"columns": columns}),
        ("mean", "mean", {}),
        ("sum", "sum", {}),
        ("L", "mean_squared_error", {}),
    ]
    wires = [("x", "mean", "x"), ("x", "sum", "x"), ("x", "L", "prediction"), ("t", "L", "target")]
    built = program(nodes, wires, "L", data)
    run = opencl.open(built)
    values = run.trace(np.arange(150)).values
    run.close()
    assert float(values["mean"]) == pytest.approx(data["x"].mean(), abs=1e-6)
    assert float(values["sum"]) == pytest.approx(data["x"].sum(), abs=2e-2)
    assert float(values["L"]) == pytest.approx(((data["x"] - data["t"]) ** 2).mean(), rel=1e-5)
