"""Pieces of the sentences that say what is wrong with the data."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from itertools import islice

_LONGEST, _MOST = 60, 1000
MISSING_WORDS = frozenset(("", "na", "n/a", "#n/a", "#na", "<na>", "nan", "-nan", "null", "nil", "?"))
"""Written in small letters: what stands in a cell whose value is missing, in any column."""


def listed(names: Iterable[str], most: int = 12) -> str:
    """The names in quotes, and how many were left out."""
    every = list(names)
    text = ", ".join(f'"{name}"' for name in every[:most])
    return f"{text} and {len(every) - most} more" if len(every) > most else text


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """`did you mean "radius"? ` for names close to `name`, with a blank behind; empty where none is close.

    Only names of some length and so many choices are compared: each comparison takes a moment."""
    if len(name) > _LONGEST:
        return ""
    some = islice((choice for choice in choices if len(choice) <= _LONGEST), _MOST)
    by_lower = {choice.lower(): choice for choice in some}
    close = difflib.get_close_matches(name.lower(), by_lower, n=3, cutoff=0.6)
    if not close:
        return ""
    return "did you mean " + " or ".join(f'"{by_lower[match]}"' for match in close) + "? "
