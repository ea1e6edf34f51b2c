"""Curves that grow without end."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from compute.series import Points, Series


def test_few_points_are_kept_as_they_are() -> None:
    pairs = [(1.0, 5.0), (2.0, 4.0), (3.0, 3.0)]
    assert Series(Points.of(pairs), most=8).points().pairs() == pairs
    assert Series().points().pairs() == Points.of([]).pairs() == []


def test_neighbours_are_joined_when_there_is_no_room() -> None:
    series = Series(most=4)
    for i in range(1, 6):
        series.append(i, i)
    assert series.points().pairs() == [(2.0, 1.5), (4.0, 3.5), (5.0, 5.0)]


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=300))
def test_no_point_is_left_out_and_the_last_x_is_exact(losses: list[float]) -> None:
    series = Series(most=16)
    series.extend(np.arange(len(losses), dtype=np.float64), np.array(losses))
    points = series.points()
    x, y = points.x, points.y
    assert len(x) == len(y) <= 16
    assert x[-1] == len(losses) - 1
    assert (np.diff(x) > 0).all()
    # Each point stands for the points between it and the one before, so the weighted mean is that of all.
    counts = np.diff(np.append(-1.0, x))
    assert np.isclose((y * counts).sum(), sum(losses), rtol=1e-9, atol=1e-6)


@given(st.lists(st.floats(-1e3, 1e3), max_size=200), st.lists(st.integers(0, 70), max_size=8))
def test_points_given_together_are_those_given_one_by_one(ys: list[float], cuts: list[int]) -> None:
    apart, together = Series(most=8), Series(most=8)
    x, y = np.arange(len(ys), dtype=np.float64), np.array(ys, np.float64)
    for point in zip(x.tolist(), ys, strict=True):
        apart.append(*point)
    for cut in cuts:
        together.extend(x[:cut], y[:cut])
        x, y = x[cut:], y[cut:]
    together.extend(x, y)
    assert together.points().pairs() == apart.points().pairs()
    assert (together.points().rest, together.points().total) == (apart.points().rest, apart.points().total)


@given(st.lists(st.floats(-1e3, 1e3), max_size=120), st.integers(0, 120))
def test_a_series_made_of_the_points_of_a_moment_goes_on_as_the_one_that_they_are_of(ys: list[float], at: int) -> None:
    straight, first = Series(most=8), Series(most=8)
    for x, y in enumerate(ys):
        straight.append(x, y)
    for x, y in enumerate(ys[:at]):
        first.append(x, y)
    second = Series(first.points(), most=8)
    for x, y in enumerate(ys[at:], len(ys[:at])):
        second.append(x, y)
    assert second.points().pairs() == straight.points().pairs()
