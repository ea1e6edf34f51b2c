"""How long each node's NumPy rules take in a training step."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy.typing as npt

from compute.analysis import Analysis
from compute.ledger import Ledger, StepTimes
from compute.optimizers import Optimizer, norm_of

Array = npt.NDArray[Any]
LOOKED_AT, LEAST, MOST = 0.2, 3, 50
"""Seconds that steps are looked at for, and how many they are at least and at most."""


Step = Callable[[Ledger[float]], Mapping[str, Array]]
"""Goes forward and backward once with a ledger's ``put``, and gives the gradients of the weights by name."""


def timed(engine: str, analysis: Analysis, weights: Mapping[str, Array], optimizer: Optimizer, step: Step) -> StepTimes:
    """The medians over some steps, none of which changes anything."""
    rounds: list[dict[str, float]] = []
    end = time.perf_counter() + LOOKED_AT
    while len(rounds) < LEAST or (len(rounds) < MOST and time.perf_counter() < end):
        rounds.append(_once(analysis, weights, optimizer, step))
    seconds = {node: statistics.median(each[node] for each in rounds) for node in rounds[0]}
    return StepTimes(engine, seconds, how="The NumPy rules of each node, one after the other.")


def _once(analysis: Analysis, weights: Mapping[str, Array], optimizer: Optimizer, step: Step) -> dict[str, float]:
    """Seconds by node of one step."""
    last = time.perf_counter()

    def since() -> float:
        nonlocal last
        before, last = last, time.perf_counter()
        return last - before

    ledger: Ledger[float] = Ledger(analysis.sources, lambda node: analysis.ops[node].ports, since)
    gradients = step(ledger)
    ledger.end()
    for name, gradient in gradients.items():
        owner, spec = analysis.parameters[name]
        if spec.trainable:
            norm = norm_of([gradient]) if optimizer.clipping.norm else 0.0
            optimizer.update(weights[name], gradient, {}, 1, norm)
            ledger.book("update", owner)
    return {node: sum(of.get(node, 0.0) for of in ledger.booked.values()) for node in analysis.order}
