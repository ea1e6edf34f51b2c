"""What ten watches cost a training step: the same network with and without them, by turns."""

from __future__ import annotations

import time
from dataclasses import dataclass

from compute.benchmark import goals, networks
from compute.benchmark.networks import Network
from compute.benchmark.timing import Effort
from compute.opencl.engine import OpenCLEngine, OpenCLRun
from compute.optimizers import make_optimizer
from compute.trace import Quantity
from compute.watches.checks import Check
from compute.watches.kinds import KINDS

GOAL = 0.05
"""The share of a step that ten watches may take."""
NEVER = 1e9
MOST_STEPS = 16384


@dataclass(frozen=True)
class Watched:
    """One network. schedule: how its steps are launched; without_us, ten_us: microseconds of a step in the quickest
    of the rounds; ratio: how much more ten watches take; goal: at most."""

    network: str
    batch: int
    optimizer: str
    schedule: str
    without_us: float
    ten_us: float
    ratio: float
    goal: float
    reached: bool | None


def ten(network: Network) -> list[Check]:
    """Of values, gradients and weights in the first layer and the last, of each kind; none is ever set off."""
    last, first = network.prediction, f"{network.middle[0]}0"
    return [
        Check(Quantity("value", "h0"), KINDS["nan"]),
        Check(Quantity("value", last), KINDS["infinite"]),
        Check(Quantity("value", first), KINDS["dead_above"], 1.0),
        Check(Quantity("gradient", first), KINDS["norm_above"], NEVER),
        Check(Quantity("wire", last, "x"), KINDS["nan"]),
        Check(Quantity("weight", "h0", "weight"), KINDS["norm_above"], NEVER),
        Check(Quantity("weight", last, "weight"), KINDS["change_above"], NEVER),
        Check(Quantity("weight gradient", "h0", "weight"), KINDS["norm_above"], NEVER),
        Check(Quantity("weight gradient", last, "weight"), KINDS["norm_below"], 0.0),
        Check(Quantity("weight", "h0", "bias"), KINDS["relative_change_above"], NEVER),
    ]


def measure(engine: OpenCLEngine, network: Network, effort: Effort) -> Watched:
    """One network. Errors: DeviceError.

    The quickest round counts: a few hundredths are less than what other programs take.
    """
    program, drawn = networks.program(network), networks.batches(network)
    optimizer = make_optimizer(network.settings)
    runs: dict[str, OpenCLRun] = {"without": engine.open(program), "ten": engine.open(program)}
    try:
        runs["ten"].watch(ten(network))
        for run in runs.values():
            run.train(drawn[:2], optimizer)
        start = time.perf_counter()
        runs["without"].train(drawn[:32], optimizer)
        steps = max(4, min(MOST_STEPS, int(32 * effort.seconds / (time.perf_counter() - start))))
        batches = [drawn[i % len(drawn)] for i in range(steps)]
        best = dict.fromkeys(runs, float("inf"))
        for turn in range(3 * effort.rounds):
            for name in list(runs)[:: -1 if turn % 2 else 1]:
                start = time.perf_counter()
                runs[name].train(batches, optimizer)
                best[name] = min(best[name], 1e6 * (time.perf_counter() - start) / steps)
        schedule = runs["ten"].training_schedule(network.batch, optimizer).kind
    finally:
        for run in runs.values():
            run.close()
    ratio = best["ten"] / best["without"] - 1
    reached = goals.at_most(ratio, GOAL)
    return Watched(
        network.name, network.batch, network.optimizer, schedule, best["without"], best["ten"], ratio, GOAL, reached
    )
