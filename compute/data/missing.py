"""What is done about missing values, column by column: ways that are declared once each, and who chose which.

``data.prepare`` of a document says it: ``{"age": {"missing": "median"}, "deck": {"type": "category"}}``. What nobody
says is done by default, and told in a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from compute.checks import is_finite
from compute.data.fitted import Fitted
from compute.data.numbers import number_in
from compute.data.table import NO_CLASS, OWN_CLASS, Column, Mask, Table
from compute.data.words import did_you_mean, listed
from compute.errors import GradwireError
from compute.numbers_text import count_text, number_text, short

TYPES = ("number", "category", "text", "date", "id")


@dataclass(frozen=True, slots=True)
class Way:
    """One way. find: what stands in for a missing value, from those present in the training rows (some, or none) and
    the names of the classes; None where rows are left out. says: what stands in, for a sentence."""

    name: str
    help: str
    find: Callable[[Column, Sequence[str]], float] | None = None
    numbers: bool = True
    """Whether it is for numbers, and …"""
    classes: bool = True
    """… for text."""


def _most_frequent(values: Column, classes: Sequence[str]) -> float:
    kinds, counts = np.unique(values, return_counts=True)
    return float(kinds[counts.argmax()]) if len(kinds) else 0.0


def _mean(values: Column, _classes: Sequence[str]) -> float:
    return float(values.mean()) if len(values) else 0.0


def _median(values: Column, _classes: Sequence[str]) -> float:
    return float(np.median(values)) if len(values) else 0.0


def _own_class(_values: Column, classes: Sequence[str]) -> float:
    return float(classes.index(OWN_CLASS))


DROP, VALUE, CATEGORY = "drop rows", "own value", "category"
_ALL = (
    Way(DROP, "Rows in which it is missing are left out."),
    Way("mean", "The mean of the training rows stands in.", _mean, classes=False),
    Way("median", "The median of the training rows stands in.", _median, classes=False),
    Way("most frequent", "What most training rows have stands in.", _most_frequent),
    Way(VALUE, "A value of your own stands in.", lambda _values, _classes: 0.0),
    Way(CATEGORY, f'Being missing is a class of its own, "{OWN_CLASS}".', _own_class, numbers=False),
)
WAYS: dict[str, Way] = {way.name: way for way in _ALL}


@dataclass(frozen=True, slots=True)
class Treatment:
    """What a document says of one column; "" and None: nothing. value: what stands in by the way ``own value``."""

    type: str = ""
    missing: str = ""
    value: float | str | None = None


def default_way(is_text: bool, is_target: bool) -> str:
    """What is done where nobody says: no answer is made up, a number is the median, and text a class of its own."""
    return DROP if is_target else CATEGORY if is_text else "median"


def treatments(data: Mapping[str, Any]) -> dict[str, Treatment]:
    """What the data section of a document says, by column. Errors: GradwireError naming the field."""
    section = data.get("prepare", {})
    if not isinstance(section, Mapping):
        raise GradwireError("data.prepare: must be an object with one object for each column.")
    found = {}
    for name, said in section.items():
        if not isinstance(said, Mapping):
            raise GradwireError(f'data.prepare.{name}: must be an object, such as {{"missing": "median"}}.')
        kind, way, value = said.get("type", ""), said.get("missing", ""), said.get("value")
        for field_name, given, choices in (("type", kind, TYPES), ("missing", way, tuple(WAYS))):
            if given and (not isinstance(given, str) or given not in choices):
                hint = did_you_mean(str(given), choices)
                raise GradwireError(
                    f'data.prepare.{name}.{field_name}: "{given!s:.40}" is not known; {hint}choose one of '
                    f"{listed(choices)}."
                )
        if value is not None and not isinstance(value, str) and not is_finite(value):
            raise GradwireError(f"data.prepare.{name}.value: must be a finite number or text.")
        if way == VALUE and value is None:
            raise GradwireError(f"data.prepare.{name}.value: must be there, as it stands in for missing values.")
        found[str(name)] = Treatment(kind or "", way or "", value if isinstance(value, str | None) else float(value))
    return found


@dataclass(frozen=True, slots=True)
class Filled:
    """table: with nothing missing in some columns; stands_in: what does, by column; notes: what was done in sentences;
    otherwise: columns in which something else would stand in if it was found anew."""

    table: Table
    stands_in: Mapping[str, float]
    notes: tuple[str, ...] = ()
    otherwise: tuple[str, ...] = ()


@dataclass(frozen=True)
class Filling:
    """What is done about the columns that data nodes read. way: by column, of those in which something is missing;
    kept: the rows (rows,) that are not left out, None for all."""

    table: Table
    way: Mapping[str, Way] = field(default_factory=dict)
    said: Mapping[str, Treatment] = field(default_factory=dict)
    kept: Mask | None = None
    raw: Table | None = None
    """The table as it was read, which holds what was made of it last."""

    def filled(self, train: Any, fitted: Fitted | None) -> Filled:
        """The table with nothing missing in those columns. train: the rows that train; fitted: what an earlier training
        found, which is used again."""
        table, notes = self.table, []
        columns, categories, stands_in = table.columns, table.categories, dict[str, float]()
        left_out: list[str] = []
        otherwise: list[str] = []
        for name, way in self.way.items():
            mask = table.missing(name)
            assert mask is not None
            many = f'"{name}": {count_text(int(mask.sum()))} of {count_text(table.rows)} values are missing'
            classes = categories.get(name, ())
            if way.find is None:
                notes.append(f"{many}; those rows are left out.")
                left_out.append(name)
                continue
            known = fitted.columns.get(name) if fitted else None
            value = known.fill if known else None
            if value is None and known and not (way.name == CATEGORY and OWN_CLASS in known.classes):
                value = known.typical
            present = np.zeros(table.rows, np.bool_)
            present[train] = True
            some = columns[name][present & ~mask]
            now = self._value(name, way, some, classes) if value is None else self._value_now(name, way, some, classes)
            value = now if value is None else value
            assert value is not None
            stands_in[name] = value
            word = f'"{classes[int(value)]}"' if classes else short(value)
            if now != value:
                otherwise.append(name)
                notes.append(f"{many}; {word} stands in, as it did when the network was trained.")
                continue
            what = "own class" if way.name == CATEGORY else "own value" if way.name == VALUE else way.name
            notes.append(f"{many}; {_WORDS.get(what, f'the {what}, ')}{word}{_ENDS.get(what, ' stands in')}.")
        return Filled(self._with(stands_in, left_out), stands_in, tuple(notes), tuple(otherwise))

    def _value_now(self, name: str, way: Way, present: Column, classes: Sequence[str]) -> float | None:
        """What would stand in if it was found anew; None where the classes of then lack it."""
        try:
            return self._value(name, way, present, classes)
        except (ValueError, GradwireError):
            return None

    def _with(self, stands_in: Mapping[str, float], left_out: Sequence[str]) -> Table:
        """The table with these values where something is missing; the same one for the same values, of which it is
        found out only once what it holds. Rows that are left out are never computed with, and nothing that is no number
        shall be in the way."""
        table, raw = self.table, self.raw if self.raw is not None else self.table
        values = {**dict.fromkeys(left_out, 0.0), **stands_in}
        key = values, {name: table.categories.get(name) for name in values}
        last = raw.found.get(_FILLED)
        if last is None or last[0] != key:
            columns = dict(table.columns)
            for name, value in values.items():
                mask = table.missing(name)
                assert mask is not None
                columns[name] = np.where(mask, value, columns[name])
                columns[name].setflags(write=False)
            last = raw.found[_FILLED] = key, Table(columns, table.categories, table.faults, table)
        found: Table = last[1]
        return found

    def _value(self, name: str, way: Way, present: Column, classes: Sequence[str]) -> float:
        assert way.find is not None
        if way.name != VALUE:
            return way.find(present, classes)
        value = self.said[name].value
        if classes:
            return float(classes.index(str(value)))
        if not isinstance(value, float):
            raise GradwireError(f'data.prepare.{name}.value: must be a number, as the column "{name}" holds numbers.')
        return value


_FILLED = ("filled",)
_WORDS = {"own class": "they are the class ", "own value": "", "most frequent": "the most frequent, "}
_ENDS = {"own class": ""}


def filling(
    table: Table, names: Iterable[str], targets: Iterable[str], said: Mapping[str, Treatment], fitted: Fitted | None
) -> Filling:
    """What is to be done about these columns of a table; those of text get the classes that this asks for.

    targets: those of them that are predicted, in which no value is made up unless somebody says so. Errors:
    GradwireError naming a column and a way that does not go with it.
    """
    raw, ways = table, dict[str, Way]()
    categories = dict(table.categories)
    kept: Mask | None = None
    wanted = set(targets)
    for name in names:
        mask, one = table.missing(name), said.get(name, Treatment())
        if mask is None:
            continue
        is_text = name in table.categories
        way = WAYS[one.missing or default_way(is_text, name in wanted)]
        if not (way.classes if is_text else way.numbers):
            kind = "text" if is_text else "numbers"
            raise GradwireError(
                f'the column "{name}" holds {kind}, for which missing values cannot be treated by "{way.name}"; choose '
                f"another way for it"
            )
        ways[name] = way
        if way.find is None:
            kept = ~mask if kept is None else kept & ~mask
        extra = OWN_CLASS if way.name == CATEGORY else str(one.value) if way.name == VALUE else ""
        known = fitted.columns.get(name) if fitted else None
        if is_text and extra and extra not in categories[name] and not known:
            categories[name] = (*categories[name], extra)
    if categories != dict(table.categories):
        table = Table(table.columns, categories, table.faults, table)
    return Filling(table, ways, said, kept, raw)


def _number(text: str) -> float | None:
    return number_in(text) if number_in(text) is not None else number_in(text, ",")


def retyped(table: Table, said: Mapping[str, Treatment]) -> Table:
    """The table with columns as the types that are said of them: a number for text is that which it is read as, and
    missing where it is none; a category for numbers has the numbers as names of its classes. Those types that are no
    number are text."""
    columns, categories, faults = dict(table.columns), dict(table.categories), dict(table.faults)
    for name, one in said.items():
        if not one.type or name not in columns:
            continue
        faults.pop(name, None)
        values, classes = columns[name], categories.get(name)
        if one.type == "number" and classes is not None:
            numbers = [_number(text) for text in classes]
            found = [np.nan if value is None or not np.isfinite(value) else value for value in numbers]
            columns[name] = np.append(found, np.nan)[values.astype(np.intp)]
            del categories[name]
        elif one.type not in ("number", "id") and classes is None:
            kinds, index = np.unique(values, return_inverse=True)
            known = int(np.isfinite(kinds).sum())
            categories[name] = tuple(number_text(value) for value in kinds[:known])
            columns[name] = np.where(index < known, index, NO_CLASS).astype(np.float64)
    same = all(columns[name] is table.columns[name] for name in columns)
    return table if same and len(faults) == len(table.faults) else Table(columns, categories, faults, table)
