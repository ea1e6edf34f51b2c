"""Numbers as learners write them."""

from __future__ import annotations

import math
import re

_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_POWER = re.compile(r"\s*[·*×x]\s*10\s*\^?\s*([+-]?\d+)$")
_DIGITS = str.maketrans("−–⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "---0123456789")


def number_of(text: str) -> float | None:
    """The number that an answer is: ``-0.25``, ``−0,25``, ``1/4``, ``2.5e-3``, ``2.5·10^-3``; None where it is none."""
    text = text.strip().translate(_DIGITS)
    text = _POWER.sub(r"e\1", text)
    top, slash, bottom = text.partition("/")
    if slash:
        a, b = _plain(top), _plain(bottom)
        return a / b if a is not None and b else None
    return _plain(text)


def _plain(text: str) -> float | None:
    text = text.strip().replace(" ", "")
    if not _NUMBER.fullmatch(text) or len(text) > 60:
        return None
    found = float(text.replace(",", "."))
    return found if math.isfinite(found) else None
