"""Memory in training: what a run holds on the device, against the count of what backward needs."""

from __future__ import annotations

from dataclasses import dataclass

from compute.benchmark import counts, goals, networks
from compute.benchmark.networks import Network
from compute.opencl.engine import OpenCLEngine
from compute.opencl.schedule import ARENA, CONSTANTS
from compute.optimizers import make_optimizer

ITEM = 4
"""Bytes of a float."""


@dataclass(frozen=True)
class Held:
    """Bytes on the device while a network trains.

    parameters: weights, gradients and the optimizer's state; data: all training rows; values: all that a step computes
    on its way, with the gradients on wires; needed: what of that must be there at one moment, at the worst of them, by
    count; kept: the part of it that forward leaves for backward; every: what a buffer of its own for everything would
    take; ratio: values to needed.
    """

    network: str
    batch: int
    optimizer: str
    schedule: str
    parameters: int
    data: int
    values: int
    needed: int
    kept: int
    every: int
    constants: int
    ratio: float
    goal: float
    reached: bool


def held(engine: OpenCLEngine, network: Network) -> Held:
    """One network, after some steps. Errors: DeviceError."""
    optimizer = make_optimizer(network.settings)
    run = engine.open(networks.program(network))
    try:
        run.train(networks.batches(network)[:2], optimizer)
        schedule = run.training_schedule(network.batch, optimizer)
        own, outside = schedule.bytes_held(), run.bytes_held()
    finally:
        run.close()
    plan = schedule.plan
    sizes = {name: size for name, size in plan.sizes.items() if name not in plan.constants}
    touched = {buffer for call in schedule.calls for buffer in (call.out.buffer, *call.reads)} & sizes.keys()
    loss = {plan.values[plan.loss].buffer} if plan.loss else set()
    needed = ITEM * counts.most_at_once(schedule.calls, sizes, loss)
    data = sum(size for name, size in outside.items() if name.startswith("table/"))
    return Held(
        network=network.name,
        batch=network.batch,
        optimizer=network.optimizer,
        schedule=schedule.kind,
        parameters=sum(outside.values()) - data,
        data=data,
        values=own[ARENA],
        needed=needed,
        kept=ITEM * sum(sizes[buffer] for buffer in plan.kept() & sizes.keys()),
        every=ITEM * sum(sizes[buffer] for buffer in touched),
        constants=own[CONSTANTS],
        ratio=own[ARENA] / needed,
        goal=goals.MEMORY,
        reached=goals.at_most(own[ARENA] / needed, goals.MEMORY),
    )
