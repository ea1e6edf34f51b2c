"""The numbers of a chain in one pass: of each neuron in the chosen sample, of each weight with its gradient and the
step that the optimizer takes next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.check.result import Verdict
from compute.explain import Facts, Quantity
from compute.focus import Side
from compute.neurons.chain import Chain
from compute.neurons.elements import Element, entry_of, subject_of
from compute.optimizers import Optimizer
from compute.state import OptimizerState
from compute.tensor_view import Entry

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Reading:
    """What there is to say of a weight or bias: its value, ∂L/∂w, the next Δw, None where there is none; trained:
    whether training changes it; shared: of a bias that is one number for all neurons of its layer."""

    value: float
    gradient: float | None = None
    change: float | None = None
    trained: bool = True
    shared: bool = False


@dataclass(frozen=True)
class UnitReading:
    """What there is to say of a neuron in the chosen sample: each node that its number goes through with what comes out
    there, the last one with its gradient; None where there is none."""

    steps: tuple[tuple[str, float], ...]
    gradient: float | None = None
    sum_gradient: float | None = None

    @property
    def value(self) -> float:
        """What it gives to the next layer."""
        return self.steps[-1][1]


@dataclass(frozen=True)
class Numbers:
    """The numbers of a chain, as facts have them. optimizer, remembered: by what the next step is worked out, None
    where the settings name none; categories: the classes of columns that hold text."""

    chain: Chain
    facts: Facts
    optimizer: Optimizer | None = None
    remembered: OptimizerState = field(default_factory=OptimizerState)
    categories: Mapping[str, Sequence[str]] = field(default_factory=dict)
    hides: Callable[[Quantity], bool] = lambda quantity: False
    """Whether numbers that were computed are not to be seen yet."""
    verdict: Callable[[Quantity, Entry], Verdict | None] | None = None
    """What an audit found of one number; None without one."""

    # -- columns ------------------------------------------------------------------------------------------------

    def values(self, column: int) -> Array | None:
        """(units,) what a column's neurons give in the chosen sample."""
        return self._of_sample(self.chain.columns[column].last, "value")

    def gradients(self, column: int) -> Array | None:
        """(units,) ∂L/∂ of the same; where the loss does not depend on it, of the weighted sum."""
        last = self._of_sample(self.chain.columns[column].last, "gradient")
        return self._of_sample(self.chain.columns[column].sum, "gradient") if last is None else last

    def _of_sample(self, node: str, side: Side) -> Array | None:
        facts = self.facts
        array = facts.trace.values.get(node) if side == "value" else facts.trace.grads.get(node)
        if array is None or array.ndim != 2 or not len(array):
            return None
        return np.asarray(array[min(facts.sample, len(array) - 1)])

    def weights(self, column: int) -> Array | None:
        """(units of the column before, units) the weights of the lines that end at a column."""
        subject = self.chain.columns[column].weight
        return None if subject is None else self.facts.find(subject.asks(self.facts.graph, "value"))

    def biases(self, column: int) -> Array | None:
        """(units,) what is added to each neuron's sum."""
        subject = self.chain.columns[column].bias
        array = None if subject is None else self.facts.find(subject.asks(self.facts.graph, "value"))
        return None if array is None else np.broadcast_to(array.reshape(-1), (self.chain.columns[column].units,))

    @cached_property
    def largest(self) -> float:
        """The largest finite |w| of the chain's lines, by which they are as thick as they are."""
        found = [w for c in range(1, len(self.chain.columns)) if (w := self.weights(c)) is not None and w.size]
        with np.errstate(all="ignore"):
            tops = [max(-float(np.min(w)), float(np.max(w))) for w in found]
        if all(map(np.isfinite, tops)):
            return max(tops, default=0.0)
        kept = [np.abs(w[np.isfinite(w)]) for w in found]
        return max((float(each.max()) for each in kept if each.size), default=0.0)

    # -- one element --------------------------------------------------------------------------------------------

    def weight(self, element: Element) -> Reading | None:
        """Of a weight or a bias; None while it is not computed."""
        facts, chain = self.facts, self.chain
        entry, subject = entry_of(facts, chain, element), subject_of(chain, element)
        value = facts.find(subject.asks(facts.graph, "value"))
        if entry is None or value is None:
            return None
        slope = facts.find(subject.asks(facts.graph, "gradient"))
        gradient = None if slope is None else float(slope[entry])
        shared = element.kind == "bias" and value.size == 1 < chain.columns[element.column].units
        name = subject.asks(facts.graph, "update").weight
        trained, now = facts.analysis.parameters[name][1].trainable, float(value[entry])
        change = None if gradient is None or not trained else self._change(name, entry, now, gradient)
        return Reading(now, gradient, change, trained, shared)

    def _change(self, name: str, entry: Entry, weight: float, gradient: float) -> float | None:
        """By how much the optimizer moves it next."""
        if self.optimizer is None:
            return None
        arrays = self.remembered.arrays.get(name, {})
        state = {key: np.asarray(array[entry], dtype=np.float64) for key, array in arrays.items()}
        norm, number = self.facts.gradient_norm if self.optimizer.clipping.norm else 0.0, self.remembered.updates + 1
        with np.errstate(all="ignore"):
            new = self.optimizer.update(np.asarray(weight), np.asarray(gradient), state, number, norm)
        return float(new) - weight

    def is_hidden(self, element: Element, side: Side) -> bool:
        """Whether a number of an element was computed and is not to be seen yet."""
        return self.hides(subject_of(self.chain, element).asks(self.facts.graph, side))

    def audited(self, element: Element) -> Verdict | None:
        """What an audit found of a weight or bias."""
        if self.verdict is None or element.kind == "unit":
            return None
        entry = entry_of(self.facts, self.chain, element)
        asked = subject_of(self.chain, element).asks(self.facts.graph, "gradient")
        return None if entry is None else self.verdict(asked, entry)

    def unit(self, element: Element) -> UnitReading | None:
        """Of a neuron; None while it is not computed."""
        column = self.chain.columns[element.column]
        nodes = column.nodes[column.sums - 1 :]
        found = [(node, self._of_sample(node, "value")) for node in nodes]
        steps = tuple((node, float(array[element.unit])) for node, array in found if array is not None)
        if len(steps) < len(nodes):
            return None
        slopes = [self._of_sample(node, "gradient") for node in (column.last, column.sum)]
        last, inside = (None if slope is None else float(slope[element.unit]) for slope in slopes)
        return UnitReading(steps, last, inside)

    def strongest(self, element: Element) -> tuple[int, int]:
        """Of a neuron the source and the target whose lines to it weigh most; 0 where there is none."""
        before = self.weights(element.column)
        after = self.weights(element.column + 1) if element.column + 1 < len(self.chain.columns) else None
        return (
            0 if before is None else int(np.abs(before[:, element.unit]).argmax()),
            0 if after is None else int(np.abs(after[element.unit]).argmax()),
        )

    # -- names --------------------------------------------------------------------------------------------------

    @cached_property
    def answers(self) -> Array | None:
        """(units,) what the loss makes of what the last column gives, as a probability; None where it is no
        probability, or that stands in the column already."""
        judged = self.facts.analysis.judged_by(self.facts.loss)
        last = self.chain.columns[-1]
        if judged is None or judged[0] != last.last:
            return None
        loss, row = self.facts.op(self.facts.loss), self._of_sample(last.last, "value")
        if row is None or loss.judges == "numbers":
            return None
        answer = np.asarray(loss.answer(row[None, :]))[0]
        return None if np.array_equal(answer, row) else answer

    def names(self, column: int) -> tuple[str, ...]:
        """What the units of a column are called where the data say so: the columns of an input, the classes or columns
        that the last layer is compared with; () elsewhere."""
        facts, analysis, units = self.facts, self.facts.analysis, self.chain.columns[column].units
        found: tuple[str, ...] = ()
        if column == 0:
            found = self._data_names(self.chain.columns[0].nodes[0])
        elif column == len(self.chain.columns) - 1:
            judged = analysis.judged_by(facts.loss)
            if judged is not None and judged[0] in self.chain.columns[column].nodes:
                found = self._truth_names(judged[1])
        return found if len(found) == units else ()

    def _data_names(self, node: str) -> tuple[str, ...]:
        op = self.facts.analysis.ops[node]
        return op.columns(self.facts.settings(node), self.categories) if op.is_data else ()

    def _truth_names(self, node: str) -> tuple[str, ...]:
        """Of a target: its columns; where they hold class numbers, the classes."""
        names = self._data_names(node)
        if self.facts.analysis.shapes[node] != ("B",) or not names:
            return names
        classes = self.chain.columns[-1].units
        return tuple(self.categories.get(names[0], [f"{names[0]} {number}" for number in range(classes)]))

    def name(self, column: int, unit: int) -> str:
        """What a neuron is called: by the data, or by its layer and its number."""
        names = self.names(column)
        return names[unit] if names else f"{self.facts.label(self.chain.columns[column].sum)} {unit}"

    def title(self, element: Element) -> str:
        """What an element is, in words."""
        name = self.name(element.column, element.unit)
        if element.kind == "weight":
            return f"{self.name(element.column - 1, element.source)} → {name}"
        return f"Bias of {name}" if element.kind == "bias" else name
