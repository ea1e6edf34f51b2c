"""What a sweep varies, how it is written, and the trials that follow."""

from __future__ import annotations

from typing import Any

import pytest

from compute.document import Document
from compute.errors import GradwireError
from compute.gallery import load_entry
from compute.sweep import Axis, Sweep, parse_axis, varied_in


@pytest.fixture(scope="module")
def spiral() -> Document:
    return load_entry("spiral")


def axis(document: Document, text: str) -> Axis:
    name, _, values = text.partition("=")
    return parse_axis(document, name, values)


@pytest.mark.parametrize(
    ("text", "name", "points"),
    [
        ("lr=0.1,0.01", "learning_rate", (0.1, 0.01)),
        ("training.optimizer.learning_rate=1", "learning_rate", (1.0,)),
        ("training.seed=3,1,3", "seed", (3, 1)),
        ("seed=0..3", "seed", (0, 1, 2, 3)),
        ("batch=16,32", "batch_size", (16, 32)),
        ("lr=0.001..0.1:3", "learning_rate", (0.001, 0.01, 0.1)),
        ("lr=0.001..0.1:3:lin", "learning_rate", (0.001, 0.0505, 0.1)),
        ("lr=0..1:3", "learning_rate", (0.0, 0.5, 1.0)),
        ("units=4..16:3:log", "units", (4, 8, 16)),
        ("h1.units=4,8", "h1.units", (4, 8)),
        ("h1.weight_init=zeros,he_normal", "h1.weight_init", ("zeros", "he_normal")),
        ("optimizer=adam,sgd", "optimizer", ("adam", "sgd")),
        ("shuffle=true,false", "shuffle", (True, False)),
        ("validation_fraction=0.1,0.2", "validation_fraction", (0.1, 0.2)),
        ("data.noise=0,0.1", "data.noise", (0.0, 0.1)),
    ],
)
def test_what_is_written(spiral: Document, text: str, name: str, points: tuple[Any, ...]) -> None:
    found = axis(spiral, text)
    assert (found.name, found.points()) == (name, points)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lrr=1", 'there is no setting "lrr" to vary; did you mean "lr"?'),
        ("q.units=1", 'there is no node "q"'),
        ("h1.unit=1", 'has no setting "unit"; did you mean "units"?'),
        ("units=4,x", 'units must be a whole number; it is "x"'),
        ("lr=-1", 'learning_rate must be at least 0; it is "-1"'),
        ("lr=1..0.1", "goes from 1.0 to 0.1; write the smaller one first"),
        ("lr=0..1:log", "has no logarithm; begin above 0"),
        ("lr=0..1:some", '"some" after the limits of learning_rate'),
        ("optimizer=a..b", "optimizer is no number, so it has no limits"),
        ("lr=,", "learning_rate has no value; write some, such as learning_rate=0.1,0.01"),
    ],
)
def test_what_is_wrong_is_named(spiral: Document, text: str, said: str) -> None:
    with pytest.raises(GradwireError) as error:
        axis(spiral, text)
    assert said in str(error.value)


def test_units_are_those_of_hidden_layers(spiral: Document) -> None:
    known = varied_in(spiral)
    assert known["units"].nodes == ("h1", "h2")
    assert [*known][:1] == ["learning_rate"], "what people vary most comes first"
    assert known["units"].now(spiral) == 8
    assert known["data.noise"].now(spiral) == 0.05


def test_a_grid_has_every_combination(spiral: Document) -> None:
    sweep = Sweep(spiral, (axis(spiral, "units=4,6"), axis(spiral, "lr=0.1,0.2")))
    assert [(t.number, *t.values.values()) for t in sweep.trials] == [
        (1, 4, 0.1),
        (2, 4, 0.2),
        (3, 6, 0.1),
        (4, 6, 0.2),
    ]
    made = sweep.document_of(sweep.trials[2])
    assert [made.graph.nodes[node].params["units"] for node in ("h1", "h2", "z")] == [6, 6, 1]
    assert made.training.optimizer == {"name": "adam", "learning_rate": 0.1}
    assert spiral.graph.nodes["h1"].params["units"] == 8
    assert not sweep.repeats


def test_random_choices_follow_from_the_seed_and_meet_every_seed(spiral: Document) -> None:
    axes = axis(spiral, "lr=0.001..0.1"), axis(spiral, "units=4..9"), axis(spiral, "seed=0,1")
    sweep, again = Sweep(spiral, axes, 20), Sweep(spiral, axes, 20)
    assert [t.values for t in sweep.trials] == [t.values for t in again.trials]
    assert len(sweep.trials) == 40
    assert sweep.repeats
    assert len({sweep.choice_of(t) for t in sweep.trials}) == 20
    rates = [t.values["learning_rate"] for t in sweep.trials]
    assert 0.001 <= min(rates) < 0.005, "by the logarithm"
    assert 0.02 < max(rates) <= 0.1
    assert {t.values["units"] for t in sweep.trials} == {4, 5, 6, 7, 8, 9}


def test_too_much_is_refused(spiral: Document) -> None:
    with pytest.raises(GradwireError, match=r"a grid takes some of 0\.001\.\.0\.1; say how many"):
        Sweep(spiral, (axis(spiral, "lr=0.001..0.1"),))
    with pytest.raises(GradwireError, match="1,000,000 trials, and 100,000 are the most"):
        Sweep(spiral, (axis(spiral, "seed=1..1000"), axis(spiral, "lr=0..1:1000")))
    with pytest.raises(GradwireError, match="learning_rate is given twice"):
        Sweep(spiral, (axis(spiral, "lr=1"), axis(spiral, "learning_rate=2")))
    with pytest.raises(GradwireError, match="nothing is varied"):
        Sweep(spiral, ())
