"""``check`` as a person calls it: tables, JSON, exit codes, and one sentence for what is wrong."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compute.check import ENTRIES
from compute.cli.arguments import parser
from compute.document import save
from compute.errors import DeviceError
from compute.gallery import load_entry
from compute.opencl.engine import OpenCLEngine
from compute.ops import REGISTRY
from tests.compute.test_cli import REFERENCE, call, entry, error
from tests.compute.test_cli_process import child

Out = pytest.CaptureFixture[str]
FIELDS = {"shape", "checked", "total", "absolute", "relative", "verdict", "worst"}


def result(capsys: Out, *argv: str, code: int = 0) -> Any:
    """The JSON of a check, which is everything on stdout."""
    return json.loads(call(capsys, "check", *argv, "--json", code=code)[0], parse_constant=pytest.fail)


def document(tmp_path: Path, nodes: list[tuple[str, str, dict[str, Any]]], wires: list[tuple[str, str, str]]) -> str:
    """A document file whose loss is the node L."""
    path = tmp_path / "a.json"
    listed = [{"id": node_id, "op": op, "params": params} for node_id, op, params in nodes]
    graph = {"nodes": listed, "wires": [{"from": a, "to": b, "port": port} for a, b, port in wires]}
    made = {"format": "gradwire", "version": 1, "graph": graph, "training": {"loss": "L"}}
    path.write_text(json.dumps(made), encoding="utf-8")
    return str(path)


def relu_at_0(tmp_path: Path) -> str:
    nodes: list[tuple[str, str, dict[str, Any]]] = [
        ("p", "parameter", {"value": [-1.0, 0.0, 1.0]}),
        ("r", "relu", {}),
        ("L", "sum", {}),
    ]
    return document(tmp_path, nodes, [("p", "r", "x"), ("r", "L", "x")])


class TestJson:
    def test_says_everything(self, capsys: Out) -> None:
        found = result(capsys, entry("one_neuron"), *REFERENCE)
        assert list(found) == [
            *("ok", "engine", "device", "precision", "eps", "atol", "rtol", "loss", "suspect"),
            *("parameters", "wires", "kinks", "no_gradient", "message"),
        ]
        assert found["ok"] is True
        assert (found["engine"], found["device"]) == ("reference", "reference (NumPy, float64)")
        assert (found["eps"], found["atol"], found["rtol"]) == (1e-6, 1e-5, 1e-3)
        assert (found["loss"], found["suspect"], found["kinks"]) == (4.0, None, [])
        assert list(found["parameters"]) == ["w.value", "b.value"]
        weight = found["parameters"]["w.value"]
        assert weight.keys() == FIELDS
        assert (weight["shape"], weight["checked"], weight["total"], weight["verdict"]) == ([], 1, 1, "ok")
        assert weight["worst"]["analytic"] == -8.0
        assert weight["worst"]["numeric"] == pytest.approx(-8.0)
        assert weight["worst"]["index"] == []
        graph = load_entry("one_neuron").graph
        assert {(w["from"], w["to"], w["port"]) for w in found["wires"]} == {
            (wire.source, wire.target, wire.port) for wire in graph.wires.values()
        }
        assert all(wire.keys() == FIELDS | {"from", "to", "port"} for wire in found["wires"])

    def test_what_has_no_gradient_is_listed(self, capsys: Out) -> None:
        found = result(capsys, entry("xor"), *REFERENCE)
        assert found["no_gradient"] == {"parameters": [], "wires": [{"from": "y", "to": "loss", "port": "target"}]}

    def test_kinks(self, capsys: Out, tmp_path: Path) -> None:
        found = result(capsys, relu_at_0(tmp_path), *REFERENCE)
        assert found["ok"] is True
        assert found["parameters"]["p.value"]["verdict"] == "kink"
        ends = [{"parameter": "p.value"}, {"from": "p", "to": "r", "port": "x"}]
        assert len(found["kinks"]) == 2
        for kink, place in zip(found["kinks"], ends, strict=True):
            assert kink["left"] == 0.0
            assert kink["right"] == pytest.approx(1.0)
            assert kink == {**place, "index": [1], "analytic": 0.0, "side": "left", **kink}
            assert kink.keys() == {*place, "index", "analytic", "left", "right", "side"}

    def test_nan_and_infinities_are_words(self, capsys: Out, tmp_path: Path) -> None:
        made = load_entry("log_square")
        made.weights = {"x.value": np.array(0.0)}
        save(made, tmp_path / "a.json")
        found = result(capsys, str(tmp_path / "a.json"), *REFERENCE, code=1)
        assert found["ok"] is False
        assert found["loss"] == "-inf"
        weight = found["parameters"]["x.value"]
        assert (weight["verdict"], weight["checked"]) == ("not finite", 0)
        assert weight["worst"] is weight["absolute"] is weight["relative"] is None
        assert found["message"].startswith("The loss is −∞, so it has no slope")

    def test_how_many_entries(self, capsys: Out) -> None:
        few = result(capsys, entry("spiral"), *REFERENCE, "--entries", "3")
        assert {item["checked"] for item in few["parameters"].values()} <= {1, 2, 3}
        every = result(capsys, entry("spiral"), *REFERENCE, "--entries", "all")
        assert all(item["checked"] == item["total"] for item in [*every["parameters"].values(), *every["wires"]])
        assert parser().parse_args(["check", "a"]).entries == ENTRIES

    def test_first_batch_or_the_samples_asked_for(self, capsys: Out) -> None:
        made = load_entry("tumours")
        whole, some = (result(capsys, entry("tumours"), *REFERENCE, *more) for more in ([], ["--samples", "0,7"]))
        assert whole["wires"][0]["shape"][0] == made.training.batch_size
        assert some["wires"][0]["shape"][0] == 2

    def test_seed_chooses_the_weights(self, capsys: Out) -> None:
        first, again, other = (result(capsys, entry("xor"), *REFERENCE, "--seed", seed)["loss"] for seed in "556")
        assert first == again != other


class TestText:
    def test_tables_and_a_sentence(self, capsys: Out) -> None:
        out, err = call(capsys, "check", entry("one_neuron"), *REFERENCE)
        assert "parameter  shape   compared  difference" in out
        assert "wire        shape   compared  difference" in out
        assert "w → wx.a    scalar  1 of 1" in out
        assert out.splitlines()[-1].startswith("The gradients of 2 parameters and 7 wires are right: 9 of 9 entries")
        assert err == "The reference engine was asked for.\n"

    def test_kinks_have_a_table(self, capsys: Out, tmp_path: Path) -> None:
        lines = call(capsys, "check", relu_at_0(tmp_path), *REFERENCE)[0].splitlines()
        start = next(i for i, line in enumerate(lines) if line.startswith("at a kink"))
        assert lines[start] == "at a kink  entry  slope left  slope right  gradient  which is"
        assert lines[start + 2] == "p → r.x    [1]    0           1            0         the left one"

    def test_many_kinks_are_cut_short(self, capsys: Out, tmp_path: Path) -> None:
        nodes: list[tuple[str, str, dict[str, Any]]] = [
            ("p", "parameter", {"value": [0.0] * 20}),
            ("r", "relu", {}),
            ("L", "sum", {}),
        ]
        path = document(tmp_path, nodes, [("p", "r", "x"), ("r", "L", "x")])
        assert "and 28 more; --json has all of them" in call(capsys, "check", path, *REFERENCE)[0]


class TestExitCodes:
    def test_a_wrong_rule_is_1_and_named(self, capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
        op = type(REGISTRY["tanh"])
        monkeypatch.setattr(op, "slopes", lambda self, x, y: (1.0 - y,))
        out, _ = call(capsys, "check", entry("xor"), *REFERENCE, code=1)
        assert out.splitlines()[-1].startswith("What a sends back is wrong: the gradient at entry [")
        assert next(line for line in out.splitlines() if line.startswith("h → a.x")).endswith("failed")
        found = result(capsys, entry("xor"), *REFERENCE, code=1)
        assert (found["ok"], found["suspect"]) == (False, "a")

    def test_without_a_loss(self, capsys: Out) -> None:
        text = error(capsys, "check", entry("transpose"), "--quiet")
        assert text == "No loss is chosen; choose one in the training settings: a node whose output is a scalar."

    def test_with_a_broken_graph(self, capsys: Out) -> None:
        text = error(capsys, "check", entry("shape_mismatch"), "--quiet")
        assert text.startswith("MatMul A · B, port b: A is (2, 3) and B is (2, 3): the 3 columns of A need 3 rows of B")

    def test_with_nothing_to_check(self, capsys: Out, tmp_path: Path) -> None:
        path = document(tmp_path, [("L", "constant", {"value": 1.0})], [])
        text = error(capsys, "check", path, *REFERENCE, "--quiet")
        assert text == "The loss L has no gradient to check; let it depend on an input, a parameter or a layer."

    @pytest.mark.parametrize("entries", ["0", "-1", "few"])
    def test_with_another_number_of_entries(self, capsys: Out, entries: str) -> None:
        text = error(capsys, "check", entry("xor"), f"--entries={entries}")
        assert text.startswith(f'argument --entries: "{entries}" is no whole number from 1 on, nor all')

    def test_help_tells_them(self, capsys: Out) -> None:
        with pytest.raises(SystemExit):
            parser().parse_args(["check", "--help"])
        assert "1 when one is wrong or cannot be compared" in " ".join(capsys.readouterr().out.split())


class TestKernels:
    def test_are_checked_by_default_in_double(self, capsys: Out) -> None:
        found = result(capsys, entry("xor"))
        assert found["ok"] is True
        assert (found["engine"], found["precision"]) == ("opencl", "float64")
        assert found["device"].endswith(", float64")

    def test_in_float_where_the_device_has_no_double(self, capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
        def only_float(device: Any, *, dtype: Any = np.float32) -> OpenCLEngine:
            if dtype is np.float64:
                raise DeviceError("Device D does not compute in double; choose another for that.")
            return OpenCLEngine(device)

        monkeypatch.setattr("compute.opencl.engine.OpenCLEngine", only_float)
        out, err = call(capsys, "check", entry("xor"))
        assert err.endswith(
            "Device D does not compute in double; choose another for that. Its float32 kernels are used.\n"
        )
        assert "The gradients are float32: they may be off by 0.001 of the largest slope of a tensor.\n" in out
        assert result(capsys, entry("xor"))["precision"] == "float32"


@pytest.mark.skipif(os.name != "posix", reason="Windows sends no interrupt to one process alone")
def test_ctrl_c_ends_it_with_a_sentence(tmp_path: Path) -> None:
    nodes: list[tuple[str, str, dict[str, Any]]] = [
        ("p", "parameter", {"value": np.ones((300, 300)).tolist()}),
        ("t", "tanh", {}),
        ("L", "sum", {}),
    ]
    path = document(tmp_path, nodes, [("p", "t", "x"), ("t", "L", "x")])
    with child("check", path, *REFERENCE, "--entries", "all") as process:
        assert process.stderr is not None
        # Written when the engine is open, just before the check.
        assert process.stderr.readline().startswith("The reference engine")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert (out, err) == ("", "error: stopped by Ctrl+C; nothing was written\n")
