"""Weights as safetensors: tensors by name, and what a reader needs to know as metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


def write(path: Path, weights: Mapping[str, npt.NDArray[np.float32]], about: Mapping[str, Any]) -> None:
    """``about`` becomes metadata, which the format keeps as text: what is not text is written as JSON."""
    from safetensors.numpy import save

    metadata = {key: value if isinstance(value, str) else json.dumps(value) for key, value in about.items()}
    # Its own save_file makes a file that only its owner may read.
    path.write_bytes(save(dict(weights), metadata={"format": "gradwire", **metadata}))


def read(path: Path) -> dict[str, npt.NDArray[Any]]:
    """The tensors, by name."""
    from safetensors.numpy import load_file

    tensors: dict[str, npt.NDArray[Any]] = load_file(path)
    return tensors
