"""The command line on an OpenCL device, as a person calls it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compute.cli import main
from compute.document import load, save
from compute.engines import open_engine
from compute.errors import DeviceError, GradwireError
from compute.gallery import FOLDER, load_entry
from compute.graph import Node, Wire
from compute.workspace import open_document
from tests.compute.moments import assert_same_optimizer


def result(capsys: pytest.CaptureFixture[str], *argv: str) -> Any:
    assert main([*argv, "--json", "--quiet"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)


def test_devices_are_tested_and_one_is_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    found = result(capsys, "devices")
    chosen = found["devices"][found["chosen"]]
    assert chosen["works"]
    assert chosen["gflops"] > 0
    assert found["reason"].startswith(f"{chosen['name']} ({chosen['platform']}) is the fastest ")


@pytest.mark.parametrize(("entry", "least"), [("tumours", 0.95), ("spiral", 0.97), ("iris", 0.95)])
def test_training_reaches_its_accuracy_on_rows_it_never_saw(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, entry: str, least: float
) -> None:
    out = tmp_path / "a.gradwire"
    found = result(capsys, "train", str(FOLDER / f"{entry}.json"), "--out", str(out))
    assert found["epochs"][-1]["metrics"]["accuracy"] >= least
    assert "reference" not in found["device"]
    # The file holds the numbers that were trained.
    again = result(capsys, "trace", str(out), "--samples", "0")["parameters"]
    assert {name: weight["value"] for name, weight in again.items()} == found["parameters"]


class TestOpenEngine:
    def test_device_by_default(self) -> None:
        engine, reason = open_engine()
        assert engine.label in reason
        engine.close()

    def test_reference(self) -> None:
        engine, reason = open_engine("reference")
        assert engine.label == "reference (NumPy, float64)"
        assert reason == "The reference engine was asked for."

    def test_without_a_device(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GRADWIRE_NO_OPENCL", "1")
        with pytest.raises(DeviceError, match=r"\(OpenCL is switched off by GRADWIRE_NO_OPENCL\)$"):
            open_engine()

    def test_a_command_without_a_device_names_the_reference_engine(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("GRADWIRE_NO_OPENCL", "1")
        assert main(["trace", str(FOLDER / "xor.json")]) == 3
        assert "; --engine reference works without a device" in capsys.readouterr().err

    def test_another_engine(self) -> None:
        with pytest.raises(GradwireError, match='there is no engine "cuda"; choose opencl or reference'):
            open_engine("cuda")


def test_what_does_not_lead_to_the_loss_is_kept_and_not_trained(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    document, aside, out = load_entry("spiral"), tmp_path / "aside.json", tmp_path / "trained.json"
    plain = result(capsys, "train", str(FOLDER / "spiral.json"), "--epochs", "3")
    wire = Wire("h1", "aside", "x")
    document.graph.nodes["aside"] = Node("aside", "dense", {"units": 3})
    document.graph.wires[wire.key] = wire
    save(document, aside)
    found = result(capsys, "train", str(aside), "--epochs", "3", "--out", str(out))
    assert found["loss_history"] == plain["loss_history"]
    assert found["parameters"].keys() - plain["parameters"].keys() == {"aside.weight", "aside.bias"}
    assert load(out).weights["aside.weight"].tolist() == found["parameters"]["aside.weight"]
    first = open_document(document).program.weights["aside.weight"]
    assert found["parameters"]["aside.weight"] == first.tolist()


@pytest.mark.parametrize("engine", ["opencl", "reference"])
def test_training_in_three_calls_is_training_in_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, engine: str
) -> None:
    """Adam, and a smaller last batch; over files of both kinds."""
    whole = tmp_path / "whole.gradwire"
    first, second, third = tmp_path / "a.gradwire", tmp_path / "b.json", tmp_path / "c.gradwire"
    losses: list[float] = []
    for given, epochs, out in ((FOLDER / "iris.json", 2, first), (first, 1, second), (second, 3, third)):
        found = result(capsys, "train", str(given), "--engine", engine, "--epochs", str(epochs), "--out", str(out))
        losses += found["loss_history"]
    found = result(capsys, "train", str(FOLDER / "iris.json"), "--engine", engine, "--epochs", "6", "--out", str(whole))
    assert losses == found["loss_history"]
    one, other = load(third), load(whole)
    assert one.progress is not None
    assert other.progress is not None
    assert_same_optimizer(one.progress.optimizer, other.progress.optimizer)
    assert one.progress.optimizer.updates == 48
    for name, weight in other.weights.items():
        np.testing.assert_array_equal(one.weights[name], weight)


def test_a_state_that_does_not_fit_is_said_and_left_out(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    result(capsys, "train", str(FOLDER / "iris.json"), "--engine", "reference", "--epochs", "1", "--out", str(path))
    raw = json.loads(path.read_text(encoding="utf-8"))
    raw["optimizer_state"]["z.bias"]["m"] = [1.0]
    path.write_text(json.dumps(raw), encoding="utf-8")
    assert main(["train", str(path), "--engine", "reference", "--epochs", "1"]) == 0
    said = capsys.readouterr().err
    assert "m of z.bias has the shape (1,) and z.bias has (3,); training begins without.\n" in said


def test_the_plan_of_a_step_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    document = load_entry("spiral")
    found = result(capsys, "trace", str(FOLDER / "spiral.json"), "--plan")
    assert found["rows"] == document.training.batch_size
    nodes = [call["node"] for call in found["calls"] if call["phase"] == "forward"]
    assert set(nodes) == set(document.graph.nodes)
    products = [call for call in found["calls"] if call["node"] == "h2" and call["kind"] == "gemm"]
    assert [call["does"] for call in products] == [
        "(32, 8) times (8, 8) + bias",
        "(8, 32) times (32, 8)",
        "(32, 8) times (8, 8)",
    ]
    assert products[0]["bytes"] == 4 * 32 * 8
    written = {call["buffer"] for call in found["calls"] if call["phase"] == "forward"}
    read = {name for call in found["calls"] if call["phase"] == "backward" for name in call["reads"]}
    assert found["kept"].keys() == {name for name in written & read if "/" in name}
    assert found["memory"]["parameters"] == 4 * (2 * 8 + 8 + 8 * 8 + 8 + 8 + 1)
    assert sum(found["kept"].values()) <= found["memory"]["arena"] <= found["memory"]["apart"]
    assert found["schedule"]["kind"] == "fused"
    assert found["schedule"]["fused_us"] < found["schedule"]["launches_us"]


def test_the_plan_holds_what_leads_to_the_loss_and_the_statistics_at_the_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    document = load_entry("digits")
    found = result(capsys, "trace", str(FOLDER / "digits.json"), "--plan")
    assert {call["node"] for call in found["calls"]} == set(document.graph.nodes) - {"p"}
    assert [(call["phase"], call["node"], call["buffer"]) for call in found["calls"][-2:]] == [
        ("statistics", "n", "parameters")
    ] * 2


def test_the_plan_says_why_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", str(FOLDER / "spiral.json"), "--plan"]) == 0
    assert "Many steps in one launch: the cost model says" in capsys.readouterr().out
    assert main(["trace", str(FOLDER / "spiral.json"), "--plan", "--engine", "reference"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == "The reference engine follows the NumPy rules node by node."
