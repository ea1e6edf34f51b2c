"""Kept runs as a document has them: the field ``runs``, and in an archive a file of weights for each beside it.

``runs`` is ``{"now": origin, "kept": [run …], "last": N}``. A run has the fields of its origin, ``training`` and
``trained`` as a document has them, and ``graph`` and ``data`` where they are not the document's own. Its weights are
in ``runs/<number>.safetensors`` of an archive, and else in its ``weights`` and ``optimizer_state``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any

import msgspec
import numpy as np
import numpy.typing as npt

from compute import tensors
from compute.document.checking import checked
from compute.document.records import graph_from_json, graph_to_json
from compute.document.runs import MOST_RUNS, KeptRun, Origin, Runs
from compute.document.settings import MOST, TrainingSettings
from compute.document.trained import TEXTS, TrainedFile, written
from compute.errors import GradwireError
from compute.graph import Graph
from compute.state import RunState

Array = npt.NDArray[Any]
Weights = Mapping[str, Array]
ReadArrays = Callable[[str, Mapping[str, Any]], Weights]
"""Weights from JSON; the place they are at, for errors."""

FOLDER, _ENDING = "runs/", ".safetensors"
MOST_INLINE = 100_000
"""Numbers of weights of all runs that a document without an archive holds."""
_WEIGHT, _STATE = "weight/", "state/"

_Number = Annotated[int, msgspec.Meta(ge=1, le=MOST)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=MOST)]
_Name = Annotated[str, msgspec.Meta(max_length=200)]
_Seconds = Annotated[float, msgspec.Meta(ge=0)]


class OriginFile(msgspec.Struct):
    number: _Number = 1
    name: _Name = ""
    parent: _Count = 0
    branched: _Count = 0
    seconds: _Seconds = 0.0

    def value(self) -> Origin:
        return Origin(self.number, self.name, self.parent, self.branched, self.seconds)


class RunFile(OriginFile):
    size: _Name = ""
    training: dict[str, Any] = {}
    trained: dict[str, Any] = {}
    graph: dict[str, Any] | None = None
    data: dict[str, Any] | None = None
    weights: dict[str, Any] | None = None
    optimizer_state: dict[str, dict[str, Any]] = {}


class RunsFile(msgspec.Struct):
    now: OriginFile = msgspec.field(default_factory=OriginFile)
    kept: Annotated[list[dict[str, Any]], msgspec.Meta(max_length=MOST_RUNS)] = []
    last: _Number = 1


def is_state(member: str) -> bool:
    """Whether a file of an archive holds the weights of a run."""
    return member.startswith(FOLDER) and member.endswith(_ENDING)


def runs_from_json(
    raw: Any, graph: Graph, data: Mapping[str, Any], arrays: ReadArrays, faults: Callable[[Any], Any]
) -> Runs:
    """The runs of a document whose graph and data are these; ``faults``: reads the words for numbers that JSON lacks.

    Errors: GradwireError with the place of what is wrong.
    """
    if raw is None:
        return Runs()
    file, extra = checked(RunsFile, raw, "runs")
    kept, seen = list[KeptRun](), {file.now.number}
    for at, each in enumerate(file.kept):
        where = f"runs.kept[{at}]"
        run, more = checked(RunFile, each, where)
        if run.number in seen:
            raise GradwireError(f"{where}: another run has the number {run.number}; give each its own.")
        seen.add(run.number)
        try:
            training = TrainingSettings.read(run.training)
            of = {name: arrays(f"optimizer_state.{name}", state) for name, state in run.optimizer_state.items()}
            numbers = {name: value for name, value in run.trained.items() if name not in TEXTS}
            trained, _ = checked(TrainedFile, run.trained | faults(numbers), "trained")
            weights = None if run.weights is None else arrays("weights", run.weights)
            own = graph if run.graph is None else graph_from_json(run.graph)
        except GradwireError as error:
            raise GradwireError(f"{where}: {error}") from None
        progress = trained.progress(training, of)
        kept.append(
            KeptRun(
                run.value(), own, data if run.data is None else run.data, training, progress, weights, run.size, more
            )
        )
    kept.sort(key=lambda run: run.number)
    return Runs(tuple(kept), file.now.value(), max(file.last, *seen), extra)


def runs_to_json(runs: Runs, graph: Graph, data: Mapping[str, Any], *, weights: bool) -> dict[str, Any] | None:
    """The field that ``runs_from_json`` reads; None where there is nothing to say. ``weights``: whether they are in it,
    as far as there is room."""
    if not runs.kept and runs.now == Origin() and not runs.extra:
        return None
    room, inline = MOST_INLINE, set[int]()
    for run in reversed(runs.kept):
        count = run.bytes // 4
        if weights and run.weights is not None and count <= room:
            room -= count
            inline.add(run.number)
    kept = [_run(run, graph, data, weights=run.number in inline) for run in runs.kept]
    return {"now": _origin(runs.now), "kept": kept, "last": runs.last, **runs.extra}


def _origin(origin: Origin) -> dict[str, Any]:
    out: dict[str, Any] = {"number": origin.number}
    if origin.name:
        out["name"] = origin.name
    if origin.parent:
        out |= {"parent": origin.parent, "branched": origin.branched}
    return out | {"seconds": round(origin.seconds, 3)}


def _run(run: KeptRun, graph: Graph, data: Mapping[str, Any], *, weights: bool) -> dict[str, Any]:
    out = _origin(run.origin) | {"size": run.size, "training": run.training.written()}
    out["trained"] = written(run.progress)
    if run.graph is not graph:
        own = graph_to_json(run.graph)
        if own != graph_to_json(graph):
            out["graph"] = own
    if run.data is not data and run.data != data:
        out["data"] = run.data
    if weights and run.weights is not None:
        out["weights"] = run.weights
        if run.progress.optimizer.arrays:
            out["optimizer_state"] = run.progress.optimizer.arrays
    return out | dict(run.extra)


def packed(runs: Runs) -> dict[str, bytes]:
    """The files of an archive that hold the weights of runs, by their names."""
    found = {}
    for run in runs.kept:
        if run.weights is not None:
            found[f"{FOLDER}{run.number}{_ENDING}"] = pack_state(RunState(run.weights, run.progress.optimizer))
    return found


def pack_state(state: RunState) -> bytes:
    """Weights and what the optimizer remembers, as a file of an archive."""
    arrays = {_WEIGHT + name: np.asarray(array) for name, array in state.weights.items()}
    for weight, of in state.optimizer.arrays.items():
        arrays |= {f"{_STATE}{weight}/{name}": np.asarray(array) for name, array in of.items()}
    return tensors.pack(arrays)


def unpack_state(arrays: Weights) -> tuple[dict[str, Array], dict[str, dict[str, Array]]]:
    """The weights and what the optimizer remembers of each, from the tensors of such a file."""
    weights = {name.removeprefix(_WEIGHT): array for name, array in arrays.items() if name.startswith(_WEIGHT)}
    states: dict[str, dict[str, Array]] = {}
    for key, array in arrays.items():
        if key.startswith(_STATE):
            weight, _, name = key.removeprefix(_STATE).rpartition("/")
            states.setdefault(weight, {})[name] = array
    return weights, states


def unpacked(runs: Runs, members: dict[str, bytes], name: str) -> Runs:
    """The runs with the weights that are in the files of an archive, which are taken out of ``members``. Errors:
    GradwireError naming the file."""
    kept = []
    for run in runs.kept:
        member = f"{FOLDER}{run.number}{_ENDING}"
        content = members.pop(member, None)
        kept.append(run if content is None else _with_state(run, tensors.unpack(content, f"{name}/{member}")))
    return replace(runs, kept=tuple(kept))


def _with_state(run: KeptRun, arrays: Weights) -> KeptRun:
    weights, states = unpack_state(arrays)
    optimizer = replace(run.progress.optimizer, arrays=states if run.progress.optimizer.name else {})
    return replace(run, weights=weights, progress=replace(run.progress, optimizer=optimizer))
