"""What calls must do, counted: operations, bytes, and how much of their memory is needed at once."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence

from compute.calls import Call, Draw, Gather, Gemm, Map, Reduce, Tensor
from compute.memory import ALIGNMENT
from compute.optimizers import Optimizer
from compute.plan import reads

_NUMBER = re.compile(r"\b\d+\.?\d*(e[+-]?\d+)?f?\b")
_CAST = re.compile(r"\((REAL|int)\)")
_OPERATION = re.compile(r"\w+\s*\(|<=|>=|==|!=|[-+*/<>?]")
DRAWN = 27
"""Operations for a random number: three rounds of the hash, and what is made of it."""


def operations(expression: str) -> int:
    """The arithmetic, comparisons and function calls in an expression of OpenCL C: each counts as one, as it stands."""
    return len(_OPERATION.findall(_CAST.sub("", _NUMBER.sub("1", expression))))


def flops(call: Call) -> int:
    """Operations of a call; a multiply-add is two."""
    match call:
        case Gemm():
            entries = call.out.size
            return 2 * entries * call.a.shape[1] + (entries if call.bias else 0)
        case Map():
            return call.out.size * operations(call.expr)
        case Reduce():
            return math.prod(call.shape) * (operations(call.expr) + 1)
        case Draw():
            return call.out.size * DRAWN
        case Gather():
            return 0


def moved(call: Call, itemsize: int) -> int:
    """Bytes that a call must read and write at least: every entry of its tensors once."""
    match call:
        case Gemm():
            tensors = [t for t in (call.a, call.b, call.bias, call.out) if t is not None]
        case Map() | Reduce():
            tensors = [*dict(call.inputs).values(), call.out]
        case Gather():
            # The table's rows, the batch's, and the row numbers.
            return 2 * call.out.size * itemsize + 4 * call.out.shape[0]
        case Draw():
            tensors = [call.out]
    return itemsize * sum(map(entries, tensors))


def entries(tensor: Tensor) -> int:
    """How many entries of its buffer a tensor shows; those along a broadcast axis are one."""
    return math.prod(n for n, stride in zip(tensor.shape, tensor.strides, strict=True) if stride)


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
    touched = [{call.out.buffer, *reads(call)} & sizes.keys() for call in calls]
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
