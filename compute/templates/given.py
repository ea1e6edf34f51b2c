"""What a network is made for: the columns of the data, and what is to be predicted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from compute.data import Table, find_source
from compute.data_edits import columns_by_role
from compute.document import Document


@dataclass(frozen=True, slots=True)
class Given:
    """inputs, targets: names of columns, none of which is known where there is no data; classes: how many the target
    has if it is one column of classes, or of whole numbers from 0 on that could count some, else 0; named: whether the
    classes have names."""

    inputs: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    classes: int = 0
    named: bool = False

    @property
    def known(self) -> bool:
        """Whether there is data."""
        return bool(self.inputs or self.targets)


NO_DATA = Given()
_MOST_CLASSES = 1000


def given(document: Document, table: Table | None) -> Given:
    """The columns that a new network of a document reads: those of its input and target nodes, as far as its data has
    them, else what the data proposes."""
    if table is None or not table.names:
        return NO_DATA
    source = find_source(document.data)

    def chosen(role: str) -> tuple[str, ...]:
        names = columns_by_role(document.graph, role)
        return tuple(names) if set(names) <= set(table.names) else ()

    targets = chosen("target") or (tuple(source.targets(document.data, table)) if source else table.names[-1:])
    inputs = chosen("input")
    # Text of many kinds is no number, so it is an input only where somebody chose it.
    inputs = inputs or tuple(
        name for name in table.names if name not in targets and len(table.categories.get(name, ())) <= 2
    )
    return Given(inputs, targets, *_classes(table, targets))


def _classes(table: Table, targets: tuple[str, ...]) -> tuple[int, bool]:
    if len(targets) != 1:
        return 0, False
    names = table.categories.get(targets[0])
    if names is not None:
        return len(names), True
    values = table.columns[targets[0]]
    values = values[~np.isnan(values)]
    if not len(values) or values.min() < 0 or values.max() >= _MOST_CLASSES or (values != np.floor(values)).any():
        return 0, False
    return int(values.max()) + 1, False
