"""One opened OpenCL device: its queue, its kernels, and copies to and from it."""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from compute.errors import DeviceError
from compute.opencl import devices
from compute.opencl.devices import DeviceInfo
from compute.opencl.kernel import Traits
from compute.opencl.program import Library, explained

if TYPE_CHECKING:
    import pyopencl

SHORTEST, LONGEST = 2e-5, 1e-3
"""Seconds between two looks whether a device is done."""
PATIENCE = 60.0
"""Seconds without an answer after which a device counts as hung; the longest launch is one kernel of one step."""
SMALL = 1 << 20
"""Bytes of an array that is copied on the host so that nobody has to wait until the device took it."""

SHORTEST_LANDING, LONGEST_LANDING = 12, 1 << 23
"""The smallest piece of memory for copies, as a power of two of bytes, and the largest that is kept, in bytes."""

Array = npt.NDArray[Any]
Real = type[np.floating[Any]]
T = TypeVar("T")

ABANDONED: list[object] = []
"""What belongs to a device that hangs. It is never freed, as that would wait for the device."""


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
        self.hung = False
        # Dropping the event of a copy under way would wait for that copy while holding Python's lock.
        self._copies: deque[tuple[pyopencl.Event, Array | None]] = deque()
        """Copies under way, with what goes back to the landing afterwards."""
        self.landing = Landing()
        self._helper = Helper()
        for end in (self._helper.end, self.library.builder.end):
            weakref.finalize(self, end).atexit = False

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
        """Copy an array of the buffer's type into it, from element ``at`` on, after all that was launched.

        Nobody waits for a small one, of which a copy is taken.
        """
        if array.size:
            small = array.nbytes <= SMALL
            room = self.landing.take(array.nbytes) if small else None
            if room is None:
                source = np.ascontiguousarray(array)
            else:
                source = room[: array.nbytes].view(array.dtype)
                source[:] = array.reshape(-1)
            copied = self._cl.enqueue_copy(
                self.queue, buffer, source, dst_offset=at * array.itemsize, is_blocking=not small
            )
            self._copies.append((copied, room))

    def request(self, buffer: pyopencl.Buffer, count: int, at: int = 0, *, helping: bool = True) -> Request:
        """``count`` elements of a buffer from element ``at`` on, as they are after all that was launched, when they are
        there. ``helping``: see ``wait``."""
        width = np.dtype(self.dtype).itemsize
        size = count * width
        room = self.landing.take(size)
        out = room[:size].view(self.dtype)
        copied = None
        if count:
            copied = self._cl.enqueue_copy(self.queue, out, buffer, src_offset=at * width, is_blocking=False)
            self._copies.append((copied, None))
        return Request(self, room, out, copied, helping)

    def read(self, buffer: pyopencl.Buffer, count: int) -> Array:
        """``request``, and wait for it."""
        return self.request(buffer, count).get()

    def finish(self) -> None:
        """Wait until all that was launched is done. Errors: DeviceError."""
        if not self.hung:
            self.wait(self._cl.enqueue_marker(self.queue))

    def wait(self, event: pyopencl.Event, *, helping: bool = True) -> None:
        """Wait for something in the queue, and so for all before it. Errors: DeviceError, also when that takes longer
        than ``PATIENCE``: the device is then given up, and whatever it holds stays where it is.

        helping: by waiting in OpenCL, which on a processor lends the waiting core to what is under way, and without
        which large networks train at half the speed. That has no limit and cannot be interrupted, so a thread of its
        own does it (``Helper``). Else by looking again and again, which leaves that core to others: for work that takes
        but one.
        """
        done, end = self._cl.command_execution_status.COMPLETE, time.monotonic() + PATIENCE
        if event.command_execution_status > done:
            self.queue.flush()
            if helping:
                self._helper.wait(event, PATIENCE)
            pause = SHORTEST
            while event.command_execution_status > done and time.monotonic() < end:
                time.sleep(pause)
                pause = min(2 * pause, LONGEST)
        status = event.command_execution_status
        if status > done:
            self.hung = True
            ABANDONED.append(self)
            raise DeviceError(
                f"Device {self.name} has not answered for {PATIENCE:g} seconds; choose another device or the "
                "reference engine."
            )
        while self._copies and self._copies[0][0].command_execution_status <= done:
            room = self._copies.popleft()[1]
            if room is not None:
                self.landing.give_back(room)
        if status < done:
            raise DeviceError(
                f"Device {self.name} failed (status {status}); choose another device or the reference engine."
            )

    def close(self) -> None:
        """Wait for what is under way, and end the thread that waits; the next wait starts it again. The process that is
        ready to build ends too."""
        self.library.builder.end()
        self.finish()
        if not self.hung:
            self._helper.end()


class Landing:
    """Memory of the host that copies to and from a device go through, used again and again.

    Intel's runtime keeps some 115 bytes, for ever, of each address that a copy of a kilobyte or more has ever come from
    or gone to: with fresh arrays, training grew by tens of megabytes an hour.
    """

    def __init__(self) -> None:
        self._free: dict[int, list[Array]] = {}

    def take(self, size: int) -> Array:
        """At least so many bytes; what is in them is undefined."""
        exact = 1 << max(SHORTEST_LANDING, (size - 1).bit_length())
        free = self._free.get(exact)
        return free.pop() if free else np.empty(exact, np.uint8)

    def give_back(self, room: Array) -> None:
        """Memory that no copy uses any more; very large pieces are not kept."""
        if room.size <= LONGEST_LANDING:
            self._free.setdefault(room.size, []).append(room)


class Helper:
    """Waits in OpenCL, on one thread that the first wait starts.

    The same thread for all waits: Intel's runtime keeps some 60 bytes of each thread that ever waited, for ever.
    """

    def __init__(self) -> None:
        self._asked: SimpleQueue[tuple[pyopencl.Event, threading.Event] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def wait(self, event: pyopencl.Event, seconds: float) -> None:
        """Until it is done, has failed, or so long."""
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._serve, args=(self._asked,), name="gradwire-device", daemon=True
            )
            self._thread.start()
        answered = threading.Event()
        self._asked.put((event, answered))
        answered.wait(seconds)

    def end(self) -> None:
        """Let the thread end, where there is one and it does not hang."""
        if self._thread is not None:
            self._asked.put(None)
            self._thread = None

    @staticmethod
    def _serve(asked: SimpleQueue[tuple[pyopencl.Event, threading.Event] | None]) -> None:
        import pyopencl as cl

        while (one := asked.get()) is not None:
            event, answered = one
            with suppress(cl.Error):  # its status tells
                event.wait()
            answered.set()
            del one, event, answered


class Request:
    """Numbers that were asked of the device; see ``compute.engine.Waiting``."""

    def __init__(
        self, device: OpenCLDevice, room: Array, out: Array, event: pyopencl.Event | None, helping: bool
    ) -> None:
        self._device, self._out, self._event, self._helping = device, out, event, helping
        self._room: Array | None = room
        """What the numbers land in; None once they were taken out."""

    def get(self) -> Array:
        if self._room is not None:
            if self._event is not None:
                self._device.wait(self._event, helping=self._helping)
            self._out = self._out.copy()
            self._device.landing.give_back(self._room)
            self._room = self._event = None
        return self._out


class Later(Generic[T]):
    """What becomes of requests when they are answered; see ``compute.engine.Waiting``."""

    def __init__(self, requests: Mapping[str, Request], finish: Callable[[dict[str, Array]], T]) -> None:
        self._requests, self._finish = requests, finish

    def get(self) -> T:
        return self._finish({name: request.get() for name, request in self._requests.items()})
