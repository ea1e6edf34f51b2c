"""Every optimizer gives PyTorch's numbers, on both engines and with both schedules, also where settings change on the
way."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from compute.engine import Engine, Program, Run
from compute.errors import GradwireError
from compute.optimizers import OPTIMIZERS, make_optimizer
from compute.reference import ReferenceEngine
from tests.compute.programs import assert_close, program

STEPS = 50
START = np.array([0.5, -2.0, 3.0])
Settings = dict[str, Any]

GOLDEN: list[tuple[list[Settings], list[float]]] = [
    ([{"name": "sgd"}], [0.4971783146937513, -1.99998622935371, 2.995310676499344]),
    (
        [{"name": "sgd", "learning_rate": 0.1, "weight_decay": 0.1}],
        [0.07310424017379061, -1.20894631156525, 1.14513054290788],
    ),
    (
        [{"name": "sgd", "learning_rate": 0.1, "momentum": 0.9}],
        [-0.9853098212555134, -1.991116125586716, 1.021084335852782],
    ),
    (
        [{"name": "sgd", "learning_rate": 0.1, "momentum": 0.8, "nesterov": True, "weight_decay": 0.01}],
        [-0.4251841984406602, -1.572576948382369, -2.635951005636472],
    ),
    ([{"name": "rmsprop"}], [0.2909562691367132, -1.822169888863494, 2.955843760756141]),
    (
        [{"name": "rmsprop", "learning_rate": 0.03, "decay": 0.9, "epsilon": 1e-4, "weight_decay": 0.1}],
        [0.1377678892408458, -0.4950600840046052, 2.891752680498973],
    ),
    (
        [{"name": "rmsprop", "learning_rate": 0.003, "momentum": 0.9, "weight_decay": 0.01}],
        [-0.3279021745262356, 0.07932026583977934, 2.87519541748327],
    ),
    ([{"name": "adagrad"}], [0.4794249724911241, -1.982300675726445, 2.995685967056567]),
    (
        [{"name": "adagrad", "learning_rate": 0.1, "epsilon": 1e-3, "weight_decay": 0.1}],
        [0.168456665406841, -0.9100195569708139, 2.910567151162354],
    ),
    ([{"name": "adam"}], [0.4949797267582703, -1.99688814723909, 2.997194375020572]),
    (
        [{"name": "adam", "learning_rate": 0.05, "beta1": 0.8, "beta2": 0.99, "epsilon": 1e-4, "weight_decay": 0.1}],
        [0.1617416011872016, -0.2337479565803015, 2.744161109292587],
    ),
    ([{"name": "adamw"}], [0.4947318904086373, -1.995889532109193, 2.995695641512114]),
    (
        [{"name": "adamw", "learning_rate": 0.05, "beta1": 0.8, "beta2": 0.99, "epsilon": 1e-4, "weight_decay": 0.1}],
        [0.216502091677122, -1.438661916247048, 2.180107433745741],
    ),
    (
        [{"name": "adamw", "learning_rate": 0.01, "weight_decay": 0.0}],
        [0.4497972675827036, -1.968881472390907, 2.971943750205712],
    ),
    (
        [{"name": "adam", "learning_rate": 0.05}, {"name": "adam", "learning_rate": 0.002}],
        [0.2484054915471373, -1.854953077417678, 2.898473931544991],
    ),
    (
        [
            {"name": "sgd", "learning_rate": 0.1, "momentum": 0.9},
            {"name": "sgd", "learning_rate": 0.1},
            {"name": "sgd", "learning_rate": 0.02, "momentum": 0.5, "nesterov": True},
        ],
        [-0.8849457074945106, -1.993424304871944, 18.16019729354688],
    ),
]
"""Settings, one after the other over equal shares of the steps → the parameter after the last, from ``START``."""


def gradients() -> npt.NDArray[np.float64]:
    """A gradient for each step: three frequencies and sizes, the second 0 at first, as of a unit that is dead."""
    steps = np.arange(STEPS)[:, np.newaxis]
    rows: npt.NDArray[np.float64] = np.sin(steps * [0.7, 1.1, 0.3] + [0.0, 1.0, 2.0]) * [1.0, 0.01, 10.0]
    rows[:8, 1] = 0.0
    return rows


def given_gradients() -> Program:
    """L = Σ p·x, so that the gradient of p is the row x."""
    nodes: list[tuple[str, str, Settings]] = [
        ("x", "input", {"columns": ["a", "b", "c"]}),
        ("p", "parameter", {"value": START}),
        ("y", "multiply", {}),
        ("L", "sum", {"axis": None}),
    ]
    return program(nodes, [("x", "y", "a"), ("p", "y", "b"), ("y", "L", "x")], "L", {"x": gradients()})


def named(phases: list[Settings]) -> str:
    return " then ".join(" ".join(f"{k}={v}" if k != "name" else v for k, v in phase.items()) for phase in phases)


@pytest.mark.parametrize(("phases", "expected"), GOLDEN, ids=[named(phases) for phases, _ in GOLDEN])
@pytest.mark.parametrize("name", ["reference", "opencl", "opencl_fused"])
def test_the_numbers_of_pytorch(
    name: str, phases: list[Settings], expected: list[float], request: pytest.FixtureRequest
) -> None:
    """``GOLDEN`` was made with torch.optim of PyTorch 2.13 in float64: the tensor ``START``, its ``grad`` set to a row
    of ``gradients()`` before each step, and the entries of ``param_groups`` set anew where settings change."""
    engine: Engine = ReferenceEngine() if name == "reference" else request.getfixturevalue(name)
    run = engine.open(given_gradients())
    for batches, settings in zip(np.array_split(np.arange(STEPS), len(phases)), phases, strict=True):
        run.train(list(batches.reshape(-1, 1)), make_optimizer(settings))
    assert run.step == STEPS
    weights = run.weights()["p.value"]
    run.close()
    assert_close(weights, expected, 1e-12 if name == "reference" else 1e-4, 0.0, named(phases))


def test_the_defaults_of_pytorch() -> None:
    """As its documentation gives them; Adam's and AdamW's betas are beta1 and beta2 here, RMSprop's alpha is decay."""
    found = {name: {param.name: param.default for param in cls.params} for name, cls in OPTIMIZERS.items()}
    moments = {"learning_rate": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
    assert found == {
        "sgd": {"learning_rate": 0.001, "momentum": 0.0, "nesterov": False, "weight_decay": 0.0},
        "rmsprop": {"learning_rate": 0.01, "decay": 0.99, "epsilon": 1e-8, "momentum": 0.0, "weight_decay": 0.0},
        "adagrad": {"learning_rate": 0.01, "epsilon": 1e-10, "weight_decay": 0.0},
        "adam": {**moments, "weight_decay": 0.0},
        "adamw": {**moments, "weight_decay": 0.01},
    }


@pytest.fixture(params=["reference", "opencl", "opencl_fused"])
def engine(request: pytest.FixtureRequest) -> Engine:
    found: Engine = ReferenceEngine() if request.param == "reference" else request.getfixturevalue(request.param)
    return found


def steps(run: Run, first: int, count: int, settings: Settings) -> npt.NDArray[Any]:
    """So many updates, from that row of the gradients on; the parameter then."""
    run.train([np.array([first + i]) for i in range(count)], make_optimizer(settings))
    return run.weights()["p.value"]


@pytest.mark.parametrize("before", OPTIMIZERS)
@pytest.mark.parametrize("after", OPTIMIZERS)
def test_another_optimizer_knows_nothing_of_the_one_before(before: str, after: str, engine: Engine) -> None:
    """It goes on from the weights, as if training began there; the same one goes on with what it remembers."""
    first = {"name": before, "learning_rate": 0.05} | ({"momentum": 0.9} if before in ("sgd", "rmsprop") else {})
    then = {"name": after, "learning_rate": 0.05} | ({"momentum": 0.9} if after in ("sgd", "rmsprop") else {})
    run, fresh = engine.open(given_gradients()), engine.open(given_gradients())
    weights = steps(run, 0, 10, first)
    fresh.set_weights({"p.value": weights})
    after_both, alone = steps(run, 10, 5, then), steps(fresh, 10, 5, then)
    assert run.step == (5 if before != after else 15)
    assert np.array_equal(after_both, alone) == (before != after)
    run.close()
    fresh.close()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_learning_rate_acts_at_once_and_nothing_is_forgotten(name: str, engine: Engine) -> None:
    """Rate 0 stands still, but the gradients of those steps are remembered."""
    moving, still = {"name": name, "learning_rate": 0.1}, {"name": name, "learning_rate": 0.0}
    run, other = engine.open(given_gradients()), engine.open(given_gradients())
    weights = steps(run, 0, 10, moving)
    np.testing.assert_array_equal(steps(run, 10, 10, still), weights)
    steps(other, 0, 10, moving)
    changed = steps(run, 20, 1, moving) - weights
    if name == "sgd":
        np.testing.assert_allclose(changed, -0.1 * gradients()[20], rtol=1e-5, atol=1e-6)
    else:
        assert (run.step, other.step) == (21, 10)
        assert np.all(changed != steps(other, 20, 1, moving) - weights)
    run.close()
    other.close()


def test_all_that_a_kernel_needs_of_many_steps_at_once() -> None:
    """Powers of many exponents at once may be rounded otherwise than one alone, by an ulp of beta ** t, which is at
    most that of 1. In 1 - beta ** t, which is at least 1 - beta, that is so many times as much."""
    for name in OPTIMIZERS:
        optimizer = make_optimizer({"name": name, "weight_decay": 0.1})
        ulps = 1 / (1 - max(optimizer.values.get(beta, 0.0) for beta in ("beta1", "beta2")))
        assert ulps < 1001
        many = optimizer.scalars(np.arange(1, 9))
        for t in range(1, 9):
            for scalar, value in optimizer.scalars(t).items():
                found = np.broadcast_to(many[scalar], 8)[t - 1]
                np.testing.assert_allclose(found, value, rtol=(4 + ulps) * np.finfo(np.float64).eps)


def test_kernels_say_what_their_numbers_are() -> None:
    text = make_optimizer({"name": "adamw"}).c_update
    assert "// k1 = 1 - learning_rate * weight_decay\n" in text
    assert "\nv = beta2 * v + k3 * (g * g);\n" in text
    assert "v_hat" not in text


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "lion"}, "there is no optimizer 'lion'; choose one of sgd, rmsprop, adagrad, adam, adamw."),
        ({"name": ["adam"]}, "there is no optimizer ['adam']; choose one of sgd, rmsprop, adagrad, adam, adamw."),
        ({"name": "rmsprop", "decay": 1.5}, "decay must be at most 1."),
        ({"name": "rmsprop", "momentum": -0.1}, "momentum must be at least 0."),
        ({"name": "adagrad", "epsilon": -1e-10}, "epsilon must be at least 0."),
        ({"name": "adamw", "beta2": 1.0}, "beta2 must be at most 0.999999."),
        ({"name": "adamw", "weight_decay": float("nan")}, "weight_decay must be a finite number."),
        ({"name": "sgd", "nesterov": 1}, "nesterov must be true or false."),
    ],
)
def test_wrong_settings_are_refused(settings: Settings, message: str) -> None:
    with pytest.raises(GradwireError) as refused:
        make_optimizer(settings)
    assert str(refused.value) == f"training.optimizer: {message}"
