"""In which order everything is calculated, and how many steps that is: the same for all passes of one graph.

A step is all that a node does, or what goes through one wire, or one entry of that. Steps of single entries are only
counted: there may be millions of them.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Literal

import numpy as np

from compute.analysis import Analysis
from compute.explain.facts import Entry, Facts, Quantity
from compute.explain.storage import Draft, Lifetime, Phase, lifetimes
from compute.tensor_view import TensorView

Granularity = Literal["node", "wire", "entry"]


@dataclass(eq=False)
class Outline:
    """What is calculated in which order, without the numbers.

    basis: what it depends on apart from the analysis; shapes: of what each draft calculates entry by entry, None where
    it is one step.
    """

    analysis: Analysis
    basis: object
    drafts: Sequence[Draft]
    shapes: Sequence[tuple[int, ...] | None]
    _held: list[Lifetime] | None = None

    def held(self, facts: Facts) -> list[Lifetime]:
        """What is stored from which draft to which; facts: those of any such pass."""
        if self._held is None:
            self._held = lifetimes(facts, self.drafts)
        return self._held

    @cached_property
    def starts(self) -> list[int]:
        """The number of the first step of each draft, and in the end how many steps there are."""
        return [0, *accumulate(1 if shape is None else math.prod(shape) for shape in self.shapes)]

    def place(self, step: int) -> tuple[int, Entry | None]:
        """The draft that a step belongs to, and the entry that it calculates; None where it is all of it."""
        draft = bisect_right(self.starts, step) - 1
        shape = self.shapes[draft]
        if shape is None:
            return draft, None
        return draft, tuple(map(int, np.unravel_index(step - self.starts[draft], shape)))

    def number(self, draft: int, entry: Entry | None) -> int:
        """The step of a draft that calculates an entry; its first where there is none such."""
        shape, first = self.shapes[draft], self.starts[draft]
        if not shape or entry is None or not TensorView(shape).has(entry):
            return first
        return first + int(np.ravel_multi_index(entry, shape))

    @cached_property
    def phases(self) -> dict[Phase, range]:
        """The steps of each phase that there is."""
        out: dict[Phase, range] = {}
        for draft, start, end in zip(self.drafts, self.starts, self.starts[1:], strict=False):
            first = out.get(draft.phase, range(start, end))
            out[draft.phase] = range(first.start, end)
        return out

    def end_of_node(self, step: int) -> int:
        """The last step at the node of a step, or of the next node if this is the last already."""
        at, _ = self.place(min(step + 1, self.starts[-1] - 1))
        here = self.drafts[at][:2]
        while at + 1 < len(self.drafts) and self.drafts[at + 1][:2] == here:
            at += 1
        return self.starts[at + 1] - 1

    def find(self, phase: Phase, node: str, quantity: Quantity, entry: Entry | None) -> int:
        """The step of that phase which calculates a quantity, and that entry of it; else one at the same node, or the
        first of all."""
        here = [i for i, draft in enumerate(self.drafts) if (draft.phase, draft.node) == (phase, node)]
        same = [i for i in here if quantity in self.drafts[i].told]
        return self.number(same[0], entry) if same else self.starts[here[0]] if here else 0


def shape_of(facts: Facts, draft: Draft, granularity: Granularity) -> tuple[int, ...] | None:
    """Of what a draft calculates entry by entry; None where it is one step: data and constants are not calculated."""
    q = draft.told[0]
    given = q.kind == "value" and not facts.op(q.node).ports
    shape = facts.shape(q)
    return shape if granularity == "entry" and not given and 0 not in shape else None


def outlined(facts: Facts, granularity: Granularity, *, updates: bool) -> Iterator[Draft]:
    """Forward, loss, backward, update."""
    yield from _forward(facts)
    if facts.loss in facts.trace.grads:
        yield from _backward(facts, granularity)
        if updates:
            yield from _updates(facts)


def _forward(facts: Facts) -> Iterator[Draft]:
    """One step for each node; the loss and what follows from a loss comes last, in the phase of its own."""
    analysis = facts.analysis
    losses: set[str] = set()
    for node in analysis.order:
        if node == facts.loss or facts.op(node).role == "loss" or losses & set(analysis.sources[node]):
            losses.add(node)
    for phase, nodes in (
        ("forward", [n for n in analysis.order if n not in losses]),
        ("loss", [n for n in analysis.order if n in losses]),
    ):
        for node in nodes:
            wires = tuple((node, port) for port in facts.op(node).ports)
            yield Draft("loss" if phase == "loss" else "forward", node, wires, (Quantity("value", node),))


def _backward(facts: Facts, granularity: Granularity) -> Iterator[Draft]:
    """Nodes in reverse order: first the sum where several contributions meet, then what the node sends back."""
    trace = facts.trace
    for node in reversed(facts.analysis.order):
        if node not in trace.grads:
            continue
        op, ways = facts.op(node), facts.contributions(node)
        if node == facts.loss or len(ways) > 1:
            yield Draft("backward", node, tuple(ways), (Quantity("gradient", node),), _weights_of_source(facts, node))
        sent: list[Draft] = []
        for port, source in zip(op.ports, facts.analysis.sources[node], strict=True):
            if (node, port) in trace.wire_grads:
                implied: tuple[Quantity, ...] = ()
                if len(facts.contributions(source)) == 1:
                    implied = (Quantity("gradient", source), *_weights_of_source(facts, source))
                sent.append(Draft("backward", node, ((node, port),), (Quantity("wire", node, port),), implied))
        if op.ports:
            for suffix, name in facts.analysis.weights_of(node).items():
                if name in trace.parameter_grads:
                    sent.append(Draft("backward", node, (), (Quantity("weight gradient", node, suffix),)))
        if granularity != "node":
            yield from sent
        elif sent:
            yield Draft(
                "backward",
                node,
                tuple(wire for draft in sent for wire in draft.wires),
                tuple(q for draft in sent for q in draft.told),
                tuple(q for draft in sent for q in draft.implied),
            )


def _weights_of_source(facts: Facts, node: str) -> tuple[Quantity, ...]:
    """The weight gradients that a parameter node's own gradient is."""
    if facts.analysis.sources[node]:
        return ()
    return tuple(
        Quantity("weight gradient", node, suffix)
        for suffix, name in facts.analysis.weights_of(node).items()
        if name in facts.trace.parameter_grads
    )


def _updates(facts: Facts) -> Iterator[Draft]:
    """One step for each weight that training changes."""
    for name, (owner, spec) in facts.analysis.parameters.items():
        if spec.trainable and name in facts.trace.parameter_grads:
            yield Draft("update", owner, (), (Quantity("update", owner, spec.suffix),))
