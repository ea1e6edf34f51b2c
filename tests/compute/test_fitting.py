"""The library in ten lines: what the README shows runs, and trains as the command line does."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from compute.document import load
from compute.engines import open_engine
from compute.fitting import fit
from main import main

ROOT = Path(__file__).resolve().parents[2]
NEW = "sepal length,sepal width,petal length,petal width\n5.1,3.5,1.4,0.2\n6.7,3.0,5.2,2.3\n"


def test_the_lines_of_the_readme_train_predict_and_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    assert found is not None
    lines = found[1].replace('"opencl"', '"reference"').replace('"resources', f'"{ROOT.as_posix()}/resources')
    (tmp_path / "new.csv").write_text(NEW, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    exec(compile(lines, "README.md", "exec"), {})
    answers = list(csv.DictReader((tmp_path / "answers.csv").read_text(encoding="utf-8").splitlines()))
    assert [next(iter(each.values())) for each in answers] == ["setosa", "virginica"]
    trained = load("iris.gradwire")
    assert trained.progress is not None
    assert trained.progress.epochs == 20
    for name, array in load_file("iris.safetensors").items():
        assert array == pytest.approx(trained.weights[name], rel=1e-6)


def test_it_is_the_training_of_the_command_line(tmp_path: Path) -> None:
    path = ROOT / "resources" / "gallery" / "xor.json"
    out = tmp_path / "a.gradwire"
    assert main(["train", str(path), "--epochs", "3", "--engine", "reference", "--quiet", "--out", str(out)]) == 0
    document = load(path)
    engine, _ = open_engine("reference")
    fit(document, engine, epochs=1)
    fit(document, engine, epochs=2)
    expected = load(out).weights
    assert document.weights.keys() == expected.keys()
    assert all(np.array_equal(document.weights[name], expected[name]) for name in expected)
