"""The weights of a file go into the graph that is there: by name or in order, turned where they lie the other way."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from compute.cli import main
from compute.document import Document, from_json, load, save
from compute.errors import GradwireError
from compute.export import export
from compute.gallery import load_entry
from compute.importing.matching import put_into, weights_for
from compute.state import Progress
from compute.workspace import open_document


def moved(document: Document) -> Document:
    """The same network with other weights."""
    weights = {name: value + 0.25 for name, value in open_document(document).program.weights.items()}
    document.weights = weights
    return document


def network(*units: int, square: bool = False) -> Document:
    """Dense layers ``h0``, ``h1``, … with ReLU between."""
    nodes = [{"id": "x", "op": "input", "params": {"columns": ["a", "b"]}}]
    for at, count in enumerate(units):
        nodes += [{"id": f"h{at}", "op": "dense", "params": {"units": count}}, {"id": f"a{at}", "op": "relu"}]
    ids = [str(node["id"]) for node in nodes]
    wires = [{"from": a, "to": b, "port": "x"} for a, b in pairwise(ids)]
    data = {"source": "inline", "columns": {"a": [1.0, 2.0], "b": [0.5, 1.0]}}
    return from_json({"format": "gradwire", "version": 1, "graph": {"nodes": nodes, "wires": wires}, "data": data})


@pytest.mark.parametrize("ending", [".onnx", ".keras", ".npz", ".safetensors"])
def test_what_was_exported_goes_back_into_its_graph(ending: str, tmp_path: Path) -> None:
    trained = moved(load_entry("spiral"))
    export(trained, tmp_path / f"net{ending}")
    found = weights_for(tmp_path / f"net{ending}", load_entry("spiral"))
    assert found.notes[0] == "Its layers were matched by name."
    assert not found.ambiguous
    assert found.weights.keys() == trained.weights.keys()
    for name, value in trained.weights.items():
        np.testing.assert_array_equal(found.weights[name], value.astype(np.float32))


def test_a_state_dict_is_turned_and_matched_in_order(tmp_path: Path) -> None:
    document = moved(network(3, 1))
    state = {
        f"net.{2 * at}.{part}": np.ascontiguousarray(document.weights[f"h{at}.{part}"].T.astype(np.float32))
        for at in (0, 1)
        for part in ("weight", "bias")
    }
    save_file(state, tmp_path / "net.safetensors")
    found = weights_for(tmp_path / "net.safetensors", network(3, 1))
    assert found.notes == (
        "Its layers were matched one after the other.",
        "Its weights were taken as (out, in), as PyTorch's.",
    )
    assert found.sentence == "13 weights of 2 layers taken"
    for name, value in document.weights.items():
        np.testing.assert_array_equal(found.weights[name], value.astype(np.float32))


def test_layers_by_name_may_be_some_of_them(tmp_path: Path) -> None:
    np.savez(tmp_path / "net.npz", **{"h1/kernel": np.ones((3, 1)), "h1/bias": np.ones(1)})  # type: ignore[arg-type]
    found = weights_for(tmp_path / "net.npz", network(3, 1))
    assert sorted(found.weights) == ["h1.bias", "h1.weight"]
    assert found.notes[-1] == "h0: not in the file, and as before."


def test_a_square_layer_is_asked_about(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weight = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
    save_file({"h0.weight": weight, "h0.bias": np.zeros(2, np.float32)}, tmp_path / "net.safetensors")
    save(network(2), tmp_path / "doc.json")
    call = ["import", str(tmp_path / "net.safetensors"), "--into", str(tmp_path / "doc.json"), "--quiet"]
    assert main(call) == 2
    assert "say --orientation in-out" in capsys.readouterr().err
    for orientation, expected in (("in-out", weight), ("out-in", weight.T)):
        assert main([*call, "--orientation", orientation, "--out", str(tmp_path / "new.gradwire")]) == 0
        np.testing.assert_array_equal(load(tmp_path / "new.gradwire").weights["h0.weight"], expected)
    assert main([*call, "--orientation", "in-out"]) == 0
    np.testing.assert_array_equal(load(tmp_path / "doc.json").weights["h0.weight"], weight)


def test_neither_out_nor_into_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(tmp_path / "net.onnx")]) == 2
    assert "import needs --out FILE.gradwire" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (network(3), r"net.npz: it has 2 layers with weights \(h0, h1\) and the graph has 1 \(h0\)"),
        (network(4, 1), r"net.npz: its layer h0 has bias 3, weight 2×3 and h0 in the graph weight 2×4, bias 4; make"),
        (from_json({"format": "gradwire", "version": 1, "graph": {"nodes": []}}), "has no weights; add a dense"),
    ],
)
def test_what_does_not_fit_is_named(document: Document, sentence: str, tmp_path: Path) -> None:
    export(network(3, 1), tmp_path / "whole.npz")
    with np.load(tmp_path / "whole.npz") as archive:
        np.savez(tmp_path / "net.npz", **{name: archive[name] for name in archive.files if name != "about.json"})
    with pytest.raises(GradwireError, match=sentence):
        weights_for(tmp_path / "net.npz", document)


def test_training_begins_anew_and_what_was_fitted_stays(tmp_path: Path) -> None:
    document = load_entry("iris")
    workspace = open_document(document)
    assert workspace.prepared is not None
    document.progress = Progress(epochs=3, steps=30, fitted=workspace.prepared.fitted)
    export(moved(load_entry("iris")), tmp_path / "net.npz")
    new = put_into(document, weights_for(tmp_path / "net.npz", document))
    assert new.progress is not None
    assert (new.progress.steps, new.progress.fitted) == (0, workspace.prepared.fitted)
