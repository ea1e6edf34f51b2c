"""What differs between training and use: dropout and the norms, on both engines, against PyTorch's numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from compute.draws import key_of, uniform
from compute.engine import Engine, Program
from compute.opencl.engine import OpenCLEngine
from compute.optimizers import make_optimizer
from compute.reference import ReferenceEngine
from tests.compute.programs import assert_close, program

SGD = make_optimizer({"name": "sgd", "learning_rate": 0.1})
ROWS = np.arange(4)


BATCH_NORM: dict[str, Any] = {
    "losses": [1.999969729582, 1.742199619569, 1.517658178382],
    "h.weight": [[0.0999941573, 0.199997149371, 0.299998424907], [0.399982547516, 0.499992334925, 0.599996014509]],
    "n.weight": [0.813044470082, 0.813041361599, 0.813039849656],
    "n.bias": [0.186962962963, 0.186962962963, 0.186962962963],
    "n.running_mean": [0.070226904151, 0.100371018058, 0.130514656002],
    "n.running_var": [0.820594592086, 0.88662638446, 0.971518837162],
    "evaluated": [
        [-0.190188819651, -0.245079662413, -0.291881842452],
        [0.97654352473, 1.222772049946, 1.440327914814],
        [0.348304706876, 0.350695220087, 0.351509949538],
        [0.240604620491, 0.298888918814, 0.351510362947],
    ],
}
LAYER_NORM: dict[str, Any] = {
    "losses": [1.999322260843, 1.671756339778, 1.373711182178],
    "h.weight": [[0.103517468885, 0.222196179884, 0.474286351232], [0.372555728828, 0.687503050723, 0.639941220449]],
    "n.weight": [0.688046909576, 0.801160301352, 0.964612284673],
    "n.bias": [0.294188569266, 0.180150092788, 0.075691939204],
}


@pytest.fixture(params=["reference", "opencl", "opencl_fused", "opencl_as_gpu"])
def engine(request: pytest.FixtureRequest) -> Engine:
    found: Engine = ReferenceEngine() if request.param == "reference" else request.getfixturevalue(request.param)
    return found


def tolerance(engine: Engine) -> float:
    return 1e-4 if isinstance(engine, OpenCLEngine) else 1e-9


def network(op: str, settings: dict[str, float], rows: Any, seed: int = 0) -> Program:
    """x → dense 3 → op → squared error against y."""
    nodes: list[tuple[str, str, dict[str, Any]]] = [
        ("x", "input", {"columns": ["a", "b"]}),
        ("h", "dense", {"units": 3}),
        ("n", op, dict(settings)),
        ("y", "target", {"columns": ["c", "d", "e"]}),
        ("L", "mean_squared_error", {}),
    ]
    wires = [("x", "h", "x"), ("h", "n", "x"), ("n", "L", "prediction"), ("y", "L", "target")]
    made = program(nodes, wires, "L", {"x": rows, "y": np.ones((len(rows), 3))})
    return Program(made.analysis, "L", made.weights, made.train, rows=made.rows, seed=seed)


DATA = np.array([[0.5, -1.0], [1.5, 2.0], [-0.3, 0.7], [0.9, 0.1]])


def test_the_draws_are_uniform_and_follow_from_key_step_and_index_alone() -> None:
    many = uniform(key_of(3, "node"), 5, (400, 500))
    assert many.min() >= 0.0
    assert many.max() < 1.0
    assert many.mean() == pytest.approx(0.5, abs=3e-3)
    assert np.histogram(many, 16)[0] == pytest.approx(many.size / 16, rel=0.05)
    # Neighbours, steps, keys and seeds have nothing to do with each other.
    others = [
        many[:, 1:].ravel(),
        uniform(key_of(3, "node"), 6, (400, 500)),
        uniform(key_of(3, "other"), 5, (400, 500)),
    ]
    others.append(uniform(key_of(4, "node"), 5, (400, 500)))
    for other in others:
        assert abs(np.corrcoef(many.ravel()[: other.size], other.ravel())[0, 1]) < 0.01
    assert np.array_equal(uniform(key_of(3, "node"), 5, (20,)), many.ravel()[:20])


def test_dropout_drops_in_training_and_passes_on_outside(engine: Engine) -> None:
    made = network("dropout", {"rate": 0.4}, DATA, seed=7)
    run = engine.open(made)
    trace = run.trace(ROWS)
    kept = uniform(key_of(7, "n"), 0, (4, 3)) >= 0.4
    assert 0 < kept.sum() < 12
    assert_close(trace.values["n"], trace.values["h"] * kept / 0.6, 1e-6, 1e-7, "value")
    assert_close(trace.wire_grads["n", "x"], trace.grads["n"] * kept / 0.6, 1e-6, 1e-7, "gradient")
    outside = run.outputs(made.train, ["h", "n"])
    assert np.array_equal(outside["n"], outside["h"])
    again = run.trace(ROWS)
    assert np.array_equal(again.values["n"], trace.values["n"])
    run.close()


def test_every_step_draws_anew_and_all_engines_draw_the_same(engine: Engine) -> None:
    made = network("dropout", {"rate": 0.5}, DATA, seed=1)
    mine, reference = engine.open(made), ReferenceEngine().open(made)
    # In two parts, as the step that is drawn for counts from the run's beginning.
    losses = np.concatenate([mine.train([ROWS] * 3, SGD), mine.train([ROWS] * 5, SGD)])
    expected = reference.train([ROWS] * 8, SGD)
    assert_close(losses, expected, tolerance(engine), 1e-5, "losses")
    assert len(set(np.round(expected, 6))) == 8
    for name, weight in reference.weights().items():
        assert_close(mine.weights()[name], weight, 1e-3, 1e-5, name)
    mine.close()


def test_batch_norm_is_pytorchs(engine: Engine) -> None:
    """torch.nn.BatchNorm1d(3) between Linear(2, 3) and MSELoss against ones, float64, SGD 0.1, two steps over all of
    DATA, then one over its first three rows; weights of the layer (0.1, 0.2, …), bias 0."""
    made = network("batch_norm", {}, DATA)
    weights = {"h.weight": np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]), "h.bias": np.zeros(3)}
    run = engine.open(made)
    run.set_weights(weights)
    losses = run.train([ROWS, ROWS, ROWS[:3]], SGD)
    now = run.weights()
    rtol = tolerance(engine)
    assert_close(losses, BATCH_NORM["losses"], rtol, 1e-5, "losses")
    for name in ("h.weight", "n.weight", "n.bias", "n.running_mean", "n.running_var"):
        assert_close(now[name], BATCH_NORM[name], rtol, 1e-5, name)
    # Outside of training the running statistics stand for the batch's.
    assert_close(run.outputs(made.train, ["n"])["n"], BATCH_NORM["evaluated"], rtol, 1e-5, "evaluated")
    run.close()


def test_layer_norm_is_pytorchs(engine: Engine) -> None:
    """The same with torch.nn.LayerNorm(3)."""
    made = network("layer_norm", {}, DATA)
    run = engine.open(made)
    run.set_weights({"h.weight": np.array([[0.1, 0.2, 0.5], [0.4, 0.7, 0.6]]), "h.bias": np.zeros(3)})
    losses = run.train([ROWS, ROWS, ROWS[:3]], SGD)
    now = run.weights()
    assert_close(losses, LAYER_NORM["losses"], tolerance(engine), 1e-5, "losses")
    for name in ("h.weight", "n.weight", "n.bias"):
        assert_close(now[name], LAYER_NORM[name], tolerance(engine), 1e-5, name)
    run.close()


def test_looking_leaves_the_running_statistics_alone(engine: Engine) -> None:
    run = engine.open(network("batch_norm", {}, DATA))
    before = run.weights()
    trace = run.trace(ROWS)
    assert not {"n.running_mean", "n.running_var"} & trace.parameter_grads.keys()
    assert {"n.running_mean", "n.running_var", "n.weight", "n.bias"} <= trace.parameters.keys()
    for name, weight in run.weights().items():
        assert np.array_equal(weight, before[name]), name
    run.close()


def test_a_batch_of_one_row_is_normalised_to_the_bias(engine: Engine) -> None:
    run = engine.open(network("batch_norm", {}, DATA))
    run.set_weights({"n.bias": np.array([0.5, -1.0, 2.0])})
    assert_close(run.trace(ROWS[:1]).values["n"], [[0.5, -1.0, 2.0]], 1e-6, 1e-7, "value")
    assert np.isfinite(run.train([ROWS[:1]], SGD)).all()
    assert all(np.isfinite(weight).all() for weight in run.weights().values())
    run.close()
