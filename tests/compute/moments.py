"""How two moments of a training are compared: bit for bit."""

from __future__ import annotations

import numpy as np

from compute.history import Mark
from compute.state import OptimizerState, Progress


def assert_same_optimizer(one: OptimizerState, other: OptimizerState) -> None:
    assert (one.name, one.updates) == (other.name, other.updates)
    assert one.arrays.keys() == other.arrays.keys()
    for weight, arrays in one.arrays.items():
        assert arrays.keys() == other.arrays[weight].keys()
        for name, array in arrays.items():
            np.testing.assert_array_equal(array, other.arrays[weight][name], err_msg=f"{name} of {weight}")


def assert_same_progress(one: Progress, other: Progress, *, curves: bool = True) -> None:
    """``curves``: the points too, which depend on how the steps were cut into chunks."""
    assert (one.epochs, one.steps) == (other.epochs, other.steps)
    if curves:
        assert one.place == other.place
        assert one.series.keys() == other.series.keys()
        for name, points in one.series.items():
            np.testing.assert_array_equal(points.pairs(), other.series[name].pairs(), err_msg=name)
    else:
        places = [place and (place.order, place.done, place.rows) for place in (one.place, other.place)]
        assert places[0] == places[1]
    assert_same_optimizer(one.optimizer, other.optimizer)


def assert_same_moment(one: Mark, other: Mark, *, curves: bool = True) -> None:
    assert_same_progress(one.progress, other.progress, curves=curves)
    assert one.weights.keys() == other.weights.keys()
    for name, weight in one.weights.items():
        np.testing.assert_array_equal(weight, other.weights[name], err_msg=name)
