"""The mistakes that people make with the chain rule, each with the wrong number that it gives.

Each kind is one function, registered in the order of how likely it is: where two of them give the same number, the
one that comes first is told. A mistake that gives the right number is none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

from compute.asking.making import Factor, Making, Term
from compute.asking.question import Question
from compute.explain.facts import plain
from compute.explain.sums import naming
from compute.numbers_text import precise

_MOST_WAYS, _MOST_LEFT_OUT, _MOST_NEIGHBOURS = 6, 64, 16
Found = Iterator[tuple[float, str]]


@dataclass(frozen=True)
class Mistake:
    """One mistake at one question: its kind (a key of ``KINDS``), the number that it gives, and what was done, in a
    sentence with the numbers in it."""

    kind: str
    value: float
    sentence: str


@dataclass(frozen=True)
class Kind:
    """A kind of mistake: its name, what it is in words (after "you …"), and what finds its numbers."""

    name: str
    title: str
    find: Callable[[Question], Found]


KINDS: dict[str, Kind] = {}
"""By name, the more likely first."""


def _kind(name: str, title: str) -> Callable[[Callable[[Question], Found]], Callable[[Question], Found]]:
    def register(find: Callable[[Question], Found]) -> Callable[[Question], Found]:
        KINDS[name] = Kind(name, title, find)
        return find

    return register


def mistakes(question: Question, without: frozenset[str] = frozenset()) -> list[Mistake]:
    """Every mistake that gives another number than the right one, the more likely first; each number once a kind.
    ``without``: kinds that are not looked for."""
    out: list[Mistake] = []
    for kind in KINDS.values():
        if kind.name in without:
            continue
        numbers: list[float] = []
        for value, sentence in kind.find(question):
            known = any(math.isclose(value, other, rel_tol=1e-9, abs_tol=1e-300) for other in numbers)
            if math.isfinite(value) and not known and not question.is_right(value):
                numbers.append(value)
                out.append(Mistake(kind.name, value, sentence))
    return out


def _named(factor: Factor) -> str:
    """As in ``the slope of Tanh a, 0.91``."""
    return f"{factor.name}, {precise(factor.value)}"


def _only(making: Making) -> Term | None:
    return making.terms[0] if len(making.terms) == 1 else None


def _slopes(term: Term) -> list[Factor]:
    return [f for f in term.factors if f.role == "slope"]


def _is_gradient(question: Question) -> bool:
    return question.quantity.kind not in ("value", "update")


@_kind("sign", "took the wrong sign")
def _sign(question: Question) -> Found:
    if question.quantity.kind == "update":
        return
    word = "negative" if question.right < 0 else "positive"
    term, why = _only(question.making), ""
    if term is not None and len(term.factors) > 1:
        why = ": " + " · ".join(_in_product(f.value, i) for i, f in enumerate(term.factors)) + f" is {word}"
    yield -question.right, f"The size is right and the sign is not{why or f': the number is {word}'}."


def _in_product(value: float, place: int) -> str:
    return f"({precise(value)})" if value < 0 and place else precise(value)


@_kind("upstream", "forgot the upstream factor")
def _upstream(question: Question) -> Found:
    making = question.making
    if not making.upstream or not any(_slopes(term) for term in making.terms):
        return
    wrong = making.with_terms(lambda term: [f.value for f in term.factors if f.role != "upstream"])
    first = making.upstream[0]
    missing = _named(first) if len(making.terms) == 1 else "what arrives, the upstream gradient of each term"
    yield wrong, f"That is the slope alone: {missing}, is a factor too."


@_kind("fork", "forgot to add at a fork")
def _fork(question: Question) -> Found:
    making = question.making
    if making.over == "fork":
        names = [(term.name, term.value) for term in making.terms]
        yield from _parts_of_fork(names)
    for term in making.terms[:1] if len(making.terms) == 1 else ():
        for factor in term.factors:
            if factor.ways:
                rest = making.share * math.prod(f.value for f in term.factors if f is not factor)
                ways = [(way.name, way.value) for way in factor.ways]
                yield from ((making.start + rest * part, why) for part, why in _parts_of_fork(ways))


def _parts_of_fork(ways: list[tuple[str, float]]) -> Found:
    """The sum of each part of the contributions; of many only one alone, or all but one."""
    n = len(ways)
    sizes = range(n - 1, 0, -1) if n <= _MOST_WAYS else (n - 1, 1)
    for size in sizes:
        for kept in combinations(range(n), size):
            left = [ways[i] for i in range(n) if i not in kept]
            names = " and ".join(f"{precise(value)} ({name})" for name, value in left[:3]) + (" …" if left[3:] else "")
            word = "comes" if len(left) == 1 else "come"
            yield (
                sum(ways[i][1] for i in kept),
                f"At the fork {names} {word} back as well, and what comes back adds up.",
            )


@_kind("value", "took the value for the slope")
def _value(question: Question) -> Found:
    making = question.making
    if not _is_gradient(question):
        return
    slopes = [f for term in making.terms for f in _slopes(term)]
    for i in range(min((len(f.instead) for f in slopes), default=0)):

        def factors(term: Term, i: int = i) -> list[float]:
            return [f.instead[i].value if f.role == "slope" else f.value for f in term.factors]

        first = slopes[0]
        taken = first.instead[i]
        which = f"{taken.name}, {precise(taken.value)}," if len(making.terms) == 1 else taken.name
        yield making.with_terms(factors), f"That takes {which} where {_slope_is(first, making)} stands."


def _slope_is(factor: Factor, making: Making) -> str:
    return _named(factor) + "," if len(making.terms) == 1 else "the slope"


@_kind("slope", "forgot the local slope")
def _slope(question: Question) -> Found:
    making = question.making
    if not _is_gradient(question):
        return
    if making.upstream and any(_slopes(term) for term in making.terms):
        wrong = making.with_terms(lambda term: [f.value for f in term.factors if f.role != "slope"])
        slopes = _slopes(making.terms[0])
        missing = f"by {_named(slopes[0])}" if len(making.terms) == 1 else "by the slope in each term"
        yield wrong, f"That is what arrives; it still has to be multiplied {missing}."
    for operand in making.operands:
        if operand.role == "upstream":
            yield operand.value, f"That is what arrives, {_named(operand)}; the node still changes it."


@_kind("row", "took an entry of a row for itself alone")
def _row(question: Question) -> Found:
    for instead in question.making.instead:
        yield instead.value, f"{instead.name[:1].upper()}{instead.name[1:]}."


@_kind("slope for value", "took the slope for the value")
def _slope_for_value(question: Question) -> Found:
    slope = question.making.slope
    if slope is not None:
        title = question.facts.op(question.quantity.node).title
        yield slope, f"That is the slope of {title} there; its value is asked for."


@_kind("share", "forgot the 1/N of a mean")
def _share(question: Question) -> Found:
    making = question.making
    if making.share != 1.0 and making.share:
        n = round(1.0 / making.share)
        words = f"The 1/{n} is missing: it is a mean over {n} {making.unit}."
        if not math.isclose(n * making.share, 1.0):
            words = f"The division by {precise(1.0 / making.share)} is missing: it is a mean over the {making.unit}."
        yield (making.value if making.terms else question.right) / making.share, words


@_kind("mean", "took the mean for the sum")
def _mean(question: Question) -> Found:
    making = question.making
    if making.share != 1.0:
        n = round(1.0 / making.share) if making.share else 1
        yield question.right * making.share, f"The 1/{n} of the mean is in it twice."
    elif making.over in ("batch", "terms") and question.quantity.kind != "update":
        n = len(making.terms)
        over = f"the {n} samples of the batch" if making.over == "batch" else f"the {n} terms"
        yield question.right / n, f"That is the mean over {over}; they are added up."


@_kind("rate", "forgot the learning rate")
def _rate(question: Question) -> Found:
    making = question.making
    rates = [f for term in making.terms for f in term.factors if f.role == "rate"]
    if rates:
        wrong = making.with_terms(lambda term: [f.value for f in term.factors if f.role != "rate"])
        yield wrong, f"The learning rate {precise(rates[0].value)} is missing: it scales the step."


@_kind("added update", "added the step instead of subtracting it")
def _added_update(question: Question) -> Found:
    making = question.making
    if question.quantity.kind == "update" and making.terms:
        wrong = making.start - (making.value - making.start)
        yield wrong, "That goes along the gradient, uphill; the step is subtracted, so that the loss gets smaller."


@_kind("change", "gave the step instead of the new weight")
def _change(question: Question) -> Found:
    making = question.making
    if question.quantity.kind == "update" and making.terms:
        words = f"That is the step alone; it is taken from the old weight, {precise(making.start)}."
        for sign in (1.0, -1.0):
            yield sign * (making.value - making.start), words


@_kind("plain step", "took the plain gradient for the optimizer's step")
def _plain_step(question: Question) -> Found:
    making = question.making
    if question.quantity.kind != "update" or not making.terms:
        return
    rate, direction = making.terms[0].factors
    for instead in direction.instead:
        yield (
            making.start + rate.value * instead.value,
            f"That steps along {instead.name}; it is {direction.name} that counts, {precise(-direction.value)} here.",
        )


@_kind("left out", "left out a summand")
def _left_out(question: Question) -> Found:
    making = question.making
    if making.over not in ("batch", "terms") or len(making.terms) > _MOST_LEFT_OUT:
        return
    whole = making.value
    for term in making.terms:
        name = f"the term of {term.name}" if len(term.factors) > 1 else term.name or "a term"
        yield whole - making.share * term.value, f"One summand is missing: {name}, {precise(term.value)}."
    for term in making.terms:
        others = f"the other {len(making.terms) - 1} are added" if len(making.terms) > 2 else "the other one is added"
        yield making.start + making.share * term.value, f"That is one summand alone; {others} to it."


@_kind("added factors", "added where it multiplies")
def _added_factors(question: Question) -> Found:
    term = _only(question.making)
    if term is None or len(term.factors) < 2 or question.quantity.kind == "update":
        return
    numbers = " and ".join(precise(f.value) for f in term.factors)
    yield question.making.share * sum(f.value for f in term.factors), f"That adds {numbers}; they are multiplied."


@_kind("input", "gave what goes in")
def _input(question: Question) -> Found:
    making = question.making
    for operand in making.operands:
        if operand.role == "operand":
            rest = "the step still changes it" if question.quantity.kind == "update" else "the node still changes it"
            yield operand.value, f"That is {_named(operand)}, which goes in; {rest}."


@_kind("entry", "gave another entry")
def _entry(question: Question) -> Found:
    facts, q, entry = question.facts, question.quantity, question.entry
    if q.kind == "update":
        return
    array = facts.array(q)
    seen = 0
    for axis, n in enumerate(array.shape):
        for i in range(n):
            if i != entry[axis] and seen < _MOST_NEIGHBOURS:
                seen += 1
                other = (*entry[:axis], i, *entry[axis + 1 :])
                yield facts.at(q, other), f"That is {naming(facts, q, other)}; {plain('', entry)} is asked for."


@_kind("point", "put the point at the wrong place")
def _point(question: Question) -> Found:
    for power in (1, -1, 2, -2, 3, -3):
        yield question.right * 10.0**power, "The digits are right, and the point is at the wrong place."
