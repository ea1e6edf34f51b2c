"""Points painted over the plane: rows of a table in the document, with which a training goes on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from compute.boundary import BoundaryPlane
from compute.data import load_table
from compute.data.plane import plane_of
from compute.document import Document
from compute.errors import GradwireError
from compute.gallery import load_entry
from compute.painting import Ground, add_points, erase, prepare_ground, rows_near
from compute.reference import ReferenceEngine
from compute.worker.job import Job
from compute.workspace import open_document
from tests.compute.test_job import look, small

ENGINE = ReferenceEngine()
GROUND = Ground("a", "b", "c")
EXTENTS = {"a": (-1.0, 4.0), "b": (-1.0, 2.0)}


def painted(document: Document, points: Any, value: Any, stroke: str = "") -> Document:
    add_points(document, GROUND, np.array(points, dtype=np.float64), value, EXTENTS, stroke).apply(document)
    return document


def test_points_are_new_rows_and_near_ones_can_be_erased() -> None:
    document = painted(small(), [[1.23456, 0.5], [3.0, 1.98765]], 1)
    columns = document.data["columns"]
    assert [columns[name][8:] for name in ("a", "b", "c")] == [[1.235, 3.0], [0.5, 1.988], [1, 1]]
    assert rows_near(document, GROUND, (1.2, 0.5), (0.1, 0.1)) == [8]
    assert rows_near(document, GROUND, (1.2, 0.5), (0.4, 0.8)) == [2, 3, 8]
    erase(document, [8], "s").apply(document)
    assert document.data["columns"]["a"][8:] == [3.0]


def test_other_columns_get_what_is_usual() -> None:
    document = small()
    columns = {**document.data["columns"], "kind": ["x", "y", "y", "y", "x", "y", "y", "y"], "size": [2.0, 4.0] * 4}
    document.data = {**document.data, "columns": columns}
    painted(document, [[0, 0]], 0)
    assert [document.data["columns"][name][8] for name in ("kind", "size")] == ["y", 3.0]


def test_one_stroke_merges_into_one_edit_that_is_taken_back() -> None:
    document = small()
    before = document.data
    first = add_points(document, GROUND, np.array([[0.0, 0.0]]), 1, EXTENTS, "stroke 1")
    first.apply(document)
    second = add_points(document, GROUND, np.array([[1.0, 1.0]]), 1, EXTENTS, "stroke 1")
    second.apply(document)
    both = first.merged_with(second)
    assert len(both.changes) == 1
    both.inverse().apply(document)
    assert document.data == before


def test_any_table_is_taken_in_with_the_plane_as_it_is_shown() -> None:
    document = load_entry("spiral")
    table = load_table(document.data, None)
    plane = BoundaryPlane(open_document(document), ("x1", "x2"))
    extents = {name: (float(plane.low[at]), float(plane.high[at])) for at, name in enumerate(("x1", "x2"))}
    prepare_ground(document, table, extents, "Take the rows in").apply(document)
    assert document.data["source"] == "inline"
    assert document.data["split"] == "stratified"
    assert document.data["validation_fraction"] == load_entry("spiral").data["validation_fraction"]
    ground = Ground("x1", "x2", "label")
    assert ground.fits(document)
    assert not Ground("x1", "x1", "label").fits(document)
    assert not ground.fits(load_entry("spiral"))
    before = open_document(document)
    add_points(document, ground, np.array([[2.9, -2.9]]), 1, extents, "").apply(document)
    after = open_document(document)
    same = BoundaryPlane(after, ("x1", "x2"))
    assert (same.low.tolist(), same.high.tolist()) == (plane.low.tolist(), plane.high.tolist())
    # A new row changes the part of few others.
    assert (after.held[:-1] != before.held).sum() <= 2
    add_points(document, ground, np.array([[9.0, 0.0]]), 1, extents, "").apply(document)
    assert BoundaryPlane(open_document(document), ("x1", "x2")).high[0] > 9.0


def test_training_goes_on_with_the_rows_of_now() -> None:
    document = small()
    document.data = {**document.data, "standardize": True}
    job = Job(document, 0)
    trainer = job.trainer(ENGINE)
    for _ in range(3):
        trainer.step_epoch()
    before = look(job, running=True)
    fitted = job.workspace.program.fitted
    assert job.edit(painted(document.copy(), [[30.0, 1.0]], 1), 1, stops=True)
    now = look(job, running=True)
    assert (now.step, now.epoch, now.rows) == (before.step, 3, 9)
    assert all(np.array_equal(now.weights[name], before.weights[name]) for name in before.weights)
    assert now.notice == "The rows of the table changed; training goes on with those of now."
    assert [turn.what for turn in now.progress.turns] == ["The rows of the table changed"]
    # What was fitted stays, so that no input jumps.
    assert fitted is not None
    assert job.workspace.prepared is not None
    assert job.workspace.prepared.means["a"] == fitted.columns["a"].mean
    trainer = job.trainer(ENGINE)
    trainer.step_epoch()
    assert look(job, running=True).epoch == 4
    # Undone, it goes on again; a class that was never there is said.
    assert job.edit(document.copy(), 2, stops=True)
    assert (look(job).epoch, look(job).rows) == (4, 8)
    other = document.copy()
    other.data = {**other.data, "columns": {**other.data["columns"], "c": list("abbaabba")}}
    assert not job.edit(other, 3, stops=True)


def test_the_optimizer_remembers_what_it_did() -> None:
    document = small()
    job = Job(document, 0)
    job.trainer(ENGINE).step_epoch()
    updates = look(job).progress.optimizer.updates
    job.edit(painted(document.copy(), [[0.0, 0.0]], 1), 1)
    assert updates > 0
    assert job.trainer(ENGINE).mark().progress.optimizer.updates == updates


@pytest.mark.parametrize("plane", [3, {"a": [1]}, {"a": [2, 1]}, {"a": [0, "x"]}, {"a": [0, float("inf")]}])
def test_a_plane_that_is_none_is_one_sentence(plane: Any) -> None:
    with pytest.raises(GradwireError, match=r"data\.plane"):
        plane_of({"plane": plane})
