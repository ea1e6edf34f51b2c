"""The rows of a CSV file, one after the other, each as wide as the header."""

from __future__ import annotations

import codecs
import csv
import math
import re
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO

from compute.errors import GradwireError

DELIMITERS = (",", ";", "\t")
_EXCEL = re.compile(r"sep=([^\w\s\"]|\t)(\r\n|\n|\r)")
"""The first line by which Excel tells itself the delimiter."""
_LONGEST_ROW = 2**23
"""In characters. A file without line breaks is no table and would have to lie in the memory as a whole."""

_PIECES, _PIECE = 16, 2**16
"""What is looked at of a file to tell how many lines it has."""


class ZeroByte(Exception):
    """No text holds one."""


def line_that_is_no_text(path: Path) -> int:
    """The first line with a zero byte or with bytes that are not UTF-8."""
    decoder, lines = codecs.getincrementaldecoder("utf-8")(), 1
    with path.open("rb") as file:
        while piece := file.read(2**20):
            places = [place for place in (piece.find(b"\0"),) if place >= 0]
            try:
                decoder.decode(piece)
            except UnicodeDecodeError as error:
                # The first bytes of a character may have been at the end of the piece before.
                places.append(max(0, error.start - (len(error.object) - len(piece))))
            if places:
                return lines + piece.count(b"\n", 0, min(places))
            lines += piece.count(b"\n")
    return lines


def lines_about(path: Path, size: int) -> int:
    """About how many lines a file of this size has, from pieces of it."""
    lines = read = 0
    with path.open("rb") as file:
        for part in range(_PIECES):
            file.seek(part * size // _PIECES)
            piece = file.read(_PIECE)
            read += len(piece)
            lines += max(piece.count(b"\n"), piece.count(b"\r"))
    return lines * size // max(1, read)


class CsvReader:
    """Iterates over the rows of stripped cells, each as wide as the header.

    line: where the last row ends in the file. Errors: GradwireError naming the line that is no row of the table.
    """

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path, self._file = path, file
        self._text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
        self.header: list[str] = []
        self.line = self._length = 0
        self._rows = self._read()
        if next(self._rows, None) is None:
            raise GradwireError(f'"{path}" is empty; the first line must name the columns, and rows must follow')

    def __iter__(self) -> Iterator[list[str]]:
        return self._rows

    def place(self) -> int:
        """About how many bytes of the file have been read."""
        return self._file.tell()

    def _read(self) -> Iterator[list[str]]:
        """The header, then the rows."""
        start = self._text.read(65536)
        if "\0" in start:
            raise ZeroByte
        self._text.seek(0)
        excel = _EXCEL.match(start)
        reader = csv.reader(self._lines(), delimiter=excel[1] if excel else _delimiter(start), strict=True)
        try:
            if excel:
                next(reader)
            for record in reader:
                self._length, self.line = 0, reader.line_num
                cells = [cell.strip() for cell in record]
                trailing = len(cells) == len(self.header) + 1 if self.header else len(cells) > 1
                if trailing and not cells[-1]:
                    cells.pop()
                if len(cells) <= 1 and not any(cells):
                    continue
                if not self.header:
                    _check_header(self.path, cells, self.line)
                    self.header = cells
                elif len(cells) != len(self.header):
                    raise GradwireError(
                        f'line {self.line} of "{self.path}" has {len(cells)} cells and the header has '
                        f"{len(self.header)}; give every line one cell for each column"
                    )
                yield cells
        except csv.Error as error:
            raise GradwireError(
                f'line {reader.line_num} of "{self.path}" is not CSV ({error}); correct its quotation marks'
            ) from error

    def _lines(self) -> Iterator[str]:
        number = 0
        while line := self._text.readline(_LONGEST_ROW):
            number += 1
            if "\0" in line:
                raise ZeroByte
            self._length += len(line)
            if self._length >= _LONGEST_ROW:
                raise GradwireError(
                    f'line {number} of "{self.path}" belongs to a row of more than {_LONGEST_ROW // 10**6} million '
                    "characters; give every row a line of its own"
                )
            yield line


def _delimiter(start: str) -> str:
    """The delimiter that cuts the first two lines into equally many cells, and into most."""
    lines = [line for line in start.splitlines() if line.strip()][:2]

    def score(delimiter: str) -> tuple[bool, int]:
        widths = [len(record) for record in csv.reader(lines, delimiter=delimiter)]
        return len(set(widths)) == 1 and widths[0] > 1, max(widths, default=0)

    return max(DELIMITERS, key=score)


def _check_header(path: Path, header: list[str], line: int) -> None:
    seen: set[str] = set()
    for position, name in enumerate(header, start=1):
        if not name:
            raise GradwireError(
                f'line {line} of "{path}" gives column {position} no name; name every column in the header'
            )
        if number_in(name) is not None:
            raise GradwireError(
                f'line {line} of "{path}" has the number {name} in column {position}, where a column name '
                "should be; add a header line that names the columns"
            )
        if name in seen:
            raise GradwireError(f'line {line} of "{path}" names two columns "{name}"; give each column its own name')
        seen.add(name)


def number_in(cell: str) -> float | None:
    """The finite decimal number that a cell is, if it is one."""
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in cell else None
