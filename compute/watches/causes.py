"""Why a step went wrong: each likely cause is one function that has its evidence, or says nothing.

They are asked in order, what is certain before what is likely; the first that has an answer gives it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.check.units import units
from compute.document import TrainingSettings
from compute.engine import Program
from compute.problems import Place as Where
from compute.problems import Remedy
from compute.trace import Quantity, Trace
from compute.watches.checks import Check
from compute.watches.finding import Place

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Cause:
    """name: of its kind; sentence: what is likely, with what tells so and what to do, as the end of a sentence;
    remedies: what would mend it, the likeliest first."""

    name: str
    sentence: str
    remedies: tuple[Remedy, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """What is known of a step that was not done.

    place: the number at fault; check: the watch that was set off, None where something is not finite; trace: the pass
    of the step; losses: those of the steps before it, the last of them last; step: how many were done; first: the
    weights that a reset returns to.
    """

    program: Program
    training: TrainingSettings
    place: Place
    trace: Trace
    check: Check | None = None
    losses: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    step: int = 0
    before: Mapping[str, Array] = field(default_factory=dict)

    @property
    def op(self) -> str:
        """The op of the node at fault, by name."""
        return self.program.analysis.ops[self.place.of.node].name

    def went(self, name: str) -> float:
        """What went in at a port, nan where nothing is known of it."""
        return next((each.value for each in self.place.went if each.name == name), math.nan)

    def source_at(self, port: str) -> str:
        """The node that feeds a port of the node at fault; "" for none."""
        analysis, node = self.program.analysis, self.place.of.node
        return dict(zip(analysis.ops[node].ports, analysis.sources[node], strict=True)).get(port, "")

    @property
    def rate(self) -> float:
        """The learning rate that is set."""
        return float(self.training.optimizer.get("learning_rate", 0.0) or 0.0)

    @property
    def not_finite(self) -> bool:
        """Whether something is not finite, and not just beyond a limit."""
        return not math.isfinite(self.place.value)


Find = Callable[[Evidence], Cause | None]


def likely_cause(evidence: Evidence) -> Cause:
    """The first cause that has its evidence; where none has, that none is known."""
    for find in CAUSES:
        found = find(evidence)
        if found is not None:
            return found
    return Cause("unknown", "no likely cause is known; look at the number and at what went into it")


def _number(value: float) -> str:
    return "no number" if math.isnan(value) else f"{value:.4g}"


def _show(of: Quantity) -> Remedy:
    return Remedy("show node", Where(node=of.node))


# -- what is certain ------------------------------------------------------------------------------------------------


def data(e: Evidence) -> Cause | None:
    """A row of the data is not finite."""
    if e.place.of.kind == "value" and e.program.analysis.ops[e.place.of.node].is_data and e.not_finite:
        return Cause(
            "data",
            f"the data holds {_number(e.place.value)} there; mend or leave out that row",
            (Remedy("choose data"),),
        )
    return None


def weight_before(e: Evidence) -> Cause | None:
    """A weight was not finite when the step began."""
    if e.place.of.kind != "weight" or not e.not_finite:
        return None
    name = e.place.of.weight
    first = e.program.first_weights().get(name)
    if e.step == 0 or (first is not None and not np.isfinite(first).all()):
        return Cause("weight", f"{name} was given as {_number(e.place.value)}; give it another value")
    if _weights_grew(e) or e.rate > _usual(e):
        return _rate_too_large(e, f"the update of step {e.step} made {name} {_number(e.place.value)}")
    return Cause(
        "weight",
        f"{name} is {_number(e.place.value)} since it was typed, or since the update of step {e.step}",
        (Remedy("go to step", value=e.step - 1),),
    )


_OUTSIDE: dict[str, Callable[[Evidence], tuple[str, str, str] | None]] = {}
"""Op → of its inputs at a number that is not finite: the cause, what happened, what to do; None where it is another."""


def _outside(*ops: str) -> Callable[[Callable[[Evidence], tuple[str, str, str] | None]], Any]:
    def note(find: Callable[[Evidence], tuple[str, str, str] | None]) -> Any:
        _OUTSIDE.update(dict.fromkeys(ops, find))
        return find

    return note


@_outside("log")
def _log(e: Evidence) -> tuple[str, str, str] | None:
    x = e.went("x")
    if x < 0:
        return "log of a negative number", f"{_number(x)} has no logarithm", "keep what goes into it above 0"
    if x == 0:
        return "log of 0", "the logarithm of 0 is infinite", "keep what goes into it above 0"
    return None


@_outside("exp")
def _exp(e: Evidence) -> tuple[str, str, str] | None:
    if e.went("x") > 0 and _grew(e) is None and _weights_grew(e) is None:
        return (
            "overflow",
            "e^x overflows above 88.7",
            "make its input smaller, or use softmax or a loss that takes logits",
        )
    return None


@_outside("sqrt")
def _sqrt(e: Evidence) -> tuple[str, str, str] | None:
    x = e.went("x")
    if x < 0:
        return "root of a negative number", f"{_number(x)} has no square root", "keep what goes into it above 0"
    if x == 0 and e.place.of.kind == "wire":
        return "slope of a root at 0", "the slope of the square root is infinite at 0", "keep what goes into it above 0"
    return None


@_outside("divide")
def _divide(e: Evidence) -> tuple[str, str, str] | None:
    if e.went("b") == 0:
        return "division by 0", "b is 0", "keep the divisor away from 0"
    return None


@_outside("power")
def _power(e: Evidence) -> tuple[str, str, str] | None:
    x, exponent = e.went("x"), float(e.program.analysis.settings[e.place.of.node]["exponent"])
    if x < 0 and not exponent.is_integer():
        return "power of a negative number", f"{_number(x)} has no power {exponent:g}", "keep what goes into it above 0"
    if x == 0 and (exponent < 0 or (exponent < 1 and e.place.of.kind == "wire")):
        what = "slope" if exponent > 0 else "power"
        return "power of 0", f"the {what} of x^{exponent:g} is infinite at 0", "keep what goes into it above 0"
    return None


@_outside("binary_cross_entropy")
def _probability(e: Evidence) -> tuple[str, str, str] | None:
    p = e.went("prediction")
    if not 0 <= p <= 1 and math.isfinite(p):
        return "no probability", f"{_number(p)} is no probability", "use sigmoid cross-entropy, which takes any number"
    return None


def outside(e: Evidence) -> Cause | None:
    """An op got a number for which it has no finite value or slope."""
    find = _OUTSIDE.get(e.op)
    if find is None or not e.not_finite or any(not math.isfinite(each.value) for each in e.place.went):
        return None
    found = find(e)
    if found is None:
        return None
    name, what, do = found
    analysis, here = e.program.analysis, e.place.of.node
    remedies: tuple[Remedy, ...] = (_show(e.place.of),)
    if name == "no probability":
        remedies = (Remedy("change op", Where(node=here), "sigmoid_cross_entropy"),)
    source = e.source_at("x")
    if e.op == "log" and source and analysis.ops[source].name == "softmax":
        do, remedies = (
            "use log-softmax, which has no such limit",
            (Remedy("change op", Where(node=here), "log_softmax"),),
        )
    return Cause(name, f"{what}; {do}", remedies)


# -- what is likely --------------------------------------------------------------------------------------------------

_LARGE_INPUT = 30.0
"""Standardised data has hardly any number beyond it."""
_GROWTH = 10.0
"""So many times its smallest has a loss that runs away."""
_USUAL = {"sgd": 0.3}
_USUAL_OF_OTHERS = 0.05
"""Learning rates beyond which one is the first suspect."""


def _usual(e: Evidence) -> float:
    return _USUAL.get(str(e.training.optimizer.get("name", "sgd")), _USUAL_OF_OTHERS)


def _grew(e: Evidence) -> tuple[float, float, int] | None:
    """The least and the last of the losses before the step, and how many steps lie between, where it runs away."""
    losses = np.append(e.losses, e.trace.loss if e.trace.loss is not None and math.isfinite(e.trace.loss) else [])
    if len(losses) < 2:
        return None
    least = int(np.abs(losses).argmin())
    low, last = float(abs(losses[least])), float(abs(losses[-1]))
    between = len(losses) - 1 - least
    return (low, last, between) if between and last > _GROWTH * max(low, 1e-12) and last > 1e-3 else None


def _weights_grew(e: Evidence) -> tuple[str, float] | None:
    """The weight that has grown most since the start, by how much, where that is out of all measure."""
    first, most, found = e.program.first_weights(), 100.0, None
    for name, now in e.trace.parameters.items():
        finite = now[np.isfinite(now)]
        if name not in first or not finite.size:
            continue
        with np.errstate(all="ignore"):
            grown = float(np.abs(finite).max() / max(float(np.abs(first[name]).max()), 1.0))
        if grown > most:
            most, found = grown, name
    return (found, most) if found is not None else None


def largest_input(e: Evidence) -> tuple[str, float]:
    """The input node with the number of the largest magnitude in the batch, and that number."""
    found = "", 0.0
    for node, op in e.program.analysis.ops.items():
        values = e.trace.values.get(node)
        if op.role == "input" and values is not None and values.size:
            x = float(values.reshape(-1)[np.nan_to_num(np.abs(values)).argmax()])
            if abs(x) > abs(found[1]):
                found = node, x
    return found


def lower(rate: float, usual: float) -> float:
    """A learning rate to try in place of one that is too large: a tenth, or what is usual, as 1 or 3 times a power."""
    wanted = min(rate / 10, usual)
    power = 10.0 ** math.floor(math.log10(wanted)) if wanted > 0 else 0.0
    return float(f"{3 * power if wanted >= 3 * power * (1 - 1e-9) else power:.6g}")


def _rate_too_large(e: Evidence, what: str) -> Cause:
    rate = lower(e.rate, _usual(e))
    remedies = [Remedy("set learning rate", value=rate)]
    if not e.training.clip_norm:
        remedies.append(Remedy("clip gradients", value=1.0))
    return Cause(
        "learning rate", f"{what}: the learning rate of {e.rate:g} is too large; set it to {rate:g}", (*remedies,)
    )


def inputs_not_standardised(e: Evidence) -> Cause | None:
    """Inputs of another magnitude than weights start for, with a learning rate as people use it."""
    node, x = largest_input(e)
    beyond = e.not_finite or (e.check is not None and e.check.kind.above and not e.check.kind.units)
    if not beyond or abs(x) < _LARGE_INPUT or e.rate > _usual(e):
        return None
    return Cause(
        "inputs",
        f"the numbers of {node} are as large as {_number(x)}; standardise the data",
        (Remedy("standardise"), Remedy("set learning rate", value=lower(e.rate, _usual(e)))),
    )


def rate(e: Evidence) -> Cause | None:
    """Loss or weights have run away over the last steps, or the rate is beyond all use."""
    if not (e.not_finite or (e.check is not None and e.check.kind.above and not e.check.kind.units)):
        return None
    grew, weights = _grew(e), _weights_grew(e)
    if grew is not None and e.step:
        low, last, steps = grew
        return _rate_too_large(e, f"the loss grew from {low:.3g} to {last:.3g} in {steps} steps")
    if weights is not None and e.step:
        name, grown = weights
        return _rate_too_large(e, f"{name} is {grown:.2g} times as large as at the start")
    if e.step and e.rate > _usual(e):
        return _rate_too_large(e, f"{e.step} {'step has' if e.step == 1 else 'steps have'} gone by")
    return None


def overflow(e: Evidence) -> Cause | None:
    """Finite numbers went in, and what came out is beyond what 32 bits hold."""
    finite = e.place.went and all(math.isfinite(each.value) for each in e.place.went)
    if not e.not_finite or not finite:
        return None
    largest = max((abs(each.value) for each in e.place.went), default=0.0)
    title = e.program.analysis.ops[e.place.of.node].title
    if e.place.of.kind in ("wire", "gradient", "weight gradient"):
        clip = () if e.training.clip_norm else (Remedy("clip gradients", value=1.0),)
        return Cause(
            "exploding gradient", "the gradient overflows; clip gradients by their norm", (*clip, _show(e.place.of))
        )
    return Cause(
        "overflow", f"{title} overflows at numbers as large as {largest:.3g}; make them smaller", (_show(e.place.of),)
    )


# -- beyond a limit, though finite ------------------------------------------------------------------------------------


def dead_units(e: Evidence) -> Cause | None:
    """Units that are 0 in every row get only numbers on the flat side."""
    if e.check is None or not e.check.kind.units:
        return None
    node = e.place.of.node
    op, source = e.program.analysis.ops[node], e.source_at("x")
    into = e.trace.values.get(source)
    if not op.dies or into is None or not into.size:
        return Cause("dead units", "look at what goes into it", (_show(e.place.of),))
    top = float(into.reshape(len(into), -1)[:, int(np.ravel_multi_index(e.place.entry[1:], into.shape[1:]))].max())
    what = f"{op.title} gets nothing above {_number(top)} there, so no gradient comes back"
    leaky = Remedy("change op", Where(node=node), "leaky_relu")
    if e.step and (e.rate > _usual(e) or _grew(e)):
        mended = lower(e.rate, _usual(e))
        do = f"{what}: the learning rate of {e.rate:g} is likely too large; set it to {mended:g}"
        return Cause("dead units", do, (Remedy("set learning rate", value=mended), leaky))
    return Cause("dead units", f"{what}; use Leaky ReLU", (leaky, _show(e.place.of)))


def vanishing(e: Evidence) -> Cause | None:
    """A norm is below its limit: units further on are saturated or dead, or the loss is near its least."""
    if e.check is None or e.check.kind.above or e.check.of.kind in ("value", "weight"):
        return None
    analysis = e.program.analysis
    worst, share, said = "", 0.25, ""
    for node, found in units(analysis, e.trace).items():
        part = found.entries / max(1, found.units * found.rows)
        if part > share:
            worst, share, said = node, part, "saturated" if found.saturated is not None else "dead"
    if worst:
        do = f"{share:.0%} of the numbers of {worst} are {said}, and let hardly any gradient through"
        return Cause("vanishing gradient", do, (Remedy("show node", Where(node=worst)),))
    loss = e.trace.loss
    if loss is not None and abs(loss) < 0.05:
        return Cause("near the minimum", f"the loss is {loss:.3g}, so little is left to learn; this may be no fault")
    return None


def limit(e: Evidence) -> Cause | None:
    """Nothing else is known: the limit itself may be too tight."""
    if e.check is None or e.check.kind.limit is None or e.not_finite:
        return None
    if e.check.of.kind == "weight gradient" and not e.training.clip_norm:
        clip = Remedy("clip gradients", value=float(f"{e.check.limit:.3g}"))
        return Cause("limit", "clip gradients by their norm, or raise the limit", (clip,))
    return Cause("limit", "nothing else is wrong; the limit may be too tight")


CAUSES: tuple[Find, ...] = (
    data,
    outside,
    weight_before,
    dead_units,
    inputs_not_standardised,
    rate,
    overflow,
    vanishing,
    limit,
)
"""In the order in which they are asked."""
