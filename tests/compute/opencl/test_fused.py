"""Many steps in one launch: chosen where launches are what costs, right at every size, and kept off compiler faults."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from compute.engine import Program
from compute.opencl import cost, devices
from compute.opencl.cost import MOST_CALLS, Work
from compute.opencl.engine import OpenCLEngine
from compute.opencl.fused import steps_kernel
from compute.opencl.kernel import Traits
from compute.opencl.schedule import FusedSchedule
from compute.opencl.vectors import LANES, VECTORS
from compute.optimizers import make_optimizer
from compute.plan import make_plan
from compute.reference import ReferenceEngine
from tests.compute.programs import assert_close, program

PROCESSOR = Traits(gpu=False, units=2, largest_work_group=4096, largest_y=4096)
ADAM = make_optimizer({"name": "adam", "learning_rate": 0.02})


def chain(*sizes: int, rows: int = 64) -> Program:
    """Dense layers with tanh between them, and the mean of the squared error."""
    random = np.random.default_rng(5)
    nodes: list[tuple[str, str, dict[str, Any]]] = [
        ("x", "input", {"columns": [f"c{i}" for i in range(sizes[0])]}),
        ("t", "target", {"columns": [f"t{i}" for i in range(sizes[-1])]}),
    ]
    wires, last = [], "x"
    for i, size in enumerate(sizes[1:]):
        nodes += [(f"dense{i}", "dense", {"units": size}), (f"tanh{i}", "tanh", {})]
        wires += [(last, f"dense{i}", "x"), (f"dense{i}", f"tanh{i}", "x")]
        last = f"tanh{i}"
    nodes.append(("L", "mean_squared_error", {}))
    data = {"x": random.normal(size=(rows, sizes[0])), "t": random.normal(size=(rows, sizes[-1]))}
    return program(nodes, [*wires, (last, "L", "prediction"), ("t", "L", "target")], "L", data)


def work(built: Program, rows: int) -> Work:
    plan = make_plan(built.analysis, rows, built.loss, "train")
    return Work.of([*plan.forward, *plan.backward], plan.layout.trained)


def text(built: Program, rows: int) -> str:
    plan = make_plan(built.analysis, rows, built.loss, "train")
    return steps_kernel([plan], ADAM, [{}], PROCESSOR).text


def test_what_is_counted() -> None:
    counted = work(chain(3, 5, 2), 7)
    products = 7 * 3 * 5 + 7 * 5 * 2 + 5 * 7 * 2 + 7 * 2 * 5 + 3 * 7 * 5
    assert (counted.products, counted.trained) == (products, 3 * 5 + 5 + 5 * 2 + 2)


def test_small_networks_run_in_one_launch_and_large_ones_do_not() -> None:
    assert work(chain(2, 8, 8, 1), 32).prefers_fused(PROCESSOR)
    assert work(chain(64, 64, 10), 64).prefers_fused(PROCESSOR)
    assert not work(chain(784, 512, 512, 10), 64).prefers_fused(PROCESSOR)
    # What a launch costs decides, and that is measured.
    between = work(chain(784, 128, 10), 64)
    assert between.prefers_fused(replace(PROCESSOR, launch=6e-6))
    assert not between.prefers_fused(replace(PROCESSOR, launch=5e-7))
    # A busy machine measures too much, which must not turn large networks over to one core.
    assert not work(chain(784, 512, 512, 10), 64).prefers_fused(replace(PROCESSOR, launch=1e-3))
    assert not work(chain(2, 8, 8, 1), 32).prefers_fused(replace(PROCESSOR, gpu=True))
    deep = work(chain(*[2] * MOST_CALLS), 4)
    assert deep.fused < deep.launched(PROCESSOR)
    assert not deep.prefers_fused(PROCESSOR)


def test_the_choice_is_made_unless_it_is_given(device: devices.DeviceInfo) -> None:
    for kind, built, fused in (
        ("auto", chain(2, 8, 8, 1), True),
        ("auto", chain(512, 1024, 512), False),
        ("launches", chain(2, 8, 8, 1), False),
        ("fused", chain(784, 128, 10), True),
    ):
        engine = OpenCLEngine(device, schedule=kind)  # type: ignore[arg-type]
        engine._device.traits = replace(engine._device.traits, gpu=False, units=2)
        run = engine.open(built)
        run.train([np.arange(64)], ADAM)
        (schedule,) = run._passes._schedules.values()
        assert isinstance(schedule, FusedSchedule) == fused, (kind, built.analysis.order)
        run.close()
        engine.close()


def test_a_launch_is_bounded(device: devices.DeviceInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    """And many launches give the same bits as one."""
    built, results, launches = chain(3, 5, 2), [], []
    steps = [np.arange(8)] * 10 + [np.arange(3)] * 2 + [np.arange(8)] * 3  # batches of both sizes in one launch
    for longest in (1.0, 3 * work(built, 8).fused, 0.0):
        monkeypatch.setattr(cost, "LONGEST", longest)
        engine = OpenCLEngine(device, schedule="fused")
        inner, count = engine._device.enqueue, [0]

        def counted(*arguments: Any, inner: Any = inner, count: list[int] = count) -> Any:
            count[0] += 1
            return inner(*arguments)

        monkeypatch.setattr(engine._device, "enqueue", counted)
        run = engine.open(built)
        results.append((run.train(steps, ADAM), run.weights()["dense0.weight"]))
        launches.append(count[0])
        run.close()
        engine.close()
    assert launches[0] == 1
    assert launches[1] == 5
    assert launches[2] == 15
    for losses, weights in results[1:]:
        np.testing.assert_array_equal(losses, results[0][0])
        np.testing.assert_array_equal(weights, results[0][1])


@pytest.mark.parametrize("rows", [1, 2, 15, 16, 17, 33, 97])
def test_every_size_of_batch_and_layer(rows: int, opencl_fused_double: OpenCLEngine) -> None:
    """Less than LANES, whole LANES, and what is left over, along rows and columns."""
    for width in (1, 16, 35):
        built = chain(width, 17, width, rows=rows)
        run, reference = opencl_fused_double.open(built), ReferenceEngine().open(built)
        steps = [np.arange(rows)] * 4
        assert_close(run.train(steps, ADAM), reference.train(steps, ADAM), 1e-8, 1e-10, f"{rows} rows of {width}")
        for name, weight in reference.weights().items():
            assert_close(run.weights()[name], weight, 1e-8, 1e-10, name)
        run.close()


def test_many_steps_stay_close(opencl_fused: OpenCLEngine) -> None:
    built = chain(2, 8, 8, 1)
    run, reference = opencl_fused.open(built), ReferenceEngine().open(built)
    random = np.random.default_rng(2)
    steps = [random.permutation(64)[: 32 if i % 3 else 11] for i in range(600)]
    assert_close(run.train(steps, ADAM), reference.train(steps, ADAM), 2e-3, 1e-4, "loss history")
    run.close()


def test_only_whole_vectors_are_asked_for() -> None:
    """Intel's compiler crashed on a vectorized loop over 96 entries of tanh(x)."""
    for rows in (1, 5, 12, 16, 97):
        after = re.findall(re.escape(VECTORS) + r"\n(.*)", text(chain(3, 8, 2), rows))
        whole = re.compile(rf"\s*for \(size_t (i_\d) = base; \1 < base \+ {LANES}; \1\+\+\) {{")
        assert all(whole.fullmatch(line) for line in after), after
        assert after or rows * 8 < LANES


def test_the_text_is_readable() -> None:
    lines = [line.strip() for line in text(chain(3, 8, 2), 12).splitlines()]
    blocks = [line for line in lines if line.startswith("{ // ")]
    assert blocks[:4] == [
        "{ // x: the batch's rows of the data",
        "{ // t: the batch's rows of the data",
        "{ // dense0: (12, 3) times (3, 8) + bias",
        "{ // tanh0: out = tanh(x)",
    ]
    assert blocks[-2:] == ["{ // end of the step: cursor: the step, and the first of its rows", "{ // update: adam"]
    assert "const int size_0 = 96;" in lines
