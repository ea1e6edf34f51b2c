"""The audit of one pass: what is wrong is named where it is, kinks are no fault, idle units are counted."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from compute.check.audit import MOST_ENTRIES, Audit, audit
from compute.check.units import units
from compute.document import Document, from_json
from compute.errors import GradwireError
from compute.explain import Quantity
from compute.gallery import load_entry
from compute.opencl.engine import OpenCLEngine
from compute.ops.activations import Tanh
from compute.reference import ReferenceEngine
from compute.ripple import Case
from compute.trace import Trace
from compute.worker.job import Job
from compute.workspace import open_document
from tests.compute.test_job import edited, look, small, train

Array = npt.NDArray[Any]


def case_of(document: Document) -> tuple[Case, Trace]:
    snapshot = look(Job(document, 1))
    return Case.of(document, snapshot), snapshot.trace


def audited(document: Document, **changes: Any) -> Audit:
    case, trace = case_of(document)
    return audit(case, replace(trace, **changes), opencl=bool(changes))


def said(found: Audit) -> str:
    return found.summary(str)


def activation(op: str, values: list[list[float]]) -> Document:
    """An activation of given numbers, squared and summed up."""
    return from_json(
        {
            "format": "gradwire",
            "version": 1,
            "graph": {
                "nodes": [
                    {"id": "p", "op": "parameter", "params": {"value": values}},
                    {"id": "a1", "op": op},
                    {"id": "s", "op": "sum"},
                ],
                "wires": [{"from": "p", "to": "a1", "port": "x"}, {"from": "a1", "to": "s", "port": "x"}],
            },
            "training": {"loss": "s"},
        }
    )


def test_all_weights_and_wires_of_right_networks_agree() -> None:
    found = audited(load_entry("three_layers"))
    assert said(found) == "All 92 weights and 6 wires agree."
    assert found.agrees
    assert not found.parity  # the reference engine itself
    assert found.lines("x", str) == []


def test_a_wrong_rule_is_named_at_its_node_and_its_wire(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(_self: Tanh, *x: Array, y: Array, **p: Any) -> tuple[Array]:
        return (1.0 - y,)

    monkeypatch.setattr(Tanh, "slopes", wrong)
    found = audited(load_entry("spiral"))  # x, h1, a1, h2, a2, z, loss
    assert found.check.suspect == "a2"
    verdicts = {key: item.verdict for key, item in ((i.wire[1:], i) for i in found.check.wires if i.wire)}
    assert verdicts["a2", "x"] == "failed"
    assert verdicts["z", "x"] == verdicts["loss", "prediction"] == "ok"
    assert [found.verdict(node) for node in ("x", "h2", "a2", "z")] == [None, "failed", "failed", "ok"]
    assert said(found).startswith("What a2 sends back is wrong: ")
    wire = found.wire(("a2", "x"))
    assert wire is not None
    assert found.told(wire, str).startswith("The gradient of the wire h2 → a2 is wrong at entry [")
    assert found.lines("h2", str)[0].endswith("It follows from what a2 sends back.")
    assert not found.agrees


def test_relu_at_0_is_a_kink_with_both_slopes_and_no_fault() -> None:
    found = audited(activation("relu", [[0.0, 1.0, -2.0]]))
    assert found.agrees
    wire = found.wire(("a1", "x"))
    assert wire is not None
    assert wire.verdict == found.verdict("p") == found.verdict("a1") == "kink"
    assert (wire.kinks[0].left, wire.kinks[0].right, wire.kinks[0].analytic) == pytest.approx((0.0, 1.0, 0.0))
    assert "slopes 0 and 1 to its sides, and the gradient is 0, the left one by convention" in found.told(wire, str)
    assert said(found) == "All 3 weights and 2 wires agree; 1 kink at a1; 2 of 3 dead at a1."


@pytest.mark.parametrize(("op", "limits"), [("tanh", (-0.99, 0.99)), ("sigmoid", (0.01, 0.99)), ("relu", None)])
def test_dead_and_saturated_units_are_those_that_numpy_counts(op: str, limits: tuple[float, float] | None) -> None:
    document = load_entry("spiral")
    nodes = document.graph.nodes
    nodes.update({key: replace(node, op=op) for key, node in nodes.items() if node.op == "tanh"})
    weights = open_document(document, strict=False).program.first_weights()
    document.weights = {**weights, "h1.bias": np.array([-40.0, -4.6, -2.65, 0.0, 0.2, 2.65, 4.6, 40.0])}
    case, trace = case_of(document)
    counted = audit(case, trace, opencl=False).units["a1"]
    hidden = case.table["x"] @ trace.parameters["h1.weight"] + trace.parameters["h1.bias"]
    rules: dict[str, Callable[[Array], Array]] = {
        "tanh": np.tanh,
        "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
        "relu": lambda x: np.maximum(x, 0),
    }
    value = rules[op](hidden)
    assert len(trace.values["a1"]) == 32
    assert (counted.units, counted.rows, counted.of) == (value.shape[1], value.shape[0], 400) == (8, 400, 400)
    assert "(for each of all 400 training rows)" in counted.sentence
    if limits is None:
        dead = int((value == 0).all(axis=0).sum())
        assert counted.dead == dead > 0
        assert (counted.saturated, counted.entries) == (None, int((value == 0).sum()))
        assert counted.brief == f"{dead} of 8 dead"
        assert said(audit(case, trace, opencl=False)).endswith(" over all 400 training rows.")
    else:
        near = (value < limits[0]) | (value > limits[1])
        assert (counted.dead, counted.entries) == (None, int(near.sum()))
        assert counted.saturated == int(near.all(axis=0).sum()) > 0
        assert counted.brief == f"{counted.saturated} of 8 saturated"


def test_of_large_tensors_a_stated_share_is_compared_and_where_work_is_limited_fewer() -> None:
    document = load_entry("digits")
    case, trace = case_of(document)
    found = audit(case, trace, opencl=False, work=2e7)
    (weight,) = (item for item in found.of("h") if item.name == "h.weight")
    assert 2 <= weight.checked < MOST_ENTRIES < weight.total == 4096
    assert f"{weight.checked} of 4\u2009096 entries" in found.told(weight, str)
    assert " of 4\u2009938 weights and 6 wires agree" in said(found)


def test_what_an_engine_computes_otherwise_is_named_at_its_node() -> None:
    document = load_entry("two_layers")
    _, trace = case_of(document)
    same = audited(document, engine="OpenCL")
    assert {parity.most for parity in same.parity.values()} == {0.0}
    assert "x" not in same.parity  # both are given it
    node = next(iter(same.parity))
    off = {**trace.values, node: trace.values[node] * 1.01}
    found = audited(document, engine="OpenCL", values=off)
    assert found.parity[node].verdict == found.verdict(node) == "failed"
    assert found.parity[node].value == pytest.approx(0.01)
    assert found.compared(node).startswith("OpenCL differs from the reference engine: value within 0.01")
    assert said(found).endswith(f"OpenCL differs from the reference from {node} on.")
    assert not found.agrees


def test_opencl_agrees_with_the_reference_to_the_last_places(opencl: OpenCLEngine) -> None:
    document = load_entry("spiral")
    workspace = open_document(document, strict=False)
    rows = np.arange(32)
    run = opencl.open(workspace.trained)
    trace = run.trace(rows)
    run.close()
    reference, _ = case_of(document)
    case = replace(
        reference,
        data={node: np.asarray(trace.values[node], np.float64) for node in reference.data},
        weights={name: np.asarray(w, np.float64) for name, w in trace.parameters.items()},
    )
    found = audit(case, trace, opencl=True)
    assert found.agrees
    assert 0.0 < max(parity.most for parity in found.parity.values()) < 1e-5
    assert "OpenCL within " in said(found)


def test_without_a_gradient_there_is_nothing_to_audit_and_a_tick_may_stop_it() -> None:
    case, trace = case_of(load_entry("xor"))

    def stop(_name: str, done: int, _total: int) -> None:
        if done >= 5:
            raise RuntimeError("called off")

    with pytest.raises(RuntimeError, match="called off"):
        audit(case, trace, opencl=False, tick=stop)
    with pytest.raises(GradwireError):
        audit(replace(case, loss=""), trace, opencl=False)


def test_the_engine_that_trains_can_be_asked_for_what_is_shown_before_the_first_step(opencl: OpenCLEngine) -> None:
    job = Job(load_entry("spiral"), 1)
    before = look(job)
    job.open_run(opencl)
    after = look(job)
    assert (before.trace.engine, after.trace.engine) == ("reference", opencl.label)
    assert (after.step, after.state) == (0, "idle")
    np.testing.assert_allclose(after.trace.values["z"], before.trace.values["z"], rtol=1e-4, atol=1e-6)
    job.close()
    broken = load_entry("spiral")
    broken.training = replace(broken.training, loss="")
    job = Job(broken, 1)
    job.open_run(ReferenceEngine())
    assert look(job).trace.engine == "reference"


def test_asking_for_the_engine_keeps_what_was_trained_before_an_edit() -> None:
    document = small()
    job = Job(document, 0)
    train(job, 2)
    before = look(job)
    job.edit(edited(document, units=5), 1)
    notice = look(job).notice
    job.open_run(ReferenceEngine())
    assert (look(job).notice, look(job).step) == (notice, 0)
    job.edit(document, 2)
    back = look(job)
    assert (back.notice, back.step) == ("Training is back at step 4, after epoch 2.", 4)
    assert all(np.array_equal(back.weights[name], array) for name, array in before.weights.items())
    job.edit(edited(document, units=5), 3)
    job.open_run(ReferenceEngine())
    train(job, 1)  # something else is trained now
    job.edit(document, 4)
    assert look(job).step == 0


def test_units_are_counted_part_by_part_and_what_mixes_rows_over_the_pass() -> None:
    document = load_entry("spiral")
    nodes = document.graph.nodes
    nodes["a1"] = replace(nodes["a1"], op="relu")
    case, trace = case_of(document)
    told: list[tuple[int, int]] = []
    at_once = units(case.analysis, trace, case.table)
    few = 7 * case.analysis.numbers_per_row
    assert units(case.analysis, trace, case.table, lambda *done: told.append(done), few)["a1"].over == (
        "the first 7 of 400 training rows"
    )
    assert told == [(0, 7)]
    assert at_once["a1"] == replace(at_once["a1"], rows=400, of=400)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("compute.check.units._AT_ONCE", few)
        assert units(case.analysis, trace, case.table, lambda *done: told.append(done)) == at_once
    assert len(told) == 1 + math.ceil(400 / 7)
    assert units(case.analysis, trace)["a1"].over == "the batch's 32 rows"


def test_every_weight_and_every_entry_that_was_compared_has_a_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    found = audited(load_entry("three_layers"))
    item = found.weight("h1.weight") or next(iter(found.check.parameters))
    node, _, suffix = item.name.rpartition(".")
    assert {found.entry(Quantity("weight", node, suffix), entry) for entry in np.ndindex(item.shape)} == {"ok"}
    assert found.at(Quantity("value", node)) is None

    def wrong(_self: Tanh, *x: Array, y: Array, **p: Any) -> tuple[Array]:
        return (1.0 - y,)

    monkeypatch.setattr(Tanh, "slopes", wrong)
    found = audited(load_entry("spiral"))
    failed = found.weight("h1.weight")
    assert failed is not None
    assert failed.worst is not None
    assert found.entry(Quantity("weight gradient", "h1", "weight"), failed.worst.index) == failed.verdict == "failed"
