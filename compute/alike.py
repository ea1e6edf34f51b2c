"""Networks whose steps are the same but for numbers: they share one kernel, and can be trained side by side.

Such a number is one that a call has beside its tensors, such as the slope of a leaky ReLU or the rate of a dropout.
What changes a shape, an expression or a constant tensor makes another network.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

from compute.calls import Call
from compute.loops import Setting
from compute.plan import Plan


def likeness(plan: Plan) -> Hashable:
    """What the plans of networks have in common that can be trained side by side."""
    layout = plan.layout
    return (
        plan.rows,
        plan.loss,
        tuple(_without_numbers(call) for call in plan.calls),
        (len(plan.forward), len(plan.backward)),
        tuple((name, value.shape, value.tobytes()) for name, value in plan.constants.items()),
        tuple((name, shape, layout.offsets[name]) for name, shape in layout.shapes.items()),
        (layout.trained, layout.size),
    )


def numbers(plan: Plan) -> tuple[float, ...]:
    """All numbers of the plan's calls, in their order."""
    return tuple(float(value) for call in plan.calls for _, value in call.numbers if not isinstance(value, Setting))


def with_settings(plan: Plan, places: Mapping[int, int], first: int = 0) -> Plan:
    """The plan with some of its numbers, counted from ``first`` on, taken from the place in SETTINGS that they have in
    ``places``."""
    at = first

    def taken(calls: Sequence[Call]) -> tuple[Call, ...]:
        nonlocal at
        new: list[Call] = []
        for call in calls:
            named: list[tuple[str, float | Setting]] = []
            for name, value in call.numbers:
                named.append((name, Setting(places[at]) if at in places else value))
                at += 1
            new.append(call.with_numbers(tuple(named)))
        return tuple(new)

    return replace(plan, forward=taken(plan.forward), backward=taken(plan.backward), statistics=taken(plan.statistics))


def _without_numbers(call: Call) -> Call:
    return call.with_numbers(tuple((name, 0.0) for name, _ in call.numbers))
