"""The last of every weight that was seen: those of a node that is switched off are in no new snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.tensor_view import Placed, Span, fits, index_of

Array = npt.NDArray[Any]
Weights = Mapping[str, Array]
NO_WEIGHTS: Weights = {}
Entries = Mapping[tuple[str, Span], Placed]
"""What is put at some entries of weights."""


class SeenWeights:
    """By seed, as other first weights come of another; of the last two, as the run keeps them."""

    def __init__(self) -> None:
        self._by_seed: dict[int, dict[str, Array]] = {}

    def clear(self) -> None:
        """Nothing was seen."""
        self._by_seed.clear()

    def take(self, seed: int, weights: Weights) -> None:
        """These are the last ones; the others of their seed stay."""
        now = {**self._by_seed.pop(seed, {}), **weights}
        before = list(self._by_seed.items())[-1:]
        self._by_seed = {**dict(before), seed: now}

    def of(self, seed: int) -> Weights:
        """By name."""
        return self._by_seed.get(seed, {})


def with_entries(weights: Weights, put: Entries) -> dict[str, Array]:
    """Weights in which some numbers are replaced, one after the other; those given stay as they are."""
    found = dict(weights)
    for (name, span), value in put.items():
        if name in found:
            found[name] = np.array(found[name])
            found[name][index_of(span)] = value
    return found


def numbers_at(weights: Weights, put: Entries, name: str, span: Span) -> float | Array | None:
    """What stands at some entries of a weight after those replacements; None where there are no such entries."""
    if name not in weights or not fits(span, weights[name].shape):
        return None
    own = {place: value for place, value in put.items() if place[0] == name}
    found = with_entries({name: weights[name]}, own)[name][index_of(span)]
    return float(found) if np.ndim(found) == 0 else np.array(found)


def of_nodes(weights: Weights, nodes: Set[str]) -> dict[str, Array]:
    """The weights of some nodes, by name."""
    return {name: value for name, value in weights.items() if name.rpartition(".")[0] in nodes}
