"""Trials are trained: alone on the reference engine, and side by side with the same bits on a device."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from compute.document import Document, dumps, loads
from compute.engine import Engine
from compute.errors import GradwireError
from compute.gallery import load_entry
from compute.opencl.devices import choose
from compute.opencl.engine import OpenCLEngine
from compute.reference import ReferenceEngine
from compute.series import LOSS, VALIDATION_LOSS
from compute.sweep import Outcome, Reached, Runner, Sweep, document_of, means, parse_axis, ranked
from compute.training import Trainer
from compute.workspace import open_document


def spiral(epochs: int = 6) -> Document:
    document = load_entry("spiral")
    document.training = replace(document.training, epochs=epochs)
    return document


def swept(document: Document, engine: Engine, *given: str, random: int = 0) -> tuple[Sweep, Runner]:
    pairs = [text.partition("=") for text in given]
    sweep = Sweep(document, tuple(parse_axis(document, name, values) for name, _, values in pairs), random)
    return sweep, Runner(sweep, engine)


def alone(document: Document, engine: Engine) -> Trainer:
    program = open_document(document).trained
    trainer = Trainer(program, document.training, engine.open(program))
    while not trainer.finished:
        trainer.train(0.1)
    trainer.settle()
    return trainer


def check_alone(sweep: Sweep, outcome: Outcome, engine: Engine) -> None:
    """Everything of a trial is as if its document had been trained alone, and so is the document that it becomes."""
    trainer = alone(sweep.document_of(outcome.trial), engine)
    state, history = trainer.run.state(), trainer.history
    assert outcome.state is not None
    assert outcome.losses.tolist() == [epoch.loss for epoch in history.epochs]
    assert outcome.validation.tolist() == [epoch.validation_loss for epoch in history.epochs]
    assert outcome.metrics == history.epochs[-1].metrics
    opened = loads(dumps(document_of(sweep, outcome), archive=True), "trial")
    for name, weight in state.weights.items():
        np.testing.assert_array_equal(outcome.state.weights[name], weight)
        np.testing.assert_array_equal(opened.weights[name], weight)
    mark, mine = trainer.mark().progress, opened.progress
    assert mine is not None
    assert (mine.epochs, mine.steps, mine.name) == (mark.epochs, mark.steps, mark.name)
    assert mine.epoch_loss == mark.epoch_loss
    for name, arrays in mark.optimizer.arrays.items():
        for kept, array in arrays.items():
            np.testing.assert_array_equal(mine.optimizer.arrays[name][kept], array)
    assert mine.series[VALIDATION_LOSS].y.tolist() == mark.series[VALIDATION_LOSS].y.tolist()
    if outcome.progress is None:
        assert mine.series[LOSS].y.tolist() == outcome.losses.tolist()
    trainer.run.close()


def test_on_the_reference_engine() -> None:
    engine = ReferenceEngine()
    sweep, runner = swept(spiral(2), engine, "lr=0.01,0.1", "batch=100,400")
    shares: list[float] = []

    def told(reached: Reached) -> bool:
        shares.append(reached.share)
        return False

    assert runner.run(told)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    for outcome in runner.outcomes:
        check_alone(sweep, outcome, engine)


def test_side_by_side_each_trial_has_the_bits_that_it_has_alone(opencl_fused: OpenCLEngine) -> None:
    document = spiral()
    document.training = replace(document.training, clip_norm=0.5)
    given = ("lr=0.01,0.1", "schedule=cosine,constant", "epochs=4,6", "seed=0,1")
    sweep, runner = swept(document, opencl_fused, *given)
    assert len(runner._groups) == 1
    assert runner.run()
    assert [outcome.epochs for outcome in runner.outcomes] == [4, 4, 6, 6] * 4
    for outcome in runner.outcomes[:6]:
        check_alone(sweep, outcome, opencl_fused)
    best = ranked(runner.outcomes)
    assert [each.score for each in best] == sorted(each.score for each in best)
    mean = means(sweep, runner.outcomes)[0]
    assert len(mean.outcomes) == 2
    assert mean.score == pytest.approx(np.mean([each.score for each in mean.outcomes]))


def test_one_that_stops_early_is_as_alone() -> None:
    document, engine = spiral(30), ReferenceEngine()
    document.training = replace(document.training, patience=1, batch_size=100)
    sweep, runner = swept(document, engine, "lr=0.5,1")
    assert runner.run()
    assert runner.reached.share == 1
    for outcome in runner.outcomes:
        trainer = alone(sweep.document_of(outcome.trial), engine)
        assert outcome.epochs == trainer.epoch < 30
        opened = document_of(sweep, outcome)
        assert opened.progress is not None
        assert opened.progress.epochs == trainer.epoch
        np.testing.assert_array_equal(opened.weights["h1.weight"], trainer.run.weights()["h1.weight"])


def test_what_diverges_comes_last_and_stops_no_other(opencl_fused: OpenCLEngine) -> None:
    _, runner = swept(spiral(), opencl_fused, "lr=0.1,1e38,0.01")
    assert runner.run()
    best = ranked(runner.outcomes)
    last = best[-1]
    assert last.trial.values["learning_rate"] == 1e38
    assert last.fault == f"a gradient was not finite at step {last.steps + 1}"
    assert [each.epochs for each in best[:2]] == [6, 6]
    assert last.state is not None


def test_called_off_it_keeps_what_was_reached(opencl_fused: OpenCLEngine) -> None:
    sweep, runner = swept(spiral(400), opencl_fused, "seed=0..3")
    assert not runner.run(lambda reached: True)
    reached = {outcome.epochs for outcome in runner.outcomes}
    assert len(reached) == 1
    (epochs,) = reached
    assert 0 < epochs < 400
    opened = document_of(sweep, runner.outcomes[0])
    assert opened.progress is not None
    assert opened.progress.name == f"step {13 * epochs}, after epoch {epochs}"
    engine = opencl_fused
    document = sweep.document_of(sweep.trials[0])
    document.training = replace(document.training, epochs=epochs)
    trainer = alone(document, engine)
    np.testing.assert_array_equal(opened.weights["h1.weight"], trainer.run.weights()["h1.weight"])
    trainer.run.close()


def test_a_trial_that_is_wrong_is_named_before_anything_is_trained() -> None:
    document = spiral()
    document.data = {**document.data, "options": {"points": 2}}
    with pytest.raises(GradwireError, match=r"validation_fraction=0\.95, h2\.units=3: "):
        swept(document, ReferenceEngine(), "validation_fraction=0.5,0.95", "h2.units=3")


def test_large_networks_are_not_laid_side_by_side() -> None:
    info = choose().device
    assert info is not None
    engine = OpenCLEngine(info)
    document = spiral(1)
    for node in ("h1", "h2"):
        document.graph.nodes[node] = replace(document.graph.nodes[node], params={"units": 1500})
    _, runner = swept(document, engine, "lr=0.01,0.1")
    assert [len(block) for block in runner._blocks(runner._groups[0])] == [1, 1]
    engine.close()
