"""What a network answers over the plane of two of its inputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.engine import Run
from compute.errors import GradwireError
from compute.measure import Ground, Measure, Moment
from compute.snapshot import Boundary, NeuronMaps
from compute.workspace import Workspace

Array = npt.NDArray[Any]

# More points than this tell the eye nothing and cost time to draw.
_MOST_POINTS = 2000
# Numbers that a plane may cost in all nodes together: a very wide network gets a coarser one, not all of the memory.
_MOST_NUMBERS = 2**25
# Points each way of a neuron's own map, and how many numbers all maps may have: they come with every snapshot.
_MAP, _LEAST_MAP, _MOST_IN_MAPS = 40, 8, 2**18


class BoundaryPlane:
    """The points of a document's plane, prepared once; ``ask`` asks a run for its answers there.

    The plane spans two columns of the only input node; its other columns stay at their training mean, or at what
    ``held`` says, in the data's own units. It has ``size`` points each way, or as many as can be afforded.
    """

    def __init__(
        self,
        workspace: Workspace,
        columns: tuple[str, str],
        size: int = 64,
        held: Mapping[str, float] | None = None,
    ) -> None:
        prepared, program = workspace.prepared, workspace.program
        assert prepared is not None
        table = prepared.table
        analysis = program.analysis
        size = max(2, min(size, math.isqrt(_MOST_NUMBERS // analysis.numbers_per_row)))
        node_id = next(n for n in analysis.order if analysis.ops[n].role == "input")
        names = list(analysis.settings[node_id]["columns"])
        self.columns, self.size, self.node = columns, size, node_id
        rows = np.concatenate([prepared.train_rows, prepared.validation_rows, prepared.test_rows])
        kept = rows[:: max(1, -(-len(rows) // _MOST_POINTS))]
        raw = np.stack([table.columns[name] for name in columns], axis=1)
        self.low, self.high = _reach(raw, [workspace.plane.get(name) for name in columns])
        points = grid(self.low, self.high, size)
        train = prepared.train[node_id]
        data = np.tile(train.reshape(len(train), -1).mean(axis=0), (len(points), 1))
        own_units = node_id in prepared.standardized
        self.held: dict[str, float] = {}
        for i, name in enumerate(names if data.shape[1] == len(names) else ()):
            if name not in columns:
                mean = float(data[0, i])
                mean = mean * prepared.stds[name] + prepared.means[name] if own_units else mean
                self.held[name] = (held or {}).get(name, mean)
        given: dict[str, Any] = {**self.held, **{name: points[:, i] for i, name in enumerate(columns)}}
        for name, numbers in given.items():
            at = names.index(name)
            data[:, at] = (numbers - prepared.means[name]) / prepared.stds[name] if own_units else numbers
        self.data = data.reshape(-1, *train.shape[1:])
        self.points, self.rows = raw[kept], kept
        self.training = np.isin(kept, prepared.train_rows)
        self.loss = analysis.ops[program.loss]
        judged = analysis.judged_by(program.loss)
        assert judged is not None
        self.prediction, self.truth = judged
        self.classes, self.labels = self._labels(workspace, kept)
        several = analysis.settings[self.truth]["columns"]
        self.answers = str(several[0]) if not self.classes and len(several) > 1 else ""

    def _labels(self, workspace: Workspace, rows: npt.NDArray[np.intp]) -> tuple[int, Array]:
        """How many classes there are (0: a number is predicted) and each row's class or value."""
        analysis, prepared = workspace.program.analysis, workspace.prepared
        assert prepared is not None
        target = prepared.values[self.truth][rows]
        width = analysis.shapes[self.prediction][-1]
        if self.loss.judges == "classes":
            return int(width), target if target.ndim == 1 else target.argmax(axis=1)
        return (2 if self.loss.judges == "yes or no" else 0), target.reshape(len(rows), -1)[:, 0]

    def ask(self, run: Run) -> Callable[[], Boundary]:
        """Ask for the answers of the run's weights, as they are after all training that was started; what is returned
        waits for them."""
        asked = run.start_outputs(self._data_for(run), [self.prediction])
        return lambda: self._boundary(self.loss.answer(asked.get()[self.prediction]))

    def _data_for(self, run: Run) -> dict[str, Array]:
        """The rows of the plane; data nodes that are not asked for still want as many rows as it has."""
        return {
            name: self.data if name == self.node else np.zeros((len(self.data), *table.shape[1:]))
            for name, table in run.program.train.items()
        }

    def ask_neurons(self, run: Run, nodes: Sequence[str]) -> Callable[[], NeuronMaps]:
        """The same for what all units of some nodes give, each (B, units)."""
        asked = run.start_outputs(self._data_for(run), [node for node in nodes if node != self.node])

        def wait() -> NeuronMaps:
            found = {**asked.get(), self.node: self.data}
            values = {node: found[node].reshape(self.size, self.size, -1) for node in nodes}
            return NeuronMaps(self._with(np.zeros((0, 0))), values)

        return wait

    def _boundary(self, answer: Array) -> Boundary:
        shape = (self.size, self.size, -1) if self.classes > 2 else (self.size, self.size)
        # Of two classes the second; of several numbers the first, as are the labels.
        one = 1 if self.loss.judges == "classes" else 0
        values = answer if self.classes > 2 else answer.reshape(len(self.data), -1)[:, one]
        return self._with(values.reshape(shape))

    def _with(self, answer: Array) -> Boundary:
        return Boundary(
            self.columns,
            (float(self.low[0]), float(self.high[0])),
            (float(self.low[1]), float(self.high[1])),
            answer,
            self.points,
            self.labels,
            self.classes,
            self.training,
            self.rows,
            self.answers,
            held=self.held,
        )


@dataclass(frozen=True)
class PlaneOf(Measure):
    """The decision boundary over two columns (none: those of ``first_plane``), with others held at numbers of one's own
    in the data's units; where nothing is said of one, at its training mean."""

    columns: tuple[str, ...] = ()
    held: tuple[tuple[str, float], ...] = ()

    def ask(self, ground: Ground) -> Callable[[Moment], Boundary]:
        names = plane_columns(ground.workspace)
        if len(names) < 2:
            raise GradwireError("it needs one input with two columns or more, and a loss that compares with a target")
        chosen = len(self.columns) == 2 and set(self.columns) <= set(names)
        across, up = self.columns if chosen else first_plane(ground.workspace, names)
        plane = ground.prepared(self, lambda: BoundaryPlane(ground.workspace, (across, up), held=dict(self.held)))
        wait = plane.ask(ground.run)
        return lambda _moment: wait()


def _reach(raw: Array, said: Sequence[tuple[float, float] | None]) -> tuple[Array, Array]:
    """From where to where a plane shows its points (rows, 2): with a margin, or as is said where they are within."""
    low, high = raw.min(axis=0), raw.max(axis=0)
    margin = np.where(high > low, 0.1 * (high - low), 1.0)
    wide = low - margin, high + margin
    for at, extent in enumerate(said):
        if extent is not None:
            for side, edge, end in zip(wide, extent, (low, high), strict=True):
                beyond = end[at] < extent[0] or end[at] > extent[1]
                side[at] = side[at] if beyond else edge
    return wide


def plane_columns(workspace: Workspace) -> tuple[str, ...]:
    """The input columns that a plane can be drawn over; fewer than two: none can be drawn."""
    program = workspace.program
    analysis = program.analysis
    inputs = [n for n in analysis.order if analysis.ops[n].role == "input"]
    judged = analysis.judged_by(program.loss)
    if workspace.prepared is None or len(inputs) != 1 or judged is None:
        return ()
    node, target = judged
    # The plane is a batch of another size, so the graph must treat rows one by one.
    if target not in workspace.prepared.values or analysis.shapes[node][:1] != ("B",):
        return ()
    return tuple(dict.fromkeys(analysis.settings[inputs[0]]["columns"]))


def first_plane(workspace: Workspace, names: Sequence[str]) -> tuple[str, str]:
    """The plane that is shown before a person has chosen one: over the first two of some columns that hold more than
    one number, as one pixel in the corner of all pictures tells nothing."""
    assert workspace.prepared is not None
    columns = workspace.prepared.table.columns
    vary = islice((name for name in names if len(columns[name]) and np.ptp(columns[name])), 2)
    across, up, *_ = dict.fromkeys((*vary, *names))
    return across, up


def mapped(workspace: Workspace, nodes: Sequence[str]) -> tuple[str, ...]:
    """Those of some nodes whose units have a map each: none, unless the network has two inputs that a plane can be
    drawn over."""
    analysis = workspace.program.analysis
    if len(plane_columns(workspace)) != 2:
        return ()
    rows = [node for node in nodes if analysis.shapes.get(node, ())[:1] == ("B",) and len(analysis.shapes[node]) == 2]
    inputs = [node for node in rows if analysis.ops[node].role == "input"]
    return tuple(node for node in rows if node in inputs or not analysis.ops[node].is_data)


def map_size(workspace: Workspace, nodes: Sequence[str]) -> int:
    """How many points each way the maps of some nodes have: fewer where there are many neurons."""
    units = sum(int(workspace.program.analysis.shapes[node][1]) for node in nodes)
    return max(_LEAST_MAP, min(_MAP, math.isqrt(_MOST_IN_MAPS // max(1, units))))


def grid(low: npt.NDArray[Any], high: npt.NDArray[Any], size: int) -> npt.NDArray[np.float64]:
    """(size², 2) points of a regular grid over a rectangle, x fastest."""
    x, y = np.meshgrid(np.linspace(low[0], high[0], size), np.linspace(low[1], high[1], size))
    return np.stack([x.reshape(-1), y.reshape(-1)], axis=1)
