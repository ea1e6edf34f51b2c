"""Gates: what a training step may take of launches, memory traffic, barriers and text, counted and not timed."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from compute.benchmark import counts, networks
from compute.benchmark.counts import Counted
from compute.benchmark.networks import KINDS, NETWORKS, Network
from compute.evaluation import asked
from compute.opencl import fused, passes
from compute.opencl.engine import OpenCLEngine
from compute.opencl.fused import steps_kernel
from compute.opencl.kernel import Kernel, Traits
from compute.opencl.passes import Passes, ScheduleKind
from compute.optimizers import make_optimizer
from compute.plan import Plan, make_plan

PROCESSOR = Traits(gpu=False, units=2, largest_work_group=4096, largest_y=4096, vector=16, launch=3e-6)


class Paper:
    """A device that builds and computes nothing, so that a schedule is made as it would be launched."""

    dtype, traits = np.float32, PROCESSOR

    def __init__(self) -> None:
        self.library = self

    def build(self, kernels: Any) -> None: ...

    def kernel(self, kernel: Kernel) -> Paper:
        return self

    def set_arg(self, at: int, value: Any) -> None: ...

    def allocate(self, count: int, dtype: Any = None) -> None: ...

    def upload(self, array: Any) -> None: ...


def counted(network: Network, kind: ScheduleKind = "auto") -> Counted:
    """A step of a network as it would be launched."""
    optimizer = make_optimizer(network.settings)
    found = Passes(Paper(), networks.program(network), {}, kind)  # type: ignore[arg-type]
    return counts.step(found.training((network.batch,), optimizer)[network.batch], optimizer)


FEW = 0.01
"""Launches of a step where many go into one."""
LIMITS = {
    NETWORKS[1]: Counted(FEW, 30_400, 0, 34_500),
    NETWORKS[3]: Counted(FEW, 58_100, 0, 28_000),
    NETWORKS[5]: Counted(FEW, 448_000, 0, 36_500),
    NETWORKS[6]: Counted(5, 4_860_000, 0, 34_500),
    KINDS[0]: Counted(5, 24_400_000, 0, 39_500),
    KINDS[1]: Counted(FEW, 73_200, 0, 55_500),
    KINDS[2]: Counted(FEW, 1_186_000, 0, 71_000),
    KINDS[3]: Counted(FEW, 142_800, 0, 36_500),
    KINDS[4]: Counted(FEW, 170_700, 0, 43_500),
    KINDS[5]: Counted(FEW, 279_900, 0, 74_000),
    KINDS[6]: Counted(FEW, 565_300, 0, 50_500),
    KINDS[7]: Counted(FEW, 353_400, 0, 67_500),
    KINDS[8]: Counted(FEW, 291_600, 0, 56_000),
}
"""What a step may take at most, with some room for text. Whoever makes it less lowers the limit."""


def beyond(found: Counted, limit: Counted) -> list[str]:
    """What of it is more than it may be."""
    return [field.name for field in fields(Counted) if getattr(found, field.name) > getattr(limit, field.name)]


@pytest.mark.parametrize("network", LIMITS, ids=lambda network: network.title)
def test_a_step_takes_no_more_than_it_may(network: Network) -> None:
    found = counted(network)
    assert beyond(found, LIMITS[network]) == [], found


SMALL = NETWORKS[3]
JUDGING = {NETWORKS[1]: 8_000, SMALL: 6_200, NETWORKS[5]: 12_500}
"""Characters of the kernel that judges at many moments in one launch, at most."""


def judging_text(network: Network) -> int:
    """Those of the kernel that judges 64 rows."""
    program = networks.program(network)
    found = Passes(Paper(), program, {}, "auto").moments(64, tuple(asked(program)[1]))  # type: ignore[arg-type]
    assert found is not None
    assert found.most > 100
    (kernel,) = found.kernels
    return len(kernel.text)


def test_judging_takes_no_more_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {network: judging_text(network) for network in JUDGING}
    assert all(found[network] <= most for network, most in JUDGING.items()), found
    monkeypatch.setattr(fused, "product", lambda *_, **__: None)
    assert all(judging_text(network) > most for network, most in JUDGING.items())


def test_launch_by_launch_is_too_many_launches() -> None:
    assert "launches" in beyond(counted(SMALL, "launches"), LIMITS[SMALL])


def test_a_call_more_is_too_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    def twice(*given: Any, **how: Any) -> Plan:
        plan = make_plan(*given, **how)
        return replace(plan, forward=(*plan.forward, plan.forward[-1]))

    monkeypatch.setattr(passes, "make_plan", twice)
    assert "moved" in beyond(counted(SMALL), LIMITS[SMALL])


def test_work_items_that_wait_and_a_longer_text_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def waiting(*given: Any, **how: Any) -> Kernel:
        made = steps_kernel(*given, **how)
        return replace(made, text=made.text + "// barrier(CLK_LOCAL_MEM_FENCE)\n" + " " * 8000)

    monkeypatch.setattr(passes, "steps_kernel", waiting)
    assert beyond(counted(SMALL), LIMITS[SMALL]) == ["barriers", "text"]


def test_what_is_counted_is_what_is_launched(opencl: OpenCLEngine) -> None:
    """Kernel by kernel, every kernel of the schedule once a step."""
    run, optimizer = opencl.open(networks.program(SMALL)), make_optimizer(SMALL.settings)
    run.train(networks.batches(SMALL)[:1], optimizer)
    enqueue, launched = opencl.device.enqueue, list[object]()
    opencl.device.enqueue = lambda *given: launched.append(enqueue(*given))
    try:
        run.train(networks.batches(SMALL)[:3], optimizer)
    finally:
        opencl.device.enqueue = enqueue
    found = counts.step(run.training_schedule(SMALL.batch, optimizer), optimizer)
    run.close()
    assert len(launched) == 3 * found.launches
