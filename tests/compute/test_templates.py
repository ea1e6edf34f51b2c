"""Networks made of a few words: what is understood, what fits the data, and what is said of the rest."""

from __future__ import annotations

import pytest

from compute.data import load_table
from compute.document import Document, TrainingSettings
from compute.errors import GradwireError
from compute.gallery import load_entry
from compute.ops import REGISTRY
from compute.templates import NO_DATA, TEMPLATES, Given, Network, given, network
from compute.workspace import open_document

SPIRAL = Given(("x1", "x2"), ("label",), 2)
IRIS = Given(("a", "b", "c", "d"), ("species",), 3, True)
ALIKE = Given(("a", "b", "c", "d"), ("species",), 1, True)
HOUSES = Given(("area", "age"), ("price",))


def ops(made: Network) -> list[str]:
    return [node.op for node in made.graph.nodes.values()]


def feeds(made: Network) -> set[tuple[str, str, str]]:
    return {(wire.source, *wire.key) for wire in made.graph.wires.values()}


def test_sizes_and_an_activation_make_a_wired_network_with_loss_and_target() -> None:
    made = network("2-8-1 tanh", SPIRAL)
    assert ops(made) == ["input", "dense", "tanh", "dense", "target", "sigmoid_cross_entropy"]
    assert feeds(made) == {
        ("x", "h", "x"), ("h", "a", "x"), ("a", "z", "x"), ("z", "loss", "prediction"), ("y", "loss", "target")
    }  # fmt: skip
    nodes = made.graph.nodes
    assert nodes["x"].params == {"columns": ["x1", "x2"]}
    assert nodes["y"].params == {"columns": ["label"], "encoding": "value"}
    assert nodes["h"].params == {"units": 8}
    assert made.loss == "loss"
    assert made.sentence == "dense 2→8 tanh → dense 8→1 → sigmoid cross-entropy, with 33 weights"
    assert (made.needs, made.name) == ("", "2-8-1 tanh")


def test_the_sentence_of_the_example() -> None:
    made = network("30-16-8-1 relu", Given(tuple(f"m{i}" for i in range(30)), ("malignant",), 2))
    assert made.sentence == ("dense 30→16 relu → dense 16→8 relu → dense 8→1 → sigmoid cross-entropy, with 641 weights")
    assert made.needs == ""


@pytest.mark.parametrize(
    ("text", "data", "loss", "encoding"),
    [
        ("4-3", IRIS, "softmax_cross_entropy", "index"),
        ("2-1", SPIRAL, "sigmoid_cross_entropy", "value"),
        ("2-2", SPIRAL, "softmax_cross_entropy", "index"),
        ("2-1", HOUSES, "mean_squared_error", "value"),
        ("2-1 mae", HOUSES, "mean_absolute_error", "value"),
        ("2-1 huber", HOUSES, "huber", "value"),
        ("2-4-2", Given(("a", "b"), ("u", "v")), "mean_squared_error", "value"),
        ("5-1", NO_DATA, "sigmoid_cross_entropy", "value"),
        ("5-3", NO_DATA, "softmax_cross_entropy", "index"),
        ("5-3 mse", NO_DATA, "mean_squared_error", "value"),
    ],
)
def test_the_loss_fits_the_target(text: str, data: Given, loss: str, encoding: str) -> None:
    made = network(text, data)
    assert made.graph.nodes[made.loss].op == loss
    assert made.graph.nodes["y"].params["encoding"] == encoding


def test_what_is_between_layers_and_behind_the_output() -> None:
    made = network("784 – 128 → 10 relu softmax dropout 20% batch norm", NO_DATA)
    assert ops(made)[:6] == ["input", "dense", "batch_norm", "relu", "dropout", "dense"]
    assert made.graph.nodes["d"].params == {"rate": 0.2}
    # The loss takes scores; the probabilities stand beside it.
    assert {("z", "p", "x"), ("z", "loss", "prediction")} <= feeds(made)
    assert "dense 784→128 batch norm relu dropout 0.2 → dense 128→10 softmax → softmax" in made.sentence
    inline = network("2-4-1 relu tanh", HOUSES)
    assert ("p", "loss", "prediction") in feeds(inline)
    assert inline.graph.nodes["p"].op == "tanh"


def test_without_a_hidden_layer_the_activation_is_of_the_output() -> None:
    assert ops(network("2-1 tanh", HOUSES))[:3] == ["input", "dense", "tanh"]
    assert ("z", "loss", "prediction") in feeds(network("2-1 sigmoid", SPIRAL))


@pytest.mark.parametrize("op", [op for op in REGISTRY.values() if op.group in ("activation", "regularisation", "loss")])
@pytest.mark.parametrize("spelled", ["name", "title"])
def test_every_op_that_may_be_named_is_understood(op: object, spelled: str) -> None:
    made = network(f"2-4-1 {getattr(op, spelled)}", SPIRAL)
    assert getattr(op, "name") in ops(made)  # noqa: B009


@pytest.mark.parametrize(
    ("text", "data", "needs"),
    [
        ("30-16-1", SPIRAL, "The data has 2 input columns: begin with 2, or choose 30 in x."),
        ("4-2", IRIS, 'The column "species" has 3 classes: end in 3.'),
        ("4-1", ALIKE, 'The column "species" is the same in every row; a network has nothing to tell apart.'),
        ("2-3", HOUSES, "The target has 1 column: end in 1, or choose 3 in y."),
        ("30-1", NO_DATA, "30 columns for x, and what y is to be."),
    ],
)
def test_what_does_not_fit_the_data_is_said_and_left_open(text: str, data: Given, needs: str) -> None:
    made = network(text, data)
    assert made.needs == needs
    assert [] in [made.graph.nodes[i].params["columns"] for i in ("x", "y")]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Write the sizes of the layers with dashes between them, such as 2-8-8-1 tanh."),
        ("relu", "Write the sizes of the layers with dashes between them, such as 2-8-8-1 tanh."),
        ("4", "One size is no network; write at least that of the input and that of the output, as in 4-1."),
        ("2-0-1", "0 is no size of a layer; write a number from 1 to 100,000."),
        ("2-99999999999-1", "99999999999 is no size of a layer; write a number from 1 to 100,000."),
        ("2-8-1 rellu", "“rellu” is not understood; did you mean "),
        ("2-8-1 sometimes", "“sometimes” is not understood; write an activation, dropout, a norm or a loss"),
        ("2-8-1 dropout 2", "Dropout 2: its rate must be at most 0.999."),
        ("2-8-1 relu tanh gelu", "GELU is a third activation; write one for the hidden layers and one for"),
        ("-".join(["2"] * 61), "61 layers are too many; write at most 60."),
        ("2-x-1", "x stands for the inputs and comes first, y for the outputs and comes last."),
    ],
)
def test_what_is_not_understood_is_said_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(GradwireError) as caught:
        network(text, SPIRAL)
    assert str(caught.value).startswith(sentence)
    assert str(caught.value)[-1] in ".?"


def test_named_templates() -> None:
    assert network("logistic regression", IRIS).sentence.startswith("dense 4→3 → softmax cross-entropy")
    assert network("Logistic  Regression", SPIRAL).sentence.startswith("dense 2→1 → sigmoid cross-entropy")
    for text, data, layer in (
        ("logistic regression 3", IRIS, "4→3"),  # its classes
        ("logistic regression 4", IRIS, "4→3"),  # its inputs
        ("logistic regression 3", SPIRAL, "3→1"),
        ("logistic regression 3", NO_DATA, "3→1"),
        ("logistic regression y", IRIS, "4→3"),
    ):
        assert network(text, data).sentence.startswith(f"dense {layer} → "), text
    assert network("logistic regression 3", SPIRAL).needs.startswith("The data has 2 input columns: begin with 2")
    mirror = network("autoencoder 8-2-8 tanh", IRIS)
    assert "target" not in ops(mirror)
    assert ("x", "loss", "target") in feeds(mirror)
    assert mirror.sentence.startswith("dense 4→8 tanh → dense 8→2 tanh → dense 2→8 tanh → dense 8→4 → mean squared")
    branches = network("two branches 8-6", SPIRAL)
    joined = next(n.id for n in branches.graph.nodes.values() if n.op == "concat")
    assert len([1 for source, node, _ in feeds(branches) if source == "x"]) == 2
    assert len([1 for _, node, _ in feeds(branches) if node == joined]) == 2


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("example", ["spiral", "iris", "tumours", "digits"])
def test_every_template_trains_on_data_of_the_gallery(name: str, example: str) -> None:
    entry = load_entry(example)
    data = given(entry, load_table(entry.data, None))
    text = TEMPLATES[name].title + (" x-8-y" if name == "layers" else "")
    made = network(text, data)
    document = Document(graph=made.graph, data=entry.data, training=TrainingSettings(made.loss))
    workspace = open_document(document)  # strict: any problem is an error
    assert workspace.program.loss == made.loss
    assert made.needs == ""


def test_the_columns_are_those_of_the_documents_nodes() -> None:
    entry = load_entry("tumours_two_columns")
    data = given(entry, load_table(entry.data, None))
    chosen = [node for node in entry.graph.nodes.values() if node.op == "input"]
    assert list(data.inputs) == chosen[0].params["columns"]
    entry.graph.nodes.clear()
    assert len(given(entry, load_table(entry.data, None)).inputs) == 30
    assert given(entry, None) is NO_DATA


def test_ids_are_free_in_the_graph_that_it_comes_to() -> None:
    entry = load_entry("spiral")
    made = network("2-4-1", SPIRAL, entry.graph.free_ids())
    assert not made.graph.nodes.keys() & entry.graph.nodes.keys()
    assert made.loss in made.graph.nodes
