"""Where in a step something went wrong: the first number that is not finite, or that of a watch; its row; what went in.

All of it is read off the pass of that very step, by the engine that trained, so that what overflows in float32 is found
though float64 would hold it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.analysis import Analysis
from compute.shapes import BATCH
from compute.tensor_view import Entry
from compute.trace import Quantity, Trace, left_by
from compute.watches.checks import Check
from compute.watches.kinds import dead_units

Array = npt.NDArray[Any]
_MOST_ROWS = 4096
"""Of a batch, that are looked at one by one."""


@dataclass(frozen=True)
class Went:
    """One number that went into another: name: of the port, or of the weight; of, entry: where it stands."""

    name: str
    of: Quantity
    entry: Entry
    value: float


@dataclass(frozen=True)
class Place:
    """One number of a pass. row: in the batch, of the sample that it is of or that made it so; None where there is
    none; went: what went into it."""

    of: Quantity
    entry: Entry
    value: float
    row: int | None = None
    went: tuple[Went, ...] = ()


def first_not_finite(analysis: Analysis, trace: Trace) -> Place | None:
    """The first number that is not finite, in the order in which a step computes: forward node by node, its weights
    before its value, then back."""
    for quantity in _in_order(analysis, trace):
        array = left_by(trace, quantity)
        if array is None:
            continue
        bad = np.flatnonzero(~np.isfinite(array))
        if bad.size:
            return at(analysis, trace, quantity, _entry(array, int(bad[0])))
    return None


def _in_order(analysis: Analysis, trace: Trace) -> Iterator[Quantity]:
    for node in analysis.order:
        for suffix in analysis.weights_of(node):
            yield Quantity("weight", node, suffix)
        yield Quantity("value", node)
    for node in reversed(analysis.order):
        if node in trace.grads:
            yield Quantity("gradient", node)
            for port in analysis.ops[node].ports:
                yield Quantity("wire", node, port)
            for suffix in analysis.weights_of(node):
                yield Quantity("weight gradient", node, suffix)


def of_check(analysis: Analysis, trace: Trace, check: Check, before: Mapping[str, Array]) -> Place:
    """The number that tells most of why a watch was set off: the first that is not finite, a dead unit, the largest, or
    the one that changed most."""
    array = left_by(trace, check.of)
    assert array is not None, check
    bad = np.flatnonzero(~np.isfinite(array))
    if bad.size:
        return at(analysis, trace, check.of, _entry(array, int(bad[0])))
    if check.kind.units:
        dead = np.flatnonzero(dead_units(array))
        # No row is to blame: it is so for each.
        return replace(at(analysis, trace, check.of, _entry(array, int(dead[0]) if dead.size else 0)), row=None)
    size = np.abs(array)
    if check.kind.before:
        size = np.abs(array - before.get(check.of.weight, array))
    elif check.kind.above and _has_rows(analysis, check.of) and array.ndim > 1:
        # The row that adds most to the norm, and in it the largest entry.
        row = int(np.square(array.reshape(len(array), -1)).sum(axis=1).argmax())
        size = np.where(np.arange(len(array)).reshape(-1, *[1] * (array.ndim - 1)) == row, size, -1.0)
    return at(analysis, trace, check.of, _entry(array, int(size.argmax())))


def at(analysis: Analysis, trace: Trace, quantity: Quantity, entry: Entry) -> Place:
    """A number with its row and what went into it."""
    array = left_by(trace, quantity)
    assert array is not None
    row = entry[0] if _has_rows(analysis, quantity) and entry else None
    if row is None and quantity.kind in ("value", "weight gradient"):
        row = _row_that_made(analysis, trace, quantity, entry)
    value = float(array[entry])
    return Place(quantity, entry, value, row, tuple(_went(analysis, trace, quantity, entry, row)))


def _entry(array: Array, flat: int) -> Entry:
    return tuple(int(i) for i in np.unravel_index(flat, array.shape))


def _has_rows(analysis: Analysis, quantity: Quantity) -> bool:
    """Whether its first axis is that of the batch."""
    if quantity.kind in ("weight", "weight gradient"):
        return False
    node = quantity.node
    if quantity.kind == "wire":
        ports = analysis.ops[node].ports
        node = dict(zip(ports, analysis.sources[node], strict=True))[quantity.name]
    return analysis.shapes[node][:1] == (BATCH,)


def _row_that_made(analysis: Analysis, trace: Trace, quantity: Quantity, entry: Entry) -> int | None:
    """The first row of the batch of which alone a sum over rows is not finite as well, else the one with the largest
    input; None where no batch goes in."""
    node, op = quantity.node, analysis.ops[quantity.node]
    shapes = [analysis.shapes[source] for source in analysis.sources[node]]
    x = [trace.values[source] for source in analysis.sources[node]]
    batched = [shape[:1] == (BATCH,) for shape in shapes]
    if not any(batched) or (analysis.shapes[node][:1] == (BATCH,) and quantity.kind == "value"):
        return None
    rows = len(next(array for array, has in zip(x, batched, strict=True) if has))
    weights = {suffix: trace.parameters[name] for suffix, name in analysis.weights_of(node).items()}
    settings, y, g = analysis.settings[node], trace.values[node], trace.grads.get(node)
    with np.errstate(all="ignore"), suppress(ValueError, IndexError, KeyError):
        for row in range(min(rows, _MOST_ROWS)):
            own = [array[row : row + 1] if has else array for array, has in zip(x, batched, strict=True)]
            if quantity.kind == "value":
                alone = op.forward(own, weights, settings)
            else:
                assert g is not None
                part = slice(row, row + 1) if analysis.shapes[node][:1] == (BATCH,) else slice(None)
                alone = op.backward(own, weights, settings, y[part], g[part])[1][quantity.name][entry]
            if not np.isfinite(alone).all():
                return row
    sizes = [np.abs(array.reshape(rows, -1)).max(axis=1) for array, has in zip(x, batched, strict=True) if has]
    return int(np.nan_to_num(np.maximum.reduce(sizes), nan=np.inf).argmax())


def _went(analysis: Analysis, trace: Trace, quantity: Quantity, entry: Entry, row: int | None) -> Iterator[Went]:
    """The inputs of the rule that gave a number, at its entry, or of a row the largest where a whole row goes in."""
    node = quantity.node
    if quantity.kind == "weight":
        return
    shape = trace.values[node].shape
    if quantity.kind in ("wire", "weight gradient") and node in trace.grads:
        yield from _pick(Quantity("gradient", node), "∂", trace, entry, shape, row, _has_rows(analysis, quantity))
    if quantity.kind == "gradient":
        return
    for port, source in zip(analysis.ops[node].ports, analysis.sources[node], strict=True):
        rows = analysis.shapes[source][:1] == (BATCH,)
        yield from _pick(Quantity("value", source), port, trace, entry, shape, row, rows)
    for suffix in analysis.weights_of(node):
        yield from _pick(Quantity("weight", node, suffix), suffix, trace, entry, (), row, has_rows=False)


def _pick(
    of: Quantity, name: str, trace: Trace, entry: Entry, shape: Sequence[int], row: int | None, has_rows: bool
) -> Iterator[Went]:
    array = left_by(trace, of)
    if array is None or not array.size:
        return
    there: Entry | None = None
    # The same entry where shapes agree or repeat; of anything else the largest magnitude.
    if len(entry) == len(shape) == array.ndim or (len(entry) == len(shape) >= array.ndim and array.ndim):
        tail = entry[len(entry) - array.ndim :]
        if all(n in (1, m) for n, m in zip(array.shape, shape[len(shape) - array.ndim :], strict=True)):
            there = tuple(0 if n == 1 else i for i, n in zip(tail, array.shape, strict=True))
    if there is None:
        if has_rows and row is not None and row < len(array):
            there = (row, *_largest(array[row]))
        else:
            there = _largest(array)
    yield Went(name, of, there, float(array[there]))


def _largest(array: Array) -> Entry:
    """Where the largest magnitude stands; what is no number is larger than all."""
    return _entry(array, int(np.nan_to_num(np.abs(array), nan=np.inf, posinf=np.inf).argmax())) if array.ndim else ()
