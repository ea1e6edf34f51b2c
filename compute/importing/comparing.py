"""An imported network counts when it gives the file's own outputs: both are run on the same rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from compute.document import Document
from compute.errors import GradwireError
from compute.importing.network import Network
from compute.importing.recognising import ON_EACH
from compute.reference import forward
from compute.workspace import open_document

_MOST_WEIGHTS = 20_000_000
"""Bytes of a file that is run again."""
_MOST_MEMORY = 100 * 10**6
"""Bytes that a pass over the rows may take."""


def difference(document: Document, network: Network, data: bytes) -> float | None:
    """The largest one between the document's outputs and those of the file, run by ONNX's own reference; None where the
    file cannot be run here."""
    if len(data) > _MOST_WEIGHTS:
        return None
    try:
        workspace = open_document(document)
    except GradwireError as error:
        network.note(f"It cannot be computed yet: {error}")
        return None
    table = workspace.prepared.values if workspace.prepared else {}
    feeds: dict[str, Any] = {}
    for value, flow in network.inputs:
        rows = table[network.building.ids[flow.node]].astype(np.float32)
        feeds[value.name] = rows if value.dims is None or len(value.dims) > 1 else rows.reshape(-1)
    wanted = list(network.outputs)
    needed = _needed(network, wanted)
    count = max((len(array) for array in table.values()), default=1)
    if network.fixed_rows or not wanted or not needed or workspace.analysis.memory(count) > _MOST_MEMORY:
        return None
    own = forward(workspace.program.analysis, workspace.program.weights, table)
    try:
        theirs = _run(data, wanted, needed, feeds)
    except Exception:
        # The reference of another project: whatever it raises, it could not run the file.
        return None
    largest = 0.0
    for name, found in zip(wanted, theirs, strict=True):
        mine = own[network.outputs[name]]
        if not isinstance(found, np.ndarray) or found.shape != mine.shape:
            return None
        with np.errstate(invalid="ignore"):
            apart = np.where(np.isnan(found) & np.isnan(mine), 0.0, np.abs(found - mine))
        largest = max(largest, float(np.max(apart, initial=0.0)))
    return largest


def _needed(network: Network, wanted: list[str]) -> set[str]:
    """The values that lead to some outputs; none where one of them comes from something that is not known here, and so
    could take any time and memory."""
    needed: set[str] = set()
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        node = network.makers.get(name)
        if name in needed or node is None:
            continue
        if network.values.get(name) is None or (network.stands_in(name) and node.op not in ON_EACH):
            return set()
        needed.update(node.outputs)
        waiting += node.inputs
    return needed


def _run(data: bytes, wanted: list[str], needed: set[str], feeds: dict[str, Any]) -> list[Any]:
    from onnx import load_model_from_string
    from onnx.reference import ReferenceEvaluator

    model = load_model_from_string(data)
    # ONNX's reference does not know the operation that makes dictionaries of probabilities: what feeds it is as good.
    feeding = {node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "ZipMap"}
    kept = [node for node in model.graph.node if node.op_type != "ZipMap" and needed.intersection(node.output)]
    del model.graph.node[:]
    model.graph.node.extend(kept)
    named = [feeding.get(name, name) for name in wanted]
    outputs = [output for output in model.graph.output if output.name in wanted]
    del model.graph.output[:]
    for output in outputs:
        output.name = feeding.get(output.name, output.name)
        model.graph.output.append(output)
    found: list[Any] = ReferenceEvaluator(model).run(named, feeds)
    return found
