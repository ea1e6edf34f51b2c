"""The weights of a file in a graph that is there already: by name, or one layer after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.analysis import Analysis
from compute.document import Document
from compute.errors import GradwireError
from compute.importing import READERS, import_file
from compute.importing.report import not_finite
from compute.importing.weights_file import ORIENTATIONS, SAID, Orientation, grouped, parts_of, weights_in
from compute.numbers_text import plural
from compute.shapes import shape_text
from compute.state import Progress
from compute.workspace import open_document

Array = npt.NDArray[Any]
Layers = Mapping[str, Mapping[str, Array]]
"""By the name of a layer its weights, by suffix."""
_MOST_NAMED = 6


@dataclass(frozen=True)
class Matched:
    """weights: by their full names here; notes: how they were matched, in sentences; ambiguous: whether they could lie
    in either of two ways, of which one was taken."""

    weights: Mapping[str, Array]
    notes: tuple[str, ...]
    ambiguous: bool = False

    @property
    def sentence(self) -> str:
        """What was done, in one sentence."""
        layers = len({name.rpartition(".")[0] for name in self.weights})
        count = sum(array.size for array in self.weights.values())
        return f"{count:,} {plural('weight', count)} of {layers} {plural('layer', layers)} taken"


def weights_for(path: str | Path, document: Document, orientation: str | None = None) -> Matched:
    """What a file has for the weights of a document's graph. ``orientation``: of weights alone, as in ``import_file``.

    Errors: GradwireError naming the file, and where it and the graph part.
    """
    path = Path(path)
    analysis = open_document(document).program.analysis
    asked: Orientation | None = "out-in" if orientation == "out-in" else "in-out" if orientation else None
    try:
        if path.suffix.lower() in (".onnx", ".keras"):
            found = import_file(path).document
            inside = open_document(found).program.analysis
            return matched({node: _of(found.weights, node) for node in _with_weights(inside)}, analysis, "in-out")
        if path.suffix.lower() not in READERS:
            raise GradwireError(f"its name must end in {' or '.join(READERS)}")
        arrays, about = weights_in(path)
        ours = isinstance(about.get("graph"), dict)
        layers = {node: parts_of(parts) for node, parts in grouped(arrays).items()}
        return matched(layers, analysis, "in-out" if ours else asked)
    except GradwireError as error:
        text = str(error)
        raise GradwireError(text if text.startswith(path.name) else f"{path.name}: {text}") from None


def matched(layers: Layers, analysis: Analysis, orientation: Orientation | None) -> Matched:
    """The weights of a graph from those of layers. Errors: GradwireError saying which of them do not fit."""
    own = _with_weights(analysis)
    if not own:
        raise GradwireError("the graph that is open has no weights; add a dense or a parameter node")
    named = bool(layers) and all(name in own for name in layers)
    if not named and len(layers) != len(own):
        raise GradwireError(
            f"it has {len(layers)} {plural('layer', len(layers))} with weights ({_listed(layers)}) and the graph has "
            f"{len(own)} ({_listed(own)}); import it as a network of its own"
        )
    pairs = list(zip(layers, layers if named else own, strict=True))
    ways = [orientation] if orientation else list(ORIENTATIONS)
    fits = [way for way in ways if all(_fits(layers[theirs], own[mine], way) for theirs, mine in pairs)]
    if not fits:
        theirs, mine = next(
            (pair for pair in pairs if not any(_fits(layers[pair[0]], own[pair[1]], way) for way in ways)), pairs[0]
        )
        raise GradwireError(
            f"its layer {theirs} has {_shapes(layers[theirs])} and {mine} in the graph {_shapes(own[mine])}; make them "
            "alike, or import it as a network of its own"
        )
    chosen = fits[0]
    turned = any(array.ndim > 1 for parts in layers.values() for key, array in parts.items() if key == "weight")
    weights = {
        f"{mine}.{suffix}": np.ascontiguousarray(_turned(array, suffix, chosen), dtype=np.float64)
        for theirs, mine in pairs
        for suffix, array in layers[theirs].items()
    }
    notes = ["Its layers were matched by name." if named else "Its layers were matched one after the other."]
    if orientation is None and turned:
        notes.append(f"Its weights were taken as {SAID[chosen]}.")
    if rest := [node for node in own if node not in {mine for _, mine in pairs}]:
        notes.append(f"{', '.join(rest[:_MOST_NAMED])}: not in the file, and as before.")
    notes += not_finite(weights)
    return Matched(weights, tuple(notes), len(fits) > 1 and turned and orientation is None)


def put_into(document: Document, found: Matched) -> Document:
    """The document with those weights, from which training begins anew; what was fitted to its data stays."""
    fitted = document.progress.fitted if document.progress else None
    weights = {**document.weights, **found.weights}
    return replace(document, weights=weights, progress=Progress(fitted=fitted) if fitted else None)


def _with_weights(analysis: Analysis) -> dict[str, dict[str, tuple[int, ...]]]:
    """By node the shapes of its weights, in the order in which nodes are computed."""
    found: dict[str, dict[str, tuple[int, ...]]] = {}
    for node in analysis.order:
        for suffix, name in analysis.weights_of(node).items():
            found.setdefault(node, {})[suffix] = analysis.parameters[name][1].shape
    return found


def _of(weights: Mapping[str, Array], node: str) -> dict[str, Array]:
    return {name.rpartition(".")[2]: array for name, array in weights.items() if name.rpartition(".")[0] == node}


def _turned(array: Array, suffix: str, way: Orientation) -> Array:
    """As it lies here: other tools have the outputs first, in convolutions too."""
    return array.T if way == "out-in" and suffix == "weight" and array.ndim > 1 else array


def _fits(parts: Mapping[str, Array], shapes: Mapping[str, tuple[int, ...]], way: Orientation) -> bool:
    return {key: _turned(array, key, way).shape for key, array in parts.items()} == dict(shapes)


def _shapes(parts: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {shape_text(getattr(each, 'shape', each))}" for key, each in parts.items()) or "nothing"


def _listed(names: Mapping[str, Any] | Sequence[str]) -> str:
    shown = list(names)[:_MOST_NAMED]
    return ", ".join(shown) + (", …" if len(names) > _MOST_NAMED else "") if shown else "none"
