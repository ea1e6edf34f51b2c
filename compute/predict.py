"""What a trained document answers for new rows, by what was fitted when it was trained; its own data is not needed."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.answers import answers
from compute.data import Table, load_table, prepare
from compute.data.answering import answering
from compute.data.derived import past_of, sources_of
from compute.data.missing import treatments
from compute.data.pasted import Cell, cells_of, number_of
from compute.data.source import Told, source_of_file, untold
from compute.data.words import listed
from compute.document import Document
from compute.errors import GradwireError
from compute.evaluation import prediction_node
from compute.export.format import outputs_of
from compute.files import write_atomic
from compute.numbers_text import count_text, plural, short
from compute.reference import forward
from compute.workspace import data_nodes, open_document

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Prediction:
    """names: what each column of ``values`` (rows, K) is: a class, whose probability it holds, or a number predicted;
    chosen: the class of each row; None where numbers are predicted. stands_in: what was taken for what is missing, by
    column."""

    names: tuple[str, ...]
    values: Array
    chosen: tuple[str, ...] | None = None
    stands_in: Mapping[str, str] = field(default_factory=dict)


def bare(document: Document) -> Document:
    """The document with one typical row in place of its data, if it is trained; else as it is."""
    fitted = document.progress.fitted if document.progress else None
    if fitted is None or not fitted.columns:
        return document
    inputs, _ = data_nodes(document.graph)
    rows = 1 + past_of((name for spec in inputs.values() for name in spec.columns), fitted.columns)
    columns = {
        name: [column.classes[int(column.typical)] if column.classes else column.typical] * rows
        for name, column in fitted.columns.items()
    }
    split = {"standardize": document.data.get("standardize", False)}
    return replace(document, data={"source": "inline", "columns": columns, **split})


def predict(document: Document, table: Table) -> Prediction:
    """The answers for the rows of a table, computed in float64; it needs the inputs' columns alone.

    Errors: GradwireError naming the column that is missing, or the row with a class that was not trained on.
    """
    workspace = open_document(bare(document))
    program, fitted = workspace.program, workspace.prepared.fitted if workspace.prepared else None
    inputs, _ = data_nodes(document.graph)
    prepared = prepare(
        table,
        inputs,
        {},
        0.0,
        bool(document.data.get("standardize", False)),
        document.training.seed,
        fitted,
        treatments(document.data),
    )
    names = [name for spec in inputs.values() for name in spec.columns]
    left = prepared.left_out
    if len(left) and any(table.is_missing(name, int(row)) for name in sources_of(names, table.columns) for row in left):
        raise _left_out(table, names, int(left[0]))
    node = prediction_node(program)
    told, _ = answering(document.data)
    if node is None and told in program.analysis.ops:
        node = told
    if node is None:
        found = outputs_of(program.analysis, program.loss)
        if len(found) != 1:
            raise GradwireError("The document has no loss that says which node predicts; choose one of the loss nodes.")
        node = found[0]
    needed = program.analysis.leading_to(node)
    data = {name: values for name, values in prepared.values.items() if name in needed.shapes}
    values = np.array(forward(needed, program.weights, data)[node])
    # Rows without the past that they would be predicted from have no answer.
    values[left] = np.nan
    meant = answers(document, program.analysis, program.loss, fitted, node)
    worded = meant.worded(values)
    chosen = None if meant.kind == "numbers" else tuple(meant.names[index] for index in worded.argmax(axis=1))
    return Prediction(
        meant.names, worded, chosen, _stands_in(table, prepared.table, sources_of(names, table.columns), left)
    )


def _stands_in(table: Table, filled: Table, names: Sequence[str], left_out: Array) -> dict[str, str]:
    """What stands in ``filled`` where something is missing in these columns of a table, in words."""
    found = {}
    for name in names:
        mask = table.missing(name)
        rows = np.setdiff1d(np.flatnonzero(mask), left_out) if mask is not None else left_out[:0]
        if rows.size:
            value, classes = float(filled.columns[name][rows[0]]), filled.categories.get(name, ())
            found[name] = f'"{classes[int(value)]}"' if classes else short(value)
    return found


def asked_of(document: Document, table: Table | None) -> dict[str, tuple[str, ...]]:
    """The columns that rows to be predicted must have, each with its classes, none where it holds numbers. table: that
    of the document's data, None where it is not there."""
    fitted = document.progress.fitted if document.progress else None
    known = {name: table.categories.get(name, ()) for name in table.columns} if table else {}
    known |= {name: column.classes for name, column in fitted.columns.items()} if fitted else {}
    inputs, _ = data_nodes(document.graph)
    names = [name for spec in inputs.values() for name in spec.columns]
    return {name: known.get(name, ()) for name in sources_of(names, known)}


def columns_typed(asked: Mapping[str, tuple[str, ...]], rows: Sequence[Sequence[str]]) -> dict[str, list[Cell]]:
    """The columns of rows of typed cells, which are in the order of ``asked``; an empty cell is missing. Errors:
    GradwireError naming row and column of what is no number."""
    columns: dict[str, list[Cell]] = {}
    for at, (name, classes) in enumerate(asked.items()):
        columns[name] = []
        for number, cells in enumerate(rows):
            text = cells[at].strip()
            cell: Cell = text if classes else number_of(text)
            if cell is None and text:
                raise GradwireError(
                    f'row {number} (counting from 0) of the column "{name}" is "{text:.40}", which is no number'
                )
            columns[name].append(cell if text else None)
    return columns


def rows_copied(asked: Collection[str], text: str) -> list[list[str]]:
    """The cells of copied rows in the order of these columns: by the names in the first row where it has some of them,
    else as they stand. Errors: GradwireError naming what is lacking."""
    pasted = cells_of(text)
    first, rows = [cell.strip() for cell in pasted.rows[0]], [[*map(str.strip, row)] for row in pasted.rows]
    if set(first) & set(asked) or pasted.is_named:
        lacking = [name for name in asked if name not in first]
        if lacking:
            raise GradwireError(f'the copied rows have no column "{lacking[0]}"; copy it too, or leave the names out')
        places = [first.index(name) for name in asked]
        rows = [[row[place] for place in places] for row in rows[1:]]
    elif len(first) != len(asked):
        raise GradwireError(
            f"the copied rows have {count_text(len(first))} {plural('column', len(first))}, and the network asks for "
            f"{listed([*asked])}; copy these, in this order or with their names above"
        )
    return [[_plain(pasted.cell(cell)) for cell in row] for row in rows]


def _plain(cell: Cell) -> str:
    """A cell as it is typed."""
    return "" if cell is None else str(cell)


def _left_out(table: Table, names: Sequence[str], row: int) -> GradwireError:
    """Why there is no answer for a row."""
    empty = next((name for name in sources_of(names, table.columns) if table.is_missing(name, row)), None)
    if empty is None:
        return GradwireError(f"row {row} (counting from 0) has too few rows before it to be predicted from")
    return GradwireError(
        f'row {row} (counting from 0) of the column "{empty}" is missing, and the document leaves such rows out; fill '
        "it in, or treat missing values in another way"
    )


def predict_file(document: Document, rows: Path, out: Path, told: Told = untold) -> int:
    """Predict for the rows of a file that holds data, and write the answers as CSV. Returns how many.

    Errors: GradwireError naming the file with what is wrong in it. ``told`` hears how much is read.
    """
    table = load_table({"source": source_of_file(rows).name, "path": str(rows.absolute())}, None, told)
    try:
        found = predict(document, table)
    except GradwireError as error:
        raise GradwireError(f"{rows}: {error}") from error
    write_atomic(out, table_text(found).encode())
    return len(found.values)


def table_text(found: Prediction) -> str:
    """The answers as CSV: a header; then for classes the class and the probability of each, else the numbers."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    answers = [["" if value != value else repr(value) for value in line] for line in found.values.tolist()]
    if found.chosen is None:
        lines.writerow(found.names)
        lines.writerows(answers)
    else:
        lines.writerow(["class", *found.names])
        lines.writerows([name, *line] for name, line in zip(found.chosen, answers, strict=True))
    return text.getvalue()
