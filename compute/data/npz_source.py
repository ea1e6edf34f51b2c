"""Tables from NumPy's .npz archives.

Of each array the header is read first, so that what it claims to hold is known before anything is allocated; then the
numbers come in pieces, so that an archive takes no more than they do, however it is packed.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from compute import budget
from compute.data.source import Data, FileSource, Told, register, untold
from compute.data.table import Column, Table, check_finite, classes_of
from compute.errors import GradwireError

Array = npt.NDArray[Any]
_PIECE = 2**20
_MOST_ARRAYS = 10_000
_TEXT_BYTES = 100
"""What a text takes beside its characters, while its class is found."""
_NUMBER_BYTES, _COLUMN_BYTES = 8, 500
"""What a table takes for each number, and for each column."""
_LONGEST_LISTING = 2**22
_LONGEST_END = 2**16 + 200
"""Of what follows the list of an archive's members."""
_LONGEST_HEADER = 2**16
_MOST_NAMED = 8


@register
class NpzFile(FileSource):
    name, title = "npz", "NPZ file"
    help = "Arrays as numpy.savez or numpy.save writes them: a vector is a column, a matrix several."
    endings = (".npz", ".npy")

    def read(self, path: Path, told: Told, data: Data) -> Table:
        return read_npz(path, told)


@dataclass(frozen=True)
class _Header:
    """What an array in the archive claims to be."""

    name: str
    member: str
    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]

    @property
    def entries(self) -> int:
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        """What reading it takes: the array itself and its columns in the table."""
        text = self.dtype.kind in "US"
        columns = self.shape[1] if len(self.shape) == 2 else 1
        beside = (self.dtype.itemsize + _TEXT_BYTES if text else 0) + _NUMBER_BYTES
        return self.entries * (self.dtype.itemsize + beside) + columns * _COLUMN_BYTES


def read_npz(path: Path, told: Told = untold) -> Table:
    """Read `path`: an array (rows,) is a column, an array X of shape (rows, N) the columns X_0 … X_(N-1).

    Arrays of text become classes; bytes are read as UTF-8. Nothing is unpickled. Errors: GradwireError naming the file
    and the array, or the size and the limit of arrays that are too large; OSError.
    """
    columns: dict[str, Column] = {}
    categories: dict[str, tuple[str, ...]] = {}
    for header, array, share in _arrays(path):
        told(share)
        for name, values in _split(header.name, array):
            if name in columns:
                raise GradwireError(f'"{path}" gives two columns the name "{name}"; rename one of the arrays')
            if array.dtype.kind in "US":
                columns[name], categories[name] = classes_of(_texts(path, header.name, values))
            else:
                with np.errstate(over="ignore"):  # found below
                    columns[name] = values.astype(np.float64)
                check_finite(name, columns[name], f' in "{path}"')
            columns[name].setflags(write=False)
    if not columns:
        raise GradwireError(f'"{path}" holds no columns; save at least one array in it')
    return Table(columns, categories)


def _arrays(path: Path) -> Iterator[tuple[_Header, Array, float]]:
    """The arrays one after the other, each with the share that is read by then, once it is known that all of them
    together make a table that has room."""
    with path.open("rb") as file:
        if file.read(6) == np.lib.format.MAGIC_PREFIX:
            yield _single(path, file)
            return
        if not zipfile.is_zipfile(file):
            raise GradwireError(f'"{path}" is no .npz archive, or it is cut off; save it again with numpy.savez')
        if _listing_size(file) > _LONGEST_LISTING:
            raise _too_many(path)
        member = ""
        try:
            with zipfile.ZipFile(file) as archive:
                members = archive.infolist()
                if len(members) > _MOST_ARRAYS:
                    raise _too_many(path)
                headers = []
                for info in members:
                    member = info.filename
                    headers.append(_header(path, archive, info))
                _check(path, headers)
                for number, header in enumerate(headers, start=1):
                    member = header.member
                    with archive.open(member) as content:
                        _start(content)
                        yield header, _numbers(content, header), number / len(headers)
        except (GradwireError, OSError):
            raise
        except Exception as error:  # a damaged or encrypted archive is reported in a dozen ways
            raise GradwireError(
                f'the array "{_name(member)}" in "{path}" cannot be read ({error}); save numbers or text with '
                "numpy.savez"
            ) from error


def _name(member: str) -> str:
    return member.removesuffix(".npy")


def _single(path: Path, file: IO[bytes]) -> tuple[_Header, Array, float]:
    """The array of a file that numpy.save wrote, called x."""
    file.seek(0)
    try:
        header = _checked(path, "x", "", _start(file))
        _check(path, [header])
        return header, _numbers(file, header), 1.0
    except (ValueError, EOFError, OverflowError, SyntaxError, TypeError) as error:
        raise GradwireError(f'the array in "{path}" cannot be read ({error}); save it again with numpy.save') from error


def _too_many(path: Path) -> GradwireError:
    return GradwireError(f'"{path}" holds more than {_MOST_ARRAYS:,} arrays; save matrices with many columns instead')


def _listing_size(file: IO[bytes]) -> int:
    """How many bytes the archive's list of its members takes, which zipfile reads as a whole."""
    end = file.seek(0, io.SEEK_END)
    file.seek(max(0, end - _LONGEST_END))
    tail = file.read()
    small, large = tail.rfind(b"PK\x05\x06"), tail.rfind(b"PK\x06\x06")
    size = int.from_bytes(tail[small + 12 : small + 16], "little")
    return max(size, int.from_bytes(tail[large + 40 : large + 48], "little")) if large >= 0 else size


def _header(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> _Header:
    """What an array claims to be. Errors: GradwireError for what is no column of a table; whatever zipfile raises."""
    name = _name(info.filename)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError("it is packed in a rare way")
    with archive.open(info) as file:
        return _checked(path, name, info.filename, _start(file))


def _checked(path: Path, name: str, member: str, found: tuple[tuple[int, ...], bool, np.dtype[Any]] | None) -> _Header:
    """The header as one of a column of a table. Errors: GradwireError; ValueError."""
    if found is None:
        raise GradwireError(f'"{name}" in "{path}" is no array; save only arrays, with numpy.savez')
    shape, fortran, dtype = found
    if any(size < 0 for size in shape):
        raise ValueError(f"no array has the shape {shape}")
    if dtype.hasobject:
        raise ValueError("it holds Python objects")
    if len(shape) not in (1, 2):
        raise GradwireError(
            f'the array "{name}" in "{path}" has shape {shape}; save it with one or two dimensions, rows first'
        )
    if dtype.kind not in "USbiuf":
        raise GradwireError(f'the array "{name}" in "{path}" holds {dtype}; save real numbers or text')
    return _Header(name, member, shape, fortran, dtype)


def _start(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]] | None:
    """Shape, whether the columns come first, and type of the array, whose numbers follow; None where it is none."""
    start = file.read(8)
    if start[:6] != np.lib.format.MAGIC_PREFIX or len(start) < 8:
        return None
    # The sizes of headers in the versions of the format; later ones differ in the names of fields alone.
    size = file.read(2 if start[6] == 1 else 4)
    length = int.from_bytes(size, "little")
    if length > _LONGEST_HEADER:
        raise ValueError(f"its header has {length:,} bytes")
    header = io.BytesIO(size + file.read(length))
    read = np.lib.format.read_array_header_1_0 if start[6] == 1 else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(header)
    return shape, fortran, dtype


def _check(path: Path, headers: list[_Header]) -> None:
    """Errors: GradwireError unless the arrays make a table that fits into the memory budget."""
    if not headers:
        raise GradwireError(f'"{path}" holds no columns; save at least one array in it')
    budget.require(sum(header.bytes for header in headers), f'"{path}"', "save fewer rows or columns")
    heights = {header.name: header.shape[0] for header in headers}
    if len(set(heights.values())) > 1:
        sizes = ", ".join(f'"{name}" {height}' for name, height in list(heights.items())[:_MOST_NAMED])
        raise GradwireError(f'the arrays in "{path}" differ in rows ({sizes}); save arrays of equal length')
    if not headers[0].shape[0]:
        raise GradwireError(f'"{path}" has columns but no rows; save at least one row of data')


def _numbers(file: IO[bytes], header: _Header) -> Array:
    """The array, read piece by piece. Errors: whatever zipfile raises; ValueError where there is less than claimed."""
    flat = np.empty(header.entries, header.dtype)
    room = flat.view(np.uint8).data if flat.nbytes else memoryview(b"")
    start = 0
    while start < len(room):
        piece = file.read(min(_PIECE, len(room) - start))
        if not piece:
            raise ValueError("it is cut off")
        room[start : start + len(piece)] = piece
        start += len(piece)
    return flat.reshape(header.shape, order="F" if header.fortran else "C")


def _texts(path: Path, name: str, values: Array) -> list[str]:
    if values.dtype.kind == "U":
        return [str(text) for text in values]
    try:
        return [bytes(text).decode() for text in values]
    except UnicodeDecodeError as error:
        raise GradwireError(
            f'the array "{name}" in "{path}" holds bytes that are no text; save text or numbers'
        ) from error


def _split(name: str, array: Array) -> list[tuple[str, Array]]:
    if array.ndim == 1:
        return [(name, array)]
    return [(f"{name}_{index}", array[:, index]) for index in range(array.shape[1])]
