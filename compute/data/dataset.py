"""From a table to the arrays that the data nodes of a graph feed into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from compute import budget
from compute.batches import Rows
from compute.data.derived import derived, lacking, sources_of, with_derived
from compute.data.fitted import Fitted, fit
from compute.data.missing import Filling, Treatment, filling
from compute.data.split import Division, Split
from compute.data.table import Column, Table
from compute.data.words import did_you_mean, listed
from compute.errors import GradwireError
from compute.problems import Kind, Place, Problem, ProblemError, Remedy

ENCODINGS = ("value", "index", "one_hot")

_COPIES = 3
"""Of an encoded column: the one in the order of the table, and those of the training and of the validation rows."""


@dataclass(frozen=True)
class InputSpec:
    """What an `input` node asks for: columns, the shape that those of a row are laid out in (None: one axis), and
    whether they are standardised (None: as the others)."""

    columns: Sequence[str]
    shape: tuple[int, ...] | None = None
    standardize: bool | None = None


@dataclass(frozen=True)
class TargetSpec:
    """What a `target` node asks for: columns, their encoding, the number of classes (None: from the data)."""

    columns: Sequence[str]
    encoding: str = "value"
    classes: int | None = None


@dataclass(frozen=True, eq=False)
class Prepared:
    """The arrays of all data nodes, by node id, and the split of the rows.

    values: every row in file order. input (rows, N), or (rows, …) where it asks for a shape; target by value
        (rows, K), by index (rows,) holding whole numbers, one-hot (rows, classes). All float64.
    train_rows, validation_rows, test_rows: row numbers in the table. With a split all are in the order of a
        permutation, so that the first batch is already mixed; without one, train_rows is the file order.
    means, stds: what was subtracted from and divided into each input column, by the nodes that are standardised: 0
        and 1 where none is.
    standardized: those nodes.
    classes: the number of classes of each target by index or one-hot.
    """

    values: dict[str, Column]
    train_rows: Rows
    validation_rows: Rows
    means: dict[str, float]
    stds: dict[str, float]
    classes: dict[str, int]
    standardized: frozenset[str] = frozenset()
    fitted: Fitted = field(default_factory=Fitted)
    """By what all this was done."""
    table: Table = field(default_factory=lambda: Table({}))
    """The columns that are read with nothing missing, and those that are made from them, beside all others."""
    left_out: Rows = field(default_factory=lambda: np.zeros(0, np.intp))
    """The rows that are neither trained nor judged, as something is missing in them."""
    notes: tuple[str, ...] = ()
    """What was done about missing values, in sentences."""
    test_rows: Rows = field(default_factory=lambda: np.zeros(0, np.intp))
    otherwise: tuple[str, ...] = ()
    """Columns in which something else would stand in for missing values if it was found anew."""

    @cached_property
    def train(self) -> dict[str, Column]:
        """The training rows, in the order of `train_rows`."""
        return self.take(self.train_rows)

    @cached_property
    def validation(self) -> dict[str, Column]:
        """The validation rows, in the order of `validation_rows`."""
        return self.take(self.validation_rows)

    @cached_property
    def test(self) -> dict[str, Column]:
        """The test rows, in the order of `test_rows`."""
        return self.take(self.test_rows)

    def take(self, rows: Sequence[int] | Rows) -> dict[str, Column]:
        """Any rows by their number in the table, in the order given; GradwireError for a row not there."""
        wanted = np.asarray(rows, dtype=np.intp)
        count = len(next(iter(self.values.values()), self.train_rows))
        outside = wanted[(wanted < 0) | (wanted >= count)]
        if outside.size:
            raise GradwireError(f"there is no row {outside[0]}; the rows are 0 to {count - 1}")
        return {node: values[wanted] for node, values in self.values.items()}


def prepare(
    table: Table,
    inputs: Mapping[str, InputSpec],
    targets: Mapping[str, TargetSpec],
    split: Division | float,
    standardize: bool,
    seed: int,
    fitted: Fitted | None = None,
    said: Mapping[str, Treatment] | None = None,
) -> Prepared:
    """Encode the columns of every data node, split the rows and standardise the inputs.

    ``split``: which rows are kept from training, drawn by PCG64 from `seed`; a number: so large a share of them,
    rounded, for validation. Input columns, not targets, become (x − mean) / std with the statistics of the training
    rows alone, std taken over n; a column that is constant there only loses its mean. `standardize` is for the nodes
    that do not say it themselves. Without data nodes there is one row. ``fitted``: what an earlier training found,
    which counts instead of what is in the table by now, as far as it goes. said: what is done about missing values, by
    column; what it leaves open is done by default.
    Raises GradwireError naming the node, column and row.
    """
    if not inputs and not targets:
        return Prepared({}, np.zeros(1, np.intp), np.zeros(0, np.intp), {}, {}, {})
    asked_for = {node: spec.columns for node, spec in inputs.items()}
    asked_for |= {node: target.columns for node, target in targets.items()}
    for node, columns in asked_for.items():
        _check_columns(table, node, columns)
    size = 8 * _COPIES * table.rows * sum(map(len, asked_for.values()))
    budget.require(size, "what the data nodes read", "choose fewer columns")
    read = dict.fromkeys(name for columns in asked_for.values() for name in columns)
    sources = sources_of(read, table.columns)
    predicted = sources_of((name for target in targets.values() for name in target.columns), table.columns)
    for name in sources:
        if name in table.faults:
            raise _fault(next(node for node, names in asked_for.items() if name in sources_of(names, table.columns)),
                         table.faults[name], name)  # fmt: skip
    raw = table = fitted.apply(table, sources) if fitted is not None else table
    filled = filling(table, sources, predicted, said or {}, fitted)
    for node, columns in asked_for.items():
        _check_derived(filled.table, node, columns)
    usable = _usable(filled, list(read))
    split = Split(validation=split) if isinstance(split, int | float) else split
    goes_by = predicted[0] if predicted else ""
    train, validation, test = split.divide(filled.table, seed, goes_by, usable)
    whole = filled.filled(train, fitted)
    table = whole.table
    found = fit(table, sources, train, (split, split.goes_by(goes_by), seed), fitted, raw, whole.stands_in)
    table = with_derived(table, read)

    scaled = {node for node, spec in inputs.items() if (standardize if spec.standardize is None else spec.standardize)}
    used = dict.fromkeys(name for spec in inputs.values() for name in spec.columns)
    means = dict.fromkeys(used, 0.0)
    stds = dict.fromkeys(used, 1.0)
    for name in dict.fromkeys(name for node in inputs if node in scaled for name in inputs[node].columns):
        made = derived(name, raw.columns)
        if made is not None and not made.kind.is_scaled:
            continue
        source = found.columns[made.source if made else name]
        means[name], stds[name] = source.mean, source.std
        if not np.isfinite([means[name], stds[name]]).all():
            raise GradwireError(f'the numbers of the column "{name}" are too large to standardise; make them smaller')

    values: dict[str, Column] = {}
    classes: dict[str, int] = {}
    for node, asked in inputs.items():
        given = [table.columns[name] for name in asked.columns]
        if node in scaled:
            with np.errstate(over="ignore"):  # a validation row may lie far outside of the training rows
                given = [(table.columns[name] - means[name]) / stds[name] for name in asked.columns]
        values[node] = np.stack(given, axis=1)
        if asked.shape is not None:
            values[node] = values[node].reshape(-1, *asked.shape)
    for node, wanted in targets.items():
        if wanted.encoding == "value":
            values[node] = np.stack([table.columns[name] for name in wanted.columns], axis=1)
        else:
            if wanted.classes is None and fitted is not None and node in fitted.classes:
                wanted = replace(wanted, classes=fitted.classes[node])
            values[node], classes[node] = _encode(table, node, wanted)
    found = replace(found, classes=classes)
    left_out = np.setdiff1d(np.arange(table.rows), usable) if usable is not None else np.zeros(0, np.intp)
    return Prepared(
        values, train, validation, means, stds, classes, frozenset(scaled), found, table, left_out, whole.notes, test,
        whole.otherwise,
    )  # fmt: skip


def _usable(filled: Filling, names: Sequence[str]) -> Rows | None:
    """The rows from which all these columns can be had; None for all of them. Errors: GradwireError for none."""
    nothing = lacking(filled.table, names)
    if filled.kept is None and nothing is None:
        return None
    kept = np.ones(filled.table.rows, np.bool_) if filled.kept is None else filled.kept
    usable = np.flatnonzero(kept if nothing is None else kept & ~nothing)
    if not len(usable) and kept.any() and nothing is not None:
        raise GradwireError("no row has the rows before it that its columns are made from; give more rows")
    if not len(usable):
        raise GradwireError(
            "something is missing in every row of the data; treat missing values in another way, or read fewer columns"
        )
    return usable


def _check_columns(table: Table, node: str, columns: Sequence[str]) -> None:
    if not columns:
        raise _fault(node, f'the node "{node}" names no column; choose at least one for it', setting="columns")
    if not table.names:
        raise _fault(
            node,
            f'the node "{node}" asks for the column "{columns[0]}", but the document has no data; choose a data set',
            columns[0],
        )
    for name in columns:
        if name not in table.columns and derived(name, table.columns) is None:
            raise _fault(
                node,
                f'the node "{node}" asks for the column "{name}", which the data does not have; '
                f"{did_you_mean(name, table.names)}the columns are {listed(table.names)}",
                name,
                "columns",
            )
    if not table.rows:
        raise _fault(
            node,
            f'the data of the node "{node}" has columns but no rows; type or paint some, or choose another data set',
        )


def _check_derived(table: Table, node: str, columns: Sequence[str]) -> None:
    for made in filter(None, (derived(name, table.columns) for name in columns)):
        try:
            made.kind.check(table, made.source, made.argument)
        except GradwireError as error:
            what = f'the node "{node}" asks for the column "{made.name}", but {error}'
            raise _fault(node, what, made.name, "columns") from None


def _fault(node: str, sentence: str, column: str = "", setting: str = "") -> ProblemError:
    """What is wrong with the data of a node: one of its settings mends it, else other data."""
    remedy = Remedy("change setting", Place(node=node, setting=setting)) if setting else Remedy("choose data")
    return ProblemError(Problem(Kind.DATA, Place(node=node, setting=setting, column=column), sentence, remedy))


def _encode(table: Table, node: str, spec: TargetSpec) -> tuple[Column, int]:
    """A column of class numbers, (rows,) or one-hot (rows, classes), and the number of classes."""
    if spec.encoding not in ENCODINGS:
        raise _fault(
            node,
            f'the node "{node}" has the encoding "{spec.encoding}"; the encodings are {listed(ENCODINGS)}',
            setting="encoding",
        )
    if len(spec.columns) != 1:
        raise _fault(
            node,
            f'the node "{node}" has {len(spec.columns)} columns with the encoding "{spec.encoding}", '
            'which takes one; choose one column or the encoding "value"',
            setting="encoding",
        )
    name = spec.columns[0]
    values = table.columns[name]
    place = f'of the column "{name}" (node "{node}")'
    bad = np.flatnonzero((values != np.floor(values)) | (values < 0))
    if bad.size:
        raise _fault(
            node,
            f"row {bad[0]} (counting from 0) {place} is {values[bad[0]]:g}, which is no class number; "
            'write whole numbers from 0 on, or choose the encoding "value"',
            name,
            "encoding",
        )
    classes = spec.classes
    if classes is None:
        classes = len(table.categories[name]) if name in table.categories else int(values.max()) + 1
    elif classes < 1:
        raise _fault(node, f'the node "{node}" has {classes} classes; give a whole number from 1 on', name, "classes")
    bad = np.flatnonzero(values >= classes)
    if bad.size:
        raise _fault(
            node,
            f"row {bad[0]} (counting from 0) {place} is {values[bad[0]]:g}, but the {classes} classes are "
            f"0 to {classes - 1}; correct the row or raise the number of classes",
            name,
            "classes",
        )
    if spec.encoding == "index":
        return values, classes
    budget.require(
        8 * _COPIES * len(values) * classes,
        f'the node "{node}" with its {classes} classes as one-hot rows',
        'choose the encoding "index", or a column with fewer classes',
    )
    encoded = np.zeros((len(values), classes))
    encoded[np.arange(len(values)), values.astype(np.intp)] = 1.0
    return encoded, classes
