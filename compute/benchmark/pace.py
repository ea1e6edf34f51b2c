"""The command ``train`` beside the engine alone: what it takes to shuffle, to record and to judge, by turns."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from compute.benchmark import goals, networks
from compute.benchmark.engine_side import CHUNK, EngineSide
from compute.benchmark.networks import Network
from compute.benchmark.timing import Effort
from compute.cli.train import CHUNK_SECONDS
from compute.fitting import judging_of
from compute.opencl.engine import OpenCLEngine
from compute.training import Trainer
from compute.workspace import open_document

GOAL = 0.8
"""Of the engine's pace, which ``train`` shall have."""
STEPS = 8
"""Steps of an epoch: few, so that there is much to judge."""
HELD_BACK = 0.2
EPOCHS = 10**6


@dataclass(frozen=True)
class Pace:
    """One network. held_back: rows that every epoch is judged on, 0: none, and some epochs are judged on those of
    training; engine_us, train_us: microseconds of a step in the quickest of the rounds, by the clock; ratio: how
    near ``train`` comes; processor: the same by the process's time, as if nothing were done beside something else;
    goal: the ratio wanted."""

    network: str
    batch: int
    optimizer: str
    held_back: int
    engine_us: float
    train_us: float
    ratio: float
    processor: float
    goal: float
    reached: bool | None


def measure(engine: OpenCLEngine, network: Network, effort: Effort, *, held_back: bool) -> Pace:
    """One network, eight steps an epoch. Errors: DeviceError."""
    rows = STEPS * network.batch
    document = networks.document(replace(network, rows=round(rows / (1 - HELD_BACK)) if held_back else rows))
    document.data = {**document.data, "validation_fraction": HELD_BACK if held_back else 0.0}
    document.training = replace(document.training, epochs=EPOCHS)
    program = open_document(document).trained
    alone, run = EngineSide(engine, network), engine.open(program)
    try:
        trainer = Trainer(program, document.training, run)
        trainer.judging = 1 if held_back else judging_of(EPOCHS)
        clock: dict[str, list[float]] = {"engine": [], "train": []}
        processor: dict[str, list[float]] = {"engine": [], "train": []}

        def engine_steps() -> int:
            alone.train(CHUNK)
            return CHUNK

        def train_steps() -> int:
            first, end = trainer.step, time.perf_counter() + effort.seconds
            while trainer.step == first or time.perf_counter() < end:
                trainer.train(CHUNK_SECONDS)
            return trainer.step - first

        train_steps()
        for _ in range(2 * effort.rounds):
            for name, side in (("engine", engine_steps), ("train", train_steps)):
                if name == "train":
                    for _ in range(2):  # what was under way during the engine's turn
                        trainer.train(CHUNK_SECONDS)
                start, spent = time.perf_counter(), time.process_time()
                done = side()
                clock[name].append((time.perf_counter() - start) / done)
                processor[name].append((time.process_time() - spent) / done)
    finally:
        run.close()
        alone.close()
    us = {name: 1e6 * min(found) for name, found in clock.items()}
    ratio = us["engine"] / us["train"]
    return Pace(
        network.name,
        network.batch,
        network.optimizer,
        program.validation_rows,
        us["engine"],
        us["train"],
        ratio,
        min(processor["engine"]) / min(processor["train"]),
        GOAL,
        goals.at_least(ratio, GOAL),
    )
