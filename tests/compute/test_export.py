"""Weights leave in other tools' formats, and a file that would not give the same outputs is not written."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file

from compute.document import Document, from_json
from compute.errors import GradwireError
from compute.export import FORMATS, export, npz_file, safetensors_file
from compute.export.verify import outputs_of
from compute.gallery import load_entry
from compute.workspace import open_document

SUFFIXES = [known.suffix for known in FORMATS]


def read(path: Path) -> dict[str, npt.NDArray[np.float32]]:
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as archive:
            return dict(archive)
    tensors: dict[str, npt.NDArray[np.float32]] = load_file(path)
    return tensors


@pytest.mark.parametrize("suffix", SUFFIXES)
class TestEveryFormat:
    def test_holds_every_weight_in_float32_by_its_name(self, tmp_path: Path, suffix: str) -> None:
        document = load_entry("spiral")
        export(document, tmp_path / f"w{suffix}")
        weights = open_document(document).program.weights
        found = read(tmp_path / f"w{suffix}")
        assert found.keys() == weights.keys()
        for name, weight in weights.items():
            assert found[name].dtype == np.float32
            assert np.array_equal(found[name], weight.astype(np.float32))

    def test_says_the_largest_difference(self, tmp_path: Path, suffix: str) -> None:
        report = export(load_entry("spiral"), tmp_path / f"w{suffix}")
        assert report.rows == 100
        assert 0 < report.largest_difference < 1e-5
        assert report.sentence.startswith("largest difference on 100 rows: ")
        assert float(report.sentence.split(": ")[1]) == pytest.approx(report.largest_difference, rel=0.05)

    def test_weights_of_a_run_go_in_place_of_the_documents(self, tmp_path: Path, suffix: str) -> None:
        document = load_entry("xor")
        weights = {name: w + 1.0 for name, w in open_document(document).program.weights.items()}
        export(document, tmp_path / f"w{suffix}", weights)
        assert np.array_equal(read(tmp_path / f"w{suffix}")["h.bias"], np.ones(2, np.float32))

    def test_a_view_that_is_not_contiguous_is_written_rightly(self, tmp_path: Path, suffix: str) -> None:
        document = load_entry("mazur_2_2_2")
        turned = np.array([[0.15, 0.2], [0.25, 0.3]]).T
        assert not turned.flags.c_contiguous
        export(document, tmp_path / f"w{suffix}", {"W1.weight": turned})
        assert read(tmp_path / f"w{suffix}")["W1.weight"] == pytest.approx(np.array([[0.15, 0.25], [0.2, 0.3]]))

    def test_an_ending_in_capitals_is_the_same_ending(self, tmp_path: Path, suffix: str) -> None:
        path = tmp_path / f"w{suffix.upper()}"
        assert export(load_entry("xor"), path).rows == 4
        assert [entry.name for entry in tmp_path.iterdir()] == [path.name]

    def test_scalars_and_strange_names(self, tmp_path: Path, suffix: str) -> None:
        nodes = [{"id": i, "op": "parameter", "params": {"value": v}} for i, v in (("a/b c", 2.5), ("../é", [1, 2]))]
        document = from_json({"format": "gradwire", "version": 1, "graph": {"nodes": nodes}})
        report = export(document, tmp_path / f"w{suffix}")
        found = read(tmp_path / f"w{suffix}")
        assert found["a/b c.value"].shape == ()
        assert found["a/b c.value"] == 2.5
        assert found["../é.value"].tolist() == [1.0, 2.0]
        assert report.sentence == "largest difference on 1 row: 0"

    def test_nan_weights_are_what_they_are(self, tmp_path: Path, suffix: str) -> None:
        document = load_entry("xor")
        report = export(document, tmp_path / f"w{suffix}", {"h.bias": np.array([np.nan, 1.0])})
        assert np.isnan(read(tmp_path / f"w{suffix}")["h.bias"][0])
        assert report.largest_difference < 1e-6

    def test_a_file_that_reads_back_otherwise_is_not_written(
        self, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / f"w{suffix}"
        path.write_bytes(b"old")
        module = safetensors_file if suffix == ".safetensors" else npz_file
        whole = module.write
        wrong = {"turned": lambda w: w.T.copy() if w.shape == (2, 2) else w, "scaled": lambda w: w * 1.01}
        for spoil in wrong.values():
            monkeypatch.setattr(
                module, "write", lambda p, w, about, spoil=spoil: whole(p, {n: spoil(v) for n, v in w.items()}, about)
            )
            with pytest.raises(GradwireError, match="read back gives outputs that differ by"):
                export(load_entry("mazur_2_2_2"), path)
        monkeypatch.setattr(module, "write", lambda p, w, about: whole(p, dict(list(w.items())[1:]), about))
        with pytest.raises(GradwireError, match="does not hold the weights"):
            export(load_entry("mazur_2_2_2"), path)
        assert path.read_bytes() == b"old"
        assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_safetensors_says_what_the_numbers_are(tmp_path: Path) -> None:
    document = load_entry("tumours_two_columns")
    export(document, tmp_path / "w.safetensors")
    with safe_open(tmp_path / "w.safetensors", framework="numpy") as file:
        about = file.metadata()
    assert about["format"] == "gradwire"
    assert about["document"] == "Tumour size and texture"
    assert json.loads(about["shapes"]) == {"z.weight": [2, 1], "z.bias": [1]}
    # Whoever uses the weights must standardise as the training did.
    prepared = open_document(document).prepared
    assert prepared is not None
    assert json.loads(about["standardized"])["mean radius"] == {
        "mean": prepared.means["mean radius"],
        "std": prepared.stds["mean radius"],
    }


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("w.onnx", r'"w\.onnx": this version does not export \.onnx files yet; choose \.safetensors or \.npz'),
        ("w.py", r"does not export \.py files yet"),
        ("w.pt.py", r"does not export \.pt\.py files yet"),
        ("w.h5", r'"w\.h5": the name must end in one of the formats; choose \.safetensors or \.npz'),
        ("weights", "the name must end in one of the formats"),
    ],
)
def test_other_suffixes_name_those_there_are(tmp_path: Path, name: str, says: str) -> None:
    with pytest.raises(GradwireError, match=says):
        export(load_entry("xor"), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_document_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GradwireError, match='"Transpose of b and A" has no weights to export'):
        export(load_entry("transpose"), tmp_path / "w.npz")
    assert list(tmp_path.iterdir()) == []


def test_a_weight_beyond_float32_is_named(tmp_path: Path) -> None:
    with pytest.raises(GradwireError, match=r"weight h\.bias is too large for float32"):
        export(load_entry("xor"), tmp_path / "w.npz", {"h.bias": np.array([1e39, 0.0])})
    assert list(tmp_path.iterdir()) == []


def test_outputs_are_the_prediction_or_what_feeds_nothing() -> None:
    def outputs(document: Document) -> list[str]:
        program = open_document(document).program
        return outputs_of(program.analysis, program.loss)

    assert outputs(load_entry("spiral")) == ["z"]
    assert outputs(load_entry("iris")) == ["z"]
    assert outputs(load_entry("transpose")) == ["bT", "AT"]
    assert outputs(load_entry("one_neuron")) == ["loss"]
