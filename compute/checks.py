"""What a value from outside is, asked before it is used."""

from __future__ import annotations

import math
from typing import Any, TypeGuard


def is_finite(value: Any) -> bool:
    """Whether a value is a number that a float can hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond them
        return False


def is_whole(value: Any) -> TypeGuard[int | float]:
    """Whether a value is a whole number, whatever its type."""
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)
