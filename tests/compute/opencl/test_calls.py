"""Calls speak for themselves: a kind of call that nothing knows of is planned, counted, told and run both ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from compute.calls import Call, Gemm, Map, Reduce
from compute.engine import Program
from compute.loops import Arguments, Loop
from compute.opencl.cost import Work
from compute.opencl.engine import OpenCLEngine
from compute.ops import REGISTRY
from compute.ops.base import Array, Backward, Forward, Op, Settings
from compute.optimizers import make_optimizer
from compute.plan import make_plan
from compute.plan_text import described
from compute.reference import ReferenceEngine
from compute.shapes import Shape
from compute.strided import Tensor, contiguous
from tests.compute.programs import assert_same_trace, program


@dataclass(frozen=True, slots=True)
class Ramp(Call):
    """``out[i] = x[i]·(i + 1)`` for a vector."""

    x: Tensor

    @property
    def does(self) -> str:
        return "x times 1, 2, 3, …"

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return (self.x,)

    def loop(self) -> Loop:
        k = Arguments()
        k.tensor("out", self.out, written=True)
        k.tensor("x", self.x)
        size = k.integer("size_0", self.out.size)
        body = f"{k.entry('out', self.out.strides)} = {k.entry('x', self.x.strides)}*(REAL)(i_0 + 1);"
        return Loop("out = x times 1, 2, 3, …", k, self.out.shape, (size,), body)


class Rising(Op):
    """An op that is lowered to it, forward and backward."""

    name, title, group, help, formula = "rising", "Rising", "arithmetic", "x times 1, 2, 3, …", r"y_i = i\,x_i"
    ports = ("x",)

    def shape(self, x: Sequence[Shape], p: Settings) -> Shape:
        return x[0]

    def forward(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        return x[0] * np.arange(1, len(x[0]) + 1)

    def backward(
        self, x: Sequence[Array], w: Mapping[str, Array], p: Settings, y: Array, g: Array
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        return (g * np.arange(1, len(x[0]) + 1),), {}

    def lower(self, node: Forward) -> Tensor:
        return self._ramp(node, node.x[0])

    def lower_backward(self, node: Backward) -> list[Tensor | None]:
        return [self._ramp(node, node.g)]

    @staticmethod
    def _ramp(node: Forward, x: Tensor) -> Tensor:
        out = node.k.new(x.shape)
        node.k.calls.append(Ramp(node.k.node, out, x))
        return out


def rising(count: int) -> Program:
    value = np.linspace(-1.0, 2.0, count).astype(np.float32).astype(np.float64)
    nodes = [("p", "parameter", {"value": value}), ("r", "rising", {}), ("q", "square", {}), ("L", "mean", {})]
    return program(nodes, [("p", "r", "x"), ("r", "q", "x"), ("q", "L", "x")], "L")


@pytest.mark.parametrize("schedule", ["opencl", "opencl_fused", "opencl_as_gpu"])
def test_a_new_kind_of_call_is_one_class(
    schedule: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(REGISTRY, "rising", Rising())
    engine: OpenCLEngine = request.getfixturevalue(schedule)
    built, batches = rising(37), [np.zeros(1, np.int64)] * 5
    mine, theirs = engine.open(built), ReferenceEngine().open(built)
    assert_same_trace(mine.trace(batches[0]), theirs.trace(batches[0]))
    sgd = make_optimizer({"name": "sgd", "learning_rate": 1e-3})
    np.testing.assert_allclose(mine.train(batches, sgd), theirs.train(batches, sgd), rtol=1e-5)
    np.testing.assert_allclose(mine.weights()["p.value"], theirs.weights()["p.value"], rtol=1e-5)


def test_it_is_counted_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REGISTRY, "rising", Rising())
    built = rising(37)
    plan = make_plan(built.analysis, 1, "L", "train")
    forward, back = (next(call for call in calls if call.node == "r") for calls in (plan.forward, plan.backward))
    assert isinstance(forward, Ramp)
    assert forward.reads == {"parameters"}
    assert forward.moved(4) == 4 * 2 * 37
    without = [call for call in plan.calls if call is not back]
    assert Work.of(plan.calls, 0).entries - Work.of(without, 0).entries == 37
    told = next(call for call in described(plan)["calls"] if call["node"] == "r")
    assert (told["kind"], told["does"], told["reads"]) == ("ramp", "x times 1, 2, 3, …", ["parameters"])


def test_what_a_sum_computes_is_what_goes_into_it() -> None:
    x = contiguous("x", (7, 5))
    total = Reduce("n", contiguous("s", (5,)), (7, 5), (0,), (("x", x),), "x*x")
    each = Map("n", contiguous("y", (7, 5)), (("x", x),), "x*x")
    product = Gemm("n", contiguous("c", (7, 3)), x, contiguous("w", (5, 3)))
    counted = Work.of([total, each, product], 4)
    assert (counted.entries, counted.products, counted.trained) == (35 + 35, 7 * 5 * 3, 4)


def test_what_is_the_same_along_a_sum_says_nothing_of_how_it_lies() -> None:
    """Each column of x lies side by side, and has a mean that lies beside those of the others."""
    x, mean = contiguous("x", (5, 7)).transposed(), contiguous("m", (5,)).broadcast_to((7, 5))
    shared = (("x", x), ("m", mean))
    assert Reduce("n", contiguous("s", (5,)), (7, 5), (0,), shared, "(x - m)*(x - m)").loop().together
    rows = (("x", contiguous("x", (7, 5))), ("m", mean))
    assert not Reduce("n", contiguous("s", (5,)), (7, 5), (0,), rows, "(x - m)*(x - m)").loop().together
