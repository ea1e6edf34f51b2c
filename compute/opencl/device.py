"""One opened OpenCL device: its queue, its kernels, and copies to and from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from compute.errors import DeviceError
from compute.opencl import devices
from compute.opencl.codegen import Traits
from compute.opencl.devices import DeviceInfo
from compute.opencl.program import Library, explained

if TYPE_CHECKING:
    import pyopencl

Array = npt.NDArray[Any]
Real = type[np.floating[Any]]


class OpenCLDevice:
    """A device, opened on the thread that will use it. Errors: DeviceError."""

    def __init__(self, info: DeviceInfo, dtype: Real) -> None:
        self.dtype, self.name = dtype, info.label
        self._context = devices.open_device(info)
        import pyopencl as cl

        self._cl = cl
        self.enqueue = cl.enqueue_nd_range_kernel
        hardware = self._context.devices[0]
        if dtype is np.float64 and not hardware.double_fp_config:
            raise DeviceError(f"Device {info.label} does not compute in double; choose another for that.")
        with explained(info.label):
            self.queue = cl.CommandQueue(self._context)
        self.traits = Traits(
            bool(hardware.type & cl.device_type.GPU),
            hardware.max_compute_units,
            hardware.max_work_group_size,
            hardware.max_work_item_sizes[1],
            hardware.native_vector_width_float,
            info.gflops,
            info.launch,
        )
        self.library = Library(self._context, dtype, info)

    def allocate(self, count: int, dtype: Any = None) -> pyopencl.Buffer:
        """A buffer of ``count`` elements, contents undefined."""
        size = max(1, count) * np.dtype(dtype or self.dtype).itemsize
        return self._cl.Buffer(self._context, self._cl.mem_flags.READ_WRITE, size)

    def upload(self, array: Array) -> pyopencl.Buffer:
        """A buffer with these contents."""
        buffer = self.allocate(array.size, array.dtype)
        self.write(buffer, array)
        return buffer

    def write(self, buffer: pyopencl.Buffer, array: Array, at: int = 0) -> None:
        """Copy an array of the buffer's type into it, from element ``at`` on."""
        if array.size:
            source = np.ascontiguousarray(array)
            self._cl.enqueue_copy(self.queue, buffer, source, dst_offset=at * array.itemsize, is_blocking=True)

    def copy(self, target: pyopencl.Buffer, source: pyopencl.Buffer, count: int) -> None:
        """Copy ``count`` elements from one buffer to another, when all that was launched is done."""
        self._cl.enqueue_copy(self.queue, target, source, byte_count=count * np.dtype(self.dtype).itemsize)

    def read(self, buffer: pyopencl.Buffer, count: int) -> Array:
        """The first ``count`` elements of a buffer, when all that was launched is done."""
        out = np.empty(count, self.dtype)
        if count:
            self._cl.enqueue_copy(self.queue, out, buffer, is_blocking=True)
        return out
