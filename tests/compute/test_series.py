"""Curves that grow without end."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from compute.series import Series


def test_few_points_are_kept_as_they_are() -> None:
    series = Series([(1.0, 5.0), (2.0, 4.0), (3.0, 3.0)], most=8)
    assert series.points() == [(1.0, 5.0), (2.0, 4.0), (3.0, 3.0)]


def test_neighbours_are_joined_when_there_is_no_room() -> None:
    series = Series([(float(i), float(i)) for i in range(1, 6)], most=4)
    assert series.points() == [(2.0, 1.5), (4.0, 3.5), (5.0, 5.0)]


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=300))
def test_no_point_is_left_out_and_the_last_x_is_exact(losses: list[float]) -> None:
    series = Series(((float(i), y) for i, y in enumerate(losses)), most=16)
    x, y = series.columns()
    assert len(x) == len(y) <= 16
    assert x[-1] == len(losses) - 1
    assert (np.diff(x) > 0).all()
    # Each point stands for the points between it and the one before, so the weighted mean is that of all.
    counts = np.diff(np.append(-1.0, x))
    assert np.isclose((y * counts).sum(), sum(losses), rtol=1e-9, atol=1e-6)
