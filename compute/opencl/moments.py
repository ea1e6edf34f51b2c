"""One pass at many moments of a training in one launch, each with the weights that were kept then.

Steps of a small network take less time than the launches of a validation: here those of many epochs cost one launch.
Moments are computed beside each other, each in one work-item, whose own part of the memory goes from one to the next.
As in training, the rows lie side by side; sums go in the order in which launches of their own add them up, so that a
pass gives the same numbers however many moments are asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from compute.batch_last import batch_last
from compute.calls import Call, Reduce
from compute.loops import KEPT
from compute.memory import aligned
from compute.opencl.cost import LONGEST, MOST_CALLS, Work
from compute.opencl.fused import Each, moments_kernel
from compute.opencl.kernel import Kernel
from compute.opencl.schedule import ARENA, Buffers, Schedule, Where, laid_out
from compute.plan import PARAMETERS, Plan

if TYPE_CHECKING:
    from compute.opencl.device import OpenCLDevice, Request

Array = npt.NDArray[Any]

DATA, FOUND = "data", "found"
MOST_NUMBERS = 1 << 21
"""In the values that are asked for at all moments of a launch, and in the weights that are kept for them."""
MOST_MOMENTS = 1024
ITEMS = 4
"""Work-items for each core, so that none waits long for another."""


@dataclass(frozen=True)
class Lanes:
    """What is different where the moments are those of several networks: ``sets`` of data, of which that of a member is
    ``data``; ``each``, ``given``: see ``moments_kernel``; at ``most`` so many moments in a launch."""

    sets: int
    data: str
    each: Each
    given: tuple[str, ...]
    most: int


def judging_plan(plan: Plan) -> Plan:
    """A plan of forward as moments compute it."""
    reductions = [call for call in plan.forward if isinstance(call, Reduce)]
    # A sum over all entries goes from row to row.
    whole = [call for call in reductions if len(call.axes) == len(call.shape) > 1]
    return batch_last(plan, {tensor.buffer for call in whole for tensor in call.tensors if tensor.shape[-1] > 1})


class Moments(Schedule):
    """The calls of a forward pass, at as many moments as ``launch`` is told, at most ``most``."""

    kind = "moments"

    def __init__(
        self,
        device: OpenCLDevice,
        plan: Plan,
        calls: Sequence[Call],
        nodes: Sequence[str],
        buffers: Buffers,
        work: Work,
        *,
        apart: bool,
        lanes: Lanes | None = None,
    ) -> None:
        """``nodes``: whose values are asked for; ``apart``: see ``Kernel``; ``lanes``: where they are those of several
        networks. Errors: DeviceError."""
        self._tensors = {node_id: plan.values[node_id] for node_id in nodes}
        self._data = {call.node: call.out for call in calls if call.feeds}
        computed = [call for call in calls if not call.feeds]
        offsets: dict[str, tuple[str, int]] = {}
        sizes = {DATA: 0, FOUND: 0}
        for name, tensors in ((DATA, self._data.values()), (FOUND, self._tensors.values())):
            for buffer in dict.fromkeys(tensor.buffer for tensor in tensors):
                offsets[buffer] = name, sizes[name]
                sizes[name] += aligned(plan.sizes[buffer])
        self._each, self._row = sizes[FOUND], sizes[DATA]
        largest = max(self._each, plan.layout.size)
        lasting = int(device.traits.units * LONGEST / work.in_order)
        self.most = lanes.most if lanes else max(1, min(MOST_MOMENTS, MOST_NUMBERS // largest, lasting))
        self._items = min(self.most, ITEMS * device.traits.units)
        kept = {buffer for buffer, (name, _) in offsets.items() if name == FOUND}

        def kernels(wheres: Sequence[Where]) -> list[Kernel]:
            each = {
                ARENA: f"item*{self._size}",
                FOUND: f"member*{self._each}",
                PARAMETERS: f"member*{plan.layout.size}",
            }
            given: tuple[str, ...] = ()
            if lanes:
                each |= {DATA: f"{lanes.data}*{self._row}", **lanes.each}
                given = lanes.given
            where = {**wheres[0], **offsets}
            return [replace(moments_kernel(plan, computed, where, device.traits, each, given), apart=apart)]

        self._prepare(device, [plan], [computed], [kept], kernels)
        self._where = {**self._where, **offsets}
        self._memory[ARENA] = device.allocate(self._size * self._items)
        self._memory[DATA] = device.allocate(self._row * (lanes.sets if lanes else 1))
        self._memory[FOUND] = device.allocate(self._each * self.most)
        (self._site,) = self._sites
        super().bind(self._memory)
        self.bind(buffers)

    @staticmethod
    def fits(plan: Plan, calls: Sequence[Call], wanted: Collection[str], work: Work) -> bool:
        """Whether several moments go into one launch, and what is asked for is computed by these calls, and not data
        or a weight."""
        if work.calls > MOST_CALLS or work.in_order > LONGEST / ITEMS:
            return False
        return bool(wanted) and set(wanted) <= {call.out.buffer for call in calls if not call.feeds} & plan.sizes.keys()

    def bind(self, buffers: Buffers) -> None:
        """Set these buffers; its weights are those that were kept."""
        others = {name: buffer for name, buffer in buffers.items() if name not in (PARAMETERS, KEPT)}
        super().bind({**others, PARAMETERS: buffers[KEPT]} if KEPT in buffers else others)

    def fill_set(self, at: int, data: Mapping[str, Array]) -> None:
        """Copy one of several sets of data to where it is read. Errors: as ``fill``."""
        flat = np.zeros(self._row, self._device.dtype)
        for node_id, tensor in self._data.items():
            start = self._where[tensor.buffer][1] + tensor.offset
            flat[start : start + tensor.size] = laid_out(np.asarray(data[node_id], self._device.dtype), tensor)
        self._device.write(self._memory[DATA], flat, at * self._row)

    def launch(self, steps: int = 1, *given: int) -> None:
        """Put so many moments into the queue, at most ``most``; ``given``: see ``moments_kernel``."""
        for at, number in enumerate((steps, *given)):
            self._site.kernel.set_arg(at, np.int32(number))
        self._device.enqueue(self._device.queue, self._site.kernel, (min(self._items, steps),), (1,))
        self._device.queue.flush()

    def request_at(self, moments: int) -> dict[str, Request]:
        """Ask for what so many moments gave."""
        return {FOUND: self._device.request(self._memory[FOUND], moments * self._each, helping=False)}

    def at_moments(self, node_id: str, memory: Mapping[str, Array], moments: int) -> Array:
        """A node's value (moments, …), from what was asked for."""
        tensor, flat = self._tensors[node_id], memory[FOUND]
        start = self._where[tensor.buffer][1] + tensor.offset
        strides = tuple(stride * flat.itemsize for stride in (self._each, *tensor.strides))
        return np.lib.stride_tricks.as_strided(flat[start:], (moments, *tensor.shape), strides, writeable=False).copy()
