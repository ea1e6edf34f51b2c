"""The OpenCL engine: a plan's calls as kernels, launched one after the other, or many steps in one launch.

Everything that training needs lies on the device before the first step: the training rows, the row numbers of
every batch, the optimizer's numbers for every step, and a history that takes the losses. A cursor on the device
counts the steps, so the arguments of a step's launches are set once, and a kernel can run many steps; the host waits
once, at the end. An engine and its runs belong to the thread that made them.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from compute.analysis import check_loss
from compute.batches import Batches, Rows
from compute.engine import Lane, Program, Ready, Run, Waiting
from compute.errors import DeviceError
from compute.ledger import StepTimes
from compute.loops import CURSOR, ENDS, HISTORY, KEPT, LIMITS, NORMS, ROWS, SCALARS, SIZES
from compute.opencl.beside import OpenCLBeside, fits
from compute.opencl.device import ABANDONED, Later, OpenCLDevice, Real, Request
from compute.opencl.devices import Choice, DeviceInfo
from compute.opencl.fused import Keeps
from compute.opencl.loops import MOST_PARTS, cursor_at
from compute.opencl.passes import Passes, ScheduleKind
from compute.opencl.profiling import by_node, profiled
from compute.opencl.program import explained
from compute.opencl.schedule import Schedule
from compute.optimizers import OPTIMIZERS, Optimizer
from compute.plan import GRADIENTS, PARAMETERS, PREVIOUS, ParameterLayout
from compute.state import OptimizerState, RunState, frozen, require_fitting
from compute.trace import Trace
from compute.watches.checks import Check

if TYPE_CHECKING:
    import pyopencl

Array = npt.NDArray[Any]

FED: dict[str, Real | type[np.int32] | None] = {
    ROWS: np.int32,
    SIZES: np.int32,
    CURSOR: np.int32,
    ENDS: np.int32,
    SCALARS: None,
    HISTORY: None,
    KEPT: None,
    LIMITS: None,
    PREVIOUS: None,
}
"""The buffers that steps are fed with and leave their losses in, with the type of their entries: None for real."""
TIMED_STEPS = 20
"""Steps over which the kernels' times are taken."""
FIRST_STEPS = 64
"""Entries that these have at first."""


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
        self._device.library.builder.begin()

    def open(self, program: Program) -> OpenCLRun:
        return OpenCLRun(self._device, self.label, program, self._schedule)

    def takes(self, lane: Lane) -> bool:
        return fits(lane, self._device, self._schedule)

    def beside(self, lanes: Sequence[Lane]) -> OpenCLBeside | None:
        with suppress(DeviceError):
            # Such a text can be too much for a compiler; then each trains alone.
            return OpenCLBeside(self._device, lanes, apart=self._schedule == "auto")
        return None

    def close(self) -> None:
        """Wait for what is under way; the device goes with the last run."""
        self._device.close()


class OpenCLRun(Run):
    """A training run on one device; see ``compute.engine.Run``. Errors of the device: DeviceError."""

    def __init__(self, device: OpenCLDevice, label: str, program: Program, schedule: ScheduleKind = "auto") -> None:
        self.program, self.step = program, 0
        self.optimizer: type[Optimizer] | None = None
        self.checks: tuple[Check, ...] = ()
        self.stopped = 0
        self._device, self._label = device, label
        self._layout = ParameterLayout.of(program.analysis, program.loss)
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
            for name, dtype in FED.items():
                self._buffers[name] = device.allocate(FIRST_STEPS, dtype or device.dtype)
            self._started: deque[_Steps] = deque()
            self._aim(0)
        self._passes = Passes(device, program, self._buffers, schedule)
        self.watch(())

    def weights(self) -> dict[str, Array]:
        with explained(self._device.name):
            return self._unpack(self._get(PARAMETERS))

    def set_weights(self, weights: Mapping[str, Array]) -> None:
        with explained(self._device.name):
            self._put({**self._unpack(self._get(PARAMETERS)), **weights})

    def watch(self, checks: Sequence[Check]) -> None:
        self.checks = self._passes.checks = tuple(checks)
        with explained(self._device.name):
            # The first limit is that of gradients that are not finite.
            self._feed(LIMITS, np.array([0.0, *(check.limit for check in checks)], self._device.dtype))
            self._lay_by(self._get(PARAMETERS))

    def before(self) -> dict[str, Array]:
        found, start = dict[str, Array](), 0
        if self._laid_by:
            with explained(self._device.name):
                flat = self._device.read(self._buffers[PREVIOUS], sum(map(self._size, self._laid_by)))
            for name in self._laid_by:
                found[name] = flat[start : start + self._size(name)].reshape(self._layout.shapes[name]).copy()
                start += self._size(name)
        return found

    @property
    def _laid_by(self) -> list[str]:
        """The weights whose change is checked, one for each check."""
        return [check.of.weight for check in self.checks if check.kind.before]

    def _size(self, weight: str) -> int:
        return math.prod(self._layout.shapes[weight])

    def _lay_by(self, flat: Array) -> None:
        """From now on the change of weights counts from these."""
        if self._laid_by:
            parts = [self._layout.view(name, flat).reshape(-1) for name in self._laid_by]
            self._feed(PREVIOUS, np.concatenate(parts))

    def start_state(self) -> Waiting[RunState]:
        optimizer, started, step = self.optimizer, tuple(self._started), self.step
        names = optimizer.state if optimizer else ()
        with explained(self._device.name):
            asked = {name: self._device.request(self._buffers[f"state/{name}"], self._trained) for name in names}
            asked[PARAMETERS] = self._ask(PARAMETERS)

        def found(memory: dict[str, Array]) -> RunState:
            weights = {name: frozen(w) for name, w in self._unpack(memory[PARAMETERS]).items()}
            if optimizer is None:
                return RunState(weights)
            for training in started:
                training.get()
            arrays = {
                weight: {name: frozen(self._layout.view(weight, memory[name])) for name in names}
                for weight in self._layout.trained_names
            }
            return RunState(weights, OptimizerState(optimizer.name, started[-1].end if started else step, arrays))

        return Later(asked, found)

    def restore(self, state: RunState) -> None:
        optimizer, flat = state.optimizer, dict[str, Array]()
        trained = {name: self._layout.shapes[name] for name in self._layout.trained_names}
        require_fitting(state, self._layout.shapes, trained)
        for weight, arrays in optimizer.arrays.items():
            for name, array in arrays.items():
                whole = flat.setdefault(name, np.zeros(self._trained, self._device.dtype))
                self._layout.view(weight, whole)[...] = array
        self.reset(state.weights)
        with explained(self._device.name):
            self._keep_states(OPTIMIZERS[optimizer.name].state if optimizer.name else ())
            for name, whole in flat.items():
                self._device.write(self._buffers[f"state/{name}"], whole)
        self.optimizer, self.step = OPTIMIZERS.get(optimizer.name), optimizer.updates

    def reset(self, weights: Mapping[str, Array]) -> None:
        self._started.clear()
        with explained(self._device.name):
            self._forget()
        self.set_weights(weights)

    def start_trace(self, rows: Rows, update: int = 0) -> Waiting[Trace]:
        program = self.program
        with explained(self._device.name):
            schedule = self._passes.trace(len(rows))
            cursor = self._device.upload(cursor_at(update, program.seed))
            schedule.bind({ROWS: self._device.upload(rows.astype(np.int32)), CURSOR: cursor})
            schedule.launch()
            asked = {**schedule.request(), **{name: self._ask(name) for name in (PARAMETERS, GRADIENTS)}}

        def found(memory: dict[str, Array]) -> Trace:
            plan, parameters = schedule.plan, program.analysis.parameters
            unreached = {
                name for name, (owner, spec) in parameters.items() if owner not in plan.grads or not spec.learned
            }
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
                program.seed,
                update,
            )

        return Later(asked, found)

    def most_moments(
        self, kinds: Sequence[int], optimizer: Optimizer, rows: int, nodes: Sequence[str], *, states: bool = False
    ) -> int:
        with explained(self._device.name):
            schedules = self._schedules(tuple(kinds), optimizer, keeps="states" if states else "weights")
            moments = self._passes.moments(rows, tuple(nodes)) if schedules[kinds[0]].kind == "fused" else None
        return moments.most if moments else 0

    def start_training(
        self,
        batches: Sequence[Rows],
        optimizer: Optimizer,
        ends: npt.NDArray[np.int32] | None = None,
        rates: npt.NDArray[np.float64] | None = None,
        *,
        states: bool = False,
    ) -> Waiting[npt.NDArray[np.float64]]:
        keeps: Keeps = "" if ends is None else "states" if states else "weights"
        if not batches:
            return Ready(np.zeros(0))
        batches = Batches.of(batches)
        with explained(self._device.name):
            if type(optimizer) is not self.optimizer:
                self._forget()
                self.optimizer = type(optimizer)
            schedules = self._schedules(batches.kinds, optimizer, keeps=keeps)
            steps = np.arange(self.step + 1, self.step + 1 + len(batches))
            numbers = optimizer.scalars(steps, rates)
            scalars = np.empty((len(steps), len(numbers)), self._device.dtype)
            for at, value in enumerate(numbers.values()):
                scalars[:, at] = value
            self._feed(ROWS, batches.rows)
            self._feed(SIZES, batches.sizes.astype(np.int32))
            self._feed(SCALARS, scalars)
            if ends is not None:
                self._feed(ENDS, ends)
                moments = int(ends.max()) + 1
                self._room(KEPT, moments * self._layout.size, self._device.dtype)
                for name in optimizer.state if states else ():
                    self._room(f"{KEPT}/{name}", moments * self._trained, self._device.dtype)
            self._room(HISTORY, len(batches), self._device.dtype)
            self._aim(self.step)
            if len({*map(id, schedules.values())}) == 1:
                schedules[batches.kinds[0]].launch(len(batches))
            else:
                for size, alike in groupby(batches.sizes.tolist()):
                    schedules[size].launch(sum(1 for _ in alike))
            one_core = schedules[batches.kinds[0]].kind == "fused"
            losses = self._device.request(self._buffers[HISTORY], len(batches), helping=not one_core)
        training = _Steps(self, self.step, len(batches), losses)
        if states and ends is not None:
            self._kept = self.step + 1 + np.flatnonzero(ends >= 0)
        self.step += len(batches)
        self._started.append(training)
        return training

    def start_kept(self) -> Waiting[Callable[[int], RunState]]:
        optimizer, updates, layout = self.optimizer, self._kept, self._layout
        assert optimizer is not None
        sizes = {KEPT: max(1, layout.size), **{f"{KEPT}/{name}": self._trained for name in optimizer.state}}
        with explained(self._device.name):
            asked = {n: self._device.request(self._buffers[n], len(updates) * size) for n, size in sizes.items()}

        def state(memory: dict[str, Array], moment: int) -> RunState:
            flat = {name: memory[name].reshape(len(updates), -1)[moment] for name in sizes}
            weights = {name: frozen(w) for name, w in self._unpack(flat[KEPT]).items()}
            arrays = {
                weight: {name: frozen(layout.view(weight, flat[f"{KEPT}/{name}"])) for name in optimizer.state}
                for weight in layout.trained_names
            }
            return RunState(weights, OptimizerState(optimizer.name, int(updates[moment]), arrays))

        return Later(asked, lambda memory: partial(state, memory))

    def start_outputs(self, data: Mapping[str, Array], nodes: Sequence[str]) -> Waiting[dict[str, Array]]:
        rows = max((len(table) for table in data.values()), default=1)
        with explained(self._device.name):
            schedule = self._passes.values(rows, tuple(nodes))
            schedule.fill(data)
            schedule.launch()
            values = schedule.plan.values
            wanted = [values[node_id] for node_id in nodes if node_id in values]
            asked = schedule.request_of(wanted)
            if any(tensor.buffer == PARAMETERS for tensor in wanted):
                asked[PARAMETERS] = self._ask(PARAMETERS)

        def found(memory: dict[str, Array]) -> dict[str, Array]:
            return {node_id: schedule.view(values[node_id], memory) for node_id in nodes if node_id in values}

        return Later(asked, found)

    def start_moments(self, data: Mapping[str, Array], nodes: Sequence[str], count: int) -> Waiting[dict[str, Array]]:
        rows = max((len(table) for table in data.values()), default=1)
        with explained(self._device.name):
            schedule = self._passes.moments(rows, tuple(nodes))
            assert schedule is not None
            schedule.fill(data)
            schedule.launch(count)
            asked = schedule.request_at(count)
        return Later(asked, lambda memory: {node_id: schedule.at_moments(node_id, memory, count) for node_id in nodes})

    def done(self, training: _Steps, stopped: int | None) -> None:
        """These steps and all before them are done; ``stopped``: the step from which on they do not count, if there is
        one."""
        if training not in self._started:
            return  # the run has been put back since
        while self._started and self._started.popleft() is not training:
            pass
        if stopped is not None:
            self.step = stopped
            with explained(self._device.name):
                words = 16 // np.dtype(self._device.dtype).itemsize
                self.stopped = int(self._device.read(self._buffers[CURSOR], words).view(np.int32)[3])
            for later in self._started:
                later.stop(stopped)
            self._started.clear()

    def training_schedule(self, rows: int, optimizer: Optimizer) -> Schedule:
        """How steps over batches of so many rows are launched, made when it is new."""
        with explained(self._device.name):
            return self._schedules((rows,), optimizer)[rows]

    def timed(self, rows: int, optimizer: Optimizer) -> StepTimes:
        check_loss(self.program.analysis, self.program.loss)
        with explained(self._device.name):
            self._device.finish()
        train = {node_id: table[:rows] for node_id, table in self.program.train.items()}
        # By steps of its own, which nobody misses.
        program = replace(self.program.leading_to_loss(), weights=self.weights(), train=train, rows=rows)
        run = OpenCLRun(self._device, self._label, program, "launches")
        batches = [np.arange(rows)] * TIMED_STEPS
        try:
            run.train(batches[:2], optimizer)
            seconds = profiled(self._device, TIMED_STEPS, lambda: run.train(batches, optimizer))
            plan = run.training_schedule(rows, optimizer).plan
        finally:
            run.close()
        found, rest = by_node(plan, seconds)
        how = "Each kernel by the device's own clock, launched one by one; in training, many steps may be one launch."
        return StepTimes(self._label, found, rest, how)

    def bytes_held(self) -> dict[str, int]:
        """Bytes on the device, by buffer, without the memory of schedules and what the steps under way are fed with."""
        return {name: buffer.size for name, buffer in self._buffers.items() if name not in FED}

    def close(self) -> None:
        """Free the run's buffers; it cannot be used after."""
        with explained(self._device.name):
            self._device.finish()
        if self._device.hung:
            ABANDONED.append((self._passes, self._buffers))
            return
        self._passes.free()
        for buffer in self._buffers.values():
            buffer.release()
        self._buffers.clear()

    def _schedules(self, kinds: tuple[int, ...], optimizer: Optimizer, *, keeps: Keeps = "") -> dict[int, Schedule]:
        """How steps over batches of these sizes are launched; buffers for the optimizer's state are made first, since
        launches keep their arguments."""
        self._keep_states(optimizer.state)
        if optimizer.clipping.norm and NORMS not in self._buffers:
            self._buffers[NORMS] = self._device.allocate(1 + MOST_PARTS)
        return self._passes.training(kinds, optimizer, keeps=keeps)

    def _keep_states(self, names: Iterable[str]) -> None:
        """Have a buffer for each of these state arrays, 0 where it is new."""
        for name in names:
            if f"state/{name}" not in self._buffers:
                zeros = np.zeros(self._trained, self._device.dtype)
                self._buffers[f"state/{name}"] = self._device.upload(zeros)

    def _forget(self) -> None:
        """No optimizer state, step 0."""
        self.step, self.optimizer = 0, None
        for name, buffer in self._buffers.items():
            if name.startswith("state/"):
                self._device.write(buffer, np.zeros(self._trained, self._device.dtype))

    def _feed(self, name: str, array: Array) -> None:
        """Copy what the next steps read into the buffer of that name."""
        self._room(name, array.size, array.dtype)
        self._device.write(self._buffers[name], array)

    def _room(self, name: str, count: int, dtype: Any) -> None:
        """Make the buffer of that name large enough. What is under way keeps the old one until it is done."""
        if name not in self._buffers or self._buffers[name].size < count * np.dtype(dtype).itemsize:
            self._buffers[name] = self._device.allocate(max(1, 2 * count), dtype)
            self._passes.bind({name: self._buffers[name]})

    def _aim(self, step: int) -> None:
        """Have the steps that are launched next begin at the first batch, and count from ``step``. The stop flag is
        cleared only when no earlier step is pending."""
        start = cursor_at(step, self.program.seed)
        self._device.write(self._buffers[CURSOR], start[:3] if self._started else start)

    def _ask(self, name: str) -> Request:
        return self._device.request(self._buffers[name], max(1, self._layout.size))

    def _get(self, name: str) -> Array:
        return self._ask(name).get()

    def _put(self, weights: Mapping[str, Array]) -> None:
        flat = self._layout.pack(weights, self._device.dtype)
        self._device.write(self._buffers[PARAMETERS], flat)
        self._lay_by(flat)
        self._given = {name: np.array(weights[name], np.float64) for name in self._frozen}

    def _unpack(self, flat: Array) -> dict[str, Array]:
        """All weights; those that nothing changes are returned as they were given, not as the device rounded them."""
        return self._layout.unpack(flat) | {name: value.copy() for name, value in self._given.items()}


class _Steps:
    """Steps under way, and the losses that they will have had; see ``Run.start_training``."""

    def __init__(self, run: OpenCLRun, first: int, count: int, losses: Request) -> None:
        self._run, self._first, self._losses = run, first, losses
        self._found: npt.NDArray[np.float64] | None = None
        self.end = first + count
        """The step that follows; known for certain after ``get``."""

    def get(self) -> npt.NDArray[np.float64]:
        if self._found is None:
            with np.errstate(invalid="ignore"):  # behind a step that was not done lie whatever bits were there
                losses = self._losses.get().astype(np.float64)
            bad = np.flatnonzero(~np.isfinite(losses))
            if bad.size:
                losses, self.end = losses[: bad[0] + 1], self._first + int(bad[0])
            self._found = losses
            self._run.done(self, self.end if bad.size else None)
        return self._found

    def stop(self, step: int) -> None:
        """An earlier step had no finite loss, so these are not done."""
        self._found, self.end = np.zeros(0), step
