"""The update of a weight is opened line by line, for every optimizer, with the numbers that the engine computes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from compute import latex
from compute.explain import Step
from compute.explain.updates import SYMBOLS
from compute.optimizers import OPTIMIZERS, Optimizer, make_optimizer
from tests.compute import board
from tests.compute.explained import Case, mazur, neuron

SLOPE = r"\frac{\partial L}{\partial W_{0,0}}"
Options = dict[str, Any]


def every_form(cls: type[Optimizer]) -> Iterator[Options]:
    """Settings with which each of an optimizer's lines is there, and is not."""
    asked = sorted({name for line in cls.lines for name in (*line.on, *line.off)})
    for on in itertools.product((False, True), repeat=len(asked)):
        chosen = zip(asked, on, strict=True)
        yield {"name": cls.name, **{name: wanted if name == "nesterov" else 0.25 * wanted for name, wanted in chosen}}


FORMS = [form for cls in OPTIMIZERS.values() for form in every_form(cls)]


def named(form: Options) -> str:
    return " ".join([form["name"], *(key for key, value in form.items() if key != "name" and value)])


def opened(optimizer: Options, known: Case | None = None, **options: Any) -> Step:
    """The step that updates the neuron's weight 3, whose gradient is −8."""
    steps = (known or neuron()).walk(optimizer, **options)
    return next(s for s in steps if s.phase == "update")


def written(formula: str) -> list[str]:
    """The equations of an aligned formula, without what aligns them."""
    equations: list[str] = []
    for line in formula.removeprefix(r"\begin{aligned}").removesuffix(r"\end{aligned}").split(r" \\ "):
        left, _, right = line.partition("&")
        if left.strip():
            equations.append(left + right)
        else:
            equations[-1] += f" {right}"
    return equations


@pytest.mark.parametrize("form", FORMS, ids=named)
def test_the_walk_moves_as_the_engine_does(form: Options) -> None:
    """Bit for bit, over three updates, with what the run remembers."""
    known = mazur()
    state: Mapping[str, Mapping[str, Any]] = {}
    for done in range(3):
        steps = known.walk(form, optimizer_state=state, updates_done=done)
        moved = {s.told[0].weight: (s.entries[0], s.answers[0]) for s in steps if s.phase == "update"}
        known.run.train([np.arange(1)], make_optimizer(form))
        state = known.run.state().optimizer.arrays
        for name, (entry, answer) in moved.items():
            assert answer.value == known.run.weights()[name][entry], name
            after = {part.name.split()[0]: part.value for part in answer.parts[2:]}
            assert after == {key: state[name][key][entry] for key in after}
        known.trace = known.run.trace(np.arange(1))


@pytest.mark.parametrize("form", FORMS, ids=named)
def test_the_lines_are_right_at_the_board_and_can_be_drawn(form: Options) -> None:
    """What is written with numbers, worked out, is what the optimizer computes, also where it is written otherwise."""
    state = {"n.weight": {"m": np.array([[-1.5]]), "v": np.array([[2.0]])}}
    step = opened(form, optimizer_state=state, updates_done=2)
    equations = board.sides(step.numbers)
    lines = make_optimizer(form).used
    assert len(equations) == len(lines) == len(written(step.rule))
    for equation in equations:
        results = [board.work_out(side) for side in equation]
        assert results == pytest.approx([results[-1]] * len(results), rel=2e-3), step.numbers
    assert written(step.rule)[-1].startswith("W_{0,0} := W_{0,0} ")
    assert [rule.partition(" =")[0] for rule in written(step.rule)].count(r"\Delta W_{0,0}") == 1
    for formula in (step.rule, step.numbers):
        assert latex.svg(formula).startswith(b"<svg")


@pytest.mark.parametrize("cls", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_every_letter_has_a_symbol(cls: type[Optimizer]) -> None:
    letters = {param.name for param in cls.params} | {line.name for line in cls.lines} | {*cls.state}
    assert {name for name in letters - {"change", "nesterov"} if len(name) > 1} <= SYMBOLS.keys()


def test_sgd_is_the_formula_of_the_lecture() -> None:
    step = opened({"name": "sgd", "learning_rate": 0.05})
    assert written(step.rule) == [
        rf"\Delta W_{{0,0}} = -\alpha\,{SLOPE}",
        rf"W_{{0,0}} := W_{{0,0}} - \alpha\,{SLOPE}",
    ]
    assert written(step.numbers) == [
        r"\Delta W_{0,0} = -0.05 \cdot (-8) = 0.4",
        r"W_{0,0} := 3 - 0.05 \cdot (-8) = 3.4",
    ]
    assert step.sentence == (
        "n.weight[0, 0] goes up by 0.4, against its gradient −8, with the learning rate 0.05: 3 becomes 3.4."
    )


def test_momentum_and_weight_decay_are_written_out() -> None:
    sgd = {"name": "sgd", "learning_rate": 0.1, "momentum": 0.5, "weight_decay": 0.25}
    state = {"n.weight": {"m": np.array([[2.0]])}}
    step = opened(sgd, optimizer_state=state, updates_done=4)
    assert written(step.rule) == [
        rf"g = {SLOPE} + \lambda\,W_{{0,0}}",
        r"m := \mu\,m + g",
        r"\Delta W_{0,0} = -\alpha\,m",
        r"W_{0,0} := W_{0,0} + \Delta W_{0,0}",
    ]
    assert written(step.numbers) == [
        r"g = -8 + 0.25 \cdot 3 = -7.25",
        r"m := 0.5 \cdot 2 + (-7.25) = -6.25",
        r"\Delta W_{0,0} = -0.1 \cdot (-6.25) = 0.625",
        r"W_{0,0} := 3 + 0.625 = 3.625",
    ]
    assert step.answers[0].value == pytest.approx(3.625)
    assert [(part.name, part.value) for part in step.answers[0].parts[2:]] == [("m (after this step)", -6.25)]
    ahead = opened({**sgd, "nesterov": True, "weight_decay": 0.0}, optimizer_state=state, updates_done=4)
    assert written(ahead.rule)[1] == rf"\Delta W_{{0,0}} = -\alpha\,\left({SLOPE} + \mu\,m\right)"
    assert written(ahead.numbers)[1] == r"\Delta W_{0,0} = -0.1 \cdot (-8 + 0.5 \cdot (-7)) = 1.15"


def test_adam_writes_out_its_moments_and_their_corrections() -> None:
    state = {"n.weight": {"m": np.array([[2.0]]), "v": np.array([[5.0]])}}
    step = opened({"name": "adam", "learning_rate": 0.1}, optimizer_state=state, updates_done=2)
    assert written(step.rule) == [
        rf"g = {SLOPE}",
        r"m := \beta_1\,m + (1 - \beta_1)\,g",
        r"v := \beta_2\,v + (1 - \beta_2)\,g^2",
        r"\hat{m} = \frac{m}{1 - \beta_1^{t}}",
        r"\hat{v} = \frac{v}{1 - \beta_2^{t}}",
        r"\Delta W_{0,0} = -\alpha\,\frac{\hat{m}}{\sqrt{\hat{v}} + \epsilon}",
        r"W_{0,0} := W_{0,0} + \Delta W_{0,0}",
    ]
    assert written(step.numbers) == [
        "g = -8",
        r"m := 0.9 \cdot 2 + 0.1 \cdot (-8) = 1",
        r"v := 0.999 \cdot 5 + 0.001 \cdot (-8)^2 = 5.059",
        r"\hat{m} = \frac{1}{1 - 0.9^{3}} = 3.69",
        r"\hat{v} = \frac{5.059}{1 - 0.999^{3}} = 1688",
        r"\Delta W_{0,0} = -0.1 \cdot \frac{3.69}{\sqrt{1688} + 10^{-8}} = -0.008981",
        r"W_{0,0} := 3 + (-0.008981) = 2.991",
    ]
    assert step.sentence == (
        "n.weight[0, 0] goes down by 0.008981, along its gradient −8, with the learning rate 0.1: 3 becomes 2.991."
    )


def test_an_update_that_changes_nothing_says_so() -> None:
    step = opened({"name": "adam", "learning_rate": 0.0})
    assert step.sentence == "n.weight[0, 0] stays at 3: this update changes nothing."
