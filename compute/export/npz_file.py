"""Weights as NumPy's ``.npz``: one array per weight, by its name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from compute.errors import GradwireError
from compute.export.format import Array, Network, WeightsFormat, register

ABOUT = "about.json"
"""The array, of one text, that holds what a reader needs beside the weights; no weight has such a name."""
_LONGEST_NAME = 65_000
"""Bytes of a name; an archive takes some more, with the ending."""


@register
class NpzFile(WeightsFormat):
    suffixes, title = (".npz",), "NumPy archive"
    holds = "The weights as arrays by name; as text orientation, wiring, preparation and classes."

    def loading(self, name: str) -> str:
        return f"import numpy as np\n\nweights = np.load({name!r})"

    def write(self, path: Path, network: Network) -> None:
        for name in network.weights:
            if "\0" in name or len(name.encode()) > _LONGEST_NAME:
                raise GradwireError(
                    f'the name of the weight "{name}" is longer than a zip archive takes or holds a null character; '
                    "rename its node or export to .safetensors"
                )
        # An open file and not its path: savez would add an ending of its own to a name such as x.NPZ.
        with path.open("wb") as file:
            # A dictionary of keywords: every name holds a dot, so none is taken for a parameter of savez.
            about = np.array(json.dumps(network.about()))
            np.savez(file, **dict(network.weights), **{ABOUT: about})  # type: ignore[arg-type]

    def read(self, path: Path) -> Mapping[str, Array]:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files if name != ABOUT}
