"""A trained document computes what it computed, whatever becomes of its data."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compute.cli import main
from compute.data import Fitted, Table, load_table
from compute.data.fitted import FittedColumn
from compute.document import Document, from_json, load, loads, save
from compute.document.storage import dumps
from compute.errors import GradwireError
from compute.export.preparation import preparation
from compute.fitting import fit
from compute.gallery import load_entry
from compute.graph import Node
from compute.numbers_text import short
from compute.predict import predict
from compute.reference import ReferenceEngine
from compute.state import Progress
from compute.worker.job import Job
from compute.workspace import open_document
from tests.compute.test_several_targets import fitness

HEADER = ("length", "weight", "wild", "kind")
KINDS = ("ant", "bee", "fly")


def rows(count: int = 60) -> list[tuple[Any, ...]]:
    rng = np.random.default_rng(3)
    kinds = [KINDS[index] for index in rng.integers(0, 3, count)]
    return [
        (f"{5 + 2 * KINDS.index(kind) + rng.normal():.6f}", f"{100 * rng.normal():.6f}", "yn"[i % 2], kind)
        for i, kind in enumerate(kinds)
    ]


def write(path: Path, lines: list[tuple[Any, ...]]) -> None:
    path.write_text(
        "\n".join(["length,weight,wild,kind", *(",".join(map(str, line)) for line in lines)]) + "\n", "utf-8"
    )


def document(encoding: str = "index") -> Document:
    nodes = [
        {"id": "x", "op": "input", "params": {"columns": ["length", "weight", "wild"]}},
        {"id": "z", "op": "dense", "params": {"units": 3}},
        {"id": "y", "op": "target", "params": {"columns": ["kind"], "encoding": encoding}},
        {"id": "loss", "op": "softmax_cross_entropy"},
    ]
    wires = [
        {"from": "x", "to": "z", "port": "x"},
        {"from": "z", "to": "loss", "port": "prediction"},
        {"from": "y", "to": "loss", "port": "target"},
    ]
    data = {"source": "csv", "path": "bugs.csv", "standardize": True, "validation_fraction": 0.25}
    training = {"loss": "loss", "epochs": 30, "batch_size": 8}
    raw = {"format": "gradwire", "version": 1, "graph": {"nodes": nodes, "wires": wires}}
    return from_json(raw | {"data": data, "training": training})


@pytest.fixture(params=["index", "one_hot"])
def trained(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    write(tmp_path / "bugs.csv", rows())
    save(document(request.param), tmp_path / "bugs.json")
    out = tmp_path / "trained.gradwire"
    assert main(["train", str(tmp_path / "bugs.json"), "--out", str(out), "--engine", "reference", "--quiet"]) == 0
    write(tmp_path / "new.csv", rows(20))
    return out


def answers(path: Path) -> np.ndarray[Any, Any]:
    return predict(load(path), load_table({"source": "csv", "path": "new.csv"}, path.parent)).values


def shuffled(path: Path) -> None:
    lines = rows()
    write(path, [lines[index] for index in np.random.default_rng(1).permutation(len(lines))])


CHANGES: dict[str, Callable[[Path], object]] = {
    "replaced by three of its rows": lambda path: write(path, rows()[:3]),
    "replaced by other numbers": lambda path: write(path, [("1", "2", "y", "bee"), ("30", "4", "n", "bee")]),
    "shuffled": shuffled,
    "deleted": Path.unlink,
    "broken": lambda path: path.write_text("length\n1\n2,3\n", "utf-8"),
    "replaced by a table of other columns": lambda path: path.write_text("p,q\n1,2\n", "utf-8"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_predictions_are_the_same_to_the_last_bit(trained: Path, change: Callable[[Path], object]) -> None:
    before = answers(trained)
    change(trained.parent / "bugs.csv")
    assert np.array_equal(answers(trained), before)
    # And after it was opened and saved again, elsewhere.
    again = load(trained)
    (trained.parent / "there").mkdir()
    save(again, trained.parent / "there" / "again.json")
    found = load(trained.parent / "there" / "again.json")
    assert np.array_equal(
        predict(found, load_table({"source": "csv", "path": "new.csv"}, trained.parent)).values, before
    )


def traced(path: Path, capsys: pytest.CaptureFixture[str], *samples: str) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["trace", str(path), "--json", "--engine", "reference", *samples]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_trace_of_its_own_rows_in_another_file_is_the_same(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = traced(trained, capsys, "--samples", "0,1,2")
    write(trained.parent / "bugs.csv", rows()[:3])
    after = traced(trained, capsys)
    assert after["nodes"]["x"]["value"] == before["nodes"]["x"]["value"]
    assert after["loss"] == before["loss"]
    # Classes keep their numbers, though only some of them are there.
    write(trained.parent / "bugs.csv", [line for line in rows() if line[3] == "fly"])
    target = np.array(traced(trained, capsys)["nodes"]["y"]["value"])
    assert (target == 2).all() if target.ndim == 1 else (target.argmax(axis=1) == 2).all()


GONE: dict[str, tuple[Callable[[Path], object], str]] = {
    "deleted": (CHANGES["deleted"], "bugs.csv"),
    "other columns": (CHANGES["replaced by a table of other columns"], 'asks for the column "length"'),
    "a class of its own": (lambda path: write(path, [("1", "2", "y", "wasp")] * 8), '"wasp"'),
}


@pytest.mark.parametrize(("change", "says"), GONE.values(), ids=GONE)
def test_the_archive_alone_is_enough_to_trace_and_export_and_not_to_train(
    trained: Path, capsys: pytest.CaptureFixture[str], change: Callable[[Path], object], says: str
) -> None:
    before = open_document(load(trained)).prepared
    assert before is not None
    change(trained.parent / "bugs.csv")
    found = traced(trained, capsys)
    assert found["loss"] > 0
    assert np.array(found["nodes"]["x"]["value"])[0, :2] == pytest.approx([0, 0], abs=1e-12)
    assert main(["export", str(trained), "--to", str(trained.parent / "w.npz")]) == 0
    said = capsys.readouterr()
    assert "One typical row, saved with the weights, stands in for the data." in said.err
    after = open_document(load(trained)).prepared
    assert after is not None
    assert (after.means, after.stds) == (before.means, before.stds)
    assert main(["train", str(trained), "--engine", "reference", "--quiet"]) == 2
    assert says in capsys.readouterr().err
    with pytest.raises(GradwireError, match=says):
        fit(load(trained), ReferenceEngine())


def test_data_that_changed_is_said_and_a_reset_fits_anew(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = open_document(load(trained)).prepared
    write(trained.parent / "bugs.csv", [(float(a) + 1, b, c, d) for a, b, c, d in rows()])
    capsys.readouterr()
    assert main(["trace", str(trained), "--engine", "reference"]) == 0
    said = capsys.readouterr().err
    assert 'The data has changed since training ("length"); what was fitted then is still used' in said
    opened = load(trained)
    again = open_document(opened)
    assert first is not None
    assert again.prepared is not None
    assert again.prepared.means == first.means
    job = Job(opened, 1)
    assert job.notice.startswith('The data has changed since training ("length")')
    job.reset()
    renewed = job.workspace.prepared
    assert renewed is not None
    assert renewed.means["length"] == pytest.approx(first.means["length"] + 1)
    assert renewed.means["weight"] == first.means["weight"]
    job.close()


def test_another_seed_of_a_call_changes_nothing_that_was_fitted(trained: Path, tmp_path: Path) -> None:
    for seed in ("0", "1"):
        assert main(["export", str(trained), "--to", str(tmp_path / f"{seed}.npz"), "--seed", seed, "--quiet"]) == 0
    found = [np.load(tmp_path / f"{seed}.npz") for seed in "01"]
    assert all(np.array_equal(found[0][name], found[1][name]) for name in found[0].files)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (("5", "1", "y", "wasp"), '"wasp", which is none of the classes that the network was trained on: "ant", "bee"'),
        (("5", "1", "y", "3"), 'the column "kind" held text when the network was trained and holds numbers now'),
    ],
)
def test_what_was_not_there_is_refused_by_row_and_column(trained: Path, line: tuple[str, ...], says: str) -> None:
    write(trained.parent / "bugs.csv", [line])
    with pytest.raises(GradwireError, match=says):
        fit(load(trained), ReferenceEngine())


def test_a_column_that_holds_nothing_is_neither_text_nor_numbers(trained: Path) -> None:
    columns = {"length": [5.5, 6.0], "weight": [None, 3.0], "wild": [None, None]}
    found = predict(load(trained), load_table({"source": "inline", "columns": columns}, None))
    known = load(trained).progress
    assert known is not None
    assert known.fitted is not None
    wild, weight = known.fitted.columns["wild"], known.fitted.columns["weight"]
    assert found.stands_in == {"weight": short(weight.typical), "wild": f'"{wild.classes[int(wild.typical)]}"'}
    full = {**columns, "weight": [weight.typical, 3.0], "wild": [wild.classes[int(wild.typical)]] * 2}
    again = predict(load(trained), load_table({"source": "inline", "columns": full}, None))
    assert np.array_equal(found.values, again.values)
    assert again.stands_in == {}


def test_an_untrained_document_takes_the_data_as_it_is(tmp_path: Path) -> None:
    write(tmp_path / "bugs.csv", rows())
    doc = document()
    doc.path = tmp_path / "bugs.json"
    workspace = open_document(doc)
    assert not workspace.fitted
    assert workspace.program.fitted is not None
    assert workspace.program.fitted.columns["kind"].classes == KINDS


def test_the_file_holds_all_of_it(trained: Path) -> None:
    progress = load(trained).progress
    assert progress is not None
    again = loads(dumps(load(trained), archive=False)).progress
    assert again is not None
    assert again.fitted == progress.fitted
    assert progress.fitted is not None
    assert progress.fitted.rows == 60
    assert progress.fitted.columns["kind"].classes == KINDS


def test_a_class_may_be_called_what_would_be_a_number() -> None:
    doc = document()
    doc.progress = Progress(1, 1, fitted=Fitted({"a": FittedColumn(("-inf", "nan"), 0.5, 2.0, 1.0, 7)}, {"y": 2}, 3))
    again = loads(dumps(doc, archive=True)).progress
    assert again is not None
    assert again.fitted == doc.progress.fitted


@pytest.mark.parametrize(
    "column",
    [
        {"mean": "nan"},
        {"std": 0.0},
        {"std": 1e400},
        {"classes": ["a", "b"], "typical": 2.0},
        {"classes": ["a", "b"], "typical": 0.5},
        {"classes": "ab"},
        7,
    ],
)
def test_what_cannot_have_been_fitted_is_refused_by_its_place(column: Any) -> None:
    trained = {"epochs": 1, "steps": 3, "resumes_at": 3, "fitted": {"columns": {"length": column}}}
    raw = {"format": "gradwire", "version": 1, "trained": trained}
    with pytest.raises(GradwireError, match=r"trained\.fitted\.columns"):
        from_json(raw)


def test_predictions_are_classes_with_their_probabilities(trained: Path) -> None:
    found = predict(load(trained), load_table({"source": "csv", "path": "new.csv"}, trained.parent))
    assert found.names == KINDS
    assert found.values.sum(axis=1) == pytest.approx(np.ones(20))
    assert found.chosen is not None
    assert found.chosen[0] == KINDS[int(found.values[0].argmax())]


def test_a_network_with_more_answers_than_classes_names_those_there_are(tmp_path: Path) -> None:
    write(tmp_path / "bugs.csv", rows())
    wide = document()
    wide.graph.nodes["z"] = replace(wide.graph.nodes["z"], params={"units": 5})
    wide.path = tmp_path / "bugs.json"
    assert predict(wide, load_table({"source": "csv", "path": "bugs.csv"}, tmp_path)).names == (*KINDS, "3", "4")
    workspace = open_document(wide)
    assert preparation(wide, workspace.program, workspace.prepared, "z").names == (*KINDS, "3", "4")


def test_prediction_needs_the_inputs_alone(trained: Path) -> None:
    table = load_table({"source": "csv", "path": "new.csv"}, trained.parent)
    inputs = {name: table.columns[name] for name in ("length", "weight", "wild")}
    only = Table(inputs, {"wild": table.categories["wild"]})
    assert np.array_equal(predict(load(trained), only).values, answers(trained))
    with pytest.raises(GradwireError, match='"x" asks for the column "weight", which the data does not have'):
        predict(load(trained), Table({"length": inputs["length"], "wild": inputs["wild"]}))


def predicted(path: Path, capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    out = path.parent / "out.csv"
    call = ["predict", str(path), str(path.parent / "new.csv"), "--out", str(out)]
    assert main(call) == 0, capsys.readouterr().err
    with out.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_the_command_writes_a_line_for_each_row(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (trained.parent / "bugs.csv").unlink()
    header, *lines = predicted(trained, capsys)
    assert header == ["class", *KINDS]
    assert len(lines) == 20
    assert np.array_equal(np.array([line[1:] for line in lines], dtype=float), answers(trained))
    assert [KINDS[int(row.argmax())] for row in answers(trained)] == [line[0] for line in lines]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("length,wild\n1,y\n", 'asks for the column "weight", which the data does not have'),
        ("length,weight,wild\n1,2,y\n1,2,x\n", 'row 1 (counting from 0) of the column "wild" is "x", which is none of'),
    ],
)
def test_rows_that_cannot_be_predicted_are_refused(
    trained: Path, capsys: pytest.CaptureFixture[str], text: str, says: str
) -> None:
    new = trained.parent / "new.csv"
    new.write_text(text, "utf-8")
    assert main(["predict", str(trained), str(new), "--out", str(trained.parent / "out.csv")]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert str(new) in error
    assert not (trained.parent / "out.csv").exists()


def test_yes_or_no_and_several_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = load_table({"source": "builtin", "name": "breast_cancer"}, None)
    found = predict(load_entry("tumours"), table)
    assert found.names == ("benign", "malignant")
    assert found.values.sum(axis=1) == pytest.approx(np.ones(569))
    assert found.chosen is not None
    assert found.chosen[0] == ("malignant" if found.values[0, 1] > 0.5 else "benign")
    several = fitness()
    exercise = load_table({"source": "builtin", "name": "linnerud"}, None)
    numbers = predict(several, exercise)
    assert numbers.names == ("weight", "waist", "pulse")
    assert (numbers.values.shape, numbers.chosen) == ((20, 3), None)
    path = tmp_path / "fitness.json"
    save(several, path)
    (tmp_path / "new.csv").write_text("jumps,sit-ups,chin-ups\n60,162,5\n", "utf-8")
    header, line = predicted(path, capsys)
    assert header == ["weight", "waist", "pulse"]
    assert [float(cell) for cell in line] == pytest.approx(numbers.values[0].tolist())


def test_edits_of_the_graph_and_saving_elsewhere_keep_what_was_fitted(trained: Path) -> None:
    write(trained.parent / "bugs.csv", rows()[:30])
    opened = load(trained)
    job = Job(opened, 1)
    prepared = job.workspace.prepared
    assert prepared is not None
    means = prepared.means
    edited = opened.copy()
    edited.graph.nodes["n"] = Node("n", "constant")
    assert job.edit(edited, 2)
    edited = edited.copy()
    save(edited, trained.parent / "there.gradwire")
    edited.data = {**edited.data, "path": str(trained.parent / "bugs.csv")}
    edited.graph.nodes["m"] = Node("m", "constant")
    assert job.edit(edited, 3)
    prepared = job.workspace.prepared
    assert prepared is not None
    assert prepared.means == means
    # Another split is another training: it begins anew, with what the data holds by now; taken back, all is as before.
    split = edited.copy()
    split.data = {**split.data, "validation_fraction": 0.5}
    assert not job.edit(split, 4)
    prepared = job.workspace.prepared
    assert prepared is not None
    assert prepared.means != means
    job.edit(edited, 5)
    assert job.notice.startswith("Training is back at step")
    prepared = job.workspace.prepared
    assert prepared is not None
    assert prepared.means == means
    job.close()
