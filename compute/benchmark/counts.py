"""What calls must do, counted: operations, bytes, and how much of their memory is needed at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from compute.calls import Call, operations
from compute.memory import ALIGNMENT
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
