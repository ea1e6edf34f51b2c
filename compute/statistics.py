"""Measures of the numbers that are on show: how tensors are spread, and how large gradients and weights are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from compute.errors import GradwireError
from compute.explain.facts import Quantity, left_by
from compute.measure import Measure, Moment
from compute.optimizers import LEARNING_RATE
from compute.schedules import next_optimizer

Array = npt.NDArray[Any]
BINS = 48
MOST_COUNTED = 40_000
"""So many entries of a tensor are counted at most: of a larger one every so-and-so-many-th."""


@dataclass(frozen=True, eq=False, slots=True)
class Spread:
    """How the entries of a tensor are spread. low, high: of what is finite; counts: (BINS,) between them; mean and
    deviation; zeros, faults: the share of entries that are 0, or not finite; size: entries; step: each so-many-th was
    counted."""

    low: float
    high: float
    counts: npt.NDArray[np.int64]
    mean: float
    deviation: float
    zeros: float
    faults: float
    size: int
    step: int

    @property
    def edges(self) -> npt.NDArray[np.float64]:
        """(BINS + 1,): where the bins begin and end."""
        return np.asarray(np.linspace(self.low, self.high, len(self.counts) + 1), np.float64)

    def shares(self, edges: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The share of the entries between each two of other edges, rising, as if a bin's were spread evenly in it."""
        total = int(self.counts.sum())
        if not total:
            return np.zeros(len(edges) - 1)
        if self.high <= self.low:  # all alike: in the bin that holds them
            at = int(np.clip(np.searchsorted(edges, self.low, "right") - 1, 0, len(edges) - 2))
            return np.asarray(np.arange(len(edges) - 1) == at, np.float64)
        below = np.concatenate([[0.0], np.cumsum(self.counts) / total])
        return np.diff(np.interp(edges, self.edges, below))


def spread(array: Array) -> Spread:
    """How the entries of an array are spread."""
    step = -(-array.size // MOST_COUNTED) or 1
    flat = array.reshape(-1)[::step]
    good = flat[np.isfinite(flat)]
    if not good.size:
        return Spread(0.0, 0.0, np.zeros(BINS, np.int64), math.nan, math.nan, 0.0, 1.0, array.size, step)
    low, high = float(good.min()), float(good.max())
    if high > low and math.isfinite(high - low):
        # Where the bins are all alike, counting places is twice as fast as NumPy's own histogram.
        places = ((good - low) * (BINS / (high - low))).astype(np.intp)
        counts = np.bincount(np.minimum(places, BINS - 1), minlength=BINS)
    else:
        counts = np.zeros(BINS, np.int64)
        counts[BINS // 2] = good.size
    zeros = float(np.count_nonzero(good == 0)) / flat.size
    faults = 1.0 - good.size / flat.size
    return Spread(low, high, counts, float(good.mean()), float(good.std()), zeros, faults, array.size, step)


@dataclass(frozen=True)
class SpreadOf(Measure):
    """How a tensor is spread: a node's values or gradients over the batch on show, a weight or its gradient."""

    quantity: Quantity

    def of(self, moment: Moment) -> Spread:
        array = numbers(moment, self.quantity)
        if array is None or not array.size:
            raise GradwireError("there are no such numbers now; choose others or make the graph computable")
        return spread(array)


def numbers(moment: Moment, quantity: Quantity) -> Array | None:
    """The numbers of a quantity at a moment; weights as they are now, whether or not there is a pass."""
    if quantity.kind == "weight":
        return moment.weights.get(quantity.weight)
    return left_by(moment.trace, quantity)


@dataclass(frozen=True)
class Norms(Measure):
    """How large what belongs to each layer is, as node → Euclidean norm over all entries of its trained weights: of
    their gradients, of themselves, or of the one by the other."""

    what: Literal["gradient", "weight", "ratio"] = "gradient"

    def of(self, moment: Moment) -> Mapping[str, float]:
        gradients = _norms(moment.trace.parameter_grads)
        if not gradients:
            raise GradwireError("there are no gradients now; add a loss and a layer that is trained")
        if self.what == "gradient":
            return _by_node(gradients)
        weights = _by_node(_norms({name: moment.weights[name] for name in gradients if name in moment.weights}))
        if self.what == "weight":
            return weights
        return {
            node: norm / weights[node] if weights.get(node) else math.nan for node, norm in _by_node(gradients).items()
        }


def _norms(arrays: Mapping[str, Array]) -> dict[str, float]:
    """The square of the norm of each."""
    with np.errstate(all="ignore"):
        flats = {name: np.asarray(array, np.float64).reshape(-1) for name, array in arrays.items()}
        return {name: float(np.dot(flat, flat)) for name, flat in flats.items()}


def _by_node(squares: Mapping[str, float]) -> dict[str, float]:
    """Node → root of the sum of what its weights have."""
    found: dict[str, float] = {}
    for name, square in squares.items():
        node = name.rpartition(".")[0]
        found[node] = found.get(node, 0.0) + square
    return {node: math.sqrt(square) if square >= 0 else math.nan for node, square in found.items()}


@dataclass(frozen=True)
class LearningRate(Measure):
    """The learning rate of the next update, as a schedule has it or as it is set."""

    def of(self, moment: Moment) -> float:
        optimizer = next_optimizer(moment.training, moment.progress, moment.rows, moment.goal)
        return float(optimizer.values[LEARNING_RATE.name])
