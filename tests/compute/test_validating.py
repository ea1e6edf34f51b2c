"""Cross-validation: folds hold each row once, and each is what training on its rows alone gives."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute.cli import main
from compute.data.folds import Fold, folds
from compute.data.split import Split
from compute.document import Document, save
from compute.errors import GradwireError
from compute.gallery import load_entry
from compute.reference import ReferenceEngine
from compute.training import Trainer
from compute.validating import cross_validate
from compute.workspace import open_document
from tests.compute.test_job import small
from tests.compute.test_split import table

ENGINE = ReferenceEngine()


@given(
    values=st.lists(st.integers(0, 5), min_size=20, max_size=90),
    count=st.integers(2, 6),
    kind=st.sampled_from(["random", "stratified", "groups", "chronological"]),
    seed=st.integers(0, 2**64 - 1),
    gone=st.integers(0, 5),
)
def test_each_row_validates_once_and_is_not_trained_on_then(
    values: list[int], count: int, kind: str, seed: int, gone: int
) -> None:
    of = table([float(each) for each in values])
    column, pool = of.columns["c"], np.arange(gone, len(values))
    split = Split(kind, column="c")
    try:
        said, found = folds(split, of, pool, count, seed, "c")
    except GradwireError as error:
        assert "take fewer folds" in str(error)  # noqa: PT017
        return
    assert len(found) == count
    again = folds(split, of, pool, count, seed, "c")[1]
    for fold, same in zip(found, again, strict=True):
        assert np.array_equal(fold.train, same.train)
        assert not set(fold.train) & set(fold.validation)
        assert len(fold.validation)
        if said == "groups":
            assert not set(column[fold.train]) & set(column[fold.validation])
        if said == "chronological":
            assert column[fold.train].max() < column[fold.validation].min()
        else:
            assert sorted([*fold.train, *fold.validation]) == pool.tolist()
    held = np.concatenate([fold.validation for fold in found])
    assert len({*held.tolist()}) == len(held)
    if said in ("random", "stratified"):
        assert sorted(held) == pool.tolist()
        sizes = [len(fold.validation) for fold in found]
        assert max(sizes) - min(sizes) <= 1
    if said == "stratified" and len(np.unique(column[pool])) * 5 <= len(pool):
        counts = np.array([np.bincount(column[fold.validation].astype(int), minlength=6) for fold in found])
        assert (counts.max(axis=0) - counts.min(axis=0) <= 1).all()


def numbered(document: Document, fold: Fold) -> Document:
    """The document with a fold told by a column of its table."""
    columns: dict[str, Any] = dict(document.data["columns"])
    part = ["train" if row in set(fold.train.tolist()) else "valid" for row in range(len(columns["a"]))]
    data = {**document.data, "columns": {**columns, "part": part}, "split": "by column", "split_column": "part"}
    return replace(document, data=data)


def test_each_fold_is_what_training_on_its_rows_alone_gives() -> None:
    document = small()
    document.data = {**document.data, "standardize": True}
    document.training = replace(document.training, shuffle=False, epochs=4)
    found = cross_validate(document, ENGINE, 4)
    assert found.steps == 4 * 4 * 2
    workspace = open_document(document)
    assert workspace.prepared is not None
    kind, divisions = folds(
        Split(), workspace.prepared.table, workspace.prepared.train_rows, 4, document.training.seed, "y"
    )
    assert found.kind == kind
    for each, fold in zip(found.folds, divisions, strict=True):
        program = open_document(numbered(document, fold)).trained
        trainer = Trainer(program, document.training, ENGINE.open(program))
        while not trainer.finished:
            trainer.step_epoch()
        last = trainer.history.epochs[-1]
        assert (each.loss, each.metrics, each.training_loss) == (last.validation_loss, last.metrics, last.loss)
        assert (each.rows, each.validation_rows) == (6, 2)
    losses = [each.loss for each in found.folds]
    assert found.mean["loss"] == pytest.approx(np.mean(losses))
    assert found.std["loss"] == pytest.approx(np.std(losses, ddof=1))


def test_trained_weights_and_test_rows_are_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document, path = small(), tmp_path / "a.json"
    document.training = replace(document.training, epochs=2)
    first = cross_validate(document, ENGINE, 2)
    document.weights = {
        name: np.asarray(value) + 1.0 for name, value in open_document(document).program.weights.items()
    }
    trained = cross_validate(document, ENGINE, 2)
    assert [each.loss for each in trained.folds] == [each.loss for each in first.folds]
    document.data = {**document.data, "test_fraction": 0.25}
    save(document, path)
    call = ["validate", str(path), "--folds", "3", "--engine", "reference", "--quiet"]
    assert main([*call, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["test_rows"] == 2
    assert [each["rows"] + each["validation_rows"] for each in told["folds"]] == [6, 6, 6]
    assert set(told["mean"]) == set(told["std"]) == {"loss", "accuracy"}
    assert main([*call, "--epochs", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[0] == "fold"
    assert lines[-1].endswith("folds; 2 rows kept for a test are in none")


def test_what_cannot_be_divided_says_why() -> None:
    with pytest.raises(GradwireError, match="8 rows are too few for 5 folds; take fewer folds"):
        cross_validate(small(), ENGINE, 5)
    with pytest.raises(GradwireError, match="The document reads no data"):
        cross_validate(load_entry("z_2x_y"), ENGINE, 2)
    wild = small()
    wild.training = replace(wild.training, optimizer={"name": "sgd", "learning_rate": 1.7e308}, epochs=50)
    with pytest.raises(GradwireError, match="fold 1 of 2: Training stopped"):
        cross_validate(wild, ENGINE, 2)
