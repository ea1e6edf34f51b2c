"""What a program's training has to check at each step, and what becomes of it in the reference engine.

A step is checked when its pass is done, before its update: values, gradients and the weights of that very pass. What
an update did is checked by the weights of the next step, and after the last step by those that it left.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy.typing as npt

from compute.analysis import Analysis
from compute.plan import ParameterLayout
from compute.shapes import BATCH
from compute.trace import Quantity, Trace, left_by
from compute.watches.kinds import Kind

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Check:
    """One watch as an engine needs it: all numbers of a quantity, by a kind, with a limit."""

    of: Quantity
    kind: Kind
    limit: float = 0.0

    @property
    def quiet(self) -> Check:
        """The same with a limit that nothing finite is beyond."""
        return replace(self, limit=math.inf if self.kind.above else 0.0) if self.kind.limit else self

    def measure(self, trace: Trace, before: Mapping[str, Array]) -> float | None:
        """Of what a pass has computed; before: the weights of the step before, by name. None where it is not there."""
        array = left_by(trace, self.of)
        if array is None or not array.size:
            return None
        return self.kind.measure(array, before.get(self.of.weight, array))

    def trips(self, trace: Trace, before: Mapping[str, Array]) -> bool:
        """Whether a pass sets it off."""
        measure = self.measure(trace, before)
        return measure is not None and self.kind.trips(measure, self.limit)


def first_tripped(checks: Sequence[Check], trace: Trace, before: Mapping[str, Array]) -> int | None:
    """The first of the checks that a pass sets off."""
    return next((at for at, check in enumerate(checks) if check.trips(trace, before)), None)


def why_not(analysis: Analysis, loss: str, check: Check) -> str:
    """Why training cannot check it, in a few words; "" where it can. ``analysis``: of what leads to the loss."""
    kind, node, name = check.of
    shape = analysis.shapes.get(node)
    if shape is None:
        return f"training does not compute {node}, as the loss does not depend on it"
    if kind not in check.kind.on:
        return f"{check.kind.title} is nothing to watch for there"
    if check.kind.units and (len(shape) < 2 or shape[0] != BATCH):
        return f"{node} has no units: it gives no row for each sample"
    reached = analysis.reached(loss)
    if kind == "wire":
        ports = dict(zip(analysis.ops[node].ports, analysis.sources[node], strict=True))
        sent = analysis.ops[node].sends_back([analysis.shapes[s] for s in analysis.sources[node]])
        source = ports.get(name)
        if source is None:
            return f"{node} has no port {name}"
        if node not in reached or source not in reached or not dict(zip(ports, sent, strict=True))[name]:
            return "no gradient comes back there"
    elif kind == "gradient" and node not in reached:
        return "no gradient comes back there"
    elif kind in ("weight", "weight gradient"):
        if check.of.weight not in analysis.parameters:
            return f"{node} has no weight {name}"
        if kind == "weight gradient" and check.of.weight not in ParameterLayout.of(analysis, loss).trained_names:
            return f"{check.of.weight} is not trained, so it has no gradient"
    return ""


def with_gradient(analysis: Analysis, checks: Sequence[Check]) -> frozenset[str]:
    """The nodes whose gradient has to be computed for some checks, whether or not a weight needs it."""
    sources = {check.of: dict(zip(analysis.ops[check.of.node].ports, analysis.sources[check.of.node], strict=True))
               for check in checks if check.of.kind == "wire"}  # fmt: skip
    return frozenset(
        sources[check.of][check.of.name] if check.of.kind == "wire" else check.of.node
        for check in checks
        if check.of.kind in ("wire", "gradient")
    )
