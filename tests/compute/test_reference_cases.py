"""Every golden case (PyTorch in float64): one pass, then training; on both engines, within the promised tolerances."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compute.batches import Order
from compute.document import from_json
from compute.engine import Engine
from compute.opencl.engine import OpenCLEngine
from compute.optimizers import make_optimizer
from compute.reference import ReferenceEngine
from compute.workspace import open_document
from tests.compute.programs import assert_close

FOLDER = Path(__file__).parents[1] / "reference"
ENGINES = ["reference", "opencl", "opencl_fused", "opencl_as_gpu"]
# relative, absolute, and relative for the parameters after training
TOLERANCES = {"reference": (1e-9, 1e-12, 1e-9), "opencl": (1e-4, 1e-5, 1e-3)}


def load(name: str) -> dict[str, Any]:
    case: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return case


NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


def test_every_case_is_run() -> None:
    assert len(NAMES) == 15


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    found: Engine = ReferenceEngine() if request.param == "reference" else request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_trace(name: str, engine: Engine) -> None:
    case = load(name)
    rtol, atol, _ = TOLERANCES["opencl" if isinstance(engine, OpenCLEngine) else "reference"]
    program = open_document(from_json(case["document"])).program
    run = engine.open(program)
    trace, expected = run.trace(np.arange(program.rows)), case["trace"]
    run.close()
    assert_close(trace.loss, expected["loss"], rtol, atol, "loss")
    assert trace.values.keys() == expected["nodes"].keys()
    for node_id, node in expected["nodes"].items():
        assert_close(trace.values[node_id], node["value"], rtol, atol, f"value of {node_id}")
        assert_gradient(trace.grads.get(node_id), node["grad"], rtol, atol, f"gradient of {node_id}")
    for wire in expected["wires"]:
        own = trace.wire_grads.get((wire["to"], wire["port"]))
        assert_gradient(own, wire["grad"], rtol, atol, f"gradient of the wire {wire['from']} → {wire['to']}")
    assert trace.parameters.keys() == expected["parameters"].keys()
    for parameter, value in expected["parameters"].items():
        assert_close(trace.parameters[parameter], value["value"], rtol, atol, parameter)
        assert_gradient(trace.parameter_grads.get(parameter), value["grad"], rtol, atol, f"gradient of {parameter}")


def assert_gradient(actual: Any, expected: Any, rtol: float, atol: float, what: str) -> None:
    """None is no gradient, which is not 0."""
    assert (actual is None) == (expected is None), what
    if expected is not None:
        assert_close(actual, expected, rtol, atol, what)


@pytest.mark.parametrize("name", NAMES)
def test_train(name: str, engine: Engine) -> None:
    train(name, engine)


@pytest.mark.parametrize("name", NAMES)
def test_train_in_tiles(name: str, opencl_tiles: OpenCLEngine, small_tiles: None) -> None:
    train(name, opencl_tiles)


def train(name: str, engine: Engine) -> None:
    """Train a case, and compare with what it says."""
    case = load(name)
    rtol, atol, final = TOLERANCES["opencl" if isinstance(engine, OpenCLEngine) else "reference"]
    document = from_json(case["document"])
    training, program = document.training, open_document(document).program
    order = Order(program.rows, training.batch_size, training.seed, training.shuffle)
    batches = order.batches(0, 0, training.epochs * order.steps)
    assert len(batches) == case["train"]["steps"]
    run = engine.open(program)
    losses = run.train(batches, make_optimizer(training.optimizer))
    weights = run.weights()
    run.close()
    assert_close(losses, case["train"]["loss_history"], rtol, atol, "loss history")
    for parameter, value in case["train"]["parameters"].items():
        assert_close(weights[parameter], value, final, atol, parameter)
