"""Numbers on their way to the device and back: what float32 cannot hold, and what nothing there changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from compute.document import load, save
from compute.gallery import load_entry
from compute.opencl.engine import OpenCLEngine
from compute.optimizers import make_optimizer
from compute.training import Trainer
from compute.workspace import open_document
from tests.compute.programs import program

SGD = make_optimizer({"name": "sgd", "learning_rate": 0.1})


def frozen() -> Any:
    """y = a·f + c, where training changes a alone; n is of no use to the loss."""
    return program(
        [
            ("a", "parameter", {"value": 0.1}),
            ("f", "parameter", {"value": [0.1, 0.7], "trainable": False}),
            ("n", "parameter", {"value": 0.3}),
            ("m", "multiply", {}),
            ("loss", "sum", {}),
        ],
        [("a", "m", "a"), ("f", "m", "b"), ("m", "loss", "x")],
        "loss",
    )


@pytest.mark.parametrize("kind", ["opencl", "opencl_fused"])
def test_what_training_does_not_change_comes_back_as_it_was(kind: str, request: pytest.FixtureRequest) -> None:
    engine: OpenCLEngine = request.getfixturevalue(kind)
    run = engine.open(frozen())
    run.train([np.arange(1)] * 3, SGD)
    for found in (run.weights(), run.trace(np.arange(1)).parameters):
        assert found["f.value"].tolist() == [0.1, 0.7]
        assert found["n.value"].tolist() == 0.3
        assert found["a.value"] == np.float32(found["a.value"]) != np.float32(0.1)
    run.set_weights({"f.value": np.array([0.2, 0.3])})
    found = run.weights()
    assert found["f.value"].tolist() == [0.2, 0.3]
    found["f.value"][:] = 0.0
    assert run.weights()["f.value"].tolist() == [0.2, 0.3]
    assert run.trace(np.arange(1)).values["f"].tolist() == pytest.approx([0.2, 0.3])
    run.close()


def test_running_statistics_come_from_the_device(opencl: OpenCLEngine) -> None:
    nodes: list[tuple[str, str, dict[str, Any]]] = [
        ("x", "input", {"columns": ["a"]}),
        ("b", "batch_norm", {}),
        ("d", "dense", {"units": 1}),
        ("loss", "mean", {}),
    ]
    wires = [("x", "b", "x"), ("b", "d", "x"), ("d", "loss", "x")]
    made = program(nodes, wires, "loss", {"x": np.array([[1.0], [5.0]])})
    run = opencl.open(made)
    run.train([np.arange(2)], SGD)
    statistics = [name for name, (_, spec) in made.analysis.parameters.items() if not spec.learned]
    assert statistics
    for name in statistics:
        assert not np.array_equal(run.weights()[name], made.weights[name])
    run.close()


def test_a_document_keeps_its_frozen_weights_to_the_last_digit(opencl: OpenCLEngine, tmp_path: Any) -> None:
    document = load_entry("one_neuron")
    node = document.graph.nodes["w"]
    document.graph.nodes["w"] = replace(node, params={"value": 0.1, "trainable": False})
    document.weights = document.initial = {}
    made = open_document(document).program
    run = opencl.open(made)
    trainer = Trainer(made, document.training, run)
    trainer.train()
    document.weights = run.weights()
    save(document, tmp_path / "a.json")
    assert load(tmp_path / "a.json").weights["w.value"] == 0.1
    run.close()


BEYOND = 1e300


@pytest.mark.parametrize("where", ["weight", "data", "factor", "constant", "learning rate"])
@pytest.mark.parametrize("kind", ["opencl", "opencl_fused"])
def test_numbers_beyond_float32_are_infinite_without_a_warning(
    kind: str, where: str, request: pytest.FixtureRequest
) -> None:
    engine: OpenCLEngine = request.getfixturevalue(kind)

    def at(place: str, otherwise: float = 1.0) -> float:
        return BEYOND if where == place else otherwise

    data: dict[str, npt.NDArray[np.float64]] = {"x": np.array([[1.0], [at("data")]])}
    made = program(
        [
            ("x", "input", {"columns": ["a"]}),
            ("w", "parameter", {"value": at("weight")}),
            ("c", "constant", {"value": at("constant")}),
            ("m", "multiply", {}),
            ("s", "scale", {"factor": at("factor")}),
            ("p", "add", {}),
            ("loss", "sum", {}),
        ],
        [("x", "m", "a"), ("w", "m", "b"), ("m", "s", "x"), ("s", "p", "a"), ("c", "p", "b"), ("p", "loss", "x")],
        "loss",
        data,
    )
    run = engine.open(made)
    trace = run.trace(np.arange(2))
    assert (trace.loss == np.inf) == (where != "learning rate")
    run.train([np.arange(2)], make_optimizer({"name": "sgd", "learning_rate": at("learning rate")}))
    run.outputs(data, ["p"])
    if where == "learning rate":
        assert run.weights()["w.value"] == -np.inf
    run.close()


def test_rows_stay_on_the_device_until_others_are_given(opencl: OpenCLEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(0).normal(size=(40, 3))
    nodes: list[tuple[str, str, dict[str, Any]]] = [("x", "input", {"columns": ["a", "b", "c"]}), ("r", "relu", {})]
    nodes += [("h", "dense", {"units": 5}), ("z", "dense", {"units": 2}), ("loss", "mean", {})]
    wires = [("x", "h", "x"), ("h", "r", "x"), ("r", "z", "x"), ("z", "loss", "x")]
    run = opencl.open(program(nodes, wires, "loss", {"x": rows}))
    data, turned, asked = {"x": rows}, {"x": rows[::-1].copy()}, ["z", "h"]
    first, other, again = (run.outputs(each, asked) for each in (data, turned, data))
    for name in asked:
        np.testing.assert_array_equal(other[name], first[name][::-1])
        np.testing.assert_array_equal(again[name], first[name])
    written: list[Any] = []
    monkeypatch.setattr(run._device, "write", lambda *given: written.append(given))
    np.testing.assert_array_equal(run.outputs(data, asked)["h"], first["h"])
    assert not written
    monkeypatch.undo()
    run.close()
