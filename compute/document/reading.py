"""From decoded JSON to a document.

Reading is strict about what this version knows (types, ids, ports by name) and keeps what it does not know, so
that a file from elsewhere survives load and save. A graph that is wrong in meaning (a cycle, a shape that does not
fit) still loads: ``compute.analysis`` says what is wrong, and the editor lets people mend it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from compute.data.answering import answering
from compute.data.missing import treatments
from compute.data.plane import plane_of
from compute.data.split import Split
from compute.document.checking import checked
from compute.document.exercise import Exercise
from compute.document.lesson import lesson_from_json
from compute.document.model import FORMAT, VERSION, Document, Weights
from compute.document.opening import Opening
from compute.document.records import graph_from_json
from compute.document.runs_file import runs_from_json
from compute.document.settings import TrainingSettings
from compute.document.trained import TEXTS, BestArrays, TrainedFile
from compute.document.watch import watches_from_json
from compute.errors import GradwireError

_DEEPEST = 100
"""Levels of objects and lists within each other, the document itself being the first."""


class DocumentFile(msgspec.Struct):
    format: str
    version: int
    name: str = "Untitled"
    graph: dict[str, Any] = {}
    data: dict[str, Any] = {}
    training: dict[str, Any] = {}
    weights: dict[str, Any] = {}
    initial_weights: dict[str, Any] = {}
    trained: dict[str, Any] | None = None
    optimizer_state: dict[str, dict[str, Any]] = {}
    best_state: dict[str, Any] = {}
    lesson: dict[str, Any] | None = None
    exercise: dict[str, Any] | None = None
    opening: dict[str, Any] | None = None
    watches: list[Any] = []
    runs: dict[str, Any] | None = None


def check_depth(raw: dict[str, Any]) -> None:
    """Errors: GradwireError naming the field that is nested too deeply to be walked and written again."""
    for name, value in raw.items():
        level = [value] if isinstance(value, dict | list) else []
        depth = 1
        # Level by level, and not by a function that calls itself: that would come to its own end first.
        while level:
            depth += 1
            if depth > _DEEPEST:
                raise GradwireError(f"{name}: nested more than {_DEEPEST} levels deep; flatten it.")
            level = [
                item
                for each in level
                for item in (each.values() if each.__class__ is dict else each)
                if item.__class__ is dict or item.__class__ is list
            ]


def from_json(raw: Any, packed: Weights | None = None, best: BestArrays | None = None) -> Document:
    """A document from decoded JSON; ``packed``: weights that come beside it and stand in for those in it; ``best``:
    the same of the best moment, with what the optimizer remembered then.

    Errors: GradwireError with the path of what is wrong.
    """
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise GradwireError('This is no Gradwire document; its first field must be "format": "gradwire".')
    version = raw.get("version")
    # Before anything else: in a newer version any other field may have another type.
    if isinstance(version, int | float) and version > VERSION:
        raise GradwireError(
            f"The document has version {version} and this program reads up to {VERSION}; update Gradwire."
        )
    check_depth(raw)
    file, extra = checked(DocumentFile, raw, "")
    graph = graph_from_json(file.graph)
    weights = _arrays("weights", file.weights) if packed is None else packed
    initial = _arrays("initial_weights", file.initial_weights)
    training = TrainingSettings.read(file.training)
    progress, trained_extra = None, dict[str, Any]()
    if file.trained is not None:
        numbers = {name: value for name, value in file.trained.items() if name not in TEXTS}
        trained, trained_extra = checked(TrainedFile, file.trained | _with_faults(numbers), "trained")
        arrays = {name: _arrays(f"optimizer_state.{name}", of) for name, of in file.optimizer_state.items()}
        progress = trained.progress(training, arrays, best or _best_state(file.best_state))
    data = _checked_data(file.data)
    return Document(
        file.name,
        graph,
        data,
        training,
        weights,
        # Weights that were never trained are where training starts.
        initial if progress else initial or dict(weights),
        progress,
        extra,
        trained_extra=trained_extra,
        lesson=lesson_from_json(file.lesson),
        exercise=None if file.exercise is None else Exercise.read(file.exercise),
        opening=None if file.opening is None else Opening.read(file.opening),
        watches=watches_from_json(file.watches),
        runs=runs_from_json(file.runs, graph, data, _arrays, _with_faults),
    )


def _best_state(given: Mapping[str, Any]) -> BestArrays | None:
    parts = [given.get(name, {}) for name in ("weights", "optimizer_state")]
    if not given or not all(isinstance(part, dict) for part in (*parts, *getattr(parts[1], "values", list)())):
        return None
    states = {name: _arrays(f"best_state.optimizer_state.{name}", of) for name, of in parts[1].items()}
    return _arrays("best_state.weights", parts[0]), states


def _checked_data(data: dict[str, Any]) -> dict[str, Any]:
    Split.read(data)
    if not isinstance(data.get("standardize", False), bool):
        raise GradwireError("data.standardize: must be true or false.")
    treatments(data)
    answering(data)
    plane_of(data)
    return data or {"source": "inline", "columns": {}}


def _with_faults(value: Any) -> Any:
    """JSON with the strings of ``plain`` as the numbers that they stand for."""
    if isinstance(value, dict):
        return {key: _with_faults(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_faults(item) for item in value]
    return float(value) if value in ("nan", "inf", "-inf") else value


def _arrays(where: str, given: Mapping[str, Any]) -> Weights:
    found: Weights = {}
    for name, value in given.items():
        try:
            # float() also reads the strings "nan", "inf" and "-inf" that stand for what JSON lacks.
            found[name] = np.array(value, dtype=object).astype(np.float64)
        except (TypeError, ValueError) as error:
            raise GradwireError(f"{where}: {name} must be a number or a rectangular list of numbers.") from error
        except OverflowError as error:
            raise GradwireError(f"{where}: {name} holds a number beyond float64; make it smaller.") from error
    return found
