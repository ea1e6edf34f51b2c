"""What ``train`` is given in place of what the document holds: settings of nodes and another table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compute.cli import main
from compute.document import load

NODES = [
    {"id": "x", "op": "input", "params": {"columns": ["a"]}},
    {"id": "y", "op": "target", "params": {"columns": ["b"]}},
    {"id": "h", "op": "dense", "title": "hidden", "params": {"units": 3}},
    {"id": "n", "op": "tanh"},
    {"id": "o", "op": "dense", "params": {"units": 1}},
    {"id": "w", "op": "parameter", "params": {"value": 1.0}},
    {"id": "m", "op": "multiply"},
    {"id": "loss", "op": "huber"},
]
CHAIN = [
    ("x", "h", "x"),
    ("h", "n", "x"),
    ("n", "o", "x"),
    ("o", "m", "a"),
    ("w", "m", "b"),
    ("m", "loss", "prediction"),
]


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Four rows; a parameter that was trained to 5."""
    wires = [{"from": a, "to": b, "port": port} for a, b, port in [*CHAIN, ("y", "loss", "target")]]
    document = {
        "format": "gradwire",
        "version": 1,
        "graph": {"nodes": NODES, "wires": wires},
        "data": {"source": "inline", "columns": {"a": [1, 2, 3, 4], "b": [2, 4, 6, 8]}, "validation_fraction": 0.25},
        "training": {"loss": "loss", "epochs": 2, "optimizer": {"name": "sgd", "learning_rate": 0.0}},
        "weights": {"w.value": 5.0},
    }
    file = tmp_path / "small.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return str(file)


def trained(capsys: pytest.CaptureFixture[str], *argv: str) -> Any:
    assert main(["train", *argv, "--engine", "reference", "--quiet", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_settings_of_nodes_by_id_or_title(capsys: pytest.CaptureFixture[str], path: str, tmp_path: Path) -> None:
    out = str(tmp_path / "out.json")
    given = (
        "--set",
        "hidden.units=7",
        "--set",
        "h.bias=false",
        "--set",
        "loss.delta = 0.5",
        "--set",
        "h.weight_init=zeros",
    )
    found = trained(capsys, path, *given, "--out", out)["parameters"]
    assert found["h.weight"] == [[0.0] * 7]
    assert "h.bias" not in found
    assert found["w.value"] == 5.0
    nodes = load(out).graph.nodes
    assert nodes["h"].params == {"units": 7, "bias": False, "weight_init": "zeros"}
    assert nodes["loss"].params == {"delta": 0.5}


def test_the_value_of_a_parameter_wins_over_its_weight(capsys: pytest.CaptureFixture[str], path: str) -> None:
    assert trained(capsys, path, "--set", "w.value=[2, 3]", "--set", "w.value=4")["parameters"]["w.value"] == 4.0


def test_settings_of_the_training(capsys: pytest.CaptureFixture[str], path: str, tmp_path: Path) -> None:
    out = str(tmp_path / "out.json")
    given = (
        *("--set", "training.schedule.name=step"),
        *("--set", "training.schedule.step_size=1"),
        *("--set", "training.optimizer.learning_rate=0.5"),
        *("--set", "training.optimizer.name=adagrad"),
        *("--set", "training.clip_norm=0.25"),
        *("--set", "training.shuffle=false"),
    )
    before = trained(capsys, path)["parameters"]
    assert trained(capsys, path, *given, "--out", out)["parameters"] != before
    training = load(out).training
    assert training.schedule == {"name": "step", "step_size": 1.0}
    assert training.optimizer == {"name": "adagrad", "learning_rate": 0.5}
    assert (training.clip_norm, training.shuffle) == (0.25, False)


def test_another_table_of_the_same_columns(capsys: pytest.CaptureFixture[str], path: str, tmp_path: Path) -> None:
    table, out = tmp_path / "more.csv", tmp_path / "out.json"
    table.write_text("b,other,a\n" + "".join(f"{2 * i},0,{i}\n" for i in range(80)), encoding="utf-8")
    found = trained(capsys, path, "--data", str(table), "--batch", "10", "--out", str(out))
    assert found["steps"] == 2 * 6  # three quarters of 80 rows
    assert found["epochs"][-1]["validation_loss"] > 0.0
    assert load(out).data == {"source": "csv", "path": "more.csv", "validation_fraction": 0.25}


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["--set", "units=4"], '"units=4" is no NODE.PARAM=VALUE, such as h.units=16'),
        (["--set", "g.units=4"], 'there is no node "g"; the nodes are "x", "y", "h"'),
        (["--set", "h.unit=4"], 'Dense hidden has no setting "unit"; did you mean "units"? its settings are "units"'),
        (["--set", "n.slope=4"], 'Tanh n has no setting "slope"; it has none'),
        (["--set", "h.units=0"], 'Dense hidden: units must be at least 1; it is "0"'),
        (["--set", "h.units=many"], 'Dense hidden: units must be a whole number; it is "many"'),
        (
            ["--set", "training.clip=1"],
            'training has no setting "clip"; did you mean "clip_norm"? its settings are "loss"',
        ),
        (["--set", "training.schedule.gamma=1"], 'training.schedule has no setting "gamma"; '),
        (["--set", "training.schedule.name=cosin"], 'there is no schedule "cosin"; did you mean "cosine"?'),
        (["--set", "training.clip_norm=-1"], 'training.clip_norm must be at least 0; it is "-1"'),
        (["--data", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_what_is_wrong_is_named(capsys: pytest.CaptureFixture[str], path: str, argv: list[str], says: str) -> None:
    assert main(["train", path, *argv, "--engine", "reference"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err
    assert err.count("\n") == 1


def test_a_table_without_the_columns_is_refused(capsys: pytest.CaptureFixture[str], path: str, tmp_path: Path) -> None:
    table = tmp_path / "others.csv"
    table.write_text("a,c\n1,2\n3,4\n5,6\n7,8\n", encoding="utf-8")
    assert main(["train", path, "--data", str(table), "--engine", "reference"]) == 2
    assert '"b"' in capsys.readouterr().err


def test_a_watch_stops_training_and_what_was_reached_is_written(
    capsys: pytest.CaptureFixture[str], path: str, tmp_path: Path
) -> None:
    out = tmp_path / "out.json"
    rate = ("--set", "training.optimizer.learning_rate=0.05", "--epochs", "50", "--batch", "1")
    watch = ("--watch", "h.weight change-above 1", "--watch", "w.value norm_below 4.9", "--out", str(out))
    assert main(["train", path, *rate, *watch, "--engine", "reference", "--quiet", "--json"]) == 4
    said = capsys.readouterr()
    found = json.loads(said.out)
    step = found["stopped"]["step"]
    assert found["steps"] == step - 1 >= 1
    assert (found["stopped"]["node"], found["stopped"]["watch"]) == ("w", "norm_below")
    sentence = said.err.splitlines()[-1]
    assert sentence.startswith(
        "error: Training stopped: the watch on the weight w.value was set off, as its norm is 4."
    )
    assert f"below 4.9, at step {step}, which was not done; " in sentence
    written = load(out)
    assert written.progress is not None
    assert written.progress.steps == step - 1
    assert written.weights["w.value"] < 4.9
    assert [watch.kind for watch in written.watches] == ["change_above", "norm_below"]


@pytest.mark.parametrize(
    ("watch", "sentence"),
    [
        ("h", '"h" must be a place and a kind'),
        ("g nan", 'there is no node "g"'),
        ("h nun", '"nun" is no kind; did you mean "nan"'),
        ("h norm_above big", 'the limit "big" is no number'),
        ("h dead_above 2", "must be at most 1"),
        ("h nan 1 2", 'a watch for "not a number" has no limit'),
        ("h.weight dead_above", "is nothing to watch for at a weight"),
    ],
)
def test_a_watch_that_cannot_be_read_is_refused(
    capsys: pytest.CaptureFixture[str], path: str, watch: str, sentence: str
) -> None:
    assert main(["train", path, "--watch", watch, "--engine", "reference"]) == 2
    assert sentence in capsys.readouterr().err
