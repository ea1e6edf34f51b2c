"""A step in which every core takes rows of its batch through forward and backward, some at a time.

One launch goes through the rows: each work-item has memory of its own, which its caches hold, and adds up what its rows
give to the loss and to the gradients of weights. The next adds up what work-items have, in their order, so that the
bits are the same each time. Launches are the barriers: OpenCL promises none between work-groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from compute.calls import Reduce
from compute.memory import aligned
from compute.opencl.codegen import kernel_for
from compute.opencl.cost import Work
from compute.opencl.fused import SUMS, tiles_kernel
from compute.opencl.kernel import Kernel, Traits
from compute.opencl.schedule import ARENA, Buffers, Schedule, Where
from compute.opencl.vectors import LANES
from compute.plan import GRADIENTS, Plan
from compute.row_tiles import Tiles, in_tiles
from compute.strided import Tensor, contiguous

if TYPE_CHECKING:
    from compute.opencl.device import OpenCLDevice

TOTAL, BESIDE = "total", "beside"
"""Buffers: what the sums of all work-items come to, and what is computed beside the rows."""
FEWEST_ROWS, MOST_ROWS = LANES, 128
"""Of a tile, where the batch has as many."""
BEGINNING = 4
"""What a tile costs beside its rows, in rows."""
TWO_SIZES = 1.05
"""A last tile of fewer rows is a text of its own, which takes as long to build as the others'."""


@dataclass(frozen=True)
class Cut:
    """A batch in ``tiles`` of so many ``rows``, of which the last may have fewer, for so many work-items."""

    of: int
    rows: int
    items: int

    @classmethod
    def best(cls, of: int, units: int) -> Cut:
        """Such that so many cores are busy to the end."""
        share = min(max(-(-of // units), FEWEST_ROWS), of)
        sizes = [share] if share <= MOST_ROWS else range(FEWEST_ROWS, MOST_ROWS + 1, FEWEST_ROWS)

        def cost(rows: int) -> float:
            return -(-of // (rows * units)) * (rows + BEGINNING) * (TWO_SIZES if of % rows else 1.0)

        rows = min(sizes, key=cost)
        return cls(of, rows, min(units, -(-of // rows)))

    @property
    def tiles(self) -> int:
        """How many there are."""
        return -(-self.of // self.rows)

    @property
    def sizes(self) -> list[int]:
        """Rows of a tile, and of the last where it has fewer."""
        last = self.of - (self.tiles - 1) * self.rows
        return list(dict.fromkeys([self.rows, last]))

    def step(self, plan: Plan) -> Tiles | None:
        """The step of a plan in these tiles."""
        return in_tiles(plan, self.sizes, adding=self.tiles > self.items)


def faster_in_tiles(plan: Plan, device: Traits) -> bool:
    """Whether a step is faster in tiles than many in one launch, or call by call."""
    cut = Cut.best(plan.rows, device.units)
    work = Work.of(plan.calls, plan.layout.trained)
    return work.prefers_tiles(device, cut.items) and cut.step(plan) is not None


class TileSchedule(Schedule):
    """The kernels of such a step, and after them those that end it."""

    kind = "tiles"

    def __init__(
        self,
        device: OpenCLDevice,
        plan: Plan,
        cut: Cut,
        tiles: Tiles,
        buffers: Buffers,
        ending: Sequence[Kernel],
        *,
        apart: bool,
    ) -> None:
        """``ending``: the kernels of an update; ``apart``: see ``Kernel``. Errors: DeviceError."""
        sums, stride = _offsets(tiles.summed)
        calls = {call.out.buffer: plan.sizes.get(call.out.buffer, 0) for call in (*tiles.before, *tiles.after)}
        beside, size = _offsets({name: entries for name, entries in calls.items() if name not in tiles.summed})

        def kernels(wheres: Sequence[Where]) -> list[Kernel]:
            own = {name: (BESIDE, at) for name, at in beside.items()}
            of_item = {name: (SUMS, at) for name, at in sums.items()}
            each = {ARENA: f"item*{self._size}", SUMS: f"item*{stride}"}
            passes = list(tiles.passes.values())
            adds = stride if cut.tiles > cut.items else 0
            found = [{**where, **own, **of_item} for where in wheres]
            rows = tiles_kernel(passes, found, device.traits, each, cut.tiles, cut.items, adds)
            self._where = {**wheres[0], **own, **{name: (TOTAL, at) for name, at in sums.items()}}
            parts = Tensor(SUMS, (cut.items, stride), (stride, 1))
            total = Reduce("sums", contiguous(TOTAL, (stride,)), parts.shape, (0,), (("of_item", parts),), "of_item")
            before, after = ([kernel_for(call, device.traits) for call in of] for of in (tiles.before, tiles.after))
            return [*before, replace(rows, apart=apart), kernel_for(total, device.traits), *after, *ending]

        passes = list(tiles.passes.values())
        self._prepare(device, passes, [each.forward for each in passes], [()] * len(passes), kernels)
        self.plan, self.calls = plan, plan.calls
        entries = {ARENA: self._size * cut.items, SUMS: stride * cut.items, TOTAL: stride, BESIDE: size}
        self._memory |= {name: device.allocate(count) for name, count in entries.items()}
        super().bind({**self._memory, GRADIENTS: self._memory[TOTAL]})
        self.bind(buffers)

    def bind(self, buffers: Buffers) -> None:
        """Set these buffers; its gradients are its own."""
        super().bind({name: buffer for name, buffer in buffers.items() if name != GRADIENTS})


def _offsets(sizes: dict[str, int]) -> tuple[dict[str, int], int]:
    """Where buffers of these sizes begin, one after the other, and how many entries they need."""
    found, at = dict[str, int](), 0
    for name, size in sizes.items():
        found[name], at = at, at + aligned(size)
    return found, at
