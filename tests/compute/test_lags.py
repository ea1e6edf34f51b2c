"""A series predicted from its past: lags and windows as columns, rows without a past left out, split in time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute.data import InputSpec, Table, TargetSpec, facts_of, load_table, prepare
from compute.data.derived import with_derived
from compute.data.lags import lag_name, window_name
from compute.data.split import Split
from compute.data_edits import use_data
from compute.document import Document, TrainingSettings
from compute.errors import GradwireError
from compute.graph import Graph, Node, Wire
from compute.predict import predict, predict_file
from compute.reference import ReferenceEngine
from compute.series_edits import Forecast, forecast
from compute.training import Trainer
from compute.workspace import open_document

ENGINE = ReferenceEngine()
SEASON = {"source": "builtin", "name": "season"}


def linear() -> Document:
    """One layer from the input to a number."""
    graph = Graph(
        [
            Node("x", "input", {"columns": ["time"]}),
            Node("z", "dense", {"units": 1}),
            Node("y", "target", {"columns": ["value"]}),
            Node("loss", "mean_squared_error"),
        ],
        [Wire("x", "z", "x"), Wire("z", "loss", "prediction"), Wire("y", "loss", "target")],
    )
    training = TrainingSettings("loss", {"name": "adam", "learning_rate": 0.01}, batch_size=16, epochs=200, seed=1)
    return Document("series", graph, {"source": "inline", "columns": {}}, training)


@given(values=st.lists(st.floats(-9, 9), min_size=6, max_size=40), back=st.integers(1, 5), width=st.integers(1, 4))
def test_what_a_row_is_given_comes_from_rows_before_it(values: list[float], back: int, width: int) -> None:
    table, last, first = Table({"a": np.array(values)}), back, back + width - 1
    names = [lag_name("a", back), *(window_name("a", of, first, last) for of in ("mean", "min", "max"))]
    if first >= len(values):
        with pytest.raises(GradwireError, match="no row has the rows before it"):
            prepare(table, {"x": InputSpec(names)}, {}, 0.0, False, 0)
        return
    done = prepare(table, {"x": InputSpec(names)}, {"y": TargetSpec(["a"])}, Split("chronological", 0.3), False, 0)
    assert done.left_out.tolist() == list(range(first))
    for row in range(first, len(values)):
        past = values[row - first : row - last + 1]
        expected = [values[row - back], np.mean(past), min(past), max(past)]
        assert done.values["x"][row].tolist() == pytest.approx(expected)
    if len(done.validation_rows):
        assert done.train_rows.max() < done.validation_rows.min()


def test_a_missing_value_is_no_past() -> None:
    table = Table({"a": np.array([1.0, np.nan, 3.0, 4.0, 5.0, 6.0])})
    lags = {"x": InputSpec([lag_name("a", 1)])}
    assert prepare(table, lags, {"y": TargetSpec(["a"])}, 0.0, False, 0).left_out.tolist() == [0, 1, 2]
    windows = {"x": InputSpec([window_name("a", "mean", 2, 1)])}
    assert prepare(table, windows, {"y": TargetSpec(["a"])}, 0.0, False, 0).train_rows.tolist() == [4, 5]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("k[t-1]", 'the column "k" holds text'),
        ("a[t-0]", "take rows from 1 to 100000 back"),
        ("a[mean t-1..t-3]", "the farther one first"),
    ],
)
def test_what_is_no_past_says_why(name: str, says: str) -> None:
    table = Table({"a": np.arange(4.0), "k": np.zeros(4)}, {"k": ("one",)})
    with pytest.raises(GradwireError, match=says):
        with_derived(table, [name])


def made(asked: Forecast) -> Document:
    document, table = linear(), load_table(SEASON, None)
    section: dict[str, Any] = {**SEASON, "split": "chronological"}
    use_data(document, section, table, facts_of(table, ["value"]), "Use").apply(document)
    forecast(document, table, asked).apply(document)
    return document


def test_the_season_is_predicted_better_than_by_its_last_value(tmp_path: Path) -> None:
    document = made(Forecast("value", values=8))
    assert document.data["split"] == "chronological"
    assert document.data["validation_fraction"] == 0.2
    workspace = open_document(document)
    program = workspace.trained
    assert (program.rows, program.validation_rows) == (314, 78)
    trainer = Trainer(program, document.training, ENGINE.open(program))
    while not trainer.finished:
        trainer.step_epoch()
    found = trainer.history.epochs[-1].validation_loss
    value = load_table(SEASON, None).columns["value"]
    held = workspace.held == 1
    last = np.mean((value[held] - value[np.flatnonzero(held) - 1]) ** 2)
    assert found is not None
    assert found < 0.6 * last
    # One more row without a value is the next one to come; the first ones have no past.
    mark = trainer.mark()
    document.weights, document.progress = dict(mark.weights), mark.progress
    rows, out = tmp_path / "new.csv", tmp_path / "out.csv"
    rows.write_text("value\n" + "\n".join(f"{each!r}" for each in value[-8:].tolist()) + "\n", "utf-8")
    with pytest.raises(GradwireError, match="no row has the rows before it"):
        predict_file(document, rows, out)
    longer = Table({"time": np.arange(401.0), "value": np.append(value, np.nan)})
    answer = predict(document, longer).values
    assert np.isnan(answer[:8]).all()
    assert np.isfinite(answer[8:]).all()
    assert answer[400, 0] == pytest.approx(value[-25] + 25 / 400, abs=0.6)


def test_farther_ahead_it_begins_farther_back() -> None:
    asked = Forecast("value", values=2, ahead=3, window=True)
    assert asked.inputs == ["value[t-4]", "value[t-3]", *(f"value[{of} t-4..t-3]" for of in ("mean", "min", "max"))]
    assert asked.sentence.startswith("value is predicted 3 rows ahead, from value[t-4] to value[t-3]. The first 4 rows")
    document = made(asked)
    assert open_document(document).program.train["x"].shape[1] == 5
    # The same series drawn anew keeps its lags.
    table = load_table({**SEASON, "options": {"seed": 1}}, None)
    use_data(document, SEASON, table, facts_of(table, ["value"]), "Use").apply(document)
    assert document.graph.nodes["x"].params["columns"] == asked.inputs


def test_a_graph_that_does_not_suit_says_why() -> None:
    document, table = linear(), load_table(SEASON, None)
    with pytest.raises(GradwireError, match="400 rows, and 401 are before the first"):
        forecast(document, table, Forecast("value", values=400))
    document.graph.nodes.pop("y")
    with pytest.raises(GradwireError, match="one input node and one target node"):
        forecast(document, table, Forecast("value"))
