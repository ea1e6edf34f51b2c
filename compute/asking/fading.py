"""How much of the way to a number is shown while it is asked for: worked steps fade, the last one first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from compute.asking.making import Factor, Term
from compute.asking.question import Question
from compute.explain.formula import added, elided, lines, signed
from compute.explain.sums import scale_tex
from compute.numbers_text import tex

Level = Literal[0, 1, 2, 3]
LEVELS: tuple[tuple[Level, str, str], ...] = (
    (0, "All shown", "The rule and every factor; the result alone is asked for"),
    (1, "Last factor hidden", "The rule, and the numbers but for the last factor of each product"),
    (2, "Factors hidden", "The rule alone; its numbers stand on the graph"),
    (3, "Only the graph", "Neither rule nor numbers"),
)
HIDDEN = r"\text{?}"
_SIDE = re.compile(r"(\s*\\\\\s*&?\s*=?\s*|\s*&?\s*:?=\s*)")


@dataclass(frozen=True)
class Shown:
    """What stands there while the question is open: rule and numbers (LaTeX, "" for nothing), and whether the values
    of what went in are shown: of all parts, of all but the last, of none; with the last level not even their names."""

    rule: str
    numbers: str
    parts: Literal["all", "but last", "names", "none"]


def shown(question: Question, level: Level) -> Shown:
    """What a level leaves of the explanation."""
    answer = question.answer
    if level == 3:
        return Shown("", "", "none")
    rule = "" if is_told(answer.rule, question) else answer.rule
    if level == 0:
        return Shown(rule, hidden_in(answer.numbers, question.right), "all")
    if level == 1:
        return Shown(rule, _faded(question), "but last")
    return Shown(rule, "", "names")


def is_told(rule: str, question: Question) -> bool:
    """Whether a rule says the number itself, as that of the loss's own gradient does."""
    return rule.rpartition("=")[2].strip() == tex(question.right)


def hidden_in(numbers: str, right: float) -> str:
    """LaTeX of numbers with one of them hidden where it stands as a side of an equation, and the last side."""
    body = re.fullmatch(r"\\begin\{aligned\}(.*)\\end\{aligned\}", numbers, re.DOTALL)
    pieces = _SIDE.split(body[1] if body else numbers)
    sides = range(2, len(pieces), 2)
    last = next((i for i in reversed(sides) if pieces[i].strip()), None)
    for i in sides:
        if i == last or pieces[i].strip() == tex(right):
            pieces[i] = HIDDEN
    text = "".join(pieces)
    return rf"\begin{{aligned}}{text}\end{{aligned}}" if body else text


def _faded(question: Question) -> str:
    """The numbers but for the last factor of each product; "" where there are none to show then."""
    making = question.making
    if all(len(term.factors) < 2 for term in making.terms) and len(making.terms) < 2:
        return ""
    left = question.facts.symbol(question.quantity, question.entry)
    places = elided(len(making.terms))
    pieces = added([r"\cdots" if k is None else _term(making.terms[k]) for k in places])
    if question.quantity.kind == "update":
        (rate, _), old = making.terms[0].factors, tex(making.start)
        return lines(left, [[old, rf"- {tex(rate.value)} \cdot {HIDDEN}"], HIDDEN], ":=")
    if making.share != 1.0:
        pieces[0] = (
            rf"{scale_tex(making.share)} ({pieces[0]}"
            if len(pieces) > 1
            else (rf"{scale_tex(making.share)} \cdot {signed(pieces[0])}")
        )
        pieces[-1] += ")" if len(pieces) > 1 else ""
    return lines(left, [pieces, HIDDEN])


def _term(term: Term) -> str:
    return r" \cdot ".join([*map(_factor, range(len(term.factors) - 1), term.factors), HIDDEN])


def _factor(place: int, factor: Factor) -> str:
    return signed(tex(factor.value)) if place else tex(factor.value)
