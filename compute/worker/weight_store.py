"""The last of every weight that a document had, so that undoing a change of shape brings trained weights back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.document import Document
from compute.ops.base import WeightSpec
from compute.workspace import Lookup

Array = npt.NDArray[Any]
Specs = Mapping[str, tuple[str, WeightSpec]]
"""Weight → its node and specification."""


class WeightStore:
    """By seed, name and specification: with another seed there are other first weights, and others come of them."""

    def __init__(self, seed: int) -> None:
        """``seed``: that the weights of the document came from."""
        self._kept: dict[tuple[int, str, WeightSpec], Array] = {}
        self._seed = seed
        self._was_reset = False
        """Whether what an edit brings back has its first weights, not those that the document came with."""
        self._brought: dict[str, Array] = {}
        """Weights of nodes that are to be added, until they have some."""

    @property
    def seeds(self) -> set[int]:
        """Those of which weights are kept."""
        return {seed for seed, _, _ in self._kept}

    def remember(self, seed: int, specs: Specs, weights: Mapping[str, Array]) -> None:
        """These are the last ones."""
        for name, (_, spec) in specs.items():
            if name in weights:
                self._kept[seed, name, spec] = np.asarray(weights[name], dtype=np.float64)

    def bring(self, weights: Mapping[str, Array]) -> None:
        """Nodes that the next edits add have these weights, where they fit."""
        self._brought.update(weights)

    def arrived(self, specs: Specs) -> None:
        """These weights are there."""
        self._brought = {name: value for name, value in self._brought.items() if name not in specs}

    def lookup(self, document: Document, old_seed: int) -> Lookup:
        """What the weights of a document are, after one of another seed or the same."""
        seed = document.training.seed
        if seed != old_seed:
            # Those of the seed before come back with it; of more seeds nothing is kept.
            self._kept = {key: kept for key, kept in self._kept.items() if key[0] in (seed, old_seed)}
        given = document.initial if self._was_reset or seed != self._seed else document.weights

        def fitting(name: str, spec: WeightSpec) -> Array | None:
            kept = self._kept.get((seed, name, spec), given.get(name))
            found = (each for each in (self._brought.get(name), kept) if each is not None)
            return next((each for each in found if each.shape == spec.shape), None)

        return fitting

    def reset(self) -> None:
        """Every weight begins anew."""
        self._brought.clear()
        self._kept.clear()
        self._was_reset = True
