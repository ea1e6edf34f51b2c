"""The OpenCL engine: a plan's calls as kernels, launched one after the other, or many steps in one launch.

Everything that training needs lies on the device before the first step: the training rows, the row numbers of
every batch, the optimizer's numbers for every step, and a history that takes the losses. A cursor on the device
counts the steps, so the arguments of a step's launches are set once, and a kernel can run many steps; the host waits
once, at the end. An engine and its runs belong to the thread that made them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from compute.calls import Call, Gather
from compute.engine import Program
from compute.errors import DeviceError, GradwireError
from compute.opencl.codegen import Kernel, advance_kernel, kernel_for, update_kernel
from compute.opencl.cost import Work
from compute.opencl.device import OpenCLDevice, Real
from compute.opencl.devices import Choice, DeviceInfo
from compute.opencl.fused import steps_kernel
from compute.opencl.loops import CURSOR, HISTORY, ROWS, SCALARS
from compute.opencl.program import explained
from compute.opencl.schedule import FusedSchedule, Schedule, Where
from compute.optimizers import Optimizer
from compute.plan import GRADIENTS, PARAMETERS, Mode, Plan, make_plan, reads
from compute.trace import Trace

if TYPE_CHECKING:
    import pyopencl

Array = npt.NDArray[Any]
Rows = npt.NDArray[np.int64]

SCHEDULES_KEPT = 12
ScheduleKind = Literal["auto", "launches", "fused"]
"""How training steps are launched: ``launches``, call by call; ``fused``, many steps at once."""


class OpenCLEngine:
    """Float32 on one OpenCL device; with ``dtype`` float64 the same kernels in double, to check them."""

    def __init__(
        self, device: Choice | DeviceInfo, *, dtype: Real = np.float32, schedule: ScheduleKind = "auto"
    ) -> None:
        """``schedule``: how training steps are launched; ``auto`` leaves it to ``cost``."""
        info = device.device if isinstance(device, Choice) else device
        if info is None:
            raise DeviceError("No OpenCL device was chosen; use the reference engine.")
        self.label = f"{info.label}, float64" if dtype is np.float64 else info.label
        self._device = OpenCLDevice(info, dtype)
        self._schedule = schedule

    @property
    def device(self) -> OpenCLDevice:
        """The opened device."""
        return self._device

    def watch(self, building: Callable[[], None]) -> None:
        self._device.library.building = building

    def open(self, program: Program) -> OpenCLRun:
        return OpenCLRun(self._device, self.label, program, self._schedule)

    def close(self) -> None:
        """Wait for what is under way; the device goes with the last run."""
        with explained(self._device.name):
            self._device.queue.finish()


class OpenCLRun:
    """A training run on one device; see ``compute.engine.Run``. Errors of the device: DeviceError."""

    def __init__(self, device: OpenCLDevice, label: str, program: Program, schedule: ScheduleKind = "auto") -> None:
        self.program, self.step = program, 0
        self.optimizer: type[Optimizer] | None = None
        self._kind = schedule
        self._device, self._label = device, label
        self._schedules: dict[tuple[Any, ...], Schedule] = {}
        self._layout = make_plan(program.analysis, 1, program.loss, "forward").layout
        self._trained = max(1, self._layout.trained)
        specs, changed = program.analysis.parameters, set(self._layout.trained_names)
        self._frozen = [name for name, (_, spec) in specs.items() if spec.learned and name not in changed]
        self._given: dict[str, Array] = {}
        size = max(1, self._layout.size)
        with explained(device.name):
            self._buffers: dict[str, pyopencl.Buffer] = {
                PARAMETERS: device.allocate(size),
                GRADIENTS: device.upload(np.zeros(size, device.dtype)),
            }
            for node_id, table in program.train.items():
                self._buffers[f"table/{node_id}"] = device.upload(np.asarray(table, device.dtype))
            self._put(program.weights)
        self._copied: tuple[type[Optimizer] | None, int, dict[str, pyopencl.Buffer]] | None = None

    def weights(self) -> dict[str, Array]:
        with explained(self._device.name):
            return self._unpack(self._get(PARAMETERS))

    def set_weights(self, weights: Mapping[str, Array]) -> None:
        with explained(self._device.name):
            self._put({**self._unpack(self._get(PARAMETERS)), **weights})

    def optimizer_state(self) -> dict[str, dict[str, Array]]:
        if self.optimizer is None:
            return {}
        with explained(self._device.name):
            flat = {s: self._device.read(self._buffers[f"state/{s}"], self._trained) for s in self.optimizer.state}
        trained = self._layout.trained_names
        return {name: {s: self._layout.view(name, array).copy() for s, array in flat.items()} for name in trained}

    def reset(self, weights: Mapping[str, Array]) -> None:
        with explained(self._device.name):
            self._forget()
        self.set_weights(weights)

    def keep(self) -> None:
        copies = self._copied[2] if self._copied else {}
        with explained(self._device.name):
            for name, size in self._learned():
                if name not in copies:
                    copies[name] = self._device.allocate(size)
                self._device.copy(copies[name], self._buffers[name], size)
        self._copied = self.optimizer, self.step, copies

    def restore(self) -> None:
        assert self._copied is not None
        self.optimizer, self.step, copies = self._copied
        with explained(self._device.name):
            for name, size in self._learned():
                if name in copies:
                    self._device.copy(self._buffers[name], copies[name], size)
                else:
                    self._device.write(self._buffers[name], np.zeros(size, self._device.dtype))

    def _learned(self) -> list[tuple[str, int]]:
        """The buffers that training carries from step to step, with their sizes."""
        states = [(name, self._trained) for name in self._buffers if name.startswith("state/")]
        return [(PARAMETERS, max(1, self._layout.size)), *states]

    def trace(self, rows: Rows) -> Trace:
        program = self.program
        with explained(self._device.name):
            schedule = self._passes("trace", len(rows))
            buffers = {ROWS: self._device.upload(rows.astype(np.int32)), CURSOR: self._cursor()}
            schedule.bind(buffers)
            schedule.launch()
            memory = schedule.read({name: self._get(name) for name in (PARAMETERS, GRADIENTS)})
        plan, parameters = schedule.plan, program.analysis.parameters
        unreached = {name for name, (owner, spec) in parameters.items() if owner not in plan.grads or not spec.learned}
        values = {node_id: schedule.view(t, memory) for node_id, t in plan.values.items()}
        scalar = values.get(program.loss)
        return Trace(
            float(scalar) if scalar is not None and scalar.ndim == 0 else None,
            values,
            {node_id: schedule.view(t, memory) for node_id, t in plan.grads.items()},
            {port: schedule.view(t, memory) for port, t in plan.wire_grads.items()},
            self._unpack(memory[PARAMETERS]),
            {name: g for name, g in self._layout.unpack(memory[GRADIENTS]).items() if name not in unreached},
            rows,
            self._label,
        )

    def train(self, batches: Sequence[Rows], optimizer: Optimizer) -> npt.NDArray[np.float64]:
        if not batches:
            return np.zeros(0)
        with explained(self._device.name):
            if type(optimizer) is not self.optimizer:
                self._forget()
                self.optimizer = type(optimizer)
            passes = {n: self._passes("train", n, optimizer) for n in {len(rows) for rows in batches}}
            steps = np.arange(self.step + 1, self.step + 1 + len(batches))
            scalars = [np.broadcast_to(value, len(steps)) for value in optimizer.scalars(steps).values()]
            buffers = {
                ROWS: self._device.upload(np.concatenate(batches).astype(np.int32)),
                SCALARS: self._device.upload(np.stack(scalars, axis=1).astype(self._device.dtype)),
                HISTORY: self._device.allocate(len(batches)),
                CURSOR: self._cursor(self.step),
            }
            for schedule in passes.values():
                schedule.bind(buffers)
            for size, alike in groupby(batches, len):
                passes[size].launch(sum(1 for _ in alike))
            losses = self._device.read(buffers[HISTORY], len(batches))
        self.step += len(batches)
        return losses.astype(np.float64)

    def outputs(self, data: Mapping[str, Array], nodes: Sequence[str]) -> dict[str, Array]:
        rows = max((len(table) for table in data.values()), default=1)
        with explained(self._device.name):
            schedule = self._values(rows, tuple(nodes))
            schedule.fill(data)
            schedule.launch()
            memory = schedule.read({PARAMETERS: self._get(PARAMETERS)})
        values = schedule.plan.values
        return {node_id: schedule.view(values[node_id], memory) for node_id in nodes if node_id in values}

    def training_schedule(self, rows: int, optimizer: Optimizer) -> Schedule:
        """How steps over batches of so many rows are launched, made when it is new."""
        with explained(self._device.name):
            return self._passes("train", rows, optimizer)

    def bytes_held(self) -> dict[str, int]:
        """Bytes on the device, by buffer, without the memory of schedules and the rows of the batches under way."""
        copies = self._copied[2] if self._copied else {}
        held = {**self._buffers, **{f"kept/{name}": buffer for name, buffer in copies.items()}}
        return {name: buffer.size for name, buffer in held.items()}

    def close(self) -> None:
        """Free the run's buffers; it cannot be used after."""
        with explained(self._device.name):
            self._device.queue.finish()
        for schedule in self._schedules.values():
            schedule.free()
        for buffer in self._buffers.values():
            buffer.release()
        for buffer in self._copied[2].values() if self._copied else ():
            buffer.release()
        self._copied = None
        self._schedules.clear()
        self._buffers.clear()

    def _forget(self) -> None:
        """No optimizer state, step 0."""
        self.step, self.optimizer = 0, None
        for name, buffer in self._buffers.items():
            if name.startswith("state/"):
                self._device.write(buffer, np.zeros(self._trained, self._device.dtype))

    def _cursor(self, step: int = 0) -> pyopencl.Buffer:
        return self._device.upload(np.array([0, 0, step], np.int32))

    def _get(self, name: str) -> Array:
        return self._device.read(self._buffers[name], max(1, self._layout.size))

    def _put(self, weights: Mapping[str, Array]) -> None:
        self._device.write(self._buffers[PARAMETERS], self._layout.pack(weights, self._device.dtype))
        self._given = {name: np.array(weights[name], np.float64) for name in self._frozen}

    def _unpack(self, flat: Array) -> dict[str, Array]:
        """All weights; those that nothing changes as they were given, which the device has rounded."""
        return self._layout.unpack(flat) | {name: value.copy() for name, value in self._given.items()}

    def _passes(self, mode: Mode, rows: int, optimizer: Optimizer | None = None) -> Schedule:
        """Forward and backward over a batch, and the update when there is an optimizer."""
        name = optimizer.name if optimizer else ""

        def make() -> Schedule:
            plan = make_plan(self.program.analysis, rows, self.program.loss, mode, self.program.seed)
            calls = [*plan.forward, *plan.backward]
            if optimizer is None:
                return Schedule(self._device, plan, calls, plan.sizes, self._buffers, lambda _: self._kernels(calls))
            for state in optimizer.state:
                zeros = np.zeros(self._trained, self._device.dtype)
                self._buffers.setdefault(f"state/{state}", self._device.upload(zeros))
            return self._steps(plan, calls, optimizer)

        return self._kept((mode, rows, name), make)

    def _steps(self, plan: Plan, calls: Sequence[Call], optimizer: Optimizer) -> Schedule:
        """Training steps, scheduled in the way that was asked for or else is faster."""
        traits, trained, loss = self._device.traits, plan.layout.trained, plan.values[self.program.loss]
        work = Work.of(calls, trained)
        chosen = self._kind == "auto"
        if self._kind == "fused" or (chosen and work.prefers_fused(traits)):

            def steps(where: Where) -> list[Kernel]:
                return [replace(steps_kernel(plan, calls, optimizer, where, traits), apart=chosen)]

            try:
                most = work.steps_per_launch
                return FusedSchedule(self._device, plan, calls, {loss.buffer}, self._buffers, steps, most)
            except DeviceError:
                # Such a text can be too much for a compiler; launch by launch the same steps are done.
                if not chosen:
                    raise
        end = [advance_kernel(loss, plan.rows, traits)]
        if trained:
            end.append(update_kernel(optimizer, trained, traits))
        kernels = [*self._kernels(calls), *end]
        return Schedule(self._device, plan, calls, {loss.buffer}, self._buffers, lambda _: kernels)

    def _kernels(self, calls: Sequence[Call]) -> list[Kernel]:
        return [kernel_for(call, self._device.traits) for call in calls]

    def _values(self, rows: int, nodes: tuple[str, ...]) -> Schedule:
        """Forward as far as these nodes need it; the data come from the host."""

        def make() -> Schedule:
            plan = make_plan(self.program.analysis, rows, self.program.loss, "forward")
            wanted = {plan.values[node_id].buffer for node_id in nodes if node_id in plan.values}
            needed, calls = set(wanted), list[Call]()
            for call in reversed(plan.forward):
                if call.out.buffer in needed:
                    needed |= reads(call)
                    calls.append(call)
            calls.reverse()
            kernels = self._kernels([call for call in calls if not isinstance(call, Gather)])
            return Schedule(self._device, plan, calls, wanted, self._buffers, lambda _: kernels)

        return self._kept(("forward", rows, nodes), make)

    def _kept(self, key: tuple[Any, ...], make: Callable[[], Schedule]) -> Schedule:
        """The schedule of that key, made when it is new; the longest unused one goes."""
        if key[1] < 1:
            raise GradwireError("There are no rows to compute; give at least one.")
        schedule = self._schedules.pop(key, None) or make()
        self._schedules[key] = schedule
        if len(self._schedules) > SCHEDULES_KEPT:
            self._schedules.pop(next(iter(self._schedules))).free()
        return schedule
