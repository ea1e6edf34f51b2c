"""The loss around the weights, and the path in it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from compute.errors import GradwireError
from compute.reference import ReferenceRun
from compute.surface import (
    FlatWeights,
    apart,
    contours,
    flat,
    path_directions,
    random_directions,
    surface,
    trained_names,
)
from compute.worker.job import Job
from tests.compute.test_job import small
from tests.compute.test_statistics import snapshot_of

RNG = np.random.default_rng(3)


def test_random_directions_are_as_long_as_the_weights_of_each_unit() -> None:
    weights = {"h.weight": RNG.normal(size=(5, 3)), "h.bias": RNG.normal(size=3)}
    names = list(weights)
    found = random_directions(weights, names)
    for row in found:
        part = apart(row, weights, names)
        assert np.linalg.norm(part["h.weight"], axis=0) == pytest.approx(np.linalg.norm(weights["h.weight"], axis=0))
        assert not part["h.bias"].any()
    assert abs(np.dot(*found)) < np.linalg.norm(found[0]) * np.linalg.norm(found[1])
    assert np.array_equal(found, random_directions(weights, names))


def test_the_directions_of_a_path_are_its_principal_components() -> None:
    plane = np.linalg.qr(RNG.normal(size=(9, 2)))[0].T
    path = 4.0 + np.outer(np.linspace(-3, 0, 20), plane[0]) + np.outer(np.sin(np.arange(20.0)), 0.2 * plane[1])
    found = path_directions(path)
    assert found @ found.T == pytest.approx(np.eye(2), abs=1e-9)
    assert np.abs(found[0] @ plane[0]) == pytest.approx(1.0, abs=0.02)
    assert ((path - path[-1]) @ found.T)[0, 0] < 0


def test_across_a_straight_path_the_second_direction_is_random() -> None:
    way = RNG.normal(size=9)
    for path in (np.outer(np.arange(2.0), way), 1.0 + np.outer(np.arange(5.0), way)):
        found = path_directions(path)
        assert found @ found.T == pytest.approx(np.eye(2), abs=1e-9)
        assert abs(found[0] @ way) == pytest.approx(np.linalg.norm(way))
        assert np.array_equal(found, path_directions(path))
    for nowhere in (np.ones((1, 4)), np.ones((5, 4)), np.arange(3.0)[:, None]):
        with pytest.raises(GradwireError):
            path_directions(nowhere)


def test_a_surface_is_the_loss_at_each_of_its_points() -> None:
    job = Job(small(), 1)
    found = snapshot_of(job, FlatWeights())
    loss, names = job.document.training.loss, trained_names(found.analysis, job.document.training.loss)
    origin = found.measured[FlatWeights()]
    path = origin + np.cumsum(RNG.normal(size=(12, len(origin))) * 0.1, axis=0)[::-1]
    path[-1] = flat(found.weights, names)
    told: list[float] = []
    for way in ("path", "random"):
        made = surface(found.analysis, loss, found.weights, found.train, path, way, told.append)
        assert told[-1] == 1.0
        rows, columns = made.losses.shape
        run = ReferenceRun(job.workspace.program)
        for i, j in ((0, 0), (rows // 2, 3), (rows - 1, columns - 1)):
            x, y = np.linspace(*made.x, columns)[j], np.linspace(*made.y, rows)[i]
            at = made.origin + x * made.directions[0] + y * made.directions[1]
            run.set_weights({**found.weights, **apart(at, found.weights, names)})
            expected = float(run.outputs(found.train, [loss])[loss])
            assert made.losses[i, j] == pytest.approx(expected, rel=1e-9)
        there = made.project(path)
        assert there[-1] == pytest.approx([0.0, 0.0], abs=1e-6)
        assert there[:, 0].min() >= made.x[0]
        assert there[:, 1].max() <= made.y[1]
        assert math.isnan(made.share) == (way == "random")
    assert made.rows == len(next(iter(found.train.values())))


def test_contours_lie_where_the_loss_is_their_level() -> None:
    xs, ys = np.linspace(-2, 2, 41), np.linspace(-1, 1, 31)
    z = xs[None, :] ** 2 + 3 * ys[:, None] ** 2
    lines = contours(z, xs, ys)
    assert len(lines) > 5
    for level, pieces in lines:
        x, y = pieces.reshape(-1, 2).T
        assert x**2 + 3 * y**2 == pytest.approx(np.full(len(x), level), abs=0.02)
    assert contours(np.full((4, 4), np.nan), np.arange(4.0), np.arange(4.0)) == []
