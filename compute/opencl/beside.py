"""Many small networks trained side by side: whole steps of each in one launch, on all cores.

What one network trains in one launch is what each trains here, by the same text with an offset into every buffer, so
that each gives the same bits as alone. Networks share what is the same for them: rows, orders of rows, the optimizer's
numbers. A work-item takes one network after the other, each for all steps of the launch.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from compute import alike
from compute.batch_last import batch_last
from compute.engine import Lane, Waiting
from compute.evaluation import asked, judged_rows
from compute.loops import CURSOR, ENDS, HISTORY, KEPT, NORMS, PLACES, ROWS, SCALARS, SETTINGS, SIZES
from compute.memory import aligned
from compute.opencl.cost import Work
from compute.opencl.device import Later, OpenCLDevice
from compute.opencl.fused import steps_kernel
from compute.opencl.kernel import Kernel
from compute.opencl.loops import cursor_at
from compute.opencl.moments import Lanes, Moments, judging_plan
from compute.opencl.passes import leading_to
from compute.opencl.program import explained
from compute.opencl.schedule import ARENA, Buffers, Schedule, Where
from compute.plan import GRADIENTS, PARAMETERS, Plan, make_plan
from compute.state import OptimizerState, RunState, frozen

if TYPE_CHECKING:
    import pyopencl

Array = npt.NDArray[Any]
T = TypeVar("T")

MARKS = 5
"""Integers of a cursor."""
ITEMS = 8
"""Work-items for each core, so that none waits long for another."""


class OpenCLBeside:
    """Lanes on one device; see ``compute.engine.Beside``. Errors of the device: DeviceError."""

    def __init__(self, device: OpenCLDevice, lanes: Sequence[Lane], *, apart: bool) -> None:
        """``apart``: see ``Kernel``."""
        self.lanes, self._device, self._apart = lanes, device, apart
        self._epoch = self._step = 0
        first = lanes[0]
        self._optimizer = first.optimizer
        self._kinds = first.order.batches(0).kinds
        self._rows = first.program.rows
        self._buffers: dict[str, pyopencl.Buffer] = {}
        self._moments: Moments | None = None
        of_data, data = _distinct(lanes, _data_of)
        of_order, self._orders = _distinct(
            [*zip(of_data, lanes, strict=True)], lambda pair: (pair[0], pair[1].order.seed, pair[1].order.shuffle)
        )
        of_scalars, self._paces = _distinct(lanes, _pace_of)
        self._places = np.array([of_order, of_scalars, of_data], np.int32).T
        self._data = data
        with explained(device.name):
            self._plan_steps()
            self._layout = self._plans[0].layout
            self._stride = aligned(self._layout.size)
            self._start()
            self._steps = LaneSteps(device, self._plans, self._kernel, self._buffers, self._items)

    def start_epochs(
        self, epochs: int, running: int, ends: npt.NDArray[np.int32] | None
    ) -> Waiting[npt.NDArray[np.float64]]:
        device, steps = self._device, epochs * self.lanes[0].order.steps
        of_each = epochs * self._rows
        rows = np.empty((len(self._orders), of_each), np.int32)
        for at, (data, lane) in enumerate(self._orders):
            batches = lane.order.batches(self._epoch, 0, steps)
            np.add(batches.rows, data * self._rows, out=rows[at], casting="unsafe")
        numbers = np.arange(self._step + 1, self._step + 1 + steps)
        courses = [lane.course.rates(self._step, steps) if lane.course else None for lane in self._paces]
        if ends is None:
            ends = np.full(steps, -1, np.int32)
        moments = max(0, int(ends.max())) + 1
        with explained(device.name):
            named = [lane.optimizer.scalars(numbers, rates) for lane, rates in zip(self._paces, courses, strict=True)]
            scalars = np.empty((len(named), steps, len(named[0])), device.dtype)
            for at, one in enumerate(named):
                for place, value in enumerate(one.values()):
                    scalars[at, :, place] = value
            self._feed(ROWS, rows)
            self._feed(SIZES, batches.sizes.astype(np.int32))
            self._feed(SCALARS, scalars)
            self._feed(ENDS, ends)
            self._room(KEPT, len(self.lanes) * moments * self._stride, device.dtype)
            self._room(HISTORY, len(self.lanes) * steps, device.dtype)
            self._steps.launch(steps, running, of_each, moments)
            found = device.request(self._buffers[HISTORY], running * steps)
        self._epoch += epochs
        self._step += steps

        def losses(memory: dict[str, Array]) -> npt.NDArray[np.float64]:
            with np.errstate(invalid="ignore"):  # behind a step that was not done lie whatever bits were there
                return memory[HISTORY].astype(np.float64).reshape(running, steps)

        return Later({HISTORY: found}, losses)

    def start_judging(self, moments: int, running: int) -> Waiting[dict[str, Array]]:
        with explained(self._device.name):
            judging = self._judging(moments)
            count = running * moments
            judging.launch(count, moments)
            found = judging.request_at(count)
        nodes = asked(self.lanes[0].program)[1]

        def split(memory: dict[str, Array]) -> dict[str, Array]:
            values = {node_id: judging.at_moments(node_id, memory, count) for node_id in nodes}
            return {node_id: value.reshape(running, moments, *value.shape[1:]) for node_id, value in values.items()}

        return Later(found, split)

    def states(self, updates: Sequence[int]) -> list[RunState]:
        layout, optimizer, count = self._layout, self._optimizer, len(self.lanes)
        with explained(self._device.name):
            sizes = {PARAMETERS: self._stride, **{f"state/{name}": self._state for name in optimizer.state}}
            asked_for = {name: self._device.request(self._buffers[name], count * n) for name, n in sizes.items()}
            memory = {name: request.get().reshape(count, -1) for name, request in asked_for.items()}
        specs, trained = self.lanes[0].program.analysis.parameters, set(layout.trained_names)
        fixed = [name for name, (_, spec) in specs.items() if spec.learned and name not in trained]
        found: list[RunState] = []
        for at, (lane, done) in enumerate(zip(self.lanes, updates, strict=True)):
            weights = layout.unpack(memory[PARAMETERS][at])
            weights |= {name: np.array(lane.program.weights[name], np.float64) for name in fixed}
            arrays = {
                weight: {name: frozen(layout.view(weight, memory[f"state/{name}"][at])) for name in optimizer.state}
                for weight in layout.trained_names
            }
            state = OptimizerState(optimizer.name, done, arrays)
            found.append(RunState({name: frozen(w) for name, w in weights.items()}, state))
        return found

    def stops(self) -> list[int]:
        numbers = len(self.lanes) * MARKS
        with explained(self._device.name):
            # It is read as numbers of the device's type.
            count = -(-4 * numbers // np.dtype(self._device.dtype).itemsize)
            cursors = self._device.read(self._buffers[CURSOR], count).view(np.int32)
        return [int(code) for code in cursors[:numbers].reshape(-1, MARKS)[:, 3]]

    def close(self) -> None:
        with explained(self._device.name):
            self._device.finish()
        for schedule in (self._steps, self._moments):
            if schedule is not None:
                schedule.free()
        for buffer in self._buffers.values():
            buffer.release()
        self._buffers.clear()

    def _plan_steps(self) -> None:
        """Plans for each size of batch and for judging, which take from SETTINGS in what lanes differ."""
        program = self.lanes[0].program
        rows = judged_rows(program)

        def made(lane: Lane) -> list[Plan]:
            analysis, loss = lane.program.analysis, lane.program.loss
            plans = [make_plan(analysis, kind, loss, "train") for kind in self._kinds]
            return [*plans, *([make_plan(analysis, rows, loss, "forward")] if rows else [])]

        which, kept = _distinct(self.lanes, lambda lane: pickle.dumps(lane.program.analysis.settings))
        plans = made(kept[0])
        all_numbers = [[alike.numbers(plan) for plan in (plans if one is kept[0] else made(one))] for one in kept]
        table = np.array([[n for of_plan in numbers for n in of_plan] for numbers in all_numbers], np.float64)
        varying = np.flatnonzero((table != table[0]).any(axis=0))
        places = {int(column): at for at, column in enumerate(varying)}
        starts = np.concatenate([[0], np.cumsum([len(numbers) for numbers in all_numbers[0]])])
        plans = [alike.with_settings(plan, places, int(at)) for plan, at in zip(plans, starts, strict=False)]
        self._plans = [batch_last(plan) for plan in plans[: len(self._kinds)]]
        self._forward = judging_plan(plans[-1]) if rows else None
        self._settings = table[which][:, varying].astype(self._device.dtype)

    def _start(self) -> None:
        """What the lanes begin with, on the device."""
        device, layout, count = self._device, self._layout, len(self.lanes)
        self._state = aligned(max(1, layout.trained))
        self._items = min(count, ITEMS * device.traits.units)
        weights = np.zeros((count, self._stride), device.dtype)
        for at, lane in enumerate(self.lanes):
            weights[at, : layout.size] = layout.pack(lane.program.weights, device.dtype)[: layout.size]
        cursors = np.stack([cursor_at(0, lane.program.seed) for lane in self.lanes])
        self._buffers[PARAMETERS] = device.upload(weights)
        self._buffers[GRADIENTS] = device.allocate(self._stride * self._items)
        self._buffers[CURSOR] = device.allocate(cursors.size + 1, np.int32)
        device.write(self._buffers[CURSOR], cursors)
        self._buffers[PLACES] = device.upload(self._places)
        self._buffers[SETTINGS] = device.upload(self._settings)
        if self._optimizer.clipping.norm:
            self._buffers[NORMS] = device.allocate(self._items)
        for name in self._optimizer.state:
            self._buffers[f"state/{name}"] = device.upload(np.zeros(count * self._state, device.dtype))
        for node_id in self.lanes[0].program.train:
            tables = [np.asarray(lane.program.train[node_id], device.dtype) for lane in self._data]
            self._buffers[f"table/{node_id}"] = device.upload(np.concatenate(tables))

    def _kernel(self, wheres: Sequence[Where], arena: int) -> Kernel:
        """The kernel of the steps of all lanes."""
        scalars = len(self._optimizer.scalars(1))
        each = {
            ARENA: f"item*{arena}",
            GRADIENTS: f"item*{self._stride}",
            NORMS: "item",
            PARAMETERS: f"member*{self._stride}",
            **{f"state/{name}": f"member*{self._state}" for name in self._optimizer.state},
            SETTINGS: f"member*{self._settings.shape[1]}",
            CURSOR: f"member*{MARKS}",
            HISTORY: "member*count",
            KEPT: f"member*moments*{self._stride}",
            ROWS: "(size_t)places[member*3]*rows",
            SCALARS: f"(size_t)places[member*3 + 1]*count*{scalars}",
        }
        given = ("members", "rows", "moments")
        traits = self._device.traits
        made = steps_kernel(self._plans, self._optimizer, wheres, traits, keeps="weights", each=each, given=given)
        return replace(made, apart=self._apart)

    def _judging(self, moments: int) -> Moments:
        """The pass that judges, with room for so many moments of each lane."""
        most = len(self.lanes) * moments
        if self._moments is None or self._moments.most < most:
            plan = self._forward
            assert plan is not None
            if self._moments is not None:
                self._device.finish()
                self._moments.free()
            nodes = asked(self.lanes[0].program)[1]
            calls, _ = leading_to(plan, nodes)
            each = {
                PARAMETERS: f"member*{self._stride}",
                SETTINGS: f"member/moments*{self._settings.shape[1]}",
            }
            lanes = Lanes(len(self._data), "(size_t)places[member/moments*3 + 2]", each, ("moments",), most)
            work = Work.of(calls, 0)
            self._moments = Moments(
                self._device, plan, calls, nodes, self._buffers, work, apart=self._apart, lanes=lanes
            )
            for at, lane in enumerate(self._data):
                self._moments.fill_set(at, asked(lane.program)[0])
        return self._moments

    def _feed(self, name: str, array: Array) -> None:
        self._room(name, array.size, array.dtype)
        self._device.write(self._buffers[name], array)

    def _room(self, name: str, count: int, dtype: Any) -> None:
        """Make the buffer of that name large enough. What is under way keeps the old one until it is done."""
        if name not in self._buffers or self._buffers[name].size < count * np.dtype(dtype).itemsize:
            self._buffers[name] = self._device.allocate(count, dtype)
            for schedule in (self._steps, self._moments):
                if schedule is not None:
                    schedule.bind({name: self._buffers[name]})


class LaneSteps(Schedule):
    """One kernel that runs as many steps of as many lanes as it is told."""

    kind = "beside"

    def __init__(
        self,
        device: OpenCLDevice,
        plans: Sequence[Plan],
        kernel: Callable[[Sequence[Where], int], Kernel],
        buffers: Buffers,
        items: int,
    ) -> None:
        keep = [{plan.values[plan.loss or ""].buffer} for plan in plans]
        calls = [plan.calls for plan in plans]
        self._prepare(device, plans, calls, keep, lambda wheres: [kernel(wheres, self._size)])
        self._items = items
        self._memory[ARENA] = device.allocate(self._size * items)
        (self._site,) = self._sites
        self.bind(self._memory)
        self.bind(buffers)

    def launch(self, steps: int = 1, members: int = 1, *given: int) -> None:
        """Put so many steps of so many lanes into the queue."""
        for at, number in enumerate((steps, members, *given)):
            self._site.kernel.set_arg(at, np.int32(number))
        self._device.enqueue(self._device.queue, self._site.kernel, (min(self._items, members),), (1,))
        self._device.queue.flush()


def fits(lane: Lane, device: OpenCLDevice, kind: str) -> bool:
    """Whether lanes like this one train side by side: where one alone trains many steps in one launch."""
    if kind == "launches" or device.traits.gpu:
        return False
    program = lane.program
    plan = make_plan(program.analysis, lane.order.batches(0).kinds[0], program.loss, "train")
    work = Work.of(plan.calls, plan.layout.trained)
    if kind == "auto" and not work.prefers_fused(device.traits):
        return False
    rows = judged_rows(program)
    if not rows:
        return True
    forward = make_plan(program.analysis, rows, program.loss, "forward")
    calls, wanted = leading_to(forward, asked(program)[1])
    return Moments.fits(forward, calls, wanted, Work.of(calls, 0))


def _pace_of(lane: Lane) -> Hashable:
    """What tells the numbers of the optimizers of lanes apart."""
    values = {**lane.optimizer.values, **lane.optimizer.clipping.values}
    course = (lane.course.schedule.name, *lane.course.letters.items()) if lane.course else ()
    return *sorted(values.items()), *course


def _data_of(lane: Lane) -> Hashable:
    """What tells the rows of lanes apart."""
    program = lane.program
    return tuple(
        (node_id, hash(np.ascontiguousarray(table).tobytes()))
        for tables in (program.train, program.validation)
        for node_id, table in tables.items()
    )


def _distinct(of: Sequence[T], key: Callable[[T], Hashable]) -> tuple[list[int], list[T]]:
    """Which of those that differ each is, and the first of each of those."""
    found: dict[Hashable, int] = {}
    first: list[T] = []
    which: list[int] = []
    for each in of:
        at = found.setdefault(key(each), len(first))
        if at == len(first):
            first.append(each)
        which.append(at)
    return which, first
