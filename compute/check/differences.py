"""The loss beside where it is: what it becomes when one number is moved, and the slopes that follow.

This uses no backward rule, so that it can judge them: it runs the NumPy forward rules again, in float64, from the
moved number on. What comes before it, and what does not lead to the loss, stays as it was. The pass is the one that a
trace shows, training's first; what it draws at random is drawn once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.analysis import Analysis
from compute.batches import Rows
from compute.check.result import Wire
from compute.engine import Program
from compute.graph import Port
from compute.ops.base import Op, Settings
from compute.reference import TrainingPass, forward, weights_at

Array = npt.NDArray[Any]

# A kink is near up to this many steps away: rounding may put another engine on its other side.
_NEAR = 10
# The least step, in units of the last place of the number that is moved: the step must survive the addition.
_LEAST_STEP = 64
# What a call of a rule costs by itself, in numbers that might be computed instead.
_COST = 4000.0
_PRECISION = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True)
class Spot:
    """A tensor whose entries can be moved: a weight of a node, or a value as seen through one wire into it.

    weight: the weight's full name, "" for a wire; wire: (from, to, port), None for a weight; key: the weight's
    suffix or the number of the port.
    """

    node_id: str
    key: str | int
    value: Array
    weight: str = ""
    wire: Wire | None = None

    @property
    def port(self) -> Port | None:
        """What a trace knows the wire by."""
        return self.wire[1:] if self.wire else None


@dataclass(frozen=True, slots=True)
class Slopes:
    """∂loss/∂entry by differences: from the left, from the right, and across both.

    kinks: how many numbers on the way to the loss pass a place where a slope jumps, or are near one; rounding: by how
    much the rounding of the forward pass alone may make the slope across both wrong.
    """

    left: float
    right: float
    central: float
    kinks: int
    rounding: float

    @property
    def finite(self) -> bool:
        """Whether the loss is finite on both sides, so that there are slopes at all."""
        return math.isfinite(self.left) and math.isfinite(self.right)


class Replay:
    """The forward pass of a program over some rows, ready to be run again from any node on."""

    def __init__(self, program: Program, rows: Rows, gradients: Mapping[str, Array], update: int = 0) -> None:
        """The program's loss must be a computable scalar. gradients: those of each node by the engine that is
        checked, to tell how much the loss moves where a value is rounded, and for nothing else; update: as which
        (from 0) training would do the pass."""
        self.analysis = program.analysis
        self._reached = self.analysis.reached(program.loss)
        weights = {name: np.array(w, dtype=np.float64) for name, w in program.weights.items()}
        first = TrainingPass(update, program.seed)
        values = forward(self.analysis, weights, program.batch(rows), first)
        self.loss = float(values[program.loss])
        self._weights = {n: weights_at(self.analysis, n, weights, values, first) for n in self.analysis.order}
        owners = self.analysis.parameters.items()
        self._learned = {name for name, (owner, spec) in owners if spec.learned and owner in self._reached}
        self._inputs = {n: [values[s] for s in self.analysis.sources[n]] for n in self.analysis.order}
        self._sends = {n: _sends(self.analysis, n, self._reached) for n in self.analysis.order}
        self._costs = {n: _COST + v.size + _reads(self._weights[n], v) for n, v in values.items()}
        self._position = {node_id: i for i, node_id in enumerate(self.analysis.order)}
        self._rounding = {node_id: _rounding(values[node_id], g) for node_id, g in gradients.items()}

    def spots(self) -> list[Spot]:
        """Every weight and every wire that has a gradient, node by node, sources first."""
        found: list[Spot] = []
        for node_id in self.analysis.order:
            if node_id not in self._reached:
                continue
            for suffix, name in self.analysis.weights_of(node_id).items():
                if name in self._learned:
                    found.append(Spot(node_id, suffix, self._weights[node_id][suffix], weight=name))
            for i, wire in enumerate(_wires(self.analysis, node_id)):
                if self._sends[node_id][i]:
                    found.append(Spot(node_id, i, self._inputs[node_id][i], wire=wire))
        return found

    def without_gradient(self) -> tuple[str | Wire, ...]:
        """The weights and wires that the loss does not depend on, or sends nothing back to."""
        names = [name for name in self.analysis.parameters if name not in self._learned]
        wires = [
            wire
            for node_id in self.analysis.order
            for wire, sends in zip(_wires(self.analysis, node_id), self._sends[node_id], strict=True)
            if not (sends and node_id in self._reached)
        ]
        return (*names, *wires)

    def cost(self, node_id: str) -> float:
        """About as many numbers as a pass from a node to the loss computes, with what each call costs by itself."""
        return sum(self._costs[step.node_id] for step in self.path(node_id))

    def path(self, node_id: str) -> list[_Step]:
        """A node and, in order, those that a change of its value reaches on the way to the loss.

        A change goes where a gradient comes back, so not through class numbers, along which nothing can be moved.
        """
        steps = [self._step(node_id, ())]
        found = {node_id}
        for other in self.analysis.order[self._position[node_id] + 1 :]:
            if other not in self._reached:
                continue
            ports = enumerate(zip(self.analysis.sources[other], self._sends[other], strict=True))
            moved = tuple((i, source) for i, (source, sends) in ports if sends and source in found)
            if moved:
                found.add(other)
                steps.append(self._step(other, moved))
        return steps

    def _step(self, node_id: str, moved: tuple[tuple[int, str], ...]) -> _Step:
        op, settings = self.analysis.ops[node_id], self.analysis.settings[node_id]
        rounding = self._rounding.get(node_id, 0.0)
        return _Step(node_id, op, settings, self._inputs[node_id], self._weights[node_id], moved, rounding)


@dataclass(frozen=True, slots=True)
class _Step:
    """One node of a path. moved: the numbers of the ports that a change arrives at, and from which nodes; inputs,
    weights: as they are without it; rounding: how much the loss moves where the node's value is rounded."""

    node_id: str
    op: Op
    settings: Settings
    inputs: Sequence[Array]
    weights: dict[str, Array]
    moved: tuple[tuple[int, str], ...]
    rounding: float

    def arriving(self, values: Mapping[str, Array]) -> list[Array]:
        """The inputs, where these nodes have other values."""
        x = list(self.inputs)
        for i, source in self.moved:
            x[i] = values[source]
        return x


class Around:
    """The loss as a function of one tensor, everything else as it is."""

    def __init__(self, replay: Replay, spot: Spot) -> None:
        self._spot, self._loss = spot, replay.loss
        self._path = replay.path(spot.node_id)
        self._rounding = sum(step.rounding for step in self._path)
        self._kinks = self._at(spot.value)[1]

    def slopes(self, index: tuple[int, ...], eps: float) -> Slopes:
        """The slopes along one entry, by steps of ``eps``, or of more where so little would be lost in the entry."""
        here = float(self._spot.value[index])
        step = max(eps, _LEAST_STEP * math.ulp(here)) if math.isfinite(here) else eps
        # What the entry really moves by differs from the step by the rounding of the addition.
        low, high = here - step, here + step
        below, kinks_below = self._at(self._moved(index, low))
        above, kinks_above = self._at(self._moved(index, high))
        triples = zip(self._kinks, kinks_below, kinks_above, strict=True)
        return Slopes(
            (self._loss - below) / (here - low),
            (above - self._loss) / (high - here),
            (above - below) / (high - low),
            sum(_met(*triple, _NEAR * step) for triple in triples),
            self._rounding / step,
        )

    def _moved(self, index: tuple[int, ...], number: float) -> Array:
        value = np.array(self._spot.value)
        value[index] = number
        return value

    def _at(self, value: Array) -> tuple[float, list[Array]]:
        """The loss where the tensor has this value, and the kink arrays on the way there."""
        values: dict[str, Array] = {}
        kinks: list[Array] = []
        x, weights = list(self._path[0].inputs), dict(self._path[0].weights)
        if isinstance(self._spot.key, str):
            weights[self._spot.key] = value
        else:
            x[self._spot.key] = value
        with np.errstate(all="ignore"):  # what is not finite is found in the slopes
            for step in self._path:
                if values:
                    x, weights = step.arriving(values), step.weights
                values[step.node_id] = step.op.forward(x, weights, step.settings)
                kinks.extend(step.op.kinks(x, step.settings))
        return float(values[self._path[-1].node_id]), kinks


def _sends(analysis: Analysis, node_id: str, reached: Set[str]) -> tuple[bool, ...]:
    """For each port of a node, whether a gradient comes back through it."""
    sources = analysis.sources[node_id]
    sends = analysis.ops[node_id].sends_back([analysis.shapes[s] for s in sources])
    return tuple(sent and source in reached for sent, source in zip(sends, sources, strict=True))


def _wires(analysis: Analysis, node_id: str) -> list[Wire]:
    """The wires into a node, by port."""
    pairs = zip(analysis.sources[node_id], analysis.ops[node_id].ports, strict=True)
    return [(source, node_id, port) for source, port in pairs]


def _reads(weights: Mapping[str, Array], value: Array) -> float:
    """What the products of a value's rows with weights cost; a product costs less than a number by itself."""
    rows = value.shape[0] if value.ndim else 1
    return sum(w.size for w in weights.values()) * rows / 50


def _rounding(value: Array, gradient: Array) -> float:
    """By how much a loss may be off because a value, to which it has this gradient, is rounded."""
    if np.shape(gradient) != value.shape:
        return 0.0  # no gradient of this value; it will be found wrong
    with np.errstate(all="ignore"):
        products = np.abs(value * gradient)
    return _PRECISION * float(products[np.isfinite(products)].sum())


def _met(before: Array, below: Array, above: Array, near: float) -> int:
    """How many entries move and are near 0 or pass it."""
    moves = (below != before) | (above != before)
    return int(np.count_nonzero(moves & ((np.abs(before) <= near) | (np.sign(below) != np.sign(above)))))
