"""What calls must do, counted: operations, bytes, how much of their memory is needed at once, and what a step takes of
a device whatever the clock says."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from compute.calls import Call, operations
from compute.memory import ALIGNMENT
from compute.opencl.schedule import Schedule
from compute.optimizers import Optimizer


def flops(call: Call) -> int:
    """Operations of a call; a multiply-add is two."""
    return call.flops


def moved(call: Call, itemsize: int) -> int:
    """Bytes that a call must read and write at least: every entry of its tensors once."""
    return call.moved(itemsize)


def update_flops(optimizer: Optimizer, trained: int) -> int:
    """Operations of the update of so many parameters."""
    return trained * operations(optimizer.c_update.replace("=", ""))


def update_moved(optimizer: Optimizer, trained: int, itemsize: int) -> int:
    """Bytes of the update: parameter and state are read and written, the gradient is read."""
    return trained * itemsize * (3 + 2 * len(optimizer.state))


def most_at_once(calls: Sequence[Call], sizes: Mapping[str, int], keep: Collection[str]) -> int:
    """Elements of the buffers in ``sizes`` that are needed at one moment, at the worst of them: no placement can do
    with less. A buffer is needed from the first call that touches it to the last, those in ``keep`` to the end; its
    size is rounded up, as every buffer begins at a multiple of ALIGNMENT."""
    touched = [{call.out.buffer, *call.reads} & sizes.keys() for call in calls]
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for at, buffers in enumerate(touched):
        for buffer in buffers:
            first.setdefault(buffer, at)
            last[buffer] = len(calls) if buffer in keep else at
    return max(
        (
            sum(-(-sizes[buffer] // ALIGNMENT) * ALIGNMENT for buffer in first if first[buffer] <= at <= last[buffer])
            for at in range(len(calls))
        ),
        default=0,
    )


@dataclass(frozen=True)
class Counted:
    """What a training step takes. launches: of kernels, less than one where many steps go into one; moved: bytes that
    its calls and the update must read and write at least; barriers: at which work-items wait for each other, as they
    stand in the kernels; text: characters of the kernels that are the network's own."""

    launches: float
    moved: int
    barriers: int
    text: int


def step(schedule: Schedule, optimizer: Optimizer, itemsize: int = 4) -> Counted:
    """A step of a schedule."""
    texts = {kernel.text for kernel in schedule.kernels}
    own = {kernel.text for kernel in schedule.kernels if not kernel.shared}
    calls = sum(moved(call, itemsize) for call in schedule.calls)
    return Counted(
        len(schedule.kernels) / schedule.most_steps,
        calls + update_moved(optimizer, schedule.plan.layout.trained, itemsize),
        sum(text.count("barrier(") for text in texts),
        sum(map(len, own)),
    )
