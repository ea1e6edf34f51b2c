"""Weights as safetensors: tensors by name, and what a reader needs to know as metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from compute.export.format import Array, Network, WeightsFormat, register
from compute.tensors import in_order


@register
class SafetensorsFile(WeightsFormat):
    suffixes, title = (".safetensors",), "safetensors"
    holds = "The weights as tensors by name; as metadata orientation, wiring, preparation and classes."

    def loading(self, name: str) -> str:
        return f"from safetensors.numpy import load_file\n\nweights = load_file({name!r})"

    def write(self, path: Path, network: Network) -> None:
        from safetensors.numpy import save

        # Metadata are text: what is none is written as JSON.
        about = {key: value if isinstance(value, str) else json.dumps(value) for key, value in network.about().items()}
        # Its own save_file makes a file that only its owner may read.
        path.write_bytes(in_order(save(dict(network.weights), metadata={"format": "gradwire", **about})))

    def read(self, path: Path) -> Mapping[str, Array]:
        from safetensors.numpy import load_file

        tensors: dict[str, Array] = load_file(path)
        return tensors
