"""Rows that stand in where a network comes without data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from compute.checks import is_finite
from compute.data import load_table
from compute.data.fitted import Fitted, FittedColumn, checksum
from compute.document import Document
from compute.state import Progress

NO_DATA = "It holds no data: the rows are made up, so that there is something to see. Choose data to train on."
_CELLS, _MOST_ROWS = 20_000, 16


def made_up(columns: Sequence[str]) -> dict[str, list[float]]:
    """Numbers that are the same each time, as the columns of a table."""
    rows = max(2, min(_MOST_ROWS, _CELLS // max(1, len(columns))))
    numbers = np.random.default_rng(0).normal(size=(rows, len(columns))).round(2)
    return {name: numbers[:, i].tolist() for i, name in enumerate(columns)}


def standardised(document: Document, told: Any, columns: Sequence[str]) -> None:
    """Give a document the means and deviations by which its network knows its columns, where a file tells them of all:
    column → an object with ``mean`` and ``std``. Rows that are made up become such as have them."""
    fitted = _fitted(told, columns)
    if not fitted:
        return
    values: Mapping[str, Sequence[float]] = document.data["columns"]
    scaled = {name: [fitted[name].mean + fitted[name].std * value for value in values[name]] for name in columns}
    document.data = {**document.data, "standardize": True, "columns": scaled}
    table = load_table(document.data, None)
    known = {column: replace(fitted[column], sum=checksum(table, column)) for column in columns}
    document.progress = Progress(fitted=Fitted(known, {}, table.rows))


def _fitted(told: Any, columns: Sequence[str]) -> dict[str, FittedColumn]:
    """By what each column was standardised, where the file tells it of all of them."""
    found: dict[str, FittedColumn] = {}
    for column in columns:
        each = told.get(column) if isinstance(told, dict) else None
        numbers: tuple[Any, Any] = (each.get("mean"), each.get("std")) if isinstance(each, dict) else (None, None)
        mean, std = numbers
        if not (is_finite(mean) and is_finite(std) and std > 0):
            return {}
        found[column] = FittedColumn(mean=float(mean), std=float(std), typical=float(mean))
    return found
