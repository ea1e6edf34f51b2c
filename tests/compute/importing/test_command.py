"""``gradwire import``: the document, what is told, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from compute.cli import main
from compute.data import load_table
from compute.document import load, save
from compute.errors import GradwireError
from compute.export import export
from compute.gallery import load_entry
from compute.importing import import_file
from compute.predict import predict

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
    # Its weights were trained elsewhere, and its classes have names.
    assert "not trained" not in capsys.readouterr().err
    header, line = answers.read_text(encoding="utf-8").splitlines()
    assert header == "class,0,1"
    chosen, *chances = line.split(",")
    assert sum(map(float, chances)) == pytest.approx(1)
    assert chosen == str(int(float(chances[1]) > float(chances[0])))


@pytest.mark.parametrize("options", [{}, {"preparation": True}])
@pytest.mark.parametrize("ending", [".onnx", ".keras", ".npz", ".safetensors"])
def test_what_was_exported_answers_for_raw_rows_as_before(
    ending: str, options: dict[str, bool], tmp_path: Path
) -> None:
    if options and ending in (".npz", ".safetensors"):
        return
    document, rows = load_entry("iris"), tmp_path / "new.csv"
    rows.write_text("sepal length,sepal width,petal length,petal width\n5.1,3.5,1.4,0.2\n6.3,3.3,6,2.5\n", "utf-8")
    table = load_table({"source": "csv", "path": str(rows)}, None)
    expected = predict(document, table)
    export(document, tmp_path / f"iris{ending}", options=options)
    save(import_file(tmp_path / f"iris{ending}").document, tmp_path / "again.gradwire")
    again = load(tmp_path / "again.gradwire")
    found = predict(again, table)
    assert (found.names, found.chosen) == (expected.names, expected.chosen)
    assert found.values == pytest.approx(expected.values, abs=1e-6)
    # The names go on with it.
    export(again, tmp_path / f"twice{ending}", options=options)
    assert predict(import_file(tmp_path / f"twice{ending}").document, table).names == expected.names


def test_classes_that_a_document_tells_are_checked(tmp_path: Path) -> None:
    for said in ({"node": "z"}, {"node": 1, "classes": ["a", "b"]}, {"node": "z", "classes": ["a", "a"]}, ["z"]):
        path = tmp_path / "m.json"
        data = {"source": "inline", "columns": {}, "answers": said}
        path.write_text(json.dumps({"format": "gradwire", "version": 1, "graph": {"nodes": []}, "data": data}))
        with pytest.raises(GradwireError, match=r"data\.answers: must have the node that answers"):
            load(path)


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
