"""Tables from NumPy's .npz archives."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.data.table import Column, Table, check_finite, classes_of
from compute.errors import GradwireError


def read_npz(path: Path) -> Table:
    """Read `path`: an array (rows,) is a column, an array X of shape (rows, N) the columns X_0 … X_(N-1).

    Arrays of text become classes; bytes are read as UTF-8. Nothing is unpickled. Errors name the file and the array.
    """
    columns: dict[str, Column] = {}
    categories: dict[str, tuple[str, ...]] = {}
    heights: dict[str, int] = {}
    for array_name, array in _arrays(path).items():
        if array.ndim not in (1, 2):
            raise GradwireError(
                f'the array "{array_name}" in "{path}" has shape {array.shape}; save it with one or two '
                "dimensions, rows first"
            )
        heights[array_name] = len(array)
        for name, values in _split(array_name, array):
            if name in columns:
                raise GradwireError(f'"{path}" gives two columns the name "{name}"; rename one of the arrays')
            if array.dtype.kind in "US":
                columns[name], categories[name] = classes_of(_texts(path, array_name, values))
            elif array.dtype.kind in "biuf":
                with np.errstate(over="ignore"):  # found below
                    columns[name] = values.astype(np.float64)
                check_finite(name, columns[name], f' in "{path}"')
            else:
                raise GradwireError(
                    f'the array "{array_name}" in "{path}" holds {array.dtype}; save real numbers or text'
                )
    if not columns:
        raise GradwireError(f'"{path}" holds no columns; save at least one array in it')
    if len(set(heights.values())) > 1:
        sizes = ", ".join(f'"{name}" {height}' for name, height in heights.items())
        raise GradwireError(f'the arrays in "{path}" differ in rows ({sizes}); save arrays of equal length')
    if not next(iter(heights.values())):
        raise GradwireError(f'"{path}" has columns but no rows; save at least one row of data')
    return Table(columns, categories)


def _arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    with path.open("rb") as file:
        is_archive = zipfile.is_zipfile(file)
    if not is_archive:
        raise GradwireError(f'"{path}" is no .npz archive, or it is cut off; save it again with numpy.savez')
    name = ""
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {}
            for name in archive.files:
                arrays[name] = archive[name]
    except MemoryError as error:
        raise GradwireError(
            f'the array "{name}" in "{path}" is larger than the memory; save fewer rows, or the file again'
        ) from error
    except OSError:
        raise
    except Exception as error:  # a damaged or encrypted archive is reported in a dozen ways
        raise GradwireError(
            f'the array "{name}" in "{path}" cannot be read ({error}); save numbers or text with numpy.savez'
        ) from error
    wrong = [name for name, array in arrays.items() if not isinstance(array, np.ndarray)]
    if wrong:
        raise GradwireError(f'"{wrong[0]}" in "{path}" is no array; save only arrays, with numpy.savez')
    return arrays


def _texts(path: Path, name: str, values: npt.NDArray[Any]) -> list[str]:
    if values.dtype.kind == "U":
        return [str(text) for text in values]
    try:
        return [bytes(text).decode() for text in values]
    except UnicodeDecodeError as error:
        raise GradwireError(
            f'the array "{name}" in "{path}" holds bytes that are no text; save text or numbers'
        ) from error


def _split(name: str, array: npt.NDArray[Any]) -> list[tuple[str, npt.NDArray[Any]]]:
    if array.ndim == 1:
        return [(name, array)]
    return [(f"{name}_{index}", array[:, index]) for index in range(array.shape[1])]
