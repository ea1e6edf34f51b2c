"""The float64 NumPy engine: the specification that every other engine is compared with.

Short on purpose: each node's NumPy rule in order, then each node's gradient rule in reverse order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.analysis import Analysis, check_loss
from compute.batches import Rows
from compute.draws import key_of, uniform
from compute.engine import Program, Ready, Run
from compute.graph import Port
from compute.ledger import Ledger, StepTimes
from compute.optimizers import OPTIMIZERS, Optimizer, State, norm_of
from compute.state import OptimizerState, RunState, frozen, require_fitting
from compute.stopwatch import timed
from compute.trace import Trace
from compute.watches.checks import Check, first_tripped

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class TrainingPass:
    """That a pass is one of training: at which update (0, 1, …), with which seed for what is drawn at random."""

    step: int = 0
    seed: int = 0


def weights_at(
    analysis: Analysis,
    node_id: str,
    weights: Mapping[str, Array],
    values: Mapping[str, Array],
    training: TrainingPass | None,
) -> dict[str, Array]:
    """What a node's rules take beside its inputs, by suffix: its weights, and in training its random numbers."""
    w = {suffix: weights[name] for suffix, name in analysis.weights_of(node_id).items()}
    if training and analysis.ops[node_id].draws:
        shape = values[analysis.sources[node_id][0]].shape
        w["draw"] = uniform(key_of(training.seed, node_id), training.step, shape)
    return w


Put = Callable[[str, str, str, Array], Array]
"""Told an array as soon as it is computed, gives what counts in its place. The first three say which one it is, as in
``compute.explain.Quantity``: the value or the gradient of a node, of a wire or of a weight."""


def _as_it_is(_kind: str, _node: str, _name: str, array: Array) -> Array:
    return array


def forward(
    analysis: Analysis,
    weights: Mapping[str, Array],
    data: Mapping[str, Array],
    training: TrainingPass | None = None,
    known: Mapping[str, Array] | None = None,
    put: Put = _as_it_is,
) -> dict[str, Array]:
    """Every node's value. ``data``: rows of each data node; ``weights``: arrays by full name; ``known``: values that
    are not computed again; ``put``: may give other values in place of those that are computed."""
    values: dict[str, Array] = {}
    with np.errstate(all="ignore"):  # inf and nan are honest results here, shown as such
        for node_id in analysis.order:
            op = analysis.ops[node_id]
            if known and node_id in known:
                values[node_id] = known[node_id]
            elif op.is_data:
                values[node_id] = np.asarray(data[node_id], dtype=np.float64)
            else:
                x = [values[s] for s in analysis.sources[node_id]]
                w = weights_at(analysis, node_id, weights, values, training)
                rule = op.forward if training else op.evaluate
                values[node_id] = put("value", node_id, "", rule(x, w, analysis.settings[node_id]))
    return values


_FIRST = TrainingPass()


def backward(
    analysis: Analysis,
    weights: Mapping[str, Array],
    values: Mapping[str, Array],
    loss: str,
    training: TrainingPass = _FIRST,
    put: Put = _as_it_is,
    outputs: Mapping[str, Array] | None = None,
) -> tuple[dict[str, Array], dict[Port, Array], dict[str, Array]]:
    """Gradients of the loss: by node, by wire, by weight name. Absent where the loss does not depend on it.

    outputs: what a node's own rule takes for its value, where that is another than what its readers got.
    """
    wanted = analysis.reached(loss)
    grads: dict[str, Array] = {}
    wire_grads: dict[Port, Array] = {}
    weight_grads: dict[str, Array] = {}
    if loss in wanted:
        grads[loss] = np.ones(())
    with np.errstate(all="ignore"):
        for node_id in reversed(analysis.order):
            if node_id not in grads:
                continue
            grads[node_id] = put("gradient", node_id, "", grads[node_id])
            op, names = analysis.ops[node_id], analysis.weights_of(node_id)
            x = [values[s] for s in analysis.sources[node_id]]
            w = weights_at(analysis, node_id, weights, values, training)
            y = (outputs or values).get(node_id, values[node_id])
            back, back_w = op.backward(x, w, analysis.settings[node_id], y, grads[node_id])
            weight_grads |= {names[suffix]: put("weight gradient", node_id, suffix, g) for suffix, g in back_w.items()}
            for port, source, g in zip(op.ports, analysis.sources[node_id], back, strict=True):
                if source in wanted and g is not None:
                    g = wire_grads[node_id, port] = put("wire", node_id, port, g)
                    grads[source] = grads[source] + g if source in grads else g
    return grads, wire_grads, weight_grads


def completed(trace: Trace, program: Program, weights: Mapping[str, Array], update: int = 0) -> Trace:
    """The trace of the part that leads to the loss, with the values and weights of all other nodes of the program."""
    analysis = program.analysis
    data = program.on(trace.of).batch(trace.rows)
    values = forward(analysis, weights, data, TrainingPass(update, program.seed), trace.values)
    parameters = {name: trace.parameters.get(name, weights[name]) for name in analysis.parameters}
    return replace(trace, values=values, parameters=parameters)


class ReferenceRun(Run):
    """A training run on the reference engine; see ``compute.engine.Run``."""

    overlaps = False

    def __init__(self, program: Program) -> None:
        self.program = program
        self._weights = {name: np.array(w, dtype=np.float64) for name, w in program.weights.items()}
        self._state: State = {}
        self.optimizer: type[Optimizer] | None = None
        self.checks: tuple[Check, ...] = ()
        self.stopped = 0
        self._before: dict[str, Array] = {}
        self.step = 0

    def weights(self) -> dict[str, Array]:
        return {name: w.copy() for name, w in self._weights.items()}

    def set_weights(self, weights: Mapping[str, Array]) -> None:
        self._before = {}
        for name, value in weights.items():
            self._weights[name] = np.array(value, dtype=np.float64).reshape(self._weights[name].shape)

    def watch(self, checks: Sequence[Check]) -> None:
        self.checks, self._before = tuple(checks), {}

    def before(self) -> dict[str, Array]:
        watched = {check.of.weight for check in self.checks if check.kind.before}
        return {name: self._before.get(name, self._weights[name]) for name in watched}

    def start_state(self) -> Ready[RunState]:
        weights = {name: frozen(w) for name, w in self._weights.items()}
        if self.optimizer is None:
            return Ready(RunState(weights))
        arrays = {
            weight: {name: frozen(state.get(name, np.zeros_like(weights[weight]))) for name in self.optimizer.state}
            for weight, state in self._state.items()
        }
        return Ready(RunState(weights, OptimizerState(self.optimizer.name, self.step, arrays)))

    def restore(self, state: RunState) -> None:
        shapes = {name: w.shape for name, w in self._weights.items()}
        require_fitting(state, shapes, shapes)
        self.reset(state.weights)
        self.optimizer, self.step = OPTIMIZERS.get(state.optimizer.name), state.optimizer.updates
        self._state = {
            weight: {name: np.array(array, np.float64) for name, array in arrays.items()}
            for weight, arrays in state.optimizer.arrays.items()
        }

    def reset(self, weights: Mapping[str, Array]) -> None:
        self._forget()
        self.set_weights(weights)

    def _forget(self) -> None:
        """No optimizer state, step 0."""
        self._state, self.optimizer, self.step = {}, None, 0

    def start_trace(self, rows: Rows, update: int = 0) -> Ready[Trace]:
        analysis, loss = self.program.analysis, self.program.loss
        training = TrainingPass(update, self.program.seed)
        values = forward(analysis, self._weights, self.program.batch(rows), training)
        grads, wire_grads, weight_grads = backward(analysis, self._weights, values, loss, training)
        scalar = values.get(loss)
        found = float(scalar) if scalar is not None and scalar.ndim == 0 else None
        computed = values, grads, wire_grads, self.weights(), weight_grads
        return Ready(Trace(found, *computed, rows, "reference", training.seed, update))

    def start_training(
        self,
        batches: Sequence[Rows],
        optimizer: Optimizer,
        ends: npt.NDArray[np.int32] | None = None,
        rates: npt.NDArray[np.float64] | None = None,
        *,
        states: bool = False,
    ) -> Ready[npt.NDArray[np.float64]]:
        losses: list[float] = []
        if batches and type(optimizer) is not self.optimizer:
            self._forget()
            self.optimizer = type(optimizer)
        analysis = self.program.analysis
        trainable = [name for name, (_, spec) in analysis.parameters.items() if spec.trainable]
        for at, rows in enumerate(batches):
            training = TrainingPass(self.step, self.program.seed)
            values = forward(analysis, self._weights, self.program.batch(rows), training)
            losses.append(float(values[self.program.loss]))
            if not math.isfinite(losses[-1]):
                self.stopped = 1
                break
            node_grads, wire_grads, grads = backward(analysis, self._weights, values, self.program.loss, training)
            found = None if all(np.isfinite(grads[name]).all() for name in trainable if name in grads) else 2
            if found is None and self.checks:
                computed = Trace(losses[-1], values, node_grads, wire_grads, self._weights, grads)
                tripped = first_tripped(self.checks, computed, self._before)
                found = None if tripped is None else tripped + 3
            if found is not None:
                losses[-1], self.stopped = math.nan, found
                break
            self._before = {name: self._weights[name] for name in self.before()}
            statistics = self._new_statistics(values)
            self.step += 1
            now = optimizer if rates is None else optimizer.at_rate(float(rates[at]))
            # What the loss does not depend on has no gradient: PyTorch leaves it alone, and so do we.
            learned = {name: grads[name] for name in trainable if name in grads}
            norm = norm_of(learned.values()) if optimizer.clipping.norm else 0.0
            with np.errstate(all="ignore"):
                for name, gradient in learned.items():
                    state = self._state.setdefault(name, {})
                    self._weights[name] = now.update(self._weights[name], gradient, state, self.step, norm)
            self._weights.update(statistics)
        return Ready(np.array(losses))

    def _new_statistics(self, values: Mapping[str, Array]) -> dict[str, Array]:
        """The running statistics after a training step, by full name."""
        analysis, new = self.program.analysis, dict[str, Array]()
        for node_id in {owner: None for owner, spec in analysis.parameters.values() if not spec.learned}:
            names = analysis.weights_of(node_id)
            x = [values[s] for s in analysis.sources[node_id]]
            w = {suffix: self._weights[name] for suffix, name in names.items()}
            found = analysis.ops[node_id].remember(x, w, analysis.settings[node_id])
            new |= {names[suffix]: value for suffix, value in found.items()}
        return new

    def start_outputs(self, data: Mapping[str, Array], nodes: Sequence[str]) -> Ready[dict[str, Array]]:
        values = forward(self.program.analysis, self._weights, data)
        return Ready({node_id: values[node_id] for node_id in nodes if node_id in values})

    def timed(self, rows: int, optimizer: Optimizer) -> StepTimes:
        analysis, loss, weights = self.program.analysis, self.program.loss, self._weights
        check_loss(analysis, loss)
        data = self.program.batch(np.arange(rows))

        def step(ledger: Ledger[float]) -> dict[str, Array]:
            values = forward(analysis, weights, data, _FIRST, put=ledger.put)
            return backward(analysis, weights, values, loss, _FIRST, ledger.put)[2]

        return timed(ReferenceEngine.label, analysis, weights, optimizer, step)

    def close(self) -> None:
        """Nothing to free."""


class ReferenceEngine:
    """Float64 on the CPU with NumPy."""

    label = "reference (NumPy, float64)"

    def watch(self, building: Callable[[], None]) -> None:
        """There is nothing to build."""

    def open(self, program: Program) -> ReferenceRun:
        return ReferenceRun(program)

    def close(self) -> None:
        """Nothing to free."""
