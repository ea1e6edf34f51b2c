"""Networks of other tools as documents: read, translated, and compared with what the file itself computes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from compute.errors import GradwireError
from compute.importing.report import Imported, Missing, not_finite

FOREIGN = (".onnx", ".keras", ".safetensors")
"""Endings of files that can be nothing else: these are imported wherever a document is opened."""
READERS = (*FOREIGN, ".npz")
"""Endings of files that can be imported."""
ORIENTATIONS = ("in-out", "out-in")
"""How the weights of a layer may lie in a file that does not say: y = x·W, or y = x·Wᵀ."""


def import_file(path: str | Path, orientation: str | None = None) -> Imported:
    """The document that a file of another tool becomes. ``orientation``: of ``ORIENTATIONS``, of weights alone.

    Errors: GradwireError naming the file and what is wrong.
    """
    found = _read(Path(path), orientation)
    return replace(found, notes=(*not_finite(found.document.weights), *found.notes))


def _read(path: Path, orientation: str | None) -> Imported:
    ending = path.suffix.lower()
    if ending == ".onnx":
        from compute.importing.onnx_file import read_onnx

        return read_onnx(path)
    if ending == ".keras":
        from compute.importing.keras_file import read_keras

        return read_keras(path)
    if ending in READERS:
        from compute.importing.weights_file import read_weights

        return read_weights(path, "out-in" if orientation == "out-in" else "in-out" if orientation else None)
    raise GradwireError(f'"{path.name}": its name must end in {" or ".join(READERS)} to be imported')


__all__ = ["FOREIGN", "ORIENTATIONS", "READERS", "Imported", "Missing", "import_file"]
