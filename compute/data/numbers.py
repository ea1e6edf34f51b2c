"""What the text of a cell is: a number, however people write one, a missing value, or text."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from compute.data.table import NO_CLASS, Column
from compute.data.words import MISSING_WORDS

MINUS = "\u2212"
BLANKS = "\u00a0\u2009\u202f "
_MONEY = "$€£¥₹₩₽¢"
_MISSING_NUMBERS = MISSING_WORDS | {"-", "--", "—", ".", "..", "none", "missing", "unknown"}
"""What stands among numbers for one that is missing."""
_WRITTEN = {
    ".": re.compile(r"(\d{1,3}(?:,\d{3})+|\d{1,3}(?:['’ ]\d{3})+|\d+)?(?:\.(\d*))?([eE][+-]?\d+)?"),
    ",": re.compile(r"(\d{1,3}(?:\.\d{3})+|\d{1,3}(?:['’ ]\d{3})+|\d+)?(?:,(\d*))?([eE][+-]?\d+)?"),
}
_SIGNED = re.compile(rf"([+-]?) ?[{_MONEY}]? ?([+-]?)(.*?) ?[{_MONEY}%]?")


def number_in(text: str, decimal: str = ".") -> float | None:
    """The number that a cell is, with the decimal mark that numbers of its file have; infinite where it is one beyond
    float64; None where it is none. Thousands, signs of money and percent signs are read over."""
    try:
        value = float(text)
    except ValueError:
        return _written(text, decimal)
    if decimal == "." or "_" in text:
        return None if "_" in text or math.isnan(value) else value
    # 1.234 is a thousand among decimal commas.
    grouped = _written(text, decimal)
    return value if grouped is None and not math.isnan(value) else grouped


def _written(text: str, decimal: str) -> float | None:
    plain = text.replace(MINUS, "-").translate(_ONE_BLANK).strip()
    sign = -1.0 if plain.startswith("(") and plain.endswith(")") else 1.0
    found = _SIGNED.fullmatch(plain[1:-1] if sign < 0 else plain)
    number = _WRITTEN[decimal].fullmatch(found[3]) if found else None
    if not found or not number or not (number[1] or number[2]):
        return None
    whole = re.sub(r"[^\d]", "", number[1] or "")
    sign *= -1.0 if "-" in (found[1] + found[2]) else 1.0
    return sign * float(f"{whole or '0'}.{number[2] or '0'}{number[3] or ''}")


_ONE_BLANK = dict.fromkeys(map(ord, BLANKS), " ")


@dataclass(frozen=True, slots=True)
class Settled:
    """What a column of text is. values: for each of its kinds of cell the number, or the number of its class, NaN or −1
    where it is missing; classes: None for a column of numbers; odd: the kind of cell that keeps it from being numbers,
    "" for none, and what is wrong with it."""

    values: Column
    classes: tuple[str, ...] | None
    odd: str = ""
    why: str = ""


def settle(texts: Sequence[str], counts: npt.NDArray[np.int64], decimal: str, missing: Collection[str] = ()) -> Settled:
    """What a column is that holds so many cells of each of these kinds. missing: words beside the usual ones."""
    cells = [text.strip() for text in texts]
    words = {word.strip().lower() for word in missing}
    gone = [cell.lower() in MISSING_WORDS or cell.lower() in words for cell in cells]
    numbers = np.full(len(cells), np.nan)
    odd, strange, read, others = "", "", 0, 0
    for at, cell in enumerate(cells):
        if gone[at]:
            continue
        value = number_in(cell, decimal)
        if value is not None and math.isfinite(value):
            numbers[at] = value
            read += int(counts[at])
        elif cell.lower() not in _MISSING_NUMBERS:
            others += int(counts[at])
            if value is not None:
                strange = strange or cell
            else:
                odd = odd or cell
    if not others:
        return Settled(numbers, None)
    classes = tuple(sorted({cell for cell, is_gone in zip(cells, gone, strict=True) if not is_gone}))
    place = {cell: float(number) for number, cell in enumerate(classes)}
    values = np.array([NO_CLASS if is_gone else place[cell] for cell, is_gone in zip(cells, gone, strict=True)])
    if strange and not odd:
        return Settled(values, classes, strange, f"{strange:.60} is not a finite number")
    if odd and read >= others:
        return Settled(values, classes, odd, f'"{odd:.60}" is text among numbers')
    return Settled(values, classes)
