"""Weights as NumPy's ``.npz``: one array per weight, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


def write(path: Path, weights: Mapping[str, npt.NDArray[np.float32]], about: Mapping[str, Any]) -> None:
    """The format holds arrays only, so ``about`` has no place in it."""
    # An open file and not its path: savez would add an ending of its own to a name such as x.NPZ.
    with path.open("wb") as file:
        # A dictionary of keywords: every name holds a dot, so none is taken for a parameter of savez.
        np.savez(file, **dict(weights))  # type: ignore[arg-type]


def read(path: Path) -> dict[str, npt.NDArray[Any]]:
    """The arrays, by name; nothing is unpickled."""
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
