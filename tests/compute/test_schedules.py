"""Schedules, warm-up and clipping give PyTorch's numbers, on both engines and with both schedules of launches."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from compute.batches import Order
from compute.document import TrainingSettings
from compute.engine import Engine
from compute.errors import GradwireError
from compute.optimizers import Clipping, make_optimizer, norm_of
from compute.reference import ReferenceEngine
from compute.schedules import BLOCK, SCHEDULES, Course, course_of, make_schedule, next_optimizer, optimizer_of
from compute.state import OptimizerState, Place, Progress
from compute.training import Trainer
from tests.compute.opencl.test_engine import batches, classifier
from tests.compute.programs import assert_close, program
from tests.compute.test_optimizers import STEPS, given_gradients

Settings = dict[str, Any]


def step_lr(base: float, steps: int, step_size: int, gamma: float) -> list[float]:
    """As StepLR goes on from the rate before."""
    rates = [base]
    for s in range(1, steps):
        rates.append(rates[-1] * gamma if s % step_size == 0 else rates[-1])
    return rates


def cosine_annealing_lr(base: float, steps: int, t_max: int, eta_min: float) -> list[float]:
    """As CosineAnnealingLR goes on from the rate before."""
    rates = [base]
    for s in range(1, steps):
        above, below = 1 + math.cos(math.pi * s / t_max), 1 + math.cos(math.pi * (s - 1) / t_max)
        rates.append(above / below * (rates[-1] - eta_min) + eta_min)
    return rates


def linear_lr(base: float, steps: int, total_iters: int, start_factor: float) -> list[float]:
    """As LinearLR goes on from the rate before, up to the factor 1."""
    rates = [base * start_factor]
    for s in range(1, steps):
        change = (1 - start_factor) / (total_iters * start_factor + (s - 1) * (1 - start_factor))
        rates.append(rates[-1] * (1 + change) if s <= total_iters else rates[-1])
    return rates


def one_cycle_lr(top: float, total: int, pct_start: float, div: float, final_div: float) -> list[float]:
    """As OneCycleLR works out each step, with its two phases."""
    phases = [
        (float(pct_start * total) - 1, top / div, top),
        (float(total) - 1, top, top / div / final_div),
    ]
    rates = []
    for s in range(total):
        start = 0.0
        for i, (end, low, high) in enumerate(phases):
            if s <= end or i == len(phases) - 1:
                part = (s - start) / (end - start)
                rates.append(high + (low - high) / 2.0 * (math.cos(math.pi * part) + 1))
                break
            start = end
    return rates


N, EPOCHS, BASE = 5, 8, 0.2
"""Steps an epoch, epochs, and the learning rate of the optimizer."""
EXPECTED: list[tuple[Settings, list[float]]] = [
    ({"name": "step", "step_size": 3, "gamma": 0.5}, step_lr(BASE, 40, 15, 0.5)),
    ({"name": "cosine", "min_rate": 0.01}, cosine_annealing_lr(BASE, 40, 40, 0.01)),
    ({"name": "constant", "warmup": 2, "warmup_start": 0.25}, linear_lr(BASE, 40, 10, 0.25)),
    (
        {"name": "cosine", "warmup": 2, "warmup_start": 0.25},
        linear_lr(BASE, 10, 10, 0.25) + cosine_annealing_lr(BASE, 30, 30, 0.0),
    ),
    ({"name": "step", "step_size": 1, "warmup": 1}, linear_lr(BASE, 5, 5, 0.1) + step_lr(BASE, 35, 5, 0.1)),
    ({"name": "one_cycle"}, one_cycle_lr(BASE, 40, 0.3, 25.0, 1e4)),
    (
        {"name": "one_cycle", "rise": 0.1, "div_factor": 10, "final_div_factor": 100},
        one_cycle_lr(BASE, 40, 0.1, 10, 100),
    ),
    ({"name": "one_cycle", "rise": 0.0}, one_cycle_lr(BASE, 40, 0.0, 25.0, 1e4)),
]


def course(settings: Settings, n: int = N, epochs: int = EPOCHS, base: float = BASE) -> Course:
    return Course(make_schedule(settings), base, n, epochs)


def named(settings: Mapping[str, Any]) -> str:
    return " ".join(str(value) if key == "name" else f"{key}={value}" for key, value in settings.items())


@pytest.mark.parametrize(("settings", "expected"), EXPECTED, ids=[named(settings) for settings, _ in EXPECTED])
def test_the_rates_of_pytorch(settings: Settings, expected: list[float]) -> None:
    """Written down from torch.optim.lr_scheduler, where each rate follows from the one before."""
    found = course(settings).rates(0, len(expected))
    assert found is not None
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


def test_a_schedule_that_is_over_stays_and_decay_goes_on() -> None:
    assert course({"name": "cosine", "min_rate": 0.01}).rate(1000) == pytest.approx(0.01)
    assert course({"name": "one_cycle"}).rate(1000) == course({"name": "one_cycle"}).rate(39)
    assert course({"name": "step", "step_size": 3, "gamma": 0.5}).rate(60) == pytest.approx(BASE / 16)
    assert course({"name": "constant"}).rates(0, 4) is None
    assert course({"name": "constant"}).rate(3) == BASE


@pytest.mark.parametrize("settings", [settings for settings, _ in EXPECTED], ids=named)
def test_a_rate_depends_on_its_step_alone(settings: Settings) -> None:
    """To the last bit, however steps are cut; and what the walk would work out is the same number."""
    found = course(settings, 100, 30)
    whole = found.rates(0, 3 * BLOCK)
    assert whole is not None
    random = np.random.default_rng(1)
    for first, count in random.integers(1, BLOCK, (20, 2)).tolist():
        np.testing.assert_array_equal(found.rates(first, count), whole[first : first + count])
    for step in (0, 1, 99, 250, 899, 900, 2999):
        assert found.rate(step) == whole[step]
        stage, letters = found.at(step)
        assert stage.rate.value(letters) == pytest.approx(whole[step], rel=1e-13)


@pytest.mark.parametrize("total", [1, 2, 3, 4, 10])
def test_a_cycle_of_few_steps_is_finite(total: int) -> None:
    found = course({"name": "one_cycle", "rise": 0.1}, 1, total).rates(0, total + 2)
    assert found is not None
    assert np.isfinite(found).all()


@pytest.mark.parametrize("cls", SCHEDULES.values(), ids=SCHEDULES)
def test_every_schedule_says_what_it_does(cls: Any) -> None:
    assert cls.title
    assert cls.help.endswith(".")
    assert cls.source.endswith("LR")
    assert all(param.help.endswith(".") for param in cls.params)
    assert cls.stages[-1].last is None


def test_wrong_schedules_are_refused() -> None:
    wrong: list[tuple[Settings, str]] = [
        ({"name": "magic"}, "there is no schedule 'magic'; choose one of constant, step, cosine, one_cycle."),
        ({"name": "step", "gamma": "x"}, "gamma must be a finite number."),
        ({"name": ["step"]}, "there is no schedule ['step']; choose one of constant, step, cosine, one_cycle."),
        ({"name": "one_cycle", "rise": 2}, "rise must be at most 1."),
    ]
    for given, message in wrong:
        with pytest.raises(GradwireError) as refused:
            make_schedule(given)
        assert str(refused.value) == f"training.schedule: {message}"


# -- training ---------------------------------------------------------------------------------------------------------


def adam(training: TrainingSettings) -> list[npt.NDArray[np.float64]]:
    """The parameter after each step, by the formulas of Adam, clip_grad_norm_ and clip_grad_value_."""
    order = Order(STEPS, training.batch_size, 0, False)
    rows = given_gradients().train["x"]
    p, m, v = np.array([0.5, -2.0, 3.0]), np.zeros(3), np.zeros(3)
    out = []
    for t in range(1, training.epochs * order.steps + 1):
        g = rows[(t - 1) % STEPS].copy()
        if training.clip_norm:
            g *= min(1.0, training.clip_norm / (math.sqrt(float((g**2).sum())) + 1e-6))
        if training.clip_value:
            g = np.clip(g, -training.clip_value, training.clip_value)
        rate = cosine_annealing_lr(0.05, t, training.epochs * order.steps, 0.0)[-1]
        m += (1 - 0.9) * (g - m)
        v = 0.999 * v + (1 - 0.999) * g**2
        p = p - rate / (1 - 0.9**t) * m / (np.sqrt(v) / math.sqrt(1 - 0.999**t) + 1e-8)
        out.append(p)
    return out


@pytest.fixture(params=["reference", "opencl", "opencl_fused"])
def engine(request: pytest.FixtureRequest) -> Engine:
    found: Engine = ReferenceEngine() if request.param == "reference" else request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize(
    ("norm", "value"), [(0.0, 0.0), (2.0, 0.0), (0.0, 0.5), (2.0, 0.5)], ids=["free", "norm", "value", "both"]
)
def test_training_goes_by_the_rate_of_each_step_and_clips(norm: float, value: float, engine: Engine) -> None:
    training = TrainingSettings(
        "L",
        {"name": "adam", "learning_rate": 0.05},
        batch_size=1,
        epochs=2,
        shuffle=False,
        schedule={"name": "cosine"},
        clip_norm=norm,
        clip_value=value,
    )
    expected = adam(training)
    given = given_gradients()
    run = engine.open(given)
    trainer = Trainer(given, training, run)
    for steps in (7, 13, 57):  # in the second epoch too
        while trainer.step < steps:
            trainer.step_batch()
        assert_close(run.weights()["p.value"], expected[trainer.step - 1], 1e-4, 1e-6, f"step {trainer.step}")
    while not trainer.finished:
        trainer.train(1.0)
    assert_close(run.weights()["p.value"], expected[-1], 2e-4, 1e-6, "the last step")
    run.close()


@pytest.mark.parametrize("kind", ["opencl_double", "opencl_fused_double", "opencl_as_gpu"])
def test_clipping_on_devices_is_as_the_reference(kind: str, request: pytest.FixtureRequest) -> None:
    engine: Engine = request.getfixturevalue(kind)
    tolerance = 1e-8 if "double" in kind else 1e-4
    for name, clipping in [("sgd", Clipping(0.05)), ("adamw", Clipping(0.0, 0.01)), ("sgd", Clipping(0.3, 0.02))]:
        optimizer = make_optimizer({"name": name, "learning_rate": 0.2}, clipping)
        run, reference, free = engine.open(classifier()), ReferenceEngine().open(classifier()), ReferenceEngine()
        unclipped = free.open(classifier())
        rates = np.linspace(0.3, 0.01, 7)
        losses = reference.train(batches(7), optimizer, rates)
        unclipped.train(batches(7), make_optimizer({"name": name, "learning_rate": 0.2}), rates)
        assert_close(run.train(batches(7), optimizer, rates), losses, tolerance, tolerance, name)
        for parameter, weight in reference.weights().items():
            assert_close(run.weights()[parameter], weight, tolerance, tolerance, f"{parameter} {name}")
            assert np.abs(weight - unclipped.weights()[parameter]).max() > 1e-3
        run.close()


def test_a_norm_of_many_gradients_is_summed_in_parts(opencl: Engine, opencl_as_gpu: Engine) -> None:
    """Where there are thousands of them."""
    random = np.random.default_rng(0)
    nodes: list[tuple[str, str, Settings]] = [
        ("x", "input", {"columns": [f"c{i}" for i in range(90)]}),
        ("h", "dense", {"units": 61}),
        ("L", "mean", {"axis": None}),
    ]
    wide = program(nodes, [("x", "h", "x"), ("h", "L", "x")], "L", {"x": random.normal(size=(9, 90))})
    optimizer = make_optimizer({"name": "sgd", "learning_rate": 1.0}, Clipping(0.001))
    reference = ReferenceEngine().open(wide)
    gradient = reference.trace(np.arange(9)).parameter_grads
    reference.train([np.arange(9)], optimizer)
    for engine in (opencl, opencl_as_gpu):
        run = engine.open(wide)
        run.train([np.arange(9)], optimizer)
        moved = {name: wide.weights[name] - weight for name, weight in run.weights().items()}
        assert norm_of(moved.values()) == pytest.approx(0.001, rel=1e-2)
        assert_close(moved["h.bias"], gradient["h.bias"] * (0.001 / norm_of(gradient.values())), 1e-2, 1e-8, "bias")
        run.close()


def test_no_clipping_no_other_kernel() -> None:
    free = make_optimizer({"name": "adam"})
    assert free.form == ("adam", False, False)
    assert "clip" not in free.c_update
    assert "clip" in make_optimizer({"name": "adam"}, Clipping(1.0)).c_update
    assert free.scalars(1).keys() == optimizer_of(TrainingSettings("L", {"name": "adam"})).scalars(1).keys()


def test_the_next_update_has_the_rate_of_its_step() -> None:
    training = TrainingSettings("L", {"name": "sgd", "learning_rate": 1.0}, 10, 4, schedule={"name": "cosine"})
    order = Order(35, 10, 0, True)
    at = Progress(epochs=2, steps=9, place=Place(order, 1, 0.0, 10), optimizer=OptimizerState("sgd", 9))
    found = next_optimizer(training, at, 35)
    assert found.values["learning_rate"] == course_of(training, optimizer_of(training), 4, 4).rate(9)
    assert found.values["learning_rate"] == pytest.approx((1 + math.cos(math.pi * 9 / 16)) / 2)
    assert found.shown[0].name == "learning_rate"
    assert found.words == "That is the rate of step 9, from 0, by the schedule (cosine)."
    # More epochs stretch it.
    longer = next_optimizer(training, at, 35, 8).values["learning_rate"]
    assert longer == pytest.approx((1 + math.cos(math.pi * 9 / 32)) / 2)
    plain = next_optimizer(replace(training, schedule={"name": "constant"}), at, 35)
    assert (plain.values["learning_rate"], plain.shown, plain.words) == (1.0, (), "")
