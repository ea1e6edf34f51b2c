"""The project's own engines as sides: a network trained by one of them."""

from __future__ import annotations

from compute.benchmark import counts, networks
from compute.benchmark.counts import Counted
from compute.benchmark.networks import BATCHES, Network
from compute.engine import Engine
from compute.opencl.cost import Work
from compute.opencl.engine import OpenCLRun
from compute.opencl.kernel import Traits
from compute.optimizers import make_optimizer

CHUNK = 8 * BATCHES
"""Steps that an engine is given at a time, as many as training gives it."""
MOST_ROWS = 2**21
"""Row numbers of those."""


class EngineSide:
    """One network on one engine. Errors: DeviceError."""

    def __init__(self, engine: Engine, network: Network) -> None:
        self.run = engine.open(networks.program(network))
        self._optimizer = make_optimizer(network.settings)
        drawn = networks.batches(network)
        self._chunk = min(CHUNK, max(1, MOST_ROWS // network.batch))
        self._batches = (drawn * -(-self._chunk // len(drawn)))[: self._chunk]

    def losses(self, count: int) -> list[float]:
        """The loss of each of the first ``count`` batches, before its update."""
        return [float(loss) for loss in self.run.train(self._batches[:count], self._optimizer)]

    def train(self, steps: int) -> None:
        """So many steps."""
        for start in range(0, steps, self._chunk):
            self.run.train(self._batches[: min(self._chunk, steps - start)], self._optimizer)

    def counted(self, network: Network) -> Counted:
        """What a step takes of an OpenCL device."""
        assert isinstance(self.run, OpenCLRun)
        return counts.step(self.run.training_schedule(network.batch, self._optimizer), self._optimizer)

    def close(self) -> None:
        """Free what the run holds."""
        self.run.close()


def scheduling(side: EngineSide, network: Network, device: Traits) -> tuple[str, dict[str, float]]:
    """How an OpenCL engine launches the network's steps, ``fused``, ``tiles`` or ``launches``, and the microseconds
    that its cost model gives the first and the last on the device."""
    assert isinstance(side.run, OpenCLRun)
    schedule = side.run.training_schedule(network.batch, make_optimizer(network.settings))
    work = Work.of(schedule.calls, schedule.plan.layout.trained)
    return schedule.kind, {"fused": 1e6 * work.fused, "launches": 1e6 * work.launched(device)}
