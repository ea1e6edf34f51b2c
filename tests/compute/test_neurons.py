"""Dense layers as neurons: which nodes make a chain, and every number against the trace and the next training step."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest

from compute.analysis import analyse
from compute.boundary import grid
from compute.document import Document
from compute.explain import Facts
from compute.focus import Focus, Subject
from compute.gallery import load_entry
from compute.graph import Graph, Node, Wire
from compute.neurons import (
    Chain,
    Chains,
    Element,
    Numbers,
    beside,
    chain_of,
    element_of,
    entry_of,
    focus_of,
    is_there,
    subject_of,
)
from compute.optimizers import make_optimizer
from compute.reference import ReferenceRun
from compute.worker.job import Job
from compute.workspace import open_document
from tests.compute.test_job import look, small, train


def read(document: Document, node: str, sample: int = 0) -> Numbers:
    """The numbers around a node, as the first step of the training finds them."""
    snapshot = look(Job(document, 1))
    loss = document.training.loss
    chain = chain_of(snapshot.analysis, node, loss)
    assert chain is not None
    facts = Facts(document.graph, snapshot.analysis, loss, snapshot.trace, sample)
    optimizer = make_optimizer(document.training.optimizer)
    return Numbers(chain, facts, optimizer, snapshot.optimizer(optimizer.name), snapshot.categories)


def elements(chain: Chain) -> list[Element]:
    """Every one of a chain."""
    out = [Element("unit", 0, unit) for unit in range(chain.columns[0].units)]
    for c, (before, column) in enumerate(zip(chain.columns, chain.columns[1:], strict=False), 1):
        sources = range(before.units) if column.weight else ()
        out += [Element("weight", c, unit, source) for unit, source in product(range(column.units), sources)]
        out += [Element(kind, c, unit) for kind in ("unit", "bias") for unit in range(column.units)]
    return [each for each in out if is_there(chain, each)]


# -- which nodes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "nodes", "units"),
    [
        ("spiral", [["x"], ["h1", "a1"], ["h2", "a2"], ["z"]], [2, 8, 8, 1]),
        ("mazur_2_2_2", [["x"], ["W1", "h", "a"], ["W2", "o", "out"]], [2, 2, 2]),
        ("batch_matrix", [["X"], ["XW", "Z"]], [3, 2]),
        ("digits", [["x"], ["h", "n", "a", "d"], ["z", "p"]], [64, 64, 10]),
    ],
)
def test_a_chain_is_the_same_from_each_of_its_nodes(entry: str, nodes: list[list[str]], units: list[int]) -> None:
    document = load_entry(entry)
    analysis = open_document(document, strict=False).program.analysis
    wanted = chain_of(analysis, nodes[-1][0], document.training.loss)
    assert wanted is not None
    assert [list(column.nodes) for column in wanted.columns] == nodes
    assert [column.units for column in wanted.columns] == units
    weights = {each.node for c in wanted.columns for each in (c.weight, c.bias) if each is not None}
    for node in analysis.order:
        inside = node in weights or any(node in column for column in nodes)
        assert chain_of(analysis, node, document.training.loss) == (wanted if inside else None), node
        assert (node in wanted) == inside


@pytest.mark.parametrize("entry", ["z_2x_y", "log_square", "dot_product", "matrix_matrix", "gradient_descent"])
def test_what_is_no_layer_is_in_no_chain(entry: str) -> None:
    analysis = open_document(load_entry(entry), strict=False).program.analysis
    assert [node for node in analysis.order if chain_of(analysis, node)] == []


def test_a_chain_ends_where_values_are_added_and_goes_towards_the_loss() -> None:
    document = small()
    graph = document.graph
    tanh = graph.nodes.pop("t")
    for node in (Node("side", "relu"), tanh, Node("skip", "add")):  # what leads aside comes first
        graph.nodes[node.id] = node
    on = graph.wires.pop(("t", "x"))
    for wire in (Wire("h", "side", "x"), on, Wire("t", "skip", "a"), Wire("side", "skip", "b")):
        graph.wires[wire.target, wire.port] = wire
    analysis = open_document(document, strict=False).program.analysis
    towards = chain_of(analysis, "h", "loss")
    aside = chain_of(analysis, "side", "loss")
    assert towards is not None
    assert aside is not None
    assert [column.nodes for column in towards.columns] == [("x",), ("h", "t"), ("z",)]
    assert [column.nodes for column in aside.columns] == [("x",), ("h", "side")]
    assert chain_of(analysis, "skip", "loss") is None


# -- the numbers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", ["xor", "mazur_2_2_2", "batch_matrix", "tumours_two_columns"])
def test_every_weight_moves_next_as_it_is_said(entry: str) -> None:
    document = load_entry(entry)
    numbers = read(document, _layer(document))
    program = open_document(document, strict=False).program
    run = ReferenceRun(program)
    run.set_weights(numbers.facts.trace.parameters)
    rows = numbers.facts.trace.rows
    trace = run.trace(rows)
    run.train([rows], make_optimizer(document.training.optimizer))
    after = run.weights()
    weights = [element for element in elements(numbers.chain) if element.kind != "unit"]
    assert weights
    for element in weights:
        reading, at, name = (
            numbers.weight(element),
            entry_of(numbers.facts, numbers.chain, element),
            _name(numbers, element),
        )
        assert reading is not None
        assert reading.value == trace.parameters[name][at]
        assert reading.gradient == pytest.approx(trace.parameter_grads[name][at], rel=1e-12)
        trained = program.analysis.parameters[name][1].trainable
        assert (reading.change is not None) == trained
        if reading.change is not None:
            assert reading.value + reading.change == pytest.approx(after[name][at], rel=1e-12)


def _layer(document: Document) -> str:
    analysis = open_document(document, strict=False).program.analysis
    return next(node for node in analysis.order if chain_of(analysis, node, document.training.loss))


def _name(numbers: Numbers, element: Element) -> str:
    return subject_of(numbers.chain, element).asks(numbers.facts.graph, "value").weight


def test_a_neuron_says_its_sum_what_comes_of_it_and_both_gradients() -> None:
    numbers = read(load_entry("spiral"), "h2", sample=5)
    trace = numbers.facts.trace
    reading = numbers.unit(Element("unit", 2, 3))
    assert reading is not None
    assert reading.steps == (("h2", trace.values["h2"][5, 3]), ("a2", trace.values["a2"][5, 3]))
    assert reading.value == np.tanh(reading.steps[0][1])
    assert (reading.gradient, reading.sum_gradient) == (trace.grads["a2"][5, 3], trace.grads["h2"][5, 3])
    weighted = trace.values["a1"][5] @ numbers.weights(2)[:, 3]  # type: ignore[index]
    assert reading.steps[0][1] == pytest.approx(weighted + numbers.biases(2)[3])  # type: ignore[index]


def test_a_bias_that_is_one_number_for_all_says_so_and_stands_at_each() -> None:
    document = load_entry("mazur_2_2_2")
    document.graph.nodes["b1"] = Node("b1", "parameter", {"value": 0.35})
    document.weights = {name: value for name, value in document.weights.items() if name != "b1.value"}
    document.initial = {}
    numbers = read(document, "a")
    biases = [numbers.weight(Element("bias", 1, unit)) for unit in range(2)]
    assert biases[0] == biases[1]
    assert biases[0] is not None
    assert biases[0].shared
    assert biases[0].value == 0.35
    assert numbers.biases(1).tolist() == [0.35, 0.35]  # type: ignore[union-attr]


def test_what_training_does_not_change_has_no_next_step() -> None:
    document = small()
    document.graph.nodes["h"] = Node("h", "dense", {"units": 4, "trainable": False})
    reading = read(document, "h").weight(Element("weight", 1, 0, 0))
    assert reading is not None
    assert reading.change is None


def test_inputs_and_outputs_have_the_names_that_the_data_give() -> None:
    iris = read(load_entry("iris"), "z")
    assert iris.names(0)[:2] == ("sepal length", "sepal width")
    assert iris.names(1) == ("setosa", "versicolor", "virginica")
    assert iris.title(Element("weight", 1, 1, 0)) == "sepal length → versicolor"
    spiral = read(load_entry("spiral"), "z")
    assert spiral.names(1) == ()
    assert spiral.title(Element("bias", 2, 4)) == "Bias of h2 4"
    value = spiral.facts.trace.values["z"][0, 0]
    assert spiral.answers is not None
    assert spiral.answers.tolist() == [pytest.approx(1 / (1 + np.exp(-value)))]


# -- which number each asks about -------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", ["spiral", "mazur_2_2_2", "batch_matrix"])
def test_what_an_element_asks_about_is_found_again_as_that_element(entry: str) -> None:
    numbers = read(load_entry(entry), _layer(load_entry(entry)), sample=0)
    facts, chain = numbers.facts, numbers.chain
    for element in elements(chain):
        found = element_of(facts, chain, focus_of(facts, chain, element))
        shared = element.kind == "bias" and facts.array(subject_of(chain, element).asks(facts.graph, "value")).size == 1
        assert found == (element._replace(unit=0) if shared else element)


def test_a_focus_from_elsewhere_is_found_on_its_neuron() -> None:
    numbers = read(load_entry("spiral"), "h1", sample=2)
    facts, chain = numbers.facts, numbers.chain
    for focus, wanted in (
        (Focus(Subject("node", "h1"), "gradient", (2, 5)), Element("unit", 1, 5)),
        (Focus(Subject("wire", "h2", "x"), "gradient", (2, 4)), Element("unit", 1, 4)),
        (Focus(Subject("weight", "z", "weight"), "update", (6, 0)), Element("weight", 3, 0, 6)),
        (Focus(Subject("node", "loss"), "value", ()), None),
        (Focus(Subject("node", "y"), "value", (2, 0)), None),
    ):
        assert element_of(facts, chain, focus) == wanted


def test_arrows_go_from_neuron_to_line_to_neuron_and_along_the_lines_of_one() -> None:
    chain = read(load_entry("spiral"), "h1").chain
    onto, held = beside(chain, Element("unit", 1, 2), "right", (1, 6))
    assert (onto, held) == (Element("weight", 2, 6, 2), "source")
    assert beside(chain, onto, "down", (0, 0), held)[0] == Element("weight", 2, 7, 2)
    assert beside(chain, Element("weight", 2, 7, 2), "down", (0, 0), held)[0] == Element("weight", 2, 7, 2)
    assert beside(chain, onto, "right", (0, 0), held)[0] == Element("unit", 2, 6)
    back, held = beside(chain, Element("unit", 1, 2), "left", (1, 6))
    assert (back, held) == (Element("weight", 1, 2, 1), "unit")
    assert beside(chain, back, "up", (0, 0), held)[0] == Element("weight", 1, 2, 0)
    assert beside(chain, back, "down", (0, 0), held)[0] == Element("bias", 1, 2)
    assert beside(chain, Element("bias", 1, 2), "up", (0, 0))[0] == Element("weight", 1, 2, 1)
    assert beside(chain, Element("bias", 1, 2), "right", (0, 0))[0] == Element("unit", 1, 2)
    assert beside(chain, Element("unit", 0, 0), "up", (0, 0))[0] == Element("unit", 0, 0)
    assert beside(chain, Element("unit", 3, 0), "right", (0, 0))[0] == Element("unit", 3, 0)


# -- maps ------------------------------------------------------------------------------------------------------------


def test_each_neuron_has_a_map_of_what_it_gives_over_the_two_inputs() -> None:
    job = Job(small(), 1, {"trace", "neurons"})
    job.map_nodes = ("x", "t", "z")
    train(job, 2)
    snapshot = look(job)
    maps = snapshot.neurons
    assert maps is not None
    size = len(maps.values["t"])
    assert {node: values.shape for node, values in maps.values.items()} == {
        "x": (size, size, 2),
        "t": (size, size, 4),
        "z": (size, size, 1),
    }
    low, high = zip(maps.plane.x, maps.plane.y, strict=True)
    points = grid(np.array(low), np.array(high), size)
    np.testing.assert_allclose(maps.values["x"].reshape(-1, 2), points)
    w = snapshot.weights
    hidden = np.tanh(points @ w["h.weight"] + w["h.bias"])
    np.testing.assert_allclose(maps.values["t"].reshape(-1, 4), hidden, rtol=1e-9)
    np.testing.assert_allclose(maps.values["z"].reshape(-1, 1), hidden @ w["z.weight"] + w["z.bias"], rtol=1e-9)
    one = maps.of("t", 2)
    assert one.neuron
    assert np.array_equal(one.answer, maps.values["t"][:, :, 2])
    assert one.labels.tolist() == [0, 1, 1, 0, 0, 1, 1, 0]


def test_no_maps_are_computed_unless_somebody_sees_them_and_there_are_two_inputs() -> None:
    job = Job(small(), 1, {"trace"})
    job.map_nodes = ("t",)
    assert look(job).neurons is None
    job.parts = frozenset({"trace", "neurons"})
    assert look(job).neurons is not None
    job.map_nodes = ("gone", "loss", "y")
    assert look(job).neurons is None
    iris = Job(load_entry("iris"), 1, {"trace", "neurons"})
    iris.map_nodes = ("z",)
    assert look(iris).neurons is None


def test_a_chain_of_a_thousand_nodes_is_found_once_from_its_beginning() -> None:
    nodes = [Node("x", "parameter", {"value": [[1.0, 2.0]]})]
    nodes += [Node(f"n{i}", "dense" if i % 2 else "tanh", {"units": 2} if i % 2 else {}) for i in range(1000)]
    wires = [Wire(a.id, b.id, "x") for a, b in pairwise(nodes)]
    chains = Chains(analyse(Graph(nodes, wires)), "")
    first = chains.of("x")
    assert first is not None
    assert len(first.columns) == 501
    assert all(chains.of(node.id) is first for node in nodes)
