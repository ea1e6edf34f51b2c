"""What an op is for is declared by the op: a loss of another name, with other ports, is judged as any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from compute.boundary import BoundaryPlane, first_plane, plane_columns
from compute.document import from_json
from compute.evaluation import evaluate, prediction_node
from compute.export.format import outputs_of
from compute.gallery import load_entry
from compute.ops import REGISTRY, role_of
from compute.ops.base import Array, Op, Settings
from compute.problems import sentence_of
from compute.reference import ReferenceRun
from compute.shapes import Shape
from compute.workspace import open_document


class Hinge(Op):
    """Answers of 1 and −1, the truth at the first port."""

    name, title, group, role = "hinge", "Hinge", "arithmetic", "loss"
    help, formula = "Wants answers beyond 1.", r"L = 0"
    ports = truth, prediction = "truth", "guess"
    judges = "yes or no"

    def shape(self, x: Sequence[Shape], p: Settings) -> Shape:
        return ()

    def forward(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        return np.asarray(np.maximum(0.0, 1.0 - x[0] * x[1]).mean())

    def metrics(self, predictions: Array, target: Array) -> dict[str, Array]:
        return {"mistakes": (predictions * target < 0).reshape(len(predictions), -1).sum(axis=1).astype(np.float64)}

    def check_target(self, prediction: Shape, target: Array) -> None:
        if target.max() > 1.0:
            raise ValueError("is above 1")


def document(highest: float) -> dict[str, object]:
    nodes = [
        {"id": "x", "op": "input", "params": {"columns": ["a", "b"]}},
        {"id": "h", "op": "dense", "params": {"units": 1}},
        {"id": "t", "op": "target", "params": {"columns": ["c"]}},
        {"id": "L", "op": "hinge"},
    ]
    wires = [("x", "h", "x"), ("t", "L", "truth"), ("h", "L", "guess")]
    return {
        "format": "gradwire",
        "version": 1,
        "graph": {"nodes": nodes, "wires": [{"from": a, "to": b, "port": port} for a, b, port in wires]},
        "data": {"source": "inline", "columns": {"a": [1, 2, 3], "b": [0, 1, 5], "c": [-1, 1, highest]}},
        "training": {"loss": "L"},
        "weights": {"h.weight": [[1.0], [0.0]], "h.bias": [0.0]},
    }


def test_a_loss_with_ports_of_its_own_is_judged_by_what_it_declares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REGISTRY, "hinge", Hinge())
    workspace = open_document(from_json(document(1)))
    program = workspace.program
    assert prediction_node(program) == "h"
    assert outputs_of(program.analysis, "L") == ["h"]
    judged = evaluate(program, ReferenceRun(program))
    assert judged.loss == pytest.approx((2.0 + 0.0 + 0.0) / 3)
    assert (judged.validation_loss, judged.on, judged.rows) == (None, "training", 3)
    assert judged.metrics == {"mistakes": 1.0}
    assert plane_columns(workspace) == ("a", "b")
    plane = BoundaryPlane(workspace, ("a", "b"), 4)
    assert plane.classes == 2
    assert plane.labels.tolist() == [-1.0, 1.0, 1.0]
    assert role_of("hinge") == "loss"


def test_its_refusal_names_its_own_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REGISTRY, "hinge", Hinge())
    workspace = open_document(from_json(document(2)), strict=False)
    assert sentence_of(workspace.problem) == "Hinge L, port truth: t is above 1."


def test_every_loss_says_what_it_compares_and_every_data_node_has_no_port() -> None:
    roles = {"input": ["input"], "target": ["target"]}
    for role, names in roles.items():
        assert [name for name, op in REGISTRY.items() if op.role == role] == names
    for name, op in REGISTRY.items():
        assert (op.role == "loss") == (op.group == "loss"), name
        assert not op.is_data or not op.ports
        assert op.role != "loss" or {op.prediction, op.truth} == set(op.ports)


def test_the_plane_at_first_is_over_columns_that_hold_more_than_one_number() -> None:
    workspace = open_document(load_entry("digits"))
    names = plane_columns(workspace)
    assert workspace.prepared is not None
    assert not workspace.prepared.table.columns[names[0]].any()
    assert first_plane(workspace, names) == ("pixel 0,1", "pixel 0,2")
    assert first_plane(workspace, ("pixel 0,0", "pixel 0,3")) == ("pixel 0,3", "pixel 0,0")
