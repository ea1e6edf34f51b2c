"""Whether an engine computes what the reference engine does: value and gradient of every node, side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.analysis import Analysis
from compute.check.result import Rules, Verdict
from compute.trace import Trace

Array = npt.NDArray[Any]
ULP = float(np.finfo(np.float32).eps)
"""One unit in the last place of a float32 that is 1."""
_NEAR = 64 * ULP
"""Rounding in float32 may put a number that is so near to a kink on its other side."""


@dataclass(frozen=True, slots=True)
class Parity:
    """A node's numbers by an engine beside those by the reference.

    value, gradient: the largest difference over the largest number of the reference, None where it has no gradient.
    kink: only a gradient differs, and where it comes from a number is so near to a kink that rounding decides.
    """

    node: str
    value: float
    gradient: float | None
    verdict: Verdict

    @property
    def most(self) -> float:
        """The larger of both."""
        return max(self.value, self.gradient or 0.0)


def parity(analysis: Analysis, loss: str, trace: Trace, reference: Trace, rules: Rules) -> Mapping[str, Parity]:
    """Of every node that the loss depends on, but for data, which both are given.

    Numbers agree within atol + rtol · the largest of the tensor, by the rules.
    """
    wanted, found = analysis.leading_to(loss), dict[str, Parity]()
    unsure = _beside_kinks(analysis, reference)
    for node in wanted.order:
        if analysis.ops[node].is_data or node not in trace.values:
            continue
        value, value_agrees = _apart(trace.values[node], reference.values[node], rules)
        gradient, agrees = None, True
        if node in reference.grads:
            gradient, agrees = _apart(trace.grads.get(node), reference.grads[node], rules)
        verdict: Verdict = "ok" if value_agrees and agrees else "failed"
        if verdict == "failed" and value_agrees and node in unsure:
            verdict = "kink"
        found[node] = Parity(node, value, gradient, verdict)
    return found


def _apart(mine: Array | None, its: Array, rules: Rules) -> tuple[float, bool]:
    """The largest difference over the largest number, and whether that is little enough."""
    if mine is None or np.shape(mine) != its.shape:
        return math.inf, False
    with np.errstate(all="ignore"):
        same = (mine == its) | (np.isnan(mine) & np.isnan(its))
        difference = np.where(same, 0.0, np.abs(np.asarray(mine, np.float64) - its))
    finite = np.abs(its[np.isfinite(its)])
    scale = float(finite.max()) if finite.size else 0.0
    most = float(difference.max()) if difference.size else 0.0
    most = most if math.isfinite(most) else math.inf
    return (most / scale if scale else most), most <= rules.atol + rules.rtol * scale


def _beside_kinks(analysis: Analysis, reference: Trace) -> frozenset[str]:
    """The nodes whose gradient comes from a number that is, but for rounding, at a kink."""
    found: set[str] = set()
    for node in reversed(analysis.order):
        op, sources = analysis.ops[node], analysis.sources[node]
        if op.is_data or any(source not in reference.values for source in sources):
            continue
        near = node in found
        for kinks in op.kinks([reference.values[source] for source in sources], analysis.settings[node]):
            size = np.abs(kinks)
            near = near or bool(((size > 0) & (size <= _NEAR * max(1.0, float(size.max(initial=0.0))))).any())
        if near:
            found.update(sources)
    return frozenset(found)
