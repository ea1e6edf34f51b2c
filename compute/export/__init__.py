"""Weights for other tools: written, read back, run, and compared before the file takes its name.

A format is one module with ``write(path, weights, about)`` and ``read(path)``; the suffix of the file chooses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.document import Document
from compute.errors import GradwireError
from compute.export.verify import Report, verify
from compute.files import atomic_path
from compute.workspace import Workspace, data_nodes, open_document

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file that weights are exported to."""

    suffix: str
    title: str
    module: str

    def load(self) -> ModuleType:
        """The module that writes and reads it."""
        return import_module(self.module)


FORMATS = (
    Format(".safetensors", "safetensors", "compute.export.safetensors_file"),
    Format(".npz", "NumPy archive", "compute.export.npz_file"),
)
_PLANNED = (".onnx", ".pt.py", ".py")


def format_for(path: Path) -> Format:
    """The format that the file's name asks for. Errors: GradwireError naming the ones there are."""
    name, there = path.name.lower(), " or ".join(f.suffix for f in FORMATS)
    for known in FORMATS:
        if name.endswith(known.suffix):
            return known
    for suffix in _PLANNED:
        if name.endswith(suffix):
            raise GradwireError(f'"{path.name}": this version does not export {suffix} files yet; choose {there}')
    raise GradwireError(f'"{path.name}": the name must end in one of the formats; choose {there}')


def export(document: Document, path: str | Path, weights: Mapping[str, Array] | None = None) -> Report:
    """Write the weights of a document to ``path``, whole or not at all, and say how far the file is from them.

    ``weights`` are those of a run, in place of the document's own. They are written in float32, W as (in, out) for
    y = x·W + b. Errors: GradwireError, with no file written, where the file read back does not give the same
    outputs.
    """
    path = Path(path)
    chosen = format_for(path)
    workspace = open_document(document, lookup=None if weights is None else lambda name, spec: weights.get(name))
    if not workspace.program.weights:
        raise GradwireError(f'"{document.name}" has no weights to export; add a dense or a parameter node')
    module = chosen.load()
    with atomic_path(path) as temporary:
        module.write(temporary, _singles(workspace.program.weights), _about(document, workspace))
        return replace(verify(workspace, module.read(temporary), path), notes=workspace.notes)


def _singles(weights: Mapping[str, Array]) -> dict[str, npt.NDArray[np.float32]]:
    """Contiguous float32 copies: a view such as W.T would be written wrongly, without an error."""
    out = {}
    for name, value in weights.items():
        with np.errstate(over="ignore"):
            single = np.asarray(value).astype(np.float32)
        if not np.array_equal(np.isfinite(single), np.isfinite(value)):
            raise GradwireError(f"weight {name} is too large for float32; train again with a smaller learning rate")
        # ascontiguousarray makes a scalar a vector, so its shape is put back.
        out[name] = np.ascontiguousarray(single).reshape(single.shape)
    return out


def _about(document: Document, workspace: Workspace) -> dict[str, Any]:
    """What a reader of the file needs besides the numbers."""
    about: dict[str, Any] = {
        "document": document.name,
        "shapes": {name: list(w.shape) for name, w in workspace.program.weights.items()},
        "layout": "weight is (in, out): y = x @ weight + bias",
    }
    prepared = workspace.prepared
    if prepared is not None and prepared.standardized:
        inputs = data_nodes(document.graph)[0]
        about["standardized"] = {
            name: {"mean": prepared.means[name], "std": prepared.stds[name]}
            for node_id in prepared.standardized
            for name in inputs[node_id].columns
        }
        if plain := sorted(inputs.keys() - prepared.standardized):
            about["not_standardized"] = plain
    return about


__all__ = ["FORMATS", "Format", "Report", "export", "format_for"]
