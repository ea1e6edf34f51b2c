"""From the `data` section of a document to a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from compute.data.builtin import load_builtin
from compute.data.csv_source import read_csv
from compute.data.npz_source import read_npz
from compute.data.table import Column, Table, classes_of
from compute.data.words import did_you_mean, listed
from compute.errors import GradwireError

SOURCES = ("inline", "builtin", "csv", "npz")


def load_table(data: Mapping[str, Any], base: Path | None) -> Table:
    """The table that a document's `data` section describes; an empty section gives a table without columns.

    base: the folder of the document, to which a path in it is relative; None for a document never saved.
    Raises GradwireError naming the file, line, row or column.
    """
    source = data.get("source", "inline")
    if source == "inline":
        return _inline(data.get("columns", {}))
    if source == "builtin":
        name, options = _text(data, "name"), data.get("options") or {}
        if not isinstance(options, Mapping):
            raise GradwireError(f'"options" of the data set "{name}" must be an object of names and values')
        return load_builtin(name, options)
    if source == "csv":
        return _read(read_csv, _text(data, "path"), base)
    if source == "npz":
        return _read(read_npz, _text(data, "path"), base)
    raise GradwireError(
        f'the data source "{source}" is not known; {did_you_mean(str(source), SOURCES)}'
        f"the sources are {listed(SOURCES)}"
    )


def _text(data: Mapping[str, Any], field: str) -> str:
    value = data.get(field)
    if not isinstance(value, str) or not value or "\0" in value:
        raise GradwireError(f'the data source "{data["source"]}" needs the field "{field}"; give it as text')
    return value


def _read(reader: Callable[[Path], Table], written: str, base: Path | None) -> Table:
    path = Path(written)
    if not path.is_absolute():
        if base is None:
            raise GradwireError(
                f'the data file "{written}" is looked for beside the document, which is not saved yet; save '
                "the document first or give the whole path"
            )
        path = base / path
    try:
        return reader(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise GradwireError(f'the data file "{path}" cannot be read ({reason}); check its name and place') from error


def _inline(columns: object) -> Table:
    if not isinstance(columns, Mapping):
        raise GradwireError('"columns" of the inline data must be an object with one list of values per column')
    numbers: dict[str, Column] = {}
    categories: dict[str, tuple[str, ...]] = {}
    for name, values in columns.items():
        if not isinstance(values, (list, tuple, np.ndarray)):
            raise GradwireError(f'the inline column "{name}" must be a list with one value per row')
        cells = list(values)
        if cells and all(isinstance(cell, str) for cell in cells):
            numbers[name], categories[name] = classes_of(cells)
        else:
            numbers[name] = _inline_numbers(name, cells)
    return Table(numbers, categories)


def _inline_numbers(name: str, cells: list[Any]) -> Column:
    for row, cell in enumerate(cells):
        if cell is None or not isinstance(cell, (int, float, np.integer, np.floating)):
            kind = "is missing" if cell is None else f"is {cell!r:.40}, which is no number"
            raise GradwireError(
                f'row {row} (counting from 0) of the inline column "{name}" {kind}; write a number in every '
                "row, or text in every row"
            )
    try:
        return np.array(cells, dtype=np.float64)
    except OverflowError as error:
        raise GradwireError(f'the inline column "{name}" holds a number beyond float64; make it smaller') from error
