"""What ten watches cost training: ``python tests/benchmarks/watches.py [NETWORK …]`` prints a line for each network.

The same network without watches and with ten of them (values, gradients, weights; norms, NaN, infinity, dead units,
change), none of which is ever set off, take turns on one device. What counts is the process's time on its processor,
which other programs disturb little.
"""

from __future__ import annotations

import statistics
import sys
import time
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from compute.benchmark import networks
from compute.benchmark.networks import NETWORKS, Network
from compute.opencl.devices import choose
from compute.opencl.engine import OpenCLEngine, OpenCLRun
from compute.optimizers import make_optimizer
from compute.trace import Quantity
from compute.watches.checks import Check
from compute.watches.kinds import KINDS

ROUNDS, SECONDS = 15, 0.2


def ten(network: Network) -> list[Check]:
    """The watches: of the first layer, the last one and the activation between, as people would set them."""
    last = f"h{len(network.sizes) - 2}"
    inner = last if last != "h0" else "h0"
    return [
        Check(Quantity("value", "h0"), KINDS["nan"]),
        Check(Quantity("value", last), KINDS["infinite"]),
        Check(Quantity("value", "a0"), KINDS["dead_above"], 1.0),
        Check(Quantity("gradient", "a0"), KINDS["norm_above"], 1e9),
        Check(Quantity("wire", last, "x"), KINDS["nan"]),
        Check(Quantity("weight", "h0", "weight"), KINDS["norm_above"], 1e9),
        Check(Quantity("weight", inner, "weight"), KINDS["change_above"], 1e9),
        Check(Quantity("weight gradient", "h0", "weight"), KINDS["norm_above"], 1e9),
        Check(Quantity("weight gradient", inner, "weight"), KINDS["norm_below"], 0.0),
        Check(Quantity("weight", "h0", "bias"), KINDS["relative_change_above"], 1e9),
    ]


def main() -> None:
    device = choose().device
    assert device is not None, "there is no OpenCL device"
    with closing(OpenCLEngine(device)) as engine:
        for network in NETWORKS:
            if len(sys.argv) > 1 and network.name not in sys.argv[1:]:
                continue
            program, drawn = networks.program(network), networks.batches(network)
            optimizer = make_optimizer(network.settings)
            runs: dict[str, OpenCLRun] = {"without": engine.open(program), "ten": engine.open(program)}
            runs["ten"].watch(ten(network))
            for run in runs.values():
                run.train(drawn[:2], optimizer)
            start = time.perf_counter()
            runs["ten"].train(drawn[:32], optimizer)
            steps = max(4, int(SECONDS / ((time.perf_counter() - start) / 32)))
            batches = [drawn[i % len(drawn)] for i in range(steps)]
            found: dict[str, list[float]] = {name: [] for name in runs}
            for _ in range(ROUNDS):
                for name, run in runs.items():
                    start = time.process_time()
                    run.train(batches, optimizer)
                    found[name].append((time.process_time() - start) / steps)
            us = {name: 1e6 * statistics.median(each) for name, each in found.items()}
            ratios = [b / a for a, b in zip(found["without"], found["ten"], strict=True)]
            kind = runs["ten"].training_schedule(network.batch, optimizer).kind
            print(
                f"{network.title} ({kind}): {us['without']:.2f} → {us['ten']:.2f} µs a step, "
                f"{statistics.median(ratios) - 1:+.1%} (quickest {min(found['ten']) / min(found['without']) - 1:+.1%})",
                flush=True,
            )
            for run in runs.values():
                run.close()


if __name__ == "__main__":
    main()
