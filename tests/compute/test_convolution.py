"""The convolution along a sequence: values and gradients as written out by hand, on every engine, told in sums."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from compute.analysis import analyse
from compute.document import Document, from_json
from compute.engine import Engine
from compute.explain import Quantity, sums, walk, why
from compute.explain.facts import Facts
from compute.export import export
from compute.export.format import Network
from compute.focus import Focus
from compute.graph import Graph, Node, Wire
from compute.numbers_text import precise
from compute.opencl.engine import OpenCLEngine
from compute.ops import REGISTRY
from compute.optimizers import make_optimizer
from compute.problems import Kind
from compute.reference import ReferenceEngine, ReferenceRun
from compute.shapes import ShapeError
from compute.workspace import Workspace, open_document
from tests.compute.programs import assert_same_trace, program

Array = npt.NDArray[np.float64]
SCHEDULES = ("opencl", "opencl_fused", "opencl_as_gpu")


def by_hand(x: Array, w: Array, b: Array, stride: int, padding: str) -> Array:
    """PyTorch's formula (Conv1d; for "same" its padding, with Keras' for strides), one multiply-add at a time."""
    batch, steps, channels = x.shape
    size, _, filters = w.shape
    before = 0
    length = (steps - size) // stride + 1
    if padding == "same":
        length = math.ceil(steps / stride)
        before = max((length - 1) * stride + size - steps, 0) // 2
    y = np.zeros((batch, length, filters))
    for n, t, m in np.ndindex(y.shape):
        y[n, t, m] = b[m]
        for k, c in np.ndindex(size, channels):
            at = t * stride + k - before
            if 0 <= at < steps:
                y[n, t, m] += x[n, at, c] * w[k, c, m]
    return y


CASES = [
    (7, 3, 1, "valid"),
    (7, 3, 2, "valid"),
    (8, 3, 2, "same"),
    (7, 4, 1, "same"),
    (7, 4, 3, "same"),
    (5, 5, 1, "valid"),
    (6, 1, 1, "valid"),
    (7, 1, 3, "same"),
    (7, 2, 4, "valid"),
    (3, 5, 1, "same"),
]


@pytest.mark.parametrize(("steps", "size", "stride", "padding"), CASES)
def test_values_and_gradients_are_those_of_the_formula(steps: int, size: int, stride: int, padding: str) -> None:
    random = np.random.default_rng(1)
    x, w, b = random.normal(size=(2, steps, 3)), random.normal(size=(size, 3, 4)), random.normal(size=4)
    op = REGISTRY["conv1d"]
    p = op.settings({"filters": 4, "size": size, "stride": stride, "padding": padding}, "c")
    y = op.forward([x], {"weight": w, "bias": b}, p)
    assert y.shape == op.shape([x.shape], p)
    np.testing.assert_allclose(y, by_hand(x, w, b, stride, padding), atol=1e-12)
    # It is linear in each of the three, so that its gradients are what units of them give.
    g = random.normal(size=y.shape)
    (dx,), dw = op.backward([x], {"weight": w, "bias": b}, p, y, g)
    assert dx is not None
    zero_w, zero_b = np.zeros_like(w), np.zeros_like(b)
    for found, units in ((dx, x), (dw["weight"], w), (dw["bias"], b)):
        for entry in np.ndindex(units.shape):
            unit = np.zeros_like(units)
            unit[entry] = 1.0
            moved = {id(x): (unit, w, zero_b), id(w): (x, unit, zero_b), id(b): (x, zero_w, unit)}[id(units)]
            assert found[entry] == pytest.approx((g * by_hand(*moved, stride, padding)).sum(), abs=1e-10)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize(("steps", "size", "stride", "padding"), CASES)
def test_kernels_agree_with_the_reference(
    steps: int, size: int, stride: int, padding: str, schedule: str, request: pytest.FixtureRequest
) -> None:
    engine: Engine = request.getfixturevalue(schedule)
    value = np.random.default_rng(2).normal(size=(3, steps, 5)).astype(np.float32).astype(np.float64)
    settings = {"filters": 6, "size": size, "stride": stride, "padding": padding, "bias_init": "normal"}
    nodes: list[tuple[str, str, dict[str, Any]]] = [
        ("x", "parameter", {"value": value}),
        ("c", "conv1d", settings),
        ("a", "tanh", {}),
        ("d", "conv1d", {**settings, "filters": 2, "padding": "same"}),
        ("q", "square", {}),
        ("L", "mean", {}),
    ]
    built = program(nodes, [("x", "c", "x"), ("c", "a", "x"), ("a", "d", "x"), ("d", "q", "x"), ("q", "L", "x")], "L")
    mine, theirs, one = engine.open(built), ReferenceEngine().open(built), np.zeros(1, np.int64)
    assert_same_trace(mine.trace(one), theirs.trace(one))
    sgd = make_optimizer({"name": "sgd", "learning_rate": 0.01})
    np.testing.assert_allclose(mine.train([one] * 4, sgd), theirs.train([one] * 4, sgd), rtol=1e-4)
    for name, weight in theirs.weights().items():
        np.testing.assert_allclose(mine.weights()[name], weight, atol=1e-4, err_msg=name)


def test_what_does_not_lie_row_by_row_is_copied(opencl: OpenCLEngine) -> None:
    """The gradient of a sum is one number that is repeated, and half of a concatenation lies between other numbers."""
    nodes: list[tuple[str, str, dict[str, Any]]] = [
        ("x", "parameter", {"value": np.random.default_rng(3).normal(size=(2, 6, 3))}),
        ("z", "parameter", {"value": np.random.default_rng(4).normal(size=(2, 6, 2))}),
        ("both", "concat", {}),
        ("c", "conv1d", {"filters": 4}),
        ("S", "sum", {"axis": None}),
    ]
    wires = [("x", "both", "a"), ("z", "both", "b"), ("both", "c", "x"), ("c", "S", "x")]
    built, one = program(nodes, wires, "S"), np.zeros(1, np.int64)
    assert_same_trace(opencl.open(built).trace(one), ReferenceEngine().open(built).trace(one))


@pytest.mark.parametrize(
    ("shape", "settings", "says"),
    [
        (("B", 4), {}, "it wants (B, steps, channels); (B, 4) arrives"),
        ((3, "B", 2), {}, "it wants (B, steps, channels); (3, B, 2) arrives"),
        (("B", 2, 4), {}, "a filter sees 3 steps and 2 arrive; make its size smaller or pad with same"),
    ],
)
def test_what_cannot_be_convolved_is_refused(shape: Any, settings: dict[str, Any], says: str) -> None:
    op = REGISTRY["conv1d"]
    with pytest.raises(ShapeError) as caught:
        op.shape([shape], op.settings(settings, "c"))
    assert (caught.value.port, caught.value.reason) == ("x", says)


def document(**conv: Any) -> Document:
    """Sequences of 8 steps with 2 channels: convolution, ReLU, flattened, dense, and a loss."""
    random = np.random.default_rng(5)
    rows = random.normal(size=(20, 16)).round(3)
    columns: dict[str, list[float]] = {f"s{i}": rows[:, i].tolist() for i in range(16)}
    columns["y"] = (rows[:, ::2].max(axis=1) > 1.2).astype(float).tolist()
    nodes = [
        {"id": "x", "op": "input", "params": {"columns": [f"s{i}" for i in range(16)], "shape": [8, 2]}},
        {"id": "c", "op": "conv1d", "params": {"filters": 3, "bias_init": "normal", **conv}},
        {"id": "a", "op": "relu"},
        {"id": "f", "op": "reshape", "params": {"shape": [-1, conv.pop("flat", 18)]}},
        {"id": "z", "op": "dense", "params": {"units": 1}},
        {"id": "y", "op": "target", "params": {"columns": ["y"]}},
        {"id": "L", "op": "sigmoid_cross_entropy"},
    ]
    wires = [("x", "c", "x"), ("c", "a", "x"), ("a", "f", "x"), ("f", "z", "x"), ("z", "L", "prediction")]
    wires += [("y", "L", "target")]
    return from_json(
        {
            "format": "gradwire",
            "version": 1,
            "graph": {"nodes": nodes, "wires": [{"from": a, "to": b, "port": port} for a, b, port in wires]},
            "data": {"source": "inline", "columns": columns, "standardize": True},
            "training": {"loss": "L", "optimizer": {"name": "adam", "learning_rate": 0.02}, "seed": 3},
        }
    )


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_document_trains_alike_on_every_engine(schedule: str, request: pytest.FixtureRequest) -> None:
    workspace = open_document(document())
    engine: Engine = request.getfixturevalue(schedule)
    mine, theirs = engine.open(workspace.trained), ReferenceEngine().open(workspace.trained)
    assert {name: spec.shape for name, (_, spec) in workspace.analysis.parameters.items()} == {
        "c.weight": (3, 2, 3),
        "c.bias": (3,),
        "z.weight": (18, 1),
        "z.bias": (1,),
    }
    batches = [np.arange(start, min(start + 8, 20)) for start in (0, 8, 16)] * 20
    adam = make_optimizer({"name": "adam", "learning_rate": 0.02})
    losses = theirs.train(batches, adam)
    np.testing.assert_allclose(mine.train(batches, adam), losses, rtol=1e-3, atol=1e-4)
    assert losses[-3:].mean() < 0.5 * losses[:3].mean()


def facts(workspace: Workspace, described: Document) -> Facts:
    trace = ReferenceRun(workspace.program).trace(np.arange(4))
    return Facts(described.graph, workspace.analysis, "L", trace, 2)


@pytest.mark.parametrize(
    ("stride", "padding", "flat"), [(1, "valid", 18), (1, "same", 24), (2, "same", 12), (3, "valid", 6)]
)
def test_every_number_of_it_is_a_sum_of_products(stride: int, padding: str, flat: int) -> None:
    described = document(stride=stride, padding=padding, flat=flat)
    told = facts(open_document(described), described)
    for q, groups in (
        (Quantity("value", "c"), sums.forward),
        (Quantity("gradient", "x"), None),
        (Quantity("weight gradient", "c", "weight"), None),
        (Quantity("weight gradient", "c", "bias"), None),
    ):
        array = told.array(q)
        for entry in np.ndindex(array.shape):
            name = q.name or "x"
            found = groups(told, "c", entry) if groups else sums.backward(told, "c", name, entry)
            terms = [g.scale * math.prod(told.at(*f) for f in g.entries(k)) for g in found for k in range(g.count)]
            assert math.fsum(terms) == pytest.approx(array[entry], abs=1e-12), (q, entry)


def test_why_shows_the_window_that_a_number_comes_from() -> None:
    described = document()
    told = facts(open_document(described), described)
    answer = why(described.graph, told.analysis, "L", told.trace, Quantity("value", "c"), (2, 4, 1))
    assert answer.result == precise(told.trace.values["c"][2, 4, 1])
    assert "x_{2,4,0}" in answer.rule
    assert "W_{2,1,1}" in answer.rule
    assert "c_{tm}" in answer.rule
    assert answer.rule.count("b_{1}") == 1
    assert [part.name for part in answer.parts] == ["x[2, 4…6, ·]", "c.weight[·, ·, 1]", "c.bias[1]"]
    assert answer.parts[0].entry == (2, range(4, 7), None)
    asked = Focus.of_part(answer.parts[0], told)
    assert asked is not None
    assert asked.entry is not None
    assert asked.entry[0] == 2
    assert asked.entry[1] in range(4, 7)
    back = why(described.graph, told.analysis, "L", told.trace, Quantity("wire", "c", "x"), (2, 1, 0))
    # Step 1 is seen by the filters at steps 0 and 1 only.
    assert [part.name for part in back.parts] == ["∂L/∂c[2, 0…1, ·]", "c.weight[0…1, 0, ·]"]
    slope = why(described.graph, told.analysis, "L", told.trace, Quantity("weight gradient", "c", "weight"), (1, 0, 2))
    assert [part.name for part in slope.parts] == ["∂L/∂c[·, ·, 2]", "x[·, 1…6, 0]"]


def test_a_step_that_no_filter_sees_has_a_gradient_of_0() -> None:
    described = document(stride=4, size=2, flat=6)
    told = facts(open_document(described), described)
    answer = why(described.graph, told.analysis, "L", told.trace, Quantity("wire", "c", "x"), (0, 2, 0))
    assert (answer.value, answer.result) == (0.0, "0")
    assert answer.numbers.endswith("= 0 = 0")
    assert answer.sentence == "Conv1D c sends back 0, as nothing leads there."


def test_the_walk_goes_through_it() -> None:
    described = document()
    told = facts(open_document(described), described)
    steps = walk(described.graph, told.analysis, "L", told.trace, make_optimizer({"name": "sgd"}))
    titles = [step.title for step in steps if step.node == "c"]
    assert titles == ["Conv1D c: forward", "Conv1D c: backward", "c.weight: update", "c.bias: update"]
    for step in steps:
        assert step.numbers
        assert step.rule


@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
def test_an_export_holds_its_weights_and_says_how_they_lie(suffix: str, tmp_path: Path) -> None:
    described = document()
    report = export(described, tmp_path / f"out{suffix}")
    assert report.largest_difference < 1e-6
    workspace = open_document(described)
    weights = {name: w.astype(np.float32) for name, w in workspace.program.weights.items()}
    about = Network(described, workspace.program, weights, workspace.prepared).about()
    assert about["shapes"]["c.weight"] == [3, 2, 3]
    assert about["layout"] == (
        "conv1d: weight is (size, in, out): y[t] = sum over k of x[stride*t + k] @ weight[k], + bias; "
        "dense: weight is (in, out): y = x @ weight + bias"
    )


@pytest.mark.parametrize("rows", [1, 200])
def test_what_the_filters_see_counts_as_memory(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    """Of 200 steps each sees 100, so that the windows of 200 rows are 32 MB, where x and y are 0.64."""
    monkeypatch.setenv("GRADWIRE_MEMORY", "16 MB")
    params = {"filters": 1, "size": 100, "padding": "same"}
    x = Node("x", "input", {"columns": [f"c{i}" for i in range(200)], "shape": [200, 1]})
    graph = Graph([x, Node("c", "conv1d", params)], [Wire("x", "c", "x")])
    problem = analyse(graph, batch=rows).problems.get("c")
    judged = analyse(graph, judged=rows).problems.get("c")
    assert {found and found.kind for found in (problem, judged)} == {None if rows == 1 else Kind.MEMORY}
