"""The best moment of a training is kept, put back at its end, and ends it when it has been waited for long enough."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compute.best import improves
from compute.cli import main
from compute.document import Document, dumps, load, loads, save
from compute.engine import Engine
from compute.errors import GradwireError
from compute.reference import ReferenceEngine
from compute.state import RunState
from compute.training import Trainer
from compute.worker.job import Job
from compute.workspace import open_document
from tests.compute.test_job import look, small, train


def overfitting(patience: int = 4, fraction: float = 0.5, **training: Any) -> Document:
    """Labels of chance: what is learned of half of the rows makes the others worse."""
    document = small()
    random = np.random.default_rng(5)
    a, b = random.normal(size=(2, 40)).tolist()
    columns = {"a": a, "b": b, "c": random.integers(0, 2, 40).tolist()}
    document.data = {"source": "inline", "columns": columns, "validation_fraction": fraction}
    given = {"batch_size": 8, "epochs": 60, "patience": patience} | training
    document.training = replace(document.training, **given)
    return document


def trainer_of(document: Document, engine: Engine, **options: Any) -> Trainer:
    program = open_document(document).trained
    return Trainer(program, document.training, engine.open(program), **options)


def trained(trainer: Trainer, seconds: float = 0.03) -> Trainer:
    while not trainer.finished:
        trainer.train(seconds)
    return trainer


def assert_same_state(one: RunState, other: RunState) -> None:
    assert (one.optimizer.name, one.optimizer.updates) == (other.optimizer.name, other.optimizer.updates)
    for name, weight in one.weights.items():
        np.testing.assert_array_equal(weight, other.weights[name], name)
    for weight_name, arrays in one.optimizer.arrays.items():
        for name, array in arrays.items():
            np.testing.assert_array_equal(array, other.optimizer.arrays[weight_name][name], name)


@pytest.fixture(params=["reference", "opencl", "opencl_fused"])
def engine(request: pytest.FixtureRequest) -> Engine:
    found: Engine = ReferenceEngine() if request.param == "reference" else request.getfixturevalue(request.param)
    return found


def test_what_is_better() -> None:
    assert improves(None, 1.0, 0.5)
    assert not improves(None, float("nan"), 0.0)


@pytest.mark.parametrize("keep_all", [True, False], ids=["command line", "window"])
def test_it_stops_where_it_waited_long_enough_and_goes_back_to_the_best(engine: Engine, keep_all: bool) -> None:
    """At the same epoch with the same bits, however steps are cut: as training epoch by epoch finds them."""
    document = overfitting()
    plain = trainer_of(replace(document, training=replace(document.training, patience=0)), engine)
    losses, states, best, epoch = [], [], 0, 0
    while epoch - best < 4:
        plain.step_epoch()
        losses.append(plain.history.epochs[-1].validation_loss or 0.0)
        states.append(plain.run.state())
        epoch = len(losses)
        best = int(np.argmin(losses)) + 1
    assert 4 < epoch < 60
    for seconds in (0.001, 0.1):
        found = trained(trainer_of(document, engine, keep_all=keep_all), seconds)
        assert found.best is not None
        assert (found.epoch, found.step) == (epoch, epoch * 3)
        assert (found.best.epoch, found.best.step, found.best.stopped) == (best, best * 3, True)
        assert found.best.loss == pytest.approx(losses[best - 1], rel=1e-6)
        assert_same_state(found.run.state(), states[best - 1])
        assert [turn.sentence for turn in found.turns] == [f"Weights of epoch {best} put back"]
        assert found.said.startswith(f"Training stopped after epoch {epoch}: the validation loss was at its least ")
        validated = found.history.series["validation loss"].points()
        assert validated.x.tolist() == list(range(1, epoch + 1))
        np.testing.assert_allclose(validated.y, losses, rtol=1e-6)
        if keep_all:
            assert [each.epoch for each in found.history.epochs] == list(range(1, epoch + 1))
        # It goes on from there, and waits anew.
        found.goal = epoch + 2
        trained(found, seconds)
        assert found.epoch == epoch + 2
        assert found.run.state().optimizer.updates == best * 3
        found.run.close()
    plain.run.close()


def test_the_best_is_put_back_at_the_goal_too(engine: Engine) -> None:
    found = trained(trainer_of(overfitting(1000, epochs=30), engine))
    assert found.best is not None
    assert found.epoch == 30
    assert found.best.epoch < 30
    assert found.said.startswith("Training is done; the validation loss was at its least after epoch ")
    # Steps beyond the goal are a person's: nothing is put back again.
    found.step_epoch()
    assert (found.epoch, found.best.stopped) == (31, False)
    found.run.close()


def test_without_validation_rows_it_goes_by_the_loss_of_training(engine: Engine) -> None:
    document = overfitting(2, 0.0, epochs=500, min_delta=0.02)
    found = trained(trainer_of(document, engine))
    assert found.best is not None
    means = [epoch.loss for epoch in found.history.epochs]
    least, since = means[0], 1
    for epoch, loss in enumerate(means, 1):
        if loss < least - 0.02:
            least, since = loss, epoch
    assert (found.best.epoch, found.best.loss, found.epoch) == (since, least, since + 2)
    assert "the training loss was at its least" in found.said
    found.run.close()


def test_off_it_costs_nothing_and_keeps_nothing(engine: Engine) -> None:
    found = trained(trainer_of(overfitting(0, epochs=12), engine))
    assert (found.best, found.said, found.turns, found.epoch) == (None, "", (), 12)
    assert found.mark().progress.best is None
    found.run.close()


def test_the_window_says_it_and_a_file_keeps_it(tmp_path: Path) -> None:
    document = overfitting()
    job = Job(document, 0)
    trained(job.trainer(ReferenceEngine()))
    shown = look(job)
    best = shown.progress.best
    assert best is not None
    assert shown.state == "finished"
    assert shown.notice.startswith(f"Training stopped after epoch {shown.epoch}: ")
    assert shown.notice.endswith("and the weights of then are put back.")
    np.testing.assert_array_equal(shown.weights["h.weight"], best.state.weights["h.weight"])
    document.progress, document.weights = shown.progress, dict(shown.weights)
    for archive in (True, False):
        again = loads(dumps(document, archive=archive))
        assert again.progress is not None
        kept = again.progress.best
        assert kept is not None
        assert (kept.loss, kept.epoch, kept.step, kept.since, kept.stopped) == (
            *(best.loss, best.epoch, best.step),
            *(best.since, True),
        )
        assert_same_state(kept.state, best.state)
        opened = Job(again, 0)
        assert look(opened).state == "finished"
        opened.trainer(ReferenceEngine())
        opened.more_epochs(3)
        trainer = trained(opened.trainer(ReferenceEngine()))
        assert trainer.epoch == shown.epoch + 3
    # What does not fit the network is left out.
    document.progress = replace(document.progress, best=replace(best, state=RunState({"h.weight": np.ones(3)})))
    assert Job(loads(dumps(document, archive=True)), 0).trainer(ReferenceEngine()).best is None


def test_going_back_and_to_the_end_again_keeps_it() -> None:
    job = Job(overfitting(), 0)
    trained(job.trainer(ReferenceEngine()))
    end = look(job)
    job.go_to(4)
    while job.is_on_the_way:
        job.go_on_the_way(1.0)
    assert look(job).step == 4
    job.go_to(None)
    back = look(job)
    assert back.progress.best is end.progress.best
    np.testing.assert_array_equal(back.weights["h.weight"], end.weights["h.weight"])
    assert job.done


def test_with_other_rows_it_is_looked_for_anew() -> None:
    document = overfitting()
    job = Job(document, 0)
    train(job, 2)
    assert look(job).progress.best is not None
    columns = {name: values[1:] for name, values in document.data["columns"].items()}
    assert job.edit(replace(document, data={**document.data, "columns": columns}), 1)
    now = look(job).progress
    assert (now.epochs, now.best) == (2, None)
    assert [turn.sentence for turn in now.turns] == ["The rows of the table changed"]
    train(job, 1)
    best = look(job).progress.best
    assert best is not None
    assert best.epoch == 3


def test_a_wrong_best_is_refused() -> None:
    document = overfitting()
    job = Job(document, 0)
    train(job, 2)
    document.progress = look(job).progress
    raw = json.loads(dumps(document, archive=False))
    assert raw["trained"]["best"]["epoch"] > 0
    raw["trained"]["best"]["loss"] = "much"
    with pytest.raises(GradwireError, match=r"trained.best.loss"):
        loads(json.dumps(raw).encode())
    raw["trained"]["best"]["loss"] = 0.5
    for broken in ({"weights": 3}, {"optimizer_state": [1]}, {"optimizer_state": {"h.weight": 3}}, {}):
        raw["best_state"] = broken
        progress = loads(json.dumps(raw).encode()).progress
        assert progress is not None
        assert progress.best is None
    raw["best_state"] = {"weights": {"h.weight": "x"}}
    with pytest.raises(GradwireError, match=r"best_state.weights"):
        loads(json.dumps(raw).encode())


def test_the_command_line_stops_and_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = tmp_path / "in.json", tmp_path / "out.gradwire"
    save(overfitting(0), path)
    call = ["train", str(path), "--engine", "reference", "--set", "training.patience=4", "--out", str(out)]
    assert main(call) == 0
    said = capsys.readouterr().err
    assert "Training stopped after epoch " in said
    assert main([*call, "--json", "--quiet"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["best"]["put_back"]
    assert found["best"]["loss"] == min(epoch["validation_loss"] for epoch in found["epochs"])
    assert found["epochs"][-1]["epoch"] == found["best"]["epoch"] + 4
    assert found["parameters"]["h.bias"] == load(out).weights["h.bias"].tolist()


def test_every_step_comes_again_with_schedule_clipping_and_more_epochs() -> None:
    """Going back trains again what lies between: with the rates of then, bit for bit, also across a stop."""
    document = overfitting(3, schedule={"name": "cosine", "warmup": 1.0}, clip_norm=0.1, epochs=8)
    job = Job(document, 0)
    states: dict[int, RunState] = {}
    for _ in range(2):
        trainer = job.trainer(ReferenceEngine())
        while not trainer.finished:
            trainer.step_batch()
            states[trainer.step] = trainer.run.state()
        look(job)
        job.more_epochs(5)
    last = max(states)
    assert last >= 20
    for step in (7, 2, last - 2, last - 1, last // 2, last):
        job.go_to(step)
        while job.is_on_the_way:
            job.go_on_the_way(1.0)
        assert look(job).step == step
        assert_same_state(job.trainer(ReferenceEngine()).run.state(), states[step])
