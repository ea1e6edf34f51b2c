"""Each kernel of a training step, launched one by one: its time, and how near it comes to what the device can do."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from itertools import zip_longest

from compute.benchmark import counts, networks
from compute.benchmark.ceilings import Ceilings
from compute.benchmark.networks import Network
from compute.benchmark.timing import Effort, fitting
from compute.calls import Call
from compute.opencl.engine import OpenCLEngine
from compute.opencl.kernel import Kernel
from compute.opencl.profiling import profiled
from compute.optimizers import Optimizer, make_optimizer

ITEM = 4
"""Bytes of a float."""
MOST_STEPS = 500
"""Steps watched at a time; each launch has an event that is kept until they are done."""
NOTICED = 0.3
"""The share of a ceiling from which on it is said to be what limits a kernel."""


@dataclass(frozen=True)
class Timed:
    """One kernel of a step. call: what it computes; us: its time on the device; gflops, gbs: what it achieves by
    count; of_gflops, of_gbs: as shares of the ceilings; limit: ``arithmetic`` or ``bytes``, or
    ``neither`` where it is far from both."""

    node: str
    call: str
    kernel: str
    us: float
    gflops: float
    of_gflops: float
    gbs: float
    of_gbs: float
    limit: str


@dataclass(frozen=True)
class Step:
    """A step's kernels; kernels_us: their times together; step_us: a step's time when nobody looks."""

    network: str
    batch: int
    optimizer: str
    kernels: tuple[Timed, ...]
    kernels_us: float
    step_us: float


def step(engine: OpenCLEngine, network: Network, most: Ceilings, effort: Effort) -> Step:
    """The kernels of one network's step, against what the device can do at most. ``engine``: one that launches call by
    call. Errors: DeviceError."""
    optimizer, drawn = make_optimizer(network.settings), networks.batches(network)
    run = engine.open(networks.program(network))
    try:

        def train(steps: int) -> None:
            run.train([drawn[i % len(drawn)] for i in range(steps)], optimizer)

        train(2)
        steps = min(fitting(train, effort.seconds), MOST_STEPS)
        alone: list[float] = []
        watched: list[list[float]] = []
        for _ in range(effort.rounds):
            start = time.perf_counter()
            train(steps)
            alone.append((time.perf_counter() - start) / steps)
            watched += profiled(engine.device, steps, lambda: train(steps))
        schedule = run.training_schedule(network.batch, optimizer)
    finally:
        run.close()
    # What follows them ends the step.
    calls = (*schedule.plan.forward, *schedule.plan.backward)
    seconds = [statistics.median(times) for times in zip(*watched, strict=True)]
    timed = tuple(
        one(call, kernel, took, most, optimizer, schedule.plan.layout.trained)
        for call, kernel, took in zip_longest(calls, schedule.kernels, seconds)
    )
    all_of_it = 1e6 * sum(seconds)
    return Step(network.name, network.batch, network.optimizer, timed, all_of_it, 1e6 * statistics.median(alone))


def one(call: Call | None, kernel: Kernel, seconds: float, most: Ceilings, optimizer: Optimizer, trained: int) -> Timed:
    """What a kernel achieves that took so long. Without a call it belongs to the end of the step: the update, or the
    move on to the next batch."""
    if call is not None:
        flops, moved = counts.flops(call), counts.moved(call, ITEM)
    elif kernel.title.startswith("update"):
        flops, moved = counts.update_flops(optimizer, trained), counts.update_moved(optimizer, trained, ITEM)
    else:
        flops, moved = 0, 3 * ITEM
    gflops, gbs = 1e-9 * flops / seconds, 1e-9 * moved / seconds
    shares = gflops / most.gflops, gbs / most.gbs(moved)
    limit = "neither" if max(shares) < NOTICED else "arithmetic" if shares[0] >= shares[1] else "bytes"
    node, text = (call.node, call.does) if call is not None else ("", "end of the step")
    return Timed(node, text, kernel.title, 1e6 * seconds, gflops, shares[0], gbs, shares[1], limit)
