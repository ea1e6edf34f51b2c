"""Training goes on from a moment as if nothing had come between: after a rewind, a file, another device.

Bit for bit on the same engine, with each optimizer, dropout, batch norm and a smaller last batch, amid an epoch too.
"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compute.document import Document, TrainingSettings, dumps, load, loads, save
from compute.edits import Editor
from compute.engine import Engine
from compute.graph import Graph, Node, Wire
from compute.history import Mark
from compute.reference import ReferenceEngine
from compute.state import OptimizerState
from compute.training import Trainer
from compute.worker.job import Job
from compute.workspace import open_document
from tests.compute.moments import assert_same_moment, assert_same_optimizer, assert_same_progress

ADAM: dict[str, Any] = {"name": "adam", "learning_rate": 0.01}
MOMENTUM: dict[str, Any] = {"name": "sgd", "learning_rate": 0.02, "momentum": 0.9, "nesterov": True}
RMSPROP: dict[str, Any] = {"name": "rmsprop", "momentum": 0.5}


@pytest.fixture(params=["reference", "opencl", "opencl_fused"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """The reference engine, and OpenCL with both schedules of training steps."""
    found: Engine = ReferenceEngine() if request.param == "reference" else request.getfixturevalue(request.param)
    return found


def document(optimizer: dict[str, Any] = ADAM) -> Document:
    """33 rows to train on in batches of 8, of which the last has one; 7 to validate."""
    random = np.random.default_rng(7)
    nodes = [
        Node("x", "input", {"columns": ["a", "b"]}),
        Node("h", "dense", {"units": 6}),
        Node("n", "batch_norm"),
        Node("r", "relu"),
        Node("d", "dropout", {"rate": 0.25}),
        Node("z", "dense", {"units": 2}),
        Node("y", "target", {"columns": ["c"], "encoding": "index"}),
        Node("loss", "softmax_cross_entropy"),
    ]
    chain = ["x", "h", "n", "r", "d", "z"]
    wires = [Wire(one, other, "x") for one, other in pairwise(chain)]
    wires += [Wire("z", "loss", "prediction"), Wire("y", "loss", "target")]
    columns = {"a": random.normal(size=40).tolist(), "b": random.normal(size=40).tolist()}
    columns["c"] = random.integers(0, 2, 40).tolist()
    data = {"source": "inline", "columns": columns, "validation_fraction": 0.175, "standardize": True}
    return Document("going on", Graph(nodes, wires), data, TrainingSettings("loss", optimizer, 8, epochs=6, seed=13))


def begun(made: Document, engine: Engine) -> Trainer:
    """Goes on where the document stopped."""
    program = open_document(made).trained
    return Trainer(program, made.training, engine.open(program), made.progress)


def steps(trainer: Trainer, count: int) -> None:
    for _ in range(count):
        trainer.step_batch()


def kept(trainer: Trainer, made: Document) -> Document:
    """The document with what was reached."""
    mark = trainer.mark()
    out = made.copy()
    out.weights = {name: np.asarray(weight, np.float64) for name, weight in mark.weights.items()}
    out.progress = mark.progress
    return out


def test_thirty_rewinds_at_random_bring_the_same_bits_again(engine: Engine) -> None:
    random = np.random.default_rng(21)
    trainer = begun(document(), engine)
    straight: list[Mark] = [trainer.mark()]
    for _ in range(40):
        trainer.step_batch()
        straight.append(trainer.mark())
    assert straight[-1].progress.epochs == 8
    assert straight[-1].goal == 6
    assert straight[33].progress.place is not None
    for _ in range(30):
        start = int(random.integers(0, 40))
        count = int(random.integers(0, 41 - start))
        trainer.rewind(straight[start])
        assert_same_moment(trainer.mark(), straight[start])
        assert (trainer.step, trainer.history.steps) == (start, list(straight[start].losses))
        steps(trainer, count)
        assert_same_moment(trainer.mark(), straight[start + count])
        assert tuple(trainer.history.steps) == straight[start + count].losses
        assert trainer.history.epochs == straight[start + count].epochs
    trainer.run.close()


def test_a_mark_never_changes(engine: Engine) -> None:
    trainer = begun(document(), engine)
    steps(trainer, 7)
    mark = trainer.mark()
    arrays = [*mark.weights.values(), mark.progress.series["loss"].x, mark.progress.series["loss"].y]
    arrays += [array for of in mark.progress.optimizer.arrays.values() for array in of.values()]
    assert len(arrays) == 8 + 2 + 12
    before = [array.copy() for array in arrays]
    steps(trainer, 9)
    trainer.rewind(mark)
    steps(trainer, 9)
    for array, copy in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, copy)
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0.0
    trainer.run.close()


def test_a_rewind_takes_back_chunks_that_are_under_way_and_settings_stay_as_they_are_now(engine: Engine) -> None:
    trainer = begun(document(), engine)
    steps(trainer, 7)
    mark = trainer.mark()
    trainer._rate = 1000.0
    trainer.train(0.01)
    trainer.rewind(mark)
    assert_same_moment(trainer.mark(), mark)
    trainer.training = replace(trainer.training, epochs=2)
    assert trainer.goal == 2
    trainer.rewind(mark)
    assert trainer.goal == 2
    trainer.training = replace(trainer.training, optimizer=MOMENTUM)
    trainer.rewind(mark)
    trainer.step_batch()
    assert (trainer.run.state().optimizer.name, trainer.run.state().optimizer.updates) == ("sgd", 1)
    trainer.run.close()


@pytest.mark.parametrize("archive", [True, False])
@pytest.mark.parametrize("optimizer", [ADAM, MOMENTUM, RMSPROP], ids=["adam", "momentum", "rmsprop"])
def test_train_save_open_and_go_on_is_training_straight_through(
    engine: Engine, optimizer: dict[str, Any], archive: bool
) -> None:
    """Saved at the start of an epoch, amid one, before and after its smaller last batch."""
    straight = begun(document(optimizer), engine)
    now, done = document(optimizer), 0
    for stop in (5, 8, 14, 15, 23):
        steps(straight, stop - done)
        part = begun(now, engine)
        steps(part, stop - done)
        now, done = loads(dumps(kept(part, now), archive=archive)), stop
        assert_same_moment(part.mark(), straight.mark(), curves=False)
        assert now.progress is not None
        assert_same_progress(now.progress, straight.mark().progress)
        part.run.close()
    assert now.progress is not None
    assert set(now.progress.series) == {"loss", "validation loss", "validation accuracy"}
    straight.run.close()


def test_a_batch_size_changed_amid_an_epoch_acts_from_the_next_one_on_after_opening_too(engine: Engine) -> None:
    straight, part = begun(document(), engine), begun(document(), engine)
    for each in (straight, part):
        steps(each, 3)
        each.training = replace(each.training, batch_size=4)
        steps(each, 1)
    now = kept(part, replace(document(), training=part.training))
    again = begun(loads(dumps(now, archive=True)), engine)
    for each in (straight, again):
        steps(each, 8)
    assert straight.mark().progress.epochs == 1
    assert_same_moment(again.mark(), straight.mark(), curves=False)
    for each in (straight, part, again):
        each.run.close()


def snapshot(job: Job) -> Any:
    return job.snapshot(running=False, problem=None, device="", device_reason="", on_opencl=False)


def trained(engine: Engine, count: int) -> Job:
    job = Job(document(), 0)
    steps(job.trainer(engine), count)
    return job


def test_a_change_of_device_goes_on_with_the_same_momentum(engine: Engine, opencl: Engine) -> None:
    """To itself bit for bit; from float64 to float32 and back as near as rounding allows."""
    straight, job = trained(engine, 13), trained(engine, 6)
    job.leave_run()
    assert snapshot(job).progress.optimizer.updates == 6
    steps(job.trainer(engine), 7)
    assert_same_progress(snapshot(job).progress, snapshot(straight).progress)
    for name, weight in straight.weights.items():
        np.testing.assert_array_equal(job.weights[name], weight)
    for other in (ReferenceEngine(), opencl, ReferenceEngine(), engine):
        job.leave_run()
        before = snapshot(job).progress
        steps(job.trainer(other), 2)
        steps(straight.trainer(engine), 2)
        after = snapshot(job).progress.optimizer
        assert (after.name, after.updates) == ("adam", before.optimizer.updates + 2)
        for owner, arrays in snapshot(straight).progress.optimizer.arrays.items():
            for name, array in arrays.items():
                np.testing.assert_allclose(after.arrays[owner][name], array, rtol=2e-3, atol=1e-5)
    job.close()
    straight.close()


def test_a_device_that_is_lost_leaves_the_momentum_that_was_shown_last(engine: Engine) -> None:
    straight, job = trained(engine, 9), trained(engine, 6)
    seen = snapshot(job).progress
    steps(job.trainer(engine), 2)
    job.abandon_run()
    assert_same_progress(snapshot(job).progress, seen)
    steps(job.trainer(engine), 3)
    assert_same_progress(snapshot(job).progress, snapshot(straight).progress, curves=False)
    for name, weight in straight.weights.items():
        np.testing.assert_array_equal(job.weights[name], weight)
    job.close()
    straight.close()


def test_another_learning_rate_keeps_the_momentum_and_another_optimizer_begins_anew(engine: Engine) -> None:
    job = trained(engine, 6)
    before = snapshot(job).progress.optimizer
    slower = replace(document().training, optimizer={"name": "adam", "learning_rate": 0.001})
    job.set_training(slower)
    assert_same_optimizer(snapshot(job).optimizer("adam"), before)
    steps(job.trainer(engine), 1)
    assert snapshot(job).progress.optimizer.updates == 7
    job.set_training(replace(slower, optimizer=MOMENTUM))
    assert_same_optimizer(snapshot(job).optimizer("sgd"), OptimizerState())
    steps(job.trainer(engine), 1)
    assert (snapshot(job).progress.optimizer.name, snapshot(job).progress.optimizer.updates) == ("sgd", 1)
    job.close()


STORY = ["train", "train", "reopen", "device", "edit", "lost", "rate", "aside"]


@pytest.mark.parametrize("seed", range(25))
def test_whatever_comes_between_the_steps_of_a_training_it_is_the_same_training(engine: Engine, seed: int) -> None:
    """Saved and opened, moved to a fresh run, its device lost, edits undone, in any order: as straight through."""
    random = np.random.default_rng(seed)
    straight, job, made = Job(document(), 0), Job(document(), 0), document()
    for act in random.choice(STORY, 9):
        if act == "train":
            count = int(random.integers(1, 8))
            steps(job.trainer(engine), count)
            steps(straight.trainer(engine), count)
        elif act == "reopen":
            weights, progress = dict(job.weights), snapshot(job).progress
            job.close()
            again = made.copy()
            again.weights = {name: np.asarray(weight, np.float64) for name, weight in weights.items()}
            again.progress = progress if progress.steps else None
            job = Job(loads(dumps(again, archive=bool(random.integers(2)))), 0)
        elif act == "device":
            job.leave_run()
        elif act == "lost":
            snapshot(job)
            job.abandon_run()
        elif act == "rate":
            job.set_training(replace(made.training, optimizer={"name": "adam", "learning_rate": 0.5}))
            job.set_training(made.training)
        else:
            other = made.copy()
            edits = Editor(other)
            (edits.remove({"r"}) if act == "edit" else edits.add_node(Node("q", "square"))).apply(other)
            job.edit(other, 1)
            snapshot(job)
            job.edit(made, 2)
    assert_same_progress(snapshot(job).progress, snapshot(straight).progress, curves=False)
    for name, weight in straight.weights.items():
        np.testing.assert_array_equal(job.weights[name], weight, err_msg=name)
    job.close()
    straight.close()


# -- what a file may say --------------------------------------------------------------------------------------------


def saved(tmp_path: Path, change: Any = None, suffix: str = ".json") -> Document:
    """A document that was trained on the reference engine for six steps, changed in its file and opened."""
    trainer = begun(document(), ReferenceEngine())
    steps(trainer, 6)
    path = tmp_path / f"a{suffix}"
    save(kept(trainer, document()), path)
    if change:
        raw = json.loads(path.read_text(encoding="utf-8"))
        change(raw)
        path.write_text(json.dumps(raw), encoding="utf-8")
    return load(path)


def test_a_file_from_before_opens_as_it_did_and_one_of_now_is_read_by_what_knew_less(tmp_path: Path) -> None:
    raw: dict[str, Any] = {}
    saved(tmp_path, raw.update)
    known = raw["trained"].keys() & {"epochs", "steps", "train", "validation"}
    assert len(known) == 4
    assert raw["trained"]["series"].keys() == {"validation accuracy"}

    def old(raw: dict[str, Any]) -> None:
        del raw["optimizer_state"]
        raw["trained"] = {name: raw["trained"][name] for name in known} | {"by": "Ada"}

    made = saved(tmp_path, old)
    assert made.progress is not None
    assert made.progress.series.keys() == {"loss", "validation loss"}
    assert made.trained_extra == {"by": "Ada"}
    trainer = begun(made, ReferenceEngine())
    assert (trainer.epoch, trainer.step, trainer.run.step) == (1, 6, 0)


def test_what_was_kept_of_steps_before_the_last_is_not_used(tmp_path: Path) -> None:
    """An earlier version trains on and leaves alone what it does not know."""
    made = saved(tmp_path, lambda raw: raw["trained"].update(steps=11))
    assert made.progress is not None
    assert made.progress.optimizer.name == ""
    assert made.progress.place is None


def lion(raw: dict[str, Any]) -> None:
    raw["trained"]["optimizer"] = "lion"


def other_shape(raw: dict[str, Any]) -> None:
    raw["optimizer_state"]["h.bias"]["m"] = [1.0, 2.0]


def other_weight(raw: dict[str, Any]) -> None:
    raw["optimizer_state"]["q.bias"] = {"m": [1.0]}


def other_array(raw: dict[str, Any]) -> None:
    raw["optimizer_state"]["h.bias"]["w"] = [1.0]


UNFIT = [
    (lion, "there is no optimizer 'lion'"),
    (other_shape, "m of h.bias has the shape (2,) and h.bias has (6,)"),
    (other_weight, "no weight q.bias is trained"),
    (other_array, "Adam keeps no w of h.bias"),
]


@pytest.mark.parametrize(("change", "reason"), UNFIT)
def test_a_state_that_does_not_fit_is_left_out_with_a_sentence(tmp_path: Path, change: Any, reason: str) -> None:
    made = saved(tmp_path, change)
    sentence = f"The optimizer's state in the document is not used, as {reason}; training begins without."
    job = Job(made, 0)
    trainer = job.trainer(ReferenceEngine())
    assert snapshot(job).notice == sentence
    trainer.step_batch()
    assert (trainer.step, trainer.run.step) == (7, 1)
    assert begun(made, ReferenceEngine()).run.step == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda trained: trained.update(rows=1000),
        lambda trained: trained.update(epoch_steps=5),
        lambda trained: trained.update(epoch_steps=0),
        lambda trained: trained.update(batch_size=2**53),
        lambda trained: trained.update(epoch_rows=0),
    ],
)
def test_a_place_that_is_not_there_begins_the_epoch_anew(tmp_path: Path, change: Any) -> None:
    trainer = begun(saved(tmp_path, lambda raw: change(raw["trained"])), ReferenceEngine())
    assert (trainer.position, trainer.step, trainer.run.step) == (1.0, 6, 6)
    trainer.step_batch()


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda raw: raw["trained"].update(updates=-1), "trained.updates"),
        (lambda raw: raw["trained"].update(updates=2**60), "trained.updates"),
        (lambda raw: raw["trained"].update(batch_size=0), "trained.batch_size"),
        (lambda raw: raw["trained"].update(series={"a": [1]}), r"trained.series"),
        (lambda raw: raw["optimizer_state"].update({"h.bias": {"m": "x"}}), "optimizer_state.h.bias: m must be"),
        (lambda raw: raw.update(optimizer_state=[1]), "optimizer_state"),
    ],
)
def test_what_is_wrong_in_a_file_is_refused_with_its_place(tmp_path: Path, change: Any, place: str) -> None:
    from compute.errors import GradwireError

    with pytest.raises(GradwireError, match=place):
        saved(tmp_path, change)
