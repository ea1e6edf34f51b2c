"""What a typed number, or a chosen sign and size, is worth: right, right so far, or wrong by a mistake with a name."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from compute.asking.mistakes import KINDS, Mistake, mistakes
from compute.asking.question import TOLERANCE, Question
from compute.asking.typed import Typed, read_number
from compute.numbers_text import plural, precise

Outcome = Literal["right", "rough", "mistake", "unclear", "unread"]
_CLOSE = 6e-4
"""A number this near (as a share) to that of a mistake was made by it rather than by one that is merely near."""
_ALONE = ("sign", "entry", "point", "input")
"""What is not told together with a wrong sign."""


@dataclass(frozen=True)
class Verdict:
    """What became of an answer.

    outcome: ``right``; ``rough`` (right as far as it goes, with too few digits: no mistake, and not there yet);
    ``mistake`` (a wrong number that one of ``KINDS`` explains); ``unclear`` (a wrong number that none does);
    ``unread`` (no number). sentence: for the learner. mistake: which, with its number; also: a second one that came
    with it, "" or ``sign``. value: what was typed.
    """

    outcome: Outcome
    sentence: str
    mistake: Mistake | None = None
    also: str = ""
    value: float | None = None

    @property
    def right(self) -> bool:
        """Whether the question is answered."""
        return self.outcome == "right"

    @property
    def wrong(self) -> bool:
        """Whether it counts as a wrong answer."""
        return self.outcome in ("mistake", "unclear")

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of the mistakes, as keys of ``KINDS``."""
        return tuple(filter(None, (self.mistake.kind if self.mistake else "", self.also)))


def judge(question: Question, typed: str | float) -> Verdict:
    """What a typed number is worth. typed: as ``read_number`` takes it; what cannot be read says why."""
    if isinstance(typed, str):
        try:
            given = read_number(typed)
        except ValueError as error:
            return Verdict("unread", str(error))
    else:
        given = Typed("", float(typed))
    value = given.value
    if question.is_right(value):
        return Verdict("right", f"Right: {question.name} = {precise(question.right)}.", value=value)
    found = _explained(question, given, _CLOSE)
    if found is None and given.digits and _rounds_to(given, question.right):
        more = "give three, or the arithmetic itself" if given.digits < 3 else "give enough of them to see the step"
        words = f"Right to {given.digits} {plural('digit', given.digits)}; {more}."
        return Verdict("rough", words, value=value)
    found = found or _explained(question, given, TOLERANCE)
    if found is None:
        word = "far from it" if abs(value - question.right) > abs(question.right) else "not it"
        return Verdict("unclear", f"{precise(value)} is {word}.", value=value)
    mistake, also = found
    sentence = mistake.sentence + (" The sign is wrong as well." if also else "")
    return Verdict("mistake", sentence, mistake, also, value)


def _rounds_to(given: Typed, right: float) -> bool:
    """Whether a number, written with its digits, is the right one rounded to these."""
    if not right or not given.digits:
        return False
    rounded = float(f"{right:.{given.digits - 1}e}")
    return math.isclose(rounded, given.value, rel_tol=1e-9)


def _explained(question: Question, given: Typed, near: float) -> tuple[Mistake, str] | None:
    """The most likely mistake that gives the number typed, as near as that, and whether the sign is wrong with it."""
    offered = [(m, "", abs(given.value - m.value)) for m in mistakes(question)]
    if question.quantity.kind != "update":
        offered += [(m, "sign", abs(given.value + m.value)) for m, *_ in offered if m.kind not in _ALONE]
    met = [each for each in offered if _meets(given, -each[0].value if each[1] else each[0].value, near, question)]
    if not met:
        return None
    mistake, also, _ = met[0] if near == _CLOSE else min(met, key=lambda each: each[2])
    return mistake, also


def _meets(given: Typed, number: float, near: float, question: Question) -> bool:
    if math.isclose(given.value, number, rel_tol=near, abs_tol=1e-9 * question.making.size * (number == 0.0)):
        return True
    few = given.digits is not None and 2 <= given.digits < 4 and near == TOLERANCE
    return few and _rounds_to(given, number)


# -- sign and size --------------------------------------------------------------------------------------------

Sign = Literal["-", "0", "+"]
SIGNS: tuple[Sign, ...] = ("-", "0", "+")
BOUNDS = (0.01, 0.1, 1.0, 10.0)
SIZES = ("below 0.01", "0.01 to 0.1", "0.1 to 1", "1 to 10", "above 10")
"""Between the bounds, from the smallest."""


def sign_of(question: Question) -> Sign:
    """The sign of the right number; what only rounding left is 0."""
    if abs(question.right) <= 1e-9 * question.making.size:
        return "0"
    return "-" if question.right < 0 else "+"


def sizes_of(question: Question) -> tuple[int, ...]:
    """The places in ``SIZES`` that are right: one, or two where the number lies at a bound."""
    size = abs(question.right)
    return tuple(sorted({sum(size * way >= bound for bound in BOUNDS) for way in (1 - TOLERANCE, 1 + TOLERANCE)}))


def judge_size(question: Question, sign: Sign, size: int | None) -> Verdict:
    """What a chosen sign and size are worth. size: a place in ``SIZES``; None with the sign 0."""
    right = sign_of(question)
    if sign == "0" or right == "0":
        if sign == right:
            return Verdict("right", f"Right: {question.name} is 0.")
        return Verdict("unclear", "It is 0: nothing gets through here." if right == "0" else "It is not 0.")
    fits = size is not None and size in sizes_of(question)
    if sign != right:
        mistake = next((m for m in mistakes(question) if m.kind == "sign"), None)
        sentence = "The size is right and the sign is not." if fits else "Neither the sign nor the size is right."
        return Verdict("mistake" if mistake and fits else "unclear", sentence, mistake if fits else None)
    if not fits:
        larger = size is not None and size < sizes_of(question)[0]
        return Verdict("unclear", f"The sign is right; the number is {'larger' if larger else 'smaller'}.")
    return Verdict("right", f"Right: {question.name} = {precise(question.right)}.")


def title_of(kind: str) -> str:
    """A kind of mistake in words, as in ``forgot the upstream factor``."""
    return KINDS[kind].title if kind in KINDS else kind
