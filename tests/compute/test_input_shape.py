"""Inputs in a shape of their own, and standardised or not as each of them says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from compute.boundary import BoundaryPlane
from compute.data import InputSpec, Table, prepare
from compute.document import from_json
from compute.errors import GradwireError
from compute.explain import Quantity, why
from compute.export import Network
from compute.reference import ReferenceRun
from compute.workspace import Workspace, open_document

COLUMNS = {name: [float(i * 7 + j * j) for i in range(5)] for j, name in enumerate("abcdef")}


def opened(inputs: dict[str, dict[str, Any]], *, standardize: bool = False, strict: bool = True) -> Workspace:
    """Input nodes with these settings, the sum of the first as the loss."""
    nodes = [{"id": node, "op": "input", "params": params} for node, params in inputs.items()]
    raw = {
        "format": "gradwire",
        "version": 1,
        "graph": {
            "nodes": [*nodes, {"id": "L", "op": "sum"}],
            "wires": [{"from": next(iter(inputs)), "to": "L", "port": "x"}],
        },
        "data": {"source": "inline", "columns": COLUMNS, "standardize": standardize},
        "training": {"loss": "L"},
    }
    return open_document(from_json(raw), strict=strict)


@pytest.mark.parametrize(
    ("shape", "row"),
    [(None, (6,)), ([6], (6,)), ([2, 3], (2, 3)), ([3, -1], (3, 2)), ([1, 3, 2], (1, 3, 2)), (-1, (6,))],
)
def test_the_columns_of_a_row_fill_the_shape_in_order(shape: Any, row: tuple[int, ...]) -> None:
    workspace = opened({"x": {"columns": list("abcdef"), "shape": shape}})
    assert workspace.analysis.shapes["x"] == ("B", *row)
    table = np.stack([COLUMNS[name] for name in "abcdef"], axis=1)
    trace = ReferenceRun(workspace.program).trace(np.arange(5))
    assert trace.values["x"].shape == (5, *row)
    assert np.array_equal(trace.values["x"], table.reshape(5, *row))


@pytest.mark.parametrize(
    ("shape", "says"),
    [
        ([2, 2], "Input x: 6 columns are chosen and its shape (2, 2) takes 4; choose other columns or another shape."),
        ([4, -1], "Input x: 6 columns are chosen and its shape (4, -1) takes a multiple of 4; choose other columns or"),
        (["B", 6], "Input x: its shape is that of one row, of at most 3 sizes without B; (B, 6) is none."),
        ([1, 1, 2, 3], "Input x: its shape is that of one row, of at most 3 sizes without B; (1, 1, 2, 3) is none."),
        ([0, 2], "Input x: shape must be made of whole numbers above 0, −1 or B; 0 is none."),
    ],
)
def test_a_shape_that_the_columns_do_not_fill_is_refused(shape: list[Any], says: str) -> None:
    inputs = {"x": {"columns": list("abcdef"), "shape": shape}}
    with pytest.raises(GradwireError) as caught:
        opened(inputs)
    assert str(caught.value).startswith(says)
    assert "x" in opened(inputs, strict=False).analysis.problems


def test_class_numbers_stay_whole_beside_columns_that_are_standardised() -> None:
    table = Table({"size": np.array([1.0, 3.0, 8.0]), "kind": np.array([0.0, 2.0, 1.0])})
    inputs = {"x": InputSpec(["size", "kind"]), "k": InputSpec(["kind"], standardize=False)}
    done = prepare(table, inputs, {}, 0.0, True, 0)
    assert done.values["k"].tolist() == [[0.0], [2.0], [1.0]]
    assert done.values["x"].mean(axis=0) == pytest.approx([0.0, 0.0])
    assert done.values["x"].std(axis=0) == pytest.approx([1.0, 1.0])
    assert done.standardized == {"x"}
    assert (done.means["kind"], done.stds["kind"]) == pytest.approx((1.0, np.std([0, 2, 1])))


def test_one_input_can_be_standardised_alone() -> None:
    table = Table({"size": np.array([1.0, 3.0, 8.0]), "kind": np.array([0.0, 2.0, 1.0])})
    inputs = {"x": InputSpec(["size"], standardize=True), "k": InputSpec(["kind"])}
    done = prepare(table, inputs, {}, 0.0, False, 0)
    assert done.values["x"].std() == pytest.approx(1.0)
    assert done.values["k"].tolist() == [[0.0], [2.0], [1.0]]
    assert (done.means["size"], done.means["kind"], done.stds["kind"]) == (4.0, 0.0, 1.0)


@pytest.mark.parametrize("standardize", [False, True])
def test_without_a_word_of_its_own_an_input_is_as_the_document_says(standardize: bool) -> None:
    left_out, said = (
        opened({"x": {"columns": ["a", "b"], **own}}, standardize=standardize) for own in ({}, {"standardize": None})
    )
    array = np.stack([COLUMNS["a"], COLUMNS["b"]], axis=1)
    wanted = (array - array.mean(axis=0)) / array.std(axis=0) if standardize else array
    for workspace in (left_out, said):
        assert np.array_equal(workspace.program.train["x"], wanted)


def test_another_choice_trains_another_program() -> None:
    first, same, other = (
        opened({"x": {"columns": ["a", "b"], "standardize": own}}, standardize=whole)
        for own, whole in ((None, True), (None, True), (False, True))
    )
    assert other.prepared is not None
    assert other.prepared.standardized == frozenset()
    other_table, same_table = (Workspace(**{**vars_of(w), "table": first.table}) for w in (other, same))
    assert first.trains_as(same_table)
    assert not first.trains_as(other_table)


def vars_of(workspace: Workspace) -> dict[str, Any]:
    return {name: getattr(workspace, name) for name in Workspace.__dataclass_fields__}


def test_an_export_says_what_was_standardised() -> None:
    inputs: dict[str, dict[str, Any]] = {"x": {"columns": ["a"]}, "k": {"columns": ["b"], "standardize": False}}
    workspace = opened(inputs, standardize=True)
    document = from_json(
        {
            "format": "gradwire",
            "version": 1,
            "graph": {"nodes": [{"id": n, "op": "input", "params": p} for n, p in inputs.items()], "wires": []},
        }
    )
    about = Network(document, workspace.program, {}, workspace.prepared).about()
    assert list(about["standardized"]) == ["a"]
    assert about["not_standardized"] == ["k"]


def test_why_names_the_column_of_an_entry_in_any_shape() -> None:
    raw_columns = list("abcdef")
    workspace = opened({"x": {"columns": raw_columns, "shape": [2, 3]}})
    trace = ReferenceRun(workspace.program).trace(np.arange(5))
    document = from_json(
        {
            "format": "gradwire",
            "version": 1,
            "graph": {
                "nodes": [
                    {"id": "x", "op": "input", "params": {"columns": raw_columns, "shape": [2, 3]}},
                    {"id": "L", "op": "sum"},
                ],
                "wires": [{"from": "x", "to": "L", "port": "x"}],
            },
        }
    )
    answer = why(document.graph, workspace.analysis, "L", trace, Quantity("value", "x"), (3, 1, 1))
    assert answer.sentence == "It comes from the data: training row 3, column e."


@pytest.mark.parametrize("own", [None, False])
def test_the_plane_of_a_shaped_input_is_asked_in_its_shape(own: bool | None) -> None:
    nodes = [
        {"id": "x", "op": "input", "params": {"columns": ["a", "b", "c", "d"], "shape": [2, 2], "standardize": own}},
        {"id": "f", "op": "reshape", "params": {"shape": [-1, 4]}},
        {"id": "h", "op": "dense", "params": {"units": 1}},
        {"id": "t", "op": "target", "params": {"columns": ["f"]}},
        {"id": "L", "op": "mean_squared_error"},
    ]
    wires = [("x", "f", "x"), ("f", "h", "x"), ("h", "L", "prediction"), ("t", "L", "target")]
    raw = {
        "format": "gradwire",
        "version": 1,
        "graph": {"nodes": nodes, "wires": [{"from": a, "to": b, "port": port} for a, b, port in wires]},
        "data": {"source": "inline", "columns": COLUMNS, "standardize": True},
        "training": {"loss": "L"},
        "weights": {"h.weight": [[1.0], [10.0], [0.0], [0.0]], "h.bias": [0.0]},
    }
    workspace = open_document(from_json(raw))
    plane = BoundaryPlane(workspace, ("b", "a"), 3)
    assert plane.data.shape == (9, 2, 2)
    values = plane.ask(ReferenceRun(workspace.program))().answer
    a, b = np.meshgrid(*(np.linspace(plane.low[i], plane.high[i], 3) for i in (1, 0)), indexing="ij")
    if own is None:
        a, b = ((v - np.mean(COLUMNS[n])) / np.std(COLUMNS[n]) for v, n in ((a, "a"), (b, "b")))
    np.testing.assert_allclose(values, a + 10 * b)
