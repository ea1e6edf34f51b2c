"""Folds: rows cut into parts of equal size, each of which validates once what was trained on the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from compute.batches import Rows
from compute.data.dates import times_of
from compute.data.split import SPLIT_KINDS, Split, bands, proposed
from compute.data.table import Table
from compute.errors import GradwireError


@dataclass(frozen=True, eq=False)
class Fold:
    """One division of the rows, which a ``Split`` may be replaced by; test rows are in none of its parts."""

    train: Rows
    validation: Rows

    def divide(self, table: Table, seed: int, target: str = "", usable: Rows | None = None) -> tuple[Rows, Rows, Rows]:
        """The rows that train, validate and test."""
        return self.train, self.validation, np.zeros(0, np.intp)

    def goes_by(self, target: str = "") -> str:
        """No column: the rows are known."""
        return ""


def folds(split: Split, table: Table, pool: Rows, count: int, seed: int, target: str) -> tuple[str, list[Fold]]:
    """``count`` folds of the rows of a pool, and the kind of split that they follow: that of the document, but for rows
    that are drawn or that a column divides, where classes are predicted, ``stratified``.

    Drawn folds differ in size, and in how many rows of each class they have, by one row at most. Groups stay together.
    In time there is one block more than folds: each fold validates the block after all that it trains on. Rows are
    drawn by PCG64 from the seed. Errors: GradwireError where there are too few rows, groups or moments.
    """
    kind = SPLIT_KINDS[split.kind].name
    if kind in ("random", "by column"):
        kind = "stratified" if proposed(table, target) == "stratified" else "random"
    draws = np.random.Generator(np.random.PCG64(seed))
    pool = np.sort(pool)
    order: Rows = pool[draws.permutation(len(pool))]
    name = split.goes_by(target)
    if len(pool) < 2 * count:
        raise GradwireError(f"{len(pool)} rows are too few for {count} folds; take fewer folds")
    if kind == "chronological":
        return kind, _in_time(table, order, count, name)
    if kind == "groups":
        number = _of_groups(table, order, count, name, draws)
    else:
        by = name if split.kind == "stratified" else target
        number = _dealt(table, order, count, by if kind == "stratified" else "")
    return kind, [Fold(order[number != each], order[number == each]) for each in range(count)]


def _dealt(table: Table, order: Rows, count: int, name: str) -> Rows:
    """The fold of each row of an order: dealt out one after the other, class by class."""
    classes = np.zeros(len(order), np.intp)
    if name:
        classes = bands(table.columns[name][order], is_text=name in table.categories)
    number = np.empty(len(order), np.intp)
    number[np.argsort(classes, kind="stable")] = np.arange(len(order)) % count
    return number


def _of_groups(table: Table, order: Rows, count: int, name: str, draws: np.random.Generator) -> Rows:
    """The same with rows of one group in one fold: the largest groups first, each into the smallest fold."""
    kinds, group = np.unique(table.columns[name][order], return_inverse=True)
    if len(kinds) < count:
        raise GradwireError(f'the column "{name}" has {len(kinds)} groups, too few for {count} folds; take fewer folds')
    sizes, drawn = np.bincount(group), draws.permutation(len(kinds))
    filled, fold_of = np.zeros(count, np.intp), np.zeros(len(kinds), np.intp)
    for each in drawn[np.argsort(-sizes[drawn], kind="stable")].tolist():
        smallest = int(filled.argmin())
        fold_of[each] = smallest
        filled[smallest] += sizes[each]
    return np.asarray(fold_of[group])


def _in_time(table: Table, order: Rows, count: int, name: str) -> list[Fold]:
    times = times_of(table, name)[order] if name else order.astype(np.float64)
    later = np.sort(times)
    # Block ends lie between moments, so that no moment is trained and validated.
    borders = np.flatnonzero(np.diff(later) > 0) + 1
    wanted = np.arange(1, count + 1) * len(order) / (count + 1)
    ends = [int(borders[np.abs(borders - each).argmin()]) for each in wanted] if len(borders) else []
    if len({*ends}) < count:
        where = f'the column "{name}" has' if name else "there are"
        raise GradwireError(f"{where} too few moments for {count} folds; take fewer folds")
    block = np.searchsorted(later[ends], times, side="right")
    return [Fold(order[block <= each], order[block == each + 1]) for each in range(count)]
