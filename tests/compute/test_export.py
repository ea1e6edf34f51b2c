"""Weights leave in other tools' formats, and a file that would not give the same outputs is not written."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file

from compute.document import Document, from_json
from compute.errors import GradwireError
from compute.export import FORMATS, Format, Network, export, format_for
from compute.export.format import WeightsFormat, outputs_of, register
from compute.gallery import load_entry
from compute.reference import forward
from compute.workspace import open_document
from tests.disk import largest_file

Values = Mapping[str, npt.NDArray[Any]]
SUFFIXES = [suffix for known in FORMATS if not known.lacking for suffix in known.suffixes]
WEIGHTS = [suffix for known in FORMATS if isinstance(known, WeightsFormat) for suffix in known.suffixes]


def read(path: Path) -> dict[str, npt.NDArray[np.float32]]:
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files if name != "about.json"}
    tensors: dict[str, npt.NDArray[np.float32]] = load_file(path)
    return tensors


def spoil_weights(patch: pytest.MonkeyPatch, known: Format, spoil: Callable[[Values], Values]) -> None:
    """Let a format write other weights than it is given."""
    whole = known.write
    patch.setattr(known, "write", lambda path, network: whole(path, replace(network, weights=spoil(network.weights))))


@pytest.mark.parametrize("suffix", SUFFIXES)
class TestEveryFormat:
    def test_says_what_it_is(self, tmp_path: Path, suffix: str) -> None:
        known = format_for(tmp_path / f"w{suffix}")
        assert suffix in known.suffixes
        assert suffix.startswith(".")
        assert suffix == suffix.lower()
        assert known.title
        assert known.holds.endswith(".")

    def test_is_written_read_back_run_and_compared(self, tmp_path: Path, suffix: str) -> None:
        path = tmp_path / f"w{suffix}"
        report = export(load_entry("spiral"), path)
        assert path.stat().st_size > 0
        assert report.rows == 100
        assert 0 < report.largest_difference < 1e-5
        assert report.sentence.startswith("largest difference on 100 rows: ")
        assert float(report.sentence.split(": ")[1]) == pytest.approx(report.largest_difference, rel=0.05)

    def test_running_it_gives_the_outputs_of_the_weights_in_it(self, tmp_path: Path, suffix: str) -> None:
        path, document = tmp_path / f"w{suffix}", load_entry("xor")
        workspace = open_document(document)
        assert workspace.prepared is not None
        weights = {name: (w + 1.0).astype(np.float32) for name, w in workspace.program.weights.items()}
        network = Network(document, workspace.program, weights, workspace.prepared)
        known = format_for(path)
        known.write(path, network)
        found = known.run(path, network, workspace.prepared.values)
        expected = forward(workspace.program.analysis, weights, workspace.prepared.values)
        for node_id in outputs_of(workspace.program.analysis, workspace.program.loss):
            assert found[node_id] == pytest.approx(expected[node_id], abs=1e-5)

    def test_an_ending_in_capitals_is_the_same_ending(self, tmp_path: Path, suffix: str) -> None:
        path = tmp_path / f"w{suffix.upper()}"
        assert export(load_entry("xor"), path).rows == 4
        beside = format_for(path).companion(path)
        assert {entry.name for entry in tmp_path.iterdir()} == {path.name, *([beside.name] if beside else [])}

    def test_a_file_that_gives_other_outputs_is_not_written(
        self, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / f"w{suffix}"
        path.write_bytes(b"old")
        known = format_for(path)

        def turned(weights: Values) -> Values:
            return {name: w.T.copy() if w.shape == (2, 2) else w for name, w in weights.items()}

        def scaled(weights: Values) -> Values:
            return {name: w * 1.01 for name, w in weights.items()}

        for spoil in (turned, scaled):
            with monkeypatch.context() as patch:
                spoil_weights(patch, known, spoil)
                with pytest.raises(GradwireError, match=r"gives outputs that differ by .*; nothing was saved"):
                    export(load_entry("mazur_2_2_2"), path)
        assert path.read_bytes() == b"old"
        assert [entry.name for entry in tmp_path.iterdir()] == [path.name]

    def test_an_output_that_is_missing_or_of_another_shape_is_refused(
        self, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / f"w{suffix}"
        known = format_for(path)
        whole = known.run

        def missing(path: Path, network: Network, data: Values) -> Values:
            return {}

        def cut(path: Path, network: Network, data: Values) -> Values:
            return {name: value[:1] for name, value in whole(path, network, data).items() if value.ndim}

        for run in (missing, cut):
            monkeypatch.setattr(known, "run", run)
            with pytest.raises(GradwireError, match="read back does not give the output"):
                export(load_entry("xor"), path)
        assert list(tmp_path.iterdir()) == []

    def test_a_full_disk_is_said_and_leaves_the_old_file(
        self, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / f"w{suffix}"
        path.write_bytes(b"old")

        def write(path: Path, network: Network) -> None:
            path.write_bytes(b"half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(format_for(path), "write", write)
        with pytest.raises(GradwireError, match=r'cannot write ".*": No space left on device; free some space'):
            export(load_entry("xor"), path)
        assert path.read_bytes() == b"old"
        assert [entry.name for entry in tmp_path.iterdir()] == [path.name]

    def test_a_file_that_the_system_cuts_off_is_said(self, tmp_path: Path, suffix: str) -> None:
        with largest_file(100), pytest.raises(GradwireError, match=r'^cannot write ".*": File too large'):
            export(load_entry("spiral"), tmp_path / f"w{suffix}")
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", WEIGHTS)
class TestEveryFormatOfWeights:
    def test_holds_every_weight_in_float32_by_its_name(self, tmp_path: Path, suffix: str) -> None:
        document = load_entry("spiral")
        export(document, tmp_path / f"w{suffix}")
        weights = open_document(document).program.weights
        found = read(tmp_path / f"w{suffix}")
        assert found.keys() == weights.keys()
        for name, weight in weights.items():
            assert found[name].dtype == np.float32
            assert np.array_equal(found[name], weight.astype(np.float32))

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

    def test_a_file_that_lacks_a_weight_is_not_written(
        self, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        spoil_weights(monkeypatch, format_for(tmp_path / f"w{suffix}"), lambda weights: dict([*weights.items()][1:]))
        with pytest.raises(GradwireError, match="does not hold the weights that were written to it"):
            export(load_entry("mazur_2_2_2"), tmp_path / f"w{suffix}")
        assert list(tmp_path.iterdir()) == []


def test_a_new_format_is_one_class_and_may_have_endings_of_several_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("compute.export.format.FORMATS", list(FORMATS))

    class Program(Format):
        """A network that is computed by what the file says, here by a copy of its outputs."""

        title, holds = "Python", "The network."

        def write(self, path: Path, network: Network) -> None:
            values = network.prepared.values if network.prepared else {}
            found = forward(network.program.analysis, network.weights, values)
            path.write_text(json.dumps({name: value.tolist() for name, value in found.items()}), encoding="utf-8")

        def run(self, path: Path, network: Network, data: Values) -> Values:
            return {name: np.array(value) for name, value in json.loads(path.read_text(encoding="utf-8")).items()}

    @register
    class Plain(Program):
        suffixes = (".net",)

    @register
    class Parts(Program):
        suffixes = (".pt.net", ".parts.net")

    assert type(format_for(Path("a.net"))) is Plain
    assert type(format_for(Path("a.pt.net"))) is Parts
    assert type(format_for(Path("A.PARTS.NET"))) is Parts
    assert type(format_for(Path("pt.net"))) is Plain
    for name in ("a.net", "a.pt.net"):
        assert export(load_entry("xor"), tmp_path / name).rows == 4
    with pytest.raises(GradwireError, match=r"choose \.safetensors or \.npz or .*\.net or \.pt\.net or \.parts\.net"):
        format_for(Path("net.unknown"))


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


@pytest.mark.parametrize("suffix", WEIGHTS)
def test_weights_go_with_all_that_is_needed_to_build_the_network_again(tmp_path: Path, suffix: str) -> None:
    path, document = tmp_path / f"w{suffix}", load_entry("iris")
    export(document, path)
    if suffix == ".npz":
        with np.load(path, allow_pickle=False) as archive:
            about = json.loads(str(archive["about.json"]))
    else:
        with safe_open(path, framework="numpy") as file:
            about = {key: json.loads(text) if text[:1] in "[{" else text for key, text in file.metadata().items()}
    assert about["layout"] == "weight is (in, out): y = x @ weight + bias"
    assert {node["id"]: node["op"] for node in about["graph"]["nodes"]}["z"] == "dense"
    assert {"from": "z", "to": "loss", "port": "prediction"} in about["graph"]["wires"]
    prepared = open_document(document).prepared
    assert prepared is not None
    (columns,) = about["preparation"]["inputs"].values()
    assert [(one["column"], one["mean"], one["std"]) for one in columns] == [
        (name, prepared.means[name], prepared.stds[name]) for name in prepared.means
    ]
    assert about["preparation"]["output"] == {
        "node": "z",
        "answers": "classes",
        "activation": "softmax",
        "names": ["setosa", "versicolor", "virginica"],
    }


@pytest.mark.parametrize(
    ("name", "says"),
    [
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


@pytest.mark.parametrize("node", ["a\0b", "a" * 70_000])
def test_a_name_that_an_archive_cannot_hold_is_said_and_safetensors_holds_it(tmp_path: Path, node: str) -> None:
    graph = {"nodes": [{"id": node, "op": "parameter", "params": {"value": [1.5]}}]}
    document = from_json({"format": "gradwire", "version": 1, "graph": graph})
    with pytest.raises(GradwireError, match=r"^the name of the weight .* rename its node or export to \.safetensors$"):
        export(document, tmp_path / "w.npz")
    assert not list(tmp_path.iterdir())
    export(document, tmp_path / "w.safetensors")
    assert read(tmp_path / "w.safetensors")[f"{node}.value"].tolist() == [1.5]


def test_what_only_pytorch_can_write_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compute.export.torch_program.find_spec", lambda name: None)
    with pytest.raises(
        GradwireError, match=r"made by PyTorch, which is not installed here; install it beside Gradwire"
    ):
        export(load_entry("xor"), tmp_path / "net.pt2")
    assert list(tmp_path.iterdir()) == []


def test_a_program_of_torch_export_is_made_by_a_python_that_has_torch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("compute.export.torch_program.find_spec", lambda name: True)
    # As if it were there: it is not, and what Python says of that is told.
    monkeypatch.setattr("compute.export.torch_program._TRACE", "raise ImportError('no torch')")
    with pytest.raises(GradwireError, match=r"PyTorch refuses it: ImportError: no torch"):
        export(load_entry("xor"), tmp_path / "net.pt2")
    made = tmp_path / "stand_in.pt2"
    monkeypatch.setattr("compute.export.torch_program._TRACE", "import sys; open(sys.argv[3], 'w').write(sys.argv[4])")
    copied = "import sys, numpy as np; np.savez(sys.argv[3], **np.load(sys.argv[2]))"
    monkeypatch.setattr("compute.export.torch_program._RUN", copied)
    with pytest.raises(GradwireError, match="read back does not give the output"):
        export(load_entry("xor"), made)
