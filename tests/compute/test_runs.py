"""Runs of a document: which are kept, that they survive saving, and that one goes on as if nothing had come between."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from compute.cli import main
from compute.document import Document, KeptRun, Origin, Runs, dumps, load, loads, save
from compute.document.runs import MOST_BYTES, MOST_POINTS, MOST_UNNAMED, size_of
from compute.errors import GradwireError
from compute.reference import ReferenceEngine
from compute.series import LOSS
from compute.worker.job import Job
from tests.compute.moments import assert_same_moment, assert_same_progress
from tests.compute.test_job import edited, look, small, train
from tests.compute.test_rewinding import gone_to, trained


def numbers(job: Job) -> list[int]:
    return [run.number for run in look(job).runs.kept]


def with_runs() -> Job:
    """Two that are kept, of which the second branched from the first, and a third."""
    job = trained()
    gone_to(job, 4)
    job.branch()
    train(job, 2)
    job.reset()
    train(job, 1)
    return job


def as_document(job: Job) -> Document:
    """As the window saves it."""
    snapshot = look(job)
    return replace(
        job.document, weights=dict(snapshot.weights), progress=snapshot.progress, runs=job.keeping.runs, members={}
    )


def test_a_run_is_kept_when_it_is_reset_or_another_branches_from_it() -> None:
    job = with_runs()
    runs = look(job).runs
    first, second = runs.kept
    assert (first.title, first.progress.steps, first.origin.parent) == ("run 1: adam 0.05, 2-4-1", 10, 0)
    assert (second.origin.parent, second.origin.branched, second.progress.steps) == (1, 4, 8)
    assert first.progress.series[LOSS].x[-1] == 5.0
    assert second.origin.seconds > 0
    assert (runs.now.number, runs.now.parent) == (3, 0)
    assert look(job).run_seconds > 0


def test_nothing_is_kept_of_less_than_an_epoch() -> None:
    job = Job(small(), 0)
    job.trainer(ReferenceEngine()).step_batch()
    job.reset()
    runs = look(job).runs
    assert (runs.kept, runs.now.number) == ((), 1)


def test_a_run_whose_network_is_changed_is_kept_and_undoing_that_takes_it_up_again() -> None:
    job, document = trained(), small()
    job.edit(edited(document, units=3), 1)
    runs = look(job).runs
    assert [run.title for run in runs.kept] == ["run 1: adam 0.05, 2-4-1"]
    assert runs.kept[0].graph.nodes["h"].params["units"] == 4
    assert runs.now.number == 2
    job.edit(document, 2)
    runs = look(job).runs
    assert (runs.kept, runs.now.number) == ((), 1)
    job.edit(edited(document, units=3), 3)
    train(job, 1)
    job.edit(document, 4)
    assert numbers(job) == [1, 2]


def test_where_an_earlier_step_is_shown_an_edit_branches_there() -> None:
    job = trained()
    gone_to(job, 4)
    job.edit(edited(small(), units=3), 1)
    runs = look(job).runs
    assert [(run.number, run.progress.steps, run.origin.parent) for run in runs.kept] == [(1, 10, 0), (2, 4, 1)]


def test_a_run_goes_on_bit_for_bit() -> None:
    job, whole = with_runs(), trained(6)
    end = job.keeping.runs.kept[0]
    job.restore(1, anew=False)
    runs = look(job).runs
    assert (runs.now.number, [run.number for run in runs.kept]) == (1, [2, 3])
    assert_same_progress(look(job).progress, end.progress)
    train(job, 1)
    assert_same_moment(job.trainer(ReferenceEngine()).mark(), whole.trainer(ReferenceEngine()).mark(), curves=False)


def test_a_run_is_branched_at_its_end() -> None:
    job = with_runs()
    job.restore(2, anew=True)
    runs = look(job).runs
    assert [run.number for run in runs.kept] == [1, 2, 3]
    assert (runs.now.number, runs.now.parent, runs.now.branched) == (4, 2, 8)
    assert look(job).step == 8


def test_a_run_is_kept_under_a_name_and_renamed() -> None:
    job = trained()
    job.keep("the best")
    assert [run.title for run in look(job).runs.kept] == ["the best"]
    assert look(job).step == 10
    job.keeping.rename(1, "")
    job.keeping.rename(2, "now")
    runs = look(job).runs
    assert ([run.title for run in runs.kept], runs.now.name) == (["run 1: adam 0.05, 2-4-1"], "now")
    gone = runs.kept[0]
    job.keeping.drop(1)
    assert numbers(job) == []
    job.keeping.put(gone)
    assert look(job).runs.kept == (gone,)


def run(number: int, name: str = "", size: int = 10) -> KeptRun:
    weights = {"h.weight": np.zeros(size, np.float32)}
    whole = trained(1).document
    return KeptRun(Origin(number, name), whole.graph, whole.data, whole.training, look(trained(1)).progress, weights)


def test_of_many_runs_the_oldest_without_a_name_go() -> None:
    runs = Runs().with_run(run(1, "first"))
    model = run(2)
    for number in range(2, 2 * MOST_UNNAMED):
        runs = runs.with_run(replace(model, origin=Origin(number)))
    assert len(runs.kept) == MOST_UNNAMED + 1
    assert [kept.number for kept in runs.kept[:3]] == [1, MOST_UNNAMED, MOST_UNNAMED + 1]
    assert runs.last == 2 * MOST_UNNAMED - 1


def test_of_large_runs_the_oldest_keep_their_curves_alone() -> None:
    size = MOST_BYTES // 4 // 3
    runs = Runs()
    model = run(1, size=size)
    for number in range(1, 6):
        runs = runs.with_run(replace(model, origin=Origin(number, "kept" if number == 2 else "")))
    assert [kept.weights is not None for kept in runs.kept] == [False, True, False, False, True]
    assert all(LOSS in kept.progress.series for kept in runs.kept)


def test_a_network_is_told_by_its_layers() -> None:
    assert size_of([(2, 8), (8,), (8, 1), (1,)]) == "2-8-1"
    assert size_of([(2, 8), (3, 1)]) == "19 weights"
    assert size_of([()]) == "1 weights"


# -- files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("archive", [True, False], ids=["archive", "json"])
def test_runs_survive_saving(archive: bool) -> None:
    job = with_runs()
    document = as_document(job)
    again = loads(dumps(document, archive=archive))
    assert (again.runs.now.number, again.runs.last) == (3, 3)
    assert again.runs.now.seconds == pytest.approx(job.keeping.runs.now.seconds, abs=0.001)
    for one, other in zip(document.runs.kept, again.runs.kept, strict=True):
        assert replace(one.origin, seconds=0) == replace(other.origin, seconds=0)
        assert_same_progress(one.progress, other.progress)
        assert (other.graph is again.graph, other.data is again.data) == (True, True)
        assert one.weights is not None
        assert other.weights is not None
        for name, weight in one.weights.items():
            np.testing.assert_array_equal(other.weights[name], weight)
    assert again.members == {}
    assert dumps(again, archive=archive) == dumps(document, archive=archive)
    reopened = Job(again, 0)
    reopened.restore(1, anew=False)
    train(reopened, 1)
    whole = trained(6)
    assert_same_moment(
        reopened.trainer(ReferenceEngine()).mark(), whole.trainer(ReferenceEngine()).mark(), curves=False
    )


def test_a_run_of_another_network_and_other_data_brings_them_along() -> None:
    job = trained()
    other = edited(small(), units=3)
    other.data = {**other.data, "validation_fraction": 0.25}
    job.edit(other, 1)
    train(job, 1)
    again = loads(dumps(as_document(job), archive=True))
    (kept,) = again.runs.kept
    assert kept.graph.nodes["h"].params["units"] == 4
    assert "validation_fraction" not in kept.data
    assert kept.size == "2-4-1"


def test_what_this_version_does_not_know_of_runs_is_kept() -> None:
    raw = json.loads(dumps(as_document(with_runs()), archive=False))
    raw["runs"]["color"] = "red"
    raw["runs"]["kept"][0]["tags"] = ["a"]
    again = json.loads(dumps(loads(json.dumps(raw).encode()), archive=False))
    assert again["runs"]["color"] == "red"
    assert again["runs"]["kept"][0]["tags"] == ["a"]


def test_a_document_without_runs_is_written_as_before() -> None:
    assert "runs" not in json.loads(dumps(small(), archive=False))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda runs: runs.update(kept=3), r"runs\.kept: expected `array`"),
        (lambda runs: runs["kept"][1].update(number=1), r"runs\.kept\[1\]: another run has the number 1"),
        (lambda runs: runs["kept"][0].update(number=-1), r"runs\.kept\[0\]\.number"),
        (lambda runs: runs["kept"][0]["training"].update(epochs=0), r"runs\.kept\[0\]: training\.epochs"),
        (lambda runs: runs["kept"][0]["trained"].update(steps="x"), r"runs\.kept\[0\]: trained\.steps"),
        (lambda runs: runs["kept"][0].update(weights={"h.weight": [[1], 2]}), r"runs\.kept\[0\]: weights: h\.weight"),
        (lambda runs: runs["kept"][0].update(graph={"nodes": 1}), r"runs\.kept\[0\]: .*nodes"),
        (lambda runs: runs["now"].update(name=1), r"runs\.now\.name"),
    ],
)
def test_what_is_wrong_with_a_run_is_one_sentence_with_its_place(change: object, sentence: str) -> None:
    raw = json.loads(dumps(as_document(with_runs()), archive=False))
    change(raw["runs"])  # type: ignore[operator]
    with pytest.raises(GradwireError, match=sentence):
        loads(json.dumps(raw).encode())


def test_weights_that_do_not_fit_their_network_are_those_of_the_seed() -> None:
    document = as_document(with_runs())
    first = replace(document.runs.kept[0], weights={"h.weight": np.zeros((7, 7))})
    job = Job(replace(document, runs=document.runs.with_run(first)), 0)
    job.restore(1, anew=False)
    assert look(job).weights["h.weight"].shape == (2, 4)
    train(job, 1)


def test_curves_of_kept_runs_are_thinned() -> None:
    job = Job(replace(small(), training=replace(small().training, epochs=MOST_POINTS * 2)), 0, frozenset())
    train(job, MOST_POINTS + 10)
    job.reset()
    (kept,) = job.keeping.runs.kept
    assert len(kept.progress.series[LOSS].x) <= MOST_POINTS


def test_the_command_line_keeps_the_runs_of_a_document_that_it_trains_on(tmp_path: Path) -> None:
    file, out = tmp_path / "a.gradwire", tmp_path / "b.gradwire"
    save(as_document(with_runs()), file)
    assert main(["train", str(file), "--epochs", "7", "--out", str(out), "--engine", "reference", "--quiet"]) == 0
    again = load(out)
    assert [kept.number for kept in again.runs.kept] == [1, 2]
    assert again.progress is not None
    assert again.progress.epochs == 1 + 7
