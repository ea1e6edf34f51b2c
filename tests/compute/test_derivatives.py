"""What holds for derivatives of any graph, whatever its numbers are: on the reference engine, by random graphs.

The reverse derivative agrees with the forward one; it is linear in what comes back; the gradient of a batch is made of
the gradients of its rows, in whatever order they stand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import assume, given
from hypothesis import strategies as st

from compute.engine import Program
from compute.ops import REGISTRY
from compute.ops.base import Elementwise, Op
from compute.reference import ReferenceEngine, TrainingPass, forward, weights_at
from compute.shapes import BATCH
from compute.trace import Trace
from tests.compute.programs import assert_close, largest
from tests.compute.test_random_graphs import COMPUTED, graphs
from tests.searching import tries

Array = npt.NDArray[Any]
Tensors = dict[int | str, Array]
"""By number of a port, or suffix of a weight."""

# Their entries depend on where they stand in the batch, so that another order is another result.
PLACED = {"dropout", "reshape", "concat"}
SYMMETRIC = [name for name in COMPUTED if name not in PLACED]
# Each row of the output comes from the same row of the input alone.
BY_ROW = ["dense", "softmax", *(name for name in SYMMETRIC if isinstance(REGISTRY[name], Elementwise))]
STEP = 1e-6


@dataclass
class Place:
    """One node of a graph, with the numbers that arrive in training.

    sends: for each port, whether a gradient goes back there; learned: the suffixes of the weights that have one.
    """

    name: str
    op: Op
    settings: Mapping[str, Any]
    x: list[Array]
    w: dict[str, Array]
    y: Array
    sends: tuple[bool, ...]
    learned: set[str]

    def back(self, g: Array) -> Tensors:
        """Jᵀ g: the backward rule."""
        with np.errstate(all="ignore"):
            ports, weights = self.op.backward(self.x, self.w, self.settings, self.y, g)
        return {i: found for i, found in enumerate(ports) if found is not None} | dict(weights.items())

    def along(self, v: Tensors, step: float) -> tuple[Array, bool]:
        """J v by a step to both sides, and whether no slope jumps on the way."""
        values, kinks = [], []
        with np.errstate(all="ignore"):
            for s in (step, -step):
                x = [a + s * v[i] if i in v else a for i, a in enumerate(self.x)]
                w = {name: a + s * v[name] if name in v else a for name, a in self.w.items()}
                values.append(self.op.forward(x, w, self.settings))
                kinks.append(self.op.kinks(x, self.settings))
            smooth = all((np.sign(above) == np.sign(below)).all() for above, below in zip(*kinks, strict=True))
            return (values[0] - values[1]) / (2 * step), smooth

    def direction(self, random: np.random.Generator) -> Tensors:
        """A random number for each number that can be moved."""
        moved: Tensors = {i: random.normal(size=a.shape) for i, a in enumerate(self.x) if self.sends[i]}
        return moved | {name: random.normal(size=a.shape) for name, a in self.w.items() if name in self.learned}


def places(drawn: Program) -> list[Place]:
    """The nodes of a graph that compute something a gradient flows through."""
    analysis = drawn.analysis
    values, found = forward(analysis, drawn.weights, drawn.train, TrainingPass()), []
    for node_id in analysis.order:
        op, sources = analysis.ops[node_id], analysis.sources[node_id]
        if sources and node_id in analysis.live:
            x, sends = [values[s] for s in sources], op.sends_back([analysis.shapes[s] for s in sources])
            w = weights_at(analysis, node_id, drawn.weights, values, TrainingPass())
            learned = {spec.suffix for owner, spec in analysis.parameters.values() if owner == node_id and spec.learned}
            name = f"{op.name} {node_id}"
            found.append(Place(name, op, analysis.settings[node_id], x, w, values[node_id], sends, learned))
    return found


@given(graphs(COMPUTED), st.integers(0, 1000))
@tries(40)
def test_dot_products_of_forward_and_reverse_derivative_agree(drawn: Program, seed: int) -> None:
    """⟨u, J v⟩ = ⟨Jᵀ u, v⟩ at each node, for any u and v."""
    random = np.random.default_rng(seed)
    for place in places(drawn):
        u, v = random.normal(size=place.y.shape), place.direction(random)
        (change, smooth), (wider, still_smooth) = (place.along(v, step) for step in (STEP, 2 * STEP))
        back = place.back(u)
        assert back.keys() == v.keys(), place.name
        # Some graphs have slopes without end, as log of 0 has; those of either sign have no sum.
        with np.errstate(all="ignore"):
            products = [gradient * v[key] for key, gradient in back.items()]
            total = sum(float(product.sum()) for product in products)
        if not (smooth and still_smooth and np.isfinite([total, *wider.flat]).all()):
            continue
        with np.errstate(all="ignore"):
            size = sum(float(np.abs(product).sum()) for product in products) + float(np.abs(u * place.y).sum())
            # What a step of twice the size changes is what differences cannot tell.
            unsure = float(np.abs(u * (wider - change)).sum())
        assert_close(total, float((u * change).sum()), 1e-6, 1e-8 + 1e-8 * size + unsure, place.name)


@given(graphs(COMPUTED), st.integers(0, 1000), st.floats(-3, 3), st.floats(-3, 3))
@tries(40)
def test_backward_is_linear_in_what_comes_back(drawn: Program, seed: int, a: float, b: float) -> None:
    random = np.random.default_rng(seed)
    for place in places(drawn):
        first, second = random.normal(size=place.y.shape), random.normal(size=place.y.shape)
        left, right, both = place.back(first), place.back(second), place.back(np.asarray(a * first + b * second))
        assert left.keys() == right.keys() == both.keys()
        for key, gradient in both.items():
            if np.isfinite(gradient).all():
                # Where what comes back almost cancels out, as behind a norm of two rows, rounding is that of its parts.
                size = float(np.abs(left[key]).max() + np.abs(right[key]).max()) + 1e-3
                assert_close(gradient, a * left[key] + b * right[key], 1e-9, 1e-12 * size, f"{place.name} {key}")


def traced(drawn: Program, rows: Sequence[int]) -> Trace:
    return ReferenceEngine().open(drawn).trace(np.array(rows))


def finite(trace: Trace) -> bool:
    everything = [*trace.values.values(), *trace.wire_grads.values(), *trace.parameter_grads.values()]
    return all(np.isfinite(array).all() for array in everything)


def tolerance(trace: Trace) -> float:
    """How far sums in another order may be off."""
    return 1e-10 * max(1.0, largest(trace)) ** 2


def source_of(drawn: Program, port: tuple[str, str]) -> str:
    """The node that feeds a port."""
    return drawn.analysis.sources[port[0]][drawn.analysis.ops[port[0]].ports.index(port[1])]


@given(graphs(SYMMETRIC), st.randoms(use_true_random=False))
@tries(40)
def test_rows_in_another_order_give_the_same_in_that_order(drawn: Program, lot: Any) -> None:
    order = list(range(drawn.rows))
    lot.shuffle(order)
    plain, permuted = traced(drawn, range(drawn.rows)), traced(drawn, order)
    assume(finite(plain))
    atol = tolerance(plain)

    def moved(array: Array, node_id: str) -> Array:
        for axis, dim in enumerate(drawn.analysis.shapes[node_id]):
            if dim == BATCH:
                array = array.take(order, axis=axis)
        return array

    assert_close(permuted.loss, plain.loss, 1e-8, atol, "loss")
    for name, gradient in plain.parameter_grads.items():
        assert_close(permuted.parameter_grads[name], gradient, 1e-8, atol, name)
    for node_id, value in plain.values.items():
        assert_close(permuted.values[node_id], moved(value, node_id), 1e-8, atol, node_id)
    for port, gradient in plain.wire_grads.items():
        assert_close(permuted.wire_grads[port], moved(gradient, source_of(drawn, port)), 1e-8, atol, f"wire {port}")


@given(graphs(BY_ROW), st.data())
@tries(40)
def test_parts_of_a_batch_add_up_to_the_whole(drawn: Program, data: st.DataObject) -> None:
    """Where rows do not mix, the gradients of a sum add up, and those of a mean are averaged by rows."""
    shapes = drawn.analysis.shapes
    assume(drawn.rows > 1)
    assume(shapes[drawn.analysis.sources["L"][0]][:1] == (BATCH,))
    cut = data.draw(st.integers(1, drawn.rows - 1))
    parts = [range(cut), range(cut, drawn.rows)]
    whole, *halves = (traced(drawn, rows) for rows in (range(drawn.rows), *parts))
    assume(finite(whole))
    shares = [len(rows) / drawn.rows if drawn.analysis.ops["L"].name == "mean" else 1.0 for rows in parts]
    atol = tolerance(whole)

    def shared(arrays: Sequence[Any]) -> list[Array]:
        return [np.asarray(share * array) for share, array in zip(shares, arrays, strict=True)]

    assert_close(sum(shared([half.loss for half in halves])), whole.loss, 1e-8, atol, "loss")
    for name, gradient in whole.parameter_grads.items():
        assert_close(sum(shared([half.parameter_grads[name] for half in halves])), gradient, 1e-8, atol, name)
    for port, gradient in whole.wire_grads.items():
        pieces = shared([half.wire_grads[port] for half in halves])
        by_rows = shapes[source_of(drawn, port)][:1] == (BATCH,)
        assert_close(np.concatenate(pieces) if by_rows else sum(pieces), gradient, 1e-8, atol, f"wire {port}")
