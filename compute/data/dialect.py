"""How the text of a table is written: guessed from its first lines, shown, and changed by ``data.reading``."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import islice
from typing import Any

from compute.data.numbers import number_in
from compute.data.words import MISSING_WORDS
from compute.errors import GradwireError
from compute.params import Param

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "blanks": " "}
DECIMALS = {"point": ".", "comma": ","}
QUOTES = {"double": '"', "single": "'", "none": ""}
COMMENTS = {"none": "", "#": "#", "%": "%"}
ENCODINGS = {
    "UTF-8": "utf-8", "UTF-16": "utf-16", "UTF-16 LE": "utf-16-le", "UTF-16 BE": "utf-16-be", "Windows-1252": "cp1252",
    "Latin-1": "latin-1",
}  # fmt: skip
_WORDS: Mapping[str, Mapping[str, str]] = {
    "separator": SEPARATORS, "decimal": DECIMALS, "quote": QUOTES, "comment": COMMENTS, "encoding": ENCODINGS,
}  # fmt: skip
_EXCEL = re.compile(r"sep=([^\w\s\"]|\t)(\r\n|\n|\r)")
"""The first line by which Excel tells itself the separator."""
_YEARS = range(1800, 2101)
MOST_LINES = 2000
"""Of the first lines, from which the types of columns are guessed."""
_LOOKED_AT = 200
"""Lines from which the separator is guessed."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """separator: one character; " ": any blanks. decimal: the mark before the decimals. quote, comment: "" for none;
    a line that begins with the comment's mark is none of the table. skip: lines before the header. header: whether a
    row names the columns; units: whether one below it says in what they are measured. missing: words for a missing
    value beside the usual ones."""

    encoding: str = "utf-8"
    separator: str = ","
    decimal: str = "."
    quote: str = '"'
    comment: str = ""
    skip: int = 0
    header: bool = True
    units: bool = False
    missing: tuple[str, ...] = ()

    def said(self) -> dict[str, Any]:
        """The same in the words of ``READING``."""
        out: dict[str, Any] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            words = _WORDS.get(each.name)
            out[each.name] = value if words is None else next((w for w, v in words.items() if v == value), value)
        return out | {"missing": ", ".join(self.missing)}


READING = (
    Param("separator", "choice", "comma", "What stands between two cells.", choices=tuple(SEPARATORS)),
    Param("decimal", "choice", "point", "The mark before the decimals of a number.", choices=tuple(DECIMALS)),
    Param("header", "bool", True, "Whether the first row names the columns."),
    Param("units", "bool", False, "Whether the row below the names says in what the columns are measured."),
    Param("skip", "int", 0, "Lines to be passed over before the table.", 0, 10_000),
    Param("missing", "text", "", "Words for a missing value beside NA and the like, with commas between: -999, none."),
    Param("comment", "choice", "none", "Lines that begin with it are passed over.", choices=tuple(COMMENTS)),
    Param("quote", "choice", "double", "The mark around a cell that holds a separator.", choices=tuple(QUOTES)),
    Param("encoding", "choice", "UTF-8", "How letters are written as bytes.", choices=tuple(ENCODINGS)),
)
"""What ``data.reading`` may say of a file of text; what it leaves open is guessed."""


def reading_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of ``Dialect`` that a data section says. Errors: GradwireError naming the field."""
    section = data.get("reading", {})
    if not isinstance(section, Mapping):
        raise GradwireError("data.reading: must be an object of names and values.")
    out: dict[str, Any] = {}
    for param in READING:
        value = section.get(param.name)
        if value is None:
            continue
        if param.name == "missing":
            if not isinstance(value, str):
                raise GradwireError('data.reading.missing: must be text, such as "-999, none".')
            out[param.name] = tuple(word for word in (each.strip() for each in value.split(",")) if word)
            continue
        words = _WORDS.get(param.name)
        if words is not None and isinstance(value, str) and len(value) == 1 and not value.isalnum():
            out[param.name] = value
            continue
        try:
            checked = param.check(value)
        except ValueError as error:
            raise GradwireError(f"data.reading.{param.name}: {error}.") from None
        out[param.name] = checked if words is None else words[checked]
    return out


def lines_of(text: str, most: int | None = MOST_LINES) -> list[str]:
    """The first lines of a text with what ends them, at \\n, \\r and \\r\\n alone."""
    return list(islice(io.StringIO(text, newline=""), most))


def cut(lines: Sequence[str], separator: str, quote: str) -> list[list[str]]:
    """Lines as rows of stripped cells."""
    marks: dict[str, Any] = {"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE}
    if separator == " ":
        lines = [line.strip().replace("\t", " ") + "\n" for line in lines]
    rows = csv.reader(lines, delimiter=separator, skipinitialspace=True, **marks)
    try:
        return [[cell.strip() for cell in row] for row in rows]
    except csv.Error:
        return []


def guess(sample: str, encoding: str, given: Mapping[str, Any]) -> Dialect:
    """The dialect of a text by its first lines; what is given counts. sample: whole lines."""
    dialect = replace(Dialect(encoding=encoding), **given)
    lines = lines_of(sample)
    excel = _EXCEL.match(sample)
    if excel:
        lines = lines[1:]
    skip = dialect.skip if "skip" in given else 0
    lines = lines[skip:][:_LOOKED_AT]
    written = [line for line in lines if line.strip()]
    if "comment" not in given:
        dialect = replace(dialect, comment=_comment(written))
    if dialect.comment:
        written = [line for line in written if not line.lstrip().startswith(dialect.comment)]
    if "quote" not in given:
        dialect = replace(dialect, quote=_quote(written))
    if "separator" not in given:
        dialect = replace(dialect, separator=excel[1] if excel else _separator(written, dialect.quote))
    rows = [row for row in cut(written, dialect.separator, dialect.quote) if any(row) or len(row) > 1]
    width = width_of(rows)
    if "skip" not in given:
        titles = _titles(rows, width)
        skip = int(bool(excel)) + (_lines_before(lines, written, titles) if titles else 0)
        rows = rows[titles:]
    return _laid_out(replace(dialect, skip=skip), rows, given)


def guess_rows(rows: Sequence[Sequence[str]], given: Mapping[str, Any]) -> Dialect:
    """What rows of cells say that were cut by a program: the title above the table, names and units."""
    skip = int(given.get("skip", 0))
    filled = [(at, row) for at, row in enumerate(rows) if at >= skip and any(row)]
    table = [row for _, row in filled]
    if "skip" not in given and (titles := _titles(table, width_of(table))):
        skip, table = filled[titles][0], table[titles:]
    return _laid_out(replace(Dialect(), **{**given, "skip": skip}), table, given)


def _laid_out(dialect: Dialect, rows: Sequence[Sequence[str]], given: Mapping[str, Any]) -> Dialect:
    """With what the rows from the names on say of themselves."""
    if "decimal" not in given:
        dialect = replace(dialect, decimal=_decimal(rows))
    if "header" not in given:
        dialect = replace(dialect, header=_has_header(rows, dialect.decimal))
    if "units" not in given:
        dialect = replace(dialect, units=dialect.header and _has_units(rows, dialect.decimal))
    return dialect


def width_of(rows: Sequence[Sequence[str]]) -> int:
    """How many cells most rows have; of as many, the wider ones."""
    counted = Counter(map(len, rows))
    return max(counted, key=lambda width: (counted[width], width)) if counted else 0


def _comment(lines: Sequence[str]) -> str:
    """The mark of the first line, unless it is the first letter of a name and no other line has it."""
    first = lines[0].lstrip() if lines else ""
    mark = next((mark for mark in "#%" if first.startswith(mark)), "")
    more = any(line.lstrip().startswith(mark) for line in lines[1:])
    return mark if mark and (more or first[1:2] in (" ", "\t", "!", mark)) else ""


def _quote(lines: Sequence[str]) -> str:
    """Single quotes where cells begin and end with them and none with double ones."""
    if any('"' in line for line in lines):
        return '"'
    around = re.compile(r"(?:^|[,;\t|])\s*'[^']*'\s*(?=[,;\t|\r\n]|$)")
    return "'" if sum(bool(around.search(line)) for line in lines) > len(lines) / 2 else '"'


def _separator(lines: Sequence[str], quote: str) -> str:
    """What cuts the lines into equally many cells: of those that do, one that stands in no number, and blanks last."""
    found: dict[str, tuple[float, int]] = {}
    for separator in ("\t", ";", "|", ",", " "):
        rows = [row for row in cut(lines, separator, quote) if any(row) or len(row) > 1]
        width = width_of(rows)
        if width < 2:
            continue
        share = sum(len(row) in (width, width + 1) for row in rows) / len(rows)
        # The names stand in the first row, which may lack one for the names of the rows.
        begins = rows[_titles(rows, width) :][:1]
        share *= 1.0 if any(len(row) in (width, width - 1, width + 1) for row in begins) else 0.6
        if separator == " ":
            numbers = sum(number_in(cell) is not None for row in rows for cell in row)
            share *= 0.7 if numbers > 0.3 * sum(map(len, rows)) else 0.0
        found[separator] = round(share, 1), width
    others = [share for separator, (share, _) in found.items() if separator != ","]
    if "," in found and max(others, default=0.0) >= 0.9 and not re.search(r"\D,|,\D", "".join(lines)):
        del found[","]  # all of them are decimal commas
    best = max(found, key=lambda separator: found[separator], default="")
    return best if best and found[best][0] > 0.4 else _most(lines, quote)


def _most(lines: Sequence[str], quote: str) -> str:
    """What cuts the first two lines into most cells."""
    return max(",;\t", key=lambda mark: max(map(len, cut(lines[:2], mark, quote)), default=0))


def _titles(rows: Sequence[Sequence[str]], width: int) -> int:
    """How many rows before the table are narrower than it: a title, or who measured it."""
    titles = 0
    for row in rows[:10]:
        filled = sum(map(bool, row))
        if not (len(row) < width - 1 or (filled <= 1 and len(row) >= 3)) or width < 3:
            break
        titles += 1
    return titles if len(rows) - titles > 1 else 0


def _lines_before(lines: Sequence[str], written: Sequence[str], titles: int) -> int:
    """How many lines stand before the line that begins the table."""
    first = written[titles] if titles < len(written) else ""
    return next((at for at, line in enumerate(lines) if line is first), 0)


_COMMA = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+")
_POINT = re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?")


def _decimal(rows: Sequence[Sequence[str]]) -> str:
    """A comma where numbers have one that is no mark of thousands, or where only commas are in them."""
    commas = points = sure = 0
    for row in rows:
        for cell in row:
            if _COMMA.fullmatch(cell):
                commas += 1
                sure += not re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+", cell)
            elif _POINT.fullmatch(cell):
                points += not re.fullmatch(r"[+-]?\d{1,3}\.\d{3}", cell)
    return "," if sure > points else "."


def _is_missing(cell: str) -> bool:
    return cell.lower() in MISSING_WORDS


def _has_header(rows: Sequence[Sequence[str]], decimal: str) -> bool:
    """Whether the first row holds names: no numbers, or nothing but years among them."""
    if not rows:
        return True
    first = [cell for cell in rows[0] if not _is_missing(cell)]
    numbers = [value for cell in first if (value := number_in(cell, decimal)) is not None]
    if not numbers:
        return True
    years = len(set(numbers)) == len(numbers) and all(value in _YEARS for value in numbers)
    return years and len(rows) > 1 and any(number_in(cell, decimal) not in _YEARS for cell in rows[1][-len(numbers) :])


def _has_units(rows: Sequence[Sequence[str]], decimal: str) -> bool:
    """Whether the second row holds words where all rows below it hold numbers."""
    if len(rows) < 4:
        return False
    width = len(rows[1])
    said = 0
    for at in range(width):
        below = [row[at] for row in rows[2:] if at < len(row) and not _is_missing(row[at])]
        if not below or any(number_in(cell, decimal) is None for cell in below):
            continue
        if number_in(rows[1][at], decimal) is not None:
            return False
        said += not _is_missing(rows[1][at])
    return said > 0
