"""Conditions on values, gradients, weights, losses, and on training."""

from __future__ import annotations

import numpy as np

from compute.document import Document
from compute.lessons.conditions.base import Begun, Given, Kind, register
from compute.lessons.conditions.network import WITHIN, tolerance
from compute.lessons.moment import Moment
from compute.lessons.readout import array, problem, readout, taken
from compute.numbers_text import plural, precise
from compute.params import Param

WHAT = Param("what", "text", None, "As in braces: value z, gradient x, weight h.weight[0,1], loss, accuracy, epoch.")


def check_what(kind: str, given: Given) -> None:
    """Errors: ValueError with a sentence where what it is about is no live number."""
    try:
        readout(given["what"])
    except ValueError as error:
        raise ValueError(f"The condition “{kind}”: what {error}.") from None


def problem_with(kind: str, what: str, document: Document) -> str:
    """Why a document never has what a condition is about, as a sentence."""
    wrong = problem(readout(what), document)
    return f"The condition “{kind}” {wrong}." if wrong else ""


@register
class NumberIs(Kind):
    """Of several numbers each has to be so."""

    name, title = "number", "A number lies within limits"
    params = (
        WHAT,
        Param("above", "float", None, "Larger than this.", optional=True),
        Param("below", "float", None, "Smaller than this.", optional=True),
        Param("is", "float", None, "This number.", optional=True),
        WITHIN,
    )

    def check(self, given: Given) -> None:
        check_what(self.name, given)

    def holds(self, given: Given, now: Moment, begun: Begun) -> bool:
        found = array(readout(given["what"]), now)
        if found is None or not found.size:
            return False
        above, below, equal, within = (given[name] for name in ("above", "below", "is", "within"))
        with np.errstate(invalid="ignore"):  # of what is no number nothing holds
            return (
                (above is None or bool(np.all(found > above)))
                and (below is None or bool(np.all(found < below)))
                and (equal is None or bool(np.all(np.abs(found - equal) <= (within or tolerance(equal)))))
                and bool(np.isfinite(found).all())
            )

    def sentence(self, given: Given) -> str:
        limits = [f"{word} {precise(given[word])}" for word in ("above", "below") if given[word] is not None]
        if given["is"] is not None:
            limits.append(precise(given["is"]) + (f" ± {precise(given['within'])}" if given["within"] else ""))
        return f"{readout(given['what']).sentence} is {' and '.join(limits) or 'a number'}"

    def problem(self, given: Given, document: Document) -> str:
        return problem_with(self.name, given["what"], document)


@register
class Changed(Kind):
    name, title = "changed", "A number or setting has changed in this step"
    params = (WHAT,)

    def check(self, given: Given) -> None:
        check_what(self.name, given)

    def compares(self, given: Given) -> tuple[str, ...]:
        return (given["what"],)

    def holds(self, given: Given, now: Moment, begun: Begun) -> bool:
        after = taken(readout(given["what"]), now)
        return after is not None and after != begun.values.get(given["what"])

    def sentence(self, given: Given) -> str:
        return f"{readout(given['what']).sentence} is another than when the step began"

    def problem(self, given: Given, document: Document) -> str:
        return problem_with(self.name, given["what"], document)


@register
class Trained(Kind):
    name, title = "trained", "It was trained in this step"
    params = (Param("steps", "int", 1, "So many updates at least.", 1),)

    def holds(self, given: Given, now: Moment, begun: Begun) -> bool:
        return now.snapshot.step - begun.steps >= int(given["steps"])

    def sentence(self, given: Given) -> str:
        return f"{given['steps']:,} {plural('update', given['steps'])} of training are done in this step"
