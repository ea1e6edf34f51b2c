"""The first training step of a network, with its kernels built before and not: each in a process of its own.

``python -m compute.benchmark.first_step DEVICE NETWORK FOLDER`` is that process: it keeps what it builds in FOLDER and
prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from compute.benchmark import goals
from compute.benchmark.networks import NETWORKS, Network
from compute.errors import DeviceError
from compute.opencl import findings
from compute.opencl.devices import DeviceInfo

ROOT = Path(__file__).resolve().parents[2]
MARK = "gradwire-first-step:"
TIME_LIMIT = 120.0
"""Seconds; a cold build takes one or two on a free machine."""
DRIVERS_CACHES = ("POCL_CACHE_DIR", "CUDA_CACHE_PATH", "NEO_CACHE_DIR", "XDG_CACHE_HOME")
"""Where drivers are told to keep what they have compiled, so that nothing is found there."""


@dataclass(frozen=True)
class FirstStep:
    """Medians in seconds, from opening the network on an opened device to the end of its first step. open_device: of
    that before it, with kernels cached."""

    network: str
    batch: int
    optimizer: str
    cached: float
    not_cached: float
    open_device: float
    goal_cached: float
    goal_not_cached: float
    reached: bool


def measure(device: DeviceInfo, network: Network, repeats: int) -> FirstStep:
    """One network, so many times each. Errors: DeviceError."""
    cold: list[float] = []
    warm: list[float] = []
    opening: list[float] = []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory(prefix="gradwire-", ignore_cleanup_errors=True) as folder:
            with suppress(OSError):
                # What is known of drivers and devices is not what is measured.
                shutil.copy(findings.folder() / "opencl.json", folder)
            cold.append(_ask(device, network, folder)["first_step"])
            again = _ask(device, network, folder)
            warm.append(again["first_step"])
            opening.append(again["open_device"])
    cached, not_cached = statistics.median(warm), statistics.median(cold)
    return FirstStep(
        network.name,
        network.batch,
        network.optimizer,
        cached,
        not_cached,
        statistics.median(opening),
        goals.CACHED,
        goals.NOT_CACHED,
        goals.at_most(cached, goals.CACHED) and goals.at_most(not_cached, goals.NOT_CACHED),
    )


def _ask(device: DeviceInfo, network: Network, folder: str) -> dict[str, float]:
    """One process: seconds to open the device, and to the end of the first step after it."""
    caches = {name: str(Path(folder) / "drivers") for name in DRIVERS_CACHES}
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    settings = {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": path, **caches}
    at = str(NETWORKS.index(network))
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__, json.dumps(asdict(device)), at, folder],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **settings},
            timeout=TIME_LIMIT,
            check=False,
            text=True,
        )
    except subprocess.TimeoutExpired:
        raise DeviceError(f"Device {device.label} took more than {TIME_LIMIT:g} s for a first step.") from None
    for line in done.stdout.splitlines():
        if line.startswith(MARK):
            found: dict[str, float] = json.loads(line.removeprefix(MARK))
            return found
    raise DeviceError(f"Device {device.label} failed at a first step in a process of its own; see `gradwire devices`.")


def first_step(device: DeviceInfo, network: Network, folder: Path) -> dict[str, float]:
    """The measurement itself, in a fresh process."""
    findings.folder = lambda: folder
    start = time.perf_counter()
    from compute.benchmark import networks
    from compute.opencl.engine import OpenCLEngine
    from compute.optimizers import make_optimizer

    engine = OpenCLEngine(device)
    program, rows = networks.program(network), networks.batches(network)[:1]
    opened = time.perf_counter()
    run = engine.open(program)
    run.train(rows, make_optimizer(network.settings))
    stepped = time.perf_counter()
    run.close()
    engine.close()
    return {"open_device": opened - start, "first_step": stepped - opened}


if __name__ == "__main__":
    known, index, where = sys.argv[1:]
    answer = first_step(DeviceInfo(**json.loads(known)), NETWORKS[int(index)], Path(where))
    sys.stdout.write(f"{MARK}{json.dumps(answer)}\n")
