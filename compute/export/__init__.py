"""Networks for other tools: written, read back, run, and compared before the file takes its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.document import Document
from compute.errors import GradwireError

from compute.export import safetensors_file, npz_file, onnx_file, numpy_file  # isort: skip  (in the order in which they
from compute.export import torch_file, torch_program, keras_file, c_file  # isort: skip  are offered)
from compute.export.format import FORMATS, Array, Format, Network, format_for, suffixes
from compute.export.verify import Report, verify
from compute.files import atomic_path, check_writable, in_words, write_atomic
from compute.workspace import open_document


def export(
    document: Document,
    path: str | Path,
    weights: Mapping[str, Array] | None = None,
    options: Mapping[str, Any] | None = None,
) -> Report:
    """Write a document's network to ``path``, whole or not at all, and say how far the file is from it.

    ``weights`` are those of a run, in place of the document's own. They are written in float32, W as (in, out) for
    y = x·W + b; ``options`` are what is chosen of the format's ``params``. Errors: GradwireError, with no file written,
    where there is no room for it or where the file read back does not give the same outputs.
    """
    path = Path(path)
    chosen = format_for(path)
    if chosen.lacking:
        raise GradwireError(chosen.lacking)
    settings = chosen.settings(options or {})
    workspace = open_document(document, lookup=None if weights is None else lambda name, spec: weights.get(name))
    if chosen.only_weights and not workspace.program.weights:
        raise GradwireError(
            f'"{document.name}" has no weights to export; export to .onnx or .py, which hold the network'
        )
    network = Network(document, workspace.program, _singles(workspace.program.weights), workspace.prepared, settings)
    network = chosen.narrowed(network)
    beside = chosen.companion(path)
    if beside is None:
        with atomic_path(path) as temporary:
            return _written(chosen, temporary, network, path, workspace.notes)
    check_writable(path)
    with TemporaryDirectory() as folder, in_words(path):
        # By their own names, since one of them says how the other is called.
        made = Path(folder) / path.name
        report = _written(chosen, made, network, path, workspace.notes)
        write_atomic(beside, (made.parent / beside.name).read_bytes())
        write_atomic(path, made.read_bytes())
    return replace(report, beside=beside)


def _written(chosen: Format, made: Path, network: Network, path: Path, notes: tuple[str, ...]) -> Report:
    """What is written to ``made``, and compared, before it is called ``path``."""
    seen: dict[str, Mapping[str, Array]] = {}

    def run(data: Mapping[str, Array]) -> Mapping[str, Array]:
        seen["data"], seen["values"] = data, chosen.run(made, network, data)
        return seen["values"]

    chosen.write(made, network)
    report = verify(network, run, path, chosen.tolerance(network))
    return replace(report, notes=(*notes, *chosen.notes(made, network, seen["data"], seen["values"])))


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


__all__ = [
    "FORMATS",
    "Format",
    "Network",
    "Report",
    "c_file",
    "export",
    "format_for",
    "keras_file",
    "npz_file",
    "numpy_file",
    "onnx_file",
    "safetensors_file",
    "suffixes",
    "torch_file",
    "torch_program",
]
