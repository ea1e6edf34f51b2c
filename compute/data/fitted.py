"""What a training fitted to its data, beside the weights: by it the same row means the same ever after.

It is taken when training begins from a reset, kept with the weights, and used instead of what the data holds by now.
"""

from __future__ import annotations

import zlib
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from compute.batches import Rows
from compute.data.table import NO_CLASS, Column, Table
from compute.data.words import MISSING_WORDS, listed
from compute.errors import GradwireError


@dataclass(frozen=True, slots=True)
class FittedColumn:
    """One column. classes: the names of a column of text, in the order of their numbers; none of a column of numbers.
    mean, std: of the training rows, std over n (1 of a constant). typical: the mean, or the number of the class that
    most rows have. sum: a checksum of what the whole column held. fill: what stood in for values that were missing."""

    classes: tuple[str, ...] = ()
    mean: float = 0.0
    std: float = 1.0
    typical: float = 0.0
    sum: int = 0
    fill: float | None = None

    def names_of(self, count: int) -> tuple[str, ...]:
        """What so many answers are called: by the classes there were, and a number where a network has more."""
        known = self.classes if len(self.classes) <= count else ()
        return (*known, *map(str, range(len(known), count)))


@dataclass(frozen=True)
class Fitted:
    """columns: those that the data nodes read; classes: by target node, how many; rows: of the table; balanced: by loss
    node, how much each class counts where that was left to the training rows."""

    columns: Mapping[str, FittedColumn] = field(default_factory=dict)
    classes: Mapping[str, int] = field(default_factory=dict)
    rows: int = 0
    balanced: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def changed(self, table: Table) -> tuple[str, ...]:
        """The columns that hold something else by now; those that are gone are not among them."""
        here = (name for name in self.columns if name in table.columns)
        return tuple(name for name in here if checksum(table, name) != self.columns[name].sum)

    def stand_in(self, past: int = 0) -> Table:
        """A table of one typical row, where the data itself is not there, and of so many before it."""
        columns = {name: np.full(past + 1, column.typical) for name, column in self.columns.items()}
        return Table(columns, {name: column.classes for name, column in self.columns.items() if column.classes})

    def apply(self, table: Table, names: Iterable[str]) -> Table:
        """A table in which each class has the number that it had. names: the columns that are read.

        Errors: GradwireError naming the column and the row of a class that was not there, or text for numbers.
        """
        columns, categories = dict(table.columns), dict(table.categories)
        different = [name for name in names if self._is_other(table, name)]
        for name in different:
            known, now = self.columns[name], categories.get(name, ())
            values, mask = columns[name], table.missing(name)
            if known.classes and mask is not None and mask.all():
                values = np.full(table.rows, NO_CLASS)  # what holds nothing is no numbers either
            elif not known.classes or not now:
                was, found = ("text", "numbers") if known.classes else ("numbers", "text")
                raise GradwireError(
                    f'the column "{name}" held {was} when the network was trained and holds {found} now; give it data '
                    "as it was, or reset the network"
                )
            columns[name], categories[name] = _renumbered(name, values, now, known.classes), known.classes
        return Table(columns, categories, table.faults, table) if different else table

    def _is_other(self, table: Table, name: str) -> bool:
        known = self.columns.get(name)
        return known is not None and name in table.columns and known.classes != table.categories.get(name, ())


def _renumbered(name: str, values: Column, now: tuple[str, ...], before: tuple[str, ...]) -> Column:
    place = {text: number for number, text in enumerate(before)}
    # Behind the last one stands what a missing value is: the class of those words, where they were taken for one.
    missing = [number for text, number in place.items() if text.lower() in MISSING_WORDS]
    nothing = float(missing[0]) if len(missing) == 1 else NO_CLASS
    numbers = np.array([*(place.get(text, -2) for text in now), nothing], dtype=np.float64)[values.astype(np.intp)]
    unknown = np.flatnonzero(numbers < NO_CLASS)
    if unknown.size:
        row = int(unknown[0])
        raise GradwireError(
            f'row {row} (counting from 0) of the column "{name}" is "{now[int(values[row])]}", which is none of the '
            f"classes that the network was trained on: {listed(before)}; correct the row, or reset the network"
        )
    numbers.setflags(write=False)
    return numbers


def checksum(table: Table, name: str) -> int:
    """What tells a column from one with other values, or with other class names."""
    key = "sum", name
    if key not in table.found:
        text = "\0".join(table.categories.get(name, ())).encode()
        # −0 and 0 are the same number.
        values = np.ascontiguousarray(table.columns[name]) + 0.0
        table.found[key] = zlib.crc32(values.tobytes(), zlib.crc32(text))
    return int(table.found[key])


def fit(
    table: Table,
    names: Iterable[str],
    train: Rows,
    split: tuple[Hashable, ...],
    given: Fitted | None,
    before: Table,
    stands_in: Mapping[str, float],
) -> Fitted:
    """What is fitted to the rows ``train`` of a table, as far as it is not given. names: the columns that are read;
    split: all from which the rows follow, so that nothing is counted twice; before: the table as it was with what is
    missing in it, and stands_in: what stands there now."""
    known, columns = given.columns if given else {}, {}
    for name in names:
        key = ("fit", name, *split)
        if name not in known and key not in table.found:
            table.found[key] = _fitted(table, name, train, checksum(before, name), stands_in.get(name))
        columns[name] = known[name] if name in known else table.found[key]
    return Fitted(columns, {}, given.rows if given else table.rows)


def _fitted(table: Table, name: str, train: Rows, checked: int, fill: float | None) -> FittedColumn:
    values, classes = table.columns[name][train], table.categories.get(name, ())
    mean, std = statistics(values)
    typical = float(np.bincount(values.astype(np.intp), minlength=len(classes)).argmax()) if classes else mean
    return FittedColumn(classes, mean, std, typical, checked, fill)


def statistics(values: Column) -> tuple[float, float]:
    """Mean and standard deviation; of a constant column exactly its value and 1, whatever the rounding."""
    if values.min() == values.max():
        return float(values[0]), 1.0
    with np.errstate(all="ignore"):
        return float(values.mean()), float(values.std())
