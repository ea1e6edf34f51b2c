"""Edits of a table that stands in the document: cells, rows, columns, and what is pasted from a spreadsheet.

The nodes that read a column follow it: to its new name, and out of the table.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from compute.data import SPLIT, Table
from compute.data.derived import derived
from compute.data.dialect import Dialect
from compute.data.pasted import Cell, cell_of, cells_of, columns_of_text, number_of, tidy_number
from compute.data.source import Data
from compute.data_edits import data_nodes_of
from compute.document import Document
from compute.edits import Change, Edit, Editor
from compute.errors import GradwireError
from compute.graph import columns_of
from compute.numbers_text import count_text

MOST_CELLS = 200_000
"""A table in the document is copied with each edit and written into its file as text."""

Columns = dict[str, list[Cell]]


def is_table(data: Data) -> bool:
    """Whether the rows stand in the document."""
    return data.get("source", "inline") == "inline" and isinstance(data.get("columns", {}), Mapping)


def columns_in(data: Data) -> Columns:
    """The columns of a table in the document, by name; the lists are those of the document and must not be changed.
    None where the document has something else in their place, which is no table to be edited."""
    given = data.get("columns") if is_table(data) else None
    sound = isinstance(given, Mapping) and all(isinstance(cells, list | tuple | np.ndarray) for cells in given.values())
    return dict(given) if sound and isinstance(given, Mapping) else {}


def rows_in(columns: Mapping[str, Sequence[Cell]]) -> int:
    """How many rows there are; of columns that differ, as a file may have them, those of the longest."""
    return max((len(cells) for cells in columns.values()), default=0)


def is_text(cells: Sequence[Cell]) -> bool:
    """Whether a column holds text."""
    return any(isinstance(cell, str) for cell in cells) and all(isinstance(cell, str | None) for cell in cells)


def set_columns(document: Document, columns: Columns, text: str, nodes: Mapping[str, list[str]] | None = None) -> Edit:
    """The table becomes these columns, and nodes read others. Errors: GradwireError for one that is too large."""
    _require_small(columns)
    split = {param.name: document.data[param.name] for param in SPLIT if param.name in document.data}
    kept = dict(document.data) if is_table(document.data) else {"source": "inline", **split}
    editor = Editor(document)
    changes: list[Change] = list(editor.set_data(text, {**kept, "columns": columns}).changes)
    for node_id, names in (nodes or {}).items():
        params = {**document.graph.nodes[node_id].params, "columns": names}
        changes += editor.change(node_id, text, params=params).changes
    return Edit(text, tuple(changes))


def _require_small(columns: Columns) -> None:
    if rows_in(columns) * len(columns) > MOST_CELLS:
        raise GradwireError(
            f"A table in the document has at most {count_text(MOST_CELLS)} cells; keep more of them in a CSV file."
        )


def _filled(cells: Sequence[Cell], rows: int) -> list[Cell]:
    """A column of so many rows: new ones are 0, or of text the class above."""
    more = _class_above(cells) if is_text(cells) else 0
    return [*cells[:rows], *[more] * (rows - len(cells))]


def _class_above(cells: Sequence[Cell]) -> Cell:
    """The class of the last row that has one."""
    return next((cell for cell in reversed(cells) if cell is not None), None)


def set_cell(document: Document, row: int, column: str, text: str) -> Edit:
    """Another cell, as it is typed; just below the last row it begins a new one. Errors: GradwireError where text is
    typed among numbers."""
    columns = columns_in(document.data)
    rows = max(row + 1, rows_in(columns))
    old = columns[column]
    if is_text(old) and len(old) > 1:
        value: Cell = text.strip()
        if not value:
            raise GradwireError(f'Row {row} of "{column}" is empty; type a class, such as {old[0]}.')
    else:
        value = cell_of(text)
        others = [cell for at, cell in enumerate(old) if at != row]
        if isinstance(value, str) and others:
            what = f"“{value[:40]}” is no number" if value else "nothing is no number"
            raise GradwireError(f'{what}, and "{column}" holds numbers; its menu makes it a column of text.')
    new = {name: _filled(cells, rows) for name, cells in columns.items()}
    new[column][row] = value
    return set_columns(document, new, f"Change {column} of row {row}")


def add_rows(document: Document, at: int | None = None, count: int = 1) -> Edit:
    """New rows before row ``at``, or at the end."""
    columns = columns_in(document.data)
    rows = rows_in(columns)
    place = rows if at is None else at
    new: Columns = {}
    for name, cells in columns.items():
        whole = _filled(cells, rows)
        more = _class_above(whole[: max(1, place)]) if is_text(whole) else 0
        new[name] = [*whole[:place], *[more] * count, *whole[place:]]
    return set_columns(document, new, "Add row" if count == 1 else f"Add {count} rows")


def remove_rows(document: Document, rows: Iterable[int]) -> Edit:
    """Some rows go."""
    gone = set(rows)
    new: Columns = {
        name: [cell for at, cell in enumerate(cells) if at not in gone]
        for name, cells in columns_in(document.data).items()
    }
    return set_columns(document, new, f"Remove row {min(gone)}" if len(gone) == 1 else f"Remove {len(gone)} rows")


def free_name(columns: Iterable[str], stem: str = "x") -> str:
    """The first of x1, x2, x3 … that no column has."""
    taken, number = set(columns), 1
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"


def add_column(document: Document, name: str = "", before: str | None = None) -> Edit:
    """A new column of zeros, before another one or at the end; ``name``: "" for the next free one."""
    columns = columns_in(document.data)
    name = name or free_name(columns)
    _check_name(columns, name)
    zeros: list[Cell] = [0] * max(1, rows_in(columns))
    new: Columns = {}
    for each, cells in columns.items():
        if each == before:
            new[name] = zeros
        new[each] = cells
    new.setdefault(name, zeros)
    return set_columns(document, new, f"Add column {name}")


def rename_column(document: Document, old: str, new: str) -> Edit:
    """Another name, in the nodes that read it too. Errors: GradwireError for a name that is taken or empty."""
    columns, name = columns_in(document.data), new.strip()
    if name == old:
        return Edit("", ())
    _check_name(columns, name)
    follow = {old, *made_of(document, old, columns)}
    nodes = {
        node.id: [name + each[len(old) :] if each in follow else each for each in columns_of(node)]
        for node in data_nodes_of(document.graph)
        if follow & {*columns_of(node)}
    }
    renamed = {name if each == old else each: cells for each, cells in columns.items()}
    return set_columns(document, renamed, f"Rename {old} to {name}", nodes)


def made_of(document: Document, name: str, known: Container[str]) -> list[str]:
    """The columns that nodes read and that are made from one, such as its classes."""
    read = (each for node in data_nodes_of(document.graph) for each in columns_of(node))
    return [each for each in dict.fromkeys(read) if (made := derived(each, known)) and made.source == name]


def _check_name(columns: Mapping[str, object], name: str) -> None:
    if not name or len(name) > 200 or not name.isprintable():
        raise GradwireError("A column needs a name of at most 200 letters; type one.")
    if name in columns:
        raise GradwireError(f'There is a column "{name}" already; give this one another name.')


def remove_columns(document: Document, names: Iterable[str]) -> Edit:
    """Some columns go, from the nodes that read them too."""
    columns, named = columns_in(document.data), tuple(names)
    gone = {*named, *(made for name in named for made in made_of(document, name, columns))}
    nodes = {
        node.id: [each for each in columns_of(node) if each not in gone]
        for node in data_nodes_of(document.graph)
        if gone & {*columns_of(node)}
    }
    new = {name: cells for name, cells in columns.items() if name not in gone}
    what = f"column {named[0]}" if len(named) == 1 else f"{len(named)} columns"
    return set_columns(document, new, f"Remove {what}", nodes)


def set_type(document: Document, column: str, *, text: bool) -> Edit:
    """A column becomes text, each number a class, or numbers. Errors: GradwireError where text is no number."""
    columns = columns_in(document.data)
    old = columns[column]
    if text:
        new: list[Cell] = [cell if isinstance(cell, str | None) else str(cell) for cell in old]
    else:
        new = []
        for row, cell in enumerate(old):
            value = number_of(cell) if isinstance(cell, str) else cell
            if value is None and cell is not None:
                raise GradwireError(
                    f'Row {row} of "{column}" is “{str(cell)[:40]}”, which is no number; change it first.'
                )
            new.append(value)
    return set_columns(document, {**columns, column: new}, f"Make {column} {'text' if text else 'numbers'}")


def paste(document: Document, row: int, column: str, text: str) -> Edit:
    """What was copied from a spreadsheet goes over the cells from one on, to the right and down; what does not fit
    makes new rows and columns. A first line of names names new columns, and the whole table where that is all pasted
    over and no node reads it yet. Errors: GradwireError."""
    columns = columns_in(document.data)
    found = cells_of(text)
    lines = found.rows
    names, start = list(columns), list(columns).index(column)
    said: Sequence[str] = ()
    if found.is_named:
        said, lines = lines[0], lines[1:]
        all_of_it = (row, start) == (0, 0) and len(lines) >= rows_in(columns) and len(said) >= len(names)
        if all_of_it and not any(map(columns_of, data_nodes_of(document.graph))):
            return set_columns(document, columns_of_text(text)[1], f"Paste {_size(lines)}")
    while len(names) < start + len(lines[0]):
        name = said[len(names) - start] if said else ""
        names.append(name if name and name not in names else free_name(names))
    rows = max(rows_in(columns), row + len(lines))
    new: Columns = {name: _filled(columns.get(name, ()), rows) for name in names}
    for at, name in enumerate(names[start : start + len(lines[0])]):
        pasted = [line[at] for line in lines]
        whole = len(pasted) == rows or name not in columns
        if not whole and is_text(columns[name]):
            values: list[Cell] = list(pasted)
        else:
            values = [found.cell(cell) for cell in pasted]
            if any(isinstance(value, str) for value in values):
                if not whole:
                    wrong = next(str(value) for value in values if isinstance(value, str))
                    raise GradwireError(
                        f'“{wrong[:40]}” is no number, and "{name}" holds numbers; paste over all of its rows, or make '
                        "it a column of text first."
                    )
                values = list(pasted)
        new[name][row : row + len(values)] = values
        if name not in columns and is_text(values):
            new[name] = [*[values[0]] * row, *values, *[values[-1]] * (rows - row - len(values))]
    return set_columns(document, new, f"Paste {_size(lines)}")


def _size(lines: Sequence[Sequence[str]]) -> str:
    rows, width = len(lines), len(lines[0])
    return "a cell" if rows == width == 1 else f"{rows} × {width} cells"


def require_text(text: str) -> None:
    """Errors: GradwireError where a copied text is none that a table can be in."""
    cells_of(text[:MOST_CELLS])


def pasted_section(text: str, given: Mapping[str, Any] | None = None) -> tuple[Dialect, dict[str, Any]]:
    """How a copied text is read, and the data section that it is as a table. given: fields of ``Dialect`` that are not
    to be guessed. Errors: GradwireError where it holds none, or too large a one."""
    dialect, columns = columns_of_text(text, given)
    _require_small(columns)
    return dialect, {"source": "inline", "columns": columns}


def take_in(document: Document, table: Table, text: str) -> Edit:
    """The rows of any table come into the document. Errors: GradwireError for one that is too large."""
    columns: Columns = {}
    cells = table.rows * len(table.names)
    if cells > MOST_CELLS:
        raise GradwireError(
            f"The table has {count_text(cells)} cells, and one in the document has at most {count_text(MOST_CELLS)}; "
            "edit its file instead."
        )
    for name, values in table.columns.items():
        classes, numbers = table.categories.get(name), values.tolist()
        if classes is not None:
            columns[name] = [classes[int(value)] if value >= 0 else None for value in numbers]
        else:
            columns[name] = [tidy_number(value) for value in numbers]
    return set_columns(document, columns, text)


def first_table(document: Document) -> dict[str, Any]:
    """A data section to begin to type in: one row of the columns that the nodes read, or of x1, x2 and y."""
    nodes = data_nodes_of(document.graph)
    names = list(dict.fromkeys(name for node in nodes for name in columns_of(node)))
    return {"source": "inline", "columns": {name: [0] for name in names or ("x1", "x2", "y")}}
