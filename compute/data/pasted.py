"""What is typed into a cell, and what is copied from a spreadsheet: cells as numbers or text."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence

from compute.data.words import MISSING_WORDS
from compute.errors import GradwireError
from compute.numbers_text import MINUS

Cell = str | int | float | None
"""None: missing."""
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_MOST_LINES = 100_000


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


def cells_of(text: str) -> list[list[str]]:
    """The cells of copied lines, all as wide as the widest line: cut at tabs, which spreadsheets write, else at
    semicolons or commas, else at blanks. Errors: GradwireError where there are none, or too many."""
    lines = [line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip()]
    if not lines:
        raise GradwireError("The clipboard holds no table; copy some cells of a spreadsheet first.")
    if len(lines) > _MOST_LINES:
        raise GradwireError("The clipboard holds too many rows; keep them in a CSV file and open that.")
    delimiter = next((mark for mark in "\t;" if mark in lines[0]), None)
    if delimiter is None and "," in lines[0] and number_of(lines[0]) is None:
        delimiter = ","
    try:
        cut = list(csv.reader(lines, delimiter=delimiter)) if delimiter else [_words(line) for line in lines]
    except csv.Error as error:
        raise GradwireError(f"The clipboard holds no table ({error}); copy some cells of a spreadsheet.") from None
    width = max(map(len, cut))
    return [[cell.strip() for cell in line] + [""] * (width - len(line)) for line in cut]


def _words(line: str) -> list[str]:
    """Numbers with blanks between them; anything else is one cell."""
    words = line.split()
    return words if all(number_of(word) is not None for word in words) else [line]


def table_of(lines: Sequence[Sequence[str]]) -> tuple[dict[str, list[Cell]], bool]:
    """Columns by name, and whether the first line named them: it does where it holds no number, and a line below it
    does. A column with text in any row is text in all; an empty cell, or one such as NA, is missing."""
    below = lines[1:]
    named = bool(below) and all(number_of(cell) is None for cell in lines[0])
    named = named and any(number_of(cell) is not None for line in below for cell in line)
    rows = below if named else lines
    columns: dict[str, list[Cell]] = {}
    for at in range(len(lines[0])):
        name = lines[0][at] if named and lines[0][at] else f"x{at + 1}"
        while name in columns:
            name += "'"
        cells = [line[at] for line in rows]
        there = [cell for cell in cells if cell.lower() not in MISSING_WORDS]
        text = any(number_of(cell) is None for cell in there)
        columns[name] = [None if cell.lower() in MISSING_WORDS else cell if text else number_of(cell) for cell in cells]
    return columns, named
