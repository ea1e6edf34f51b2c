"""What is known of each column of a table: its type, its range or its classes, and what speaks against it as an input.

Nothing here is meant for the window's thread: a column is looked through as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from compute.data.entering import MOST_UNASKED, input_names
from compute.data.missing import Treatment
from compute.data.table import Column, Table
from compute.data.text_rows import ROW_NAMES
from compute.numbers_text import count_text, mean_and_spread, short

Type = Literal["number", "classes", "text", "date", "id"]
"""classes: text of few kinds; text: one of so many kinds that it tells the rows apart; id: a number that does."""

_SAMPLE = 20_000
"""So many rows, spread over all, tell whether two columns go together."""
_FEW = 20
"""With fewer rows, columns agree by chance."""
_COPY = 0.9995
"""The share of agreement, or the correlation, from which on a column is nearly a copy."""
_KNOWN = 0.97
"""The share of what is not known of a class without a column, from which on it gives the class away."""
_DATE = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})"
    r"([T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?"
)
_DATE_NAMES = {"date", "time", "datetime", "timestamp"}
_ID_NAMES = re.compile(r"(?i:(.*[ _-])?(id|index|key|number|no|nr)|unnamed: \d+)|.*[a-z]I[dD]")

Told = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """One column. low, high, mean, spread: of its numbers, spread the standard deviation over n; counts: of text, how
    many rows each class has; warning: what a person should know before it becomes an input, "" for nothing; missing:
    in how many rows it is."""

    name: str
    type: Type
    low: float
    high: float
    mean: float
    spread: float
    counts: tuple[tuple[str, int], ...] = ()
    warning: str = ""
    missing: int = 0

    @property
    def values(self) -> str:
        """Range, mean and spread, or the classes, in a few words."""
        if self.counts:
            few = ", ".join(name for name, _ in self.counts[:4])
            return few + (f" … ({count_text(len(self.counts))})" if len(self.counts) > 4 else "")
        if self.low == self.high:
            return f"always {short(self.low)}"
        return f"{short(self.low)} … {short(self.high)}, mean {short(self.mean)} ± {short(self.spread)}"

    @property
    def speaks_for_itself(self) -> bool:
        """Whether a network can take it without anybody choosing how: a number, or one of not too many classes."""
        return self.type == "number" or (self.type == "classes" and len(self.counts) <= MOST_UNASKED)


TYPES: Mapping[str, Type] = {"number": "number", "category": "classes", "text": "text", "date": "date", "id": "id"}
"""What the types of ``data.prepare`` are called here."""


def facts_of(
    table: Table,
    targets: Iterable[str] = (),
    told: Told = lambda _share: None,
    said: Mapping[str, Treatment] | None = None,
) -> tuple[ColumnFacts, ...]:
    """All columns in order; ``targets``: what is to be predicted; said: types that count instead of what is found out.
    ``told`` gets the share that is done, 0 … 1, and may raise to end it."""
    wanted = [name for name in targets if name in table.columns]
    found = []
    for index, name in enumerate(table.names):
        told(index / len(table.names))
        one = said.get(name) if said else None
        found.append(_facts(table, name, wanted, TYPES.get(one.type) if one else None))
    return tuple(found)


def inputs_for(
    table: Table, facts: Sequence[ColumnFacts], targets: Iterable[str], said: Mapping[str, Treatment] | None = None
) -> list[str]:
    """The columns to give a network unless somebody chooses: no target, and nothing that has a warning or does not
    speak for itself, as long as others are left. Text is read as a column for each of its classes."""
    given = set(targets)
    others = [each for each in facts if each.name not in given]
    plain = [each for each in others if each.speaks_for_itself]
    innocent = [each for each in plain if not each.warning]
    return [
        name
        for each in innocent or plain or others
        for name in input_names(table, each.name, (said or {}).get(each.name))
    ]


def _facts(table: Table, name: str, targets: Sequence[str], said: Type | None) -> ColumnFacts:
    values, names = table.columns[name], table.categories.get(name, ())
    mask = table.missing(name)
    gone = 0 if mask is None else int(mask.sum())
    if mask is not None:
        values = values[~mask]
    if not len(values):
        return ColumnFacts(name, said or ("classes" if names else "number"), 0.0, 0.0, 0.0, 0.0, missing=gone)
    low, high = float(values.min()), float(values.max())
    mean, spread = mean_and_spread(values)
    counts: tuple[tuple[str, int], ...] = ()
    if names:
        tally = np.bincount(values.astype(np.intp), minlength=len(names)).tolist()
        counts = tuple(zip(names, tally, strict=True))
    kind = said or _type(table, name, values)
    warning = table.faults.get(name, "") or _warning(table, name, kind, len(counts), targets)
    if not warning and low == high and table.rows > 1:
        warning = "the same in every row"
    return ColumnFacts(name, kind, low, high, mean, spread, counts, warning, gone)


def _type(table: Table, name: str, values: Column) -> Type:
    names = table.categories.get(name, ())
    if name == ROW_NAMES:
        return "id"
    if names:
        some = names[:: max(1, len(names) // 200)]
        if sum(bool(_DATE.fullmatch(each)) for each in some) >= 0.9 * len(some):
            return "date"
        return "text" if len(names) > max(_FEW, 0.5 * table.rows) else "classes"
    if name.lower() in _DATE_NAMES:
        return "date"
    if len(values) < _FEW or not (values[:_SAMPLE] == np.floor(values[:_SAMPLE])).all():
        return "number"
    steps = np.diff(values)
    if steps[0] and (steps == steps[0]).all():
        return "id"
    return "id" if _ID_NAMES.fullmatch(name) and len(np.unique(values)) == len(values) else "number"


def _warning(table: Table, name: str, kind: Type, classes: int, targets: Sequence[str]) -> str:
    for target in targets:
        if name != target and name not in targets and (how := _copies(table, name, target)):
            return how
    if kind == "id":
        return "tells the rows apart, like a number or name of each; nothing can be learned from it"
    if kind == "text":
        return f"text with {count_text(classes)} different values in {count_text(table.rows)} rows"
    if kind == "date":
        return "a date or time; as an input it would be a number that only grows"
    if classes > MOST_UNASKED and name not in targets:
        return f"text; as an input it becomes {count_text(classes)} columns, one for each class"
    return ""


def _copies(table: Table, name: str, target: str) -> str:
    """How a column gives a target away, "" if it does not."""
    if table.rows < _FEW:
        return ""
    every = slice(None, None, max(1, table.rows // _SAMPLE))
    a, b = table.columns[name][every], table.columns[target][every]
    gone = [mask[every] for each in (name, target) if (mask := table.missing(each)) is not None]
    if gone:
        there = ~np.any(gone, axis=0)
        a, b = a[there], b[there]
    classes, kinds = np.unique(b), np.unique(a)
    if len(classes) < 2 or len(kinds) < 2:
        return ""
    if len(classes) <= len(a) // 4 and len(kinds) <= 2 * len(classes):
        together = np.zeros((len(kinds), len(classes)))
        np.add.at(together, (np.searchsorted(kinds, a), np.searchsorted(classes, b)), 1.0)
        share, without = float(together.max(axis=1).sum() / len(a)), float(together.sum(axis=0).max() / len(a))
        if share - without < _KNOWN * (1.0 - without):
            return ""
        known = "it is known" if share == 1.0 else f"{100 * share:.4g} % of the rows are known"
        return f"gives {target} away: {known} from this column alone"
    if len(classes) <= len(a) // 4 and name not in table.categories:
        tied = _ratio(a, np.searchsorted(classes, b), len(classes))
        if tied >= _COPY:
            return f"nearly a copy of {target}: its numbers lie together for each class (correlation ratio {tied:.4f})"
    if target in table.categories or name in table.categories:
        return ""
    closeness = _correlation(a, b)
    return f"nearly a copy of {target}: their correlation is {closeness:.4f}" if abs(closeness) >= _COPY else ""


def _ratio(a: Column, classes: npt.NDArray[np.intp], count: int) -> float:
    """The correlation ratio: 1 where all numbers of a class are the same."""
    sizes = np.bincount(classes, minlength=count)
    with np.errstate(all="ignore"):
        means = np.bincount(classes, a, minlength=count) / sizes
        found = float(np.sqrt((sizes * (means - a.mean()) ** 2).sum() / ((a - a.mean()) ** 2).sum()))
    return found if np.isfinite(found) else 0.0


def _correlation(a: Column, b: Column) -> float:
    with np.errstate(all="ignore"):
        a, b = a - a.mean(), b - b.mean()
        found = float((a @ b) / np.sqrt((a @ a) * (b @ b)))
    return found if np.isfinite(found) else 0.0
