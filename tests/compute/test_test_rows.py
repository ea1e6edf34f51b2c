"""Rows that are kept for a test: trained, chosen and stopped by nothing, and judged when somebody asks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compute.cli import main
from compute.document import load, save
from compute.reference import ReferenceEngine
from compute.training import Trainer
from compute.worker.job import Job
from compute.workspace import open_document
from tests.compute.test_job import look, small

ENGINE = ReferenceEngine()
SPLIT = {"validation_fraction": 0.25, "test_fraction": 0.25}


def split(**fields: Any) -> Any:
    document = small()
    document.data = {**document.data, **SPLIT, **fields}
    return document


def test_training_is_the_same_whatever_the_test_rows_hold() -> None:
    found = []
    for other in (False, True):
        document = split()
        workspace = open_document(document)
        assert (workspace.program.rows, workspace.program.validation_rows, workspace.program.test_rows) == (4, 2, 2)
        assert np.bincount(workspace.held).tolist() == [4, 2, 2]
        if other:
            wild = {node: np.full_like(rows, 1e9) for node, rows in workspace.program.test.items()}
            workspace = replace(workspace, program=replace(workspace.program, test=wild))
        program = workspace.trained
        trainer = Trainer(program, document.training, ENGINE.open(program))
        for _ in range(3):
            trainer.step_epoch()
        found.append((trainer.history.epochs, trainer.run.weights()))
    (epochs, weights), (same, equal) = found
    assert epochs == same
    assert all(np.array_equal(weights[name], equal[name]) for name in weights)


def test_a_test_is_told_when_asked_for_and_goes_with_what_it_was_of() -> None:
    job = Job(split(), 0)
    assert (look(job).test_rows, look(job).tested) == (2, None)
    job.test()
    first = look(job).tested
    assert first is not None
    assert (first.on, first.rows, first.epoch) == ("test", 2, 0)
    job.trainer(ENGINE).step_epoch()
    assert look(job).tested == first
    job.test()
    second = look(job).tested
    assert second is not None
    assert second.epoch == 1
    assert second.loss != first.loss
    job.edit(split(test_fraction=0.125), 1)
    assert look(job).tested is None
    job.test()
    job.reset()
    assert look(job).tested is None


def test_without_test_rows_there_is_nothing_to_tell() -> None:
    job = Job(small(), 0)
    job.test()
    tested = look(job).tested
    assert tested is not None
    assert (tested.on, tested.loss, tested.rows) == ("test", None, 0)


def test_the_command_line_tells_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = tmp_path / "a.json", tmp_path / "b.gradwire"
    save(split(split="stratified"), path)
    call = ["train", str(path), "--engine", "reference", "--epochs", "2", "--quiet"]
    assert main([*call, "--json", "--out", str(out)]) == 0
    told = json.loads(capsys.readouterr().out)["test"]
    assert (told["rows"], told["metrics"].keys()) == (2, {"accuracy"})
    document = load(out)
    assert document.data == {**split().data, "split": "stratified"}
    job = Job(document, 0)
    job.test()
    tested = look(job).tested
    assert tested is not None
    assert tested.loss == pytest.approx(told["loss"])
    save(small(), path)
    assert main([*call, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["test"] is None
