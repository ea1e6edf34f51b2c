"""Trains as the window does, without one, and says how the memory grows: ``python -m tests.campaigns.soak [--minutes M]
[--engine opencl|reference]``. What counts is what the process holds of malloc, which Python's own count does not show.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace

import numpy as np

from compute.batches import _few
from compute.engine import Engine
from compute.engines import open_engine
from compute.gallery import load_entry
from compute.worker.job import Job
from compute.worker.thread import CHUNK_SECONDS, PUBLISH_SECONDS
from tests.memory import MEGABYTE, allocated

WARM = 0.25
"""The part of the time after which curves, caches and queues have the size that they keep."""


@dataclass(frozen=True)
class Growth:
    """What was held (bytes) at which times (seconds since the start), steps trained and snapshots taken."""

    seconds: list[float]
    held: list[int]
    steps: int
    snapshots: int

    @property
    def slope(self) -> float:
        """Bytes an hour, by least squares over all but the first quarter of the time."""
        seconds, held = np.array(self.seconds), np.array(self.held)
        kept = seconds >= WARM * seconds[-1]
        return float(np.polyfit(seconds[kept], held[kept], 1)[0]) * 3600


def soak(engine: Engine, minutes: float, *, every: float = 1.0, show: bool = False) -> Growth:
    """Train the spiral for ever, a snapshot 40 times a second; look at the memory every so many seconds."""
    document = load_entry("spiral")
    document.training = replace(document.training, epochs=10**9)
    job = Job(document, 0)
    trainer = job.trainer(engine)
    start = time.monotonic()
    published = looked = 0.0
    seconds, held, snapshots = [], [], 0
    while (now := time.monotonic() - start) < 60 * minutes:
        trainer.train(CHUNK_SECONDS)
        if now - published >= PUBLISH_SECONDS:
            published, snapshots = now, snapshots + 1
            job.snapshot(running=True, problem=None, device=engine.label, device_reason="", on_opencl=True)
        if now - looked >= every:
            looked = now
            _few.cache_clear()  # up to 8 MiB of orders, which fill up in the first seconds
            seconds.append(now)
            held.append(allocated() or 0)
            if show:
                print(f"{now:8.1f} s  step {trainer.step:10d}  {held[-1] / MEGABYTE:10.3f} MB", flush=True)
    found = Growth(seconds, held, trainer.step, snapshots)
    job.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--engine", choices=("opencl", "reference"), default="opencl")
    args = parser.parse_args()
    engine, reason = open_engine(args.engine, "auto")
    print(reason)
    found = soak(engine, args.minutes, every=max(1.0, 60 * args.minutes / 30), show=True)
    print(f"{found.steps} steps, {found.snapshots} snapshots, {found.slope / MEGABYTE:+.2f} MB an hour")
    engine.close()


if __name__ == "__main__":
    main()
