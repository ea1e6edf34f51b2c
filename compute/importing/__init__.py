"""Networks of other tools as documents: read, translated, and compared with what the file itself computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from compute.errors import GradwireError
from compute.importing.report import Imported, Missing


def _onnx(path: Path) -> Imported:
    from compute.importing.onnx_file import read_onnx

    return read_onnx(path)


READERS: Mapping[str, Callable[[Path], Imported]] = {".onnx": _onnx}
"""What reads a file, by its ending."""
FOREIGN = (".onnx",)
"""Endings of files that can be nothing else: these are imported wherever a document is opened."""


def import_file(path: str | Path) -> Imported:
    """The document that a file of another tool becomes. Errors: GradwireError naming the file and what is wrong."""
    path = Path(path)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise GradwireError(f'"{path.name}": its name must end in {" or ".join(READERS)} to be imported')
    return reader(path)


__all__ = ["FOREIGN", "READERS", "Imported", "Missing", "import_file"]
