"""ONNX files as documents."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from compute.data.answering import section
from compute.data.words import listed
from compute.document import Document
from compute.errors import GradwireError
from compute.importing.building import Const, Flow, Label, Turned, entries, titled
from compute.importing.converting import convert
from compute.importing.made_up import NO_DATA, made_up, standardised
from compute.importing.metadata import classes_of, scales_of
from compute.importing.model import Model, read
from compute.importing.network import Network
from compute.importing.reading import bytes_of
from compute.importing.report import Imported
from compute.importing.rules.shaping import turned

_MOST_CLASSES = 20


def read_onnx(path: Path) -> Imported:
    """The document that an ONNX file becomes. Errors: GradwireError naming the file and what is wrong."""
    data = bytes_of(path)
    return from_bytes(data, path.name, path.parent)


def from_bytes(data: bytes, name: str, folder: Path | None = None) -> Imported:
    """The same of bytes; ``folder``: where data lies that they leave to other files."""
    return from_model(read(data, name, folder), name, data)


def from_model(model: Model, name: str, data: bytes = b"") -> Imported:
    """The document that a model becomes, compared with what ONNX's reference makes of its bytes, if there are any."""
    from compute.importing.comparing import difference

    network, document = document_of(model, name)
    missing = network.missing
    compared = None if missing or not data else difference(document, network, data)
    rows = len(next(iter(document.data["columns"].values()), "1"))
    return Imported(document, missing, tuple(network.notes), compared, rows)


def document_of(model: Model, name: str) -> tuple[Network, Document]:
    """What is known of a model, and the document that it becomes. Errors: GradwireError naming the file."""
    try:
        network = Network(model)
        convert(network)
        return network, _document(network, model, Path(name).stem or "Imported")
    except GradwireError as error:
        text = str(error)
        raise error if text.startswith(name) else GradwireError(f"{name}: {text}") from None


def _answering(network: Network, ends: Sequence[Label], count: int) -> str:
    """The id of the node whose numbers say which class it is: what is labelled or gives probabilities, else another
    output; "" where there is none of that width."""
    made, width = network.building.made, 1 if count == 2 else count
    sized = [
        end.of for end in ends if end.of.shape is not None and entries(end.of.shape) in (count, width) and count > 1
    ]
    sized.sort(key=lambda flow: made[flow.node].op not in ("softmax", "sigmoid"))
    return network.building.ids[sized[0].node] if sized else ""


def _document(network: Network, model: Model, title: str) -> Document:
    """The graph with rows made up for its inputs. Errors: GradwireError where nothing is left of it."""
    ends: dict[str, Flow] = {}
    labels: list[Label] = []
    others: list[Flow] = []
    for value in model.outputs:
        found = network.values.get(value.name)
        found = turned(network, found.of) if isinstance(found, Turned) else found
        if isinstance(found, Flow):
            ends[value.name] = found
        elif isinstance(found, Label):
            labels.append(found)
        elif isinstance(found, Const):
            network.note(f'The output "{value.name}" is the same for all inputs, and left out.')
    if labels:
        network.note("Which class a row is of is no output here: it is the class with the largest number.")
    for label in labels:
        if label.of not in (*ends.values(), *others):
            others.append(label.of)
    if not ends and not others:
        raise GradwireError("none of its outputs depends on its inputs, so there is no network in it")
    graph, weights = network.building.graph((*ends.values(), *others), (flow.node for _, flow in network.inputs))
    network.outputs = {name: network.building.ids[flow.node] for name, flow in ends.items()}
    for end, node_id in network.outputs.items():
        if graph.nodes[node_id].op != "input" and end != node_id:
            titled(graph, node_id, end[:60])
    classes = classes_of(model) or network.classes
    if classes:
        network.note(f"Its classes are {listed(list(classes[:_MOST_CLASSES]))}, in this order.")
    columns = [name for _, flow in network.inputs for name in network.building.made[flow.node].params["columns"]]
    network.note(NO_DATA)
    data = {"source": "inline", "columns": made_up(columns)}
    if node := _answering(network, [*labels, *(Label(flow) for flow in ends.values())], len(classes)):
        data |= section(node, classes)
    document = Document(title, graph, data, weights=weights, initial=dict(weights))
    standardised(document, scales_of(model), columns)
    return document
