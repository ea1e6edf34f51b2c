"""What is typed into a cell, and what is copied from a spreadsheet or any other text: cells as numbers or text.

A copied text is read in the dialect that a file would be read in.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compute.data.cells import settled
from compute.data.dialect import Dialect, cut, guess, lines_of
from compute.data.numbers import number_in
from compute.data.text_rows import head_of, named
from compute.errors import GradwireError
from compute.numbers_text import MINUS

Cell = str | int | float | None
"""None: missing."""
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_MOST_LINES, _MOST_COLUMNS = 100_000, 10_000
_NOTHING = "The clipboard holds no table; copy some cells of a spreadsheet first."


def number_of(text: str) -> int | float | None:
    """The number that a text is, also with a real minus sign or a decimal comma; None where it is none."""
    plain = text.strip().replace(MINUS, "-").replace("\u00a0", "").replace("\u2009", "")
    if not _NUMBER.fullmatch(plain):
        return None
    value = float(plain.replace(",", "."))
    if not math.isfinite(value):
        return None
    return int(plain) if plain.lstrip("+-").isdecimal() and abs(value) < 2**53 else value


def cell_of(text: str) -> Cell:
    """A number where it is one, else the text without blanks around it."""
    number = number_of(text)
    return text.strip() if number is None else number


def tidy_number(value: float) -> Cell:
    """A number as it is written in a document: whole ones whole, and None for one that is missing."""
    if math.isnan(value):
        return None
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


@dataclass(frozen=True, slots=True)
class Pasted:
    """A copied text. rows: its cells, each row as wide as the widest."""

    dialect: Dialect
    rows: Sequence[Sequence[str]]

    @property
    def is_named(self) -> bool:
        """Whether its first row names columns for sure: it holds no number, and a row below it does."""
        first, below = self.rows[0], self.rows[1:]
        return not any(map(self._is_number, first)) and any(any(map(self._is_number, row)) for row in below)

    def _is_number(self, cell: str) -> bool:
        return number_in(cell, self.dialect.decimal) is not None

    def cell(self, text: str) -> Cell:
        """A number where it is one in the dialect, else the text."""
        value = number_in(text, self.dialect.decimal)
        return text if value is None or not math.isfinite(value) else tidy_number(value)


def dialect_of(text: str, given: Mapping[str, Any]) -> Dialect:
    """The dialect of a copied text; what is given counts, and tabs, which spreadsheets write, before all guesses.
    Errors: GradwireError where there is no text, or too much."""
    if not text.strip():
        raise GradwireError(_NOTHING)
    if text.count("\n") + text.count("\r") > _MOST_LINES:
        raise GradwireError("The clipboard holds too many rows; keep them in a CSV file and open that.")
    first = text.lstrip("\r\n").splitlines()[0]
    said: dict[str, Any] = {"separator": "\t"} if "\t" in first else {}
    if not said and number_in(first.strip(), ",") is not None and "\n" not in text.strip():
        said = {"separator": ";", "decimal": ","}  # one cell
    return guess(text, "utf-8", {**said, **given})


def cells_of(text: str, given: Mapping[str, Any] | None = None) -> Pasted:
    """The cells of a copied text, whatever its first row is. Errors: GradwireError where there are none, or too
    many."""
    dialect = dialect_of(text, {"skip": 0, **(given or {})})
    lines = [line for line in lines_of(text, None)[dialect.skip :] if line.strip()]
    if dialect.comment:
        lines = [line for line in lines if not line.lstrip().startswith(dialect.comment)]
    rows = [row for row in cut(lines, dialect.separator, dialect.quote) if row]
    width = max(map(len, rows), default=0)
    if not any(map(any, rows)) or width > _MOST_COLUMNS:
        raise GradwireError(_NOTHING)
    return Pasted(dialect, [[*row, *[""] * (width - len(row))] for row in rows])


def columns_of_text(text: str, given: Mapping[str, Any] | None = None) -> tuple[Dialect, dict[str, list[Cell]]]:
    """How a copied text is read as a table, and its columns by name. A column with text in any row is text in all; an
    empty cell, or one such as NA, is missing. given: fields of ``Dialect`` that are not to be guessed. Errors:
    GradwireError where there are none, or too many."""
    said = dict(given or {})
    if "header" not in said and not cells_of(text, said).is_named:
        said["header"] = False  # words above words are rather two cells than a name and a cell
    dialect = dialect_of(text, said)
    try:
        names, _, _, rows = head_of(Path(), dialect, text, None)
    except GradwireError:
        raise GradwireError(_NOTHING) from None
    width = max(len(names), *map(len, rows))
    if width > _MOST_COLUMNS:
        raise GradwireError(_NOTHING)
    names = named([*names, *[""] * (width - len(names))])
    columns: dict[str, list[Cell]] = {}
    for at, name in enumerate(names):
        cells = [row[at] if at < len(row) else "" for row in rows]
        values, found = settled(cells, dialect.decimal, dialect.missing)
        classes = found.classes
        columns[name] = [
            tidy_number(value) if classes is None else classes[int(value)] if value >= 0 else None
            for value in values.tolist()
        ]
    return dialect, columns
