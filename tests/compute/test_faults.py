"""Where a training stops by itself: node, row, step, what went in, the likely cause, and what would mend it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from compute.document import Document, TrainingSettings, Watch
from compute.edits import Editor
from compute.errors import GradwireError
from compute.focus import Subject
from compute.gallery import load_entry
from compute.graph import Graph, Node, Wire
from compute.reference import ReferenceEngine
from compute.training import Trainer
from compute.watches.applied import applied
from compute.watches.fault import Fault, TrainingStopped
from compute.workspace import open_document

SGD = {"name": "sgd", "learning_rate": 0.01}


def document(
    op: str, x: list[float], params: dict[str, Any] | None = None, *, loss: str = "mean", **training: Any
) -> Document:
    """x → op → mean, one row a step in the order of the file, and a weight that is trained beside it."""
    nodes = [
        Node("x", "input", {"columns": ["x"]}),
        Node("f", op, params or {}),
        Node("m", loss),
        Node("w", "parameter", {"value": 1.0}),
        Node("L", "multiply"),
    ]
    wires = [Wire("x", "f", "x"), Wire("f", "m", "x"), Wire("m", "L", "a"), Wire("w", "L", "b")]
    settings = TrainingSettings("L", SGD, 1, 3, shuffle=False)
    data = {"source": "inline", "columns": {"x": x}}
    return Document("t", Graph(nodes, wires), data, replace(settings, **training))


def stopped(given: Document) -> Fault:
    workspace = open_document(given)
    program = workspace.trained
    trainer = Trainer(program, given.training, ReferenceEngine().open(program))
    trainer.watch(applied(given.watches, given.graph, program).checks)
    before: dict[str, Any] = {}

    def train() -> None:
        while not trainer.finished:
            before.update(trainer.run.weights())
            trainer.step_batch()

    with pytest.raises(TrainingStopped) as stop:
        train()
    fault = stop.value.fault
    assert trainer.step == fault.step - 1
    for name, weight in trainer.run.weights().items():
        np.testing.assert_array_equal(weight, before[name])
    assert str(stop.value).startswith("Training stopped: ")
    assert len(str(stop.value)) <= 300
    return fault


@pytest.mark.parametrize(
    ("op", "params", "bad", "cause"),
    [
        ("log", None, -2.0, "log of a negative number"),
        ("log", None, 0.0, "log of 0"),
        ("sqrt", None, -1.0, "root of a negative number"),
        ("exp", None, 1e3, "overflow"),
        ("power", {"exponent": 0.5}, -1.0, "power of a negative number"),
        ("power", {"exponent": -1.0}, 0.0, "power of 0"),
    ],
)
def test_an_op_outside_of_its_range_is_named_with_row_step_and_what_went_in(
    op: str, params: dict[str, Any] | None, bad: float, cause: str
) -> None:
    fault = stopped(document(op, [1.0, 2.0, bad, 4.0], params))
    assert (fault.place.of, fault.row, fault.step) == (("value", "f", ""), 2, 3)
    assert [(went.name, went.value) for went in fault.place.went] == [("x", bad)]
    assert fault.cause.name == cause
    assert "the value of f in row 2 (x = " in fault.sentence()
    assert fault.focus.subject == Subject("node", "f")
    assert fault.problem().remedy is not None


def test_an_infinite_slope_stops_before_the_weights_are_spoilt() -> None:
    nodes = [Node("x", "input", {"columns": ["x"]}), Node("w", "parameter", {"value": 1.0}), Node("p", "multiply")]
    nodes += [Node("q", "sqrt"), Node("L", "mean")]
    wires = [Wire("x", "p", "a"), Wire("w", "p", "b"), Wire("p", "q", "x"), Wire("q", "L", "x")]
    data = {"source": "inline", "columns": {"x": [1.0, 4.0, 9.0, 0.0]}}
    fault = stopped(Document("t", Graph(nodes, wires), data, TrainingSettings("L", SGD, 2, 1, shuffle=False)))
    assert (fault.place.of, fault.row, fault.step) == (("wire", "q", "x"), 3, 2)
    assert fault.cause.name == "slope of a root at 0"
    assert "a gradient became inf at step 2" in fault.sentence()


def test_no_probability_offers_the_loss_that_takes_any_number() -> None:
    given = document("scale", [0.5, 0.2, 1.5], {"factor": 1.0})
    given.graph = Graph(
        [*(n for n in given.graph.nodes.values() if n.id in "xf"), Node("L", "binary_cross_entropy"),
         Node("t", "target", {"columns": ["t"]}), Node("w", "parameter", {"value": 1.0}), Node("p", "multiply")],
        [Wire("x", "f", "x"), Wire("f", "p", "a"), Wire("w", "p", "b"), Wire("p", "L", "prediction"),
         Wire("t", "L", "target")],
    )  # fmt: skip
    given.data = {"source": "inline", "columns": {"x": [0.5, 0.2, 1.5], "t": [0, 1, 0]}}
    fault = stopped(given)
    assert (fault.place.of.node, fault.row, fault.step, fault.cause.name) == ("L", 2, 3, "no probability")
    edit = Editor(given).mend(fault.problem().remedy)
    assert edit is not None
    edit.apply(given)
    assert given.graph.nodes["L"].op == "sigmoid_cross_entropy"


def test_a_rate_that_is_too_large_is_told_by_how_the_loss_grew() -> None:
    given = load_entry("one_neuron")
    given.training = replace(given.training, optimizer={"name": "sgd", "learning_rate": 1e20}, epochs=50)
    fault = stopped(given)
    assert fault.cause.name == "learning rate"
    assert "the loss grew from " in fault.sentence()
    assert "the learning rate of 1e+20 is too large; set it to 0.3" in fault.sentence()
    edit = Editor(given).mend(fault.problem().remedy)
    assert edit is not None
    edit.apply(given)
    assert given.training.optimizer == {"name": "sgd", "learning_rate": 0.3}
    clip = Editor(given).mend(fault.problem().others[1])
    assert clip is not None
    clip.apply(given)
    assert given.training.clip_norm == 1.0


def test_large_inputs_are_to_be_standardised_before_a_usual_rate_is_blamed() -> None:
    given = document("square", [900.0, 1200.0], epochs=60)
    given.graph = Graph(
        [Node("x", "input", {"columns": ["x"]}), Node("t", "target", {"columns": ["t"]}),
         Node("h", "dense", {"units": 1}), Node("L", "mean_squared_error")],
        [Wire("x", "h", "x"), Wire("h", "L", "prediction"), Wire("t", "L", "target")],
    )  # fmt: skip
    given.data = {"source": "inline", "columns": {"x": [900.0, 1200.0], "t": [1.0, 2.0]}}
    fault = stopped(given)
    assert fault.cause.name == "inputs"
    edit = Editor(given).mend(fault.problem().remedy)
    assert edit is not None
    edit.apply(given)
    assert given.data["standardize"] is True


def test_dead_units_are_named_with_what_would_wake_them() -> None:
    given = load_entry("spiral")
    given.graph = Graph(
        [replace(n, op="relu") if n.id == "a1" else n for n in given.graph.nodes.values()],
        list(given.graph.wires.values()),
    )
    given.initial = {"h1.bias": np.array([-50.0] * 6 + [0.0, 0.0])}
    given.weights = dict(given.initial)
    given.watches = (Watch(Subject("node", "a1"), "value", "dead_above", 0.5),)
    fault = stopped(given)
    assert (fault.step, fault.row, fault.cause.name) == (1, None, "dead units")
    assert fault.place.entry[1] == 0
    assert "as 75% of its units are 0 in every row of the batch, above 50%, at step 1" in fault.sentence()
    assert fault.check is not None
    edit = Editor(given).mend(fault.problem().remedy)
    assert edit is not None
    edit.apply(given)
    assert given.graph.nodes["a1"].op == "leaky_relu"


def test_a_weight_that_was_given_as_no_number_is_named() -> None:
    given = load_entry("spiral")
    given.weights = given.initial = {"h2.bias": np.array([0.0] * 5 + [np.nan] + [0.0] * 2)}
    fault = stopped(given)
    assert (fault.place.of, fault.place.entry, fault.step) == (("weight", "h2", "bias"), (5,), 1)
    assert "h2.bias was given as no number" in fault.sentence()


def test_what_the_last_update_did_is_found_without_a_step_after_it() -> None:
    given = load_entry("spiral")
    given.training = replace(given.training, epochs=1, batch_size=400)
    given.watches = (Watch(Subject("weight", "h1", "weight"), "value", "change_above", 1e-6),)
    workspace = open_document(given)
    trainer = Trainer(workspace.trained, given.training, ReferenceEngine().open(workspace.trained))
    trainer.watch(applied(given.watches, given.graph, workspace.trained).checks)
    with pytest.raises(GradwireError, match=r"the norm of its change is .* above 1e-06, after step 1; "):
        trainer.step_batch()
    assert trainer.step == 1
