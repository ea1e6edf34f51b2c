"""What is launched on a device, and what has to be known of the device for that.

A kernel's text holds ``NAME`` where its name goes.
"""

from __future__ import annotations

from dataclasses import dataclass

from compute.loops import Value


@dataclass(frozen=True)
class Traits:
    """What scheduling needs to know of a device."""

    gpu: bool
    units: int
    """Compute units: cores of a processor."""
    largest_work_group: int
    largest_y: int
    """The most work-items that a work-group may have along its second axis."""
    vector: int = 8
    """Floats in a vector register."""
    gflops: float = 0.0
    """The rate of its matrix products in 10⁹ operations a second, as measured; 0: not known."""
    launch: float = 0.0
    """Seconds that a launch costs, as measured; 0: not known."""

    @property
    def work_group(self) -> int:
        """Independent work-items that go into one work-group; on a processor each work-group costs 0.2 µs to start."""
        return min(256 if self.gpu else 1024, self.largest_work_group)


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
