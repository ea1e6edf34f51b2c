"""What a format that holds the whole network may take into it: the preparation of rows, and words beside the graph."""

from __future__ import annotations

from math import nan
from typing import Any

import numpy as np

from compute.export.format import Array, Network
from compute.params import Param
from compute.workspace import data_nodes

KEY, PROBABILITIES = "gradwire", "probabilities"
"""Under which the words stand; and the output that a prepared network has besides its own."""
PREPARATION = Param(
    "preparation",
    "bool",
    False,
    "Whether it takes numbers as the data has them, and gives probabilities: missing ones are filled in and "
    "columns standardised inside.",
)


def prepares(network: Network) -> bool:
    """Whether the preparation goes into the network."""
    return bool(network.options.get(PREPARATION.name)) and network.preparation is not None


def scales(network: Network, node: str) -> tuple[Array, Array, Array]:
    """Of each column of an input: what stands in for a missing number (nan for nothing), mean, and deviation."""
    assert network.preparation is not None
    rules = network.preparation.inputs[node]
    fill = [nan if rule.missing is None or rule.kind else rule.missing for rule in rules]
    return np.array(fill), np.array([rule.mean for rule in rules]), np.array([rule.std for rule in rules])


def fed_with(network: Network, node: str, values: Array) -> Array:
    """What the written network takes at a data node, in float32, where the network itself takes ``values``."""
    if not prepares(network):
        return values.astype(np.float32)
    # Standardised numbers as they stood in the data.
    _, mean, std = scales(network, node)
    flat = values.reshape(len(values), -1)
    return np.asarray((flat * std + mean).astype(np.float32).reshape(values.shape))


def words(network: Network) -> dict[str, Any]:
    """What a graph does not say: names of columns and classes, and what goes before it."""
    inputs = data_nodes(network.document.graph)[0]
    about: dict[str, Any] = {
        "document": network.document.name,
        "columns": {node: list(inputs[node].columns) for node in network.fed if node in inputs},
        "prepared": prepares(network),
    }
    parameters = network.needed.parameters.items()
    if still := sorted(name for name, (_, spec) in parameters if spec.learned and not spec.trainable):
        about["still"] = still
    prepared = network.preparation
    if prepared is not None:
        about["preparation"] = prepared.plain()
        if prepared.answers != "numbers":
            about["classes"] = list(prepared.names)
    return about
