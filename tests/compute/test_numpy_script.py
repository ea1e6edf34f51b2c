"""The exported script: it needs only NumPy, takes raw rows, and answers as the document does."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compute.data import Table
from compute.document import Document, from_json
from compute.errors import GradwireError
from compute.export import export, numpy_file
from compute.fitting import fit
from compute.gallery import load_entry
from compute.predict import predict
from compute.reference import ReferenceEngine

ISLANDS = ["Biscoe", "Dream", None, "Dream", "Biscoe", "Torgersen"]
DATA: dict[str, Any] = {
    "source": "inline",
    "standardize": True,
    "columns": {
        "mass (g)": [3750, 3800, None, 4200, 5000, 4100],
        "island": ISLANDS,
        "species": ["Adelie", "Adelie", "Gentoo", "Adelie", "Gentoo", "Gentoo"],
    },
}


def penguins() -> Document:
    inputs = ["mass (g)", "island=Biscoe", "island=missing"]
    nodes: list[dict[str, Any]] = [
        {"id": "x", "op": "input", "params": {"columns": inputs}},
        {"id": "t", "op": "target", "params": {"columns": ["species"], "encoding": "index"}},
        {"id": "class", "op": "dense", "params": {"units": 4}},
        {"id": "np", "op": "gelu"},
        {"id": "z", "op": "dense", "params": {"units": 2}},
        {"id": "loss", "op": "softmax_cross_entropy"},
    ]
    chain = [
        ("x", "class", "x"),
        ("class", "np", "x"),
        ("np", "z", "x"),
        ("z", "loss", "prediction"),
        ("t", "loss", "target"),
    ]
    document = from_json(
        {
            "format": "gradwire",
            "version": 1,
            "name": 'Two species\n"""',
            "graph": {"nodes": nodes, "wires": [{"from": a, "to": b, "port": port} for a, b, port in chain]},
            "data": DATA,
            "training": {"loss": "loss", "epochs": 3, "seed": 1},
        }
    )
    fit(document, ReferenceEngine())
    return document


def test_raw_rows_get_the_answers_of_the_document(tmp_path: Path) -> None:
    document, path, rows = penguins(), tmp_path / "net.py", tmp_path / "rows.csv"
    report = export(document, path)
    assert report.largest_difference < 1e-6
    rows.write_text("island,mass (g)\nDream,4000\nNA,\nBiscoe,5100.5\n", encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", str(path), str(rows)], capture_output=True, text=True, check=True)
    header, *lines = csv.reader(io.StringIO(done.stdout))
    assert header == ["class", "Adelie", "Gentoo"]
    islands = ("Dream", "Biscoe")
    table = Table(
        {"mass (g)": np.array([4000, np.nan, 5100.5]), "island": np.array([0.0, -1.0, 1.0])}, {"island": islands}
    )
    wanted = predict(document, table)
    assert [line[0] for line in lines] == list(wanted.chosen or ())
    np.testing.assert_allclose(np.array([line[1:] for line in lines], float), wanted.values, rtol=1e-5)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("mass (g)\n4000\n", 'the column "island" is missing; there are mass (g)'),
        ("mass (g),island\nheavy,Dream\n", 'row 0 of the column "mass (g)" is "heavy", which is no number'),
        ("mass (g),island\n1,Dream\n1,Malta\n", 'row 1 of the column "island" is "Malta", which is none of '),
    ],
)
def test_rows_that_it_cannot_read_are_told(tmp_path: Path, text: str, sentence: str) -> None:
    path, rows = tmp_path / "net.py", tmp_path / "rows.csv"
    export(penguins(), path)
    rows.write_text(text, encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", str(path), str(rows)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_yes_or_no_has_both_probabilities(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    export(load_entry("spiral"), path)
    space: dict[str, Any] = {}
    exec(path.read_text(encoding="utf-8").replace("__main__", "here"), space)
    found = space["predict"]({"x1": [0.1, -0.4], "x2": [0.3, "0.2"]})
    assert len(found) == 3
    first, second = (np.array(values) for name, values in found.items() if name != "class")
    np.testing.assert_allclose(first + second, 1.0)


def test_a_script_whose_rows_mean_something_else_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = numpy_file.script
    monkeypatch.setattr(numpy_file, "script", lambda network: whole(network).replace("'std': ", "'std': 2 * "))
    with pytest.raises(GradwireError, match="rows as they stand in the table have other answers in it"):
        export(penguins(), tmp_path / "net.py")
    assert not list(tmp_path.iterdir())


def test_nodes_that_are_called_as_what_python_has_take_nothing_away_from_it(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    nodes: list[dict[str, Any]] = [
        {"id": "x", "op": "input", "params": {"columns": ["a"]}},
        *({"id": name, "op": "constant", "params": {"value": 2.0}} for name in ("zip", "len", "float", "open", "dict")),
        {"id": "print", "op": "dense", "params": {"units": 1}},
    ]
    wires, last = [{"from": "x", "to": "print", "port": "x"}], "print"
    for number, name in enumerate(("zip", "len", "float", "open", "dict")):
        nodes.append({"id": f"y{number}", "op": "multiply"})
        wires += [{"from": last, "to": f"y{number}", "port": "a"}, {"from": name, "to": f"y{number}", "port": "b"}]
        last = f"y{number}"
    data = {"source": "inline", "columns": {"a": [1, 2, 3]}}
    document = from_json({"format": "gradwire", "version": 1, "graph": {"nodes": nodes, "wires": wires}, "data": data})
    assert export(document, path).largest_difference < 1e-5
    assert "zip_2 = np.array(2.0, np.float32)" in path.read_text(encoding="utf-8")
