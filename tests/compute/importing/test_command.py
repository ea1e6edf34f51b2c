"""``gradwire import``: the document, what is told, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from compute.cli import main
from compute.document import load

FOREIGN = Path(__file__).parent / "foreign"


def test_import_writes_a_document_that_needs_no_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "m.gradwire"
    assert main(["import", str(FOREIGN / "sklearn_mlp_two.onnx"), "--out", str(out)]) == 0
    told = capsys.readouterr()
    assert told.out.startswith(f"{out}: sklearn_mlp_two: 12 nodes; largest difference on 16 rows: ")
    assert 'Its classes are "0", "1", in this order.' in told.err
    document = load(out)
    assert document.graph.nodes["x"].params["columns"] == ["x0", "x1", "x2", "x3"]
    assert main(["export", str(out), "--to", str(tmp_path / "m.safetensors"), "--quiet"]) == 0
    rows, answers = tmp_path / "new.csv", tmp_path / "answers.csv"
    rows.write_text("x0,x1,x2,x3\n5,3,1,0.2\n", encoding="utf-8")
    assert main(["predict", str(out), str(rows), "--out", str(answers), "--quiet"]) == 0
    assert sum(map(float, answers.read_text(encoding="utf-8").splitlines()[1].split(","))) == pytest.approx(1)


def test_import_tells_all_that_is_missing_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "m.json"
    assert main(["import", str(FOREIGN / "hand_unknown.onnx"), "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [each["op"] for each in told["missing"]] == ["Tan", "ReduceMax", "Floor"]
    assert told["largest_difference"] is None
    assert load(out).graph.nodes["tan"].op == "onnx.Tan"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("gone.onnx", None, "cannot be read (no such file or directory)"),
        ("rows.csv", b"a\n1\n", "its name must end in .onnx"),
        ("words.onnx", b"These are words.", "words.onnx: this is no ONNX model"),
        ("empty.onnx", b"", "empty.onnx: this is no ONNX model"),
    ],
)
def test_what_is_no_network_is_refused_in_a_sentence(
    name: str, content: bytes | None, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / name, tmp_path / "m.gradwire"
    if content is not None:
        path.write_bytes(content)
    assert main(["import", str(path), "--out", str(out)]) == 2
    told = capsys.readouterr()
    assert sentence in told.err
    assert told.err.startswith("error: ")
    assert not told.out
    assert not out.exists()
