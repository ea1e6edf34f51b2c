"""What a gradient check finds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from compute.numbers_text import precise

Index = tuple[int, ...]
Wire = tuple[str, str, str]
"""A wire as (from, to, port)."""
Verdict = Literal["ok", "kink", "failed", "not finite"]
"""kink: right, with some entries where the slope jumps; not finite: the loss beside some entry is not, or a gradient is
not, because of what came back to its node."""
GRAVITY: tuple[Verdict, ...] = ("ok", "kink", "not finite", "failed")
Side = Literal["left", "right", "both", "between", "neither"]


@dataclass(frozen=True, slots=True)
class Rules:
    """When a gradient is right: within atol + rtol · |slope| of the slope that a step of eps to both sides gives.

    PyTorch's gradcheck has the same numbers. single: the gradients were computed in float32, whose errors are those
    of the largest numbers that went in, so that rtol counts against the largest slope of each tensor.
    """

    eps: float = 1e-6
    atol: float = 1e-5
    rtol: float = 1e-3
    single: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its gradient by the engine, and the slope of the loss."""

    index: Index
    analytic: float
    numeric: float


@dataclass(frozen=True, slots=True)
class Kink:
    """An entry at a kink: the engine's gradient, the slopes on both sides, and which of them the gradient is.

    ``neither`` is no mistake where several kinks meet: every op follows its convention, and the sum need be no slope.
    """

    index: Index
    analytic: float
    left: float
    right: float
    side: Side


@dataclass(frozen=True, slots=True)
class Item:
    """What was found for one weight (``wire`` is None) or one wire.

    node: the node whose backward rule gives this gradient: the weight's, or the one that the wire feeds; checked:
    entries compared, of ``total``; absolute, relative: the largest differences away from kinks, None where nothing
    is; relative is to the larger of the two numbers, or to atol where both are smaller; worst: the entry that the
    verdict rests on, or the one that used most of its tolerance; entries: the verdict on each that was compared.
    """

    name: str
    node: str
    wire: Wire | None
    shape: tuple[int, ...]
    checked: int
    total: int
    verdict: Verdict
    absolute: float | None = None
    relative: float | None = None
    worst: Entry | None = None
    kinks: tuple[Kink, ...] = ()
    entries: Mapping[Index, Verdict] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Check:
    """A whole check.

    device: the engine's name; loss: by the reference engine; items: node by node, sources first; no_gradient: the
    weights and wires that the loss does not depend on, so that there is nothing to check.
    """

    device: str
    rules: Rules
    loss: float
    items: tuple[Item, ...]
    no_gradient: tuple[str | Wire, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every gradient could be compared and is right."""
        return all(item.verdict in ("ok", "kink") for item in self.items)

    @property
    def parameters(self) -> tuple[Item, ...]:
        """What was found for the weights."""
        return tuple(item for item in self.items if item.wire is None)

    @property
    def wires(self) -> tuple[Item, ...]:
        """What was found for the wires."""
        return tuple(item for item in self.items if item.wire is not None)

    @property
    def suspect(self) -> str:
        """The node that sends back what is wrong: the last one with a wrong gradient, since what comes back to it is
        right as far as it was checked. "" where nothing is wrong."""
        return next((item.node for item in reversed(self.items) if item.verdict == "failed"), "")

    @property
    def sentence(self) -> str:
        """How it ended, for people."""
        if not math.isfinite(self.loss):
            return (
                f"The loss is {precise(self.loss)}, so it has no slope to compare the gradients with; "
                "look for a log or a division of 0, or for numbers that are too large."
            )
        if self.suspect:
            return self._wrong()
        unclear = [item for item in self.items if item.verdict == "not finite"]
        if unclear:
            return _unclear(unclear)
        entries = f"{sum(item.checked for item in self.items)} of {sum(item.total for item in self.items)} entries"
        kinks = sum(len(item.kinks) for item in self.items)
        at = f" ({kinks} of them at a kink, where the slope jumps)" if kinks else ""
        differences = [item.absolute for item in self.items if item.absolute is not None]
        largest = f"; the largest difference is {precise(max(differences))}" if differences else ""
        what = f"{_count(self.parameters, 'parameter')} and {_count(self.wires, 'wire')}"
        return f"The gradients of {what} are right: {entries} were compared{at}{largest}."

    def _wrong(self) -> str:
        failed = [item for item in self.items if item.verdict == "failed"]
        own = [item for item in failed if item.node == self.suspect]
        worst = max(own, key=lambda item: item.absolute or 0.0)
        before = len(failed) - len(own)
        follow = f"; {before} more before it {'is' if before == 1 else 'are'} wrong too" if before else ""
        return f"What {self.suspect} sends back is wrong: {_example(worst)}{follow}."


def graver(verdicts: Sequence[Verdict]) -> Verdict | None:
    """The gravest of some; None of none."""
    return max(verdicts, key=GRAVITY.index, default=None)


def wire_name(wire: Wire) -> str:
    """``x → h.x``: the source, then the node and its port."""
    return "{} → {}.{}".format(*wire)


def _example(item: Item) -> str:
    entry = item.worst
    assert entry is not None
    where = f"entry {list(entry.index)} of {item.name}" if entry.index else item.name
    kink = next((kink for kink in item.kinks if kink.index == entry.index), None)
    if kink:
        slopes = f"slopes of the loss are {precise(kink.left)} and {precise(kink.right)}"
    else:
        slopes = f"slope of the loss is {precise(entry.numeric)}"
    return f"the gradient at {where} is {precise(entry.analytic)}, and the {slopes}"


def _unclear(items: Sequence[Item]) -> str:
    # The last one is where it begins; others may follow from it.
    last = items[-1]
    where = f"entry {list(last.worst.index)} of " if last.worst and last.worst.index else ""
    more = f"; {_count(items[:-1], 'gradient')} before it cannot be checked either" if len(items) > 1 else ""
    return (
        f"The loss is not finite beside {where}{last.name}, so the gradient there has no slope to be compared with"
        f"{more}; move away from the log, the root or the division of 0."
    )


def _count(items: Sequence[Item], noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"
