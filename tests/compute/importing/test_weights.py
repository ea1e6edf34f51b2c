"""Weights alone: back into the network that exported them, or as a new one; which way they lie is found or asked."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from safetensors.numpy import save_file

from compute.cli import main
from compute.export import export
from compute.gallery import load_entry
from compute.importing import import_file
from compute.importing.matching import weights_for
from compute.reference import forward
from compute.workspace import open_document

R = np.random.default_rng(0)


def f(*shape: int) -> npt.NDArray[np.float32]:
    return R.normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("ending", [".safetensors", ".npz"])
@pytest.mark.parametrize("name", ["tumours", "digits"])
def test_our_own_weights_come_back_as_their_network(tmp_path: Path, name: str, ending: str) -> None:
    document, path = load_entry(name), tmp_path / f"w{ending}"
    export(document, path)
    found = import_file(path)
    wanted, mine = open_document(document), open_document(found.document)
    assert wanted.prepared is not None
    assert mine.prepared is not None
    assert found.document.name == document.name
    node = wanted.program.analysis.judged_by(wanted.program.loss)
    assert node is not None
    rows = {"x": wanted.prepared.values["x"][:20]}
    weights = {key: value.astype(np.float32).astype(float) for key, value in wanted.program.weights.items()}
    theirs = forward(wanted.program.analysis.leading_to(node[0]), weights, rows)[node[0]]
    np.testing.assert_array_equal(forward(mine.program.analysis, mine.program.weights, rows)[node[0]], theirs)
    assert mine.prepared.means == {key: wanted.prepared.means[key] for key in mine.prepared.means}
    again = tmp_path / f"again{ending}"
    export(found.document, again)
    assert import_file(again).document.graph.nodes.keys() == found.document.graph.nodes.keys()


def test_layers_of_pytorch_are_turned(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    weights = {f"net.{i}.{part}": value for i in (2, 10) for part, value in (("weight", f(3, 4)), ("bias", f(3)))}
    weights |= {"net.10.weight": f(2, 3), "net.10.bias": f(2), "net.2.weight": f(3, 4)}
    save_file(weights, path)
    found = import_file(path)
    ops = [node.op for node in found.document.graph.nodes.values()]
    assert ops == ["input", "dense", "relu", "dense"]
    assert "Its weights were taken as (out, in), as PyTorch's." in found.notes
    x = R.normal(size=(5, 4))
    workspace = open_document(found.document)
    values = forward(workspace.program.analysis, workspace.program.weights, {"x": x})
    hidden = np.maximum(x @ weights["net.2.weight"].T + weights["net.2.bias"], 0)
    expected = hidden @ weights["net.10.weight"].T + weights["net.10.bias"]
    np.testing.assert_allclose(list(values.values())[-1], expected, rtol=1e-6)


def test_norms_and_arrays_without_names(tmp_path: Path) -> None:
    path, other = tmp_path / "w.safetensors", tmp_path / "w.npz"
    norm = {f"1.{part}": f(3) for part in ("weight", "bias", "running_mean")} | {"1.running_var": np.abs(f(3))}
    save_file({"0.weight": f(3, 4), "0.bias": f(3), **norm, "3.weight": f(2, 3)}, path)
    ops = [node.op for node in import_file(path).document.graph.nodes.values()]
    assert ops == ["input", "dense", "batch_norm", "relu", "dense"]
    np.savez(other, f(4, 3), f(3), f(3, 2), f(2))
    found = import_file(other)
    assert [node.op for node in found.document.graph.nodes.values()] == ["input", "dense", "relu", "dense"]
    assert "Its weights were taken as (in, out)." in found.notes


def test_what_could_lie_either_way_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = tmp_path / "w.safetensors", tmp_path / "out.gradwire"
    save_file({"a.weight": f(3, 3), "a.bias": f(3)}, path)
    assert import_file(path).ambiguous
    assert main(["import", str(path), "--out", str(out)]) == 2
    assert "say --orientation in-out (y = x·W) or out-in (as in PyTorch)" in capsys.readouterr().err
    assert main(["import", str(path), "--out", str(out), "--orientation", "out-in"]) == 0
    assert not import_file(path, "in-out").ambiguous


def npz(header: str, content: bytes = b"") -> bytes:
    """An archive with one array of that header."""
    text = header.encode().ljust(118)
    member = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + content
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("w.npy", member)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("w.npz", npz("{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776, 8), }"), "it is damaged"),
        ("w.npz", npz("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", bytes(64)), "it is damaged"),
        ("w.npz", b"PK", "this is no .npz archive"),
        ("w.safetensors", b"\xff" * 40, "the weights are damaged"),
        ("w.safetensors", (2).to_bytes(8, "little") + b"{}", "it holds no matrix of weights"),
    ],
)
def test_hostile_files_are_refused(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    path, out = tmp_path / name, tmp_path / "out.gradwire"
    path.write_bytes(content)
    assert main(["import", str(path), "--out", str(out)]) == 2
    with pytest.raises(Exception, match=sentence):
        import_file(path)


def test_layers_that_do_not_follow_each_other_are_named(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_file({"a.weight": f(3, 4), "b.weight": f(7, 9)}, path)
    with pytest.raises(Exception, match=r"do not follow each other as layers do \(a \(3, 4\), b \(7, 9\)\)"):
        import_file(path)


def test_a_graph_that_lies_in_the_metadata_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    graph = {"nodes": [{"id": "h", "op": "dense"}], "wires": [{"from": "gone", "to": "h", "port": "x"}]}
    save_file({"h.weight": f(2, 2)}, path, metadata={"graph": json.dumps(graph)})
    with pytest.raises(Exception, match="there is no node 'gone'"):
        import_file(path)


def test_weights_that_are_no_numbers_are_told(tmp_path: Path) -> None:
    path, weight = tmp_path / "m.safetensors", np.ones((3, 2), np.float32)
    save_file({"a.weight": np.where(np.eye(3, 2), np.nan, weight), "b.weight": weight.T.copy()}, path)
    found = import_file(path)
    said = "a.weight: NaN or infinity stands in the file, and so it is here."
    assert found.notes[0] == said
    assert weights_for(path, found.document).notes[-1] == said
