"""What a job asks of documents, marks and weights beside its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from compute.document import Document
from compute.explain import Entry
from compute.history import Mark
from compute.state import Progress
from compute.workspace import placed

Array = npt.NDArray[Any]


def same_rows(a: Document, b: Document) -> bool:
    """Whether two documents have the same data, split by the same seed."""
    # A document that was saved elsewhere has another path to the same file.
    return a.training.seed == b.training.seed and (a.data is b.data or placed(a) == placed(b))


def first_mark(document: Document, progress: Progress | None = None) -> Mark:
    """Where training of a document begins, or goes on from what it was trained before."""
    epochs, progress = document.training.epochs, progress or Progress()
    return Mark({}, progress, max(epochs, progress.epochs), epochs)


def with_entry(array: Array | None, entry: Entry, value: float) -> Array | None:
    """A copy with another number there; None where there is no such entry."""
    if array is None or len(entry) != array.ndim or any(i >= n for i, n in zip(entry, array.shape, strict=True)):
        return None
    out = np.array(array, dtype=np.float64)
    out[entry] = value
    return out
