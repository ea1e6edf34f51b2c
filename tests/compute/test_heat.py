"""Many entries in one pixel: the largest of them, or their mean; what is no number is never lost."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute.explain.facts import largest
from compute.heat import How, Region, edges, largest_of, reduced, regions_of, scale_of
from compute.tensor_view import TensorView
from tests.searching import tries

NUMBERS = st.floats(-5, 5) | st.sampled_from([math.nan, math.inf, -math.inf])


def by_hand(block: np.ndarray, how: How) -> float:
    flat = block.ravel()
    if how == "mean":
        with np.errstate(all="ignore"):
            return float(flat.sum() / flat.size)
    if np.isnan(flat).any():
        return math.nan
    high, low = float(flat.max()), float(flat.min())
    return low if -low > high else high


@tries(25)
@given(st.data(), st.integers(1, 9), st.integers(1, 9), st.sampled_from(["largest", "mean"]))
def test_a_pixel_tells_all_of_its_block(data: st.DataObject, rows: int, columns: int, how: How) -> None:
    matrix = np.array(data.draw(st.lists(NUMBERS, min_size=rows * columns, max_size=rows * columns)))
    matrix = matrix.reshape(rows, columns)
    top, left = data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, columns - 1))
    region = Region(top, left, data.draw(st.integers(top + 1, rows)), data.draw(st.integers(left + 1, columns)))
    height, width = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 9))
    found = reduced(matrix, region, height, width, how)
    down, across = edges(region.rows, height) + top, edges(region.columns, width) + left
    assert found.shape == (min(height, region.rows), min(width, region.columns))
    for i in range(found.shape[0]):
        for j in range(found.shape[1]):
            block = matrix[down[i] : down[i + 1], across[j] : across[j + 1]]
            assert block.size
            assert found[i, j] == pytest.approx(by_hand(block, how), nan_ok=True)
    row, column = largest_of(matrix, region)
    assert region.top <= row < region.bottom
    assert region.left <= column < region.right
    part = np.abs(matrix[region.top : region.bottom, region.left : region.right])
    assert abs(matrix[row, column]) == part.max() or np.isnan(matrix[row, column])
    assert largest(matrix) == np.abs(matrix).argmax()
    finite = np.abs(matrix[np.isfinite(matrix)])
    assert scale_of(matrix) == (finite.max() if finite.size else 0.0)


def test_one_fault_in_a_million_is_seen() -> None:
    matrix = np.zeros((1000, 1000), np.float32)
    matrix[123, 456] = np.nan
    hows: tuple[How, ...] = ("largest", "mean")
    for how in hows:
        found = reduced(matrix, Region(0, 0, 1000, 1000), 100, 50, how)
        assert np.argwhere(np.isnan(found)).tolist() == [[12, 22]]
    assert largest_of(matrix, Region(0, 0, 1000, 1000)) == (123, 456)


def test_a_span_stands_in_runs_of_rows() -> None:
    matrix = TensorView((4, 3), 0)
    assert regions_of((2, None), matrix) == [Region(2, 0, 3, 3)]
    assert regions_of((None, 1), matrix) == [Region(0, 1, 4, 2)]
    blocks = TensorView((2, 3, 4), 0)
    assert regions_of((None, 1, 2), blocks) == [Region(1, 2, 2, 3), Region(4, 2, 5, 3)]
    assert regions_of((1, range(1, 3), None), blocks) == [Region(4, 0, 6, 4)]
    assert regions_of((None, None, range(1, 2)), blocks) == [Region(0, 1, 6, 2)]
    assert regions_of((range(2),), TensorView((4,))) == [Region(0, 0, 1, 2)]
    assert regions_of((3,), TensorView((4,), 0)) == [Region(3, 0, 4, 1)]
    assert regions_of((), TensorView(())) == [Region(0, 0, 1, 1)]
