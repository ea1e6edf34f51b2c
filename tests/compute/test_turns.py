"""What is changed while a training runs is noted, once, at its step; it is kept in files and by going back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from compute.changes import of_settings
from compute.document import TrainingSettings, dumps, loads
from compute.errors import GradwireError
from compute.reference import ReferenceEngine
from compute.state import Progress
from compute.turns import MOST, Turn, noted, until
from compute.worker.job import Job
from tests.compute.test_job import edited, look, small, train


def told(job: Job) -> list[tuple[int, float, str]]:
    return [(turn.step, turn.epoch, turn.sentence) for turn in look(job).progress.turns]


def settings(job: Job, **fields: Any) -> None:
    job.set_training(replace(job.document.training, **fields))


def rate(value: float) -> dict[str, Any]:
    return {"name": "adam", "learning_rate": value}


def test_every_setting_is_told_by_its_name() -> None:
    before = TrainingSettings("L", rate(0.01))
    after = TrainingSettings(
        "M",
        {"name": "sgd", "learning_rate": 0.5, "nesterov": True},
        64,
        2000,
        7,
        schedule={"name": "cosine", "warmup": 2.0},
        clip_norm=1.0,
    )
    assert [turn.sentence for turn in of_settings(9, 1.5, before, after)] == [
        "optimizer: Adam → SGD",
        "learning rate: 0.01 → 0.5",
        "nesterov: off → on",
        "batch size: 32 → 64",
        "epochs: 100 → 2\u2009000",
        "schedule: Constant → Cosine",
        "warmup: 0 → 2",
        "clip norm: 0 → 1",
    ]
    assert of_settings(9, 1.5, before, before) == []


def test_what_changes_again_at_the_same_step_is_one_change() -> None:
    turns = noted((), [Turn(3, 1.0, "rate", "1", "2"), Turn(5, 2.0, "rate", "2", "3"), Turn(5, 2.0, "Put back")])
    assert noted(turns, [Turn(5, 2.0, "rate", "3", "4")])[-1] == Turn(5, 2.0, "rate", "2", "4")
    assert [turn.what for turn in noted(turns, [Turn(5, 2.0, "rate", "3", "2")])] == ["rate", "Put back"]
    assert until(turns, 4) == turns[:1]
    many = noted((), (Turn(step, step, "rate", "1", "2") for step in range(MOST + 5)))
    assert (len(many), many[0].step) == (MOST, 5)


def test_changes_while_it_runs_are_noted_at_their_steps() -> None:
    job = Job(small(), 0)
    settings(job, optimizer=rate(0.1))
    train(job, 2)
    settings(job, optimizer=rate(0.2))
    settings(job, optimizer=rate(0.3))
    job.set_weight("h.weight", (0, 1), 0.5)
    job.set_weight("h.bias", (None,), 0.25)
    trainer = job.trainer(ReferenceEngine())
    trainer.step_batch()
    settings(job, batch_size=2)
    settings(job, batch_size=4)
    settings(job, clip_value=0.25)
    job.more_epochs(7)
    turns = told(job)
    assert [turn[:2] for turn in turns] == [(4, 2.0), (4, 2.0), (4, 2.0), (5, 2.5), (5, 2.5)]
    assert turns[0][2] == "learning rate: 0.1 → 0.3"
    assert turns[1][2].startswith("h.weight[0, 1]: ")
    assert turns[1][2].endswith(" → 0.5")
    assert turns[2][2].startswith("h.bias: ")
    assert turns[2][2].endswith(" → 0.25")
    assert [turn[2] for turn in turns[3:]] == ["clip value: 0 → 0.25", "last epoch: 5 → 9"]
    job.reset()
    assert told(job) == []


def test_another_network_begins_with_a_mark_that_says_what_it_was() -> None:
    document = small()
    job = Job(document, 0)
    train(job, 2)
    job.edit(edited(document, units=5), 1)
    assert told(job) == [(0, 0.0, "Begun with the weights of step 4, after epoch 2, when the network changed")]
    job.edit(document, 2)
    assert told(job) == []


def test_they_are_kept_with_the_document_and_go_on_without_a_run() -> None:
    document = small()
    job = Job(document, 0)
    train(job, 1)
    settings(job, optimizer=rate(0.2))
    kept = look(job)
    document.progress, document.weights, document.training = kept.progress, dict(kept.weights), job.document.training
    for archive in (True, False):
        again = loads(dumps(document, archive=archive))
        assert again.progress is not None
        assert again.progress.turns == kept.progress.turns != ()
    job = Job(again, 0)
    settings(job, optimizer=rate(0.4))
    job.set_weight("z.bias", (0,), 1.0)
    assert told(job)[0] == (2, 1.0, "learning rate: 0.05 → 0.4")
    assert told(job)[1][2].startswith("z.bias[0]: ")


def go_to(job: Job, step: int) -> None:
    job.go_to(step)
    while job.is_on_the_way:
        job.go_on_the_way(1.0)


def test_going_back_shows_those_of_the_way_to_there() -> None:
    job = Job(small(), 0)
    train(job, 1)
    look(job)
    settings(job, optimizer=rate(0.2))
    train(job, 2)
    settings(job, optimizer=rate(0.3))
    train(job, 1)
    look(job)
    go_to(job, 5)
    assert [turn[2] for turn in told(job)] == ["learning rate: 0.05 → 0.2"]
    go_to(job, 1)
    assert told(job) == []
    job.go_to(None)
    assert [turn[2] for turn in told(job)] == ["learning rate: 0.05 → 0.2", "learning rate: 0.2 → 0.3"]
    # Another training from an earlier step on, with other settings.
    job.go_to(4)
    settings(job, optimizer=rate(0.9))
    job.branch()
    train(job, 1)
    assert [turn[2] for turn in told(job)] == ["learning rate: 0.05 → 0.2", "learning rate: 0.2 → 0.9"]


def test_a_file_with_other_turns_is_refused() -> None:
    document = small()
    document.progress = Progress(1, 2, turns=(Turn(1, 0.5, "rate", "1", "nan"),))
    raw = json.loads(dumps(document, archive=False))
    again = loads(json.dumps(raw).encode()).progress
    assert again is not None
    assert again.turns == document.progress.turns, '"nan" is a text here'
    raw["trained"]["turns"] = [[1, 0.5, "rate"]]
    with pytest.raises(GradwireError, match=r"trained.turns"):
        loads(json.dumps(raw).encode())
