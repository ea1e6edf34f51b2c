"""Orders and batches: every row once an epoch, the same however the steps are cut."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from compute.batches import DRAWN, Batches, Order, _Begun, _shuffled


@pytest.mark.parametrize("rows", [1, 2, 7, 64, 65, 1000, DRAWN + 1])
@pytest.mark.parametrize("batch_size", [1, 7, 64, 100_000])
def test_every_row_comes_once_an_epoch_and_the_last_batch_is_what_is_left(rows: int, batch_size: int) -> None:
    if rows // batch_size > 1000:
        return
    order = Order(rows, batch_size, 3, True)
    for epoch in (0, 1, 50):
        batches = order.batches(epoch)
        assert len(batches) == order.steps == -(-rows // batch_size)
        assert sorted(np.concatenate(list(batches)).tolist()) == list(range(rows))
        sizes = [len(batch) for batch in batches]
        assert sizes[:-1] == [batch_size] * (len(sizes) - 1)
        assert {*sizes} <= {*batches.kinds}
        assert batches.kinds == tuple(sorted({*sizes}, reverse=True))


def test_orders_follow_from_seed_and_epoch_alone() -> None:
    order = Order(50, 8, 1, True)
    whole = order.batches(0, 0, 40 * order.steps)
    np.testing.assert_array_equal(whole.rows, order.batches(0, 0, 40 * order.steps).rows)
    for epoch in (0, 3, 39):
        np.testing.assert_array_equal(whole.rows[50 * epoch : 50 * (epoch + 1)], order.batches(epoch).rows)
    parts = [order.batches(0, 0, 3), order.batches(0, 3, 5), order.batches(1, 1, 33)]
    np.testing.assert_array_equal(np.concatenate([part.rows for part in parts]), order.batches(0, 0, 41).rows)
    for part in parts:
        assert part.kinds == (8, 2)
        assert part.sizes.sum() == len(part.rows)
    assert len({order.batches(epoch).rows.tobytes() for epoch in range(40)}) == 40
    assert order.batches(0).rows.tobytes() != Order(50, 8, 2, True).batches(0).rows.tobytes()
    np.testing.assert_array_equal(Order(50, 8, 1, False).batches(7).rows, np.arange(50))


def test_every_order_is_as_likely() -> None:
    """χ² of 24 orders with 23 degrees of freedom: above 50 in one seed of a thousand."""
    order, epochs = Order(4, 2, 0, True), 24 * 400
    rows = order.batches(0, 0, 2 * epochs).rows.reshape(epochs, 4)
    found = Counter(map(tuple, rows.tolist()))
    assert len(found) == 24
    assert sum((count - 400) ** 2 / 400 for count in found.values()) < 50


def test_batches_are_a_sequence_of_row_numbers() -> None:
    given = [np.array([5, 1]), np.array([7]), np.array([2, 3])]
    batches = Batches.of(given)
    assert batches is Batches.of(batches)
    assert (batches.kinds, batches.sizes.tolist(), batches.rows.tolist()) == ((2, 1), [2, 1, 2], [5, 1, 7, 2, 3])
    assert [rows.tolist() for rows in batches] == [[5, 1], [7], [2, 3]]
    assert batches[-1].tolist() == [2, 3]
    assert [rows.tolist() for rows in batches[1:]] == [[7], [2, 3]]
    assert batches[1:].kinds == (2, 1)
    assert (len(batches[3:]), len(batches[2:1]), len(Batches.of([]))) == (0, 0, 0)
    with pytest.raises(IndexError):
        batches[3]


def test_side_by_side_every_block_of_orders_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However chunks of many seeds' epochs are cut: what is begun is kept, and does not give way to what is used up."""
    drawn: list[tuple[int, ...]] = []

    def noted(*which: int) -> np.ndarray[Any, np.dtype[np.int32]]:
        drawn.append(which)
        return _shuffled(*which)

    monkeypatch.setattr("compute.batches._shuffled", noted)
    monkeypatch.setattr("compute.batches._few", _Begun(100))
    orders = [Order(4000, 1000, seed, True) for seed in range(100)]
    parts = [[order.batches(0).rows] for order in orders]
    for epoch in range(1, 31, 10):
        for order, found in zip(orders, parts, strict=True):
            found.append(order.batches(epoch, 0, 10 * order.steps).rows)
    assert len(drawn) == len({*drawn}) == 100 * 8
    for order, found in zip(orders, parts, strict=True):
        np.testing.assert_array_equal(np.concatenate(found), order.batches(0, 0, 31 * order.steps).rows)
