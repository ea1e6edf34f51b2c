"""How long each kernel takes on the device, by its own clock."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from compute.errors import DeviceError
from compute.opencl.device import OpenCLDevice
from compute.plan import Plan


def profiled(device: OpenCLDevice, steps: int, work: Callable[[], object]) -> list[list[float]]:
    """Seconds on the device of every kernel that ``work`` launches, in order, for each of its ``steps`` steps."""
    import pyopencl as cl

    queue, enqueue = device.queue, device.enqueue
    events: list[Any] = []

    def watched(*launch: Any) -> Any:
        events.append(enqueue(*launch))
        return events[-1]

    device.queue = cl.CommandQueue(queue.context, properties=cl.command_queue_properties.PROFILING_ENABLE)
    device.enqueue = watched
    try:
        work()
        device.queue.finish()
        took = [1e-9 * (event.profile.end - event.profile.start) for event in events]
    finally:
        device.queue, device.enqueue = queue, enqueue
    each = len(took) // steps
    if each * steps != len(took):
        raise DeviceError(f"{len(took)} launches do not divide into {steps} steps; not every step was launched alike.")
    return [took[at : at + each] for at in range(0, len(took), each)]


def by_node(plan: Plan, seconds: Sequence[Sequence[float]]) -> tuple[dict[str, float], float]:
    """Seconds of each node of a plan that is launched call by call, and of what belongs to none; ``seconds``: of every
    kernel in each of some steps. The update of the weights is one kernel, of which each has its part."""
    calls = (*plan.forward, *plan.backward)
    took = [statistics.median(times) for times in zip(*seconds, strict=True)]
    found: dict[str, float] = dict.fromkeys(plan.values, 0.0)
    for call, second in zip(calls, took, strict=False):
        found[call.node] += second
    rest, trained = sum(took[len(calls) :]), plan.layout.trained
    for name in plan.layout.trained_names if trained else ():
        found[name.rpartition(".")[0]] += took[-1] * _entries(plan.layout.shapes, name) / trained
    return found, rest - (took[-1] if trained else 0.0)


def _entries(shapes: Mapping[str, tuple[int, ...]], name: str) -> int:
    return math.prod(shapes[name])
