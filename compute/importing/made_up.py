"""Rows that stand in where a network comes without data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

NO_DATA = "It holds no data: the rows are made up, so that there is something to see. Choose data to train on."
_CELLS, _MOST_ROWS = 20_000, 16


def made_up(columns: Sequence[str]) -> dict[str, list[float]]:
    """Numbers that are the same each time, as the columns of a table."""
    rows = max(2, min(_MOST_ROWS, _CELLS // max(1, len(columns))))
    numbers = np.random.default_rng(0).normal(size=(rows, len(columns))).round(2)
    return {name: numbers[:, i].tolist() for i, name in enumerate(columns)}
