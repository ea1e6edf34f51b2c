"""The passes of one program over batches of given sizes: planned, scheduled and kept.

Whole training steps go many into one launch or kernel by kernel, whichever is faster (``cost``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from compute.batch_last import batch_last
from compute.calls import Call
from compute.engine import Program
from compute.errors import DeviceError, GradwireError
from compute.opencl.codegen import advance_kernel, kernel_for, norm_kernels, statistics_kernel, update_kernel
from compute.opencl.cost import Work
from compute.opencl.device import OpenCLDevice
from compute.opencl.fused import Keeps, steps_kernel
from compute.opencl.kernel import Kernel
from compute.opencl.moments import Moments, judging_plan
from compute.opencl.schedule import FusedSchedule, Schedule, Where
from compute.opencl.tiles import Cut, TileSchedule, faster_in_tiles
from compute.opencl.watching import watch_kernel, watched_in
from compute.optimizers import Optimizer
from compute.plan import Mode, Plan, make_plan
from compute.row_tiles import Tiles
from compute.strided import Tensor
from compute.watches.checks import Check, with_gradient

if TYPE_CHECKING:
    import pyopencl

S = TypeVar("S", bound="Schedule | None")

KEPT = 12
"""Schedules; the longest unused one goes."""
ScheduleKind = Literal["auto", "launches", "fused", "tiles"]
"""How training steps are launched: ``launches``, call by call; ``fused``, many steps at once; ``tiles``, some rows of
the batch at a time where that can be, and else call by call."""


class Passes:
    """The schedules of a run's passes, each made when it is new. ``buffers``: the run's, which may become more; those
    that are there when a schedule is made are set as its arguments. Errors: DeviceError, and GradwireError for a batch
    without rows."""

    def __init__(
        self, device: OpenCLDevice, program: Program, buffers: dict[str, pyopencl.Buffer], kind: ScheduleKind
    ) -> None:
        self._device, self._program, self._buffers, self._kind = device, program, buffers, kind
        self.checks: tuple[Check, ...] = ()
        """What training steps check, beside their loss and gradients."""
        self._schedules: dict[tuple[Any, ...], Schedule] = {}
        self._one_by_one: set[tuple[Any, ...]] = set()
        """The training that is launched kernel by kernel: by sizes of batches, optimizer, keeping weights, checks."""
        self._without: set[tuple[Any, ...]] = set()
        """The passes that are not computed at many moments at once."""

    def bind(self, buffers: dict[str, pyopencl.Buffer]) -> None:
        """Set these as arguments wherever they are some."""
        for schedule in self._schedules.values():
            schedule.bind(buffers)

    def free(self) -> None:
        """Give all memory back now."""
        for schedule in self._schedules.values():
            schedule.free()
        self._schedules.clear()

    def trace(self, rows: int) -> Schedule:
        """Forward and backward over a batch, with every gradient there is."""

        def make() -> Schedule:
            plan = self._plan(rows, "trace")
            return Schedule(self._device, plan, plan.calls, plan.sizes, self._buffers, self._kernels(plan.calls))

        return self._kept(("trace", rows), make)

    def values(self, rows: int, nodes: tuple[str, ...]) -> Schedule:
        """Forward as far as these nodes need it; the data come from the host."""

        def make() -> Schedule:
            plan = self._plan(rows, "forward")
            calls, wanted = leading_to(plan, nodes)
            kernels = self._kernels([call for call in calls if not call.feeds])
            kept = wanted | {call.out.buffer for call in calls if call.feeds}  # the next pass may be on the same rows
            return Schedule(self._device, plan, calls, kept, self._buffers, kernels)

        return self._kept(("forward", rows, nodes), make)

    def moments(self, rows: int, nodes: tuple[str, ...]) -> Moments | None:
        """Forward as far as these nodes need it, with weights that were kept; None where that cannot be done, or one
        moment is much already."""

        def make() -> Moments | None:
            plan = judging_plan(self._plan(rows, "forward"))
            calls, wanted = leading_to(plan, nodes)
            work = Work.of(calls, 0)
            if not Moments.fits(plan, calls, wanted, work) or self._device.traits.gpu:
                return None
            with suppress(DeviceError):
                return Moments(self._device, plan, calls, nodes, self._buffers, work, apart=self._kind == "auto")
            return None

        key = ("moments", rows, nodes)
        if key in self._without:
            return None
        found = self._kept(key, make)
        if found is None:
            self._without.add(key)
        return found

    def training(self, kinds: tuple[int, ...], optimizer: Optimizer, *, keeps: Keeps = "") -> dict[int, Schedule]:
        """Steps over batches of these sizes, by size; where many go into one launch, it is the same for all. ``keeps``:
        what that one keeps."""
        checked = tuple((check.of, check.kind.name) for check in self.checks)
        of = (*kinds, optimizer.form, keeps, checked)
        if of not in self._one_by_one:
            fused = self._kept(("fused", *of), partial(self._fused, kinds, optimizer, keeps))
            if fused is not None:
                return dict.fromkeys(kinds, fused)
            self._one_by_one.add(of)
        apart = partial(self._apart, optimizer)
        return {rows: self._kept(("train", rows, optimizer.form, checked), partial(apart, rows)) for rows in kinds}

    def _fused(self, kinds: tuple[int, ...], optimizer: Optimizer, keeps: Keeps) -> Schedule | None:
        """Many steps in one launch, if that was asked for or else is faster."""
        largest, chosen = self._plan(kinds[0], "train"), self._kind == "auto"
        work = Work.of(largest.calls, largest.layout.trained)
        if self._kind not in ("auto", "fused") or (chosen and not work.prefers_fused(self._device.traits)):
            return None
        if chosen and self._tiles(largest):
            return None
        plans = [batch_last(plan) for plan in (largest, *(self._plan(rows, "train") for rows in kinds[1:]))]

        def steps(wheres: Sequence[Where]) -> Kernel:
            watched = [watched_in(plan, self.checks) for plan in plans]
            made = steps_kernel(plans, optimizer, wheres, self._device.traits, keeps=keeps, watched=watched)
            return replace(made, apart=chosen)

        try:
            keep = [{_loss(plan).buffer} for plan in plans]
            return FusedSchedule(self._device, plans, keep, self._buffers, steps, work.steps_per_launch)
        except DeviceError:
            # Such a text can be too much for a compiler; launch by launch the same steps are done.
            if not chosen:
                raise
            return None

    def _apart(self, optimizer: Optimizer, rows: int) -> Schedule:
        """A step in several launches: in tiles, if that was asked for or else is faster, or kernel by kernel."""
        plan, traits = self._plan(rows, "train"), self._device.traits
        watched = watched_in(plan, self.checks)
        ending = [watch_kernel(watched, traits)] if watched else []
        ending.append(advance_kernel(_loss(plan), plan.rows, traits))
        ending += [statistics_kernel(call, traits) for call in plan.statistics]
        if plan.layout.trained:
            ending += norm_kernels(plan.layout.trained, traits) if optimizer.clipping.norm else []
            ending.append(update_kernel(optimizer, plan.layout.trained, traits))
        chosen = self._kind == "auto"
        if tiles := self._tiles(plan):
            try:
                return TileSchedule(self._device, plan, *tiles, self._buffers, ending, apart=chosen)
            except DeviceError:
                if not chosen:
                    raise
        kernels = [*self._kernels([*plan.forward, *plan.backward]), *ending]
        return Schedule(self._device, plan, plan.calls, self._kept_to_the_end(plan), self._buffers, kernels)

    def _tiles(self, plan: Plan) -> tuple[Cut, Tiles] | None:
        """A step in tiles, if that was asked for or else is faster than all in one launch and kernel by kernel."""
        traits = self._device.traits
        if self._kind not in ("auto", "tiles") or self.checks or traits.gpu or not plan.layout.trained:
            return None
        if self._kind == "auto" and not faster_in_tiles(plan, traits):
            return None
        cut = Cut.best(plan.rows, traits.units)
        found = cut.step(plan)
        return (cut, found) if found else None

    def _kept_to_the_end(self, plan: Plan) -> set[str]:
        """The buffers that the end of a step reads, kernel by kernel: of the loss, and of what is watched."""
        watched = (plan.tensor_of(check.of) for check in self.checks)
        return {_loss(plan).buffer, *(tensor.buffer for tensor in watched if tensor)}

    def _plan(self, rows: int, mode: Mode) -> Plan:
        program = self._program
        also = with_gradient(program.analysis, self.checks) if mode == "train" else ()
        return make_plan(program.analysis, rows, program.loss, mode, also)

    def _kernels(self, calls: Sequence[Call]) -> list[Kernel]:
        return [kernel_for(call, self._device.traits) for call in calls]

    def _kept(self, key: tuple[Any, ...], make: Callable[[], S]) -> S:
        """The schedule of that key, made when it is new, if one can be."""
        if key[1] < 1:
            raise GradwireError("There are no rows to compute; give at least one.")
        schedule: Any = self._schedules.pop(key, None) or make()
        if schedule is not None:
            self._schedules[key] = schedule
        if len(self._schedules) > KEPT:
            self._schedules.pop(next(iter(self._schedules))).free()
        return schedule  # type: ignore[no-any-return]


def leading_to(plan: Plan, nodes: Sequence[str]) -> tuple[list[Call], set[str]]:
    """The calls of forward that these nodes need, and the buffers that their values lie in."""
    wanted = {plan.values[node_id].buffer for node_id in nodes if node_id in plan.values}
    needed, calls = set(wanted), list[Call]()
    for call in reversed(plan.forward):
        if call.out.buffer in needed:
            needed |= call.reads
            calls.append(call)
    return calls[::-1], wanted


def _loss(plan: Plan) -> Tensor:
    return plan.values[plan.loss or ""]
