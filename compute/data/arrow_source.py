"""Tables that Arrow reads with their types: Parquet, and lines of JSON with an object in each."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from compute import budget
from compute.data.cells import settled
from compute.data.opened import NoText, Utf8, WrongEncoding
from compute.data.source import Data, FileSource, Told, register
from compute.data.table import Column, Table
from compute.errors import GradwireError

_CELL_BYTES, _COLUMN_BYTES, _TEXT_BYTES = 16, 500, 100


@register
class ParquetFile(FileSource):
    name, title = "parquet", "Parquet file"
    help = "Columns with their types, as Parquet keeps them."
    endings = (".parquet", ".pq")

    def read(self, path: Path, told: Told, data: Data) -> Table:
        import pyarrow as pa
        import pyarrow.parquet as parquet

        try:
            with parquet.ParquetFile(str(path)) as file:
                found = file.metadata
                _require(path, found.num_rows, len(file.schema_arrow.names))
                pieces = []
                for piece in file.iter_batches(2**16):
                    pieces.append(piece)
                    told(min(1.0, len(pieces) * 2**16 / max(1, found.num_rows)))
                return _table(path, pa.Table.from_batches(pieces, file.schema_arrow))
        except pa.ArrowException as error:
            raise GradwireError(f'"{path}" cannot be read as a Parquet file ({_short(error)}); save it again') from None


@register
class JsonLines(FileSource):
    name, title = "jsonl", "JSON lines"
    help = "An object in each line, whose names are the columns."
    endings = (".jsonl", ".ndjson")

    def read(self, path: Path, told: Told, data: Data) -> Table:
        import pyarrow as pa
        import pyarrow.json as lines

        try:
            with Utf8(path, "utf-8") as stream:
                pieces, size = [], 0
                while piece := stream.read(2**22):
                    pieces.append(piece)
                    size += len(piece)
                    budget.require(4 * size, f'"{path}"', "take fewer rows or columns")
                    told(0.5 * stream.share)
            if not size:
                raise GradwireError(f'"{path}" is empty; each of its lines must hold an object')
            return _table(path, lines.read_json(io.BytesIO(b"".join(pieces))))
        except (NoText, WrongEncoding) as wrong:
            raise GradwireError(f'line {wrong.line} of "{path}" is no text in UTF-8; save it as that') from None
        except pa.ArrowException as error:
            raise GradwireError(f'"{path}" is not made of lines with a JSON object each ({_short(error)})') from None


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:100]


def _require(path: Path, rows: int, columns: int) -> None:
    what = f'"{path}": a table of {rows:,} rows and {columns:,} columns'
    budget.require((_CELL_BYTES * rows + _COLUMN_BYTES) * columns, what, "take fewer rows or columns")


def _table(path: Path, found: Any) -> Table:
    """What Arrow read. Errors: GradwireError naming the file and a column of a type that no table has."""
    if not found.num_columns or not found.num_rows:
        raise GradwireError(f'"{path}" has no rows; save at least one row of data')
    _require(path, found.num_rows, found.num_columns)
    columns: dict[str, Column] = {}
    categories: dict[str, tuple[str, ...]] = {}
    for name, column in zip(_names(found.column_names), found.columns, strict=True):
        columns[name], classes = _column(path, name, column)
        if classes is not None:
            categories[name] = classes
        columns[name].setflags(write=False)
    return Table(columns, categories)


def _names(names: Iterable[str]) -> list[str]:
    """What pandas kept as the index is called a row."""
    taken = set(names)
    return ["row" if name == "__index_level_0__" and "row" not in taken else name for name in names]


def _column(path: Path, name: str, column: Any) -> tuple[Column, tuple[str, ...] | None]:
    import pyarrow as pa

    kind = column.type
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan), None
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        values = column.cast(pa.float64(), safe=False).to_numpy()
        values = np.where(np.isnan(values), np.nan, values)
        if np.isinf(values).any():
            row = int(np.flatnonzero(np.isinf(values))[0])
            raise GradwireError(
                f'row {row} (counting from 0) of the column "{name}" in "{path}" is {values[row]}, which is no '
                "finite number; correct it or remove the row"
            )
        return values, None
    if pa.types.is_nested(kind):
        raise GradwireError(f'the column "{name}" in "{path}" holds {kind}; keep one number or text in each row')
    if pa.types.is_boolean(kind):
        texts = [None if each is None else str(each) for each in column.to_pylist()]
    elif pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        texts = [None if each is None else each.decode(errors="replace") for each in column.to_pylist()]
    else:
        texts = column.cast(pa.string()).to_pylist()
    kinds = {text for text in texts if text is not None}
    budget.require(sum(map(len, kinds)) + _TEXT_BYTES * len(kinds), f'the column "{name}" in "{path}"', "leave it out")
    values, found = settled([None if text is None else text.strip() for text in texts], ".", ())
    return values, found.classes
