"""What the data place shows: the rows of the document as they are written in it, or a table that was read."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.data import Table
from compute.data.derived import sources_of
from compute.data.pasted import Cell
from compute.graph import Graph, Node, columns_of
from compute.numbers_text import MINUS
from compute.ops import role_of
from compute.table_edits import columns_in, is_table, is_text, rows_in


def number_text(value: float) -> str:
    """A number of the data: up to six digits, whole numbers whole."""
    if abs(value) < 1e15 and value == int(value):
        text = str(int(value))
    else:
        text = f"{value:.6g}"
    return text.replace("-", MINUS)


@dataclass(frozen=True, eq=False)
class Sheet:
    """columns: of a table that is edited; table: of one that is not. held: what each row is for (rows,), as ``PARTS``
    numbers it;
    batch: the place in the batch that is shown of those rows that are in it."""

    columns: Mapping[str, list[Cell]] = field(default_factory=dict)
    table: Table | None = None
    held: npt.NDArray[Any] = field(default_factory=lambda: np.zeros(0, np.int8))
    batch: Mapping[int, int] = field(default_factory=dict)
    readers: Mapping[str, tuple[Node, ...]] = field(default_factory=dict)
    """Who reads each column."""
    gone: str = ""
    """What stands where nothing is."""

    @property
    def editable(self) -> bool:
        """Whether its cells can be changed."""
        return self.table is None and bool(self.columns)

    @property
    def names(self) -> tuple[str, ...]:
        return self.table.names if self.table is not None else tuple(self.columns)

    @property
    def rows(self) -> int:
        return self.table.rows if self.table is not None else rows_in(self.columns)

    def is_text(self, name: str) -> bool:
        """Whether a column holds text."""
        return name in self.table.categories if self.table is not None else is_text(self.columns[name])

    def value(self, row: int, name: str) -> Cell | None:
        """A cell: a number or a class; None where there is none."""
        if self.table is not None:
            number, classes = float(self.table.columns[name][row]), self.table.categories.get(name)
            if self.table.is_missing(name, row):
                return None
            return classes[int(number)] if classes is not None else number
        cells = self.columns[name]
        return cells[row] if row < len(cells) else None

    def text(self, row: int, name: str) -> str:
        """A cell as it is shown."""
        value = self.value(row, name)
        if value is None or isinstance(value, str):
            return value or ""
        return number_text(value) if isinstance(value, int | float) else str(value)

    def part(self, row: int) -> int:
        """What a row is for: training, validation or test, as ``PARTS`` numbers them."""
        return int(self.held[row]) if row < len(self.held) else 0

    def is_held(self, row: int) -> bool:
        """Whether a row is kept from training."""
        return self.part(row) > 0


def readers_of(graph: Graph, known: Container[str]) -> dict[str, tuple[Node, ...]]:
    """Who reads each column that is read, or something made from it: the inputs, then the targets."""
    found: dict[str, tuple[Node, ...]] = {}
    for role in ("input", "target"):
        for node in graph.nodes.values():
            if role_of(node.op) == role:
                for name in sources_of(columns_of(node), known):
                    found[name] = (*found.get(name, ()), node)
    return found


def sheet_of(
    data: Mapping[str, Any], table: Table | None, held: npt.NDArray[Any], shown: npt.NDArray[Any], graph: Graph
) -> Sheet:
    """The sheet of a document's data section. table, held, shown: what a snapshot has of it, and the rows of the table
    that are in its batch."""
    batch = {int(row): at for at, row in enumerate(shown)}
    if is_table(data):
        columns = columns_in(data)
        return Sheet(columns, None, held, batch, readers_of(graph, columns))
    return Sheet({}, table, held, batch, readers_of(graph, table.columns if table else ()))
