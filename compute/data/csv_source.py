"""Tables from CSV text: a header row, then numbers with a decimal point, or class names.

The file is read in blocks of rows, so that no more of it lies in the memory than the table and one block.
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Iterator
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import NoReturn

import numpy as np

from compute import budget
from compute.data.csv_reader import CsvReader, ZeroByte, line_that_is_no_text, lines_about, number_in
from compute.data.source import FileSource, Told, register, untold
from compute.data.table import Column, Table
from compute.errors import GradwireError

_MISSING = {"", "na", "n/a", "nan", "null", "none", "?", "-"}
_DECIMAL_COMMA = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+")
_PERCENT = re.compile(r"[+-]?\d[\d.,]*\s?%")
_BLOCK_CELLS = 2**17
_CELL_BYTES, _COLUMN_BYTES, _NAME_BYTES = 16, 500, 100
"""What a table takes: for each number, twice while it is put together; for each column; for each class name."""


@register
class CsvFile(FileSource):
    name, title = "csv", "CSV file"
    help = "Text with a header line that names the columns, and one line for each row."
    endings = (".csv", ".tsv", ".txt")

    def read(self, path: Path, told: Told) -> Table:
        return read_csv(path, told)


def read_csv(path: Path, told: Told = untold) -> Table:
    """Read `path` (UTF-8, with or without byte order mark; separated by comma, semicolon or tab, or as the first line
    tells Excel). A delimiter at the end of a line begins no further cell.

    A column in which every cell is text becomes a column of classes. Errors: GradwireError naming the file, line and
    column, or the size and the limit of a table that is too large; OSError.
    """
    try:
        with path.open("rb") as file:
            records = CsvReader(path, file)
            columns = _Columns(path, records.header)
            size = path.stat().st_size
            block: list[list[str]] = []
            most = max(1, _BLOCK_CELLS // len(records.header))
            for row in records:
                block.append(row)
                if len(block) == most:
                    if not columns.rows:
                        # What is read is counted again as it comes.
                        as_these = len(block) * size // max(1, records.place())
                        columns.require(min(as_these, lines_about(path, size)))
                    columns.take(block)
                    block = []
                    told(min(1.0, records.place() / size))
            columns.take(block)
        return columns.table()
    except (UnicodeDecodeError, ZeroByte):
        line = line_that_is_no_text(path)
        raise GradwireError(f'line {line} of "{path}" is not UTF-8 text; save the file as UTF-8') from None


class _Columns:
    """The columns as far as they are read. The first block of rows decides which of them hold numbers."""

    def __init__(self, path: Path, header: list[str]) -> None:
        self.path, self.header = path, header
        self.rows = 0
        self._blocks: deque[Column] = deque()
        self._numbers: list[int] = []
        self._classes: dict[int, dict[str, int]] = {}
        """Column → class name → its number, in the order in which they come."""
        self._name_bytes = 0

    def require(self, rows: int) -> None:
        """Errors: GradwireError where a table of so many rows is more than the memory budget allows."""
        columns = len(self.header)
        budget.require(
            (_CELL_BYTES * rows + _COLUMN_BYTES) * columns + self._name_bytes,
            f'"{self.path}": a table of about {rows:,} rows and {columns:,} columns',
            "take fewer rows or columns",
        )

    def take(self, block: list[list[str]]) -> None:
        """Add rows. Errors: GradwireError for a cell that does not go with the others of its column."""
        if not block:
            return
        self.require(self.rows + len(block))
        values = np.empty((len(block), len(self.header)))
        if not self.rows:
            self._sort_out(block)
        if self._numbers:
            pick = itemgetter(*self._numbers) if self._classes else tuple
            rows = map(pick, block) if len(self._numbers) > 1 else ((row[self._numbers[0]],) for row in block)
            numbers = _as_numbers(list(chain.from_iterable(rows)))
            if numbers is None:
                wrong = next(i for i in self._numbers if _as_numbers([row[i] for row in block]) is None)
                _refuse(self.path, wrong, self.header[wrong])
            values[:, self._numbers] = numbers.reshape(len(block), -1)
        for index, classes in self._classes.items():
            cells = [row[index] for row in block]
            for name in dict.fromkeys(cells):
                if name not in classes:
                    if not _is_class(name):
                        _refuse(self.path, index, self.header[index])
                    classes[name] = len(classes)
                    self._name_bytes += len(name) + _NAME_BYTES
            values[:, index] = [classes[name] for name in cells]
        self._blocks.append(values)
        self.rows += len(block)

    def _sort_out(self, block: list[list[str]]) -> None:
        if _as_numbers(list(chain.from_iterable(block))) is not None:
            self._numbers = list(range(len(self.header)))
            return
        for index in range(len(self.header)):
            if _as_numbers([row[index] for row in block]) is None:
                self._classes[index] = {}
            else:
                self._numbers.append(index)

    def table(self) -> Table:
        """What was read. Errors: GradwireError where there were no rows."""
        if not self.rows:
            raise GradwireError(f'"{self.path}" has a header but no rows; add at least one row of data')
        values, start = np.empty((len(self.header), self.rows)), 0
        while self._blocks:
            block = self._blocks.popleft()
            values[:, start : start + len(block)] = block.T
            start += len(block)
        categories: dict[str, tuple[str, ...]] = {}
        for index, classes in self._classes.items():
            names = sorted(classes)
            rank = np.empty(len(names))
            rank[[classes[name] for name in names]] = np.arange(len(names))
            values[index] = rank[values[index].astype(np.intp)]
            categories[self.header[index]] = tuple(names)
        values.setflags(write=False)
        return Table(dict(zip(self.header, values, strict=True)), categories)


def _as_numbers(cells: list[str]) -> Column | None:
    """All cells as numbers, or None when one of them is not a finite decimal number."""
    try:
        numbers = np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        return None
    # float() also takes "nan", "inf" and "1_000", which are not decimal numbers.
    return numbers if np.isfinite(numbers).all() and "_" not in "".join(cells) else None


def _is_class(cell: str) -> bool:
    """Whether a cell can name a class in a column of text."""
    return bool(cell) and number_in(cell) is None and not _is_number_written_otherwise(cell)


def _is_number_written_otherwise(cell: str) -> bool:
    return bool(_DECIMAL_COMMA.fullmatch(cell) or _PERCENT.fullmatch(cell)) or _is_infinite(cell)


def _is_infinite(cell: str) -> bool:
    """Whether it is a number, yet not a finite one: inf, or one beyond float64 such as 1e400."""
    try:
        return math.isinf(float(cell))
    except ValueError:
        return False


def _refuse(path: Path, index: int, name: str) -> NoReturn:
    """Raise the sentence for the first cell that keeps a column from being all numbers or all text.

    The file is read again for it, so that the cells need not be kept until then.
    """
    rows = numbers = 0
    for _, cell in _column(path, index):
        rows += 1
        numbers += number_in(cell) is not None
    mostly_numbers = 2 * numbers >= rows
    for line, cell in _column(path, index):
        place = f'line {line} of "{path}", column "{name}"'
        if not cell or (numbers and cell.lower() in _MISSING):
            raise GradwireError(f"{place}: the value is missing; fill it in or remove the line")
        if _DECIMAL_COMMA.fullmatch(cell):
            right = cell.replace(".", "").replace(",", ".")
            raise GradwireError(f"{place}: {cell} has a decimal comma; write numbers with a decimal point: {right}")
        if _PERCENT.fullmatch(cell):
            raise GradwireError(f"{place}: {cell} has a percent sign; write the number alone")
        if _is_infinite(cell):
            raise GradwireError(f"{place}: {cell} is not a finite number; correct it or remove the line")
        if numbers and (number_in(cell) is not None) != mostly_numbers:
            kind, others = ("text", "numbers") if mostly_numbers else ("a number", "text")
            raise GradwireError(
                f'{place}: "{cell}" is {kind} among {others}; write numbers in every line, or text in every line'
            )
    raise GradwireError(f'"{path}" changed while it was read; open it again')


def _column(path: Path, index: int) -> Iterator[tuple[int, str]]:
    """Each row's line in the file and its cell in one column."""
    with path.open("rb") as file:
        records = CsvReader(path, file)
        for row in records:
            yield records.line, row[index]
