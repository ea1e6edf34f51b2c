"""An imported network counts when it gives the file's own outputs: both are run on the same rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from compute.document import Document
from compute.errors import GradwireError
from compute.importing.network import Network
from compute.reference import forward
from compute.workspace import open_document

_MOST_WEIGHTS = 20_000_000
"""Bytes of a file that is run again."""


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
    if network.fixed_rows or not wanted:
        return None
    own = forward(workspace.program.analysis, workspace.program.weights, table)
    try:
        theirs = _run(data, wanted, feeds)
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


def _run(data: bytes, wanted: list[str], feeds: dict[str, Any]) -> list[Any]:
    from onnx import load_model_from_string
    from onnx.reference import ReferenceEvaluator

    model = load_model_from_string(data)
    # ONNX's reference does not know the operation that makes dictionaries of probabilities: what feeds it is as good.
    feeding = {node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "ZipMap"}
    kept = [node for node in model.graph.node if node.op_type != "ZipMap"]
    del model.graph.node[:]
    model.graph.node.extend(kept)
    for output in model.graph.output:
        output.name = feeding.get(output.name, output.name)
    found: list[Any] = ReferenceEvaluator(model).run([feeding.get(name, name) for name in wanted], feeds)
    return found
