"""Columns that are made from columns: the name of one says how, so that nothing else need be kept of it.

``island=Biscoe`` is 1 where the column "island" is Biscoe and 0 elsewhere. A data node names such columns like any
others, so that the shapes of a graph follow from the document alone. A new kind is one class with the decorator
``@register`` and no other change. A column of the table that has such a name itself counts first.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, TypeVar

import numpy as np

from compute.data.table import NO_CLASS, OWN_CLASS, Column, Mask, Table
from compute.data.words import did_you_mean, listed
from compute.errors import GradwireError


class DerivedKind:
    """The declaration of one kind; see the module's docstring."""

    name: ClassVar[str]
    help: ClassVar[str]
    is_scaled: ClassVar[bool] = True
    """Whether it is standardised with its source, by whose mean and spread; else it stays as it is."""

    def read(self, name: str, known: Container[str]) -> tuple[str, str] | None:
        """The column that a name of this kind is made from, one of those known, and what else it says; None for a
        name of another kind."""
        raise NotImplementedError

    def check(self, table: Table, source: str, argument: str) -> None:
        """Errors: GradwireError where the column cannot give it."""

    def lacking(self, table: Table, source: str, argument: str) -> Mask | None:
        """The rows (rows,) for which there is nothing that it could be made from, such as the first ones of a lag,
        beside those where the source itself is missing; None for none of them."""
        return None

    def past(self, argument: str) -> int:
        """How many rows there must be before one that it can be made for."""
        return 0

    def make(self, table: Table, source: str, argument: str) -> Column:
        """The column, (rows,), from a table in which nothing is missing."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Derived:
    """What a name says: the kind, the column that it is made from, and what else the kind wants to know."""

    name: str
    kind: DerivedKind
    source: str
    argument: str


DERIVED: dict[str, DerivedKind] = {}
_D = TypeVar("_D", bound=type[DerivedKind])


def register(cls: _D) -> _D:
    """Make one instance of the kind known under its name."""
    DERIVED[cls.name] = cls()
    return cls


@register
class OneHot(DerivedKind):
    name = "one-hot"
    help = "1 where a column has one class, else 0; a column of text is read as one such column for each class."
    is_scaled = False

    def read(self, name: str, known: Container[str]) -> tuple[str, str] | None:
        return cut_at(name, "=", known)

    def check(self, table: Table, source: str, argument: str) -> None:
        classes = table.categories.get(source)
        if classes is None:
            raise GradwireError(f'"{source}" holds numbers and has no class "{argument}"; read "{source}" itself')
        if argument not in (*classes, OWN_CLASS):
            raise GradwireError(
                f'the column "{source}" has no class "{argument}"; {did_you_mean(argument, classes)}its classes are '
                f"{listed(classes)}"
            )

    def make(self, table: Table, source: str, argument: str) -> Column:
        classes = table.categories[source]
        # Where nothing is missing in the data of now, nothing has the class of what is.
        number = classes.index(argument) if argument in classes else NO_CLASS
        return np.asarray(table.columns[source] == number, np.float64)


@register
class Index(DerivedKind):
    name = "embedding index"
    help = (
        "The number of the class of a column of text, 0 … K−1, whole and never standardised, as an embedding takes it."
    )
    is_scaled = False

    def read(self, name: str, known: Container[str]) -> tuple[str, str] | None:
        found = cut_at(name, "[", known)
        return (found[0], "") if found is not None and found[1] == "index]" else None

    def check(self, table: Table, source: str, argument: str) -> None:
        if source not in table.categories:
            raise GradwireError(f'"{source}" holds numbers and has no classes; read "{source}" itself')

    def make(self, table: Table, source: str, argument: str) -> Column:
        return np.array(table.columns[source])


def index_name(name: str) -> str:
    """The name of the whole number of the class of a column of text."""
    return f"{name}[index]"


def one_hot_name(name: str, text: str) -> str:
    """The name of the column that is 1 where a column of text has one class."""
    return f"{name}={text}"


def cut_at(name: str, mark: str, known: Container[str]) -> tuple[str, str] | None:
    """A name as one that is known and what follows the mark behind it; both may hold the mark themselves."""
    place = name.find(mark)
    while place >= 0:
        if name[:place] in known:
            return name[:place], name[place + len(mark) :]
        place = name.find(mark, place + 1)
    return None


def derived(name: str, known: Container[str]) -> Derived | None:
    """What a name means beside the columns that are known; None for one of them, and for one that says nothing."""
    if name in known:
        return None
    for kind in DERIVED.values():
        found = kind.read(name, known)
        if found is not None:
            return Derived(name, kind, *found)
    return None


def sources_of(names: Iterable[str], known: Container[str]) -> list[str]:
    """The columns that these are made from, or that they are, each once."""
    read = partial(derived, known=known)
    return list(dict.fromkeys(made.source if (made := read(name)) else name for name in names))


def past_of(names: Iterable[str], known: Container[str]) -> int:
    """How many rows there must be before one that all of these can be made for."""
    return max((made.kind.past(made.argument) for name in names if (made := derived(name, known))), default=0)


def lacking(table: Table, names: Sequence[str]) -> Mask | None:
    """The rows (rows,) for which some of these columns cannot be made; None where all can be."""
    out: Mask | None = None
    for made in filter(None, (derived(name, table.columns) for name in names)):
        mask = made.kind.lacking(table, made.source, made.argument)
        if mask is not None:
            out = mask if out is None else out | mask
    return out


def with_derived(table: Table, names: Iterable[str]) -> Table:
    """The table with the columns that these names mean beside its own. Errors: GradwireError naming the column."""
    new: dict[str, Column] = {}
    for made in filter(None, (derived(name, table.columns) for name in names)):
        made.kind.check(table, made.source, made.argument)
        column = made.kind.make(table, made.source, made.argument)
        column.setflags(write=False)
        new[made.name] = column
    return Table({**table.columns, **new}, table.categories, table.faults, table) if new else table
