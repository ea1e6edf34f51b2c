"""Stacks of matrix products and rows of tables of any rank, from every family of kernels and in both schedules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from compute.builder import Builder
from compute.calls import Gather, Gemm, contiguous
from compute.engine import Program
from compute.opencl.codegen import kernel_for
from compute.opencl.cost import Work
from compute.opencl.engine import OpenCLEngine
from compute.opencl.schedule import Site
from compute.ops import REGISTRY
from compute.ops.base import Array, Backward, Forward, Op, Settings
from compute.optimizers import make_optimizer
from compute.plan import make_plan
from compute.reference import ReferenceEngine
from compute.shapes import Shape
from compute.strided import Tensor
from tests.compute.programs import assert_same_trace, program

SCHEDULES = ("opencl", "opencl_fused", "opencl_as_gpu")


class Stacked(Op):
    """NumPy's matmul of two stacks of the same size."""

    name, title, group, help, formula = "stacked", "Stacked", "matrix", "a times b, one by one.", r"y = a\,b"
    ports = ("a", "b")

    def shape(self, x: Sequence[Shape], p: Settings) -> Shape:
        return (*x[0][:-1], x[1][-1])

    def forward(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        return np.asarray(x[0] @ x[1])

    def backward(
        self, x: Sequence[Array], w: Mapping[str, Array], p: Settings, y: Array, g: Array
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        return (g @ x[1].swapaxes(-1, -2), x[0].swapaxes(-1, -2) @ g), {}

    def lower(self, node: Forward) -> Tensor:
        return node.k.gemm(*node.x)

    def lower_backward(self, node: Backward) -> list[Tensor | None]:
        a, b = node.x
        return [node.k.gemm(node.g, swapped(b)), node.k.gemm(swapped(a), node.g)]


class Rows(Op):
    """The rows of a constant table that an index names; nothing flows back through either."""

    name, title, group, help, formula = "rows", "Rows", "matrix", "Rows of a table.", r"y = a_b"
    ports = ("table", "index")

    def shape(self, x: Sequence[Shape], p: Settings) -> Shape:
        return (*x[1], *x[0][1:])

    def sends_back(self, x: Sequence[Shape]) -> tuple[bool, ...]:
        return False, False

    def forward(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        return np.asarray(x[0][x[1].astype(int)])

    def backward(
        self, x: Sequence[Array], w: Mapping[str, Array], p: Settings, y: Array, g: Array
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        return (None, None), {}

    def lower(self, node: Forward) -> Tensor:
        return node.k.take(*node.x)

    def lower_backward(self, node: Backward) -> list[Tensor | None]:
        return [None, None]


def swapped(tensor: Tensor) -> Tensor:
    """The last two axes exchanged."""
    shape, strides = tensor.shape, tensor.strides
    return Tensor(tensor.buffer, (*shape[:-2], *shape[:-3:-1]), (*strides[:-2], *strides[:-3:-1]), tensor.offset)


def numbers(*shape: int) -> Array:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32).astype(np.float64)


def check(built: Program, request: pytest.FixtureRequest, schedule: str) -> None:
    """A trace, and training."""
    engine: OpenCLEngine = request.getfixturevalue(schedule)
    mine, theirs = engine.open(built), ReferenceEngine().open(built)
    one = np.zeros(1, np.int64)
    assert_same_trace(mine.trace(one), theirs.trace(one))
    sgd = make_optimizer({"name": "sgd", "learning_rate": 1e-3})
    np.testing.assert_allclose(mine.train([one] * 3, sgd), theirs.train([one] * 3, sgd), rtol=1e-4)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("stack", [(1,), (5,), (3, 4), (2, 1)])
@pytest.mark.parametrize("size", [(1, 1, 1), (7, 5, 19), (65, 33, 40)])
def test_a_stack_of_products(
    stack: tuple[int, ...],
    size: tuple[int, int, int],
    schedule: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(REGISTRY, "stacked", Stacked())
    m, k, n = size
    nodes: list[tuple[str, str, dict[str, Any]]] = [
        ("a", "parameter", {"value": numbers(*stack, m, k)}),
        ("b", "parameter", {"value": numbers(*stack, k, n)}),
        ("y", "stacked", {}),
        ("q", "square", {}),
        ("L", "mean", {}),
    ]
    check(program(nodes, [("a", "y", "a"), ("b", "y", "b"), ("y", "q", "x"), ("q", "L", "x")], "L"), request, schedule)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize(("table", "index"), [((9, 4), (6,)), ((5, 3, 7), (2, 4)), ((6,), (2, 3, 2)), ((3, 2, 2), ())])
def test_rows_of_a_table(
    table: tuple[int, ...],
    index: tuple[int, ...],
    schedule: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(REGISTRY, "rows", Rows())
    wanted = np.random.default_rng(3).integers(0, table[0], index).astype(float)
    nodes: list[tuple[str, str, dict[str, Any]]] = [
        ("t", "constant", {"value": numbers(*table)}),
        ("i", "constant", {"value": wanted}),
        ("y", "rows", {}),
        ("p", "parameter", {"value": 1.5}),
        ("m", "multiply", {}),
        ("q", "square", {}),
        ("L", "mean", {}),
    ]
    wires = [
        ("t", "y", "table"),
        ("i", "y", "index"),
        ("y", "m", "a"),
        ("p", "m", "b"),
        ("m", "q", "x"),
        ("q", "L", "x"),
    ]
    check(program(nodes, wires, "L"), request, schedule)


def launch(engine: OpenCLEngine, call: Gemm | Gather, flat: dict[str, Array], *, gpu: bool = False) -> Array:
    """What a call leaves in the buffer ``c``."""
    device = engine._device
    kernel = kernel_for(call, replace(device.traits, gpu=gpu))
    device.library.build([kernel])
    site = Site(device, kernel, {})
    buffers = {name: device.upload(values.astype(device.dtype)) for name, values in flat.items()}
    site.bind(buffers)
    device.enqueue(device.queue, site.kernel, site.global_size, site.local_size)
    return np.asarray(device.read(buffers["c"], flat["c"].size))


@pytest.mark.parametrize("gpu", [False, True])
def test_windows_of_one_buffer_and_a_shared_matrix_with_a_bias(gpu: bool, opencl: OpenCLEngine) -> None:
    """As a convolution does: the stack's matrices overlap, and the result lies in columns between other numbers."""
    x, w, bias = numbers(3, 20), numbers(8, 5), numbers(5)
    a = Tensor("a", (3, 7, 8), (20, 2, 1))
    out = Tensor("c", (3, 7, 5), (50, 1, 7), 4)
    call = Gemm("n", out, a, contiguous("b", (8, 5)).broadcast_to((3, 8, 5)), contiguous("bias", (5,)))
    flat = {"a": x.ravel(), "b": w.ravel(), "bias": bias, "c": np.full(160, 9.0)}
    windows = np.lib.stride_tricks.sliding_window_view(x, 8, axis=1)[:, ::2]
    expected = np.full(160, 9.0)
    np.lib.stride_tricks.as_strided(expected[4:], (3, 7, 5), (400, 8, 56))[...] = windows @ w + bias
    np.testing.assert_allclose(launch(opencl, call, flat, gpu=gpu), expected, rtol=1e-5, atol=1e-5)


def test_a_processor_packs_a_large_stack_too(opencl: OpenCLEngine) -> None:
    shape = (2, 512, 1024)
    call = Gemm("n", contiguous("c", (2, 512, 1024)), contiguous("a", (2, 512, 32)), contiguous("b", (2, 32, 1024)))
    assert kernel_for(call, replace(opencl._device.traits, gpu=False, units=2)).title.endswith("packed_stacked")
    a, b = numbers(2, 512, 32), numbers(2, 32, 1024)
    found = launch(opencl, call, {"a": a.ravel(), "b": b.ravel(), "c": np.zeros(2 * 512 * 1024)})
    np.testing.assert_allclose(found.reshape(shape), a @ b, rtol=1e-4, atol=1e-4)


def test_an_index_outside_of_the_table_reads_nothing_else(opencl: OpenCLEngine) -> None:
    index = np.array([-3.0, 0.4, 2.0, 99.0, np.nan, np.inf])
    call = Gather("n", contiguous("c", (6, 2)), contiguous("t", (3, 2), 4), contiguous("i", (6,)))
    flat = {"c": np.zeros(12), "t": np.array([7.0, 7, 7, 7, 0, 1, 2, 3, 4, 5, 7, 7]), "i": index}
    found = launch(opencl, call, flat).reshape(6, 2)
    assert found[:, 0].tolist() == [0, 0, 4, 4, 0, 4]


def test_rows_that_follow_each_other_and_meet_one_matrix_are_one_product() -> None:
    k = Builder()
    shared = contiguous("w", (4, 5))
    out = k.gemm(contiguous("x", (3, 6, 4)), shared)
    overlapping = k.gemm(Tensor("x", (3, 6, 4), (12, 2, 1)), shared)
    own = k.gemm(contiguous("x", (3, 1, 4)), contiguous("v", (3, 4, 5)))
    assert [tensor.shape for tensor in (out, overlapping, own)] == [(3, 6, 5), (3, 6, 5), (3, 1, 5)]
    assert [call.out.shape for call in k.calls] == [(18, 5), (18, 5), (3, 1, 5)]
    apart = k.gemm(Tensor("x", (3, 5, 4), (12, 2, 1)), shared)
    assert k.calls[-1].out == apart
    assert [call.products for call in k.calls] == [18 * 20, 18 * 20, 3 * 20, 15 * 20]
    assert Work.of(k.calls, 0).products == 54 * 20


def test_a_stack_of_three_axes_that_do_not_join_is_refused() -> None:
    a = Tensor("a", (2, 2, 2, 3, 3), (1000, 90, 50, 3, 1))
    call = Gemm("n", contiguous("c", (2, 2, 2, 3, 3)), a, contiguous("b", (2, 2, 2, 3, 3)))
    with pytest.raises(ValueError, match="3 axes in its stack; two are the most"):
        call.stack()


def test_the_plan_of_a_stack_reads_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REGISTRY, "stacked", Stacked())
    nodes: list[tuple[str, str, dict[str, Any]]] = [
        ("a", "constant", {"value": numbers(2, 3, 4)}),
        ("b", "constant", {"value": numbers(2, 4, 5)}),
        ("y", "stacked", {}),
    ]
    plan = make_plan(program(nodes, [("a", "y", "a"), ("b", "y", "b")], "").analysis, 1, None)
    (call,) = plan.forward
    assert call.reads == set(plan.constants)
    assert call.does == "(2, 3, 4) times (2, 4, 5)"
