"""Where a number goes, against what changes when it does."""

from __future__ import annotations

import numpy as np
import pytest

from compute.explain import Facts
from compute.explain.reach import goes_into
from compute.gallery import load_entry
from compute.reference import ReferenceRun
from compute.workspace import open_document
from tests.compute.explained import case


def facts_of(entry_id: str) -> Facts:
    document = load_entry(entry_id)
    program = open_document(document, strict=False).program
    trace = ReferenceRun(program).trace(np.arange(min(program.rows, 3)))
    return Facts(document.graph, program.analysis, document.training.loss, trace)


def changed(facts: Facts, target: str, port: str, entry: tuple[int, ...]) -> np.ndarray:
    """Which entries of a node's value are others when an entry at one of its ports is."""
    op, values = facts.op(target), facts.trace.values
    inputs = [values[source].astype(float) for source in facts.analysis.sources[target]]
    weights = {s: facts.trace.parameters[name] for s, name in facts.analysis.weights_of(target).items()}
    before = op.forward(inputs, weights, facts.settings(target))
    place = op.ports.index(port)
    inputs[place] = inputs[place].copy()
    inputs[place][entry] += 4.0  # further than any kink
    return np.asarray(before != op.forward(inputs, weights, facts.settings(target)))


@pytest.mark.parametrize(
    "entry_id", ["activations", "matrix_playground", "batch_matrix", "why_matrices", "xor", "iris", "transpose"]
)
def test_exactly_what_depends_on_a_number_is_where_it_goes(entry_id: str) -> None:
    facts = facts_of(entry_id)
    for node, array in facts.trace.values.items():
        for entry in list(np.ndindex(array.shape))[:9]:
            told = goes_into(facts, node, entry)
            for target, port in facts.feeds(node):
                if target not in facts.trace.values or facts.op(target).role == "loss":
                    continue
                found = np.zeros(facts.trace.values[target].shape, bool)
                for part in told:
                    if part.of is not None and part.of.node == target:
                        found[tuple(slice(None) if i is None else i for i in part.entry)] = True
                depends = changed(facts, target, port, entry)
                assert (found >= depends).all(), (node, entry, target)
                assert (found == depends).all() or facts.op(target).name in ("relu", "multiply", "matmul", "dense")


def test_an_activation_takes_an_entry_and_softmax_the_row() -> None:
    told = goes_into(facts_of("activations"), "Z", (1, 2))
    assert [(part.name, part.entry) for part in told] == [
        ("R[1, 2]", (1, 2)), ("S[1, 2]", (1, 2)), ("T[1, 2]", (1, 2)), ("P[1, ·]", (1, None)),
    ]  # fmt: skip
    assert [part.value for part in told[:1]] == [3.0]
    assert told[3].value is None


def test_what_is_broadcast_goes_into_every_row_and_a_matrix_product_into_a_row_or_column() -> None:
    facts = facts_of("batch_matrix")
    assert [part.entry for part in goes_into(facts, "b", (1,))] == [(None, 1)]
    assert [part.entry for part in goes_into(facts, "X", (2, 0))] == [(2, None)]
    assert [part.entry for part in goes_into(facts, "W", (2, 1))] == [(None, 1)]


def test_a_node_wired_twice_is_named_for_each_place_once() -> None:
    both = case([("x", "parameter", {"value": [[1.0, 2.0], [3.0, 4.0]]}), ("y", "matmul")], ["x > y.a", "x > y.b"], "")
    facts = Facts(both.graph, both.analysis, "", both.trace)
    assert [part.entry for part in goes_into(facts, "x", (0, 1))] == [(0, None), (None, 1)]


def test_a_loss_depends_on_everything() -> None:
    assert [(part.name, part.entry) for part in goes_into(facts_of("xor"), "z", (0, 0))] == [("loss", ())]
