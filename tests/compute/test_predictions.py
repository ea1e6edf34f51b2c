"""How good answers are, as scikit-learn has it, and the rows that they are of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from compute.errors import GradwireError
from compute.gallery import load_entry
from compute.measure import Unmeasured
from compute.predict import columns_typed, rows_copied
from compute.predictions import Predicted, Predictions, Scores, confusion, roc, scores
from compute.worker.job import Job
from tests.compute.test_statistics import snapshot_of

RNG = np.random.default_rng(5)


@pytest.fixture
def metrics() -> Any:
    """Imported for those who ask, since that takes a second of every process that collects tests."""
    from sklearn import metrics

    return metrics


def of_classes(count: int, rows: int = 200) -> Predicted:
    truth = RNG.integers(0, count, rows)
    answers = RNG.dirichlet(np.ones(count), rows) + 0.4 * np.eye(count)[truth]
    answers /= answers.sum(axis=1, keepdims=True)
    names = tuple(map(str, range(count)))
    return Predicted(True, names, np.arange(rows), truth, answers, np.zeros((rows, 1)), rows)


@pytest.mark.parametrize("count", [2, 4])
def test_of_classes_it_is_as_scikit_learn_has_it(count: int, metrics: Any) -> None:
    found = of_classes(count)
    truth, guess = found.truth, found.guess
    assert np.array_equal(confusion(found), metrics.confusion_matrix(truth, guess))
    average = "binary" if count == 2 else "macro"
    area = found.answers[:, 1] if count == 2 else found.answers
    assert scores(found) == pytest.approx(
        {
            "accuracy": metrics.accuracy_score(truth, guess),
            "precision": metrics.precision_score(truth, guess, average=average),
            "recall": metrics.recall_score(truth, guess, average=average),
            "F1": metrics.f1_score(truth, guess, average=average),
            "AUC": metrics.roc_auc_score(truth, area, multi_class="ovr"),
        }
    )
    assert found.badness.mean() == pytest.approx(metrics.log_loss(truth, found.answers))


def test_a_roc_curve_joins_rows_of_the_same_score(metrics: Any) -> None:
    score, positive = RNG.integers(0, 6, 100) / 5.0, RNG.random(100) < 0.4
    x, y, area = roc(score, positive)
    expected_x, expected_y, _ = metrics.roc_curve(positive, score, drop_intermediate=False)
    assert x == pytest.approx(expected_x)
    assert y == pytest.approx(expected_y)
    assert area == pytest.approx(metrics.roc_auc_score(positive, score))
    assert np.isnan(roc(score, np.zeros(100, np.bool_))[2])


def test_of_numbers_it_is_as_scikit_learn_has_it(metrics: Any) -> None:
    truth = RNG.normal(size=(50, 2))
    answers = truth + 0.3 * RNG.normal(size=(50, 2))
    found = Predicted(False, ("a", "b"), np.arange(50), truth, answers, np.zeros((50, 1)), 50)
    assert scores(found) == pytest.approx(
        {
            "R²": metrics.r2_score(truth, answers),
            "MAE": metrics.mean_absolute_error(truth, answers),
            "RMSE": metrics.mean_squared_error(truth, answers) ** 0.5,
        }
    )


def test_the_answers_of_a_network_are_of_the_rows_that_are_held_back() -> None:
    job = Job(load_entry("iris"), 1)
    held, trained, score = Predictions(), Predictions("training"), Scores()
    snapshot = snapshot_of(job, held, trained, score)
    found, prepared = snapshot.measured[held], job.workspace.prepared
    assert prepared is not None
    assert np.array_equal(found.rows, prepared.validation_rows)
    assert found.names == ("setosa", "versicolor", "virginica")
    assert found.answers.sum(axis=1) == pytest.approx(np.ones(len(found.rows)))
    assert found.inputs.shape == (len(found.rows), 4)
    assert snapshot.measured[score]["accuracy"] == pytest.approx(snapshot.judged.metrics["accuracy"])
    assert len(snapshot.measured[trained].rows) == len(prepared.train_rows)
    table = snapshot.table
    assert table is not None
    truth = table.columns[next(iter(table.categories))][found.rows]
    assert np.array_equal(found.truth, truth)


def test_a_graph_without_a_target_has_none() -> None:
    found = snapshot_of(Job(load_entry("z_2x_y"), 1), Predictions()).measured[Predictions()]
    assert isinstance(found, Unmeasured)
    assert found.sentence.startswith("It needs a loss")


def test_copied_rows_are_taken_by_name_or_by_place() -> None:
    asked = {"a": (), "kind": ("x", "y")}
    assert rows_copied(asked, "kind;b;a\nx;1;2,5\ny;2;\n") == [["2.5", "x"], ["", "y"]]
    assert rows_copied(asked, "1\tx\n2\ty") == [["1", "x"], ["2", "y"]]
    assert columns_typed(asked, [["2,5", "x"], ["", ""]]) == {"a": [2.5, None], "kind": ["x", None]}
    for text, sentence in (
        ("1\tx\t3", "the copied rows have 3 columns"),
        ("a\n1", 'the copied rows have no column "kind"'),
        (" ", "holds no table"),
    ):
        with pytest.raises(GradwireError, match=sentence):
            rows_copied(asked, text)
    with pytest.raises(GradwireError, match=r'row 0 \(counting from 0\) of the column "a" is "q"'):
        columns_typed(asked, [["q", "x"]])
