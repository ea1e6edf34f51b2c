"""The rows of a table in a file of text, one after the other in plain Python: to name what is wrong with a line, and to
clean up what the quick reader does not take."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from compute.data.dialect import MOST_LINES, Dialect, cut, lines_of, width_of
from compute.data.numbers import number_in
from compute.data.opened import Utf8
from compute.errors import GradwireError

LONGEST_ROW = 2**23
"""In characters. A file without line breaks is no table and would have to lie in the memory as a whole."""
ROW_NAMES = "row"
"""What the column is called that R and pandas write without a name in front of the others."""


class TextRows:
    """Iterates over the rows of stripped cells below the names, each as wide as these; without ``names``, over all of
    them as they are. line: where the last row ends in the file.

    Errors: GradwireError naming the line that is no row of the table; whatever ``Utf8`` raises.
    """

    def __init__(self, path: Path, dialect: Dialect, width: int = 0, above: int = 0) -> None:
        """above: rows that stand above the first one of numbers."""
        self.path, self.dialect, self._width, self._above = path, dialect, width, above
        self.stream = Utf8(path, dialect.encoding)
        self._text = TextIOWrapper(io.BufferedReader(self.stream, 2**16), encoding="utf-8", newline="")
        self.line = self._number = self._length = 0

    def close(self) -> None:
        self._text.close()

    def __iter__(self) -> Iterator[list[str]]:
        dialect = self.dialect
        marks: dict[str, Any] = {"quotechar": dialect.quote} if dialect.quote else {"quoting": csv.QUOTE_NONE}
        reader = csv.reader(
            self._lines(), delimiter=dialect.separator, strict=bool(dialect.quote), skipinitialspace=True, **marks
        )
        above = self._above
        try:
            for record in reader:
                self._length, self.line = 0, self._number
                cells = [cell.strip() for cell in record]
                if len(cells) <= 1 and not any(cells):
                    continue
                if above:
                    above -= 1
                    continue
                if self._width:
                    while len(cells) > self._width and not cells[-1]:
                        cells.pop()
                    if len(cells) != self._width:
                        raise GradwireError(
                            f'line {self.line} of "{self.path}" has {len(cells)} cells and the header has '
                            f"{self._width}; give every line one cell for each column"
                        )
                yield cells
        except csv.Error as error:
            raise GradwireError(
                f'line {self._number} of "{self.path}" is not CSV ({error}); correct its quotation marks'
            ) from error

    def _lines(self) -> Iterator[str]:
        comment, blanks = self.dialect.comment, self.dialect.separator == " "
        while line := self._text.readline(LONGEST_ROW):
            self._number += 1
            if self._number <= self.dialect.skip:
                continue
            self._length += len(line)
            if self._length >= LONGEST_ROW:
                raise GradwireError(
                    f'line {self._number} of "{self.path}" belongs to a row of more than {LONGEST_ROW // 10**6} '
                    "million characters; give every row a line of its own"
                )
            if comment and line.lstrip().startswith(comment):
                continue
            yield line.strip().replace("\t", " ") + "\n" if blanks else line


def head_of(
    path: Path, dialect: Dialect, sample: str, most: int | None = MOST_LINES
) -> tuple[list[str], int, int, list[list[str]]]:
    """The names of the columns, how many rows and how many lines stand above the first row below them, and the first
    rows there are.

    sample: the first lines of the file, of which so many count at most. Errors: GradwireError where there are no names
    or no rows.
    """
    lines = lines_of(sample, most)[dialect.skip :]
    written = [line for line in lines if line.strip()]
    comments: list[str] = []
    if dialect.comment:
        comments = [line for line in written if line.lstrip().startswith(dialect.comment)]
        written = [line for line in written if not line.lstrip().startswith(dialect.comment)]
    rows = [row for row in cut(written, dialect.separator, dialect.quote) if len(row) > 1 or any(row)]
    if not rows:
        raise GradwireError(f'"{path}" is empty; the first line must name the columns, and rows must follow')
    above = int(dialect.header) + int(dialect.units)
    below = rows[above:]
    if not below:
        raise GradwireError(f'"{path}" has a header but no rows; add at least one row of data')
    width = _trimmed_width(rows[0] if dialect.header else [], below)
    if dialect.header:
        names = list(rows[0])
        while len(names) > width and not names[-1]:
            names.pop()
        if len(names) == width - 1 and _names_rows([row[0] for row in below if row]):
            names.insert(0, "")
    else:
        said = (
            cut([comments[-1].lstrip().lstrip(dialect.comment)], dialect.separator, dialect.quote) if comments else []
        )
        fits = said and len(said[0]) == width and all(number_in(name) is None for name in said[0])
        names = said[0] if fits else [f"x{at + 1}" for at in range(width)]
    return named(names), above, dialect.skip + _lines_above(lines, dialect, above), below


def _lines_above(lines: Sequence[str], dialect: Dialect, above: int) -> int:
    """How many lines the first rows take, of which a cell may hold line breaks."""
    count = 0
    while above and count < len(lines):
        taken = 1
        while taken < 100 and dialect.quote and "".join(lines[count : count + taken]).count(dialect.quote) % 2:
            taken += 1
        above -= bool("".join(lines[count : count + taken]).strip())
        count += taken
    return count


def _trimmed_width(header: list[str], rows: list[list[str]]) -> int:
    """How many columns there are: a separator at the end of each line begins none."""
    width = width_of(rows)
    if header and sum(len(row) == width for row in rows) < 0.8 * len(rows):
        width = len(header)  # rows differ, and the names say how wide they should be
    if width > 1 and len(header) != width and all(len(row) < width or not row[-1] for row in rows):
        return width - 1
    if header and len(header) == width and not header[-1] and all(len(row) < width or not row[-1] for row in rows):
        return width - 1
    return width


def _names_rows(cells: list[str]) -> bool:
    """Whether a column without a name tells rows apart."""
    return len(cells) > 1 and len(set(cells)) == len(cells)


def named(header: list[str]) -> list[str]:
    """Names that each column has alone: one without gets one, and of two that are the same the second is numbered."""
    taken = {name for name in header if name}
    out: list[str] = []
    seen: set[str] = set()
    for at, name in enumerate(header):
        if not name:
            name = ROW_NAMES if at == 0 and ROW_NAMES not in taken else f"column {at + 1}"
        stem, number = name, 1
        while name in seen or (number > 1 and name in taken):
            number += 1
            name = f"{stem} ({number})"
        seen.add(name)
        out.append(name)
    return out
