"""Tables from CSV text: a header row, then numbers with a decimal point, or class names."""

from __future__ import annotations

import csv
import io
import math
import re
from pathlib import Path

import numpy as np

from compute.data.table import Column, Table, classes_of
from compute.errors import GradwireError

DELIMITERS = (",", ";", "\t")
_MISSING = {"", "na", "n/a", "nan", "null", "none", "?", "-"}
_DECIMAL_COMMA = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+")
_PERCENT = re.compile(r"[+-]?\d[\d.,]*\s?%")
_EXCEL = re.compile(r"sep=([^\w\s\"]|\t)(\r\n|\n|\r)")
"""The first line by which Excel tells itself the delimiter."""


def read_csv(path: Path) -> Table:
    """Read `path` (UTF-8, with or without byte order mark; separated by comma, semicolon or tab, or as the first line
    tells Excel). A delimiter at the end of a line begins no further cell.

    A column in which every cell is text becomes a column of classes. Errors name the file, line and column.
    """
    header, rows, lines = _cells(path)
    columns: dict[str, Column] = {}
    categories: dict[str, tuple[str, ...]] = {}
    for index, name in enumerate(header):
        cells = [row[index] for row in rows]
        numbers = _numbers(cells)
        if numbers is None:
            _refuse_unless_text(path, name, cells, lines)
            numbers, categories[name] = classes_of(cells)
        columns[name] = numbers
    return Table(columns, categories)


def _cells(path: Path) -> tuple[list[str], list[list[str]], list[int]]:
    """The header, the rows of stripped cells, each as wide as the header, and each row's line in the file."""
    text = _text(path)
    excel = _EXCEL.match(text)
    delimiter = excel[1] if excel else _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] = []
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        if excel:
            next(reader)
        for record in reader:
            cells = [cell.strip() for cell in record]
            trailing = len(cells) == len(header) + 1 if header else len(cells) > 1
            if trailing and not cells[-1]:
                cells.pop()
            if not any(cells) and len(cells) <= 1:
                continue
            if not header:
                header = cells
                _check_header(path, header, reader.line_num)
            elif len(cells) != len(header):
                raise GradwireError(
                    f'line {reader.line_num} of "{path}" has {len(cells)} cells and the header has '
                    f"{len(header)}; give every line one cell for each column"
                )
            else:
                rows.append(cells)
                lines.append(reader.line_num)
    except csv.Error as error:
        raise GradwireError(
            f'line {reader.line_num} of "{path}" is not CSV ({error}); correct its quotation marks'
        ) from error
    if not header:
        raise GradwireError(f'"{path}" is empty; the first line must name the columns, and rows must follow')
    if not rows:
        raise GradwireError(f'"{path}" has a header but no rows; add at least one row of data')
    return header, rows, lines


def _text(path: Path) -> str:
    data = path.read_bytes()
    wrong = data.find(b"\0")
    if wrong < 0:
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            wrong = error.start
    line = data.count(b"\n", 0, wrong) + 1
    raise GradwireError(f'line {line} of "{path}" is not UTF-8 text; save the file as UTF-8')


def _delimiter(text: str) -> str:
    """The delimiter that cuts the first two lines into equally many cells, and into most."""
    start = [line for line in text[:65536].splitlines() if line.strip()][:2]

    def score(delimiter: str) -> tuple[bool, int]:
        widths = [len(record) for record in csv.reader(start, delimiter=delimiter)]
        return len(set(widths)) == 1 and widths[0] > 1, max(widths, default=0)

    return max(DELIMITERS, key=score)


def _check_header(path: Path, header: list[str], line: int) -> None:
    for position, name in enumerate(header, start=1):
        if not name:
            raise GradwireError(
                f'line {line} of "{path}" gives column {position} no name; name every column in the header'
            )
        if _number(name) is not None:
            raise GradwireError(
                f'line {line} of "{path}" has the number {name} in column {position}, where a column name '
                "should be; add a header line that names the columns"
            )
        if name in header[: position - 1]:
            raise GradwireError(f'line {line} of "{path}" names two columns "{name}"; give each column its own name')


def _numbers(cells: list[str]) -> Column | None:
    """All cells as numbers, or None when one of them is not a finite decimal number."""
    try:
        numbers = np.array(list(map(float, cells)))
    except ValueError:
        return None
    # float() also takes "nan", "inf" and "1_000", which are not decimal numbers.
    return numbers if np.isfinite(numbers).all() and "_" not in "".join(cells) else None


def _number(cell: str) -> float | None:
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in cell else None


def _refuse_unless_text(path: Path, name: str, cells: list[str], lines: list[int]) -> None:
    """Raise the sentence for the first cell that keeps a column from being all numbers or all text."""
    numeric = [_number(cell) is not None for cell in cells]
    has_numbers = any(numeric)
    mostly_numbers = 2 * sum(numeric) >= len(cells)
    for cell, line, is_number in zip(cells, lines, numeric, strict=True):
        place = f'line {line} of "{path}", column "{name}"'
        if not cell or (has_numbers and cell.lower() in _MISSING):
            raise GradwireError(f"{place}: the value is missing; fill it in or remove the line")
        if _DECIMAL_COMMA.fullmatch(cell):
            right = cell.replace(".", "").replace(",", ".")
            raise GradwireError(f"{place}: {cell} has a decimal comma; write numbers with a decimal point: {right}")
        if _PERCENT.fullmatch(cell):
            raise GradwireError(f"{place}: {cell} has a percent sign; write the number alone")
        if cell.lower().lstrip("+-") in {"inf", "infinity"}:
            raise GradwireError(f"{place}: {cell} is not a finite number; correct it or remove the line")
        if has_numbers and is_number != mostly_numbers:
            kind, others = ("text", "numbers") if mostly_numbers else ("a number", "text")
            raise GradwireError(
                f'{place}: "{cell}" is {kind} among {others}; write numbers in every line, or text in every line'
            )
