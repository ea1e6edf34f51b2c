"""Which rows train, which validate and which test: every kind of split is declared once.

A split says the part of each row; training and validation rows come in an order that is drawn from the seed, so that
the first batch is already mixed. Test rows are for the end: nothing is trained, chosen or stopped by them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from compute.batches import Rows
from compute.data.dates import times_of
from compute.data.table import Column, Table
from compute.data.words import did_you_mean, listed
from compute.errors import GradwireError
from compute.params import Param
from compute.problems import Kind as ProblemKind
from compute.problems import Place, Problem, ProblemError, Remedy

TRAINING, VALIDATION, TEST, LEFT_OUT = range(4)
PARTS = ("training", "validation", "test", "left out")
"""What rows are for, as ``Parts`` numbers it; those are left out in which something is missing."""
Parts = npt.NDArray[np.int8]
"""The part of each row, (rows,)."""

_WORDS = {
    **dict.fromkeys(("train", "training", "fit", "0"), TRAINING),
    **dict.fromkeys(("validation", "validate", "valid", "val", "dev", "1"), VALIDATION),
    **dict.fromkeys(("test", "testing", "holdout", "2"), TEST),
}
_FEW, _EACH, _BANDS = 20, 5, 10
"""A number of at most so many values, each in so many rows on average, is taken for classes; any other is cut into at
most so many bands of equal size."""


@dataclass(frozen=True, eq=False, slots=True)
class Asked:
    """What rows are divided by. validation, test: how many rows are to be held back, at least one of them above 0
    unless the column alone says it; order: all rows in a drawn order; draws: where more is drawn from; name, values,
    texts: the column, and the class names of one that holds text; name "" without one; rows: which ones of the table
    are divided."""

    validation: int
    test: int
    order: Rows
    draws: np.random.Generator
    table: Table
    name: str
    rows: Rows

    @property
    def values(self) -> Column:
        return self.table.columns[self.name][self.rows]

    @property
    def texts(self) -> tuple[str, ...]:
        return self.table.categories.get(self.name, ())

    def require_all(self) -> None:
        """Errors: GradwireError where a value of the column is missing."""
        missing = self.table.missing(self.name)
        gone = np.flatnonzero(missing[self.rows] if missing is not None else [])
        if gone.size:
            raise _fault(
                f'row {self.rows[gone[0]]} (counting from 0) of the column "{self.name}", by which rows are split, is '
                "missing; fill it in, or choose another split",
                self.name,
            )


@dataclass(frozen=True, slots=True)
class SplitKind:
    """One kind. column: whether it goes by a column, and what it is without one: ``target``: that which is predicted;
    ``rows``: the order of the table; ``must``: nothing. shares: whether fractions say how many rows are held back."""

    name: str
    help: str
    divide: Callable[[Asked], Parts]
    column: Literal["", "target", "rows", "must"] = ""
    shares: bool = True
    by: str = ""
    """What the column is for, in a few words."""


def _by_chance(asked: Asked) -> Parts:
    return _shared_out(asked, np.zeros(len(asked.order), np.intp))


def _by_classes(asked: Asked) -> Parts:
    if not asked.name:
        return _by_chance(asked)
    parts = _shared_out(asked, bands(asked.values, is_text=bool(asked.texts)))
    if not parts.any():
        raise _fault(
            f'the split is stratified by "{asked.name}", and each of its classes has one row alone; choose another'
        )
    return parts


def bands(values: Column, *, is_text: bool) -> npt.NDArray[np.intp]:
    """The class of each row, or the band of a number, numbered from 0."""
    kinds, number = np.unique(values, return_inverse=True)
    if is_text or (len(kinds) <= _FEW and len(kinds) * _EACH <= len(values)):
        return number.astype(np.intp)
    bands = max(1, min(_BANDS, len(values) // (2 * _EACH)))
    band = np.empty(len(values), np.intp)
    band[np.argsort(values, kind="stable")] = np.arange(len(values)) * bands // len(values)
    return band


def _shared_out(asked: Asked, classes: npt.NDArray[np.intp]) -> Parts:
    """Of each class the first rows in the drawn order validate and the last ones test, in equal shares."""
    order, count = asked.order, np.bincount(classes)
    last = _quotas(count, asked.test, count - 1, np.zeros(len(count)))
    first = _quotas(count, asked.validation, count - 1 - last, last - count * asked.test / len(order))
    drawn = classes[order]
    by_class = np.argsort(drawn, kind="stable")
    rank = np.empty(len(order), np.intp)
    rank[by_class] = np.arange(len(order)) - (np.cumsum(count) - count)[drawn[by_class]]
    parts = np.zeros(len(order), np.int8)
    parts[order[rank < first[drawn]]] = VALIDATION
    parts[order[rank >= (count - last)[drawn]]] = TEST
    return parts


def _quotas(count: Any, wanted: int, most: Any, had: Any) -> Any:
    """How many of each class, ``wanted`` in all or as many as ``most`` allows: each share rounded, those up that lose
    most by it. had: what each was given beyond its share before; who had more is rounded up last."""
    exact = count * wanted / count.sum()
    given = np.minimum(np.floor(exact).astype(np.intp), most)
    for index in np.lexsort((had, given - exact)).tolist():
        if given.sum() >= wanted:
            break
        given[index] += given[index] < most[index]
    return given


def _by_groups(asked: Asked) -> Parts:
    kinds, group = np.unique(asked.values, return_inverse=True)
    count, drawn = np.bincount(group), asked.draws.permutation(len(kinds))
    part_of = np.zeros(len(kinds), np.int8)
    for part, wanted, candidates in ((TEST, asked.test, drawn[::-1]), (VALIDATION, asked.validation, drawn)):
        taken = 0
        for each in candidates.tolist():
            closer = abs(taken + count[each] - wanted) < abs(taken - wanted)
            if closer and not part_of[each] and np.count_nonzero(part_of == TRAINING) > 1:
                part_of[each], taken = part, taken + count[each]
        if wanted and not taken:
            raise _fault(
                f'the groups of the column "{asked.name}" are too few or too large for the shares of validation and '
                "test; make the shares larger, or choose another column"
            )
    return np.asarray(part_of[group])


def _by_words(asked: Asked) -> Parts:
    asked.require_all()
    values, texts = asked.values, asked.texts
    kinds = np.arange(len(texts)) if texts else np.unique(values)
    said = [texts[int(kind)] if texts else f"{kind:g}" for kind in kinds]
    part = np.array([_WORDS.get(each.strip().lower(), -1) for each in said], np.int8)
    parts = part[np.searchsorted(kinds, values)]
    wrong = np.flatnonzero(parts < 0)
    if wrong.size:
        row = int(wrong[0])
        found = texts[int(values[row])] if texts else f"{values[row]:g}"
        raise _fault(
            f'row {asked.rows[row]} (counting from 0) of the column "{asked.name}" is "{found}", which says no part; '
            "write train, validation or test (or 0, 1, 2)",
            asked.name,
        )
    return np.asarray(parts)


def _by_time(asked: Asked) -> Parts:
    rows = len(asked.order)
    order = np.arange(rows)
    borders = order[1:]
    if asked.name:
        asked.require_all()
        times = times_of(asked.table, asked.name)[asked.rows]
        order = np.argsort(times, kind="stable")
        # Rows of one moment stay together, so that nothing is trained on that is as late as what is held back.
        borders = np.flatnonzero(np.diff(times[order]) > 0) + 1
    test = _border(asked, borders, rows - asked.test) if asked.test else rows
    first = _border(asked, borders[borders < test], test - asked.validation) if asked.validation else test
    parts = np.zeros(rows, np.int8)
    parts[order[first:test]] = VALIDATION
    parts[order[test:]] = TEST
    return parts


def _border(asked: Asked, borders: Any, wanted: int) -> int:
    if not len(borders):
        where = f'the column "{asked.name}" has' if asked.name else "there are"
        raise _fault(f"{where} too few moments to be split in time; choose another split", asked.name)
    return int(borders[np.abs(borders - wanted).argmin()])


_ALL = (
    SplitKind("random", "Rows are drawn.", _by_chance),
    SplitKind(
        "stratified",
        "Rows are drawn so that each part has the classes in the same shares; of a number its low and high values.",
        _by_classes,
        "target",
        by="the classes",
    ),
    SplitKind(
        "groups",
        "Rows with the same value in a column stay together, such as all of one patient.",
        _by_groups,
        "must",
        by="the group",
    ),
    SplitKind(
        "by column",
        "A column says it: train, validation or test (or 0, 1, 2).",
        _by_words,
        "must",
        shares=False,
        by="the part",
    ),
    SplitKind(
        "chronological",
        "The last rows test, those before validate, the earlier ones train: by a column of times, or as they stand.",
        _by_time,
        "rows",
        by="the time",
    ),
)
SPLIT_KINDS: dict[str, SplitKind] = {kind.name: kind for kind in _ALL}

SPLIT = (
    Param(
        "split",
        "choice",
        "random",
        "How rows are chosen that are kept from training. "
        + " ".join(f"{kind.name.capitalize()}: {kind.help[0].lower()}{kind.help[1:]}" for kind in _ALL),
        choices=tuple(SPLIT_KINDS),
    ),
    Param("split_column", "column", None, "The column that the split goes by.", optional=True),
    Param("validation_fraction", "float", 0.0, "The share of the rows that is kept from training.", 0.0, 0.95),
    Param(
        "test_fraction",
        "float",
        0.0,
        "The share of the rows that is kept for a test at the end; nothing is trained or chosen by them.",
        0.0,
        0.95,
    ),
    Param("standardize", "bool", False, "Give every input column mean 0 and spread 1, by the training rows."),
)
"""What a data section says beside its source: what is done with the rows, wherever they come from."""


class Division(Protocol):
    """What tells which rows train, validate and test; two that are equal divide a table alike."""

    def divide(self, table: Table, seed: int, target: str = "", usable: Rows | None = None) -> tuple[Rows, Rows, Rows]:
        """As ``Split.divide``."""

    def goes_by(self, target: str = "") -> str:
        """As ``Split.goes_by``."""

    def __hash__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Split:
    """How rows are split: a kind of ``SPLIT_KINDS``, the shares of validation and test, the column it goes by."""

    kind: str = "random"
    validation: float = 0.0
    test: float = 0.0
    column: str | None = None

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Split:
        """What a data section says. Errors: GradwireError naming the field."""
        shares: dict[str, float] = {}
        for name in ("validation_fraction", "test_fraction"):
            value = data.get(name, 0.0)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
                raise GradwireError(f"data.{name}: must be a number from 0 up to, but not including, 1.")
            shares[name] = float(value)
        kind, column = data.get("split", "random"), data.get("split_column")
        if not isinstance(kind, str) or kind not in SPLIT_KINDS:
            hint = did_you_mean(str(kind), SPLIT_KINDS)
            given = json.dumps(kind, ensure_ascii=False)[:40]
            raise GradwireError(f"data.split: {given} is not known; {hint}the splits are {listed(SPLIT_KINDS)}.")
        if column is not None and (not isinstance(column, str) or not column):
            raise GradwireError("data.split_column: must be the name of a column.")
        if sum(shares.values()) >= 1 and SPLIT_KINDS[kind].shares:
            raise GradwireError(
                "data.validation_fraction and data.test_fraction: must be less than 1 together, as the rest is trained."
            )
        return cls(kind, shares["validation_fraction"], shares["test_fraction"], column)

    def goes_by(self, target: str = "") -> str:
        """The column that it goes by, "" for none; target: what is predicted."""
        column = SPLIT_KINDS[self.kind].column
        return (self.column or (target if column == "target" else "")) if column else ""

    def divide(self, table: Table, seed: int, target: str = "", usable: Rows | None = None) -> tuple[Rows, Rows, Rows]:
        """The rows that train, validate and test, all of the table once. target: the column that is predicted; usable:
        which rows are divided, None for all of them.

        Rows that are drawn are drawn by PCG64 from the seed; where none are held back, training rows are in file order.
        Errors: GradwireError naming the share or the column.
        """
        usable = np.arange(table.rows, dtype=np.intp) if usable is None else usable
        rows, kind = len(usable), SPLIT_KINDS[self.kind]
        validation, test = (round(rows * share) if kind.shares else 0 for share in self._checked())
        if kind.shares and not validation + test:
            return usable, _none(), _none()
        if validation + test >= rows and kind.shares:
            which = "validation_fraction" if validation >= rows else "test_fraction"
            share = self.validation if validation >= rows else self.test
            raise GradwireError(f"{which} {share} leaves none of the {rows} rows for training; make it smaller")
        if seed < 0:
            raise GradwireError(f"the seed is {seed}; give a whole number from 0 on")
        name = self.goes_by(target)
        if kind.column == "must" and not name:
            raise _fault(f'the split "{kind.name}" goes by a column ({kind.by}); choose one for it')
        if name and name not in table.columns:
            raise _fault(
                f'the split "{kind.name}" goes by the column "{name}", which the data does not have; '
                f"{did_you_mean(name, table.names)}the columns are {listed(table.names)}",
                name,
            )
        draws = np.random.Generator(np.random.PCG64(seed))
        if kind.divide is _by_chance:
            order: Rows = draws.permutation(rows).astype(np.intp)
        else:
            # By a number for each row, so that one more row changes the part of few others.
            order = np.argsort(draws.random(rows), kind="stable")
        parts = kind.divide(Asked(validation, test, order, draws, table, name, usable))
        if not (parts == TRAINING).any():
            raise _fault(f'the column "{name}" leaves no row for training; choose another split', name)
        if not parts.any():
            order = np.arange(rows, dtype=np.intp)
        drawn = parts[order]
        order = usable[order]
        return order[drawn == TRAINING], order[drawn == VALIDATION], order[drawn == TEST]

    def _checked(self) -> tuple[float, float]:
        for name, share in (("validation_fraction", self.validation), ("test_fraction", self.test)):
            if not 0.0 <= share < 1.0:
                raise GradwireError(
                    f"{name} is {share}; give a number from 0 to below 1, such as 0.2 for a fifth of the rows"
                )
        return self.validation, self.test


def _none() -> Rows:
    return np.zeros(0, np.intp)


def _fault(sentence: str, column: str = "") -> ProblemError:
    """What is wrong with a split is mended where the data is chosen."""
    return ProblemError(Problem(ProblemKind.DATA, Place(column=column), sentence, Remedy("choose data")))


def proposed(table: Table, target: str) -> str:
    """The kind of split that suits a table, of which ``target`` is predicted: stratified for classes."""
    if target not in table.columns:
        return "random"
    values = table.columns[target]
    kinds = len(np.unique(values))
    is_classes = target in table.categories or (kinds <= _FEW and bool((values == np.floor(values)).all()))
    return "stratified" if is_classes and kinds * _EACH <= table.rows else "random"


def column_for(kind: str, table: Table, taken: tuple[str, ...] = ()) -> str | None:
    """A column that a split of this kind may go by until a person chooses; None where it needs none or none fits.
    taken: those that a network reads, which come last."""
    known = SPLIT_KINDS[kind]
    if known.column != "must":
        return None
    names = sorted(table.names, key=lambda name: name in taken)
    if known.divide is _by_words:
        for name in names:
            texts = table.categories.get(name) or [f"{each:g}" for each in np.unique(table.columns[name][:1000])]
            if all(text.strip().lower() in _WORDS for text in texts):
                return name
    return names[0] if names else None
