"""Why a training stopped by itself, as data: the number, its row and step, what went into it, the likely cause."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from compute.batches import Rows
from compute.document import TrainingSettings
from compute.engine import Program, Run
from compute.focus import Focus
from compute.problems import Kind, Problem, ProblemError, Remedy
from compute.problems import Place as Where
from compute.trace import Quantity, Trace
from compute.watches.causes import Cause, Evidence, likely_cause
from compute.watches.checks import Check
from compute.watches.finding import Place, first_not_finite, of_check

Label = Callable[[str], str]
SET_OFF = 4
"""The exit status of a call that a watch has stopped."""
_FIRST_CHECK = 3
"""What ``Run.stopped`` is for the first check; below it are the loss and the gradients."""
_MOST_TOLD = 3
"""Numbers that went in, of which a sentence tells."""


@dataclass(frozen=True)
class Fault:
    """place: the number; step: of the step that was not done, from 1; row: of the training rows, None where none is to
    blame; check, measure: the watch that was set off, None where something is not finite without one; loss: of the
    step; ended: whether no step was to follow, so that the last update did it.
    """

    place: Place
    step: int
    cause: Cause
    row: int | None = None
    check: Check | None = None
    measure: float | None = None
    loss: float | None = None
    ended: bool = False

    @property
    def focus(self) -> Focus:
        """The very number."""
        return Focus.on(self.place.of, self.place.entry)

    def sentence(self, label: Label = str, row: Callable[[int], int] = int) -> str:
        """What a person reads. label: what a node is called; row: of the table, of a training row."""
        return f"Training stopped: {self._what(label)}; {self._where(label, row)}{self.cause.sentence}."

    def _what(self, label: Label) -> str:
        when = f"after step {self.step - 1}" if self.ended else f"at step {self.step}, which was not done"
        if self.check is not None and self.measure is not None:
            kind = self.check.kind
            beyond = f", {'above' if kind.above else 'below'} {_limit(self.check)}," if kind.limit else ""
            return (
                f"the watch on {named(self.check.of, label)} was set off, as {kind.told(self.measure)}{beyond} {when}"
            )
        if self.ended:
            return f"the weight {self.place.of.weight} is not finite {when}"
        if self.loss is not None and math.isfinite(self.loss):
            return f"a gradient became {_number(self.place.value)} {when}"
        return f"the loss became {self.loss:g} {when}" if self.loss is not None else f"the loss is gone {when}"

    def _where(self, label: Label, row: Callable[[int], int]) -> str:
        of = self.place.of
        if self.ended or of.kind == "weight":
            return ""
        at = f" in row {row(self.row)}" if self.row is not None else ""
        went = [f"{each.name} = {_number(each.value)}" for each in self.place.went if each.name != "∂"]
        told = f" ({', '.join(went[:_MOST_TOLD])})" if went else ""
        if not math.isfinite(self.place.value):
            return f"it begins with {named(of, label)}{at}{told}: "
        return f"most in{at.removeprefix(' in')}{told}: " if at else ""

    def problem(self, label: Label = str, row: Callable[[int], int] = int, good: int | None = None) -> Problem:
        """The same with what would mend it, and the way to the number; good: the earlier step at which the loss was at
        its least, where that can be gone to."""
        of = self.place.of
        where = Where(node=of.node, port=of.name if of.kind == "wire" else "")
        remedies = [each for each in self.cause.remedies if each.act != "show node"]
        remedies.insert(min(1, len(remedies)), Remedy("show number", where))
        if self.check is not None:
            remedies.insert(2, Remedy("stop watching", where))
        if good is not None and all(each.act != "go to step" for each in remedies):
            remedies.insert(3 if self.check is not None else 2, Remedy("go to step", value=good))
        first, *others = remedies
        return Problem(Kind.TRAINING, where, self.sentence(label, row), first, tuple(others))


def named(of: Quantity, label: Label = str) -> str:
    """A quantity in words."""
    node = label(of.node)
    match of.kind:
        case "value":
            return f"the value of {node}"
        case "gradient":
            return f"the gradient of {node}"
        case "wire":
            return f"the gradient that {node} sends back at {of.name}"
        case "weight":
            return f"the weight {node}.{of.name}"
        case _:
            return f"the gradient of {node}.{of.name}"


def _number(value: float) -> str:
    return f"{value:.4g}"


def _limit(check: Check) -> str:
    return f"{check.limit:.0%}" if check.kind.units or check.kind.name.startswith("relative") else f"{check.limit:g}"


class TrainingStopped(ProblemError):
    """Training stopped by itself; the weights are those before the step that was not done. problem: the same in words,
    where names and rows are known by which a document calls them."""

    def __init__(self, fault: Fault, problem: Problem | None = None) -> None:
        super().__init__(problem or fault.problem())
        self.fault = fault
        if fault.check is not None:
            self.exit_code = SET_OFF

    def told(self) -> dict[str, object]:
        """The same as JSON values; step: of the one that was not done; row: of the training rows."""
        fault, place = self.fault, self.fault.place
        return {
            "step": fault.step,
            "kind": place.of.kind,
            "node": place.of.node,
            "name": place.of.name,
            "entry": list(place.entry),
            "row": fault.row,
            "value": place.value,
            "cause": fault.cause.name,
            "watch": fault.check.kind.name if fault.check is not None else None,
            "sentence": str(self),
        }


def found_fault(
    program: Program,
    run: Run,
    training: TrainingSettings,
    batch: Rows,
    update: int,
    step: int,
    losses: npt.NDArray[np.float64],
    loss: float,
) -> Fault:
    """What stopped a step of this batch, found by computing it again.

    update, step: how many were done by the optimizer, and in all; losses: of the last of them; loss: of the step
    itself, as the run told it. Errors: DeviceError.
    """
    trace, before, analysis = run.trace(batch, update), run.before(), program.analysis
    check = run.checks[run.stopped - _FIRST_CHECK] if run.stopped >= _FIRST_CHECK else None
    place = None
    if check is not None:
        place = of_check(analysis, trace, check, before)
    if place is None or not math.isfinite(place.value):
        place = first_not_finite(analysis, trace) or place
    if place is None:  # another order of adding up has made it finite
        place = Place(Quantity("value", program.loss), (), loss)
    if run.stopped != 1 and trace.loss is not None:
        loss = trace.loss
    evidence = Evidence(program, training, place, trace, check, losses, step, before)
    row = int(batch[place.row]) if place.row is not None and program.train else None
    measure = check.measure(trace, before) if check is not None else None
    return Fault(place, step + 1, likely_cause(evidence), row, check, measure, loss)


def fault_at_the_end(
    program: Program, run: Run, training: TrainingSettings, step: int, losses: npt.NDArray[np.float64]
) -> Fault | None:
    """What the last update did, which no step sees: a weight that is not finite, or one that sets off a watch."""
    trace, before = Trace(parameters=run.weights()), run.before()
    found: tuple[Place, Check | None] | None = None
    for name, first in program.weights.items():
        bad = np.argwhere(~np.isfinite(trace.parameters[name]))
        if len(bad) and np.isfinite(first).all():
            node = program.analysis.parameters[name][0]
            entry = tuple(map(int, bad[0]))
            of = Quantity("weight", node, name.removeprefix(f"{node}."))
            found = Place(of, entry, float(trace.parameters[name][entry])), None
            break
    for check in run.checks if found is None else ():
        if check.of.kind == "weight" and check.trips(trace, before):
            found = of_check(program.analysis, trace, check, before), check
            break
    if found is None:
        return None
    place, set_off = found
    cause = likely_cause(Evidence(program, training, place, trace, set_off, losses, step, before))
    measure = set_off.measure(trace, before) if set_off is not None else None
    return Fault(place, step + 1, cause, None, set_off, measure, ended=True)
