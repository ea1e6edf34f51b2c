"""Files that hold weights alone: back into the network that their metadata tell of, or as a new one of layers."""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from compute import budget, tensors
from compute.data.answering import answering, section
from compute.document import Document
from compute.document.records import graph_from_json
from compute.errors import GradwireError
from compute.graph import Graph, columns_of
from compute.importing.building import Building, Flow, Unsupported, stem
from compute.importing.made_up import NO_DATA, made_up, standardised
from compute.importing.reading import bytes_of
from compute.importing.report import Imported

Array = npt.NDArray[Any]
Orientation = Literal["in-out", "out-in"]
ORIENTATIONS: tuple[Orientation, ...] = ("in-out", "out-in")
"""How the weights of a layer lie: y = x·W, or y = x·Wᵀ as PyTorch has it."""
_ABOUT = "about.json"
_MOST_LAYERS = 1000
_LONGEST_LISTING = 10_000
_CALLED = {
    "kernel": "weight", "gamma": "weight", "scale": "weight", "beta": "bias", "moving_mean": "running_mean",
    "moving_variance": "running_var",
}  # fmt: skip
"""How other tools call the weights of a layer."""
SAID = {"in-out": "(in, out)", "out-in": "(out, in), as PyTorch's"}


def read_weights(path: Path, orientation: Orientation | None = None) -> Imported:
    """The document that a .safetensors or .npz file of weights becomes. ``orientation``: of a file that does not say.

    Errors: GradwireError naming the file and the weight that is in the way.
    """
    arrays, about = weights_in(path)
    try:
        graph = about.get("graph")
        if isinstance(graph, dict):
            return _again(graph, about, arrays, path.stem)
        return _layers(arrays, path.stem, orientation)
    except GradwireError as error:
        raise GradwireError(f"{path.name}: {error}") from None


def weights_in(path: Path) -> tuple[dict[str, Array], Mapping[str, Any]]:
    """The arrays of a file by name, and what it says beside them. Errors: GradwireError naming it."""
    data = bytes_of(path)
    return _npz(data, path.name) if path.suffix.lower() == ".npz" else _safetensors(data, path.name)


def grouped(arrays: Mapping[str, Array]) -> dict[str, dict[str, Array]]:
    """The arrays of each layer, by its name and theirs, in the order of the names."""
    groups: dict[str, dict[str, Array]] = {}
    for key in sorted(arrays, key=_by_number):
        group, _, part = key.rpartition(".") if "." in key else key.rpartition("/")
        if part != "num_batches_tracked":
            groups.setdefault(group, {})[part] = arrays[key]
    return _paired(arrays) if "" in groups else groups


def parts_of(parts: Mapping[str, Array]) -> dict[str, Array]:
    """The arrays of a layer, by what they are called here."""
    known = {_CALLED.get(part, part): array for part, array in parts.items()}
    if known.keys() <= {"weight", "bias", "running_mean", "running_var", "value"}:
        return known
    matrices = [array for array in known.values() if array.ndim > 1]
    others = [array for array in known.values() if array.ndim < 2]
    if len(matrices) != 1 or len(others) > 1:
        return known
    return {"weight": matrices[0], **({"bias": others[0]} if others else {})}


# -- the files ------------------------------------------------------------------------------------------------


def _safetensors(data: bytes, name: str) -> tuple[dict[str, Array], Mapping[str, Any]]:
    length = int.from_bytes(data[:8], "little")
    header = data[8 : 8 + min(length, tensors.LONGEST_HEADER)]
    tensors.check_size(data[:8], header, len(data), name)
    about: dict[str, Any] = {}
    with suppress(ValueError, AttributeError):
        for key, text in json.loads(header).get("__metadata__", {}).items():
            about[key] = _decoded(text)
    return dict(tensors.unpack(data, name)), about


def _decoded(text: Any) -> Any:
    """Metadata are text: what was none is JSON."""
    try:
        return json.loads(text) if isinstance(text, str) and text[:1] in "{[" else text
    except (ValueError, RecursionError):
        return text


def _npz(data: bytes, name: str) -> tuple[dict[str, Array], Mapping[str, Any]]:
    arrays: dict[str, Array] = {}
    about: Any = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > _LONGEST_LISTING:
                raise GradwireError(f"{name}: it has more than {_LONGEST_LISTING:,} arrays; make it smaller")
            budget.require(8 * sum(info.file_size for info in members), name, "make it smaller")
            for info in members:
                with archive.open(info) as file:
                    array = _array(file, info.file_size)
                key = info.filename.removesuffix(".npy")
                if key == _ABOUT and array.dtype.kind == "U":
                    about = _decoded(str(array))
                elif array.dtype.kind in "fiub":
                    arrays[key] = array.astype(np.float64)
                else:
                    raise GradwireError(f'{name}: the array "{key}" holds no numbers; save numbers alone')
    except GradwireError:
        raise
    except (zipfile.BadZipFile, zlib.error, struct.error, OSError, ValueError, RuntimeError, EOFError) as error:
        raise GradwireError(f"{name}: this is no .npz archive, or it is damaged; save it again") from error
    return arrays, about if isinstance(about, dict) else {}


def _array(file: Any, size: int) -> Array:
    """An array whose header says no more than there is. Errors: ValueError."""
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(file)
    count = 1
    for each in shape:
        count *= each
    if dtype.hasobject or count < 0 or count * dtype.itemsize > size:
        raise ValueError("its header does not fit")
    content = file.read(count * dtype.itemsize)
    return np.frombuffer(content, dtype).reshape(shape, order="F" if fortran else "C")


# -- a network that the file tells of -------------------------------------------------------------------------


def _again(raw: Any, about: Mapping[str, Any], arrays: Mapping[str, Array], name: str) -> Imported:
    """The network that exported the file, without what only training needs."""
    graph = graph_from_json(raw)
    targets = [node.id for node in graph.nodes.values() if node.op == "target"]
    gone = set().union(*(graph.reached(node) for node in targets))
    graph = graph.part(graph.nodes.keys() - gone)
    graph.unplaced = frozenset(graph.nodes)
    inputs = [node for node in graph.nodes.values() if node.op == "input"]
    columns = list(dict.fromkeys(column for node in inputs for column in columns_of(node)))
    data: dict[str, Any] = {"source": "inline", "columns": made_up(columns)}
    data |= _answers(about, graph)
    title = about.get("document")
    weights = {key: array for key, array in arrays.items() if key.rpartition(".")[0] in graph.nodes}
    document = Document(
        title if isinstance(title, str) and title else name, graph, data, weights=weights, initial=dict(weights)
    )
    standardised(document, about.get("standardized"), columns)
    notes = [NO_DATA] if not targets else ["Target and loss are left out; add them to train on.", NO_DATA]
    return Imported(document, (), tuple(notes))


def _answers(about: Mapping[str, Any], graph: Graph) -> dict[str, Any]:
    """The names of the classes and the node that tells them, where the file names them."""
    told = about.get("preparation")
    output = told.get("output") if isinstance(told, dict) else None
    if not isinstance(output, dict) or output.get("answers") == "numbers":
        return {}
    node, names = output.get("node"), output.get("names")
    with suppress(GradwireError):
        if isinstance(node, str) and node in graph.nodes and isinstance(names, list):
            # Without its loss, what only showed probabilities is what the network ends in.
            ends = [wire.target for wire in graph.wires.values() if wire.source == node]
            if len(ends) == 1 and graph.nodes[ends[0]].op in ("softmax", "sigmoid"):
                node = ends[0]
            answering(found := section(node, names))
            return found
    return {}


# -- a new one ------------------------------------------------------------------------------------------------


def _layers(arrays: Mapping[str, Array], name: str, orientation: Orientation | None) -> Imported:
    """A chain of layers, in the order of their names."""
    groups = grouped(arrays)
    matrices = {group: _matrix(parts) for group, parts in groups.items()}
    chain = [(group, matrix) for group, matrix in matrices.items() if matrix is not None]
    if not chain or len(groups) > _MOST_LAYERS:
        raise GradwireError("it holds no matrix of weights, so there is no layer to make of it")
    fits = [each for each in ORIENTATIONS if _chains([m.shape for _, m in chain], groups, each)]
    if not fits:
        shown = ", ".join(f"{group} {m.shape}" for group, m in chain[:6])
        raise GradwireError(
            f"its matrices do not follow each other as layers do ({shown}); import an ONNX file instead"
        )
    ambiguous = len(fits) > 1
    guess: Orientation = "out-in" if any(key.endswith("weight") for key in arrays) else "in-out"
    chosen = orientation or (guess if ambiguous else fits[0])
    if chosen not in fits:
        raise GradwireError(f"its weights do not lie as {SAID[chosen]}: the layers would not follow each other")
    notes = [f"Its weights were taken as {SAID[chosen]}."]
    document = _network(groups, chosen, name, len(chain))
    if len(chain) > 1:
        notes.append("Which activations are between the layers the file does not say: ReLU is put there.")
    notes.append(NO_DATA)
    return Imported(document, (), tuple(notes), ambiguous=ambiguous and orientation is None)


def _network(groups: Mapping[str, Mapping[str, Array]], chosen: Orientation, name: str, count: int) -> Document:
    building = Building()
    first = next(m for parts in groups.values() if (m := _matrix(parts)) is not None)
    width = first.shape[0 if chosen == "in-out" else 1]
    columns = [f"x{i}" for i in range(width)]
    flow: Flow = building.add("input", {}, {"columns": columns})
    made, waiting = 0, False
    try:
        for group, parts in groups.items():
            matrix = _matrix(parts)
            if matrix is None:
                flow = _norm(building, flow, group, parts)
                continue
            if waiting:
                flow = building.add("relu", {"x": flow})
            weight = matrix if chosen == "in-out" else matrix.T
            bias = next((each for each in parts.values() if each.ndim == 1), None)
            settings = {"units": int(weight.shape[1]), "bias": bias is not None}
            weights = {"weight": np.ascontiguousarray(weight)} | ({} if bias is None else {"bias": bias})
            flow = building.add("dense", {"x": flow}, settings, weights, stem(group))
            made += 1
            waiting = made < count
    except Unsupported as error:
        raise GradwireError(f"{group}: {error}") from None
    graph, weights_ = building.graph([flow])
    data = {"source": "inline", "columns": made_up(columns)}
    return Document(name, graph, data, weights=weights_, initial=dict(weights_))


def _norm(building: Building, flow: Flow, group: str, parts: Mapping[str, Array]) -> Flow:
    """What has vectors alone: a batch norm where it keeps statistics, else a layer norm."""
    known = {_CALLED.get(part, part): array for part, array in parts.items()}
    if known.keys() == {"weight", "bias"}:
        return building.add("layer_norm", {"x": flow}, {}, known, stem(group))
    if known.keys() == {"weight", "bias", "running_mean", "running_var"}:
        return building.add("batch_norm", {"x": flow}, {}, known, stem(group))
    raise GradwireError(f'"{group}" is no layer that is known ({", ".join(parts)}); import an ONNX file instead')


def _matrix(parts: Mapping[str, Array]) -> Array | None:
    found = [each for each in parts.values() if each.ndim == 2]
    return found[0] if len(found) == 1 and len(parts) <= 2 else None


def _paired(arrays: Mapping[str, Array]) -> dict[str, dict[str, Array]]:
    """Arrays whose names say nothing, each matrix with the vector after it."""
    groups: dict[str, dict[str, Array]] = {}
    last = ""
    for key in sorted(arrays, key=_by_number) if not all(key.startswith("arr_") for key in arrays) else arrays:
        array = arrays[key]
        if array.ndim == 2:
            last = key
            groups[last] = {"weight": array}
        elif array.ndim == 1 and last and len(groups[last]) == 1:
            groups[last]["bias"] = array
        else:
            raise GradwireError(f'"{key}" is no matrix, nor a bias after one; import an ONNX file instead')
    return groups


def _chains(shapes: Sequence[tuple[int, ...]], groups: Mapping[str, Mapping[str, Array]], how: Orientation) -> bool:
    """Whether each layer takes what the one before gives, and each bias is as long as its layer gives numbers."""
    ends = [shape if how == "in-out" else shape[::-1] for shape in shapes]
    biases = [
        next((len(each) for each in parts.values() if each.ndim == 1), None)
        for parts in groups.values()
        if _matrix(parts) is not None
    ]
    follow = all(a[1] == b[0] for a, b in pairwise(ends))
    return follow and all(bias in (None, end[1]) for bias, end in zip(biases, ends, strict=True))


def _by_number(name: str) -> list[tuple[int, str]]:
    """So that layer 10 comes after layer 2."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d{1,9})", name)]
