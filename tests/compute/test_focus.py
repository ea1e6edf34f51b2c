"""The focus on one number, and the trail of what was in focus."""

from __future__ import annotations

import numpy as np
import pytest

from compute.explain import Facts, Quantity
from compute.focus import Focus, Side, Subject, Trail
from compute.graph import Graph
from compute.reference import ReferenceRun
from compute.workspace import open_document
from tests.compute.test_job import small

NODE, WIRE, WEIGHT = Subject("node", "h"), Subject("wire", "t", "x"), Subject("weight", "h", "weight")
A, B, C, D = (Focus(NODE, "value", (i, 0)) for i in range(4))


@pytest.fixture
def facts() -> Facts:
    document = small()
    workspace = open_document(document)
    trace = ReferenceRun(workspace.program).trace(np.arange(4))
    return Facts(document.graph, workspace.analysis, document.training.loss, trace, sample=1)


@pytest.mark.parametrize(
    ("subject", "side", "quantity"),
    [
        (NODE, "value", Quantity("value", "h")),
        (NODE, "gradient", Quantity("gradient", "h")),
        (WIRE, "value", Quantity("value", "h")),
        (WIRE, "gradient", Quantity("wire", "t", "x")),
        (WEIGHT, "value", Quantity("weight", "h", "weight")),
        (WEIGHT, "gradient", Quantity("weight gradient", "h", "weight")),
        (WEIGHT, "update", Quantity("update", "h", "weight")),
    ],
)
def test_a_focus_is_what_the_explanation_calls_a_quantity(
    facts: Facts, subject: Subject, side: Side, quantity: Quantity
) -> None:
    focus = Focus(subject, side, (0, 1))
    assert focus.asks(facts.graph) == quantity
    if (subject, side) != (WIRE, "value"):  # which the explanation knows as the value of its source
        assert Focus.on(quantity, (0, 1)) == focus


def test_a_weight_is_selected_with_its_node_and_a_wire_by_itself() -> None:
    assert WEIGHT.holder == NODE
    assert (WIRE.holder, WIRE.wire, NODE.wire) == (WIRE, ("t", "x"), None)
    graph = small().graph
    assert all(each.there(graph) for each in (NODE, WIRE, WEIGHT))
    del graph.nodes["h"], graph.wires["t", "x"]
    assert not any(each.there(graph) for each in (NODE, WIRE, WEIGHT))
    assert WIRE.source(Graph()) == "t"


def test_the_entry_is_the_one_asked_for_else_the_steepest_of_the_sample(facts: Facts) -> None:
    assert Focus(NODE, "value", (3, 2)).entry_in(facts) == (3, 2)
    steepest = (1, int(np.abs(facts.trace.grads["h"][1]).argmax()))
    assert Focus(NODE, "value").entry_in(facts) == steepest
    assert Focus(NODE, "value", (99, 0)).entry_in(facts) == steepest
    assert Focus(Subject("node", "gone"), "value").entry_in(facts) is None


def test_an_entry_of_a_batch_follows_the_sample_and_that_of_a_weight_does_not(facts: Facts) -> None:
    assert Focus(NODE, "gradient", (0, 2)).in_sample(facts, 3) == Focus(NODE, "gradient", (3, 2))
    assert Focus(WIRE, "gradient", (0, 2)).sample(facts) == 0
    weight = Focus(WEIGHT, "value", (0, 2))
    assert weight.in_sample(facts, 3) == weight
    assert weight.sample(facts) is None
    assert Focus(NODE, "value").in_sample(facts, 3) == Focus(NODE, "value")


# -- the trail -----------------------------------------------------------------------------------------------------


def test_one_goes_back_and_forward_until_something_else_is_asked() -> None:
    trail = Trail()
    assert trail.back() is trail.forward() is None
    for place in (A, B, B, C):
        trail.go(place)
    assert [trail.back(), trail.back(), trail.back()] == [B, A, None]
    assert trail.now == A
    assert [trail.forward(), trail.now, trail.ahead, trail.behind] == [B, B, C, A]
    trail.go(D)
    assert trail.ahead is None
    assert [trail.back(), trail.back()] == [B, A]


def test_a_place_looked_at_in_passing_is_kept_once_something_is_asked_from_it() -> None:
    trail = Trail()
    trail.go(A)
    trail.pass_by(B)
    trail.pass_by(C)
    assert trail.behind == A
    trail.go(D)
    assert [trail.back(), trail.back(), trail.back()] == [C, A, None]
    trail.pass_by(D)
    assert trail.back() == A


def test_from_nothing_one_goes_back_to_the_last_place() -> None:
    trail = Trail()
    trail.go(A)
    trail.go(B)
    trail.pass_by(None)
    assert trail.behind == B
    assert [trail.back(), trail.back()] == [B, A]


def test_what_is_no_longer_there_is_forgotten() -> None:
    trail = Trail()
    for place in (A, B, A, C):
        trail.go(place)
    trail.prune(lambda place: place != B)
    assert [trail.now, trail.back(), trail.back()] == [C, A, None]
    trail.prune(lambda place: place == C)
    assert (trail.now, trail.behind, trail.ahead) == (None, None, C)
    trail.clear()
    assert (trail.now, trail.behind, trail.ahead) == (None, None, None)


def test_another_sample_changes_the_place_and_adds_none() -> None:
    trail = Trail()
    trail.go(A)
    trail.go(B)
    trail.change(C)
    assert trail.now == C
    assert [trail.back(), trail.forward()] == [A, C]


def test_the_trail_is_finite() -> None:
    trail = Trail()
    for i in range(1000):
        trail.go(Focus(NODE, "value", (i,)))
    count = 0
    while trail.back():
        count += 1
    assert 100 <= count < 250
