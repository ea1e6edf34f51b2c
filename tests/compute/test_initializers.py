"""Weights start as PyTorch's and Keras's do, the same for the same seed, and wrong settings are refused."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compute.document import Document, from_json, load, save, to_json
from compute.errors import GradwireError
from compute.explain import Quantity
from compute.initializers import ARGUMENTS, canonical, check_initializer, in_words, initialize
from compute.ops.base import WeightSpec
from compute.workspace import open_document
from tests.compute.explained import case

FANS = (400, 300)
INSIDE, OUTSIDE = FANS
DRAWS = INSIDE * OUTSIDE

UNIFORM: list[tuple[Any, float, float]] = [
    ("glorot_uniform", 0.0, math.sqrt(6 / (INSIDE + OUTSIDE))),
    ("he_uniform", 0.0, math.sqrt(6 / INSIDE)),
    ("uniform", 0.0, 0.05),
    ({"name": "uniform", "low": -1, "high": 3.0}, 1.0, 2.0),
]
"""Setting, middle, and how far it goes to both sides."""

NORMAL: list[tuple[Any, float, float]] = [
    ("glorot_normal", 0.0, math.sqrt(2 / (INSIDE + OUTSIDE))),
    ("he_normal", 0.0, math.sqrt(2 / INSIDE)),
    ("normal", 0.0, 0.05),
    ({"name": "normal", "mean": 2, "std": 0.5}, 2.0, 0.5),
]
"""Setting, mean and standard deviation."""


def spec(setting: Any, shape: tuple[int, ...] = FANS) -> WeightSpec:
    check_initializer(setting)
    return WeightSpec("weight", shape, canonical(setting), FANS)


def drawn(setting: Any, name: str = "h.weight", seed: int = 5) -> np.ndarray[Any, np.dtype[np.float64]]:
    weight = initialize(name, spec(setting), seed)
    assert weight.shape == FANS
    assert weight.dtype == np.float64
    return weight


def check_moments(weight: np.ndarray[Any, np.dtype[np.float64]], mean: float, std: float, kurtosis: float) -> None:
    """Within five standard errors of a sample of so many; the kurtosis tells a uniform from a normal one."""
    assert abs(weight.mean() - mean) < 5 * std / math.sqrt(DRAWS)
    assert weight.std() == pytest.approx(std, rel=5 * math.sqrt((kurtosis - 1) / (4 * DRAWS)))
    assert (((weight - mean) / std) ** 4).mean() == pytest.approx(kurtosis, rel=0.05)
    halves = weight[: INSIDE // 2] - mean, weight[INSIDE // 2 :] - mean
    assert abs((halves[0] * halves[1]).mean()) < 5 * std**2 / math.sqrt(DRAWS / 2)


@pytest.mark.parametrize(("setting", "middle", "reach"), UNIFORM, ids=map(str, [s for s, _, _ in UNIFORM]))
def test_uniform_distributions(setting: Any, middle: float, reach: float) -> None:
    weight = drawn(setting)
    check_moments(weight, middle, reach / math.sqrt(3), 1.8)
    assert 0.999 * reach < np.abs(weight - middle).max() <= reach


@pytest.mark.parametrize(("setting", "mean", "std"), NORMAL, ids=map(str, [s for s, _, _ in NORMAL]))
def test_normal_distributions(setting: Any, mean: float, std: float) -> None:
    weight = drawn(setting)
    check_moments(weight, mean, std, 3.0)
    beyond = (np.abs(weight - mean) > 2 * std).mean()
    assert beyond == pytest.approx(math.erfc(math.sqrt(2)), rel=0.1)  # the tails are there


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("zeros", 0.0),
        ("ones", 1.0),
        ("constant", 0.0),
        ({"name": "constant", "value": -3}, -3.0),
        ({"name": "normal", "mean": 1.5, "std": 0}, 1.5),
        ({"name": "uniform", "low": 0.25, "high": 0.25}, 0.25),
    ],
)
def test_one_number_everywhere(setting: Any, value: float) -> None:
    assert np.all(drawn(setting) == value)


RANDOM = sorted(ARGUMENTS.keys() - {"zeros", "ones", "constant"})


@pytest.mark.parametrize("name", RANDOM)
def test_seed_and_name_decide(name: str) -> None:
    weight = drawn(name)
    np.testing.assert_array_equal(drawn(name), weight)
    for other in (drawn(name, seed=6), drawn(name, "h.bias"), drawn(name, "g.weight")):
        assert not np.any(other == weight)
        assert abs(np.corrcoef(other.ravel(), weight.ravel())[0, 1]) < 5 / math.sqrt(DRAWS)


def test_the_stream_of_a_seed_is_always_the_same() -> None:
    """The first entries, as NumPy 2.4 drew them when this was written: documents without weights count on it."""
    first = {
        "glorot_uniform": [0.07661959767293085, -0.03106977084871764, 0.07290708188548377],
        "he_normal": [-0.027789856516515856, -0.11284417668447075, 0.012393376105084243],
    }
    for name, numbers in first.items():
        np.testing.assert_allclose(drawn(name)[0, :3], numbers, rtol=1e-14)


def test_a_given_value_wins() -> None:
    given = WeightSpec("value", (2,), "ones", start=(3.0, -1.0))
    assert initialize("p.value", given, 0).tolist() == [3.0, -1.0]


def test_another_node_changes_no_weight() -> None:
    one, two = document("glorot_uniform"), document("glorot_uniform")
    two.graph.nodes["extra"] = type(two.graph.nodes["h"])("extra", "parameter", {"value": 1.0})
    first, second = open_document(one).program.weights, open_document(two).program.weights
    assert second.keys() == {*first, "extra.value"}
    for name, weight in first.items():
        np.testing.assert_array_equal(second[name], weight)


def document(setting: Any) -> Document:
    """A dense layer of 40 neurons over 50 columns, without weights."""
    columns = [f"c{i}" for i in range(50)]
    raw = {
        "format": "gradwire",
        "version": 1,
        "graph": {
            "nodes": [
                {"id": "x", "op": "input", "params": {"columns": columns}},
                {"id": "h", "op": "dense", "params": {"units": 40, "weight_init": setting, "bias_init": setting}},
                {"id": "L", "op": "mean"},
            ],
            "wires": [{"from": "x", "to": "h", "port": "x"}, {"from": "h", "to": "L", "port": "x"}],
        },
        "data": {"source": "inline", "columns": {name: [0.0, 1.0] for name in columns}},
        "training": {"loss": "L", "seed": 3},
    }
    return from_json(json.loads(json.dumps(raw)))


@pytest.mark.parametrize("suffix", [".json", ".gradwire"])
@pytest.mark.parametrize("setting", [{"name": "normal", "std": 0.1}, "he_uniform", {"name": "constant", "value": 2}])
def test_a_setting_survives_saving(setting: Any, suffix: str, tmp_path: Path) -> None:
    save(document(setting), tmp_path / f"a{suffix}")
    found = load(tmp_path / f"a{suffix}")
    assert found.graph.nodes["h"].params["weight_init"] == setting
    assert to_json(found)["graph"] == to_json(document(setting))["graph"]
    before, after = open_document(document(setting)).program.weights, open_document(found).program.weights
    for name, weight in before.items():
        np.testing.assert_array_equal(after[name], weight)
    if setting == {"name": "normal", "std": 0.1}:
        assert after["h.weight"].std() == pytest.approx(0.1, rel=0.1)
        assert after["h.bias"].std() == pytest.approx(0.1, rel=0.5)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("xavier", "must be one of glorot_uniform, glorot_normal, he_uniform, he_normal, zeros, ones, constant, "),
        ({"std": 0.1}, "must be one of glorot_uniform, "),
        ({"name": ["normal"]}, "must be one of glorot_uniform, "),
        (["normal"], "must be one of glorot_uniform, "),
        (None, "must be one of glorot_uniform, "),
        ({"name": "normal", "scale": 1}, "has no argument scale for normal; it takes mean, std"),
        ({"name": "zeros", "value": 1}, "has no argument value for zeros; it takes none"),
        ({"name": "normal", "std": "0.1"}, "argument std must be a finite number"),
        ({"name": "normal", "mean": True}, "argument mean must be a finite number"),
        ({"name": "normal", "mean": float("inf")}, "argument mean must be a finite number"),
        ({"name": "constant", "value": 10**400}, "argument value must be a finite number"),
        ({"name": "normal", "std": -0.1}, "argument std must be at least 0"),
        ({"name": "uniform", "low": 0.2}, "argument low, 0.2, must be at most high, 0.05"),
        ({"name": "uniform", "low": -1e308, "high": 1e308}, "arguments low and high are too far apart"),
    ],
)
def test_wrong_settings_are_refused(setting: Any, message: str) -> None:
    with pytest.raises(ValueError) as refused:
        check_initializer(setting)
    assert str(refused.value).startswith(message)
    with pytest.raises(GradwireError) as refused_document:
        open_document(document(setting))
    assert str(refused_document.value).startswith(f"Dense h: weight_init {message}")


def test_a_weight_says_in_words_how_it_starts() -> None:
    assert in_words("he_normal") == "he_normal"
    assert in_words(canonical({"name": "uniform", "low": -1, "high": 0.5})) == "uniform with low -1 and high 0.5"
    assert in_words(canonical({"name": "normal"})) == "normal"
    nodes = [
        ("x", "input", {"columns": ["a"]}),
        ("h", "dense", {"units": 1, "weight_init": {"name": "normal", "std": 0.1}}),
        ("L", "mean"),
    ]
    known = case(nodes, ["x > h.x", "h > L.x"], "L", {"x": [[1.0]]})
    answer = known.why(Quantity("weight", "h", "weight"), (0, 0))
    assert answer.sentence.startswith("A weight: it starts from the initialiser normal with std 0.1, and each update")
