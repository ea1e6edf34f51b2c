"""From calls to kernels that are launched over the whole device, readable and each distinct one once.

Names of nodes come from files, so they reach a kernel's text only through ``identifier``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from compute.calls import Call, Gemm
from compute.loops import CURSOR, SERIAL, STOPPED, Arguments, Loop, Reduction, indented, unfolded
from compute.opencl.gemm import gemm_kernel
from compute.opencl.kernel import Kernel, Traits
from compute.opencl.loops import MOST_PARTS, advance_loop, norm_sums, update_loop
from compute.optimizers import Optimizer
from compute.strided import Tensor


def kernel_for(call: Call, device: Traits) -> Kernel:
    """How a call is launched."""
    title = f"{call.title}_{identifier(call.node)}"
    match call.loop():
        case Loop() as loop:
            return launched(title, loop, device)
        case Reduction() as found:
            return reduction_kernel(title, found, device)
        case Gemm() as product:
            return gemm_kernel(product, device)


def reduction_kernel(title: str, found: Reduction, device: Traits) -> Kernel:
    """How a reduction is launched."""
    if launched_lanes(found, device):
        return in_work_groups(title, found, device)
    return launched(title, found.loop(), device)


def norm_kernels(count: int, device: Traits) -> list[Kernel]:
    """The norm of ``count`` gradients, by as many partial sums as keep the device busy."""
    parts = 1 if count < 4096 else MOST_PARTS if device.gpu else 8
    return [reduction_kernel("norm", found, device) for found in norm_sums(count, parts)]


def launched_lanes(found: Reduction, device: Traits) -> int:
    """How many partial results a launched reduction has for each result; 0: it adds them up one after the other."""
    # Few results and much to reduce would leave most of the device idle.
    few = found.results < (4096 if device.gpu else 16)
    if not few or found.length < 64:
        return 0
    return min(power_of_two(found.length) // 4, 256 if device.gpu else 64, device.largest_work_group)


def update_kernel(optimizer: Optimizer, count: int, device: Traits) -> Kernel:
    """One launch for all ``count`` trained parameters."""
    return launched(f"update_{optimizer.name}", update_loop(optimizer, count), device, counts=True)


def statistics_kernel(call: Call, device: Traits) -> Kernel:
    """A call that writes running statistics at the end of a step."""
    loop = call.loop()
    assert isinstance(loop, Loop)
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
    """A work-item for each index: the last axis along x, all others together along y. ``counts``: does nothing from the
    first step on that has no finite loss."""
    last = len(loop.shape) - 1
    inner, outer = loop.shape[last], math.prod(loop.shape[:last])
    x = min(power_of_two(inner), device.work_group)
    y = min(power_of_two(outer), device.work_group // x, device.largest_y)
    lines = [f"const size_t i_{last} = get_global_id(0);"]
    guard = f"i_{last} >= {loop.sizes[last]}"
    if last > 0:
        lines += unfolded("get_global_id(1)", loop.sizes[:last])
        guard += f" || i_0 >= {loop.sizes[0]}"
    lines += [
        f"if ({guard}{f' || {STOPPED}' if counts else ''}) return;",
        *([loop.first] if loop.first else []),
        loop.body,
    ]
    whole = -(-inner // x) * x, -(-outer // y) * y
    axes = 2 if last > 0 else 1
    return _kernel(title, loop.comment, loop.arguments, lines, whole[:axes], (x, y)[:axes])


def in_work_groups(title: str, found: Reduction, device: Traits) -> Kernel:
    """A work-group for each result, whose partial results are combined in a fixed order."""
    size = launched_lanes(found, device)
    lines = [
        f"__local REAL part[{size}];",
        "const size_t lane = get_local_id(0);",
        *unfolded("get_group_id(0)", found.kept_sizes),
        f"REAL acc = {found.start};",
        f"const size_t length = {' * '.join(f'(size_t){size}' for size in found.reduced_sizes)};",
        SERIAL,
        f"for (size_t at = lane; at < length; at += {size}) {{",
        *(f"    {line}" for line in unfolded("at", found.reduced_sizes, len(found.kept))),
        indented(found.step),
        "}",
        "part[lane] = acc;",
        "barrier(CLK_LOCAL_MEM_FENCE);",
        "if (lane == 0) {",
        f"    for (int other = 1; other < {size}; other++) {found.combine.format('part[other]')}",
        f"    {found.finish}",
        "}",
    ]
    return _kernel(title, found.comment, found.arguments, lines, (found.results * size,), (size,))


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
