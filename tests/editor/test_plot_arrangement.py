"""Where plots stand, as plain data, and how axes are divided."""

from __future__ import annotations

import numpy as np
import pytest

from editor.plots.arrangement import Arrangement, Spot
from editor.plots.axes import Scale, brief, powers, thinned, ticks

KINDS = {"a": 1, "b": 1, "c": 1, "d": 1}


def rows(arrangement: Arrangement) -> list[str]:
    return ["".join(spot.kind for spot in row.spots) for row in arrangement.rows]


def made(*said: str) -> tuple[Arrangement, dict[str, Spot]]:
    out = Arrangement()
    for i, word in enumerate(said):
        for letter in word:
            out.add(Spot(letter), 9 if i == len(out.rows) - 1 else 0)
    return out, {spot.kind: spot for spot in out.spots}


def test_plots_are_added_in_rows() -> None:
    arrangement, _ = made("ab", "c")
    assert rows(arrangement) == ["ab", "c"]
    arrangement.add(Spot("d"), 1)
    assert rows(arrangement) == ["ab", "c", "d"]


@pytest.mark.parametrize(
    ("moved", "beside", "side", "then"),
    [
        ("c", "a", "left", ["cab"]),
        ("c", "a", "right", ["acb"]),
        ("a", "c", "below", ["b", "c", "a"]),
        ("b", "a", "above", ["b", "a", "c"]),
        ("a", "a", "left", ["ab", "c"]),
    ],
)
def test_a_plot_is_put_beside_another(moved: str, beside: str, side: str, then: list[str]) -> None:
    arrangement, spots = made("ab", "c")
    arrangement.put(spots[moved], spots[beside], side)  # type: ignore[arg-type]
    assert rows(arrangement) == then


@pytest.mark.parametrize(
    ("moved", "side", "then"),
    [
        ("a", "right", ["ba", "c"]),
        ("a", "left", None),
        ("b", "below", ["a", "cb"]),
        ("a", "above", ["a", "b", "c"]),
        ("c", "above", ["cab"]),
        ("c", "below", None),
    ],
)
def test_a_plot_moves_by_steps(moved: str, side: str, then: list[str] | None) -> None:
    arrangement, spots = made("ab", "c")
    assert arrangement.step(spots[moved], side) == (then is not None)  # type: ignore[arg-type]
    assert rows(arrangement) == (then or ["ab", "c"])


def test_what_is_remembered_comes_back() -> None:
    arrangement, spots = made("ab", "c")
    spots["b"].options = {"weight": "h.weight"}
    arrangement.resize(spots["b"], 2.0, 0.5)
    again = Arrangement.from_text(arrangement.to_text(), KINDS)
    assert again is not None
    assert again.to_text() == arrangement.to_text()
    assert rows(Arrangement.from_text(arrangement.to_text(), {"c": 1}) or Arrangement()) == ["c"]


@pytest.mark.parametrize(
    "text",
    ["", "7", "{}", '[{"height": 1}]', '[{"height": 0, "plots": [["a", 1, {}]]}]', '[{"height": "nan", "plots": []}]'],
)
def test_a_text_that_says_nothing_is_not_believed(text: str) -> None:
    found = Arrangement.from_text(text, KINDS)
    assert found is None or found.rows == []


def test_ticks_are_round_and_within() -> None:
    assert ticks(0.0, 10.0, 5) == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    assert ticks(-0.013, 0.021, 4) == pytest.approx([-0.01, 0.0, 0.01, 0.02])
    assert ticks(3.0, 3.0, 4) == [3.0]
    assert ticks(float("nan"), 1.0, 4) == []


def test_logarithms_have_round_numbers_however_short_the_axis_is() -> None:
    assert [round(10.0**x, 6) for x in powers(-2.0, 1.0, 9)] == [0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0]
    assert [10.0**x for x in powers(0.1, 0.25, 4)] == pytest.approx([1.4, 1.6])
    assert len(powers(-30.0, 30.0, 5)) <= 5


def test_numbers_at_ticks_are_brief() -> None:
    assert [brief(x) for x in (0.0, 0.02, -3.0, 1500.0, 20_000.0, 1.5e6, 1e-6)] == [
        "0", "0.02", "−3", "1500", "20k", "1.5M", "1e-6",
    ]  # fmt: skip


def test_what_has_no_logarithm_has_no_place() -> None:
    scale = Scale.around([np.array([0.0, 1.0, 100.0])], log=True, room=0.0)
    assert scale.places(np.array([1.0, 10.0, 100.0, 0.0])).tolist()[:3] == pytest.approx([0.0, 0.5, 1.0])
    assert np.isnan(scale.places(np.array([0.0])))[0]
    assert scale.number(0.5) == pytest.approx(10.0)


def test_thinning_keeps_the_extremes_of_each_pixel() -> None:
    x, y = thinned(np.linspace(0, 10, 1000), np.sin(np.arange(1000)))
    assert len(x) <= 24
    assert (y.min(), y.max()) == pytest.approx((-1.0, 1.0), abs=0.01)
