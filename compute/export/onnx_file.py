"""The whole network as ONNX, run again by ONNX's own reference before it counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from compute.errors import GradwireError
from compute.export.format import Array, Format, Network, register
from compute.export.inside import KEY, PREPARATION, PROBABILITIES, fed_with, prepares, scales, words
from compute.export.onnx_writer import OnnxWriter
from compute.export.writer import spell
from compute.params import Param

OLDEST, USUAL, NEWEST = 13, 17, 24
"""Sets of operations: by the usual one almost every runtime of today works."""
_LARGEST = 2 * 10**9
"""Bytes of a file, a little below what its format can hold."""


@register
class OnnxFile(Format):
    suffixes, title = (".onnx",), "ONNX"
    holds = "The whole network for any ONNX runtime, with column and class names, and any number of rows."
    params = (
        Param("opset", "int", USUAL, "Which set of operations it is written in.", OLDEST, NEWEST),
        PREPARATION,
    )

    def loading(self, name: str) -> str:
        return (
            f"import onnxruntime\n\nsession = onnxruntime.InferenceSession({name!r})\n"
            "inputs = [each.name for each in session.get_inputs()]\n"
            "# rows: an array of float32\noutputs = session.run(None, {inputs[0]: rows})"
        )

    def write(self, path: Path, network: Network) -> None:
        size = sum(4 * weight.size for weight in network.weights.values())
        if size > _LARGEST:
            raise GradwireError("an ONNX file holds at most 2 GB; export to .safetensors")
        path.write_bytes(_model(network).SerializeToString())

    def run(self, path: Path, network: Network, data: Mapping[str, Array]) -> Mapping[str, Array]:
        from onnx import checker, load_model
        from onnx.reference import ReferenceEvaluator

        model = load_model(path)
        checker.check_model(model)
        names = [output.name for output in model.graph.output]
        feeds = {node: fed_with(network, node, data[node]) for node in network.fed}
        with np.errstate(all="ignore"):
            found = dict(zip(names, ReferenceEvaluator(model).run(None, feeds), strict=True))
        return {node: found[node] for node in network.outputs}


def _model(network: Network) -> Any:
    """The model."""
    from onnx import helper

    opset = int(network.options.get("opset", USUAL))
    writer = OnnxWriter(opset)
    prepared = network.preparation if prepares(network) else None
    if prepared is not None:
        for node in network.fed:
            writer.prepare(node, *scales(network, node))
    terms = spell(network.needed, network.weights, writer)
    for node in network.outputs:
        writer.output(terms[node], node)
    if prepared is not None and prepared.activation:
        answer = writer.say(prepared.activation, terms[prepared.node])
        writer.output(answer, PROBABILITIES)
    model = writer.model(network.document.name)
    helper.set_model_props(model, {KEY: json.dumps(words(network), ensure_ascii=True)})
    return model
