"""What is said of large arrays is worked out once, ahead of who looks, and is what a full look would say."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from compute import large
from compute.document import Document, TrainingSettings
from compute.explain import Facts, Quantity, tell
from compute.focus import Subject
from compute.graph import Graph, Node, Wire
from compute.large import LARGE, is_known, look_at, spread_of
from compute.numbers_text import mean_and_spread
from compute.ripple import Case, Hold, ripple
from compute.trace import Trace
from compute.worker.job import Job
from editor.canvas.readings import Readings
from tests.compute.test_job import look


def test_a_large_array_is_looked_at_once_and_forgotten_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []

    def look_at_all(flat: np.ndarray) -> tuple[float, float]:
        looked.append(flat.size)
        return mean_and_spread(flat)

    monkeypatch.setattr(large, "mean_and_spread", look_at_all)
    array = np.linspace(-1, 3, LARGE).reshape(-1, 2)
    assert [spread_of(array), spread_of(array)] == [mean_and_spread(array.reshape(-1))] * 2
    assert looked == [LARGE]
    assert is_known(array)
    count = len(large._known)
    del array
    gc.collect()
    assert len(large._known) == count - 1


def test_a_pass_is_looked_at_ahead_but_for_what_has_a_row_for_each_sample() -> None:
    whole, rows = np.zeros((LARGE // 2, 2)), np.zeros((3, LARGE))
    look_at(Trace(values={"a": whole, "b": rows}, rows=np.arange(3)))
    assert is_known(whole)
    assert not is_known(rows)


@pytest.fixture(scope="module")
def columns() -> Document:
    """Twice 2·LARGE numbers, of 2,000 of one constant, and a loss."""
    one = {"value": np.linspace(-1, 1, 2000).tolist()}
    other = {"value": np.ones((2 * LARGE // 2000, 1)).tolist()}
    nodes = [Node("a", "constant", one), Node("b", "constant", other), Node("m", "multiply"), Node("l", "mean")]
    wires = [Wire("a", "m", "a"), Wire("b", "m", "b"), Wire("m", "l", "x")]
    return Document("large", Graph(nodes, wires), training=TrainingSettings("l"))


def test_of_a_large_tensor_one_moved_entry_is_told_and_many_are_told_by_their_mean(columns: Document) -> None:
    snapshot = look(Job(columns, 1))
    assert is_known(snapshot.trace.values["m"])  # where it was computed
    case = Case.of(columns, snapshot)
    for held, alone in (
        (Hold(Subject("node", "m"), (3, 5), 7.0), True),
        (Hold(Subject("node", "a"), (5,), 7.0), False),
    ):
        pair = ripple(case, [held])
        assert pair.after.values["b"] is pair.before.values["b"]
        reading = Readings(pair.after, snapshot.analysis, loss="l", pair=pair)
        told, same = reading.value("m"), reading.value("b")
        assert told is not None
        assert told.beside is True
        assert same is not None
        assert same.beside is False
        if alone:
            assert told.text.partition(" ")[0] == "[6005]", told.text
            assert told.text.endswith("7"), told.text
        else:
            assert "±" in told.text


def test_who_asks_the_same_of_a_pass_gets_the_same_answer(columns: Document) -> None:
    snapshot = look(Job(columns, 1))
    facts = Facts(columns.graph, snapshot.analysis, "l", snapshot.trace)
    asked = Quantity("value", "m"), (1, 2)
    assert tell(facts, *asked) is tell(facts, *asked)
    hidden = facts.only(Trace(loss=snapshot.trace.loss))
    assert tell(hidden, *asked).result == "not computed"
