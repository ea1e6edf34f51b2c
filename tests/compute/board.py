"""Works out formulas that are written with numbers, as a pupil at the board would, to check what is shown."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable

NUMBER = re.compile(r"\d+(?:\.\d+)?")
_TOKEN = re.compile(r"\d+(?:\.\d+)?|\\[A-Za-z]+|\S")
_FUNCTIONS: dict[str, Callable[[float], float]] = {
    r"\ln": math.log,
    r"\tanh": math.tanh,
    r"\sin": math.sin,
    r"\cos": math.cos,
    r"\exp": math.exp,
    r"\Phi": lambda x: 0.5 * math.erfc(-x / math.sqrt(2.0)),
    r"\varphi": lambda x: math.exp(-x * x / 2.0) / math.sqrt(2.0 * math.pi),
    r"\sigma": lambda x: 1.0 / (1.0 + math.exp(-x)),
}
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
    r"\geq": operator.ge,
    r"\leq": operator.le,
}
_STARTS = {"(", "{", "[", r"\frac", r"\max", r"\min", r"\sqrt", r"\pi", r"\lfloor", "e", *_FUNCTIONS}


class Unreadable(Exception):
    """The formula leaves something out (dots) or uses a sign that is not known here."""


def sides(formula: str) -> list[list[str]]:
    """The right-hand sides of each equation in a formula of one or several lines."""
    text = re.sub(r"\\(begin|end)\{aligned\}", "", formula)
    equations: list[str] = []
    for row in text.split(r" \\ "):
        left, mark, rest = row.partition("&")
        if mark and not left.strip() and equations:
            equations[-1] += " " + rest
        else:
            equations.append(left + rest)
    return [re.split(r"\s:?=\s", equation)[1:] for equation in equations]


def work_out(text: str) -> float:
    """The number that one side stands for. Errors: Unreadable."""
    text = re.sub(r"\\underbrace\{([^{}]*)\}_\{\\text\{[^{}]*\}\}", r"\1", text)
    text = re.sub(r"\\left|\\right|\\quad|\\,", " ", text)
    reader = _Reader(_TOKEN.findall(text))
    value = reader.sum()
    if reader.tokens:
        raise Unreadable(text)
    return value


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    def next(self) -> str:
        return self.tokens[0] if self.tokens else ""

    def take(self, wanted: str = "") -> str:
        if not self.tokens or (wanted and self.tokens[0] != wanted):
            raise Unreadable(wanted)
        return self.tokens.pop(0)

    def sum(self) -> float:
        value = self.product()
        while self.next() in ("+", "-"):
            value += self.product() if self.take() == "+" else -self.product()
        return value

    def product(self) -> float:
        value = self.power()
        while self.next() == r"\cdot" or self.next() in _STARTS or self.next()[:1].isdigit():
            if self.next() == r"\cdot":
                self.take()
            value *= self.power()
        return value

    def power(self) -> float:
        if self.next() == "-":
            self.take()
            return -self.power()
        value = self.base()
        if self.next() == "^":
            self.take()
            value = float(value ** self.base())
        return value

    def inside(self, end: str) -> float:
        value = self.sum()
        self.take(end)
        return value

    def base(self) -> float:
        token = self.take()
        if token[0].isdigit():
            return float(token)
        if token in ("(", "{"):
            return self.inside({"(": ")", "{": "}"}[token])
        if token == "|":
            return abs(self.inside("|"))
        if token == "[":
            left, sign, right = self.sum(), self.take(), self.inside("]")
            return float(_COMPARISONS[sign](left, right))
        if token in ("e", r"\pi"):
            return math.e if token == "e" else math.pi
        if token == r"\lfloor":
            return float(math.floor(self.inside(r"\rfloor")))
        if token == r"\frac":
            above = self.base()
            return above / self.base()
        if token == r"\sqrt":
            return math.sqrt(self.base())
        if token in (r"\max", r"\min"):
            self.take("(")
            first = self.sum()
            self.take(",")
            second = self.inside(")")
            return max(first, second) if token == r"\max" else min(first, second)
        if token in _FUNCTIONS:
            return _FUNCTIONS[token](self.power())
        raise Unreadable(token)
