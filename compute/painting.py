"""Points that are painted over the plane of two columns: rows of a table in the document, set and erased by strokes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.data import Table
from compute.data.pasted import Cell
from compute.data.plane import PLANE, Extents
from compute.document import Document
from compute.edits import Edit, Editor
from compute.graph import Graph
from compute.ops import find, role_of
from compute.table_edits import Columns, columns_in, is_table, is_text, remove_rows, set_columns, take_in

Points = npt.NDArray[np.float64]
_DIGITS = 4
"""A painted place has so many digits, as measured by how far the plane reaches."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What is painted on: the column to the right, the one up, and the column that says what a point is."""

    across: str
    up: str
    target: str

    def fits(self, document: Document) -> bool:
        """Whether points can be painted: the rows stand in the document, and have these columns as numbers."""
        columns = columns_in(document.data)
        places = (self.across, self.up)
        return (
            {*places, self.target} <= columns.keys()
            and self.target not in places
            and self.across != self.up
            and not any(is_text(columns[name]) for name in places)
        )


def classes_of(graph: Graph, loss: str) -> int:
    """How many classes a loss tells apart, as far as that is known without any rows: 0 where it judges numbers."""
    node = graph.nodes.get(loss)
    op = find(node.op) if node else None
    if op is None or op.judges not in ("classes", "yes or no"):
        return 0
    said = [node.params.get("classes") for node in graph.nodes.values() if role_of(node.op) == "target"]
    known = [each for each in said if isinstance(each, int) and each > 1]
    return known[0] if known and op.judges == "classes" else 2


def prepare_ground(document: Document, table: Table, extents: Extents, text: str) -> Edit:
    """The rows of any table come into the document, where points can be painted beside them, and are shown from where
    to where they are now. Rows that are drawn are drawn by their classes, so that a new row changes the part of few
    others. Errors: GradwireError for a table that is too large."""
    editor = Editor(document)
    data: dict[str, Any] = dict(document.data)
    if not is_table(data):
        data = dict(take_in(document, table, text).changes[0].after)  # type: ignore[arg-type]
    data[PLANE] = {name: list(extent) for name, extent in extents.items()}
    if data.get("split", "random") == "random":
        data["split"] = "stratified"
    return editor.set_data(text, data)


def add_points(document: Document, ground: Ground, points: Points, value: Cell, extents: Extents, stroke: str) -> Edit:
    """New rows at some places (n, 2), all of one class or with one value; other columns get their mean, or of text what
    most rows have. stroke: as of an ``Edit``. Errors: GradwireError for a table that would become too large."""
    columns = columns_in(document.data)
    digits = [_digits(extents.get(name), points[:, at]) for at, name in enumerate((ground.across, ground.up))]
    new: Columns = {}
    for name, cells in columns.items():
        if name == ground.across:
            more: list[Cell] = [round(float(x), digits[0]) for x in points[:, 0]]
        elif name == ground.up:
            more = [round(float(y), digits[1]) for y in points[:, 1]]
        else:
            more = [value if name == ground.target else _usual(cells)] * len(points)
        new[name] = [*cells, *more]
    many = len(points) > 1
    edit = set_columns(document, new, "Paint points" if many or stroke else "Paint a point")
    return replace(edit, stroke=stroke)


def rows_near(document: Document, ground: Ground, at: tuple[float, float], reach: tuple[float, float]) -> list[int]:
    """The rows of the table within an ellipse around a place."""
    columns = columns_in(document.data)
    away = np.zeros(len(columns.get(ground.across, ())))
    for name, middle, radius in zip((ground.across, ground.up), at, reach, strict=True):
        cells = np.array([np.nan if cell is None else cell for cell in columns[name]], dtype=np.float64)
        away += ((cells - middle) / radius) ** 2
    return np.flatnonzero(away <= 1.0).tolist()


def erase(document: Document, rows: Sequence[int], stroke: str) -> Edit:
    """Some rows go."""
    return replace(remove_rows(document, rows), text="Erase points", stroke=stroke)


def _digits(extent: tuple[float, float] | None, values: Points) -> int:
    span = extent[1] - extent[0] if extent else float(np.abs(values).max(initial=1.0)) or 1.0
    return max(0, min(12, _DIGITS - 1 - math.floor(math.log10(span))))


def _usual(cells: Sequence[Cell]) -> Cell:
    """What a column holds where nobody says."""
    there = [cell for cell in cells if cell is not None]
    if is_text(there):
        return Counter(there).most_common(1)[0][0]
    numbers = [float(cell) for cell in there if not isinstance(cell, str)]
    return math.fsum(numbers) / len(numbers) if numbers else 0
