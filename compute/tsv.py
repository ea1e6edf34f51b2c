"""Tables as text with tabs, as spreadsheets take it: every number with all its digits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from compute.numbers_text import number_text

MOST_CELLS = 2_000_000
"""More cells than these are no text that anything would take."""


def tsv(lines: Iterable[Sequence[Any]], rows: Sequence[str] | None = None, columns: Sequence[str] | None = None) -> str:
    """Lines of numbers, texts and blanks (None). rows, columns: their names, which stand before and above."""
    out = []
    if columns is not None:
        out.append(([""] if rows is not None else []) + [_named(name) for name in columns])
    for i, line in enumerate(lines):
        cells = [_cell(each) for each in line]
        out.append([_named(rows[i]), *cells] if rows is not None else cells)
    return "\n".join("\t".join(line) for line in out)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return _named(value) if isinstance(value, str) else number_text(value)


def _named(text: str) -> str:
    """A name without what would end a cell or a line."""
    return " ".join(text.split())
