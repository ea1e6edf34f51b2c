"""What is answered when somebody asks where a number comes from."""

from __future__ import annotations

from dataclasses import dataclass, field

from compute.explain.facts import Quantity
from compute.explain.terms import Terms
from compute.tensor_view import Span


@dataclass(frozen=True)
class Part:
    """One thing that went into a number: what it is called, and the quantity and entry to ask about next.

    In ``entry``, None stands for a whole axis (the row and the column that make a cell), a range for a part of one;
    ``value`` is None then.
    """

    name: str
    value: float | None
    of: Quantity | None = None
    entry: Span = ()


@dataclass(frozen=True)
class Answer:
    """Where one number comes from: a symbolic rule and the same with numbers (LaTeX), in words, and its parts."""

    title: str
    rule: str
    numbers: str
    result: str
    sentence: str
    value: float = float("nan")
    parts: tuple[Part, ...] = ()
    general: str = ""
    """The rule over whole arrays, where the one above is about one entry of them."""
    terms: tuple[Terms, ...] = field(default=(), compare=False)
    """Every term of what is added up in it, however many the formula leaves out."""
