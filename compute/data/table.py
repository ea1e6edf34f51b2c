"""The table: what every source of data becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.errors import GradwireError

Column = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Table:
    """Named columns of numbers, all of the same length (rows,), finite, float64 and read-only.

    A column of text holds the numbers 0 … K-1 of its classes; `categories[name]` gives the K class names.
    """

    columns: Mapping[str, Column]
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    found: dict[tuple[object, ...], Any] = field(default_factory=dict, init=False, repr=False)
    """What was found out about its columns, by whoever did: they never change."""

    def __post_init__(self) -> None:
        columns = {name: _own(values) for name, values in self.columns.items()}
        first = next(iter(columns), "")
        for name, values in columns.items():
            if values.ndim != 1:
                raise GradwireError(f'the column "{name}" has shape {values.shape}; give one number per row')
            if len(values) != len(columns[first]):
                raise GradwireError(
                    f'the column "{name}" has {len(values)} rows and "{first}" has {len(columns[first])}; '
                    "make all columns the same length"
                )
            check_finite(name, values)
            values.setflags(write=False)
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "categories", dict(self.categories))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.columns)

    @property
    def rows(self) -> int:
        return len(next(iter(self.columns.values()), ()))


def _own(values: Column) -> Column:
    """The values as an array that nobody else changes: a copy, unless nobody can."""
    if isinstance(values, np.ndarray) and values.dtype == np.float64 and not values.flags.writeable:
        return values
    return np.array(values, dtype=np.float64)


def check_finite(name: str, values: Column, place: str = "") -> None:
    """Refuse NaN and infinities: one of them turns every loss into NaN, far from where it came from."""
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise GradwireError(
            f'row {bad[0]} (counting from 0) of the column "{name}"{place} is {values[bad[0]]}, which is not '
            "a finite number; correct it or remove the row"
        )


def classes_of(texts: Sequence[str]) -> tuple[Column, tuple[str, ...]]:
    """Number the class names 0 … K-1 in sorted order: the numbers (rows,) and the K names."""
    names = tuple(sorted(set(texts)))
    number = {name: index for index, name in enumerate(names)}
    return np.array([number[text] for text in texts], dtype=np.float64), names
