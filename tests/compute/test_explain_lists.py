"""What went into a number is listed: dropout's draw, softmax's exponentials, a norm's mean, the terms of a loss."""

from __future__ import annotations

import math

import numpy as np
import pytest

from compute.draws import key_of, uniform
from compute.explain import Answer, Quantity
from compute.explain.terms import Terms
from compute.ops import REGISTRY
from compute.ops.losses import EntryLoss
from tests.compute.explained import Case, case

X = [[0.5, -1.0], [2.0, 0.25], [1.5, 3.0]]


def put(op: str, settings: dict[str, object] | None = None) -> Case:
    """x → op → mean."""
    nodes = [("x", "input", {"columns": ["a", "b"]}), ("n", op, settings or {}), ("L", "mean")]
    return case(nodes, ["x > n.x", "n > L.x"], "L", {"x": X})


def parts(answer: Answer) -> dict[str, float | None]:
    return {part.name: part.value for part in answer.parts}


def only(answer: Answer) -> Terms:
    (terms,) = answer.terms
    return terms


def names(terms: Terms) -> list[str]:
    return [terms.lines.names(line) for line in range(terms.count)]


def test_dropout_tells_what_was_drawn_and_what_follows_from_it() -> None:
    known = put("dropout", {"rate": 0.4})
    draws = uniform(key_of(0, "n"), 0, (3, 2))
    assert 0 < (draws < 0.4).sum() < 6
    for entry in np.ndindex(3, 2):
        kept = bool(draws[entry] >= 0.4)
        for answer in (known.why(Quantity("value", "n"), entry), known.why(Quantity("wire", "n", "x"), entry)):
            told = parts(answer)
            assert told[f"drawn for [{entry[0]}, {entry[1]}]"] == draws[entry]
            assert told["rate: what is drawn below it is dropped"] == 0.4
            assert told["kept (1) or dropped (0)"] == kept
            factor = told["m = kept/(1 − rate)"]
            assert factor == (1 / 0.6 if kept else 0.0)
            first = answer.parts[0].value
            assert first is not None
            assert first * factor == pytest.approx(answer.value)


def test_softmax_lists_its_exponentials_and_their_sum() -> None:
    answer = put("softmax").why(Quantity("value", "n"), (1, 0))
    told, terms = parts(answer), only(answer)
    assert told["e^x[1, 0]"] == math.exp(2.0)
    assert told["Σ e^x[1, ·]"] == terms.total == math.exp(2.0) + math.exp(0.25)
    assert math.exp(2.0) / terms.total == pytest.approx(answer.value)
    assert names(terms) == ["[1, 0]", "[1, 1]"]
    assert terms.lines.results.tolist() == [math.exp(2.0), math.exp(0.25)]
    assert terms.asks(1, 0) == (Quantity("value", "x"), (1, 1))


@pytest.mark.parametrize(
    ("op", "names_", "values"),
    [
        ("batch_norm", ["sample 0", "sample 1", "sample 2"], [0.5, 2.0, 1.5]),
        ("layer_norm", ["[1, 0]", "[1, 1]"], [2.0, 0.25]),
    ],
)
def test_a_norm_lists_the_numbers_whose_mean_and_variance_it_takes(
    op: str, names_: list[str], values: list[float]
) -> None:
    known = put(op)
    answer = known.why(Quantity("value", "n"), (1, 0))
    told, terms = parts(answer), only(answer)
    assert names(terms) == names_
    assert terms.lines.columns[0].numbers.tolist() == values
    mean, variance = np.mean(values), np.var(values)
    span = "x[·, 0]" if op == "batch_norm" else "x[1, ·]"
    assert told[f"μ, the mean of {span}"] == pytest.approx(mean)
    assert told["σ², their mean squared distance from it"] == pytest.approx(variance) == pytest.approx(terms.total)
    assert told["ε, so that the root stays away from 0"] == 1e-5
    normal = told["normalised x: (x − μ)/√(σ² + ε)"]
    assert normal == pytest.approx((2.0 - mean) / math.sqrt(variance + 1e-5))
    assert (told["γ = n.weight[0]"], told["β = n.bias[0]"]) == (1.0, 0.0)


ENTRY_LOSSES = [op.name for op in REGISTRY.values() if isinstance(op, EntryLoss)]


@pytest.mark.parametrize("op", ENTRY_LOSSES)
def test_a_loss_lists_the_term_of_every_sample(op: str) -> None:
    nodes = [
        ("p", "input", {"columns": ["a"]}),
        ("t", "target", {"columns": ["b"]}),
        ("L", op),
    ]
    chances, truth = [[0.25], [0.5], [0.875]], [[0.0], [1.0], [1.0]]
    answer = case(nodes, ["p > L.prediction", "t > L.target"], "L", {"p": chances, "t": truth}).why(
        Quantity("value", "L")
    )
    terms = only(answer)
    assert names(terms) == ["sample 0", "sample 1", "sample 2"]
    assert [terms.sample(line) for line in range(3)] == [0, 1, 2]
    assert [column.name for column in terms.lines.columns] == ["p", "t"]
    assert terms.total == pytest.approx(answer.value)
    if op == "mean_squared_error":
        assert terms.lines.results.tolist() == [0.0625, 0.25, 0.015625]


def test_softmax_cross_entropy_lists_the_probability_of_every_class_that_is_true() -> None:
    nodes = [
        ("z", "input", {"columns": ["a", "b"]}),
        ("t", "target", {"columns": ["c"], "encoding": "index", "classes": 2}),
        ("L", "softmax_cross_entropy"),
    ]
    answer = case(nodes, ["z > L.prediction", "t > L.target"], "L", {"z": X, "t": [0, 1, 1]}).why(
        Quantity("value", "L")
    )
    terms = only(answer)
    classes, chances = terms.lines.columns
    assert classes.numbers.tolist() == [0, 1, 1]
    assert chances.numbers[1] == pytest.approx(math.exp(0.25) / (math.exp(0.25) + math.exp(2.0)))
    assert terms.lines.results == pytest.approx(-np.log(chances.numbers))
    assert terms.total == pytest.approx(answer.value)


def test_the_gradient_of_a_weight_lists_the_share_of_every_sample() -> None:
    nodes = [
        ("x", "input", {"columns": ["a", "b"]}),
        ("h", "dense", {"units": 1}),
        ("t", "target", {"columns": ["c"]}),
        ("L", "mean_squared_error"),
    ]
    known = case(nodes, ["x > h.x", "h > L.prediction", "t > L.target"], "L", {"x": X, "t": [[1.0], [0.0], [2.0]]})
    answer = known.why(Quantity("weight gradient", "h", "weight"), (1, 0))
    terms = only(answer)
    assert names(terms) == ["sample 0", "sample 1", "sample 2"]
    assert [terms.sample(line) for line in range(3)] == [0, 1, 2]
    assert terms.shares == 3
    assert terms.total == pytest.approx(answer.value)
    # Three times a line is what the sample alone would give.
    for row in range(3):
        alone = known.run.trace(np.array([row])).parameter_grads["h.weight"][1, 0]
        assert 3 * terms.lines.results[row] == pytest.approx(alone)
    # A value of a dense layer: its products, and the bias as a line of its own.
    forward = only(known.why(Quantity("value", "h"), (2, 0)))
    assert names(forward) == ["0", "1", "h.bias[0]"]
    assert forward.asks(2, 2) == (Quantity("weight", "h", "bias"), (0,))
    assert forward.shares == 0


@pytest.mark.parametrize(
    ("columns", "bias", "title"),
    [
        (("a", "b"), True, "All 2 products and n.bias[0]"),
        (("a",), True, "The product and n.bias[0]"),
        (("a", "b"), False, "All 2 products"),
    ],
)
def test_a_bias_is_not_counted_among_the_products(columns: tuple[str, ...], bias: bool, title: str) -> None:
    nodes = [("x", "input", {"columns": list(columns)}), ("n", "dense", {"units": 1, "bias": bias}), ("L", "mean")]
    weights = {"n.weight": [[0.5]] * len(columns), **({"n.bias": [0.25]} if bias else {})}
    known = case(nodes, ["x > n.x", "n > L.x"], "L", {"x": np.array(X)[:, : len(columns)].tolist()}, weights)
    assert only(known.why(Quantity("value", "n"), (1, 0))).heading == title
