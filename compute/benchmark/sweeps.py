"""Many small networks trained side by side in one launch, against one of them alone: steps a second."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, replace
from typing import Any

from compute.batches import Order
from compute.benchmark import goals, networks
from compute.benchmark.engine_side import EngineSide
from compute.benchmark.networks import Network
from compute.benchmark.timing import Effort, Ratio, alternating, ratio
from compute.engine import Lane, Waiting
from compute.opencl.engine import OpenCLEngine
from compute.optimizers import make_optimizer

TOGETHER = 64
"""Networks side by side: the same graph with seeds of their own."""
MOST_STEPS = 2**16
"""Of all networks in one launch."""


@dataclass(frozen=True)
class Sweep:
    """One network. alone_us, together_us: median microseconds of a step of one network; ratio: how many times as many
    steps a second so many together do; goal: at least; None where they are not trained side by side."""

    network: str
    kind: str
    batch: int
    optimizer: str
    together: int
    alone_us: float
    together_us: float | None
    ratio: Ratio | None
    goal: float
    reached: bool | None


def measure(engine: OpenCLEngine, network: Network, effort: Effort) -> Sweep:
    """One network. Errors: DeviceError."""
    program, optimizer = networks.program(network), make_optimizer(network.settings)
    lanes = [
        Lane(replace(program, seed=seed), optimizer, Order(program.rows, network.batch, seed, True))
        for seed in range(TOGETHER)
    ]
    order, one = lanes[0].order, EngineSide(engine, network)
    longest = max(1, MOST_STEPS // (TOGETHER * order.steps))
    beside = engine.beside(lanes) if engine.takes(lanes[0]) else None

    def alone(epochs: int) -> None:
        one.train(epochs * order.steps)

    def together(epochs: int) -> None:
        assert beside is not None
        started: list[Waiting[Any]] = []
        for start in range(0, epochs, longest):
            # While one launch is computed the next is prepared, as in a sweep.
            started.append(beside.start_epochs(min(longest, epochs - start), TOGETHER, None))
            if len(started) > 1:
                started.pop(0).get()
        for waiting in started:
            waiting.get()

    times = alternating({"alone": alone, **({"together": together} if beside else {})}, effort)
    one.close()
    if beside is not None:
        beside.close()
    each = {name: [seconds / order.steps for seconds in rounds] for name, rounds in times.items()}
    each |= {name: [seconds / TOGETHER for seconds in rounds] for name, rounds in each.items() if name == "together"}
    found = ratio(each["alone"], each["together"]) if beside else None
    us = {name: 1e6 * statistics.median(rounds) for name, rounds in each.items()}
    of = (network.name, network.kind, network.batch, network.optimizer, TOGETHER, us["alone"], us.get("together"))
    return Sweep(*of, found, goals.TOGETHER, goals.at_least(found.value if found else None, goals.TOGETHER))
