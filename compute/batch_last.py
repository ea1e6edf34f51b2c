"""The same plan with the batch as its innermost axis: features × batch in memory, in place of batch × features.

What a step computes is the same for every row of its batch, so that rows beside each other are what vectors are made
of, whatever the widths of the layers: no width is too small for a vector, and sums over the rows' features, such as a
softmax's, need none of their entries put together. It is a choice of strides: a tensor keeps its shape, and whoever
reads it goes by its strides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from typing import Any

from compute.calls import Call
from compute.plan import Plan
from compute.strided import Tensor, contiguous


def batch_last(plan: Plan, but: Collection[str] = ()) -> Plan:
    """The plan with the rows of its batch side by side, in every buffer of (rows, features) that is only looked at
    along its rows and features, ``but`` for some. A plan that knows of further axes stays as it is."""
    shown: dict[str, list[Tensor]] = defaultdict(list)
    for call in plan.calls:
        for tensor in (call.out, *call.tensors):
            shown[tensor.buffer].append(tensor)
            if len(tensor.shape) > 2:
                return plan
    for found in (plan.values, plan.grads, plan.wire_grads):
        for tensor in found.values():
            shown[tensor.buffer].append(tensor)
    widths: dict[str, int] = {}
    for call in plan.calls:
        out, size = call.out, plan.sizes.get(call.out.buffer, 0)
        whole = len(out.shape) == 2 and out == contiguous(out.buffer, out.shape) and out.size == size
        if whole and out.shape[0] == plan.rows and out.buffer not in plan.constants and out.buffer not in but:
            width = out.shape[1]
            if all(turned_around(tensor, plan.rows, width) is not None for tensor in shown[out.buffer]):
                widths[out.buffer] = width

    def turned(tensor: Tensor) -> Tensor:
        width = widths.get(tensor.buffer)
        return (turned_around(tensor, plan.rows, width) or tensor) if width else tensor

    def all_turned(tensors: Mapping[Any, Tensor]) -> dict[Any, Tensor]:
        return {key: turned(tensor) for key, tensor in tensors.items()}

    def call_turned(call: Call) -> Call:
        return replace(call, **{each.name: part_turned(getattr(call, each.name)) for each in fields(call)})

    def part_turned(part: Any) -> Any:
        if isinstance(part, Tensor):
            return turned(part)
        return tuple(map(part_turned, part)) if isinstance(part, tuple) else part

    return replace(
        plan,
        forward=tuple(map(call_turned, plan.forward)),
        backward=tuple(map(call_turned, plan.backward)),
        statistics=tuple(map(call_turned, plan.statistics)),
        values=all_turned(plan.values),
        grads=all_turned(plan.grads),
        wire_grads=all_turned(plan.wire_grads),
    )


def turned_around(tensor: Tensor, rows: int, width: int) -> Tensor | None:
    """The same entries of a buffer of (rows, width) that was turned around; None where an axis goes along both."""
    row, column = divmod(tensor.offset, width)
    steps = [divmod(stride, width) for stride in tensor.strides]
    if any(stride < 0 for stride in tensor.strides):
        return None
    last_row = row + sum((n - 1) * down for n, (down, _) in zip(tensor.shape, steps, strict=True))
    last_column = column + sum((n - 1) * along for n, (_, along) in zip(tensor.shape, steps, strict=True))
    if last_row >= rows or last_column >= width:
        return None
    strides = tuple(down + along * rows for down, along in steps)
    return Tensor(tensor.buffer, tensor.shape, strides, row + column * rows)
