"""What is said of a large array, worked out once: where its numbers were made, so that a window that shows them later
has it at once."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any

import numpy.typing as npt

from compute.numbers_text import mean_and_spread
from compute.trace import Trace

Array = npt.NDArray[Any]
LARGE = 200_000
"""From so many entries on."""
_known: dict[int, tuple[weakref.ref[Array], tuple[float, float]]] = {}
"""Mean and standard deviation of arrays that are still there, by ``id``."""


def spread_of(array: Array) -> tuple[float, float]:
    """Mean and standard deviation of at least one number; of a large array, whose numbers must stay what they are,
    worked out once."""
    if array.size < LARGE:
        return mean_and_spread(array.reshape(-1))
    key = id(array)
    if (found := _known.get(key)) is not None and found[0]() is array:
        return found[1]
    told = mean_and_spread(array.reshape(-1))
    _known[key] = weakref.ref(array, lambda gone: _forget(key, gone)), told
    return told


def _forget(key: int, gone: weakref.ref[Array]) -> None:
    if (found := _known.get(key)) is not None and found[0] is gone:
        _known.pop(key, None)


def look_at(trace: Trace) -> None:
    """Work it out ahead for the arrays of a pass of which no sample is a part, so that a view tells of all of each."""
    rows = len(trace.rows)
    kinds: Iterable[Iterable[Array]] = trace.values.values(), trace.grads.values(), trace.wire_grads.values()
    for arrays in kinds:
        for array in arrays:
            if array.size >= LARGE and (rows < 2 or array.shape[0] != rows):
                spread_of(array)


def is_known(array: Array) -> bool:
    """Whether it was worked out already."""
    found = _known.get(id(array))
    return found is not None and found[0]() is array
