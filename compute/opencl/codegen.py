"""From calls to kernels that are launched over the whole device, readable and each distinct one once.

A kernel's text holds ``NAME`` where its name goes. Names of nodes come from files, so they reach the text only
through ``identifier``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from compute.calls import Call, Draw, Gather, Gemm, Map, Reduce, Tensor
from compute.opencl.loops import (
    CURSOR,
    SERIAL,
    STOPPED,
    Arguments,
    Loop,
    Reduction,
    Value,
    advance_loop,
    draw_loop,
    gather_loop,
    indented,
    map_loop,
    reduction,
    unfolded,
    update_loop,
)
from compute.optimizers import Optimizer


@dataclass(frozen=True)
class Traits:
    """What scheduling needs to know of a device."""

    gpu: bool
    units: int
    """Compute units: cores of a processor."""
    largest_group: int
    largest_y: int
    """The most work-items that a group may have along its second axis."""
    vector: int = 8
    """Floats in a vector register."""
    gflops: float = 0.0
    """The rate of its matrix products in 10⁹ operations a second, as measured; 0: not known."""
    launch: float = 0.0
    """Seconds that a launch costs, as measured; 0: not known."""

    @property
    def group(self) -> int:
        """Work-items in a group of independent ones; on a processor each group costs 0.2 µs to start."""
        return min(256 if self.gpu else 1024, self.largest_group)


@dataclass(frozen=True)
class Kernel:
    """One launch site: the text of a kernel, the values of its arguments in order, and its index space.

    A Tensor stands for two arguments, its buffer and its offset. ``shared``: the text is the same for all networks;
    ``apart``: it is built in a process of its own, since compilers have crashed on texts like it.
    """

    title: str
    text: str
    values: tuple[Value, ...]
    global_size: tuple[int, ...]
    local_size: tuple[int, ...]
    shared: bool = False
    apart: bool = False


def kernel_for(call: Call, device: Traits) -> Kernel:
    """How a call is launched."""
    from compute.opencl.gemm import gemm_kernel

    name = identifier(call.node)
    match call:
        case Map():
            return launched(f"map_{name}", map_loop(call), device)
        case Gather():
            return launched(f"gather_{name}", gather_loop(call), device)
        case Draw():
            return launched(f"draw_{name}", draw_loop(call), device)
        case Reduce():
            found = reduction(call)
            # Few results and much to reduce would leave most of the device idle.
            few = found.results < (4096 if device.gpu else 16)
            if few and found.length >= 64:
                return grouped(f"{call.kind}_{name}", found, device)
            return launched(f"{call.kind}_{name}", found.loop(), device)
        case Gemm():
            return gemm_kernel(call, device)


def update_kernel(optimizer: Optimizer, count: int, device: Traits) -> Kernel:
    """One launch for all ``count`` trained parameters."""
    return launched(f"update_{optimizer.name}", update_loop(optimizer, count), device, counts=True)


def statistics_kernel(call: Call, device: Traits) -> Kernel:
    """A call that writes running statistics at the end of a step."""
    assert isinstance(call, Map)
    loop = map_loop(call)
    loop.arguments.external("const int *cursor", CURSOR)
    return launched(f"statistics_{identifier(call.node)}", loop, device, counts=True)


def advance_kernel(loss: Tensor, rows: int, device: Traits) -> Kernel:
    """The end of a step of ``rows`` rows."""
    return launched("advance", advance_loop(loss, rows), device)


def identifier(name: str) -> str:
    """A name as letters, digits and underscores that may go into a kernel's name or a comment."""
    return re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")[:32] or "node"


def power_of_two(n: int) -> int:
    """The smallest power of two that is at least n."""
    return 1 << max(0, n - 1).bit_length()


def launched(title: str, loop: Loop, device: Traits, *, counts: bool = False) -> Kernel:
    """A work-item for each index: the last axis along x, all others together along y. ``counts``: only in steps that
    count, which are all until one has no finite loss."""
    last = len(loop.shape) - 1
    inner, outer = loop.shape[last], math.prod(loop.shape[:last])
    x = min(power_of_two(inner), device.group)
    y = min(power_of_two(outer), device.group // x, device.largest_y)
    lines = [f"const size_t i_{last} = get_global_id(0);"]
    guard = f"i_{last} >= {loop.sizes[last]}"
    if last > 0:
        lines += unfolded("get_global_id(1)", loop.sizes[:last])
        guard += f" || i_0 >= {loop.sizes[0]}"
    lines += [f"if ({guard}{f' || {STOPPED}' if counts else ''}) return;", loop.body]
    whole = -(-inner // x) * x, -(-outer // y) * y
    axes = 2 if last > 0 else 1
    return _kernel(title, loop.comment, loop.arguments, lines, whole[:axes], (x, y)[:axes])


def grouped(title: str, found: Reduction, device: Traits) -> Kernel:
    """A work-group for each result, whose partial results are combined in a fixed order."""
    group = min(power_of_two(found.length) // 4, 256 if device.gpu else 64, device.largest_group)
    lines = [
        f"__local REAL part[{group}];",
        "const size_t lane = get_local_id(0);",
        *unfolded("get_group_id(0)", found.kept_sizes),
        f"REAL acc = {found.start};",
        f"const size_t length = {' * '.join(f'(size_t){size}' for size in found.reduced_sizes)};",
        SERIAL,
        f"for (size_t at = lane; at < length; at += {group}) {{",
        *(f"    {line}" for line in unfolded("at", found.reduced_sizes, len(found.kept))),
        indented(found.step),
        "}",
        "part[lane] = acc;",
        "barrier(CLK_LOCAL_MEM_FENCE);",
        "if (lane == 0) {",
        f"    for (int other = 1; other < {group}; other++) {found.combine.format('part[other]')}",
        f"    {found.finish}",
        "}",
    ]
    return _kernel(title, found.comment, found.arguments, lines, (found.results * group,), (group,))


def _kernel(
    title: str,
    comment: str,
    arguments: Arguments,
    lines: Sequence[str],
    global_size: tuple[int, ...],
    local_size: tuple[int, ...],
) -> Kernel:
    declared = ",\n    ".join(arguments.declared)
    body = indented("\n".join(lines))
    text = f"// {comment}\n__kernel void NAME(\n    {declared})\n{{\n{body}\n}}\n"
    return Kernel(title, text, tuple(arguments.values), global_size, local_size)
