"""Sums of products, declared in the subscripts of einsum, whose axes may also be counted by sums of indices.

``ik`` is an axis for each letter. With commas between them, axes may be affine: in ``b,2*t+k-1,c`` the second is
counted by 2·t + k − 1, as the rows that a convolution sees are. An index outside of its axis stands for a 0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

_TERM = re.compile(r"([+-]?)(?:(?:(\d+)\*)?([a-z])|(\d+))")


@dataclass(frozen=True, slots=True)
class Subscript:
    """What counts one axis: the sum of each letter's index times its factor, plus a constant."""

    factors: tuple[tuple[str, int], ...]
    constant: int = 0

    @property
    def letter(self) -> str:
        """The letter that alone counts the axis, if one does."""
        plain = len(self.factors) == 1 and self.factors[0][1] == 1 and not self.constant
        return self.factors[0][0] if plain else ""

    def at(self, index: Mapping[str, int]) -> int:
        """Where on the axis those indices lead."""
        return self.constant + sum(factor * index[letter] for letter, factor in self.factors)


@lru_cache(maxsize=256)
def subscripts(text: str) -> tuple[Subscript, ...]:
    """The axes that a text names, in order. Errors: ValueError."""
    axes = text.split(",") if not text.isalpha() and text else list(text)
    return tuple(map(_subscript, axes))


def _subscript(text: str) -> Subscript:
    factors: dict[str, int] = {}
    constant, end = 0, 0
    for term in _TERM.finditer(text):
        if term.start() != end or (end and not term[1]):
            break
        sign, end = -1 if term[1] == "-" else 1, term.end()
        if term[3]:
            factors[term[3]] = factors.get(term[3], 0) + sign * int(term[2] or 1)
        else:
            constant += sign * int(term[4])
    if end != len(text) or not text:
        raise ValueError(f"{text!r} is no sum of letters such as 2*t+k-1")
    return Subscript(tuple(factors.items()), constant)


@dataclass(frozen=True, slots=True)
class Product:
    """A sum of products: operands are (port or weight suffix, subscripts of its axes); out: a letter for each axis.

    Each letter counts an axis of its own in an operand or the result, where its size is seen.
    """

    operands: tuple[tuple[str, str], ...]
    out: str
    scale: float = 1.0
