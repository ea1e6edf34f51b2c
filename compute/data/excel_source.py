"""Tables from spreadsheets, .xlsx and .xls, read in a process of its own (see ``excel_child``)."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from compute import budget, child
from compute.data.cells import layout_of, table_of_rows, text_of
from compute.data.dialect import READING, reading_of
from compute.data.source import Data, FileSource, First, Told, register, untold
from compute.data.table import Table
from compute.data.words import did_you_mean, listed
from compute.errors import GradwireError
from compute.params import Param

CHILD = Path(__file__).with_name("excel_child.py")
_BESIDE = 2**29
"""What the process takes beside what the sheet does: Python, the library, and room that is asked for and not used."""
_CELL_BYTES = 80
SHEET = Param("sheet", "text", "", "The sheet of the workbook; empty: the first one that holds anything.")


@register
class ExcelFile(FileSource):
    name, title = "excel", "Excel file"
    help = "A sheet of a workbook, .xlsx or .xls: names in its first row, and a row below for each row."
    endings = (".xlsx", ".xlsm", ".xls")
    reading = (SHEET, *(param for param in READING if param.name in ("header", "units", "skip", "missing")))

    def read(self, path: Path, told: Told, data: Data) -> Table:
        return read_excel(path, told, data)

    def begin(self, path: Path, data: Data) -> First:
        head, rows = _rows(path, data, untold, First.MOST_ROWS)
        given = reading_of(data)
        dialect, names, begins = layout_of(path, rows, given)
        sheets = replace(SHEET, kind="choice", choices=tuple(map(str, head["sheets"])))
        reading = {**dialect.said(), "sheet": str(head["sheet"])}
        first = tuple(tuple(map(text_of, row)) for row in rows[begins:])
        return First(tuple(names), first, (sheets, *self.reading[1:]), reading)


def sheet_of(data: Data) -> str:
    """The sheet that a data section names. Errors: GradwireError."""
    section = data.get("reading", {})
    found = section.get("sheet", "") if isinstance(section, Mapping) else ""
    if not isinstance(found, str) or "\0" in found:
        raise GradwireError("data.reading.sheet: must be the name of a sheet.")
    return found


def read_excel(path: Path, told: Told, data: Data) -> Table:
    """Read a sheet. Errors: GradwireError naming the file; OSError."""
    return table_of_rows(path, _rows(path, data, told)[1], data)


def _rows(path: Path, data: Data, told: Told, most: int | None = None) -> tuple[Mapping[str, Any], list[list[Any]]]:
    """What there is to know of the sheet, and its rows, or the first of them."""
    wanted = sheet_of(data)
    decode = msgspec.json.decode
    with path.open("rb"):
        pass  # whoever may not read it hears of it here
    with _child(path, wanted) as lines:
        head = decode(first) if (first := lines.readline()) else {"error": "it is damaged, or too large for the memory"}
        if not isinstance(head, dict) or "error" in head:
            raise _refused(path, head, wanted)
        rows: list[list[Any]] = []
        for line in lines:
            rows.append(decode(line))
            if len(rows) == most:
                return head, rows
            if len(rows) % 1000 == 1:
                told(min(1.0, len(rows) / max(1, head["rows"])))
                cells = head["rows"] * len(rows[0])
                what = f'"{path}": a sheet of {cells:,} cells'
                budget.require(_CELL_BYTES * cells, what, "take fewer rows or columns")
        if len(rows) < head["rows"]:
            raise GradwireError(f'"{path}" is damaged, or too large for the memory; save it again, or as a CSV file')
        return head, rows


def _refused(path: Path, head: Any, wanted: str) -> GradwireError:
    why, sheets = str(head.get("error")), head.get("sheets")
    if isinstance(sheets, list):
        return GradwireError(
            f'"{path}": {why}; {did_you_mean(wanted, sheets)}its sheets are {listed(map(str, sheets))}'
        )
    return GradwireError(f'"{path}" cannot be read as an Excel file ({why}); save it again, or as a CSV file')


@contextmanager
def _child(path: Path, sheet: str) -> Iterator[BinaryIO]:
    call = child.command(CHILD, (str(path), sheet, str(budget.limit() + _BESIDE)), isolated=True)
    with subprocess.Popen(call, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        try:
            yield process.stdout  # type: ignore[misc]
        finally:
            with suppress(OSError):
                process.kill()
