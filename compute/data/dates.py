"""Moments in time, as numbers that grow with them, from a column of numbers or of dates that are written as text."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import numpy as np

from compute.data.table import Column, Table
from compute.errors import GradwireError

_TURNED = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{2,4})(?:[T ](.+))?")


def times_of(table: Table, name: str) -> Column:
    """When each row was, (rows,): a number as it is; of dates the seconds since 1970, UTC where they name no zone; NaN
    where it is missing.

    2026-11-27, 2026-11-27T08:15, 27.11.2026 and 11/27/2026 are read; with slashes or dashes the month comes first,
    unless one of the dates can only begin with a day. Errors: GradwireError naming the row that is no date.
    """
    values, texts = table.columns[name], table.categories.get(name)
    if texts is None:
        return values
    days_first = any(
        int(found[1]) > 12 for text in texts if (found := _TURNED.fullmatch(text.strip())) and found[2] != "."
    )
    seconds = np.array([*(_seconds(text.strip(), days_first) for text in texts), np.nan])
    times = np.asarray(seconds[values.astype(np.intp)])
    wrong = np.flatnonzero(np.isnan(times) & (values >= 0))
    if wrong.size:
        row = int(wrong[0])
        raise GradwireError(
            f'row {row} (counting from 0) of the column "{name}" is "{texts[int(values[row])]}", which is no date; '
            "write dates such as 2026-11-27, or numbers"
        )
    return times


def _seconds(text: str, days_first: bool) -> float:
    turned = _TURNED.fullmatch(text)
    if turned:
        first, mark, second, year, rest = turned.groups()
        day, month = (first, second) if days_first or mark == "." else (second, first)
        whole = int(year) + (2000 if int(year) < 70 else 1900) if len(year) == 2 else int(year)
        text = f"{whole:04d}-{int(month):02d}-{int(day):02d}" + (f"T{rest}" if rest else "")
    elif re.match(r"\d{4}[/.]\d{2}[/.]\d{2}", text):
        text = f"{text[:4]}-{text[5:7]}-{text[8:]}"
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return float("nan")
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
