"""The audit of one pass: its gradients against differences of the loss, its numbers against the reference engine's, and
which units learn nothing. All of it is computed in float64 beside the engine, which is asked for nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from compute.check.gradients import Tick, check_trace
from compute.check.parity import ULP, Parity, parity
from compute.check.result import Check, Index, Item, Rules, Verdict, Wire, graver
from compute.check.units import Units, units
from compute.explain.facts import Quantity
from compute.graph import Port
from compute.numbers_text import count_text, plural, precise, short
from compute.ops.base import Op
from compute.ripple import Case
from compute.trace import Trace

MOST_ENTRIES = 512
"""So many entries of one tensor are compared at most."""
WORK = 4e8
"""About as many numbers are computed in all: some seconds."""
_FEW = 3
"""So many nodes are named in the summary."""
_CHECKING = 0.8
"""About so much of the time goes into the differences, the rest into counting units."""
_PARTS = 10_000
Label = Callable[[str], str]
"""What people call a node."""


@dataclass(frozen=True)
class Audit:
    """What was found. check: by weight and by wire; parity: by node, empty where the reference engine itself computes;
    units: by activation; engine: what computed the pass; bent: the nodes whose op has kinks."""

    check: Check
    parity: Mapping[str, Parity]
    units: Mapping[str, Units]
    engine: str
    bent: frozenset[str] = frozenset()
    _by_wire: dict[Port, Item] = field(default_factory=dict)
    _by_weight: dict[str, Item] = field(default_factory=dict)
    _by_node: dict[str, list[Item]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for item in self.check.items:
            if item.wire is not None:
                self._by_wire[item.wire[1:]] = item
            else:
                self._by_weight[item.name] = item
            self._by_node.setdefault(item.node, []).append(item)

    # -- one thing ------------------------------------------------------------------------------------------

    def wire(self, key: Port) -> Item | None:
        """What was found for a wire, None where nothing comes back through it."""
        return self._by_wire.get(key)

    def weight(self, name: str) -> Item | None:
        """What was found for a weight, by its full name; None where the loss does not depend on it."""
        return self._by_weight.get(name)

    def at(self, quantity: Quantity) -> Item | None:
        """What was found for the wire or weight that a number belongs to; None for a node's own."""
        if quantity.kind == "wire":
            return self.wire((quantity.node, quantity.name))
        return self.weight(quantity.weight) if quantity.kind in ("weight", "weight gradient", "update") else None

    def entry(self, quantity: Quantity, entry: Index) -> Verdict | None:
        """The verdict on one number of a wire or weight; None where it was not compared."""
        item = self.at(quantity)
        return item.entries.get(entry) if item is not None else None

    def of(self, node: str) -> list[Item]:
        """What was found for all that a node sends back: for its weights, then for the wires that feed it."""
        return self._by_node.get(node, [])

    def verdict(self, node: str) -> Verdict | None:
        """The gravest of what a node sends back and its parity; None where there is neither."""
        found = [item.verdict for item in self.of(node)]
        if node in self.parity:
            found.append(self.parity[node].verdict)
        return graver(found)

    def lines(self, node: str, label: Label) -> list[str]:
        """Sentences on a node: on each gradient that it sends back, on its numbers, on its units."""
        found = [self.told(item, label) for item in self.of(node)]
        if node in self.parity:
            found.append(self.compared(node))
        if node in self.units:
            found.append(self.units[node].sentence)
        return found

    def told(self, item: Item, label: Label) -> str:
        """What was found for a weight or a wire, in a sentence."""
        name = item.name if item.wire is None else f"the wire {label(item.wire[0])} → {label(item.wire[1])}"
        if item.name.endswith(".value") and item.wire is None:
            name = label(item.node)
        whole = f"{count_text(item.checked)} of {count_text(item.total)} {plural('entry', item.total)}"
        whole = whole.replace("entrys", "entries")
        if item.verdict == "not finite":
            return f"The gradient of {name} cannot be checked: beside it the loss, or what comes back, is not finite."
        if item.verdict == "failed":
            return self._wrong(item, name, label)
        largest = f", largest difference {_small(item.absolute)}" if item.absolute is not None else ""
        agrees = f"The gradient of {name} agrees with the slope of the loss ({whole}{largest})."
        if not item.kinks:
            return agrees
        kink, more = item.kinks[0], len(item.kinks) - 1
        at = f"entry {list(kink.index)}" if kink.index else "it"
        which = {
            "left": "the left one by convention",
            "right": "the right one by convention",
            "both": "both",
            "between": "between them by convention",
            "neither": "the sum of several conventions",
        }[kink.side]
        others = f"; so are {count_text(more)} more" if more > 1 else "; so is one more" if more else ""
        return (
            f"The gradient of {name} is right, with a kink: at {at} the loss has the slopes {precise(kink.left)} and "
            f"{precise(kink.right)} to its sides, and the gradient is {precise(kink.analytic)}, {which}{others} "
            f"({whole}{largest})."
        )

    def _wrong(self, item: Item, name: str, label: Label) -> str:
        entry = item.worst
        assert entry is not None
        at = f" at entry {list(entry.index)}" if entry.index else ""
        suspect = self.check.suspect
        why = "" if item.node == suspect else f" It follows from what {label(suspect)} sends back."
        difference = abs(entry.analytic - entry.numeric)
        apart = f"; they are {_small(difference)} apart" if math.isfinite(difference) else ""
        return (
            f"The gradient of {name} is wrong{at}: it is {precise(entry.analytic)}, and the slope of the loss is "
            f"{precise(entry.numeric)}{apart}.{why}"
        )

    def compared(self, node: str) -> str:
        """A node's numbers beside those of the reference engine, in a sentence."""
        found = self.parity[node]
        parts = [f"value within {_small(found.value)}"]
        if found.gradient is not None:
            parts.append(f"gradient within {_small(found.gradient)}")
        said = " and ".join(parts)
        ulps = f"{found.most / ULP:.1f} ulp" if found.most < 1 else "more than any rounding"
        if found.verdict == "ok":
            return f"OpenCL agrees with the reference engine: {said} of the largest number ({ulps})."
        if found.verdict == "kink":
            return f"OpenCL's gradient is another ({said}), since rounding puts a number on the other side of a kink."
        return f"OpenCL differs from the reference engine: {said} of the largest number ({ulps})."

    # -- all of it ------------------------------------------------------------------------------------------

    @property
    def agrees(self) -> bool:
        """Whether nothing is wrong."""
        return self.check.ok and all(each.verdict in ("ok", "kink") for each in self.parity.values())

    def summary(self, label: Label) -> str:
        """How it ended, in a line."""
        check = self.check
        if not math.isfinite(check.loss):
            return check.sentence
        parts = [self._gradients(label)]
        kinks = {
            item.wire[1]: len(item.kinks) for item in check.wires if item.wire and item.kinks and item.node in self.bent
        }
        if kinks:
            where = ", ".join(label(node) for node in list(kinks)[:_FEW]) + (" …" if len(kinks) > _FEW else "")
            parts.append(f"{count_text(sum(kinks.values()))} {plural('kink', sum(kinks.values()))} at {where}")
        if self.parity:
            worst = max(self.parity.values(), key=lambda each: each.most)
            wrong = next((each for each in self.parity.values() if each.verdict == "failed"), None)
            parts.append(
                f"OpenCL within {_small(worst.most)} of the reference"
                if wrong is None
                else f"OpenCL differs from the reference from {label(wrong.node)} on"
            )
        some = [each for each in self.units.values() if each.brief]
        if len(some) <= _FEW:
            over = dict.fromkeys(each.over for each in some if each.of)
            parts += [f"{each.brief} at {label(each.node)}" for each in some]
            parts[-1:] = [f"{part} over {', '.join(over)}" if over else part for part in parts[-1:]]
        else:
            counts = {"dead": sum(each.dead or 0 for each in some)}
            counts["saturated"] = sum(each.saturated or 0 for each in some)
            told = " and ".join(f"{count_text(count)} {what}" for what, count in counts.items() if count)
            parts.append(f"{told} units, at {', '.join(label(each.node) for each in some[:_FEW])} …")
        said = "; ".join(parts)
        return said if said.endswith("…") else f"{said}."

    def _gradients(self, label: Label) -> str:
        check = self.check
        if check.suspect:
            wrong = sum(item.verdict == "failed" for item in check.items)
            of = f"{count_text(wrong)} of {count_text(len(check.items))}"
            return f"What {label(check.suspect)} sends back is wrong: {of} gradients differ from the slope of the loss"
        checked, total = (sum(getattr(item, what) for item in check.parameters) for what in ("checked", "total"))
        several = f"{count_text(checked)} of {count_text(total)}" if checked < total else count_text(total)
        weights = f"{several} {plural('weight', total)} and " if total else ""
        wires = f"{count_text(len(check.wires))} {plural('wire', len(check.wires))}"
        unclear = sum(item.verdict == "not finite" for item in check.items)
        if unclear:
            return f"{count_text(unclear)} of {count_text(len(check.items))} gradients cannot be checked"
        return f"{'All ' if checked == total else ''}{weights}{wires} agree"


def audit(case: Case, trace: Trace, *, opencl: bool, tick: Tick | None = None, work: float = WORK) -> Audit:
    """Audit a pass that an engine has computed, with what it was of.

    opencl: whether it is to be compared with the reference engine. Errors: GradwireError where there is no gradient to
    check; whatever ``tick`` raises.
    """
    program, analysis = case.program, case.analysis
    here = replace(trace, rows=np.arange(len(case.rows)), update=case.update)
    first = None if tick is None else partial(_share, tick, 0, _CHECKING)
    check = check_trace(program, here, trace.engine, entries=MOST_ENTRIES, work=work, tick=first)
    beside = parity(analysis, case.loss, trace, case.trace(), Rules()) if opencl else {}
    counted = None if tick is None else partial(_share, tick, _CHECKING, 1 - _CHECKING, "")
    bent = frozenset(node for node in analysis.order if type(analysis.ops[node]).kinks is not Op.kinks)
    return Audit(check, beside, units(analysis, trace, case.table, counted), trace.engine, bent)


def _share(tick: Tick, before: float, share: float, name: str, done: int, total: int) -> None:
    """Tell how much of all is done, of which this is a share that comes after others."""
    tick(name, round(_PARTS * (before + share * done / total)), _PARTS)


def _small(number: float | None) -> str:
    """A difference with one digit or two."""
    return "0" if not number else short(float(f"{number:.1e}"))


__all__ = ["Audit", "Parity", "Units", "Wire", "audit"]
