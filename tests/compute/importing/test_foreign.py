"""Networks of PyTorch, scikit-learn and Keras, made by ``foreign/make.py``, give what onnxruntime gave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compute.document import Document
from compute.export import export
from compute.graph import Graph, Node, Wire
from compute.importing import Imported, import_file
from compute.reference import forward
from compute.workspace import open_document

FOREIGN = sorted((Path(__file__).parent / "foreign").glob("*.onnx"))
WITH_GAPS = ("hand_unknown",)


def answers(found: Imported, feeds: list[Any]) -> dict[str, Any]:
    """The value of each node, where the input nodes give these rows."""
    workspace = open_document(found.document)
    inputs = [node.id for node in found.document.graph.nodes.values() if node.op == "input"]
    return forward(workspace.program.analysis, workspace.program.weights, dict(zip(inputs, feeds, strict=True)))


@pytest.mark.parametrize("path", [path for path in FOREIGN if path.stem not in WITH_GAPS], ids=lambda path: path.stem)
def test_a_foreign_network_gives_its_own_numbers(path: Path) -> None:
    found = import_file(path)
    assert found.missing == ()
    assert found.difference is not None, "it was not compared with the file itself"
    with np.load(path.with_suffix(".npz")) as kept:
        values = answers(found, [kept[name] for name in kept if not name.startswith("out:")])
        titled = {node.title: node.id for node in found.document.graph.nodes.values() if node.title}
        wanted = {name[4:]: kept[name] for name in kept if name.startswith("out:")}
    assert wanted
    for name, expected in wanted.items():
        mine = values[titled[name]]
        assert mine.shape == expected.shape
        np.testing.assert_allclose(mine, expected, rtol=1e-5, atol=1e-5)


def ops(name: str) -> list[str]:
    (path,) = (path for path in FOREIGN if path.stem == name)
    return [node.op for node in import_file(path).document.graph.nodes.values()]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("torch_torchscript_by_hand", ["input", "dense", "gelu", "layer_norm"]),
        ("torch_dynamo_by_hand", ["input", "dense", "gelu", "layer_norm"]),
        ("hand_layer_norm", ["input", "layer_norm", "relu"]),
        ("hand_gelu", ["input", "gelu", "gelu", "add"]),
        ("hand_softmax", ["input", "softmax", "dense", "softmax"]),
        ("torch_dynamo_steps", ["input", "conv1d", "silu", "layer_norm", "mean", "dense"]),
        ("torch_torchscript_mlp", ["input", "dense", "relu", "dense", "softmax"]),
    ],
)
def test_what_is_written_out_in_pieces_is_one_node(name: str, expected: list[str]) -> None:
    assert ops(name) == expected


def test_weights_that_are_shared_stay_one() -> None:
    (path,) = (path for path in FOREIGN if path.stem == "torch_torchscript_tied")
    document = import_file(path).document
    (encoder,) = (node for node in document.graph.nodes.values() if node.id == "encoder")
    assert encoder.op == "parameter"
    assert sum(wire.source == "encoder" for wire in document.graph.wires.values()) == 2


def test_what_is_not_supported_is_listed_at_once_and_the_rest_is_there() -> None:
    (path,) = (path for path in FOREIGN if path.stem == "hand_unknown")
    found = import_file(path)
    assert [each.op for each in found.missing] == ["Tan", "ReduceMax", "Floor"]
    graph = found.document.graph
    assert [node.op for node in graph.nodes.values()] == [
        "input", "dense", "onnx.Tan", "onnx.ReduceMax", "subtract", "onnx.Floor",
    ]  # fmt: skip
    assert graph.sources("subtract") == {"a": "tan", "b": "reducemax"}
    assert found.sentence == "hand_unknown: 6 nodes, of which 3 are not supported"
    assert found.told()[0] == "The node tan stands for Tan: there is no such operation here."


def test_layers_are_called_as_in_the_file_and_have_no_place_yet() -> None:
    (path,) = (path for path in FOREIGN if path.stem == "torch_dynamo_branches")
    document = import_file(path).document
    assert {"left", "right", "head"} <= document.graph.nodes.keys()
    assert document.graph.unplaced == document.graph.nodes.keys()
    assert document.graph.nodes["x"].params["columns"] == ["x0", "x1", "x2", "x3"]


def test_class_names_are_told() -> None:
    (path,) = (path for path in FOREIGN if path.stem == "sklearn_mlp_classes")
    assert 'Its classes are "setosa", "versicolor", "virginica", in this order.' in import_file(path).notes


def test_a_layer_norm_in_pieces_ends_where_others_read_it(tmp_path: Path) -> None:
    """What is a line of it would be one with it, if it were all that reads it."""
    nodes: list[tuple[str, str, dict[str, Any]]] = [
        ("x", "input", {"columns": ["a", "b"]}), ("h", "dense", {"units": 3}), ("n", "layer_norm", {}),
        ("m", "negate", {}), ("s", "add", {}),
    ]  # fmt: skip
    wires = [("x", "h", "x"), ("h", "n", "x"), ("n", "m", "x"), ("m", "s", "a"), ("n", "s", "b")]
    graph = Graph((Node(*each) for each in nodes), (Wire(*each) for each in wires))
    document = Document("skip", graph, {"source": "inline", "columns": {"a": [1.0, 2.0], "b": [0.5, -3.0]}})
    export(document, tmp_path / "m.onnx", options={"opset": 13})
    found = import_file(tmp_path / "m.onnx")
    assert [node.op for node in found.document.graph.nodes.values()] == [op for _, op, _ in nodes]
    assert found.difference is not None
    assert found.difference < 1e-5
