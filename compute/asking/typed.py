"""Numbers as learners type them: ``-0.25``, ``0,25``, ``1/3``, ``2*0.5*-0.1``, ``1.2·10^-3``, ``sigmoid(0.3)``.

What is typed comes from outside: it is read by a small grammar and never evaluated as a program.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

MOST_LETTERS = 200
"""The longest text that is read."""
_DEEPEST = 50
_TOKEN = re.compile(r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([A-Za-zπσ√]+)|(\*\*|[-+*/^()]))")
_SPELLINGS = str.maketrans({"−": "-", "–": "-", "×": "*", "·": "*", "⋅": "*", "÷": "/", ":": "/", "\u00a0": " "})
_LITERAL = re.compile(r"[-+]?(\d*)[.]?(\d*)(?:e[-+]?\d+)?", re.IGNORECASE)


def _sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0 else math.exp(x) / (1.0 + math.exp(x))


FUNCTIONS: Mapping[str, Callable[[float], float]] = {
    "exp": math.exp,
    "ln": math.log,
    "log": math.log,
    "sqrt": math.sqrt,
    "√": math.sqrt,
    "abs": abs,
    "sin": math.sin,
    "cos": math.cos,
    "tanh": math.tanh,
    "sigmoid": _sigmoid,
    "σ": _sigmoid,
    "relu": lambda x: max(x, 0.0),
}
"""What may be applied to a number, by the names people use; log is the natural one."""
CONSTANTS: Mapping[str, float] = {"pi": math.pi, "π": math.pi, "e": math.e}


@dataclass(frozen=True)
class Typed:
    """A number that was typed. digits: how many significant digits it was written with; None for arithmetic, which is
    taken for exact."""

    text: str
    value: float
    digits: int | None = None


def read_number(text: str) -> Typed:
    """The number that a text stands for. Errors: ValueError with a sentence that says what is wrong."""
    written = text.strip().translate(_SPELLINGS).removeprefix("=").lstrip()  # as one writes it on paper
    if not written:
        raise ValueError("Type a number, or arithmetic such as 2*0.5*-0.1.")
    if len(written) > MOST_LETTERS:
        raise ValueError(f"That is longer than {MOST_LETTERS} letters; type the number alone.")
    if "," in written:
        if "." in written or written.count(",") > len(re.findall(r"\d+,\d", written)):
            raise ValueError("Write a number with one point, as in 0.25; commas stand nowhere else.")
        written = written.replace(",", ".")
    try:
        value = _Reader(written).whole()
    except (OverflowError, ZeroDivisionError):
        raise ValueError("That divides by 0, or is too large for a number.") from None
    if not math.isfinite(value):
        raise ValueError("That divides by 0, or is too large for a number.")
    return Typed(text.strip(), value, _digits(written))


def _digits(written: str) -> int | None:
    literal = _LITERAL.fullmatch(written)
    if not literal or not (literal[1] or literal[2]):
        return None
    digits = (literal[1] + literal[2]).lstrip("0")
    return max(1, len(digits))


class _Reader:
    """Sums of products of powers, by descent; a minus may stand before any factor."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str, str]] = []
        end = 0
        while end < len(text.rstrip()):
            found = _TOKEN.match(text, end)
            if found is None:
                raise ValueError(f"“{text[end:].strip()[:12]}” is no part of a number.")
            self._tokens.append((found[1] or "", found[2] or "", found[3] or ""))
            end = found.end()
        self._at = self._depth = 0

    def whole(self) -> float:
        value = self._sum()
        if self._at < len(self._tokens):
            raise ValueError(f"“{''.join(self._tokens[self._at])}” stands where the number should end.")
        return value

    def _sign(self, *signs: str) -> str:
        """The next token, if it is one of these signs."""
        if self._at < len(self._tokens) and self._tokens[self._at][2] in signs:
            self._at += 1
            return self._tokens[self._at - 1][2]
        return ""

    def _sum(self) -> float:
        value = self._product()
        while sign := self._sign("+", "-"):
            value += self._product() if sign == "+" else -self._product()
        return value

    def _product(self) -> float:
        value = self._signed()
        while sign := self._sign("*", "/"):
            value = value * self._signed() if sign == "*" else value / self._signed()
        return value

    def _signed(self) -> float:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError("That is nested too deeply; type the number alone.")
        sign = self._sign("+", "-")
        value = self._signed() if sign else self._power()
        self._depth -= 1
        return -value if sign == "-" else value

    def _power(self) -> float:
        base = self._atom()
        if not self._sign("^", "**"):
            return base
        value = base ** self._signed()
        if isinstance(value, complex):
            raise ValueError("That is the root of a negative number.")
        return float(value)

    def _atom(self) -> float:
        number, name, sign = self._tokens[self._at] if self._at < len(self._tokens) else ("", "", "")
        self._at += 1
        if number:
            return float(number)
        if sign == "(":
            return self._closed()
        if name in CONSTANTS:
            return CONSTANTS[name]
        function = FUNCTIONS.get(name.lower())
        if function is not None:
            if not self._sign("("):
                raise ValueError(f"Write {name} with parentheses, as in {name}(0.5).")
            try:
                return function(self._closed())
            except ValueError as error:
                domain = "math domain" in str(error) or "expected a" in str(error)
                if domain:
                    raise ValueError(f"{name} has no such value.") from None
                raise
        if name:
            raise ValueError(f"“{name[:12]}” is not known here; type numbers.")
        raise ValueError("A number is missing." if not sign else f"A number is missing before “{sign}”.")

    def _closed(self) -> float:
        value = self._sum()
        if not self._sign(")"):
            raise ValueError("A closing parenthesis is missing.")
        return value
