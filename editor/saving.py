"""A document as it is at one moment, from which what is saved or exported is made on any thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.analysis import analyse
from compute.document import Document, Weights, save


@dataclass(frozen=True)
class Present:
    """A copy that no later edit reaches.

    of: the open document that it was taken of, to be compared and no more; known: weights by name, those of nodes that
    are gone among them; changes, step: how many changes and updates had been done by then.
    """

    of: Document
    shown: Document
    known: Mapping[str, npt.NDArray[Any]]
    changes: int
    step: int

    def document(self) -> Document:
        """The document with the weights that fit its graph; takes a while for a large one."""
        document = self.shown.copy()
        document.weights = self._fitting()
        return document

    def _fitting(self) -> Weights:
        now = analyse(self.shown.graph).parameters
        return {
            name: np.asarray(value, dtype=np.float64)
            for name, value in self.known.items()
            if (value.shape == now[name][1].shape if name in now else name.rpartition(".")[0] in self.shown.graph.nodes)
        }

    def save(self, path: Path, told: Callable[[float], None] = lambda _share: None) -> Document:
        """Write it to a file and return what was written. Errors: GradwireError."""
        document = self.document()
        save(document, path, told)
        return document
