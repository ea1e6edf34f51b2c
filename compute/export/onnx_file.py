"""The whole network as ONNX, run again by ONNX's own reference before it counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import nan
from pathlib import Path
from typing import Any

import numpy as np

from compute.errors import GradwireError
from compute.export.format import Array, Format, Network, register
from compute.export.onnx_writer import OnnxWriter
from compute.export.writer import spell
from compute.params import Param
from compute.workspace import data_nodes

OLDEST, USUAL, NEWEST = 13, 17, 24
"""Sets of operations: by the usual one almost every runtime of today works."""
KEY, PROBABILITIES = "gradwire", "probabilities"
_LARGEST = 2 * 10**9
"""Bytes of a file, a little below what its format can hold."""


@register
class OnnxFile(Format):
    suffixes, title = (".onnx",), "ONNX"
    holds = "The whole network for any ONNX runtime, with column and class names, and any number of rows."
    params = (
        Param("opset", "int", USUAL, "Which set of operations it is written in.", OLDEST, NEWEST),
        Param(
            "preparation",
            "bool",
            False,
            "Whether it takes numbers as the data has them, and gives probabilities: missing ones are filled in and "
            "columns standardised inside.",
        ),
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
        feeds = {node: data[node].astype(np.float32) for node in network.fed}
        if _prepares(network):
            feeds = {node: _as_it_was(data[node], *_scales(network, node)[1:]) for node in network.fed}
        with np.errstate(all="ignore"):
            found = dict(zip(names, ReferenceEvaluator(model).run(None, feeds), strict=True))
        return {node: found[node] for node in network.outputs}


def _prepares(network: Network) -> bool:
    return bool(network.options.get("preparation")) and network.preparation is not None


def _scales(network: Network, node: str) -> tuple[Array, Array, Array]:
    """Of each column of an input: what stands in for a missing number (nan for nothing), mean, and deviation."""
    assert network.preparation is not None
    rules = network.preparation.inputs[node]
    fill = [nan if rule.missing is None or rule.kind else rule.missing for rule in rules]
    return np.array(fill), np.array([rule.mean for rule in rules]), np.array([rule.std for rule in rules])


def _as_it_was(values: Array, mean: Array, std: Array) -> Array:
    """Standardised numbers as they stood in the data."""
    flat = values.reshape(len(values), -1)
    return np.asarray((flat * std + mean).astype(np.float32).reshape(values.shape))


def _model(network: Network) -> Any:
    """The model."""
    from onnx import helper

    opset = int(network.options.get("opset", USUAL))
    writer = OnnxWriter(opset)
    prepared = network.preparation if _prepares(network) else None
    if prepared is not None:
        for node in network.fed:
            writer.prepare(node, *_scales(network, node))
    terms = spell(network.needed, network.weights, writer)
    for node in network.outputs:
        writer.output(terms[node], node)
    if prepared is not None and prepared.activation:
        answer = writer.say(prepared.activation, terms[prepared.node])
        writer.output(answer, PROBABILITIES)
    model = writer.model(network.document.name)
    helper.set_model_props(model, {KEY: json.dumps(_about(network), ensure_ascii=True)})
    return model


def _about(network: Network) -> dict[str, Any]:
    """What the graph does not say: names of columns and classes, and what goes before it."""
    inputs = data_nodes(network.document.graph)[0]
    about: dict[str, Any] = {
        "document": network.document.name,
        "columns": {node: list(inputs[node].columns) for node in network.fed if node in inputs},
        "prepared": _prepares(network),
    }
    prepared = network.preparation
    if prepared is not None:
        about["preparation"] = prepared.plain()
        if prepared.answers != "numbers":
            about["classes"] = list(prepared.names)
    return about
