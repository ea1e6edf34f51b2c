"""Where numbers end: zeros, tiny and huge ones, infinities and nan give on the device what NumPy gives in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from compute.opencl.engine import OpenCLEngine
from compute.ops import REGISTRY
from compute.ops.base import Elementwise, Op
from compute.reference import ReferenceEngine
from tests.compute.programs import assert_close, assert_same_trace, program

ONE = np.zeros(1, np.int64)
# Numbers that float32 holds; a smaller one than its smallest normal number may be taken for 0 by a device.
EDGES = np.array([0.0, -0.0, 1e-30, -1e-30, 0.5, -0.5, 1.0, -1.0, 20.0, -20.0, 1e4, -1e4, np.inf, -np.inf, np.nan])
EDGES = EDGES.astype(np.float32).astype(np.float64)
ELEMENTWISE = [op for op in REGISTRY.values() if isinstance(op, Elementwise)]
Nodes = list[tuple[str, str, dict[str, Any]]]


def every_entry(op: Op) -> Any:
    """The op at every edge (or pair of edges), and the sum of its output as the loss."""
    grids = np.meshgrid(*[EDGES] * len(op.ports), indexing="ij")
    # A number that is not finite is no setting of a parameter, so it comes as data.
    columns = {port: grid.reshape(1, -1) for port, grid in zip(op.ports, grids, strict=True)}
    nodes: Nodes = [(port, "input", {"columns": [f"{port}{i}" for i in range(c.size)]}) for port, c in columns.items()]
    nodes += [("op", op.name, {}), ("L", "sum", {})]
    wires = [*((port, "op", port) for port in op.ports), ("op", "L", "x")]
    return program(nodes, wires, "L", columns)


@pytest.mark.parametrize("op", ELEMENTWISE, ids=lambda op: op.name)
def test_every_entry_in_double(op: Op, opencl_double: OpenCLEngine) -> None:
    built = every_entry(op)
    run = opencl_double.open(built)
    actual, expected = run.trace(ONE), ReferenceEngine().open(built).trace(ONE)
    run.close()
    assert_close(actual.values["op"], expected.values["op"], 1e-9, 1e-300, "value")
    for port in op.ports:
        assert_close(actual.wire_grads["op", port], expected.wire_grads["op", port], 1e-9, 1e-300, f"∂L/∂{port}")


@pytest.mark.parametrize("op", ELEMENTWISE, ids=lambda op: op.name)
def test_every_entry_in_float(op: Op, opencl: OpenCLEngine) -> None:
    """Finite where float64 is and float32 can be; nan where float64 says nan."""
    built = every_entry(op)
    run = opencl.open(built)
    actual, expected = run.trace(ONE), ReferenceEngine().open(built).trace(ONE)
    run.close()
    pairs = [(actual.values["op"], expected.values["op"])]
    pairs += [(actual.wire_grads["op", port], expected.wire_grads["op", port]) for port in op.ports]
    for mine, theirs in pairs:
        small = np.abs(theirs) < 1e25
        np.testing.assert_allclose(mine[small], theirs[small], rtol=1e-5, atol=1e-6)
        known = ~np.isnan(theirs) & ~small
        # What float32 cannot hold is infinite, with the right sign; intermediate squares overflow earlier.
        assert np.all(np.isinf(mine[known]) | np.isclose(mine[known], theirs[known], rtol=1e-5) | (mine[known] == 0))


LOGITS = np.array([[1e4, -1e4, 0.0], [-1e4, -1e4, -1e4], [88.0, -88.0, 1.0], [1e4, 1e4, 1e4]])


@pytest.mark.parametrize("engine", ["opencl", "opencl_double", "opencl_as_gpu"])
def test_logits_of_any_size_give_what_float64_gives(engine: str, request: pytest.FixtureRequest) -> None:
    device: OpenCLEngine = request.getfixturevalue(engine)
    columns = ["a", "b", "c"]
    for loss, target in (
        ("softmax_cross_entropy", np.eye(3)[[0, 1, 2, 1]]),
        ("sigmoid_cross_entropy", np.eye(3)[[1, 1, 2, 0]]),
    ):
        nodes: Nodes = [
            ("z", "input", {"columns": columns}),
            ("t", "target", {"columns": columns}),
            ("L", loss, {}),
        ]
        for extra in ("softmax", "log_softmax", "sigmoid"):
            nodes.append((extra, extra, {}))
        wires = [("z", "L", "prediction"), ("t", "L", "target")]
        wires += [("z", extra, "x") for extra in ("softmax", "log_softmax", "sigmoid")]
        built = program(nodes, wires, "L", {"z": LOGITS, "t": target})
        run = device.open(built)
        actual = run.trace(np.arange(4))
        expected = ReferenceEngine().open(built).trace(np.arange(4))
        run.close()
        assert expected.loss is not None
        assert np.isfinite(expected.loss)
        assert_same_trace(actual, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("engine", ["opencl", "opencl_double"])
def test_probabilities_of_0_and_1_are_clamped_as_in_pytorch(engine: str, request: pytest.FixtureRequest) -> None:
    """torch.nn.functional.binary_cross_entropy: a wrong certainty costs 100, a right one nothing; the slope's
    denominator is at least 1e-12."""
    device: OpenCLEngine = request.getfixturevalue(engine)
    p, t = np.array([[0.0], [1.0], [0.0], [1.0]]), np.array([[0.0], [1.0], [1.0], [0.0]])
    nodes: Nodes = [
        ("p", "input", {"columns": ["p"]}),
        ("t", "target", {"columns": ["t"]}),
        ("L", "binary_cross_entropy", {}),
    ]
    built = program(nodes, [("p", "L", "prediction"), ("t", "L", "target")], "L", {"p": p, "t": t})
    run = device.open(built)
    trace = run.trace(np.arange(4))
    run.close()
    assert trace.loss == pytest.approx(50.0)
    np.testing.assert_allclose(trace.grads["p"], [[0.0], [0.0], [-0.25e12], [0.25e12]], rtol=1e-5)
