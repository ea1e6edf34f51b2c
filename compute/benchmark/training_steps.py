"""Training steps: ours in every way that they can be launched, the float64 reference, PyTorch, JAX and C, by turns."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace

from compute.benchmark import c_side, goals, jax_side, networks
from compute.benchmark.c_side import CSide
from compute.benchmark.counts import Counted
from compute.benchmark.engine_side import EngineSide, scheduling
from compute.benchmark.jax_side import UNROLLED, JaxSide
from compute.benchmark.networks import Network
from compute.benchmark.timing import Effort, Ratio, Side, alternating, fastest, ratio
from compute.benchmark.torch_side import WAYS, TorchSide, forget_compiled, ways
from compute.errors import DeviceError, GradwireError
from compute.opencl.devices import DeviceInfo
from compute.opencl.engine import OpenCLEngine
from compute.opencl.passes import ScheduleKind
from compute.reference import ReferenceEngine

CHOICE, LAUNCHES, FUSED, REFERENCE = "opencl", "opencl_launches", "opencl_fused", "reference"
"""The sides: as the engine chooses, call by call, many steps a launch, float64."""
TORCH, STEP = "torch_", "torch_compiled_step_"
"""How those of PyTorch begin, and those among them that are one compiled function."""
JAX = "jax_"
"""How those of JAX begin; then follows how many steps are written out."""
C = "c"
"""How far a core can go; no goal is held against it."""
SENSIBLE = 5.0
"""How many times as slow as call by call many steps in one launch may be, by the model, to be tried all the same."""
REFERENCE_PRODUCTS = 10**7
"""Multiply-adds of a forward pass up to which the float64 reference is timed."""
COMPARED = 4
"""First losses that every side must agree on."""
AGREED = 1e-5
"""How far they may differ, relatively: all but the reference compute in float32."""
DRAWN, DRAWN_AGREED = 400, 0.01
"""The same for the mean of the first losses where every side draws its own random numbers."""


@dataclass(frozen=True)
class NetworkSteps:
    """One network. schedule: how the engine chose to launch its steps, ``fused`` or ``launches``; predicted_us: the
    cost model's times for both; us: median microseconds of a step for each side; rounds_us: those of each round;
    best_other: the fastest of PyTorch's and JAX's; ratio: how many times as fast as that one ``opencl`` is; usual: the
    same against PyTorch's usual loop alone, eager or compiled; most_us: what a step may take; differ: how far a
    side's first losses are from the reference's, relatively; counted: what a step takes of the device."""

    network: str
    batch: int
    optimizer: str
    kind: str
    schedule: str
    predicted_us: dict[str, float]
    us: dict[str, float]
    rounds_us: dict[str, list[float]]
    differ: dict[str, float]
    best_other: str | None
    ratio: Ratio | None
    usual: Ratio | None
    goal: float
    most_us: float | None
    reached: bool | None
    counted: Counted | None = None


class StepRace:
    """Measures networks on one device, which it opens once for every way of launching. Errors: DeviceError."""

    def __init__(self, device: DeviceInfo) -> None:
        self.notes: list[str] = []
        """What could not be measured, a sentence each."""
        kinds: dict[str, ScheduleKind] = {CHOICE: "auto", LAUNCHES: "launches", FUSED: "fused"}
        self._engines = {name: OpenCLEngine(device, schedule=kind) for name, kind in kinds.items()}
        self._traits = self._engines[CHOICE].device.traits
        self._ways, missing = ways(self._traits.gpu)
        without_jax = jax_side.missing(self._traits.gpu)
        self._unrolled = () if without_jax else UNROLLED
        self._c = not (without_c := c_side.missing())
        for sentence in filter(None, (missing, without_jax, without_c)):
            self._note(sentence)

    def close(self) -> None:
        """Give the device back."""
        for engine in self._engines.values():
            engine.close()

    def row(self, network: Network, effort: Effort) -> NetworkSteps:
        """One network."""
        with ExitStack() as stack:
            sides: dict[str, Side] = {}
            differ: dict[str, float] = {}
            reference = stack.enter_context(closing(EngineSide(ReferenceEngine(), network)))
            compared, agreed = (DRAWN, DRAWN_AGREED) if network.draws else (COMPARED, AGREED)

            def first(side: EngineSide | TorchSide | JaxSide | CSide) -> Sequence[float]:
                """What sides are compared by."""
                losses = side.losses(compared)
                return [statistics.mean(losses)] if network.draws else losses

            wanted = first(reference)
            if network.products <= REFERENCE_PRODUCTS:
                sides[REFERENCE] = reference.train

            def add(name: str, train: Side, losses: Sequence[float]) -> None:
                differ[name] = apart(losses, wanted)
                if differ[name] > agreed:
                    self._note(f"{network.title}: {name} has other losses than the reference, so it is left out.")
                else:
                    sides[name] = train

            def ours(name: str) -> EngineSide:
                side = stack.enter_context(closing(EngineSide(self._engines[name], network)))
                add(name, side.train, first(side))
                return side

            chosen = ours(CHOICE)
            schedule, predicted = scheduling(chosen, network, self._traits)
            counted = chosen.counted(network)
            ours(LAUNCHES)
            if not self._traits.gpu and predicted["fused"] <= SENSIBLE * predicted["launches"]:
                try:
                    ours(FUSED)
                except DeviceError as error:
                    self._note(str(error))
            for name, side, losses in self._torch(network, first):
                add(name, side.train, losses)
            for unroll in self._unrolled:
                other = JaxSide(network, networks.program(network), unroll)
                add(f"{JAX}{unroll}", other.train, first(other))
            if self._c and c_side.wanted(network):
                try:
                    written = CSide(network, networks.program(network))
                    add(C, written.train, first(written))
                except GradwireError as error:
                    self._c = False
                    self._note(str(error))
            times = alternating(sides, effort)
        if self._ways:
            forget_compiled()
        return replace(row(network, schedule, predicted, times, differ, gpu=self._traits.gpu), counted=counted)

    def _torch(
        self, network: Network, first: Callable[[TorchSide], Sequence[float]]
    ) -> list[tuple[str, TorchSide, Sequence[float]]]:
        """PyTorch's sides with their names and first losses, less those that do not work here."""
        found = []
        for way in list(self._ways):
            if way not in self._ways:
                continue
            try:
                side = TorchSide(network, networks.program(network), way)
                found.append((way.key, side, first(side)))
            except Exception as error:
                # Its compiler fails in many ways, such as for want of a C++ compiler; that is no failure of ours.
                words = (str(error).strip() or type(error).__name__).splitlines()[0]
                self._ways = [other for other in self._ways if other.how != way.how]
                self._note(f"PyTorch {WAYS[way.how]} does not work here ({words[:120]}), so it is left out.")
        return found

    def _note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)


def row(
    network: Network,
    schedule: str,
    predicted_us: dict[str, float],
    times: Mapping[str, Sequence[float]],
    differ: dict[str, float],
    *,
    gpu: bool,
) -> NetworkSteps:
    """What the seconds of all sides in all rounds come to."""
    torch = {name: found for name, found in times.items() if name.startswith(TORCH)}
    usual = {name: found for name, found in torch.items() if not name.startswith(STEP)}
    others = torch | {name: found for name, found in times.items() if name.startswith(JAX)}
    best = fastest(others) if others else None
    against_best = against(times, others)
    goal = network.goal_gpu if gpu else network.goal
    reached = goals.at_least(against_best.value if against_best else None, goal)
    if reached and network.most_us and not gpu:
        reached = goals.at_most(1e6 * statistics.median(times[CHOICE]), network.most_us)
    return NetworkSteps(
        network.name,
        network.batch,
        network.optimizer,
        network.kind,
        schedule,
        predicted_us,
        {name: 1e6 * statistics.median(found) for name, found in times.items()},
        {name: [1e6 * one for one in found] for name, found in times.items()},
        differ,
        best,
        against_best,
        against(times, usual),
        goal,
        None if gpu else network.most_us,
        reached,
    )


def against(times: Mapping[str, Sequence[float]], others: Mapping[str, Sequence[float]]) -> Ratio | None:
    """How many times as fast as the best of the others the engine is as it chooses."""
    return ratio(others[fastest(others)], times[CHOICE]) if others and CHOICE in times else None


def apart(found: Sequence[float], wanted: Sequence[float]) -> float:
    """The largest relative difference of two rows of losses."""
    return max(abs(a - b) / max(abs(b), 1e-6) for a, b in zip(found, wanted, strict=True))
