"""A training step as passes over some rows of its batch at a time, which add up sums over the batch.

What a step computes of a row mostly needs no other row, until a loss or the gradient of a weight adds them up. So a few
rows go through forward and backward together, in memory that a cache holds, and several cores have rows of their own.
Where the rows of a batch meet before, as in batch norm, there are no such passes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from compute.batch_last import turned_around
from compute.calls import Call, Draw, Gather, Gemm, Map, Reduce
from compute.plan import GRADIENTS, Plan
from compute.strided import Tensor, contiguous

FIRST_ROW = "first_row"
"""The variable of a text that says where in the batch its rows begin."""
Axes = tuple[str | int, ...]
"""By which index of its call each axis of a tensor is gone through."""


@dataclass(frozen=True)
class Tiles:
    """A step in three parts: the calls ``before`` and ``after`` the rows, as they are in the plan, and for each size of
    a pass its plan, in which the batch is innermost. summed: the plan's buffers that add up rows → their entries."""

    before: tuple[Call, ...]
    after: tuple[Call, ...]
    passes: Mapping[int, Plan]
    summed: dict[str, int]


def in_tiles(plan: Plan, sizes: Collection[int], *, adding: bool) -> Tiles | None:
    """The step of a plan as passes over these numbers of rows, if it can be taken apart so. ``adding``: whether a pass
    adds to the sums that are there."""
    parts = _Parts(plan)
    if plan.statistics or plan.rows < 2 or not all(map(parts.add, plan.calls)):
        return None
    if plan.values[plan.loss or ""].buffer not in parts.late:
        return None
    summed = {call.out.buffer for call in parts.rows} - parts.widths.keys() - {GRADIENTS}
    passes = {rows: parts.over(rows, adding) for rows in sizes}
    entries = {GRADIENTS: plan.layout.size, **{name: plan.sizes[name] for name in sorted(summed)}}
    return Tiles(tuple(parts.before), tuple(parts.after), passes, entries)


class _Parts:
    """The calls of a plan, sorted one after the other."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.before: list[Call] = []
        self.rows: dict[Call, str | int] = {}
        """Those that go along the batch, and by which index."""
        self.after: list[Call] = []
        self.widths: dict[str, int] = {}
        """The buffers of what each row has one of, and how many numbers that is."""
        self.late: set[str] = {GRADIENTS}
        """Buffers that are known only when all rows were added up."""

    def add(self, call: Call) -> bool:
        """Take it in, if it is of one of the parts."""
        views = list(_views(call))
        by = {self._row_index(tensor, axes) for tensor, axes in views if tensor.buffer in self.widths}
        draws = isinstance(call, Draw) or call.feeds
        if not by and not draws:
            late = not self.late.isdisjoint({call.out.buffer, *call.reads})
            (self.after if late else self.before).append(call)
            self.late |= {call.out.buffer} if late else set()
            return True
        row = 0 if draws else by.pop()
        if by or row is None or self.late & call.reads or not self._result(call, views[-1][1], row):
            return False
        still = [(tensor, axes) for tensor, axes in views if tensor.buffer not in self.widths and row in axes]
        self.rows[call] = row
        return not any(tensor.strides[axes.index(row)] for tensor, axes in still)

    def _row_index(self, tensor: Tensor, axes: Axes) -> str | int | None:
        """By which index a tensor's rows are those of the batch, all of them and in order."""
        rows, width = self.plan.rows, self.widths[tensor.buffer]
        along = [i for i, n in enumerate(tensor.shape) if n > 1 and tensor.strides[i] >= width]
        whole = len(along) == 1 and tensor.strides[along[0]] == width and tensor.shape[along[0]] == rows
        return axes[along[0]] if whole and axes and turned_around(tensor, rows, width) is not None else None

    def _result(self, call: Call, axes: Axes, row: str | int) -> bool:
        """Whether its result has a value for each row, or adds them up."""
        out, rows = call.out, self.plan.rows
        if row not in axes:
            self.late.add(out.buffer)
            adds = call.bias is None if isinstance(call, Gemm) else isinstance(call, Reduce) and call.kind == "sum"
            return adds and out.buffer not in self.widths
        size = self.plan.sizes.get(out.buffer, 0)
        if out.buffer in self.late or not size or size % rows:
            return False
        self.widths[out.buffer] = size // rows
        return self._row_index(out, axes) == row

    def over(self, rows: int, adding: bool) -> Plan:
        """The calls that go along the batch, over so many of its rows."""

        def view(tensor: Tensor, axes: Axes, row: str | int) -> Tensor:
            shape = tuple(rows if axis == row else n for axis, n in zip(axes, tensor.shape, strict=True))
            width = self.widths.get(tensor.buffer)
            if width is None:
                return replace(tensor, shape=shape)
            steps = (divmod(stride, width) for stride in tensor.strides)
            strides = tuple(down + along * rows for down, along in steps)
            return Tensor(tensor.buffer, shape, strides, tensor.offset * rows)

        def part(found: Any, views: Mapping[Tensor, Tensor]) -> Any:
            if isinstance(found, Tensor):
                return views[found]
            return tuple(part(each, views) for each in found) if isinstance(found, tuple) else found

        def narrowed(call: Call, row: str | int) -> Call:
            views = {tensor: view(tensor, axes, row) for tensor, axes in _views(call)}
            changed = {each.name: part(getattr(call, each.name), views) for each in fields(call)}
            match call:
                case Reduce():
                    changed["shape"] = tuple(rows if axis == row else n for axis, n in enumerate(call.shape))
                case Gather() | Draw():
                    changed["first"] = FIRST_ROW
            return replace(call, **changed)

        sizes = {**self.plan.sizes, **{name: width * rows for name, width in self.widths.items()}}
        calls = list[Call]()
        for call in (narrowed(call, row) for call, row in self.rows.items()):
            if adding and call.out.buffer not in self.widths:
                some = contiguous(f"some/{len(calls)}", call.out.shape)
                sizes[some.buffer] = some.size
                calls += [replace(call, out=some), Map(call.node, call.out, (("a", call.out), ("b", some)), "a + b")]
            else:
                calls.append(call)
        return replace(self.plan, rows=rows, forward=tuple(calls), backward=(), sizes=sizes)


def _views(call: Call) -> list[tuple[Tensor, Axes]]:
    """The tensors of a call and their axes, its result last; without axes where it goes through them in another way."""
    match call:
        case Gemm(out=out) if len(out.shape) == 2:
            bias = [(call.bias, ("n",))] if call.bias else []
            return [(call.a, ("m", "k")), (call.b, ("k", "n")), *bias, (out, ("m", "n"))]
        case Reduce():
            every = tuple(range(len(call.shape)))
            kept = tuple(axis for axis in every if axis not in call.axes)
            return [*((tensor, every) for tensor in call.tensors), (call.out, kept)]
        case Map():
            every = tuple(range(len(call.out.shape)))
            return [(tensor, every) for tensor in (*call.tensors, call.out)]
        case Gather() | Draw() if not call.tensors:
            return [(call.out, tuple(range(len(call.out.shape))))]
    return [(tensor, ()) for tensor in (*call.tensors, call.out)]
