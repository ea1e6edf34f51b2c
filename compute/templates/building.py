"""A network made of what a person typed and of the data there is."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from compute.analysis import analyse
from compute.errors import GradwireError
from compute.graph import Graph, Node
from compute.numbers_text import count_text
from compute.ops import REGISTRY
from compute.templates.answer import SQUARES, Answer, answer, loss_title, outputs_for, probability
from compute.templates.given import Given
from compute.templates.grammar import Wish, parse
from compute.templates.making import Making
from compute.templates.registry import TEMPLATES, Template


@dataclass(frozen=True, slots=True)
class Network:
    """graph: its nodes and wires, none of which has a place; loss: the node to minimise; sentence: what it is; needs:
    what it wants of the data that the data does not give, "" for nothing; name: for a document with nothing else."""

    graph: Graph
    loss: str
    sentence: str
    needs: str
    name: str


def network(text: str, data: Given, free: Callable[[str], str] | None = None) -> Network:
    """The network that a text asks for, for some data. ``free``: gives ids that are not taken.

    Errors: GradwireError with a sentence on what is not understood, or cannot be.
    """
    wish = parse(text, {template.title: template.name for template in TEMPLATES.values()})
    template = TEMPLATES[wish.template or "layers"]
    sizes = _sizes(template, wish, data)
    if len(sizes) == 2 and not wish.output:
        wish = replace(wish, output=wish.hidden)  # there is no hidden layer that it could be of
    fits = not data.inputs or len(data.inputs) == sizes[0]
    making = Making(wish, sizes, data.inputs if fits else (), free or Graph().free_ids())
    prediction = template.make(making)
    if template.mirrors:
        found, needs = Answer(wish.loss or SQUARES), ""
    else:
        found = answer(data, sizes[-1], wish.loss, wish.output)
        needs = found.needs
    prediction = _output(making, prediction, found.loss, wish.output)
    loss = _loss(making, prediction, found, mirrors=template.mirrors)
    if not fits:
        needs = _inputs_needed(data, sizes[0]) + (f"; {needs}" if needs else "")
    elif not data.known:
        needs = f"{_columns(sizes[0])} for x" + ("" if template.mirrors else ", and what y is to be")
    making.graph.unplaced = frozenset(making.graph.nodes)
    name = template.title if wish.template else _joined(sizes, text)
    sentence = f"{' → '.join(making.told)} → {loss_title(found.loss)}, with {_weights(making.graph, sizes[0])}"
    return Network(making.graph, loss, sentence, _sentence(needs), name[:1].upper() + name[1:80])


def _sizes(template: Template, wish: Wish, data: Given) -> list[int]:
    """The sizes of all layers, with numbers for what the data decides."""
    wanted = wish.sizes or template.sizes
    if template.name == "two_branches" or (template.mirrors and wanted[0] != "x"):
        # What is typed is between input and output.
        wanted = ("x", *wanted, "x" if template.mirrors else "y")
    if len(wanted) == 1 and template.sizes == ("x", "y"):
        wanted = _both_ends(wanted[0], data)
    if len(wanted) < 2:
        raise GradwireError(
            "One size is no network; write at least that of the input and that of the output, as in 4-1."
        )
    if any(size == "x" for size in wanted[1:-1]) or any(size == "y" for size in wanted[:-1]):
        raise GradwireError("x stands for the inputs and comes first, y for the outputs and comes last.")
    if "x" in wanted and not data.inputs:
        raise GradwireError(
            f"{template.title.capitalize()}: how many inputs there are is not known without data; choose some first."
        )
    known = {"x": len(data.inputs), "y": outputs_for(data)}
    return [known[size] if isinstance(size, str) else size for size in wanted]


def _both_ends(size: int | str, data: Given) -> tuple[int | str, ...]:
    """Of a network without hidden layers of which one size is said: that of its outputs where it is what the data wants
    there and not what it has as inputs, else that of its inputs."""
    if isinstance(size, str):
        return "x", "y"
    outputs = bool(data.inputs) and size == outputs_for(data) and size != len(data.inputs)
    return ("x", size) if outputs else (size, "y")


def _output(making: Making, prediction: str, loss: str, output: str) -> str:
    """The activation that was asked for at the output: before the loss, or beside one that takes scores."""
    if not output:
        return prediction
    node_id = making.add(output, {"x": prediction}, "p")
    making.told[-1] += f" {REGISTRY[output].title.lower()}"
    return prediction if probability(loss, output) else node_id


def _loss(making: Making, prediction: str, found: Answer, *, mirrors: bool) -> str:
    graph = making.graph
    if mirrors:
        target = next(node.id for node in graph.nodes.values() if node.op == "input")
    else:
        target = making.add(
            "target", {}, columns=list(found.columns if not found.needs else ()), encoding=found.encoding
        )
    op = REGISTRY[found.loss]
    return making.add(found.loss, {op.prediction: prediction, op.truth: target}, "loss")


def _inputs_needed(data: Given, wanted: int) -> str:
    have = "1 input column" if len(data.inputs) == 1 else f"{len(data.inputs)} input columns"
    return f"the data has {have}: begin with {len(data.inputs)}, or choose {wanted} in x"


def _columns(count: int) -> str:
    return "a column" if count == 1 else f"{count_text(count)} columns"


def _sentence(needs: str) -> str:
    return f"{needs[:1].upper()}{needs[1:]}." if needs else ""


def _weights(graph: Graph, inputs: int) -> str:
    """How many weights there are, whatever columns the data has."""
    trial = graph.copy()
    trial.nodes = {i: _named(node, inputs) for i, node in graph.nodes.items()}
    specs = [spec for _, spec in analyse(trial, dict.fromkeys(trial.nodes, 2)).parameters.values()]
    count = sum(math.prod(spec.shape) for spec in specs if spec.trainable)
    return "1 weight" if count == 1 else f"{count_text(count)} weights"


def _joined(sizes: list[int], text: str) -> str:
    """Sizes and words as a name."""
    words = [word for word in text.split() if re.search("[a-z]{2}", word.lower())]
    return " ".join(("-".join(map(str, sizes)), *words))


def _named(node: Node, inputs: int) -> Node:
    if node.op != "input":
        return node
    return replace(node, params={**node.params, "columns": [str(i) for i in range(inputs)]})
