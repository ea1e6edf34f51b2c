"""The numbers of one exercise: a traced pass over the batch that the window shows first, and the update after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.batches import Order
from compute.document import Document, Exercise
from compute.errors import GradwireError
from compute.exercises.origin import giving_away
from compute.explain import Answer, Entry, Facts, Phase, Quantity, tell, updates
from compute.explain.sums import naming
from compute.explain.updates import State
from compute.focus import Focus
from compute.optimizers import Optimizer
from compute.reference import TrainingPass, backward, forward
from compute.schedules import next_optimizer
from compute.shown import Shown
from compute.state import OptimizerState
from compute.trace import Trace
from compute.workspace import TableCache, Workspace, open_document

Array = npt.NDArray[Any]


def canonical(focus: Focus, facts: Facts) -> Focus:
    """The same number by the first of its names: what goes along a wire is the value of the node that it comes from,
    and where gradient comes back in one way only, that is the node's; its entry is said."""
    entry, q = focus.entry_in(facts), focus.asks(facts.graph)
    if q.kind == "wire" and len(facts.contributions(facts.source(q.node, q.name))) == 1:
        q = Quantity("gradient", facts.source(q.node, q.name))
    elif q.kind == "weight gradient" and focus.quantity == "gradient" and not facts.analysis.sources.get(q.node):
        q = Quantity("gradient", q.node)
    return Focus.on(q, entry)


def refusal(focus: Focus, facts: Facts) -> str:
    """Why a number cannot be asked for, as a sentence; "" where it can."""
    q = focus.asks(facts.graph)
    if q.node not in facts.analysis.shapes or not facts.has(q):
        return f"{_named(focus)} is not computed, so it cannot be asked for."
    if q.kind == "weight" or (q.kind == "value" and not facts.analysis.sources[q.node]):
        return f"{naming(facts, q, focus.entry or ())} is given; ask for a number that has to be worked out."
    entry = focus.entry
    if entry is None or len(entry) != facts.array(q).ndim or not facts.view(q).has(entry):
        return f"{_named(focus)} has no entry {list(entry or ())}; ask for one that it has."
    if q.kind == "update" and not facts.analysis.parameters[q.weight][1].trainable:
        return f"{facts.weight_name(q)} is not trained, so it has no update."
    return ""


def _named(focus: Focus) -> str:
    subject = focus.subject
    return f"{subject.node}.{subject.name}" if subject.name else subject.node


@dataclass(frozen=True)
class Step:
    """One number that is asked for: where it comes in the calculation, what it is called and what it is.

    label: in plain text, as in ``∂L/∂g``; symbol: the same in LaTeX; phase: as in a walk.
    """

    focus: Focus
    quantity: Quantity
    entry: Entry
    phase: Phase
    label: str
    symbol: str
    value: float


@dataclass
class Sheet:
    """An exercise with its numbers; see the module's docstring. ``Sheet.of`` makes one."""

    document: Document
    exercise: Exercise
    workspace: Workspace
    rows: npt.NDArray[np.integer[Any]]
    optimizer: Optimizer | None
    facts: Facts
    steps: tuple[Step, ...] = ()
    _weights: Mapping[str, Array] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Document, cache: TableCache | None = None) -> Sheet:
        """The numbers of a document's exercise. Errors: GradwireError where the document cannot be computed, or where
        something is asked for that it has not."""
        exercise = document.exercise
        if exercise is None:
            raise GradwireError(f"{document.name}: this document holds no exercise; ask for a number in it first")
        workspace = open_document(document, cache=cache)
        program, progress = workspace.program, document.progress
        shown = progress.shown if progress else Shown()
        training = document.training
        seen = program.on(shown.of)
        order = Order(seen.rows, training.batch_size, training.seed, training.shuffle and seen is program)
        rows = order.batches(shown.epoch, shown.index, 1)[0]
        optimizer = next_optimizer(training, progress, program.rows) if training.loss else None
        empty = Facts(document.graph, workspace.analysis, training.loss, Trace())
        sheet = cls(document, exercise, workspace, rows, optimizer, empty, (), program.weights)
        sheet.facts = Facts(document.graph, workspace.analysis, training.loss, sheet._pass(_Followed({}, {})))
        sheet.steps = sheet._found()
        return sheet

    @property
    def shown(self) -> Shown:
        """The batch on show."""
        return self.document.progress.shown if self.document.progress else Shown()

    @property
    def update(self) -> int:
        """The number of the update on show, from 0."""
        return self.shown.update

    def _found(self) -> tuple[Step, ...]:
        """The steps in the order in which they are calculated."""
        found: list[tuple[tuple[Any, ...], Step]] = []
        places = {node: i for i, node in enumerate(self.workspace.analysis.order)}
        for asked in self.exercise.asked:
            focus = asked.focus
            if not focus.subject.there(self.document.graph):
                raise GradwireError(f"The exercise asks for {_named(focus)}, which the graph has not; take it out")
            if reason := refusal(focus, self.facts):
                raise GradwireError(reason)
            q, entry = focus.asks(self.document.graph), focus.entry or ()
            phase = self._phase(q)
            rank = _RANKS[q.kind]
            place = places[q.node] if phase in ("forward", "loss") else -places[q.node]
            label, symbol = self._label(q, entry), self.facts.symbol(q, entry)
            value = self._value(q, entry)
            found.append(
                ((_PHASES.index(phase), place, rank, q.name, entry), Step(focus, q, entry, phase, label, symbol, value))
            )
        return tuple(step for _, step in sorted(found, key=lambda pair: pair[0]))

    def _phase(self, q: Quantity) -> Phase:
        if q.kind == "update":
            return "update"
        if q.kind != "value":
            return "backward"
        return "loss" if q.node == self.facts.loss or self.facts.op(q.node).role == "loss" else "forward"

    def _label(self, q: Quantity, entry: Entry) -> str:
        name = naming(self.facts, q, entry)
        if q.kind == "update":
            return f"new {name}"
        if q.kind == "wire" and len(self.facts.contributions(self.facts.source(q.node, q.name))) > 1:
            return f"{name} through {self.facts.via(q.node, q.name)}"
        return name

    def _value(self, q: Quantity, entry: Entry) -> float:
        if q.kind != "update":
            return self.facts.at(q, entry)
        return float(self.updated(q, self.facts.array(Quantity("weight gradient", q.node, q.name)))[entry])

    def margin(self, step: Step, right: float | None = None) -> float:
        """How far an answer may be off: the exercise's share of the right one (None: of what it is), but for a new
        weight never so far that its step could not be seen in it."""
        right = step.value if right is None else right
        share = self.exercise.tolerance * abs(right)
        if step.quantity.kind == "update":
            moved = abs(right - self.facts.at(step.quantity._replace(kind="weight"), step.entry))
            share = min(share, 0.4 * moved)
        return max(share, _FLOOR)

    @property
    def optimizer_state(self) -> tuple[State, int]:
        """What the optimizer remembers, by weight and name, and the number of this update, from 1."""
        assert self.optimizer is not None
        progress = self.document.progress
        seen = (progress.optimizer if progress else OptimizerState()).seen_by(self.optimizer.name)
        return seen.arrays, seen.updates + 1

    def updated(self, q: Quantity, gradient: Array) -> Array:
        """A weight after an update by this gradient."""
        assert self.optimizer is not None
        arrays, number = self.optimizer_state
        own = {name: np.array(array, np.float64) for name, array in arrays.get(q.weight, {}).items()}
        norm = self.facts.gradient_norm if self.optimizer.clipping.norm else 0.0
        with np.errstate(all="ignore"):
            return self.optimizer.update(np.array(self._weights[q.weight]), gradient, own, number, norm)

    @cached_property
    def blanks(self) -> frozenset[Quantity]:
        """What is not to be seen while the numbers are asked for: they, and whatever would give them away."""
        asked = {step.quantity for step in self.steps}
        return frozenset(asked | giving_away(self.facts, asked))

    @property
    def given(self) -> list[tuple[str, Array]]:
        """What a learner begins with, by name: the sources' numbers, and the weights."""
        facts, found = self.facts, list[tuple[str, Array]]()
        for node in facts.analysis.order:
            q = Quantity("value", node)
            if not facts.analysis.sources[node]:
                found.append((facts.label(node), facts.array(q)))
                continue
            for suffix in facts.analysis.weights_of(node):
                weight = Quantity("weight", node, suffix)
                found.append((facts.weight_name(weight), facts.array(weight)))
        return found

    # -- with other numbers in it ----------------------------------------------------------------------------

    def follow(self, given: Mapping[Focus, float], *, from_inputs: bool = False) -> tuple[dict[Focus, float], Facts]:
        """What each number that is asked for is once the numbers given stand in for it wherever it is used afterwards,
        each found before its own is put in; and the facts of that pass.

        from_inputs: a slope that can be told from a node's output (σ·(1 − σ), whether a ReLU is on) is told from what
        goes in there instead, as a learner may do.
        """
        by_array: dict[Quantity, list[Step]] = {}
        for step in self.steps:
            by_array.setdefault(step.quantity, []).append(step)
        followed = _Followed(by_array, given)
        trace = self._pass(followed, from_inputs=from_inputs)
        for q, steps in by_array.items():
            if q.kind == "update":
                new = self.updated(q, np.asarray(trace.parameter_grads[q.weight]))
                followed.found |= {step.focus: float(new[step.entry]) for step in steps}
        facts = Facts(self.facts.graph, self.facts.analysis, self.facts.loss, trace)
        return followed.found, facts

    def _pass(self, followed: _Followed, *, from_inputs: bool = False) -> Trace:
        program, weights = self.workspace.program, self._weights
        training = TrainingPass(self.update, program.seed)
        analysis, loss = program.analysis, program.loss
        data = program.on(self.shown.of).batch(self.rows)
        values = forward(analysis, weights, data, training, put=followed)
        outputs = {**values, **followed.computed} if from_inputs else None
        grads, wires, weight_grads = backward(analysis, weights, values, loss, training, followed, outputs)
        scalar = values.get(loss)
        found = float(scalar) if scalar is not None and scalar.ndim == 0 else None
        return Trace(found, values, grads, wires, weights, weight_grads, self.rows, "reference")

    @cached_property
    def tidy(self) -> Sequence[bool]:
        """Which of the numbers have no more decimals than the exercise calls tidy."""
        return [is_tidy(step.value, self.exercise.decimals) for step in self.steps]


_FLOOR = 1e-9
"""How far any answer may be off."""
_PHASES: tuple[Phase, ...] = ("forward", "loss", "backward", "update")
_RANKS = {"value": 0, "gradient": 1, "wire": 2, "weight gradient": 3, "weight": 4, "update": 5}


class _Followed:
    """Puts numbers in place of those that are computed, and remembers what these were."""

    def __init__(self, steps: Mapping[Quantity, Sequence[Step]], given: Mapping[Focus, float]) -> None:
        self._steps, self._given = steps, given
        self.found: dict[Focus, float] = {}
        self.computed: dict[str, Array] = {}
        """Values of nodes before others were put in their place."""

    def __call__(self, kind: str, node: str, name: str, array: Array) -> Array:
        steps = self._steps.get(Quantity(kind, node, name))  # type: ignore[arg-type]
        if not steps:
            return array
        if kind == "value":
            self.computed[node] = array
        other = np.array(array, dtype=np.float64)
        for step in steps:
            self.found[step.focus] = float(other[step.entry])
            if step.focus in self._given:
                other[step.entry] = self._given[step.focus]
        return other


def explained(sheet: Sheet, facts: Facts, q: Quantity, entry: Entry) -> Answer:
    """The explanation of one number in the facts of a pass."""
    if q.kind != "update":
        return tell(facts, q, entry)
    assert sheet.optimizer is not None
    return updates.update(facts, q, entry, sheet.optimizer, *sheet.optimizer_state)


def is_tidy(value: float, decimals: int) -> bool:
    """Whether a number can be written with so many decimals, and few digits before them."""
    return abs(value) < 10**6 and abs(round(value, decimals) - value) <= 1e-12 * max(1.0, abs(value))
