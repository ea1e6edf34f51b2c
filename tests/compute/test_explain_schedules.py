"""The update of a weight says which learning rate its step has, and what clipping did to the gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from compute import latex
from compute.document import TrainingSettings
from compute.explain import Step, walk
from compute.explain.updates import SYMBOLS
from compute.expression import names_of
from compute.optimizers import Optimizer
from compute.schedules import SCHEDULES, next_optimizer
from compute.state import Progress
from tests.compute import board
from tests.compute.explained import Case, mazur, neuron
from tests.compute.test_explain_updates import written

SCHEDULED: list[tuple[dict[str, Any], int]] = [
    ({"name": "step", "step_size": 3.0}, 7),
    ({"name": "cosine", "min_rate": 0.01}, 3),
    ({"name": "cosine", "warmup": 5.0}, 2),
    ({"name": "constant", "warmup": 5.0, "warmup_start": 0.5}, 4),
    ({"name": "one_cycle"}, 1),
    ({"name": "one_cycle"}, 6),
]


def at(epoch: int, **training: Any) -> Optimizer:
    """The optimizer after so many epochs of one step each."""
    settings = TrainingSettings("L", {"name": "sgd", "learning_rate": 0.05}, epochs=10, **training)
    return next_optimizer(settings, Progress(epochs=epoch, steps=epoch), 1)


def update(known: Case, optimizer: Optimizer) -> Step:
    steps = walk(known.graph, known.analysis, known.loss, known.trace, optimizer)
    return next(s for s in steps if s.phase == "update")


def assert_right_at_the_board(step: Step) -> None:
    for equation in board.sides(step.numbers):
        results = [board.work_out(side) for side in equation]
        assert results == pytest.approx([results[-1]] * len(results), rel=4e-3), step.numbers
    for formula in (step.rule, step.numbers):
        assert latex.svg(formula).startswith(b"<svg")


@pytest.mark.parametrize(("schedule", "epoch"), SCHEDULED, ids=[f"{s['name']} {epoch}" for s, epoch in SCHEDULED])
def test_the_walk_says_where_the_rate_comes_from(schedule: dict[str, Any], epoch: int) -> None:
    """And moves the weight as the engine does."""
    optimizer, known = at(epoch, schedule=schedule), neuron()
    step = update(known, optimizer)
    assert_right_at_the_board(step)
    rate = optimizer.values["learning_rate"]
    assert written(step.rule)[0].startswith(r"\alpha = ")
    assert step.sentence.startswith(f"n.weight[0, 0] goes up by {8 * rate:.4g}"[:30])
    assert f"That is the rate of step {epoch}, from 0, by the " in step.sentence
    known.run.train([np.arange(1)], optimizer)
    assert step.answers[0].value == known.run.weights()["n.weight"][0, 0]
    assert any(part.name.startswith("α₀") and part.value == 0.05 for part in step.answers[0].parts)


@pytest.mark.parametrize(
    ("clipping", "words"),
    [
        ({"clip_norm": 1.0}, "Before that, all gradients were scaled by 0.1118, as their norm is 8.944."),
        ({"clip_value": 0.5}, "Before that, this one was cut to 0.5."),
        (
            {"clip_norm": 4.0, "clip_value": 1.5},
            "Before that, all gradients were scaled by 0.4472, as their norm is 8.944, and this one was cut to 1.5.",
        ),
        ({"clip_norm": 100.0, "clip_value": 100.0}, ""),
    ],
    ids=["norm", "value", "both", "neither needed"],
)
def test_the_walk_says_what_clipping_did(clipping: dict[str, float], words: str) -> None:
    """The neuron's gradients are −8 and −4, of norm √80."""
    optimizer, known = at(0, **clipping), neuron()
    step = update(known, optimizer)
    assert_right_at_the_board(step)
    assert step.sentence.endswith(words or "becomes 3.4.")
    known.run.train([np.arange(1)], optimizer)
    assert step.answers[0].value == known.run.weights()["n.weight"][0, 0]
    assert any("norm of all" in part.name for part in step.answers[0].parts) == ("clip_norm" in clipping)


def test_every_update_of_a_walk_is_that_of_the_engine() -> None:
    """With all at once, bit for bit."""
    optimizer, known = at(3, schedule={"name": "cosine"}, clip_norm=0.1, clip_value=0.03), mazur()
    steps = walk(known.graph, known.analysis, known.loss, known.trace, optimizer)
    moved = {s.told[0].weight: (s.entries[0], s.answers[0].value) for s in steps if s.phase == "update"}
    known.run.train([np.arange(1)], optimizer)
    assert moved == {name: (entry, known.run.weights()[name][entry]) for name, (entry, _) in moved.items()}


def test_every_letter_of_a_schedule_has_a_symbol() -> None:
    for cls in SCHEDULES.values():
        letters = {name for stage in cls.stages for name in names_of(stage.rate.tree)}
        assert {name for name in letters if len(name) > 1} <= SYMBOLS.keys()
