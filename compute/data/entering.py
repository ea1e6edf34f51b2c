"""How a column of text enters a network: ways that are declared once each, as the names of the columns it becomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from compute.data.derived import derived, index_name, one_hot_name
from compute.data.missing import CATEGORY, VALUE, Treatment
from compute.data.table import OWN_CLASS, Table

MOST_UNASKED = 50
"""Text of more classes is not read unless somebody asks for it."""
MOST_ONE_HOT = 1000
"""Text of more classes is never read as a column for each of them."""


@dataclass(frozen=True, slots=True)
class Entering:
    """One way. names: the columns that a column becomes, from its name and its classes."""

    name: str
    help: str
    names: Callable[[str, Sequence[str]], list[str]]


ONE_HOT, INDEX, WHOLE = "one-hot", "index", "embedding index"
_ALL = (
    Entering(
        ONE_HOT,
        "A column for each class: 1 where a row has it, else 0.",
        lambda name, classes: [one_hot_name(name, each) for each in classes],
    ),
    Entering(
        INDEX,
        "The number of the class in alphabetical order, as a number like any other; good for two classes, or an order.",
        lambda name, _classes: [name],
    ),
    Entering(
        WHOLE,
        "The number of the class, 0, 1, 2 …, whole and never standardised, as the table of an embedding takes it.",
        lambda name, _classes: [index_name(name)],
    ),
)
ENTERING: dict[str, Entering] = {each.name: each for each in _ALL}


def classes_with_missing(table: Table, name: str, one: Treatment | None = None) -> tuple[str, ...]:
    """The classes of a column of text once missing values are treated, which may be one more; none of numbers."""
    classes = table.categories.get(name, ())
    if name not in table.categories or table.missing(name) is None:
        return classes
    way = one.missing if one is not None and one.missing else CATEGORY
    extra = OWN_CLASS if way == CATEGORY else str(one.value) if one is not None and way == VALUE else ""
    return (*classes, extra) if extra and extra not in classes else classes


def default_entering(classes: Sequence[str]) -> str:
    """How text of these classes is read unless somebody chooses: never as numbers that say more than two classes."""
    return INDEX if len(classes) <= 2 else ONE_HOT if len(classes) <= MOST_ONE_HOT else WHOLE


def input_names(table: Table, name: str, one: Treatment | None = None, entering: str = "") -> list[str]:
    """The columns that an input reads for a column: itself where it holds numbers."""
    if name not in table.categories:
        return [name]
    classes = classes_with_missing(table, name, one)
    return ENTERING[entering or default_entering(classes)].names(name, classes)


def entering_of(names: Sequence[str], name: str, table: Table) -> str:
    """In which way these columns, all made from one or that one itself, enter; "" in none of these, as numbers do and
    what is made from a past."""
    if name not in table.categories:
        return ""
    kinds = {made.kind.name if (made := derived(each, table.columns)) else INDEX for each in names}
    return kinds.pop() if len(kinds) == 1 and kinds <= ENTERING.keys() else ""
