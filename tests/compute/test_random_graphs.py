"""Any graph: OpenCL computes what the reference engine computes.

Graphs are drawn at random from the registry: forks, inputs used by several nodes, both ports of a node on one
source, nodes that lead nowhere, parameters without a batch, targets in the middle. The kernels built in double
must agree closely, in one pass and over steps of training (where buffers share memory); the float build must agree
as far as float does, on operations that do not blow rounding up.
"""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from compute.engine import Program
from compute.opencl import tiles
from compute.opencl.engine import OpenCLEngine
from compute.ops import REGISTRY
from compute.optimizers import make_optimizer
from compute.reference import ReferenceEngine
from compute.shapes import Shape, ShapeError
from tests.compute.programs import assert_close, assert_same_trace, largest, menu, program
from tests.searching import tries

COMPUTED = [name for name, op in REGISTRY.items() if op.ports]
# Lipschitz with a small constant: errors of the inputs stay errors of the same size.
TAME = [
    *("identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "softplus", "silu", "softmax", "log_softmax"),
    *("add", "subtract", "maximum", "minimum", "negate", "abs", "sin", "cos", "scale"),
    *("dense", "transpose", "mean"),
]


@st.composite
def graphs(draw: st.DrawFn, ops: list[str]) -> Program:
    rows, width = draw(st.integers(1, 9)), draw(st.integers(1, 5))
    random = np.random.default_rng(draw(st.integers(0, 1000)))
    columns = [f"c{i}" for i in range(width)]
    nodes: list[tuple[str, str, dict[str, Any]]] = [
        ("x", "input", {"columns": columns}),
        ("t", "target", {"columns": columns}),
    ]
    wires: list[tuple[str, str, str]] = []
    shapes: dict[str, Shape] = {"x": ("B", width), "t": ("B", width)}
    starts = st.sampled_from([(), (width,), (1, width), (width, 2), (rows, 1)])
    for i, size in enumerate(draw(st.lists(starts, min_size=1, max_size=3))):
        kind = draw(st.sampled_from(["parameter", "parameter", "constant"]))
        value = random.normal(size=size).astype(np.float32).astype(np.float64)
        nodes.append((f"p{i}", kind, {"value": value}))
        shapes[f"p{i}"] = size
    for i in range(draw(st.integers(1, 10))):
        op = REGISTRY[draw(st.sampled_from(ops))]
        sources = [draw(st.sampled_from(sorted(shapes))) for _ in op.ports]
        values = {param.name: draw(st.sampled_from(menu(param))) for param in op.params}
        try:
            shape = op.shape([shapes[s] for s in sources], op.settings(values, "n"))
        except ShapeError:
            continue
        if op.group == "loss" and len(shapes[sources[0]]) != len(shapes[sources[1]]):
            continue  # class numbers are wanted there, and these are any numbers
        nodes.append((f"n{i}", op.name, values))
        wires += [(source, f"n{i}", port) for source, port in zip(sources, op.ports, strict=True)]
        shapes[f"n{i}"] = shape
    last = draw(st.sampled_from(sorted(shapes)))
    nodes.append(("L", draw(st.sampled_from(["sum", "mean"])), {"axis": None}))
    wires.append((last, "L", "x"))
    table = {name: random.normal(size=(rows, width)).astype(np.float32).astype(np.float64) for name in ("x", "t")}
    return program(nodes, wires, "L", table)


@given(graphs(COMPUTED))
@tries(24)
def test_double_kernels_agree_closely(opencl_double: OpenCLEngine, drawn: Program) -> None:
    rows = np.arange(drawn.rows)[::-1].copy()
    run, reference = opencl_double.open(drawn), ReferenceEngine().open(drawn)
    try:
        expected = reference.trace(rows)
        scale = max(1.0, largest(expected)) ** 2
        assert_same_trace(run.trace(rows), expected, rtol=1e-7, atol=1e-10 * scale)
        if expected.loss is None or not np.isfinite(expected.loss):
            return
        batches = [rows, rows[:1], rows, rows[: max(1, len(rows) // 2)]]
        optimizer = make_optimizer({"name": "adam", "learning_rate": 1e-3, "epsilon": 1e-2})
        losses = reference.train(batches, optimizer)
        assert_close(run.train(batches, optimizer), losses, 1e-6, 1e-8 * scale, "loss history")
        weights = run.weights()
        for name, weight in reference.weights().items():
            assert_close(weights[name], weight, 1e-6, 1e-8, name)
    finally:
        run.close()


@given(graphs(COMPUTED))
@tries(16)
def test_many_steps_in_one_launch(opencl_fused_double: OpenCLEngine, drawn: Program) -> None:
    trains_alike(opencl_fused_double, drawn)


@given(graphs(COMPUTED))
@tries(16)
def test_rows_shared_by_cores(opencl_tiles_double: OpenCLEngine, drawn: Program) -> None:
    for most in (1, 2, 128):
        with patch.object(tiles, "FEWEST_ROWS", min(most, 2)), patch.object(tiles, "MOST_ROWS", most):
            trains_alike(opencl_tiles_double, drawn)


def trains_alike(engine: OpenCLEngine, drawn: Program) -> None:
    """Steps over batches of two sizes have the losses and leave the weights that the reference's do."""
    whole = np.arange(drawn.rows)[::-1].copy()
    run, reference = engine.open(drawn), ReferenceEngine().open(drawn)
    try:
        expected = reference.trace(whole)
        if expected.loss is None or not np.isfinite(expected.loss):
            return
        batches = [whole, whole, whole[:1], whole[:1], whole]
        optimizer = make_optimizer({"name": "adam", "learning_rate": 1e-3, "epsilon": 1e-2})
        scale = max(1.0, largest(expected)) ** 2
        losses = reference.train(batches, optimizer)
        assert_close(run.train(batches, optimizer), losses, 1e-6, 1e-8 * scale, "loss history")
        weights = run.weights()
        for name, weight in reference.weights().items():
            assert_close(weights[name], weight, 1e-6, 1e-8, name)
    finally:
        run.close()


@given(graphs(TAME))
@tries(16)
def test_float_kernels_agree_as_far_as_float_does(
    opencl: OpenCLEngine, opencl_as_gpu: OpenCLEngine, drawn: Program
) -> None:
    rows = np.arange(drawn.rows)
    expected = ReferenceEngine().open(drawn).trace(rows)
    for engine in (opencl, opencl_as_gpu):
        run = engine.open(drawn)
        try:
            assert_same_trace(run.trace(rows), expected, rtol=1e-4, atol=1e-5 * max(1.0, largest(expected)))
        finally:
            run.close()


@given(graphs(COMPUTED))
@tries(10)
def test_outputs_need_only_what_leads_to_them(opencl_double: OpenCLEngine, drawn: Program) -> None:
    rows = np.arange(drawn.rows)
    reference = ReferenceEngine().open(drawn)
    scale = max(1.0, largest(reference.trace(rows)))
    expected = reference.outputs(drawn.train, drawn.analysis.order)
    run = opencl_double.open(drawn)
    try:
        for node_id in drawn.analysis.order:
            values = run.outputs(drawn.train, [node_id])
            assert values.keys() == {node_id}
            assert_close(values[node_id], expected[node_id], 1e-7, 1e-10 * scale, node_id)
    finally:
        run.close()
