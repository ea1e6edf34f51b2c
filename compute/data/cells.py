"""Tables from rows of cells that have types already, such as those of a spreadsheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from compute.data.dialect import Dialect, guess_rows, reading_of
from compute.data.numbers import Settled, settle
from compute.data.table import NO_CLASS, Column, Table
from compute.data.text_rows import named
from compute.errors import GradwireError

_LOOKED_AT = 200


def text_of(cell: Any) -> str:
    """A cell as text; whole numbers whole."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    return "" if cell is None else str(cell).strip()


def layout_of(path: Path, rows: Sequence[Sequence[Any]], given: Mapping[str, Any]) -> tuple[Dialect, list[str], int]:
    """How rows are laid out, the names of the columns, and where the first row of the table is. Errors: GradwireError
    where there are none."""
    first = [[text_of(cell) for cell in row] for row in rows[: given.get("skip", 0) + _LOOKED_AT]]
    dialect = guess_rows(first, given)
    below = [row for row in first[dialect.skip :] if any(row)]
    if not below:
        raise GradwireError(f'"{path}" is empty; the first row must name the columns, and rows must follow')
    width = max(map(len, below))
    header = [*below[0], *[""] * (width - len(below[0]))] if dialect.header else [f"x{at + 1}" for at in range(width)]
    begins = dialect.skip
    for _ in range(int(dialect.header) + int(dialect.units)):
        while begins < len(first) and not any(first[begins]):
            begins += 1
        begins += 1
    return dialect, named(header), begins


def table_of_rows(path: Path, rows: Sequence[Sequence[Any]], data: Mapping[str, Any]) -> Table:
    """The table of some rows. Errors: GradwireError naming the file; faults name row and column as a person counts."""
    dialect, names, begins = layout_of(path, rows, reading_of(data))
    numbered = enumerate(rows[begins:], start=begins + 1)
    below = [(at, row) for at, row in numbered if any(cell is not None for cell in row)]
    if not below:
        raise GradwireError(f'"{path}" has a header but no rows; add at least one row of data')
    columns: dict[str, Column] = {}
    categories: dict[str, tuple[str, ...]] = {}
    faults: dict[str, str] = {}
    for place, name in enumerate(names):
        cells = [row[place] if place < len(row) else None for _, row in below]
        if all(cell is None for cell in cells) and name.startswith("column "):
            continue
        columns[name], found = column_of(cells, dialect.missing)
        if found is not None and found.classes is not None:
            categories[name] = found.classes
            if found.odd:
                row = next(at for (at, _), cell in zip(below, cells, strict=True) if text_of(cell) == found.odd)
                place_of = f'row {row} of "{path}", column "{name}"'
                faults[name] = f"{place_of}: {found.why}; correct it, or choose what the column is"
    for values in columns.values():
        values.setflags(write=False)
    return Table(columns, categories, faults)


def column_of(cells: Sequence[Any], missing: Sequence[str] = ()) -> tuple[Column, Settled | None]:
    """A column of cells: numbers where all are, and then None; else what it is as text. None among them is missing.
    Truth values are classes, "False" and "True"."""
    if all(cell is None or (isinstance(cell, (int, float)) and not isinstance(cell, bool)) for cell in cells):
        numbers = np.array([np.nan if cell is None else cell for cell in cells], dtype=np.float64)
        if missing:
            gone = {word.strip() for word in missing}
            numbers[[cell is not None and text_of(cell) in gone for cell in cells]] = np.nan
        if not np.isinf(numbers).any():
            return numbers, None
    texts = [None if cell is None else text_of(cell) for cell in cells]
    return settled(texts, ".", missing)


def settled(texts: Sequence[str | None], decimal: str, missing: Sequence[str]) -> tuple[Column, Settled]:
    """The column that these texts are, and what it is; None among them is missing."""
    kinds = list(dict.fromkeys(text for text in texts if text is not None))
    place: dict[str | None, int] = {text: at for at, text in enumerate(kinds)}
    place[None] = -1
    codes = np.array([place[text] for text in texts], dtype=np.intp)
    found = settle(kinds, np.bincount(codes[codes >= 0], minlength=len(kinds)), decimal, missing)
    return np.append(found.values, np.nan if found.classes is None else NO_CLASS)[codes], found
