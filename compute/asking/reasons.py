"""Three reasons for a number, one of them right: the parts of the number itself, put together in different ways."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from compute.asking.making import Factor, Making
from compute.asking.question import Question
from compute.numbers_text import precise
from compute.ops.base import Elementwise

COUNT = 3
Offer = tuple[str, float]
"""A reason in words, and the number that it would give."""


@dataclass(frozen=True)
class Reason:
    """One of those to choose from."""

    text: str
    right: bool


def reasons(question: Question, seed: int = 0) -> tuple[Reason, ...]:
    """Three reasons in an order that the seed decides; none where the number has no parts to make others from.

    A wrong one gives another number than the right one.
    """
    right, wrong = _offers(question)
    seen, kept = {right}, []
    for text, value in wrong:
        if text not in seen and math.isfinite(value) and not question.is_right(value):
            seen.add(text)
            kept.append(text)
    if not right or len(kept) < COUNT - 1:
        return ()
    random = Random(f"{seed} {question.name}")
    # The first ones are the most telling; the order in which they are made is that of likeliness.
    out = [Reason(right, True), *(Reason(text, False) for text in random.sample(kept[:4], COUNT - 1))]
    random.shuffle(out)
    return tuple(Reason(reason.text[:1].upper() + reason.text[1:], reason.right) for reason in out)


def _offers(question: Question) -> tuple[str, Iterator[Offer]]:
    making, terms = question.making, question.making.terms
    if question.quantity.kind == "update" and terms:
        return _update(making)
    if making.over == "fork":
        return _fork(making)
    if len(terms) == 1 and len(terms[0].factors) > 1:
        return _product(making)
    if len(terms) > 1:
        return _sum(making)
    if len(terms) == 1 and terms[0].factors[0].role == "upstream":
        return _passed_on(terms[0].factors[0])
    if making.operands and making.slope is not None:
        return _function(question)
    return "", iter(())


def _with(factor: Factor) -> str:
    return f"{factor.name} ({precise(factor.value)})"


def _product(making: Making) -> tuple[str, Iterator[Offer]]:
    factors = making.terms[0].factors
    share = making.share
    n = round(1 / share) if share and share != 1.0 else 0
    mean = f", divided by {n}" if n else ""

    def offers() -> Iterator[Offer]:
        yield f"{' plus '.join(map(_with, factors))}{mean}", share * sum(f.value for f in factors)
        if n:
            yield " times ".join(map(_with, factors)), making.value / share
        for i, factor in enumerate(factors):
            for instead in factor.instead:
                names = [f"{instead.name} ({precise(instead.value)})" if f is factor else _with(f) for f in factors]
                values = [instead.value if f is factor else f.value for f in factors]
                yield " times ".join(names) + mean, share * math.prod(values)
            rest = [f for j, f in enumerate(factors) if j != i]
            yield " times ".join(map(_with, rest)) + (mean or " alone"), share * math.prod(f.value for f in rest)
        if factors[-1].value:
            rest_value = math.prod(f.value for f in factors[:-1])
            words = f"{' times '.join(map(_with, factors[:-1]))} divided by {_with(factors[-1])}{mean}"
            yield words, share * rest_value / factors[-1].value

    return " times ".join(map(_with, factors)) + mean, offers()


def _fork(making: Making) -> tuple[str, Iterator[Offer]]:
    values = [term.value for term in making.terms]
    names = [f"{precise(term.value)} ({term.name})" for term in making.terms]
    listed = _listed(names)

    def offers() -> Iterator[Offer]:
        yield f"the mean of what comes back: {listed}", sum(values) / len(values)
        yield f"the product of what comes back: {listed}", math.prod(values)
        largest = max(range(len(values)), key=lambda i: abs(values[i]))
        yield f"the largest of what comes back: {names[largest]}", values[largest]
        yield f"what comes back last: {names[-1]}", values[-1]

    return f"the sum of what comes back: {listed}", offers()


def _listed(names: list[str]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) < 5 else ", ".join([*names[:3], "…", names[-1]])


def _sum(making: Making) -> tuple[str, Iterator[Offer]]:
    terms, n = making.terms, len(making.terms)
    total, share = sum(term.value for term in terms), making.share
    products = all(len(term.factors) > 1 for term in terms)
    over = f"the {n} samples of the batch" if making.over == "batch" else f"all {n} {making.unit}"
    what = "an upstream gradient times a slope" if making.upstream and products else "a product" if products else ""
    each = f"{what}, " if what else ""

    def offers() -> Iterator[Offer]:
        if share == 1.0:
            yield f"{each}the mean over {over}", total / n
        else:
            yield f"{each}added up over {over}", total
        largest = max((term.value for term in terms), key=abs)
        yield f"{each}the largest of {over}", share * largest if share == 1.0 else largest
        if any(len(term.factors) > 1 for term in terms):
            added = share * sum(sum(f.value for f in term.factors) for term in terms)
            yield (
                f"{'an upstream gradient plus a slope' if making.upstream else 'two numbers added'}, over {over}",
                added,
            )
        if making.upstream and products:
            alone = making.with_terms(lambda term: [f.value for f in term.factors if f.role != "upstream"])
            yield f"the slope alone, added up over {over}", alone
        yield f"{each}the first of {over} alone", share * terms[0].value if share == 1.0 else terms[0].value

    right = f"{each}added up over {over}" if share == 1.0 else f"{each}the mean over {over}"
    return right, offers()


def _passed_on(factor: Factor) -> tuple[str, Iterator[Offer]]:
    def offers() -> Iterator[Offer]:
        yield "1, as nothing is computed here", 1.0
        yield "0, as nothing is computed here", 0.0
        yield f"half of what arrives ({precise(factor.value)})", factor.value / 2

    return f"what arrives ({precise(factor.value)}), passed on as it is", offers()


def _function(question: Question) -> tuple[str, Iterator[Offer]]:
    """A value of a function of one number."""
    making = question.making
    op = question.facts.op(question.quantity.node)
    assert isinstance(op, Elementwise)
    operand, slope = making.operands[0], making.slope or 0.0

    def offers() -> Iterator[Offer]:
        yield f"the slope of {op.title} at {_with(operand)}", slope
        yield f"{_with(operand)} times the slope of {op.title} there ({precise(slope)})", operand.value * slope
        yield f"{_with(operand)} itself, passed on", operand.value
        yield f"{op.title} of {_with(operand)}, with the other sign", -question.right

    return f"{op.title} of {_with(operand)}", offers()


def _update(making: Making) -> tuple[str, Iterator[Offer]]:
    rate, direction = making.terms[0].factors
    old = f"the old weight ({precise(making.start)})"
    along = f"{direction.name} ({precise(-direction.value)})"
    times = f"{_with(rate)} times {along}"
    step = rate.value * direction.value

    def offers() -> Iterator[Offer]:
        yield f"{old} plus {times}", making.start - step
        yield f"{old} minus {along}", making.start + direction.value
        yield f"{old} times {times}", -making.start * step
        yield f"minus {times}", step

    return f"{old} minus {times}", offers()
