"""The history of a weight is taken from what is shown anyway: within a budget, thinner the older."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from compute.snapshot import Snapshot
from compute.state import OptimizerState, Progress
from compute.trace import Trace
from compute.weight_history import GRADIENT, MOST_WATCHED, WEIGHT, WeightHistory


def moment(step: int, number: float, *, traced: bool = True, size: int = 4) -> Snapshot:
    weights = {"h.weight": np.full((2, size), number)}
    grads = {"h.weight": np.full((2, size), -number)} if traced else {}
    remembered = OptimizerState("adam", step, {"h.weight": {"m": np.full((2, size), 2 * number)}}) if step else None
    progress = Progress(steps=step, optimizer=remembered or OptimizerState())
    return replace(Snapshot(), weights=weights, trace=Trace(parameter_grads=grads), progress=progress)


def test_every_moment_that_is_shown_is_known_of_any_entry() -> None:
    history = WeightHistory()
    for step, traced in ((0, True), (1, True), (5, False), (9, True)):
        history.add(moment(step, step / 2, traced=traced))
    history.watch("h.weight", (1, 3))
    steps, columns = history.samples
    assert steps.tolist() == [0, 1, 5, 9]
    assert columns[WEIGHT].tolist() == [0.0, 0.5, 2.5, 4.5]
    np.testing.assert_array_equal(columns[GRADIENT], [0.0, -0.5, np.nan, -4.5])
    np.testing.assert_array_equal(columns["m"], [np.nan, 1.0, 5.0, 9.0])
    # A typed weight at the same step takes the place of what was there.
    history.add(moment(9, 7.0))
    assert history.samples.columns[WEIGHT].tolist() == [0.0, 0.5, 2.5, 7.0]
    history.watch("h.weight", (5, 0))
    assert history.samples.steps.size == 0
    history.watch("gone", (0,))
    assert history.samples.steps.size == 0


def test_another_run_begins_anew() -> None:
    history = WeightHistory()
    history.watch("h.weight", (0, 0))
    history.add(moment(7, 1.0))
    history.add(moment(0, 2.0))
    assert history.samples.steps.tolist() == [0]
    history.clear()
    assert history.samples.steps.size == 0


def test_within_a_budget_the_last_and_the_first_stay_and_the_watched_entry_is_kept_in_full() -> None:
    large = moment(0, 0.0, size=1000)
    size = 1000 + 2 * 2 * 1000 * 8
    history = WeightHistory(budget=20 * size)
    history.add(large)
    history.watch("h.weight", (0, 0))
    for step in range(1, 200):
        history.add(moment(step, float(step), traced=step % 2 == 0, size=1000))
    assert sum(each.size for each in history._moments) <= 20 * size * 1.5
    kept = [each.step for each in history._moments]
    assert kept[0] == 0
    assert kept[-5:] == [195, 196, 197, 198, 199]
    assert history.samples.steps.tolist() == list(range(200))
    history.watch("h.weight", (1, 999))
    assert history.samples.steps.tolist() == kept
    for step in range(200, 200 + MOST_WATCHED + 10):
        history.add(moment(step, float(step), size=1000))
    watched = history.samples.steps
    assert watched.size <= MOST_WATCHED
    assert (watched[0], watched[-1]) == (0, 209 + MOST_WATCHED)
