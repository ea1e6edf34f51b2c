"""The table: what every source of data becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.errors import GradwireError

Column = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
NO_CLASS = -1.0
"""What stands in a column of classes where a value is missing."""
OWN_CLASS = "missing"
"""The class that missing values are where they are a class of their own."""


@dataclass(frozen=True, eq=False)
class Table:
    """Named columns of numbers, all of the same length (rows,), float64 and read-only.

    A column of text holds the numbers 0 … K-1 of its classes; `categories[name]` gives the K class names. Where a value
    is missing stands NaN, among classes −1; no number is infinite. faults: of columns that cannot be used as they are,
    such as text among numbers, the sentence that names line and column; they hold the text of their cells as classes.
    """

    columns: Mapping[str, Column]
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    like: Table | None = field(default=None, repr=False)
    """A table from which some of the columns are, so that nobody looks through them again; it is not kept."""
    found: dict[tuple[object, ...], Any] = field(default_factory=dict, init=False, repr=False)
    """What was found out about its columns, by whoever did: they never change."""

    def __post_init__(self) -> None:
        known = self.like.columns if self.like is not None else {}
        object.__setattr__(self, "like", None)
        columns = {name: values if known.get(name) is values else _own(values) for name, values in self.columns.items()}
        first = next(iter(columns), "")
        for name, values in columns.items():
            if values.ndim != 1:
                raise GradwireError(f'the column "{name}" has shape {values.shape}; give one number per row')
            if len(values) != len(columns[first]):
                raise GradwireError(
                    f'the column "{name}" has {len(values)} rows and "{first}" has {len(columns[first])}; '
                    "make all columns the same length"
                )
            if known.get(name) is not values:
                check_finite(name, values)
                values.setflags(write=False)
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "categories", dict(self.categories))

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(self.columns)

    @property
    def rows(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def missing(self, name: str) -> Mask | None:
        """Where the values of a column are missing, (rows,); None where none is."""
        key = "missing", name
        if key not in self.found:
            values = self.columns[name]
            mask = values < 0 if name in self.categories else np.isnan(values)
            self.found[key] = mask if mask.any() else None
        found: Mask | None = self.found[key]
        return found

    def is_missing(self, name: str, row: int) -> bool:
        """Whether one value is."""
        value = self.columns[name][row]
        return bool(value < 0 if name in self.categories else np.isnan(value))

    def take(self, rows: npt.NDArray[Any]) -> Table:
        """Some of its rows, by their numbers or a mask."""
        return Table({name: values[rows] for name, values in self.columns.items()}, self.categories, self.faults)


def _own(values: Column) -> Column:
    """The values as an array that nobody else changes: a copy, unless nobody can."""
    if isinstance(values, np.ndarray) and values.dtype == np.float64 and not values.flags.writeable:
        return values
    return np.array(values, dtype=np.float64)


def check_finite(name: str, values: Column, place: str = "") -> None:
    """Refuse infinities: one of them turns every loss into NaN, far from where it came from."""
    bad = np.flatnonzero(np.isinf(values))
    if bad.size:
        raise GradwireError(
            f'row {bad[0]} (counting from 0) of the column "{name}"{place} is {values[bad[0]]}, which is not '
            "a finite number; correct it or remove the row"
        )


def classes_of(texts: Sequence[str | None]) -> tuple[Column, tuple[str, ...]]:
    """Number the class names 0 … K-1 in sorted order: the numbers (rows,), −1 for None, and the K names."""
    names = tuple(sorted({text for text in texts if text is not None}))
    number: dict[str | None, float] = {name: float(index) for index, name in enumerate(names)}
    number[None] = NO_CLASS
    return np.array([number[text] for text in texts], dtype=np.float64), names
