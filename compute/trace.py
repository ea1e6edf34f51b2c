"""The immutable result of one forward and backward pass, and what its numbers are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from compute.graph import Port
from compute.shown import RowsOf

Array = npt.NDArray[Any]
Kind = Literal["value", "gradient", "wire", "weight", "weight gradient", "update"]


class Quantity(NamedTuple):
    """Something that has numbers.

    kind ``value`` and ``gradient`` belong to a node; ``wire`` is the gradient that comes back through the wire at
    port ``name`` of ``node``; ``weight``, ``weight gradient`` and ``update`` belong to the weight ``name`` of it.
    """

    kind: Kind
    node: str
    name: str = ""

    @property
    def weight(self) -> str:
        """The full weight name, as in ``h.weight``."""
        return f"{self.node}.{self.name}"


@dataclass(frozen=True, slots=True)
class Trace:
    """Values and gradients of one pass over some rows.

    loss: the scalar at the loss node, None where it could not be computed; values: node id → output;
    grads: node id → ∂L/∂output, only for nodes that the loss depends on; wire_grads: (node, port) → the
    contribution that comes back through that wire; parameters, parameter_grads: weight name → array; rows: which
    rows these are of those that are for ``of``; seed, update: with which whatever is random was drawn, as a step of
    training would. What is not computed is absent, which is not 0.
    """

    loss: float | None = None
    values: Mapping[str, Array] = field(default_factory=dict)
    grads: Mapping[str, Array] = field(default_factory=dict)
    wire_grads: Mapping[Port, Array] = field(default_factory=dict)
    parameters: Mapping[str, Array] = field(default_factory=dict)
    parameter_grads: Mapping[str, Array] = field(default_factory=dict)
    rows: npt.NDArray[np.integer[Any]] = field(default_factory=lambda: np.zeros(0, np.int64))
    engine: str = ""
    seed: int = 0
    update: int = 0
    of: RowsOf = "training"

    def is_pass_of(self, other: Trace) -> bool:
        """Whether another of the same document has the same numbers: by the same engine, of the same rows, with the
        same weights and draws."""
        mine, its = self.parameters, other.parameters
        return (
            (self.engine, self.loss, self.seed, self.update, self.of)
            == (other.engine, other.loss, other.seed, other.update, other.of)
            and (self.values.keys(), mine.keys()) == (other.values.keys(), its.keys())
            and np.array_equal(self.rows, other.rows)
            and all(mine[name] is its[name] or np.array_equal(mine[name], its[name]) for name in mine)
        )


def left_by(trace: Trace, q: Quantity) -> Array | None:
    """All numbers of a quantity as a pass left them; None where it did not compute them."""
    match q.kind:
        case "value":
            return trace.values.get(q.node)
        case "gradient":
            return trace.grads.get(q.node)
        case "wire":
            return trace.wire_grads.get((q.node, q.name))
        case "weight":
            return trace.parameters.get(q.weight)
        case _:
            return trace.parameter_grads.get(q.weight)
