"""The whole network as a functional model of Keras 3, written without Keras and read back by our own import."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from compute.errors import GradwireError
from compute.export.format import Array, Format, Network, register
from compute.export.inside import KEY, PREPARATION, PROBABILITIES, fed_with, prepares, scales, words
from compute.export.keras_writer import KerasWriter
from compute.export.writer import spell
from compute.importing.keras_file import CONFIG, METADATA, WEIGHTS, model_in
from compute.importing.running import run_model
from compute.reference import forward

_VERSION = "3.4.1"
"""The oldest version of Keras that reads it; it says so to newer ones."""
_DAY = (1980, 1, 1, 0, 0, 0)
"""The same file each time, whenever it is written."""


@register
class KerasFile(Format):
    suffixes, title = (".keras",), "Keras"
    holds = "The whole network as a functional model of Keras 3, to answer or to train on, with column and class names."
    params = (PREPARATION,)

    def narrowed(self, network: Network) -> Network:
        """Without what depends on no input: Keras gives nothing such."""
        return replace(network, without=frozenset(network.outputs) - _moving(network))

    def loading(self, name: str) -> str:
        loaded = f"import keras\n\nnet = keras.models.load_model({name!r})\n"
        return f"{loaded}# rows: an array of float32, or a list of them, one for each input\noutputs = net(rows)"

    def write(self, path: Path, network: Network) -> None:
        path.write_bytes(_archive(_written(network), network))

    def run(self, path: Path, network: Network, data: Mapping[str, Array]) -> Mapping[str, Array]:
        writer = _written(network)
        feeds = {
            name: fed_with(network, node, data[node]) for name, node in zip(writer.inputs, network.fed, strict=True)
        }
        found = run_model(model_in(path.read_bytes(), path.name), path.name, feeds)
        missing = [node for node, name in zip(network.outputs, writer.ends, strict=False) if name not in found]
        if missing:
            raise GradwireError(f"it does not give the output {missing[0]}")
        return {node: found[name] for node, name in zip(network.outputs, writer.ends, strict=False)}

    def notes(
        self, path: Path, network: Network, data: Mapping[str, Array], values: Mapping[str, Array]
    ) -> tuple[str, ...]:
        said = []
        if gone := sorted(network.without):
            said.append(f"{', '.join(gone)}: left out, since Keras computes only what depends on an input.")
        if loose := _written(network).loose:
            are = "is in no layer of Keras and stands" if len(loose) == 1 else "are in no layer of Keras and stand"
            said.append(f"{', '.join(loose)} {are} there as fixed numbers, which training there does not change.")
        return tuple(said)


def _moving(network: Network) -> set[str]:
    """The nodes that depend on data."""
    moving = set(network.fed)
    for node in network.needed.order:
        if moving & set(network.needed.sources[node]):
            moving.add(node)
    return moving


def _written(network: Network) -> KerasWriter:
    """The layers."""
    needed = network.needed
    if not network.outputs:
        raise GradwireError("nothing goes into it, and Keras computes only from inputs; export to .onnx or .py")
    moving = _moving(network)
    still = [node for node in needed.order if node not in moving]
    made = {node for node in still if needed.ops[node].ports}
    weights = {name: value.astype(float) for name, value in network.weights.items()}
    values = forward(needed.leading_to(*still), weights, {}) if made else {}
    trained = [name for name, (_, spec) in needed.parameters.items() if spec.learned]
    writer = KerasWriter(needed, {node: values[node] for node in made}, trained)
    if prepares(network):
        for node in network.fed:
            writer.prepare(node, *scales(network, node))
    terms = spell(needed, network.weights, writer)
    for node in network.outputs:
        writer.output(terms[node], node)
    prepared = network.preparation
    if prepares(network) and prepared is not None and prepared.activation:
        writer.output(writer.say(prepared.activation, terms[prepared.node]), PROBABILITIES)
    return writer


def _archive(writer: KerasWriter, network: Network) -> bytes:
    """The parts of a .keras file: description, words beside it, and weights."""
    about = words(network)
    named = dict(zip(network.fed, writer.inputs, strict=True))
    about["columns"] = {named[node]: columns for node, columns in about["columns"].items()}
    parts = {
        METADATA: json.dumps({"keras_version": _VERSION, KEY: about}).encode(),
        CONFIG: writer.model(network.document.name).encode(),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in {**parts, WEIGHTS: _weights(writer)}.items():
            archive.writestr(zipfile.ZipInfo(name, _DAY), content)
    return out.getvalue()


def _weights(writer: KerasWriter) -> bytes:
    """The file of weights, a group for each layer."""
    import h5py

    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        file.create_group("vars")
        for group, arrays in writer.weights().items():
            own = file.create_group(f"layers/{group}/vars")
            for at, array in enumerate(arrays):
                own.create_dataset(str(at), data=array)
    return out.getvalue()
