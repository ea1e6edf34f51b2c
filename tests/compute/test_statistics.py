"""How tensors are spread, how large gradients are, and what is kept of that over a training."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import pytest

from compute.explain.facts import Quantity
from compute.measure import Ground, Measure, Unmeasured
from compute.recorded import MOST, Recorded
from compute.reference import ReferenceEngine
from compute.snapshot import Snapshot
from compute.state import Progress
from compute.statistics import BINS, LearningRate, Norms, SpreadOf, spread
from compute.worker.job import Job
from tests.compute.test_job import small


def snapshot_of(job: Job, *measures: Measure) -> Snapshot:
    job.parts = frozenset({"trace", *measures})
    return job.snapshot(running=False, problem=None, device="", device_reason="", on_opencl=False)


def test_a_spread_counts_every_entry() -> None:
    array = np.random.default_rng(0).normal(size=(50, 7))
    found = spread(array)
    expected, edges = np.histogram(array, BINS)
    assert np.abs(found.counts - expected).sum() <= 2  # at an edge either bin will do
    assert found.edges == pytest.approx(edges)
    assert (found.mean, found.deviation) == pytest.approx((array.mean(), array.std()))
    assert (found.size, found.step, found.zeros, found.faults) == (350, 1, 0.0, 0.0)


def test_what_is_not_finite_is_told_apart() -> None:
    found = spread(np.array([0.0, 0.0, 1.0, math.nan, math.inf]))
    assert [found.low, found.high, found.zeros, found.faults] == pytest.approx([0.0, 1.0, 0.4, 0.4])
    nothing = spread(np.array([math.nan]))
    assert nothing.faults == 1.0
    assert not nothing.counts.any()


def test_of_a_large_tensor_a_share_is_counted() -> None:
    found = spread(np.arange(100_000.0))
    assert (found.size, found.step) == (100_000, 3)
    assert found.counts.sum() == math.ceil(100_000 / 3)


def test_shares_between_other_edges_add_up() -> None:
    found = spread(np.random.default_rng(1).uniform(-1, 1, 1000))
    assert found.shares(np.linspace(-2, 2, 33)).sum() == pytest.approx(1.0)
    assert found.shares(np.array([-2.0, 0.0, 2.0])) == pytest.approx([0.5, 0.5], abs=0.05)
    alike = spread(np.full(4, 0.25))
    assert alike.shares(np.array([0.0, 0.2, 0.4])).tolist() == [0.0, 1.0]


def test_measures_come_with_a_snapshot_and_are_those_of_its_numbers() -> None:
    job = Job(small(), 1)
    weights, gradients = SpreadOf(Quantity("weight", "h", "weight")), SpreadOf(Quantity("weight gradient", "h", "bias"))
    norms, rate = Norms(), LearningRate()
    found = snapshot_of(job, weights, gradients, norms, rate)
    assert set(found.measured) == {weights, gradients, norms, rate}
    assert found.measured[weights].mean == pytest.approx(found.weights["h.weight"].mean())
    assert found.measured[gradients].high == found.trace.parameter_grads["h.bias"].max()
    h = [found.trace.parameter_grads[name] for name in ("h.weight", "h.bias")]
    assert found.measured[norms]["h"] == pytest.approx(math.sqrt(sum(float((each**2).sum()) for each in h)))
    assert found.measured[rate] == job.document.training.optimizer["learning_rate"]
    assert snapshot_of(job).measured == {}


def test_what_is_not_there_is_a_sentence() -> None:
    gone = SpreadOf(Quantity("weight", "nowhere", "weight"))
    found = snapshot_of(Job(small(), 1), gone).measured[gone]
    assert isinstance(found, Unmeasured)
    assert found.sentence.startswith("There are no such numbers now")


def test_the_norms_of_weights_and_their_ratio() -> None:
    found = snapshot_of(Job(small(), 1), Norms("weight"), Norms("ratio"), Norms())
    gradient, weight = found.measured[Norms()], found.measured[Norms("weight")]
    assert found.measured[Norms("ratio")] == pytest.approx({node: gradient[node] / weight[node] for node in gradient})


def test_what_a_measure_prepares_is_made_once_until_the_document_changes() -> None:
    made = count(1)

    class Counting(Measure):
        def ask(self, ground: Ground) -> Any:
            return lambda _moment: ground.prepared("it", lambda: next(made))

    counting, job = Counting(), Job(small(), 1)
    assert [snapshot_of(job, counting).measured[counting] for _ in range(2)] == [1, 1]
    job.edit(replace(small(), name="another"), 2)
    assert snapshot_of(job, counting).measured[counting] == 2


# -- over time -----------------------------------------------------------------------------------------------------


def at(step: int, **measured: float) -> Snapshot:
    return Snapshot(progress=Progress(steps=step), measured={LearningRate(): measured["rate"]} if measured else {})


def test_a_course_has_a_point_for_each_snapshot() -> None:
    recorded = Recorded()
    for step in range(5):
        recorded.add(at(step, rate=step / 10))
    recorded.add(at(4, rate=9.0))
    recorded.add(at(5))
    course = recorded.of(LearningRate())
    assert (course.steps, course.found) == ([0, 1, 2, 3, 4], [0.0, 0.1, 0.2, 0.3, 9.0])


def test_going_back_forgets_what_lay_ahead_though_nothing_is_measured() -> None:
    recorded = Recorded()
    for step in range(10):
        recorded.add(at(step, rate=0.1))
    recorded.add(at(3))
    recorded.add(at(20, rate=0.2))
    assert recorded.of(LearningRate()).steps == [0, 1, 2, 20]
    recorded.add(at(0))
    assert recorded.of(LearningRate()).steps == []


def test_a_long_course_is_thinned_and_keeps_its_ends() -> None:
    recorded = Recorded()
    for step in range(10_000):
        recorded.add(at(step, rate=float(step)))
    course = recorded.of(LearningRate())
    assert len(course.steps) <= MOST
    assert course.steps[0] == 0
    assert course.steps[-50:] == list(range(9950, 10_000))
    assert course.found == course.steps
    recorded.keep([Norms()])
    assert recorded.of(LearningRate()).steps == []


def test_a_spread_is_of_every_engine() -> None:
    job = Job(small(), 1)
    job.trainer(ReferenceEngine())
    found = snapshot_of(job, Norms()).measured[Norms()]
    assert all(isinstance(norm, float) for norm in found.values())
    job.close()
