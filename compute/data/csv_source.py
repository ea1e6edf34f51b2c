"""Tables from text: CSV, TSV and what else people and programs write with a separator between two cells.

The dialect is guessed from the first lines. Arrow's reader then takes the file in pieces, once: columns that look like
numbers become float64 right away, all others the numbers of their kinds of cell, and at the end it is found out what
these are. What Arrow does not take (comments, blanks between cells) goes through Python first, row by row.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from compute import budget
from compute.data.dialect import READING, Dialect, guess, reading_of
from compute.data.numbers import settle
from compute.data.opened import GZIP, NoText, Utf8, WrongEncoding, guess_encoding
from compute.data.source import Data, FileSource, First, Told, register, untold
from compute.data.table import NO_CLASS, Column, Table
from compute.data.text_rows import LONGEST_ROW, TextRows, head_of
from compute.data.words import MISSING_WORDS
from compute.errors import GradwireError

BLOCK = LONGEST_ROW // 2
"""How many bytes Arrow reads at a time; no row is longer, but for those that go through Python."""
_SAMPLE = 2**18
_CELL_BYTES, _COLUMN_BYTES, _WORD_BYTES, _NAME_BYTES = 16, 4500, 350, 100
"""What a table takes: for each number, twice while it is put together; for each column, and there for each word that
stands for what is missing, of which Arrow has a list for every column; for each class name."""
_WIDE = 1000
"""With more columns Arrow is told only those words that are in the first rows; others are found out at the end."""
_PLAIN = {
    ".": re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"),
    ",": re.compile(r"[+-]?(\d+,?\d*|,\d+)([eE][+-]?\d+)?"),
}
_REFUSED = re.compile(r"CSV column #(\d+)")
_TOLD_EVERY = 1000
"""Rows after which it is told how far it is, where each goes through Python."""
_PIECES, _PIECE = 16, 2**16
"""What is looked at of a file to tell how many lines it has."""
_TRIES = 6
"""How often a file is read again since a column is no numbers after all, before all columns are read as text."""


@register
class CsvFile(FileSource):
    name, title = "csv", "CSV file"
    help = "Text with a line for each row: CSV, TSV and the like; how it is written is guessed, and can be changed."
    endings = (".csv", ".tsv", ".txt", ".tab", ".dat", ".data", ".csv.gz", ".tsv.gz", ".txt.gz")
    reading = READING

    def read(self, path: Path, told: Told, data: Data) -> Table:
        return read_csv(path, told, reading_of(data))

    def begin(self, path: Path, data: Data) -> First:
        with _named(path):
            seen = look_at(path, reading_of(data))
        rows = tuple(map(tuple, seen.rows[: First.MOST_ROWS]))
        return First(tuple(seen.names), rows, self.reading, seen.dialect.said())


@dataclass(frozen=True)
class Seen:
    """What the first lines of a file of text say. above: rows above the first one below the names, and begins:
    lines; rows: those there are of the first lines, as wide as they come."""

    path: Path
    dialect: Dialect
    names: Sequence[str]
    above: int
    begins: int
    rows: Sequence[Sequence[str]]
    is_guessed: bool = True
    """Whether the encoding is."""


def look_at(path: Path, given: Mapping[str, Any]) -> Seen:
    """The dialect and the first rows of a file. Errors: NoText; GradwireError naming the file; OSError."""
    encoding = str(given["encoding"]) if "encoding" in given else guess_encoding(path)
    try:
        with Utf8(path, encoding) as stream:
            sample = _first_lines(stream)
        if len(sample) > LONGEST_ROW:
            for _ in TextRows(path, Dialect(encoding)):
                pass  # it says which line is too long
    except WrongEncoding as wrong:
        if "encoding" in given or wrong.sure:
            raise
        return look_at(path, {**given, "encoding": "cp1252" if encoding == "utf-8" else "latin-1"})
    dialect = guess(sample, encoding, given)
    return Seen(path, dialect, *head_of(path, dialect, sample), "encoding" not in given)


def _first_lines(stream: Utf8) -> str:
    """Whole lines from the beginning, some of them at least where they are very long."""
    sample = b""
    while piece := stream.read(_SAMPLE):
        sample += piece
        ends = max(sample.count(b"\n"), sample.count(b"\r"))
        if ends > 3 or len(sample) > LONGEST_ROW + _SAMPLE:
            last = max(sample.rfind(b"\n"), sample.rfind(b"\r")) if ends > 3 else len(sample) - 1
            return sample[: last + 1].decode(errors="ignore")
    return sample.decode(errors="ignore")


def read_csv(path: Path, told: Told = untold, given: Mapping[str, Any] | None = None) -> Table:
    """Read ``path``. given: the fields of ``Dialect`` that are not to be guessed.

    A column is numbers where every cell is one or missing, else its cells are classes; where they are mostly numbers
    the table says so as a fault of that column. Errors: GradwireError naming the file, line and column, or the size and
    the limit of a table that is too large; OSError.
    """
    with _named(path):
        seen = look_at(path, given or {})
        try:
            return _Reader(seen, told).table()
        except WrongEncoding as wrong:
            if not seen.is_guessed or wrong.sure:
                raise
            other = {"utf-8": "cp1252"}.get(seen.dialect.encoding, "latin-1")
            return _Reader(look_at(path, {**(given or {}), "encoding": other}), told).table()


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """What is no text becomes a GradwireError that names file and line."""
    try:
        yield
    except WrongEncoding as wrong:
        raise GradwireError(
            f'line {wrong.line} of "{path}" is not in the encoding that it is read in; choose another encoding'
        ) from None
    except NoText as wrong:
        raise GradwireError(
            f'line {wrong.line} of "{path}" is no text, so that it is no CSV file; choose a file of text, or one of '
            "another kind"
        ) from None


@dataclass
class _Reader:
    seen: Seen
    told: Told
    text: set[int] = field(default_factory=set)
    """The columns that are read as text."""
    clean: bool = False
    """Whether rows go through Python first."""
    words: frozenset[str] = frozenset()
    """What Arrow takes for a cell whose value is missing."""

    def table(self) -> Table:
        seen = self.seen
        dialect = seen.dialect
        self.clean = bool(dialect.comment) or dialect.separator == " " or dialect.quote == "'"
        plain, words = _PLAIN[dialect.decimal], _null_words(dialect)
        needed = {"", *dialect.missing}  # a number that stands for what is missing is refused by nobody
        self.words = words if len(seen.names) <= _WIDE else words & (needed | set(chain.from_iterable(seen.rows)))
        cells = [[row[at] for row in seen.rows if at < len(row)] for at in range(len(seen.names))]
        for at, column in enumerate(cells):
            there = [cell for cell in column if cell not in words]
            if not there or not all(plain.fullmatch(cell) for cell in there):
                self.text.add(at)
        for _ in range(_TRIES):
            found = self._try()
            if found is not None:
                return found
        self.text.update(range(len(seen.names)))
        found = self._try()
        assert found is not None
        return found

    def _try(self) -> Table | None:
        """The table, or None where a column or the whole has to be read in another way. Errors: as ``read_csv``."""
        import pyarrow as pa
        import pyarrow.csv as arrow

        seen, dialect = self.seen, self.seen.dialect
        names = [str(at) for at in range(len(seen.names))]
        types = {
            name: pa.dictionary(pa.int32(), pa.string()) if at in self.text else pa.float64()
            for at, name in enumerate(names)
        }
        stream = Utf8(seen.path, dialect.encoding)
        rows: TextRows | None = None
        if self.clean:
            rows = TextRows(seen.path, dialect, len(names), seen.above)
            stream.close()
        else:
            stream.pass_over(seen.begins)
        got = _Got(seen, self.text, _COLUMN_BYTES + _WORD_BYTES * len(self.words))
        try:
            reader = arrow.open_csv(
                _Clean(rows, self.told) if rows else stream,
                read_options=arrow.ReadOptions(column_names=names, block_size=BLOCK),
                parse_options=arrow.ParseOptions(
                    delimiter="," if self.clean else dialect.separator,
                    quote_char='"' if self.clean else dialect.quote or False,
                    newlines_in_values=bool(dialect.quote),
                ),
                convert_options=arrow.ConvertOptions(
                    column_types=types,
                    null_values=sorted(self.words),
                    strings_can_be_null=True,
                    decimal_point=dialect.decimal,
                ),
            )
            for batch in reader:
                self.told((rows.stream if rows else stream).share)
                got.add(batch)
        except pa.ArrowInvalid as error:
            self._other_way(str(error))
            return None
        finally:
            (rows or stream).close()
        if stream.quotes % 2 and not self.clean and dialect.quote:
            self.clean = True  # Arrow takes a cell that nobody ends for one that ends with the file
            return None
        return self._settled(got)

    def _other_way(self, refusal: str) -> None:
        """Read on another way after Arrow refused something. Errors: GradwireError where there is none."""
        column = _REFUSED.search(refusal)
        if column and int(column[1]) not in self.text:
            self.text.add(int(column[1]))
        elif not self.clean:
            self.clean = True  # either it says which line is wrong, or it puts it right
        else:
            raise GradwireError(
                f'"{self.seen.path}" cannot be read as a table ({refusal:.100}); choose how it is written'
            )

    def _settled(self, got: _Got) -> Table | None:
        """What the columns are, now that all of them is there; None where one has to be read as text."""
        seen, dialect = self.seen, self.seen.dialect
        if not got.rows:
            raise GradwireError(f'"{seen.path}" has a header but no rows; add at least one row of data')
        columns: dict[str, Column] = {}
        categories: dict[str, tuple[str, ...]] = {}
        odd: dict[int, tuple[str, str]] = {}
        for at, name in enumerate(seen.names):
            if at in self.text:
                codes, texts = got.texts(at)
                counts = np.bincount(codes[codes >= 0], minlength=len(texts))
                found = settle(texts, counts, dialect.decimal, dialect.missing)
                nothing = np.nan if found.classes is None else NO_CLASS
                columns[name] = np.append(found.values, nothing)[codes]
                if found.classes is not None:
                    categories[name] = found.classes
                if found.odd:
                    odd[at] = found.odd, found.why
            else:
                columns[name] = got.numbers(at)
                if np.isinf(columns[name]).any():
                    self.text.add(at)
                    return None
        return _whole(columns, categories, self._faults(odd))

    def _faults(self, odd: Mapping[int, tuple[str, str]]) -> dict[str, str]:
        """What keeps columns from being numbers, each with the line that it stands in first."""
        if not odd:
            return {}
        seen, left, faults = self.seen, dict(odd), dict[str, str]()
        rows = TextRows(seen.path, seen.dialect, len(seen.names), seen.above)
        try:
            for cells in rows:
                for at in [at for at, (cell, _) in left.items() if cells[at] == cell]:
                    why = left.pop(at)[1]
                    faults[seen.names[at]] = (
                        f'line {rows.line} of "{seen.path}", column "{seen.names[at]}": {why}; correct it, or choose '
                        "what the column is"
                    )
                if not left:
                    break
        except GradwireError:
            pass  # Arrow has read on where Python would not
        finally:
            rows.close()
        for at, (_, why) in left.items():
            faults[seen.names[at]] = f'"{seen.path}", column "{seen.names[at]}": {why}; choose what the column is'
        return faults


class _Got:
    """The columns as far as they are read."""

    def __init__(self, seen: Seen, text: Collection[int], column_bytes: int) -> None:
        self.seen, self._text, self._column_bytes = seen, text, column_bytes
        self.rows = 0
        self._parts: list[list[Any]] = [[] for _ in seen.names]
        self._name_bytes = 0

    def add(self, batch: Any) -> None:
        """More rows. Errors: GradwireError where the table is more than the memory budget allows."""
        if not self.rows:
            # What is read is counted again as it comes.
            self._require(min(batch.num_rows * 2**20, lines_about(self.seen.path)))
        self.rows += batch.num_rows
        for at, column in enumerate(batch.columns):
            self._parts[at].append(column)
            if at in self._text:
                self._name_bytes += column.dictionary.nbytes + _NAME_BYTES * len(column.dictionary)
        if self._bytes(self.rows) > budget.limit():
            # The same names come in each piece: they are counted once before anything is refused for them.
            texts = (self._unified(at) for at in self._text)
            self._name_bytes = sum(each.nbytes + _NAME_BYTES * len(each) for _, each in texts)
        self._require(self.rows)

    def _bytes(self, rows: int) -> int:
        return (_CELL_BYTES * rows + self._column_bytes) * len(self.seen.names) + self._name_bytes

    def _require(self, rows: int) -> None:
        columns = len(self.seen.names)
        what = f'"{self.seen.path}": a table of about {rows:,} rows and {columns:,} columns'
        budget.require(self._bytes(rows), what, "take fewer rows or columns")

    def numbers(self, at: int) -> Column:
        """A column of numbers, NaN where one is missing; it is there once."""
        parts, self._parts[at] = self._parts[at], []
        return np.concatenate([part.to_numpy(zero_copy_only=False) for part in parts])

    def texts(self, at: int) -> tuple[Any, list[str]]:
        """The number of each row's kind of cell, −1 where it is missing, and those kinds; they are there once."""
        parts, texts = self._unified(at)
        self._parts[at] = []
        return np.concatenate(
            [part.indices.fill_null(-1).to_numpy(zero_copy_only=False) for part in parts]
        ), texts.to_pylist()

    def _unified(self, at: int) -> tuple[Any, Any]:
        """The pieces of a column with the same numbers for the same text, and the texts."""
        import pyarrow as pa

        whole = pa.chunked_array(self._parts[at]).unify_dictionaries()
        return whole.chunks, whole.chunk(0).dictionary


def _whole(columns: dict[str, Column], categories: Mapping[str, tuple[str, ...]], faults: Mapping[str, str]) -> Table:
    """The table without rows in which there is nothing at all, as spreadsheets leave them at the end."""
    empty: Any = None
    for name, values in columns.items():
        gone = values < 0 if name in categories else np.isnan(values)
        empty = gone if empty is None else empty & gone
        if not empty.any():
            break
    else:
        if not empty.all():
            columns = {name: values[~empty] for name, values in columns.items()}
    for values in columns.values():
        values.setflags(write=False)
    return Table(columns, categories, faults)


class _Clean(io.RawIOBase):
    """Rows as plain CSV, for Arrow."""

    def __init__(self, rows: TextRows, told: Told) -> None:
        super().__init__()
        self._rows, self._told, self._each, self._rest = rows, told, iter(rows), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        room = memoryview(buffer).cast("B")
        if len(self._rest) < len(room):
            text = io.StringIO()
            writer = csv.writer(text, lineterminator="\n")
            for number, row in enumerate(self._each):
                writer.writerow(row)
                if number % _TOLD_EVERY == 0:
                    self._told(self._rows.stream.share)
                if text.tell() >= len(room):
                    break
            self._rest += text.getvalue().encode()
        count = min(len(room), len(self._rest))
        room[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


def _null_words(dialect: Dialect) -> frozenset[str]:
    """Texts of whole cells that are missing, in the ways that people write them; others are found out at the end."""
    usual = {way(word) for word in MISSING_WORDS for way in (str.lower, str.upper, str.capitalize)}
    return frozenset({*usual, "NaN", "-NaN", "N/a", *dialect.missing})


def lines_about(path: Path) -> int:
    """About how many lines a file has, from pieces of it; of a packed one it is not known."""
    size, lines, read = path.stat().st_size, 0, 0
    with path.open("rb") as file:
        if file.read(2) == GZIP:
            return 0
        for part in range(_PIECES):
            file.seek(part * size // _PIECES)
            piece = file.read(_PIECE)
            read += len(piece)
            lines += max(piece.count(b"\n"), piece.count(b"\r"))
    return lines * size // max(1, read)
