"""What every operation promises, found by walking the registry: a new op is tested without a change here.

Shapes and settings come from menus; those that an op's shape rule accepts are its cases. In each case the op's
inputs are parameters, and the loss is the sum of its output times fixed random numbers, so that every gradient
arrives with numbers of its own.
"""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from compute.engine import Engine, Program, Run
from compute.errors import GradwireError
from compute.opencl.engine import OpenCLEngine
from compute.ops import GROUPS, REGISTRY
from compute.ops.base import Op
from compute.reference import ReferenceEngine, ReferenceRun, TrainingPass, forward
from compute.shapes import ShapeError
from tests.compute.programs import assert_same_trace, largest, menu, program

Array = npt.NDArray[Any]
Shape = tuple[int, ...]
Case = tuple[tuple[Shape, ...], dict[str, Any]]

SMALL: tuple[Shape, ...] = ((), (3,), (4, 3), (3, 2), (1, 3), (4, 1), (2, 4, 3))
LARGE: tuple[Shape, ...] = (
    (),
    (1,),
    (17,),
    (16,),
    (13, 15),
    (15, 17),
    (31, 1),
    (1, 17),
    (15,),
    (13, 1),
    (3, 1009),
    (1009,),
)
DEEP: tuple[Shape, ...] = ((2, 3, 4), (3, 1), (4,), (2, 1, 1), (2, 17, 4))

ENTRIES = 6
"""Of a value, how many entries are moved alone."""

NAMES = list(REGISTRY)
COMPUTED = [name for name, op in REGISTRY.items() if op.ports]


def cases(op: Op, shapes: tuple[Shape, ...]) -> Iterator[Case]:
    """Every choice from the menus that the shape rule accepts."""
    for values in itertools.product(*(menu(param) for param in op.params)):
        settings = op.settings({param.name: v for param, v in zip(op.params, values, strict=True)}, "op")
        for inputs in itertools.product(shapes, repeat=len(op.ports)):
            try:
                op.shape(inputs, settings)
            except ShapeError:
                continue
            yield inputs, settings


def build(op: Op, case: Case, seed: int, low: float, high: float) -> Program:
    """Parameters → the op → times fixed numbers → sum."""
    inputs, settings = case
    random = np.random.default_rng(seed)
    nodes: list[tuple[str, str, dict[str, Any]]] = []
    for i, (port, shape) in enumerate(zip(op.ports, inputs, strict=True)):
        # Numbers that float32 holds, so that both engines start from the same.
        value = random.uniform(low, high, shape).astype(np.float32).astype(np.float64)
        if len(shape) == 1 and len(inputs[0]) == 2 and op.group == "loss" and i == 1:
            value = random.integers(0, inputs[0][1], shape).astype(float)  # class numbers
        nodes.append((port, "parameter", {"value": value}))
    shape = tuple(map(int, (n for n in op.shape(inputs, settings) if n != "B")))
    nodes += [
        ("op", op.name, dict(settings)),
        ("numbers", "constant", {"value": random.uniform(0.5, 1.5, shape) * random.choice([-1, 1], shape)}),
        ("product", "multiply", {}),
        ("L", "sum", {}),
    ]
    wires = [(port, "op", port) for port in op.ports]
    wires += [("op", "product", "a"), ("numbers", "product", "b"), ("product", "L", "x")]
    return program(nodes, wires, "L", seed=seed)


def central_differences(run: Run, name: str, value: Array, directions: Sequence[Array], eps: float = 1e-6) -> Array:
    """The slope of L along each direction, by moving the value by ±eps times that."""
    program = run.program
    rows = np.zeros(1, np.int64)

    def loss() -> float:
        if not isinstance(run, ReferenceRun):
            found = run.trace(rows).loss
            assert found is not None
            return found
        # What a trace takes its loss from, without the gradients.
        values = forward(program.analysis, run._weights, program.batch(rows), TrainingPass(0, program.seed))
        return float(values[program.loss])

    slopes = []
    for direction in directions:
        ends = []
        for sign in (1, -1):
            run.set_weights({name: value + sign * eps * direction})
            ends.append(loss())
        slopes.append((ends[0] - ends[1]) / (2 * eps))
    run.set_weights({name: value})
    return np.array(slopes)


def directions_in(shape: tuple[int, ...], seed: int) -> list[Array]:
    """Every entry alone where there are few, else some of them and two ways in which all move at once, so that none
    is left out."""
    size = int(np.prod(shape))
    alone = np.eye(size)[:: -(-size // ENTRIES)] if size else np.zeros((0, 0))
    along = np.random.default_rng(seed).uniform(0.2, 1.0, (2 if size > ENTRIES else 0, size))
    return [each.reshape(shape) for each in (*alone, *along)]


def finite_case(op: Op, case: Case) -> Program:
    """A program whose loss is finite: over both signs if the op takes them, else between 0 and 1."""
    wide = build(op, case, 1, -2.0, 2.0)
    loss = ReferenceEngine().open(wide).trace(np.zeros(1, np.int64)).loss
    assert loss is not None
    return wide if np.isfinite(loss) else build(op, case, 1, 0.1, 0.9)


def class_numbers(op: Op, case: Case, name: str) -> bool:
    """Whether this is the value of a port that takes class numbers, along which nothing can be moved."""
    inputs = case[0]
    return op.group == "loss" and name == "target.value" and len(inputs[0]) == 2 and len(inputs[1]) == 1


@pytest.mark.parametrize("name", NAMES)
def test_says_what_it_is(name: str) -> None:
    op = REGISTRY[name]
    assert op.name == name
    assert op.group in GROUPS
    assert op.title[0].isupper()
    assert op.help[0].isupper() or op.help[0] in "aeln1"
    assert op.help.endswith(".")
    assert len(op.help) < 160
    assert op.formula.count("{") == op.formula.count("}")
    if op.ports:
        assert op.formula
        assert set(op.ports) - set(op.local) <= {"target"}, "each port says how its gradient follows"
    for param in op.params:
        assert re.fullmatch(r"[a-z_0-9]+", param.name)
        assert param.help.endswith(".")
        assert param.check(param.default) is not None or param.optional


STRANGE: tuple[Any, ...] = (
    None,
    True,
    -1,
    1.5,
    10**30,
    10**400,
    -(10**400),
    float("nan"),
    float("inf"),
    float("-inf"),
    "",
    "x",
    [],
    {},
    [1],
    ["x"],
    [1, [2]],
    [10**400],
    [float("inf")],
    {"name": ["zeros"]},
    {"name": {}},
    {"name": "constant", "value": 10**400},
    {"name": "constant", "value": float("nan")},
)
"""What JSON can spell where a setting is wanted."""


@pytest.mark.parametrize("name", NAMES)
def test_a_strange_setting_is_taken_or_refused_in_a_sentence_that_names_it(name: str) -> None:
    op = REGISTRY[name]
    refusals: list[tuple[str, str]] = []
    for param, value in itertools.product(op.params, STRANGE):
        try:
            settings = op.settings({param.name: value}, "node")
        except GradwireError as error:
            refusals.append((param.name, str(error)))
            continue
        for inputs in itertools.product(SMALL, repeat=len(op.ports)):
            with contextlib.suppress(ShapeError):
                op.shape(inputs, settings)
    for setting, text in refusals:
        assert text.startswith(f"{op.title} node: {setting} ")
        assert "convert" not in text


@pytest.mark.parametrize(
    ("op", "param", "value", "says"),
    [
        ("dense", "units", float("inf"), "must be a whole number"),
        ("dense", "units", float("nan"), "must be a whole number"),
        ("mean", "axis", float("inf"), "must be a whole number"),
        ("scale", "factor", 10**400, "must be a finite number"),
        ("parameter", "value", [1, 10**400], "holds a number beyond float64; make it smaller"),
        ("reshape", "shape", [float("inf")], "must be made of whole numbers above 0, −1 or B; inf is none"),
        ("dense", "weight_init", ["zeros"], "must be one of glorot_uniform,"),
        ("dense", "weight_init", {"name": "constant", "value": 10**400}, "argument value must be a finite number"),
    ],
)
def test_a_number_that_is_none_is_refused(op: str, param: str, value: Any, says: str) -> None:
    with pytest.raises(GradwireError, match=f"{param} {re.escape(says)}"):
        REGISTRY[op].settings({param: value}, "node")


@pytest.mark.parametrize("name", COMPUTED)
def test_shape_rule_tells_the_shape_of_the_value(name: str) -> None:
    op = REGISTRY[name]
    found = 0
    for case in cases(op, SMALL):
        built = build(op, case, 0, 0.1, 0.9)
        value = ReferenceEngine().open(built).trace(np.zeros(1, np.int64)).values["op"]
        assert value.shape == op.shape(*case), case
        found += 1
    assert found >= 2


@pytest.mark.parametrize("name", COMPUTED)
def test_numpy_gradients_against_central_differences(name: str) -> None:
    check_gradients(REGISTRY[name], ReferenceEngine(), 60)


@pytest.mark.parametrize("name", COMPUTED)
def test_kernel_gradients_in_double_against_central_differences(name: str, opencl_double: OpenCLEngine) -> None:
    check_gradients(REGISTRY[name], opencl_double, 5)


def check_gradients(op: Op, engine: Engine, most: int) -> None:
    for seed, case in enumerate(spread(list(cases(op, SMALL)), most)):
        run = engine.open(finite_case(op, case))
        trace = run.trace(np.zeros(1, np.int64))
        for parameter, value in trace.parameters.items():
            if class_numbers(op, case, parameter):
                assert parameter not in trace.parameter_grads
                continue
            directions = directions_in(np.shape(value), seed)
            expected = central_differences(run, parameter, np.asarray(value), directions)
            if not run.program.analysis.parameters[parameter][1].learned:
                assert parameter not in trace.parameter_grads
                assert not expected.any()
                continue
            gradient = trace.parameter_grads[parameter]
            actual = [np.sum(gradient * each) for each in directions]
            np.testing.assert_allclose(actual, expected, rtol=1e-3, atol=1e-5, err_msg=f"{parameter} in {case}")
        run.close()


def spread(items: list[Case], most: int) -> list[Case]:
    """At most that many, evenly spread over the list."""
    return items[:: -(-len(items) // most)] if items else []


@pytest.mark.parametrize("name", COMPUTED)
def test_opencl_against_reference(name: str, opencl: OpenCLEngine) -> None:
    op = REGISTRY[name]
    menus = [
        item for shapes, most in ((SMALL, 6), (LARGE, 10), (DEEP, 6)) for item in spread([*cases(op, shapes)], most)
    ]
    for seed, case in enumerate(menus):
        run: Run | None = None
        for low, high in ((-2.0, 2.0), (0.0, 1.0)):
            built = build(op, case, seed, low, high)
            if run is None:
                run = opencl.open(built)
            else:  # all that differs
                run.set_weights(built.weights)
            actual = run.trace(np.zeros(1, np.int64))
            expected = ReferenceEngine().open(built).trace(np.zeros(1, np.int64))
            # What is summed up over n entries is off by as much as n roundings.
            assert_same_trace(actual, expected, rtol=1e-4, atol=2e-5 * max(1.0, largest(expected)))
        assert run is not None
        run.close()
