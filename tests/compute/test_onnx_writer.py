"""Every op and any graph as ONNX: onnxruntime computes what we compute, and what comes back is the same network."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given

from compute.analysis import Analysis
from compute.document import from_json
from compute.engine import Program
from compute.errors import GradwireError
from compute.export import export
from compute.export.onnx_file import NEWEST, OLDEST, USUAL
from compute.export.onnx_writer import OnnxWriter
from compute.export.writer import Array, spell
from compute.gallery import load_entry
from compute.importing.onnx_file import from_bytes
from compute.ops import REGISTRY
from compute.reference import forward
from compute.workspace import open_document
from tests.campaigns import onnx_runtimes
from tests.compute.test_numpy_script import penguins
from tests.compute.test_ops import SMALL, build, cases
from tests.compute.test_random_graphs import graphs
from tests.compute.test_spelling import SPELLED
from tests.searching import tries

onnxruntime.set_default_logger_severity(4)


def written(analysis: Analysis, weights: dict[str, Array], outputs: list[str], opset: int) -> bytes:
    writer = OnnxWriter(opset)
    terms = spell(analysis, weights, writer)
    for node in outputs:
        writer.output(terms[node], node)
    model: bytes = writer.model("network").SerializeToString()
    return model


def run(model: bytes, data: dict[str, Array]) -> list[Any]:
    session = onnxruntime.InferenceSession(model)
    feeds = {each.name: data[each.name].astype(np.float32) for each in session.get_inputs()}
    found: list[Any] = session.run(None, feeds)
    return found


def compared(program: Program, opset: int, *, back: bool = False) -> None:
    """A graph, up to its losses, by onnxruntime; ``back``: and what it is once it was imported again."""
    reached = {node for node, op in program.analysis.ops.items() if op.unspelled}
    for node in program.analysis.order:
        if reached & set(program.analysis.sources[node]):
            reached.add(node)
    kept = [n for n in program.analysis.order if n not in reached and not program.analysis.ops[n].is_data]
    if not kept:
        return
    analysis = program.analysis.leading_to(*kept)
    weights = {name: value.astype(np.float32).astype(float) for name, value in program.weights.items()}
    data = {node: value.astype(np.float32).astype(float) for node, value in program.train.items()}
    expected = forward(analysis, weights, data)
    model = written(analysis, weights, kept, opset)
    for node, found in zip(kept, run(model, data), strict=True):
        close(found, expected[node], node)
    if back:
        imported = from_bytes(model, "network.onnx")
        assert imported.missing == ()


def close(found: Array, expected: Array, what: str = "") -> None:
    assert found.shape == expected.shape, what
    scale = max(1.0, float(np.abs(expected[np.isfinite(expected)]).max(initial=0.0)))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=2e-5 * scale, err_msg=what)


@pytest.mark.parametrize("opset", [OLDEST, NEWEST])
@pytest.mark.parametrize("name", SPELLED)
def test_onnxruntime_computes_every_op(name: str, opset: int) -> None:
    op = REGISTRY[name]
    by_settings = itertools.groupby(cases(op, SMALL), key=lambda case: case[1])
    for number, case in enumerate(case for _, group in by_settings for case in list(group)[-1:]):
        compared(build(op, case, number, 0.2, 0.9), opset)


@given(graphs(SPELLED))
@tries(10)
def test_random_graphs_run_elsewhere(drawn: Program) -> None:
    compared(drawn, USUAL)


@pytest.mark.parametrize("opset", [OLDEST, NEWEST])
def test_what_is_exported_comes_back_and_leaves_as_it_was(tmp_path: Path, opset: int) -> None:
    first, second = tmp_path / "first.onnx", tmp_path / "second.onnx"
    document = load_entry("spiral")
    export(document, first, options={"opset": opset})
    found = from_bytes(first.read_bytes(), "first.onnx")
    wanted = open_document(document).program
    inner = {node: wanted.analysis.ops[node].name for node in wanted.analysis.order}
    graph = found.document.graph
    kept = {node.id: node.op for node in graph.nodes.values()}
    assert kept == {node: op for node, op in inner.items() if node in kept}
    assert list(graph.nodes["x"].params["columns"]) == list(document.graph.nodes["x"].params["columns"])
    for name, value in found.document.weights.items():
        np.testing.assert_array_equal(value, wanted.weights[name].astype(np.float32))
    export(found.document, second, options={"opset": opset})
    a, b = (onnx.load(path).graph for path in (first, second))
    assert [node.SerializeToString() for node in a.node] == [node.SerializeToString() for node in b.node]
    weights = [{each.name: each.raw_data for each in graph.initializer} for graph in (a, b)]
    assert weights[0] == weights[1]


def test_preparation_goes_inside_where_it_is_chosen(tmp_path: Path) -> None:
    document, path = penguins(), tmp_path / "net.onnx"
    report = export(document, path, options={"preparation": True})
    assert report.largest_difference < 1e-5
    session = onnxruntime.InferenceSession(str(path))
    assert [each.name for each in session.get_outputs()] == ["z", "probabilities"]
    rows = np.array([[3750, 1, 0], [np.nan, 0, 1]], np.float32)
    scores, chances = session.run(None, {"x": rows})
    np.testing.assert_allclose(chances.sum(axis=1), 1.0, rtol=1e-6)
    workspace = open_document(document)
    assert workspace.prepared is not None
    own = forward(workspace.program.analysis, workspace.program.weights, workspace.prepared.values)["z"]
    np.testing.assert_allclose(scores[0], own[0], rtol=1e-5)
    assert np.isfinite(scores).all()
    about = json.loads(session.get_modelmeta().custom_metadata_map["gradwire"])
    assert about["classes"] == ["Adelie", "Gentoo"]
    assert about["columns"] == {"x": ["mass (g)", "island=Biscoe", "island=missing"]}
    back = from_bytes(path.read_bytes(), "net.onnx")
    assert back.missing == ()
    assert "trainable" not in str(back.document.graph.nodes.values())
    assert [each.op for each in back.document.graph.nodes.values() if each.op == "parameter"] == []


def test_an_option_that_it_does_not_have_is_refused(tmp_path: Path) -> None:
    for options, sentence in (({"opset": 9}, "opset must be at least 13"), ({"size": 1}, "ONNX has no option size")):
        with pytest.raises(GradwireError, match=sentence):
            export(load_entry("xor"), tmp_path / "net.onnx", options=options)
    assert not list(tmp_path.iterdir())


def test_three_runtimes_and_the_import_agree(tmp_path: Path) -> None:
    for name, program in itertools.islice(onnx_runtimes.programs(3, 0), 20, None):
        tallies = {runtime: onnx_runtimes.Tally() for runtime in onnx_runtimes.RUNTIMES}
        onnx_runtimes.compare(name, program, USUAL, tmp_path / "network.onnx", tallies)
        assert [tally.refused for tally in tallies.values()] == [[], [], [], []], name
        assert max(tally.largest for tally in tallies.values()) < 1e-5, name


def test_a_node_that_passes_another_on_leaves_it_its_name(tmp_path: Path) -> None:
    wires = [("x", "h", "x"), ("h", "i", "x"), ("i", "d", "x"), ("h", "a", "a"), ("d", "a", "b")]
    nodes = [("x", "input"), ("h", "dense"), ("i", "identity"), ("d", "identity"), ("a", "add")]
    params: dict[str, dict[str, Any]] = {"x": {"columns": ["c"]}}
    raw = {
        "format": "gradwire",
        "version": 1,
        "graph": {
            "nodes": [{"id": node, "op": op, "params": params.get(node, {})} for node, op in nodes],
            "wires": [{"from": a, "to": b, "port": port} for a, b, port in wires],
        },
        "data": {"source": "inline", "columns": {"c": [1.0, 2.0]}},
    }
    report = export(from_json(raw), tmp_path / "net.onnx")
    assert report.largest_difference < 1e-5
    assert [list(node.input) for node in onnx.load(tmp_path / "net.onnx").graph.node][-1] == ["h", "h"]
