"""Weka's ARFF: a header that says the names and types of the columns, then rows of CSV."""

from __future__ import annotations

import re
from pathlib import Path

from compute.data.cells import settled, text_of
from compute.data.dialect import Dialect
from compute.data.numbers import number_in
from compute.data.opened import NoText, Utf8, guess_encoding
from compute.data.source import Data, FileSource, Told, register
from compute.data.table import Column, Table
from compute.data.text_rows import TextRows, named
from compute.errors import GradwireError

_ATTRIBUTE = re.compile(r"@attribute\s+(?:'([^']*)'|\"([^\"]*)\"|(\S+))\s+(.+)", re.IGNORECASE)
_MOST_LINES = 100_000
_NUMBERS = ("numeric", "real", "integer")


@register
class ArffFile(FileSource):
    name, title = "arff", "ARFF file"
    help = "Weka's format: a header with the names and types of the columns, then rows."
    endings = (".arff",)

    def read(self, path: Path, told: Told, data: Data) -> Table:
        try:
            return _read(path, told)
        except NoText as wrong:
            raise GradwireError(f'line {wrong.line} of "{path}" is no text, so that it is no ARFF file') from None


def _read(path: Path, told: Told) -> Table:
    encoding = guess_encoding(path)
    names, kinds, begins = _header(path, encoding)
    rows = TextRows(path, Dialect(encoding, quote="'", comment="%", skip=begins), len(names))
    cells: list[list[str | None]] = [[] for _ in names]
    lines: list[int] = []
    try:
        for row in rows:
            if row[0].startswith("{"):
                raise GradwireError(f'line {rows.line} of "{path}" is sparse, which is not read; save all values')
            for column, cell in zip(cells, row, strict=True):
                column.append(None if cell == "?" else cell)
            lines.append(rows.line)
            if len(lines) % 1000 == 0:
                told(rows.stream.share)
    finally:
        rows.close()
    if not lines:
        raise GradwireError(f'"{path}" has a header but no rows; add at least one row of data')
    columns: dict[str, Column] = {}
    categories: dict[str, tuple[str, ...]] = {}
    for name, kind, column in zip(named(names), kinds, cells, strict=True):
        for line, text in zip(lines, column, strict=True) if kind.lower().startswith(_NUMBERS) else ():
            if text is not None and number_in(text) is None:
                raise GradwireError(f'line {line} of "{path}", column "{name}": "{text:.60}" is no number')
        columns[name], found = settled(column, ".", ())
        if found.classes is not None:
            categories[name] = found.classes
        columns[name].setflags(write=False)
    return Table(columns, categories)


def _header(path: Path, encoding: str) -> tuple[list[str], list[str], int]:
    """The names and types of the columns, and how many lines stand before the rows."""
    names: list[str] = []
    kinds: list[str] = []
    with Utf8(path, encoding) as stream:
        text = stream.read(2**22).decode(errors="ignore")
    for number, line in enumerate(text.splitlines()[:_MOST_LINES], start=1):
        said = line.strip()
        if found := _ATTRIBUTE.fullmatch(said):
            names.append(text_of(found[1] or found[2] or found[3]))
            kinds.append(found[4])
        elif said.lower().startswith("@data"):
            if names:
                return names, kinds, number
            break
        elif said and not said.startswith("%") and not said.lower().startswith("@relation"):
            raise GradwireError(f'line {number} of "{path}" is not of an ARFF header: "{said:.40}"')
    raise GradwireError(f'"{path}" is no ARFF file: it has no line @data below its attributes')
