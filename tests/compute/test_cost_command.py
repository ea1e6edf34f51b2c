"""``gradwire cost``: what it prints, and that its times are those of the engine that computes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compute.document import load
from compute.opencl.engine import OpenCLEngine
from compute.optimizers import make_optimizer
from compute.reference import ReferenceEngine
from compute.workspace import open_document
from tests.compute.test_cli import Out, call, entry, error, result


def test_the_table_has_a_line_for_each_node_and_the_total(capsys: Out) -> None:
    out, err = call(capsys, "cost", entry("spiral"), "--engine", "reference", "--batch", "16")
    lines = [line.split("  ") for line in out.splitlines()]
    assert [line[0] for line in lines[1:10]] == ["x", "y", "h1", "a1", "h2", "a2", "z", "loss", "total"]
    ends = {line.find("multiply-adds") + len("multiply-adds") for line in out.splitlines()[:1]}
    assert {out.splitlines()[line][min(ends) - 1].isdigit() for line in range(1, 10)} == {True}  # numbers end there
    assert "a training step over 16 rows" in out
    assert "measured on reference (NumPy, float64)" in out
    assert err == "The reference engine was asked for.\n"


def test_json_has_the_phases_of_each_node_and_shares_of_the_time(capsys: Out) -> None:
    found = result(capsys, "cost", entry("spiral"))
    dense = found["nodes"]["h1"]
    assert dense["forward"]["multiply_adds"] == 32 * 2 * 8
    assert dense["multiply_adds"] == 3 * 32 * 2 * 8
    assert found["total"]["parameters"] == 105
    assert sum(each["share"] for each in found["nodes"].values()) == pytest.approx(1.0)
    assert found["training_step"] is True


def test_a_document_without_a_loss_has_values_alone(capsys: Out) -> None:
    out, err = call(capsys, "cost", entry("matrix_vector"))
    assert "the values over 1 row" in out
    assert "No loss is chosen" in err
    assert result(capsys, "cost", entry("matrix_vector"))["measured"] is None


def test_a_document_without_nodes_is_one_sentence(capsys: Out, tmp_path: Path) -> None:
    path = tmp_path / "empty.json"
    path.write_text(json.dumps({"format": "gradwire", "version": 1, "graph": {"nodes": [], "wires": []}}))
    assert error(capsys, "cost", str(path)) == "nothing in this document can be computed; add a node"


@pytest.mark.parametrize("engine", ["reference", "opencl"])
def test_timing_a_step_changes_nothing(engine: str, request: pytest.FixtureRequest) -> None:
    made: Any = ReferenceEngine() if engine == "reference" else request.getfixturevalue("opencl")
    assert engine == "reference" or isinstance(made, OpenCLEngine)
    program = open_document(load(entry("xor"))).program.leading_to_loss()
    run, optimizer = made.open(program), make_optimizer({"name": "adam"})
    try:
        run.train([np.arange(4)], optimizer)
        before, after = run.state(), None
        times = run.timed(4, optimizer)
        after = run.state()
    finally:
        run.close()
    assert set(times.seconds) >= {"h", "loss"} & set(program.analysis.order)
    assert all(second >= 0 for second in times.seconds.values())
    assert times.total == pytest.approx(sum(times.seconds.values()) + times.rest)
    assert before.optimizer.updates == after.optimizer.updates == 1
    for name, weight in before.weights.items():
        np.testing.assert_array_equal(after.weights[name], weight)
