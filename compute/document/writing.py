"""From a document to plain JSON values, unknown fields included."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from compute.document.lesson import lesson_to_json
from compute.document.model import FORMAT, VERSION, Document, Weights
from compute.document.records import graph_to_json
from compute.document.runs_file import runs_to_json
from compute.document.text import Written, pieces
from compute.document.trained import written


class DataText:
    """The text of a document's data, which is made anew only where the data are others."""

    def __init__(self) -> None:
        self._of: Mapping[str, Any] | None = None
        self._written = Written(())

    def written(self, data: Mapping[str, Any]) -> Written:
        """The text of a field of the document."""
        if data is not self._of:
            self._of, self._written = data, Written(tuple(pieces(plain(data), 1)))
        return self._written


def to_json(document: Document, *, weights: bool = True, data: Written | None = None) -> dict[str, Any]:
    """The document as plain JSON values, unknown fields included; ``data``: in place of its data, for ``pieces``."""
    out: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "name": document.name,
        "graph": graph_to_json(document.graph),
        "data": document.data if data is None else data,
        "training": document.training.written(),
    }
    if document.lesson is not None:
        out["lesson"] = lesson_to_json(document.lesson)
    if weights and document.weights:
        out["weights"] = document.weights
    if document.progress is not None:
        out["trained"] = written(document.progress) | dict(document.trained_extra)
        if weights and document.progress.optimizer.arrays:
            out["optimizer_state"] = document.progress.optimizer.arrays
        if weights and (best := document.progress.best):
            out["best_state"] = {"weights": best.state.weights, "optimizer_state": best.state.optimizer.arrays}
    if document.initial and (document.progress is not None or not _same(document.initial, document.weights)):
        out["initial_weights"] = document.initial
    if document.exercise is not None:
        out["exercise"] = document.exercise.written()
    if document.opening is not None:
        out["opening"] = document.opening.written()
    if document.watches:
        out["watches"] = [watch.written() for watch in document.watches]
    runs = runs_to_json(document.runs, document.graph, document.data, weights=weights)
    if runs is not None:
        out["runs"] = runs
    # Whatever stands where: what JSON lacks would become null.
    found: dict[str, Any] = plain(out | dict(document.extra))
    return found


def _same(a: Weights, b: Weights) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name], equal_nan=True) for name in a)


def plain(value: Any) -> Any:
    """Arrays and tuples as lists, numbers that JSON lacks as "nan", "inf", "-inf"."""
    if isinstance(value, np.ndarray):
        if value.ndim > 1:
            return [plain(row) for row in value]
        return value.tolist() if value.dtype.kind in "iub" or np.isfinite(value).all() else plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if value != value else "inf" if value > 0 else "-inf"
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
