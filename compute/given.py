"""Settings of nodes that a call gives: found by the names that people write, and read from text."""

from __future__ import annotations

import json
from typing import Any

from compute.data.words import did_you_mean, listed
from compute.document import Document
from compute.edits import Editor
from compute.errors import GradwireError
from compute.graph import Node
from compute.ops import find
from compute.params import Param


def node_called(document: Document, name: str) -> Node:
    """The node with that id, or else the only one with that title. Errors: GradwireError naming what there is."""
    nodes = document.graph.nodes
    if name in nodes:
        return nodes[name]
    titled = [node for node in nodes.values() if node.title == name]
    if len(titled) == 1:
        return titled[0]
    if titled:
        raise GradwireError(f'--set: several nodes are called "{name}"; give an id: {listed([n.id for n in titled])}')
    hint = did_you_mean(name, [*nodes])
    raise GradwireError(f'--set: there is no node "{name}"; {hint}the nodes are {listed([*nodes])}')


def param_of(node: Node, setting: str) -> Param:
    """The declaration of a node's setting. Errors: GradwireError naming node and setting."""
    op = find(node.op)
    if op is None:
        raise GradwireError(f'--set: "{node.op}" of node "{node.label}" is not known here, so nothing of it is set')
    params = {param.name: param for param in op.params}
    if setting not in params:
        has = f"its settings are {listed(params)}" if params else "it has none"
        hint = did_you_mean(setting, params)
        raise GradwireError(f'--set: {op.title} {node.label} has no setting "{setting}"; {hint}{has}')
    return params[setting]


def value_of(param: Param, text: str) -> Any:
    """What was written, checked, as a document would hold it: text as it is, all else as JSON. Errors: ValueError with
    what is wrong, as the end of a sentence."""
    value = param.check(_read(param, text))
    return value.tolist() if hasattr(value, "tolist") else value


def put(document: Document, node_id: str, setting: str, value: Any) -> None:
    """Give a node of a document this value. A parameter's value wins over its weight."""
    Editor(document).set_param(node_id, setting, value).apply(document)
    name = f"{node_id}.{setting}"
    document.weights = {key: weight for key, weight in document.weights.items() if key != name}
    document.initial = {key: weight for key, weight in document.initial.items() if key != name}


def _read(param: Param, text: str) -> Any:
    if param.kind in ("text", "choice", "node"):
        return text
    try:
        return json.loads(f"[{text}]" if param.kind == "weights" and "," in text and "[" not in text else text)
    except ValueError:
        return text.split(",") if param.kind in ("columns", "shape") else text
