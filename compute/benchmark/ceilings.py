"""What a device can do at most, measured by kernels that do nothing else: multiply-adds in registers, copies of blocks
that fit into its caches and of some that do not, and launches of nothing. The fastest round counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from compute.benchmark.timing import Effort, Side, alternating
from compute.loops import External, Value
from compute.opencl.device import OpenCLDevice
from compute.opencl.kernel import Kernel
from compute.opencl.schedule import Site

if TYPE_CHECKING:
    import pyopencl

SUMS = 10
"""Sums beside each other in registers: enough to hide how long one multiply-add takes, and they fit into 16."""
WIDTHS = (4, 8, 16)
"""Floats in a processor's vector: the fastest of these counts, whatever its registers hold."""
COPIES = tuple(1 << power for power in range(18, 29, 2))
"""Bytes touched by a copy: from what the first caches hold to what none does."""
COPIED = 1 << 25
"""Bytes that a launch moves at least, however small its block."""

# Every work-item has its own sums. `sum*x + y` goes to 1, so that no number becomes tiny and slow.
_MULTIPLY_ADD = """
{attribute}
__kernel void NAME(const int count, const REAL x, const REAL y, __global REAL *out)
{{
    {vector} sum[{sums}];
    #pragma unroll
    for (int i = 0; i < {sums}; i++) sum[i] = ({vector})(i);
    #pragma unroll 1
    for (int at = 0; at < count; at++) {{
        #pragma unroll
        for (int i = 0; i < {sums}; i++) sum[i] = sum[i] * x + y;
    }}
    #pragma unroll
    for (int i = 1; i < {sums}; i++) sum[0] += sum[i];
    out[get_global_id(0)] = sum[0]{first};
}}
"""
# `times` to and fro, between the same parts of two buffers.
_COPY = """
{attribute}
__kernel void NAME(
    const int each, const int apart, const int step, const int times, __global REAL *a, __global REAL *b)
{{
    const size_t start = (size_t)get_global_id(0) * apart;
    for (int turn = 0; turn < times; turn++) {{
        for (size_t i = 0; i < each; i++) {{
            const size_t at = start + i * step;
            vstore{width}(vload{width}(at, a), at, b);
        }}
        __global REAL *other = a;
        a = b;
        b = other;
    }}
}}
"""
_NOTHING = "{attribute}\n__kernel void NAME(__global REAL *out)\n{{\n    out[get_global_id(0)] = 0;\n}}\n"


@dataclass(frozen=True)
class Copy:
    """How fast a block of so many bytes, half of them read and half written, is copied again and again."""

    bytes: int
    gbs: float


@dataclass(frozen=True)
class Ceilings:
    """gflops: 10⁹ operations a second, a multiply-add is two; copies: from the smallest block to the largest."""

    gflops: float
    copies: tuple[Copy, ...]
    launch_us: float
    launch_and_wait_us: float

    def gbs(self, moved: int) -> float:
        """The rate at which so many bytes can move at best: that of the blocks which are at least half as large."""
        return max((copy.gbs for copy in self.copies if 2 * copy.bytes >= moved), default=self.copies[-1].gbs)


def ceilings(device: OpenCLDevice, memory_bytes: int, effort: Effort) -> Ceilings:
    """Measured now. memory_bytes: how much the device has. Errors: DeviceError."""
    gpu = device.traits.gpu
    sizes = [size for size in COPIES if size <= max(COPIES[0], memory_bytes // 4)]
    zeros = np.zeros(sizes[-1] // 2 // np.dtype(device.dtype).itemsize, device.dtype)
    kernels = _Kernels(device, device.upload(zeros), device.upload(zeros))
    adding = [kernels.multiply_add(4096 if gpu else 200_000, width) for width in ((1,) if gpu else WIDTHS)]
    copying = [kernels.copy(size) for size in sizes]
    launch = kernels.nothing()

    def launch_and_wait(count: int) -> None:
        for _ in range(count):
            launch(1)

    sides: dict[str, Side] = {f"add {at}": side for at, (side, _) in enumerate(adding)}
    sides |= {f"copy {at}": side for at, (side, _, _) in enumerate(copying)}
    sides |= {"launch": launch, "wait": launch_and_wait}
    try:
        took = {name: min(found) for name, found in alternating(sides, effort).items()}
    finally:
        kernels.free()
    copies = [Copy(size, moved / took[f"copy {at}"] / 1e9) for at, (_, size, moved) in enumerate(copying)]
    gflops = max(operations / took[f"add {at}"] / 1e9 for at, (_, operations) in enumerate(adding))
    return Ceilings(gflops, tuple(copies), 1e6 * took["launch"], 1e6 * took["wait"])


class _Kernels:
    """The kernels on one device, each as a side that launches it. On a processor each work-item is a work-group of its
    own and computes in vectors; on a graphics processor neighbouring work-items do the same side by side."""

    def __init__(self, device: OpenCLDevice, a: pyopencl.Buffer, b: pyopencl.Buffer) -> None:
        self._device, self._buffers = device, {"a": a, "b": b, "out": a}
        self._gpu = device.traits.gpu
        self._work_group = min(256, device.traits.largest_work_group) if self._gpu else 1
        self._items = device.traits.units * (2048 if self._gpu else 4)

    def multiply_add(self, rounds: int, width: int) -> tuple[Side, int]:
        """``rounds`` times SUMS multiply-adds of vectors in each work-item; and how many operations that is."""
        vector, first = ("REAL", "") if width == 1 else (f"REAL{width}", ".s0")
        text = _MULTIPLY_ADD.format(attribute=self._attribute, vector=vector, first=first, sums=SUMS)
        values = (rounds, 0.5, 0.5, External("out"))
        return self._side(f"multiply_add_{width}", text, values, self._items), 2 * SUMS * width * rounds * self._items

    def copy(self, wanted: int) -> tuple[Side, int, int]:
        """A block of about so many bytes, to and fro; its bytes, and how many a launch moves."""
        width = 4 if self._gpu else 16
        vector = width * np.dtype(self._device.dtype).itemsize
        items = min(self._items, max(1, wanted // 2 // vector // self._work_group) * self._work_group)
        each = max(1, wanted // 2 // vector // items)
        size = 2 * each * items * vector
        times = max(1, COPIED // size)
        apart, step = (1, items) if self._gpu else (each, 1)
        text = _COPY.format(attribute=self._attribute, width=width)
        side = self._side("copy", text, (each, apart, step, times, External("a"), External("b")), items)
        return side, size, times * size

    def nothing(self) -> Side:
        """A launch of one work-group."""
        return self._side("nothing", _NOTHING.format(attribute=self._attribute), (External("out"),), self._work_group)

    def free(self) -> None:
        """Give the memory back."""
        for name in ("a", "b"):
            self._buffers[name].release()

    @property
    def _attribute(self) -> str:
        return f"__attribute__((reqd_work_group_size({self._work_group}, 1, 1)))"

    def _side(self, title: str, text: str, values: tuple[Value, ...], items: int) -> Side:
        device = self._device
        kernel = Kernel(title, text, values, (items,), (self._work_group,), shared=True)
        device.library.build([kernel])
        site = Site(device, kernel, {})
        site.bind(self._buffers)

        def launch(count: int) -> None:
            for _ in range(count):
                device.enqueue(device.queue, site.kernel, site.global_size, site.local_size)
            device.queue.finish()

        return launch
