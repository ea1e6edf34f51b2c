"""What would be if one number were another: a pass beside the same pass with some numbers held, and what differs.

Both are the reference engine's, over the same rows and with the same draws, so that what does not depend on a held
number is the same to the last bit. Nothing of the document or the run is changed.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from compute.analysis import Analysis
from compute.document import Document
from compute.engine import Program
from compute.errors import GradwireError
from compute.explain import Quantity, left_by
from compute.focus import Subject
from compute.graph import Port
from compute.initializers import initialize
from compute.ops.base import Op, Settings
from compute.optimizers import Optimizer
from compute.reference import ReferenceRun, TrainingPass, backward, forward
from compute.snapshot import Snapshot
from compute.state import OptimizerState, RunState
from compute.tensor_view import Span, index_of
from compute.trace import Trace

Array = npt.NDArray[Any]
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Hold:
    """Some numbers that are what they are whatever goes into them, for one pass.

    subject: a weight, what a node gives, or what a wire carries; span: which of its entries; value: the number that
    they have; None: each what it is without any hold.
    """

    subject: Subject
    span: Span
    value: float | None

    @property
    def is_cut(self) -> bool:
        """Whether a wire carries nothing."""
        return self.subject.kind == "wire" and self.value == 0.0 and all(part is None for part in self.span)


@dataclass(frozen=True)
class Case:
    """One pass of a snapshot: its rows as the data nodes give them, the weights, and what is drawn at random.

    table: data node id → all rows that are trained on, where they are known.
    """

    analysis: Analysis
    loss: str
    data: Mapping[str, Array]
    weights: Mapping[str, Array]
    rows: npt.NDArray[np.integer[Any]]
    update: int = 0
    seed: int = 0
    table: Mapping[str, Array] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Document, snapshot: Snapshot) -> Case:
        """The pass that the wires show. Errors: GradwireError where none is computed."""
        analysis, trace = snapshot.analysis, snapshot.trace
        if trace.loss is None or not trace.values:
            raise GradwireError("There is no pass to change: the loss is not computed yet.")
        data = {node: np.asarray(trace.values[node], np.float64) for node in analysis.order if _is_data(analysis, node)}
        weights = {name: np.asarray(trace.parameters[name], np.float64) for name in analysis.parameters}
        update, training = snapshot.progress.shown.update, document.training
        return cls(analysis, training.loss, data, weights, trace.rows, update, training.seed, snapshot.train)

    @property
    def program(self) -> Program:
        """What computes it: its rows are all that there are."""
        return Program(self.analysis, self.loss, self.weights, self.data, rows=len(self.rows), seed=self.seed)

    def trace(self, weights: Mapping[str, Array] | None = None) -> Trace:
        """The pass as it is, or with other weights."""
        return _traced(self, self.analysis, self.weights if weights is None else weights)


def _is_data(analysis: Analysis, node: str) -> bool:
    return analysis.ops[node].is_data


def _traced(case: Case, analysis: Analysis, weights: Mapping[str, Array]) -> Trace:
    training = TrainingPass(case.update, case.seed)
    values = forward(analysis, weights, case.data, training)
    grads, wire_grads, weight_grads = backward(analysis, weights, values, case.loss, training)
    loss = float(values[case.loss])
    return Trace(loss, values, grads, wire_grads, dict(weights), weight_grads, case.rows, "reference")


@dataclass(frozen=True)
class Pair:
    """Two passes to be seen beside each other.

    carried: of wires whose numbers are held, what each carries in the second, where that is not what its source gives.
    """

    before: Trace
    after: Trace
    carried: Mapping[Port, Array] = field(default_factory=dict)

    def arrays(self, quantity: Quantity) -> tuple[Array | None, Array | None]:
        """All numbers of a quantity in both; None where it is not computed."""
        first, second = (left_by(trace, quantity) for trace in (self.before, self.after))
        return first, second

    def moved(self, quantity: Quantity) -> Array | None:
        """Which of its entries are others in the second; None where it is not in both, or of another shape."""
        first, second = self.arrays(quantity)
        if first is None or second is None or first.shape != second.shape:
            return None
        return np.asarray((first != second) & ~(np.isnan(first) & np.isnan(second)))

    @cached_property
    def count(self) -> tuple[int, int]:
        """How many numbers are others, and how many there are: values, gradients of nodes and wires, and weights with
        their gradients."""
        moved = total = 0
        for name in ("values", "grads", "wire_grads", "parameters", "parameter_grads"):
            first, second = getattr(self.before, name), getattr(self.after, name)
            for key, array in second.items():
                other = first.get(key)
                total += array.size
                if other is not None and other.shape == array.shape:
                    moved += int(((other != array) & ~(np.isnan(other) & np.isnan(array))).sum())
                else:
                    moved += array.size
        return moved, total


# -- what if ------------------------------------------------------------------------------------------------------


class _Held(Op):
    """Gives what comes in, but for the entries that are held; through those no gradient goes back."""

    name, title, ports = "held", "Held", ("x",)

    def __init__(self, mask: Array, numbers: Array) -> None:
        self.mask, self.numbers = mask, numbers

    def forward(self, x: Sequence[Array], w: Mapping[str, Array], p: Settings) -> Array:
        return np.where(self.mask, self.numbers, x[0])

    def backward(
        self, x: Sequence[Array], w: Mapping[str, Array], p: Settings, y: Array, g: Array
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        return (np.where(self.mask, 0.0, g),), {}


def require_holdable(analysis: Analysis, loss: str, subject: Subject) -> None:
    """Errors: GradwireError where numbers cannot be held."""
    if subject.kind == "node" and subject.node == loss:
        raise GradwireError("The loss is what everything leads to; hold what goes into it instead.")
    if subject.node not in analysis.shapes:
        raise GradwireError(f"{subject.node} is not computed, so that nothing of it can be held.")


def ripple(case: Case, holds: Sequence[Hold], before: Trace | None = None) -> Pair:
    """The pass as it is (``before``, where it is there already) and with numbers held."""
    before = before or case.trace()
    weights, analysis = dict(case.weights), case.analysis
    for hold in holds:
        if hold.subject.kind == "weight" and hold.value is not None:
            name = f"{hold.subject.node}.{hold.subject.name}"
            weights[name] = weights[name].copy()
            weights[name][index_of(hold.span)] = hold.value
    inserted: dict[str, Subject] = {}
    for subject in dict.fromkeys(hold.subject for hold in holds if hold.subject.kind != "weight"):
        analysis, at = _with_held(analysis, case, before, subject, [each for each in holds if each.subject == subject])
        inserted[at] = subject
    return _as_asked(before, _traced(case, analysis, weights), inserted)


def _with_held(
    analysis: Analysis, case: Case, before: Trace, subject: Subject, holds: Sequence[Hold]
) -> tuple[Analysis, str]:
    """The analysis with a node between a source and who reads it, and the id of that."""
    wire = subject.wire
    if wire is None:
        source, new = subject.node, f"{subject.node}\0"
        readers = [
            (node, i) for node in analysis.order for i, each in enumerate(analysis.sources[node]) if each == source
        ]
        as_is = before.values[source]
    else:
        place = analysis.ops[wire[0]].ports.index(wire[1])
        source, new = analysis.sources[wire[0]][place], f"{wire[0]}\0{wire[1]}"
        readers, as_is = [(wire[0], place)], before.values[source.rstrip("\0")]
    mask, numbers = np.zeros(as_is.shape, np.bool_), as_is.copy()
    for hold in holds:
        mask[index_of(hold.span)] = True
        if hold.value is not None:
            numbers[index_of(hold.span)] = hold.value
    sources = {node: list(each) for node, each in analysis.sources.items()}
    for node, i in readers:
        sources[node][i] = new
    at = analysis.order.index(source) + 1
    return (
        replace(
            analysis,
            order=(*analysis.order[:at], new, *analysis.order[at:]),
            ops={**analysis.ops, new: _Held(mask, numbers)},
            shapes={**analysis.shapes, new: analysis.shapes[source]},
            settings={**analysis.settings, new: {}},
            sources={**{node: tuple(each) for node, each in sources.items()}, new: (source,)},
            live=analysis.live | ({new} if source in analysis.live else set()),
        ),
        new,
    )


def _as_asked(before: Trace, found: Trace, inserted: Mapping[str, Subject]) -> Pair:
    """What was computed with nodes in between, as the numbers of the graph as it is."""
    values = _kept(before.values, found.values)
    grads, wires = _kept(before.grads, found.grads), _kept(before.wire_grads, found.wire_grads)
    carried: dict[Port, Array] = {}
    for new, subject in inserted.items():
        value, grad, back = values.pop(new), grads.pop(new, None), wires.pop((new, "x"), None)
        if subject.wire is not None:
            carried[subject.wire] = value
            if back is not None:  # what goes back through a wire that is held is what its source gets of it
                wires[subject.wire] = back
            continue
        values[subject.node] = value
        if grad is not None:
            grads[subject.node] = grad
    return Pair(before, replace(found, values=values, grads=grads, wire_grads=wires), carried)


def _kept(before: Mapping[K, Array], after: Mapping[K, Array]) -> dict[K, Array]:
    """What came after; where that is what was before, the very same array, so that nobody looks for differences."""

    def same(key: K, array: Array) -> bool:
        was = before.get(key)
        return was is not None and was.shape == array.shape and np.array_equal(was, array, equal_nan=True)

    return {key: before[key] if same(key, array) else array for key, array in after.items()}


# -- two states -----------------------------------------------------------------------------------------------------


def across_step(case: Case, optimizer: Optimizer, remembered: OptimizerState) -> Pair:
    """The pass before and after one update on its rows."""
    run = ReferenceRun(case.program)
    state = remembered if remembered.name == optimizer.name else OptimizerState()
    known = {name: arrays for name, arrays in state.arrays.items() if name in case.weights}
    run.restore(RunState(case.weights, replace(state, arrays=known)))
    run.train([np.arange(len(case.rows))], optimizer)
    return Pair(case.trace(), case.trace(run.weights()))


def across_states(case: Case, weights: Mapping[str, Array]) -> Pair:
    """The pass with weights of another moment, and with those of now. Errors: GradwireError where they do not fit."""
    for name, now in case.weights.items():
        was = weights.get(name)
        if was is None or was.shape != now.shape:
            raise GradwireError(f"{name} is another now than when the state was remembered; remember one anew.")
    return Pair(case.trace({name: np.asarray(weights[name], np.float64) for name in case.weights}), case.trace())


def first_weights(case: Case, seed: int) -> dict[str, Array]:
    """The weights that a run with a seed starts from."""
    return {name: initialize(name, spec, seed) for name, (_, spec) in case.analysis.parameters.items()}
