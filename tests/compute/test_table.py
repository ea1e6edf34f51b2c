"""The subject row by row: what the table of thirteen systems says must be seen stands in documents of the gallery."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from compute.batches import Order
from compute.document import Document
from compute.explain import Answer, Quantity, Step, Steps, walk
from compute.gallery import load_entry
from compute.optimizers import make_optimizer
from compute.reference import ReferenceRun
from compute.workspace import open_document

D = r"\frac{{\partial L}}{{\partial {}}}".format


def walked(entry_id: str) -> Steps:
    """The walk through the first rows of a document, by wire."""
    document = load_entry(entry_id)
    program = open_document(document, strict=False).program
    trace = ReferenceRun(program).trace(np.arange(min(program.rows, document.training.batch_size)))
    told = document.graph, program.analysis, document.training.loss, trace
    return walk(*told, make_optimizer(document.training.optimizer), granularity="wire")


def answers(steps: Steps, phase: str) -> Iterator[tuple[Step, Answer]]:
    for step in steps:
        if step.phase == phase:
            yield from ((step, answer) for answer in step.answers)


def results(entry_id: str, phase: str) -> dict[str, str]:
    """What the steps of a phase come to, by their titles."""
    return {step.title: answer.result for step, answer in answers(walked(entry_id), phase)}


def ops(document: Document) -> list[str]:
    return [node.op for node in document.graph.nodes.values()]


def test_1_binary_logistic_regression_is_one_unit_sigmoid_and_cross_entropy() -> None:
    document = load_entry("tumours_two_columns")
    assert ops(document) == ["input", "dense", "sigmoid", "target", "binary_cross_entropy"]
    assert document.graph.nodes["z"].params["units"] == 1
    assert document.data["name"] == "breast_cancer"
    forward = results("tumours_two_columns", "forward")
    assert {"Dense z: forward", "Sigmoid p: forward"} <= forward.keys()


def test_2_multiclass_logistic_regression_has_a_unit_for_each_class_and_softmax() -> None:
    written = load_entry("iris_written_out")
    assert "softmax" in ops(written)
    assert load_entry("iris").data["name"] == "iris"
    trace = walked("iris_written_out")[0].facts.trace
    (softmax,) = (node.id for node in written.graph.nodes.values() if node.op == "softmax")
    shares = trace.values[softmax]
    assert shares.shape[1] == 3
    assert shares.sum(axis=1) == pytest.approx(np.ones(len(shares)))


@pytest.mark.parametrize(("entry_id", "outputs"), [("two_layers", 1), ("three_layers", 2)])
def test_3_and_4_every_weight_of_a_network_is_a_number_that_is_asked_about(entry_id: str, outputs: int) -> None:
    steps = walked(entry_id)
    facts = steps[0].facts
    layers = [node.id for node in facts.graph.nodes.values() if node.op == "dense"]
    assert facts.trace.values[layers[-1]].shape[1] == outputs
    for layer in layers:
        answer = next(a for s, a in answers(steps, "forward") if s.node == layer)
        assert "W_{0," in answer.numbers or r"W_{0," in answer.rule  # w₁x₁ + w₂x₂ + b, term by term
        for suffix in ("weight", "bias"):
            assert facts.has(Quantity("weight gradient", layer, suffix))


def test_5_each_weight_has_its_update_which_is_what_a_step_does() -> None:
    document = load_entry("gradient_descent")
    steps = walked("gradient_descent")
    rate = document.training.optimizer["learning_rate"]
    run = ReferenceRun(open_document(document).program)
    rows = steps[0].facts.trace.rows
    before = {name: array.copy() for name, array in run.weights().items()}
    run.train([np.arange(len(rows))], make_optimizer(document.training.optimizer))
    updates = {step.told[0].weight: answer for step, answer in answers(steps, "update")}
    assert updates.keys() == before.keys() == {"w1.value", "w2.value", "b.value"}
    for name, answer in updates.items():
        gradient = steps[0].facts.trace.parameter_grads[name]
        assert answer.value == pytest.approx(float(before[name] - rate * gradient))
        assert answer.value == pytest.approx(float(run.weights()[name]))


def test_6_the_chain_rule_on_log_of_x_squared_has_both_factors_and_their_product() -> None:
    told = {step.told[0].node: answer for step, answer in answers(walked("log_square"), "backward")}
    inner, outer = told["g"], told.get("L")
    assert rf"{D('x')} = " in inner.rule
    assert inner.rule.endswith(r"\frac{1}{x^2} \cdot 2\,x = \frac{2}{x}")
    x = 1.5
    assert inner.numbers.endswith(r"0.4444 \cdot 2(1.5) = 0.4444 \cdot 3 = 1.333")
    assert inner.value == pytest.approx(2 / x)
    assert outer is not None
    assert [part.value for part in inner.parts] == pytest.approx([1 / x**2, 2 * x])


def test_7_every_slope_and_gradient_of_z_2x_plus_y_in_backward_order() -> None:
    steps = list(answers(walked("z_2x_y"), "backward"))
    values = {q: a.item() for q, a in walked("z_2x_y")[0].facts.trace.values.items()}
    z, f = values["z"], values["f"]
    found = {answer.rule.split(" = ")[0]: answer.value for _, answer in steps}
    assert list(found) == [D(name) for name in ("L", "z", "f", "g", "y", "x")]
    assert list(found.values()) == pytest.approx([1, f, z, z, z, 2 * z])
    slopes = {part.name: part.value for _, answer in steps for part in answer.parts[1:]}
    assert slopes["∂f/∂g, the slope of Add f"] == slopes["∂f/∂y, the slope of Add f"] == 1


def test_8_what_is_held_at_each_step_is_listed_with_bytes() -> None:
    steps = walked("memory")
    assert all(each.bytes == 4 * np.prod(each.shape, dtype=int) for step in steps for each in step.stored)
    assert max(steps.memory.planned) == 28680
    assert steps.memory.everything[-1] == 74384


def test_9_vectors_and_matrices() -> None:
    transposed = walked("transpose")[0].facts.trace.values
    assert transposed["bT"].tolist() == [[1, 7, 5]]
    assert transposed["AT"].tolist() == [[6, 1], [2, 5], [3, 7]]
    facts = walked("matrix_playground")[0].facts
    entry = next(a for s, a in answers(walked("matrix_playground"), "forward") if s.node == "CD")
    assert r"\cdot" in entry.numbers
    values = facts.trace.values
    assert values["Ab"].tolist() == [35, 71]
    assert values["CD"].tolist() == [[1, 15], [5, 19], [7, 27]]
    assert facts.analysis.problems["AD"].sentence.endswith("transpose A or exchange them.")
    assert walked("dot_product")[0].facts.trace.loss == 32
    shapes = walked("matrix_shapes")[0].facts.analysis.shapes
    assert [shapes[node] for node in ("A", "B", "AB")] == [(6, 7), (7, 10), (6, 10)]


def test_10_a_batch_as_a_matrix_and_what_is_broadcast() -> None:
    facts = walked("batch_matrix")[0].facts
    assert [facts.analysis.shapes[node] for node in ("X", "W", "b", "Z")] == [("B", 3), (3, 2), (2,), ("B", 2)]
    told = [answer.sentence for _, answer in answers(walked("batch_matrix"), "backward")]
    assert any("b (2) is used for each of the 4 rows, so its gradient is the sum over the rows" in s for s in told)


def test_11_softmax_is_the_exception() -> None:
    sentences = {step.node: answer.sentence for step, answer in answers(walked("activations"), "forward")}
    assert sentences["P"].startswith("Softmax acts on the whole row Z[")
    assert all(sentences[node].split(" takes Z[")[1] for node in ("R", "S", "T"))


def test_12_neuron_by_neuron_is_one_product() -> None:
    values = walked("why_matrices")[0].facts.trace.values
    assert not values["D"].any()


def test_13_batches_are_drawn_from_the_data_one_step_for_each() -> None:
    training = load_entry("mini_batches").training
    rows = open_document(load_entry("mini_batches")).program.rows
    epoch, other = (
        Order(rows, training.batch_size, seed, training.shuffle).batches(0)
        for seed in (training.seed, training.seed + 1)
    )
    assert [len(batch) for batch in epoch] == [16] * 12 + [8]
    assert sorted(np.concatenate(list(epoch)).tolist()) == list(range(200))
    assert epoch[0].tolist() != other[0].tolist()
