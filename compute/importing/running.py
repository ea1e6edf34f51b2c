"""What a model that was read computes, by the graph that it becomes."""

from __future__ import annotations

from collections.abc import Mapping

from compute.errors import GradwireError
from compute.importing.model import Array, Model
from compute.importing.onnx_file import document_of
from compute.reference import forward
from compute.workspace import open_document


def run_model(model: Model, name: str, feeds: Mapping[str, Array]) -> dict[str, Array]:
    """The outputs of a model by name, from arrays for its inputs by name, in float64.

    Errors: GradwireError naming what of the model has no counterpart here.
    """
    network, document = document_of(model, name)
    if network.missing:
        raise GradwireError(f"{network.missing[0].op} in it cannot be read again")
    program = open_document(document).program
    ids = network.building.ids
    data = {ids[flow.node]: feeds[value.name].astype(float) for value, flow in network.inputs}
    found = forward(program.analysis, program.weights, data)
    return {output: found[node] for output, node in network.outputs.items()}
