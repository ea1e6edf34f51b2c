"""Which schedule of a training step is fastest: a model by counts and by what a launch was measured to cost.

Launch by launch, a step pays for every launch and computes on all cores; in one launch it pays for no launch and
computes on one core; in tiles it pays for a few launches, and cores share its rows. What a launch costs is measured on
each device when it is tested (``probe``). The other constants are fitted to chains of dense layers with Adam, from
2-8-8-1 to 784-128-10 and batches of 32 to 128, on two cores with AVX-512 with Intel's runtime (2026.22): the model's
time in one launch is within a twentieth of the measured one, and beyond them, to 784-512-512-10, the fastest schedule
is chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from compute.calls import Call
from compute.opencl.kernel import Traits

LAUNCH = 2.5e-6
"""Seconds that a launch costs, whatever it computes, where that was not measured."""
DEAREST = 6e-6
"""What is measured to be more was measured while the machine was busy."""
SHARING = 1.4
"""How much longer than its share a core takes when several share a step: they wait for each other at every launch."""
MANY = 1 << 17
"""Trained parameters beyond which a core's caches do not hold them."""
TILE_LAUNCHES = 5
"""Of a step in tiles."""
ADDING = 2e-10
"""Seconds for a gradient to be added up, for each work-item that has a part of it."""
LONGEST = 0.02
"""Seconds that one launch may take: a pause or a snapshot has to wait for it."""
MOST_CALLS = 100
"""Calls in one kernel, which takes some 15 ms each to build."""


@dataclass(frozen=True)
class Rates:
    """Seconds on one core: for a call within a launch, an entry of an elementwise call or a reduction, a multiply-add
    of a matrix product, a trained parameter in the optimizer."""

    call: float
    entry: float
    product: float
    update: float
    spilled: float
    """How much longer a product takes where there are MANY weights."""


ALONE = Rates(5e-8, 5e-10, 2e-11, 1.4e-9, 1.0)
"""Of kernels of their own, and of what is computed in their order."""
TOGETHER = Rates(1.2e-8, 1.2e-10, 1.9e-11, 7.1e-10, 1.8)
"""Of whole steps in one kernel, where the rows of a batch are vectors."""


@dataclass(frozen=True)
class Work:
    """What one training step computes."""

    calls: int
    entries: int
    products: int
    trained: int

    @classmethod
    def of(cls, calls: Sequence[Call], trained: int) -> Work:
        """The calls of forward and backward, and the update of ``trained`` parameters."""
        entries, products = sum(call.entries for call in calls), sum(call.products for call in calls)
        return cls(len(calls) + 2, entries, products, trained)

    def seconds(self, rates: Rates) -> float:
        """On one core."""
        product = rates.product * (rates.spilled if self.trained > MANY else 1)
        computing = self.entries * rates.entry + self.products * product + self.trained * rates.update
        return self.calls * rates.call + computing

    @property
    def fused(self) -> float:
        """Seconds of a step in one launch with others."""
        return self.seconds(TOGETHER)

    @property
    def in_order(self) -> float:
        """Seconds on one core of a pass that adds up in the order of launches, in one launch with others."""
        return self.seconds(ALONE)

    @staticmethod
    def _share(device: Traits) -> float:
        """The part of a step's time on one core that it takes on all."""
        return SHARING / device.units if device.units > 1 else 1.0

    def launched(self, device: Traits) -> float:
        """Seconds of a step launch by launch, on all cores."""
        computing = self.seconds(replace(ALONE, call=0)) * self._share(device)
        return self.calls * min(device.launch or LAUNCH, DEAREST) + computing

    def tiled(self, device: Traits, items: int) -> float:
        """Seconds of a step whose rows so many work-items share."""
        rows = self.seconds(replace(TOGETHER, update=0)) / items
        update = self.trained * (ALONE.update + items * ADDING) * self._share(device)
        return TILE_LAUNCHES * min(device.launch or LAUNCH, DEAREST) + rows + update

    @property
    def steps_per_launch(self) -> int:
        """How many steps may go into one launch."""
        return max(1, int(LONGEST / self.fused))

    def prefers_fused(self, device: Traits) -> bool:
        """Whether steps are faster in one launch. Not on a graphics processor, where one work-group is too little."""
        return not device.gpu and self.calls <= MOST_CALLS and self.fused < self.launched(device)

    def prefers_tiles(self, device: Traits, items: int) -> bool:
        """Whether steps are faster where so many work-items share their rows."""
        found = self.tiled(device, items)
        return not device.gpu and self.calls <= MOST_CALLS and found < min(self.fused, self.launched(device))
