"""Tables that stand in the document itself: one list of values for each column."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from compute.data.plane import PLANE
from compute.data.source import Data, Offer, Source, Told, register, untold
from compute.data.table import Column, Table, classes_of
from compute.errors import GradwireError


@register
class Inline(Source):
    name, title = "inline", "Table in the document"
    help = "The rows stand in the document."

    def check(self, data: Data) -> dict[str, Any]:
        columns = data.get("columns", {})
        if not isinstance(columns, Mapping):
            raise GradwireError("data.columns: must be an object with one list of values for each column")
        for name, values in columns.items():
            if not isinstance(values, (list, tuple, np.ndarray)):
                raise GradwireError(f'data.columns: the inline column "{name}" must be a list with one value per row')
        return {"columns": columns}

    def load(self, data: Data, base: Path | None, told: Told = untold) -> Table:
        numbers: dict[str, Column] = {}
        categories: dict[str, tuple[str, ...]] = {}
        for name, values in self.check(data)["columns"].items():
            cells = list(values)
            some = [cell for cell in cells if cell is not None]
            if some and all(isinstance(cell, str) for cell in some):
                numbers[name], categories[name] = classes_of(cells)
            else:
                numbers[name] = _numbers(name, cells)
        return Table(numbers, categories)

    def offers(self) -> tuple[Offer, ...]:
        columns: dict[str, list[float]] = {"x1": [], "x2": [], "label": []}
        plane = {"x1": [-3, 3], "x2": [-3, 3]}
        return (
            Offer(
                "inline:painted",
                "Painted points",
                "An empty table for points of two classes, which are painted in the decision boundary.",
                {"source": self.name, "columns": columns, PLANE: plane},
            ),
        )

    def key(self, data: Data) -> str:
        return next(
            (offer.key for offer in self.offers() if offer.section["columns"] == data.get("columns")), self.name
        )

    def describe(self, data: Data) -> str:
        told = {offer.key: offer.title for offer in self.offers()}
        return told.get(self.key(data), self.title) if data.get("columns") else "No data"

    def explain(self, data: Data) -> str:
        return self.help if data.get("columns") else ""


def _numbers(name: str, cells: list[Any]) -> Column:
    for row, cell in enumerate(cells):
        if cell is not None and not isinstance(cell, (int, float, np.integer, np.floating)):
            raise GradwireError(
                f'row {row} (counting from 0) of the inline column "{name}" is {cell!r:.40}, which is no number; write '
                "a number in every row, or text in every row (null where it is missing)"
            )
    try:
        return np.array([np.nan if cell is None else cell for cell in cells], dtype=np.float64)
    except OverflowError as error:
        raise GradwireError(f'the inline column "{name}" holds a number beyond float64; make it smaller') from error
