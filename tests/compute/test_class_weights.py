"""Weights of classes, label smoothing and a positive weight: PyTorch's numbers on all engines, told and checked."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from compute import latex
from compute.asking.making import making_of
from compute.asking.mistakes import mistakes
from compute.asking.question import question_of
from compute.data.fitted import Fitted
from compute.document import Document, TrainingSettings, dumps, loads
from compute.engine import Program
from compute.errors import GradwireError
from compute.explain import Quantity
from compute.graph import Graph, Node, Wire
from compute.ops import REGISTRY
from compute.optimizers import make_optimizer
from compute.params import weights_value
from compute.reference import ReferenceRun
from compute.state import Progress
from compute.training import Trainer
from compute.workspace import open_document
from tests.compute import board
from tests.compute.explained import Case, case
from tests.compute.programs import assert_close, assert_same_trace, program

Array = npt.NDArray[np.float64]
LOGITS = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.5], [-2.0, 0.0, 1.0], [0.1, 0.2, 0.3]])
CLASSES = np.array([2.0, 0.0, 1.0, 2.0])
CHANCES = np.array([[0.1, 0.2, 0.7], [0.9, 0.1, 0.0], [0.25, 0.5, 0.25], [0.0, 0.0, 1.0]])
WEIGHTS = [0.5, 3.0, 1.25]


def softmax_loss(indexed: bool, settings: dict[str, Any]) -> tuple[float, Array]:
    """As ``cross_entropy`` of PyTorch: nll_loss and the smooth part, or probabilities that are smoothed."""
    logs = LOGITS - np.log(np.exp(LOGITS).sum(axis=1, keepdims=True))
    w, s = np.array(settings.get("class_weights", [1.0, 1.0, 1.0])), settings.get("label_smoothing", 0.0)
    rows, k = range(len(LOGITS)), LOGITS.shape[1]
    if indexed:
        t = CLASSES.astype(int)
        nll = -sum(w[t[i]] * logs[i, t[i]] for i in rows) / sum(w[t[i]] for i in rows)
        smooth = -sum((w * logs[i]).sum() for i in rows) / sum(w[t[i]] for i in rows)
        return float((1 - s) * nll + s / k * smooth), logs
    t = CHANCES * (1 - s) + s / k
    return float(-(logs * t * w).sum() / len(LOGITS)), logs


FORMS: list[dict[str, Any]] = [
    {"class_weights": WEIGHTS},
    {"label_smoothing": 0.1},
    {"class_weights": WEIGHTS, "label_smoothing": 0.25},
    {"label_smoothing": 1.0},
]


def network(settings: dict[str, Any], indexed: bool) -> Program:
    target = {"columns": ["k"], "encoding": "index"} if indexed else {"columns": ["p", "q", "r"]}
    nodes: list[tuple[str, str, dict[str, Any]]] = [
        ("x", "input", {"columns": ["a", "b", "c"]}),
        ("s", "scale", {"factor": 1.0}),
        ("b", "parameter", {"value": [0.0, 0.0, 0.0]}),
        ("z", "add", {}),
        ("t", "target", target),
        ("L", "softmax_cross_entropy", settings),
    ]
    wires = [("x", "s", "x"), ("s", "z", "a"), ("b", "z", "b"), ("z", "L", "prediction"), ("t", "L", "target")]
    return program(nodes, wires, "L", {"x": LOGITS, "t": CLASSES if indexed else CHANCES})


@pytest.mark.parametrize("indexed", [True, False], ids=["numbers", "probabilities"])
@pytest.mark.parametrize("settings", FORMS, ids=str)
def test_the_loss_of_pytorch(settings: dict[str, Any], indexed: bool, request: pytest.FixtureRequest) -> None:
    made = network(settings, indexed)
    trace = ReferenceRun(made).trace(np.arange(4))
    expected, _ = softmax_loss(indexed, settings)
    assert trace.loss == pytest.approx(expected, rel=1e-12)
    for name in ("opencl", "opencl_fused", "opencl_as_gpu"):
        run = request.getfixturevalue(name).open(made)
        assert_same_trace(run.trace(np.arange(4)), trace)
        run.close()
    slopes = []
    for j in range(3):
        moved = dict(made.weights)
        ends = []
        for sign in (1, -1):
            moved["b.value"] = np.eye(3)[j] * sign * 1e-6
            run = ReferenceRun(made)
            run.set_weights(moved)
            ends.append(run.trace(np.arange(4)).loss or 0.0)
        slopes.append((ends[0] - ends[1]) / 2e-6)
    assert_close(trace.parameter_grads["b.value"], slopes, 1e-5, 1e-9, "slope")


def test_training_goes_down_with_weights_in_one_launch(request: pytest.FixtureRequest) -> None:
    made = network({"class_weights": WEIGHTS, "label_smoothing": 0.1}, True)
    sgd = make_optimizer({"name": "sgd", "learning_rate": 0.3})
    batches = [np.array([0, 1]), np.array([2, 3]), np.arange(4)]
    losses = ReferenceRun(made).train(batches, sgd)
    for name in ("opencl", "opencl_fused"):
        run = request.getfixturevalue(name).open(made)
        assert_close(run.train(batches, sgd), losses, 1e-4, 1e-6, name)
        run.close()


@pytest.mark.parametrize("name", ["sigmoid_cross_entropy", "binary_cross_entropy"])
def test_a_positive_weight_is_pos_weight(name: str, request: pytest.FixtureRequest) -> None:
    """BCEWithLogitsLoss in PyTorch; of probabilities the same function."""
    z, t, weight = np.array([[2.0], [-1.5], [0.0], [30.0]]), np.array([[1.0], [0.0], [1.0], [0.25]]), 3.5
    chance = 1 / (1 + np.exp(-z))
    share = 1 + (weight - 1) * t
    expected = ((1 - t) * z + share * (np.log1p(np.exp(-np.abs(z))) + np.maximum(-z, 0))).mean()
    if name == "binary_cross_entropy":
        z = np.clip(chance, 1e-3, 1 - 1e-3)
        expected = -(weight * t * np.log(z) + (1 - t) * np.log1p(-z)).mean()
    nodes: list[tuple[str, str, dict[str, Any]]] = [
        ("x", "input", {"columns": ["a"]}),
        ("s", "scale", {"factor": 1.0}),
        ("t", "target", {"columns": ["k"]}),
        ("L", name, {"positive_weight": weight}),
    ]
    wires = [("x", "s", "x"), ("s", "L", "prediction"), ("t", "L", "target")]
    made = program(nodes, wires, "L", {"x": z, "t": t})
    trace = ReferenceRun(made).trace(np.arange(4))
    assert trace.loss == pytest.approx(float(expected), rel=1e-12)
    for engine in ("opencl", "opencl_fused"):
        run = request.getfixturevalue(engine).open(made)
        assert_same_trace(run.trace(np.arange(4)), trace, 2e-4, 1e-5)
        run.close()
    op = REGISTRY[name]
    for place in (0, 1):
        for row in range(3):
            ends = []
            for sign in (1, -1):
                x = [z.copy(), t.copy()]
                x[place][row] += sign * 1e-6
                ends.append(float(op.forward(x, {}, {"positive_weight": weight})))
            back, _ = op.backward([z, t], {}, {"positive_weight": weight}, np.zeros(()), np.ones(()))
            found = back[place]
            assert found is not None
            assert float(found[row, 0]) == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-4, abs=1e-8)


# -- the explanation --------------------------------------------------------------------------------------------------


def told(settings: dict[str, Any], indexed: bool) -> Case:
    """Probabilities are a parameter, so that a gradient comes back to them."""
    nodes: list[tuple[str, str, dict[str, Any]]]
    if not indexed:
        nodes = [("z", "parameter", {"value": LOGITS}), ("t", "parameter", {"value": CHANCES})]
        return case([*nodes, ("L", "softmax_cross_entropy", settings)], ["z > L.prediction", "t > L.target"], "L")
    nodes = [
        ("x", "input", {"columns": ["a", "b", "c"]}),
        ("z", "scale", {"factor": 1.0}),
        ("t", "target", {"columns": ["k"], "encoding": "index"}),
        ("L", "softmax_cross_entropy", settings),
    ]
    wires = ["x > z.x", "z > L.prediction", "t > L.target"]
    return case(nodes, wires, "L", {"x": LOGITS, "t": CLASSES}, classes={"t": 3})


def assert_told(answer: Any, value: float) -> None:
    """What is written with numbers works out to the number, its terms add up, and it can be drawn."""
    assert answer.value == pytest.approx(value, rel=1e-9)
    for equation in board.sides(answer.numbers):
        for side in equation:
            try:
                found = board.work_out(side)
            except board.Unreadable:
                continue
            assert found == pytest.approx(board.work_out(equation[-1]), rel=4e-3, abs=2e-3), answer.numbers
    for terms in answer.terms:
        lines = terms.make()
        if terms.makes == "L":
            assert float(np.sum(lines.results)) * terms.scale == pytest.approx(value, rel=1e-9)
    for formula in (answer.rule, answer.numbers):
        assert latex.svg(formula).startswith(b"<svg")


@pytest.mark.parametrize("indexed", [True, False], ids=["numbers", "probabilities"])
@pytest.mark.parametrize("settings", FORMS[:3], ids=str)
def test_the_walk_tells_what_counts(settings: dict[str, Any], indexed: bool) -> None:
    known = told(settings, indexed)
    assert_told(known.why(Quantity("value", "L"), ()), known.trace.loss or 0.0)
    assert len(known.why(Quantity("value", "L"), ()).terms) == 1
    for row, column in ((0, 2), (1, 1), (2, 0)):
        wire = Quantity("wire", "L", "prediction")
        answer = known.why(wire, (row, column))
        assert_told(answer, float(known.trace.wire_grads["L", "prediction"][row, column]))
        assert "counts" in answer.sentence
        made = making_of(known.facts, wire, (row, column), answer.value or 0.0)
        assert made.value == pytest.approx(answer.value)
        if "class_weights" in settings:
            assert any(part.name == f"w[{column}], the weight of class {column}" for part in answer.parts)
    if not indexed:
        answer = known.why(Quantity("wire", "L", "target"), (1, 0))
        assert_told(answer, float(known.trace.wire_grads["L", "target"][1, 0]))


def test_a_missing_division_by_weights_is_recognised() -> None:
    known = told({"class_weights": WEIGHTS}, True)
    wire, entry = Quantity("wire", "L", "prediction"), (0, 2)
    right = known.facts.at(wire, entry)
    question = question_of(known.facts, wire, entry, lambda q, e: known.why(q, e), None)
    assert question is not None
    found = {mistake.kind: mistake for mistake in mistakes(question)}
    assert found["share"].value == pytest.approx(right * 6.0)
    assert found["share"].sentence == "The 1/6 is missing: it is a mean over 6 rows, by the weights of their classes."


@pytest.mark.parametrize("name", ["sigmoid_cross_entropy", "binary_cross_entropy"])
def test_the_walk_tells_a_positive_weight(name: str) -> None:
    z = [[0.6], [0.3]] if name == "binary_cross_entropy" else [[0.5], [-1.0]]
    nodes = [
        ("z", "parameter", {"value": z}),
        ("t", "parameter", {"value": [[1.0], [0.0]]}),
        ("L", name, {"positive_weight": 2.5}),
    ]
    known = case(nodes, ["z > L.prediction", "t > L.target"], "L")
    assert_told(known.why(Quantity("value", "L"), ()), known.trace.loss or 0.0)
    for port in ("prediction", "target"):
        for row in (0, 1):
            answer = known.why(Quantity("wire", "L", port), (row, 0))
            assert_told(answer, float(known.trace.wire_grads["L", port][row, 0]))


# -- left to the data -------------------------------------------------------------------------------------------------


def document(**loss: Any) -> Document:
    """Twelve rows of three classes, of which one is rare; four are held back."""
    nodes = [
        Node("x", "input", {"columns": ["a"]}),
        Node("z", "dense", {"units": 3}),
        Node("t", "target", {"columns": ["k"], "encoding": "index"}),
        Node("L", "softmax_cross_entropy", loss),
    ]
    wires = [Wire("x", "z", "x"), Wire("z", "L", "prediction"), Wire("t", "L", "target")]
    kinds = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2]
    data = {"source": "inline", "columns": {"a": list(range(12)), "k": kinds}, "validation_fraction": 0.25}
    return Document("rare", Graph(nodes, wires), data, TrainingSettings("L"))


def test_balanced_weights_are_those_of_the_training_rows_and_are_kept() -> None:
    made = document(class_weights="balanced")
    workspace = open_document(made)
    counts = np.bincount(workspace.program.train["t"].astype(int), minlength=3)
    expected = workspace.program.rows / (3 * counts)
    assert workspace.analysis.settings["L"]["class_weights"] == pytest.approx(expected)
    assert workspace.program.fitted is not None
    assert workspace.program.fitted.balanced["L"] == pytest.approx(expected)
    # After a training they stay, whatever the data holds by now; also without the data.
    run = ReferenceRun(workspace.trained)
    trainer = Trainer(workspace.trained, made.training, run)
    trainer.step_epoch()
    made.progress = trainer.mark().progress
    again = loads(dumps(made, archive=True))
    again.data = {**again.data, "columns": {"a": list(range(12)), "k": [2] * 6 + [1] * 3 + [0] * 3}}
    assert open_document(again).analysis.settings["L"]["class_weights"] == pytest.approx(expected)
    again.progress = None
    assert open_document(again).analysis.settings["L"]["class_weights"] != pytest.approx(expected)


def test_weights_that_do_not_fit_are_refused() -> None:
    with pytest.raises(GradwireError, match="class weights has 2 numbers and the prediction 3 columns"):
        open_document(document(class_weights=[1.0, 2.0]))
    with pytest.raises(GradwireError, match='must be "balanced" or a list of numbers, one for each class'):
        open_document(document(class_weights="rare"))
    with pytest.raises(GradwireError, match="must be made of finite numbers from 0 on"):
        open_document(document(class_weights=[1.0, -2.0, 1.0]))
    with pytest.raises(GradwireError, match=r"label_smoothing must be at most 1"):
        open_document(document(label_smoothing=1.5))
    made = document(class_weights="balanced")
    made.graph = Graph(
        [*made.graph.nodes.values(), Node("i", "identity")],
        [Wire("x", "z", "x"), Wire("z", "L", "prediction"), Wire("t", "i", "x"), Wire("i", "L", "target")],
    )
    with pytest.raises(GradwireError, match="can be balanced only for a target of the data"):
        open_document(made)
    assert weights_value([1, 2]) == (1.0, 2.0)


def test_a_file_with_broken_weights_is_refused() -> None:
    made = document(class_weights="balanced")
    made.progress = Progress(1, 1, fitted=Fitted(balanced={"L": (1.0, 2.0, 3.0)}))
    raw = json.loads(dumps(made, archive=False))
    assert loads(json.dumps(raw).encode()).progress is not None
    raw["trained"]["fitted"]["balanced"]["L"][0] = -1
    with pytest.raises(GradwireError, match=r"trained.fitted.balanced"):
        loads(json.dumps(raw).encode())
