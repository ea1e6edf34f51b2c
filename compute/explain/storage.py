"""What backpropagation has to hold in memory at each step: from when it is made to when it is last needed.

Only three kinds of things: values that a later forward or backward rule reads (``Op.keeps``), gradients that have
not been passed on yet, and gradients of weights until their update. Each counts as an array of its own. Weights are
there in any case, from when they are first read.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, NamedTuple

from compute.explain.facts import Facts, Quantity
from compute.graph import Port

Phase = Literal["forward", "loss", "backward", "update"]
BYTES = 4
"""An entry in float32, which the devices compute in."""


@dataclass(frozen=True)
class Stored:
    """One array held in memory: how people call it, whose it is, its shape, and its bytes in float32."""

    name: str
    node: str
    shape: tuple[int, ...]
    bytes: int
    quantity: Quantity


class Draft(NamedTuple):
    """A step before it is put in words: at which node, along which wires, what it computes (``told``).

    implied: what is known along with that, under another name.
    """

    phase: Phase
    node: str
    wires: tuple[Port, ...]
    told: tuple[Quantity, ...]
    implied: tuple[Quantity, ...] = ()

    @property
    def made(self) -> tuple[Quantity, ...]:
        """All that is known after this step and was not before."""
        return self.told + self.implied


@dataclass(frozen=True)
class Lifetime:
    """A stored array, from the step that makes it to the last that needs it, both included."""

    quantity: Quantity
    first: int
    last: int

    def spans(self, step: int) -> bool:
        """Whether it is held at a step."""
        return self.first <= step <= self.last


@dataclass(frozen=True)
class Memory:
    """Bytes in float32 at each calculation of a walk: ``planned``, of what is still needed; ``everything``, of what a
    program holds that keeps every value and every gradient that it has computed.

    phases: of each calculation; starts: its first step, and in the end how many steps there are.
    """

    planned: tuple[int, ...] = ()
    everything: tuple[int, ...] = ()
    phases: tuple[Phase, ...] = ()
    starts: Sequence[int] = (0,)

    def place(self, step: int) -> int:
        """The calculation that a step belongs to."""
        return bisect_right(self.starts, step) - 1


def memory(facts: Facts, lives: Sequence[Lifetime], drafts: Sequence[Draft], starts: Sequence[int]) -> Memory:
    """The bytes of arrays with these lifetimes, over the drafts of a walk."""
    born, gone = [0] * len(drafts), [0] * (len(drafts) + 1)
    for life in lives:
        size = BYTES * math.prod(facts.shape(life.quantity))
        born[life.first] += size
        gone[life.last + 1] += size
    planned = accumulate(more - less for more, less in zip(born, gone[:-1], strict=True))
    return Memory(tuple(planned), tuple(accumulate(born)), tuple(draft.phase for draft in drafts), starts)


def lifetimes(facts: Facts, drafts: Sequence[Draft]) -> list[Lifetime]:
    """Every array of the walk with its lifetime, in the order in which they are made."""
    first: dict[Quantity, int] = {}
    last: dict[Quantity, int] = {}

    def need(q: Quantity, step: int) -> None:
        last[q] = max(step, last.get(q, step))

    for step, draft in enumerate(drafts):
        node, op = draft.node, facts.op(draft.node)
        sources = dict(zip(op.ports, facts.analysis.sources[node], strict=True))
        for q in draft.made:
            if q.kind == "update":
                need(_gradient_of_weight(facts, q), step)
                continue
            first.setdefault(q, step)
            need(q, step)
        if draft.phase in ("forward", "loss"):
            for source in sources.values():
                need(Quantity("value", source), step)
            for weight in _weights(facts, node):
                first.setdefault(weight, step)
                need(weight, len(drafts) - 1)
        elif draft.phase == "backward" and any(q.kind in ("wire", "weight gradient") for q in draft.made):
            need(Quantity("gradient", node), step)
            for kept in op.keeps:
                if kept in sources:
                    need(Quantity("value", sources[kept]), step)
                elif kept == "y":
                    need(Quantity("value", node), step)
        elif draft.phase == "backward":  # contributions that meet in a node
            for wire in draft.wires:
                need(Quantity("wire", *wire), step)
    return [
        Lifetime(q, step, last[q])
        for q, step in sorted(first.items(), key=lambda item: item[1])
        if not _is_other_name(facts, q)
    ]


def _weights(facts: Facts, node: str) -> list[Quantity]:
    """The weights of a node; a parameter node's value is its weight."""
    if facts.analysis.weights_of(node) and not facts.analysis.sources[node]:
        return [Quantity("value", node)]
    return [Quantity("weight", node, suffix) for suffix in facts.analysis.weights_of(node)]


def _gradient_of_weight(facts: Facts, q: Quantity) -> Quantity:
    """A parameter node's gradient is the gradient of its weight: one array."""
    if facts.analysis.sources[q.node]:
        return Quantity("weight gradient", q.node, q.name)
    return Quantity("gradient", q.node)


def _is_other_name(facts: Facts, q: Quantity) -> bool:
    """Whether this is another name of an array listed elsewhere."""
    if q.kind == "wire":  # the only contribution to a node is that node's gradient
        return len(facts.contributions(facts.source(q.node, q.name))) == 1
    return q.kind == "weight gradient" and not facts.analysis.sources[q.node]


def stored(facts: Facts, q: Quantity) -> Stored:
    """A stored array in words and bytes."""
    name = {
        "value": f"value of {facts.label(q.node)}",
        "gradient": f"gradient of {facts.label(q.node)}",
        "weight": facts.weight_name(q),
        "weight gradient": f"gradient of {facts.weight_name(q)}",
    }.get(q.kind, "")
    if q.kind == "wire":
        name = f"gradient of {facts.label(facts.source(q.node, q.name))} via {facts.via(q.node, q.name)}"
    shape = facts.shape(q)
    return Stored(name, q.node, shape, BYTES * math.prod(shape), q)
