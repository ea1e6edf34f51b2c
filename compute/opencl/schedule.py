"""A plan on a device: its memory, its constants, and its kernels as launch sites whose arguments are set once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from compute.calls import Call
from compute.errors import DeviceError, GradwireError
from compute.loops import External
from compute.memory import place
from compute.opencl.kernel import Kernel
from compute.plan import Plan
from compute.strided import Tensor

if TYPE_CHECKING:
    import pyopencl

    from compute.opencl.device import OpenCLDevice, Request

Array = npt.NDArray[Any]
Buffers = Mapping[str, "pyopencl.Buffer"]

Where = Mapping[str, tuple[str, int]]
"""Plan buffer → the device buffer that it lies in, and from which element on."""

ARENA, CONSTANTS = "arena", "constants"
FLUSH_EVERY = 16
"""Steps between two nudges to the driver to begin."""


def laid_out(array: Array, tensor: Tensor) -> Array:
    """The numbers of an array (n,) in the order in which a tensor that fills its buffer holds them."""
    flat = np.empty(array.size, array.dtype)
    strides = [stride * flat.itemsize for stride in tensor.strides]
    np.lib.stride_tricks.as_strided(flat, array.shape, strides)[...] = array
    return flat


class Site:
    """One launch site: a kernel object of its own, so that its arguments stay set."""

    __slots__ = ("_bound", "_buffers", "global_size", "kernel", "local_size")

    def __init__(self, device: OpenCLDevice, kernel: Kernel, where: Where) -> None:
        self.kernel = device.library.kernel(kernel)
        self.global_size, self.local_size = kernel.global_size, kernel.local_size
        self._buffers: list[tuple[int, str]] = []
        # A kernel does not keep its arguments alive.
        self._bound: dict[int, pyopencl.Buffer] = {}
        number = 0
        for value in kernel.values:
            if isinstance(value, Tensor):
                name, start = where.get(value.buffer, (value.buffer, 0))
                self._buffers.append((number, name))
                number += 1
                self.kernel.set_arg(number, np.int32(start + value.offset))
            elif isinstance(value, External):
                self._buffers.append((number, value.name))
            elif isinstance(value, int):
                self.kernel.set_arg(number, np.int32(value))
            elif isinstance(value, float):
                self.kernel.set_arg(number, device.dtype(value))
            number += 1

    def bind(self, buffers: Buffers) -> None:
        """Set those of the buffer arguments that are in ``buffers``."""
        for number, name in self._buffers:
            if name in buffers:
                self.kernel.set_arg(number, buffers[name])
                self._bound[number] = buffers[name]


class Schedule:
    """The calls of a plan, ready to be launched in order. Buffers live as long as calls need them, or to the end
    where they are in ``keep``."""

    kind: ClassVar[str] = "launches"
    most_steps = 1
    """That go into one launch."""
    _filled: Mapping[str, Array] | None = None
    """The data that are there."""

    def __init__(
        self,
        device: OpenCLDevice,
        plan: Plan,
        calls: Sequence[Call],
        keep: Collection[str],
        buffers: Buffers,
        kernels: Sequence[Kernel],
    ) -> None:
        """``buffers``: what lies outside of the plan's own memory; ``kernels``: those that compute the calls, in the
        order of launch. Without kernels for the data nodes the data come by ``fill``. Errors: DeviceError."""
        self._prepare(device, [plan], [calls], [keep], lambda _: kernels)
        self._data = {call.node: call.out for call in calls if call.feeds}
        self.bind(buffers)

    def _prepare(
        self,
        device: OpenCLDevice,
        plans: Sequence[Plan],
        calls: Sequence[Sequence[Call]],
        keep: Sequence[Collection[str]],
        kernels: Callable[[Sequence[Where]], Sequence[Kernel]],
    ) -> None:
        """Memory and launch sites of passes that never run at the same time, and so share their memory. ``kernels``:
        those for all of them when it is known where their buffers lie."""
        self.plan, self.calls = plans[0], calls[0]
        self._device = device
        self._size = 0
        self._wheres: list[dict[str, tuple[str, int]]] = []
        constants, total = [np.zeros(0)], 0
        for plan, of_plan, kept in zip(plans, calls, keep, strict=True):
            own = {name: size for name, size in plan.sizes.items() if name not in plan.constants}
            offsets, size = place(of_plan, own, kept)
            if size >= 2**31:
                raise DeviceError(
                    f"A pass over {plan.rows} rows needs more memory than a device can address; take fewer."
                )
            self._size = max(self._size, size)
            where = {name: (ARENA, at) for name, at in offsets.items()}
            for name, value in plan.constants.items():
                where[name] = (CONSTANTS, total)
                constants.append(value.reshape(-1))
                total += value.size
            self._wheres.append(where)
        self._where: Where = self._wheres[0]
        self._constants = np.concatenate(constants).astype(device.dtype)
        self.kernels = made = kernels(self._wheres)
        device.library.build(made)
        self._memory = {ARENA: device.allocate(self._size), CONSTANTS: device.upload(self._constants)}
        self._sites = [Site(device, kernel, self._where) for kernel in made]
        self.bind(self._memory)

    def bind(self, buffers: Buffers) -> None:
        """Set these buffers wherever they are arguments."""
        for site in self._sites:
            site.bind(buffers)

    def launch(self, steps: int = 1) -> None:
        """Put every kernel into the queue, as often as there are steps."""
        queue, enqueue = self._device.queue, self._device.enqueue
        for step in range(steps):
            for site in self._sites:
                enqueue(queue, site.kernel, site.global_size, site.local_size)
            if step % FLUSH_EVERY == 0:
                queue.flush()

    def fill(self, data: Mapping[str, Array]) -> None:
        """Copy the rows of every data node that a call needs to where a gather would put them; those that were filled
        in last are there still. Errors: GradwireError."""
        if data is self._filled:
            return
        self._filled = None
        for node_id, tensor in self._data.items():
            array = np.asarray(data[node_id], self._device.dtype)
            if array.shape != tensor.shape:
                raise GradwireError(f"{node_id}: data of shape {array.shape} were given; {tensor.shape} are wanted.")
            name, start = self._where[tensor.buffer]
            self._device.write(self._memory[name], laid_out(array, tensor), start + tensor.offset)
        self._filled = data

    def request(self) -> dict[str, Request]:
        """Ask for a copy of all memory as it is after all that was launched."""
        return {ARENA: self._device.request(self._memory[ARENA], self._size)}

    def request_of(self, tensors: Iterable[Tensor]) -> dict[str, Request]:
        """The same of the buffers of some tensors that the calls compute."""
        found: dict[str, Request] = {}
        for buffer in dict.fromkeys(tensor.buffer for tensor in tensors):
            name, start = self._where.get(buffer, (buffer, 0))
            if name == ARENA:
                found[buffer] = self._device.request(self._memory[ARENA], self.plan.sizes[buffer], start)
        return found

    def view(self, tensor: Tensor, memory: Mapping[str, Array]) -> Array:
        """A copy of a tensor's entries, from what was asked for, with copies of the flat buffers beside it."""
        name, start = self._where.get(tensor.buffer, (tensor.buffer, 0))
        if tensor.buffer in memory:
            name, start = tensor.buffer, 0
        flat = self._constants if name == CONSTANTS else memory[name]
        strides = tuple(stride * flat.itemsize for stride in tensor.strides)
        at = start + tensor.offset
        return np.lib.stride_tricks.as_strided(flat[at:], tensor.shape, strides, writeable=False).copy()

    def bytes_held(self) -> dict[str, int]:
        """Bytes on the device: of what the calls compute, and of the plan's constants."""
        return {name: buffer.size for name, buffer in self._memory.items()}

    def free(self) -> None:
        """Give the memory back now."""
        for buffer in self._memory.values():
            buffer.release()
        self._sites.clear()


class FusedSchedule(Schedule):
    """One kernel that runs as many steps as its first argument says, at most ``most_steps`` a launch, over batches of
    any of the sizes that there are plans for."""

    kind = "fused"

    def __init__(
        self,
        device: OpenCLDevice,
        plans: Sequence[Plan],
        keep: Sequence[Collection[str]],
        buffers: Buffers,
        kernel: Callable[[Sequence[Where]], Kernel],
        most_steps: int,
    ) -> None:
        self._prepare(device, plans, [plan.calls for plan in plans], keep, lambda wheres: [kernel(wheres)])
        self.most_steps = most_steps
        self.bind(buffers)

    def launch(self, steps: int = 1) -> None:
        """Put the steps into the queue, in as few launches as may be."""
        (site,) = self._sites
        for start in range(0, steps, self.most_steps):
            site.kernel.set_arg(0, np.int32(min(self.most_steps, steps - start)))
            self._device.enqueue(self._device.queue, site.kernel, site.global_size, site.local_size)
            self._device.queue.flush()
