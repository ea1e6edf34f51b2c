"""Many epochs in one chunk, each validated with the weights kept at its end: the same numbers as one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from compute.document import Document
from compute.engine import Engine
from compute.errors import GradwireError
from compute.gallery import load_entry
from compute.opencl.engine import OpenCLEngine
from compute.reference import ReferenceEngine
from compute.training import Trainer
from compute.workspace import open_document

FAST = 1e9
"""Steps a second, so that a chunk is as long as may be."""


@pytest.fixture(params=["opencl", "opencl_fused", "reference"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Both schedules of training steps, and the reference."""
    found: Engine = ReferenceEngine() if request.param == "reference" else request.getfixturevalue(request.param)
    return found


def spiral(fraction: float, epochs: int = 9) -> Document:
    """Batches of 32, the last of an epoch smaller."""
    document = load_entry("spiral")
    document.data = {**document.data, "validation_fraction": fraction}
    document.training = replace(document.training, epochs=epochs)
    return document


def made(document: Document, engine: Engine) -> Trainer:
    program = open_document(document).trained
    return Trainer(program, document.training, engine.open(program))


def one_by_one(trainer: Trainer) -> Trainer:
    """Each epoch a chunk, validated by a pass of its own."""
    trainer._validated_together = lambda order, keeps: 0  # type: ignore[method-assign]
    return trainer


def chunks(trainer: Trainer) -> int:
    """Train to the end."""
    count = 0
    while not trainer.finished:
        trainer._rate = FAST
        trainer.train(1.0)
        count += 1
    return count


@pytest.mark.parametrize("fraction", [0.0, 0.2])
def test_epochs_of_one_chunk_have_the_numbers_that_they_have_one_by_one(engine: Engine, fraction: float) -> None:
    alone, together = one_by_one(made(spiral(fraction), engine)), made(spiral(fraction), engine)
    assert alone.program.rows % 32
    together.step_batch()  # a chunk may begin within an epoch
    assert chunks(alone) >= 9
    assert chunks(together) <= 2 or not _keeps(together)
    assert together.history.steps == alone.history.steps
    assert together.history.series.keys() == alone.history.series.keys()
    for name, series in alone.history.series.items():
        if name != "loss":
            np.testing.assert_array_equal(together.history.series[name].points().x, series.points().x)
    for found, expected in zip(together.history.epochs, alone.history.epochs, strict=True):
        assert found.epoch == expected.epoch
        assert found.loss == pytest.approx(expected.loss, rel=1e-12)
        assert found.metrics == expected.metrics
        assert found.metrics["accuracy"] > 0.0
        # Sums go in the same order; a device may compute the last rows of a vector in another way.
        if fraction:
            assert found.validation_loss == pytest.approx(expected.validation_loss, rel=1e-6)
        else:
            assert (found.validation_loss, expected.validation_loss) == (None, None)
    for name, weight in alone.run.weights().items():
        np.testing.assert_array_equal(together.run.weights()[name], weight)
    alone.run.close()
    together.run.close()


def test_some_epochs_are_judged_however_the_steps_are_cut(engine: Engine) -> None:
    found = []
    for prepare, rate in ((one_by_one, FAST), (lambda each: each, FAST), (lambda each: each, 40.0)):
        trainer = prepare(made(spiral(0.0, 17), engine))
        trainer.judging = 5
        while not trainer.finished:
            trainer._rate = rate
            trainer.train(1.0)
        assert [epoch.epoch for epoch in trainer.history.epochs] == [*range(1, 18)]
        found.append({epoch.epoch: epoch.metrics for epoch in trainer.history.epochs if epoch.metrics})
        assert [*found[-1]] == [5, 10, 15, 17]
        kept = trainer.history.epochs
        assert [kept[at] for at in range(len(kept))] == [*kept] == kept[:]
        assert (kept[-1], kept[3:-2:4]) == ([*kept][-1], [*kept][3:-2:4])
        assert trainer.history.named("training accuracy").points().x.tolist() == [5, 10, 15, 17]
        trainer.run.close()
    assert found[0] == found[1] == found[2]


def _keeps(trainer: Trainer) -> bool:
    return max(trainer._most.values()) > 0


def test_a_tiny_network_keeps_the_weights_of_many_epochs(opencl_fused: OpenCLEngine) -> None:
    trainer = made(spiral(0.2), opencl_fused)
    trainer._rate = FAST
    trainer.train(1.0)
    assert _keeps(trainer)
    assert [len(chunk.batches) for chunk in trainer._started] == [9 * trainer._order.steps]
    trainer.settle()
    trainer.run.close()


def test_without_anything_to_judge_a_chunk_holds_many_epochs(engine: Engine) -> None:
    document = load_entry("z_2x_y")
    document.training = replace(document.training, epochs=50)
    trainer = made(document, engine)
    assert chunks(trainer) <= 2
    assert [epoch.epoch for epoch in trainer.history.epochs] == [*range(1, 51)]
    trainer.run.close()


@pytest.mark.parametrize("after", [1, 30])
def test_epochs_before_a_loss_that_is_not_finite_are_judged(engine: Engine, after: int) -> None:
    def stopped(prepare: Callable[[Trainer], Trainer]) -> tuple[str, Trainer]:
        trainer = prepare(made(spiral(0.2, 60), engine))
        for _ in range(after):
            trainer.step_batch()
        trainer.training = replace(
            trainer.training, optimizer={"name": "sgd", "learning_rate": 1e4, "weight_decay": 1e1}
        )
        with pytest.raises(GradwireError, match="Training stopped: the loss became") as stop:
            chunks(trainer)
        return str(stop.value), trainer

    (said, alone), (also, together) = stopped(one_by_one), stopped(lambda trainer: trainer)
    assert said == also
    assert together.history.steps == alone.history.steps
    ends = [[(e.epoch, e.validation_loss is not None, e.metrics) for e in t.history.epochs] for t in (alone, together)]
    assert ends[0] == ends[1]
    assert all(validated for _, validated, _ in ends[1])
    for name, weight in alone.run.weights().items():
        np.testing.assert_array_equal(together.run.weights()[name], weight)
    alone.run.close()
    together.run.close()
