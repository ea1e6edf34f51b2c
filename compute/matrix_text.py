"""Matrices as people type and paste them: ``6 2 3; 1 5 7``, ``(1, 7, 5)``, ``[[6, 2], [1, 5]]``, lines of a
spreadsheet, a matrix of LaTeX; each number in any way in which ``compute.asking`` reads one, such as ``1/3``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from compute.asking.typed import read_number
from compute.ops import find

MOST = 64
"""Rows, and columns, of a matrix that is typed cell by cell."""
Cells = list[list[str]]


def typed_setting(op_name: str) -> str:
    """The setting of an op that is a number, a vector or a matrix to be typed; "" where it has none."""
    op = find(op_name)
    return next((param.name for param in op.params if param.kind == "tensor"), "") if op is not None else ""


def cells_of(text: str) -> Cells:
    """The cells of a text, row by row; rows may differ in length. Errors: ValueError with a sentence where there are
    too many of them, or none."""
    bare = re.sub(r"\\(begin|end)\s*\{[^}]*\}(\{[^}]*\})?", " ", text).replace("\\\\", ";").replace("&", "\t")
    bare = re.sub(r"\]\s*[,;]?\s*\[", ";", bare)
    lines = [line.strip(" ()[]") for line in re.split(r"[;\r\n]+", bare)]
    tabs = any("\t" in line for line in lines)
    cut = [[cell.strip() for cell in line.split("\t")] if tabs else re.split(r"[,\s]+", line) for line in lines if line]
    if not cut:
        raise ValueError("There is no matrix in that; type numbers such as 6 2 3; 1 5 7.")
    if len(cut) > MOST or max(map(len, cut)) > MOST:
        raise ValueError(f"A matrix that is typed has at most {MOST} rows and columns; keep more in a file of data.")
    return cut


def used(cells: Sequence[Sequence[str]]) -> Cells:
    """The cells without rows and columns that are empty."""
    rows = [row for row in cells if any(cell.strip() for cell in row)]
    width = max(map(len, rows), default=0)
    columns = [j for j in range(width) if any(j < len(row) and row[j].strip() for row in rows)]
    return [[row[j].strip() if j < len(row) else "" for j in columns] for row in rows]


def matrix_of(cells: Sequence[Sequence[str]]) -> list[list[float]]:
    """The numbers of the cells that are used. Errors: ValueError with a sentence that names a cell, counted from 0."""
    filled = used(cells)
    if not filled:
        raise ValueError("The matrix has no numbers; type some.")
    out = []
    for i, row in enumerate(filled):
        numbers = []
        for j, cell in enumerate(row):
            if not cell:
                raise ValueError(f"Row {i} has no number in column {j}; type one, or empty the whole row or column.")
            try:
                numbers.append(read_number(cell).value)
            except ValueError as error:
                raise ValueError(f"Row {i}, column {j}: {error}") from None
        out.append(numbers)
    return out


def written(value: float) -> str:
    """A number of a cell: the shortest text that reads back as the same one."""
    return repr(float(value)).removesuffix(".0").replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
