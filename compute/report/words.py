"""How a report writes numbers, settings and shapes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.document import plain
from compute.errors import one_line
from compute.numbers_text import count_text, precise

LONGEST = 120
"""Letters of a value that is no number."""
BARS = 24


def number(value: float | None) -> str:
    """A number as people read it, a dash for none."""
    return "–" if value is None else precise(float(value))


def percent(share: float) -> str:
    """A share of a whole."""
    return "–" if not math.isfinite(share) else f"{100 * share:.1f}\u00a0%"


def metric(name: str, value: float) -> str:
    """A metric: shares as per cent."""
    return percent(value) if name in ("accuracy", "precision", "recall", "F1") else number(value)


def value_text(value: Any) -> str:
    """A setting's value, whatever it is, in one line."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return count_text(value) if abs(value) > 9999 else str(value)
    if isinstance(value, float):
        return precise(value)
    if isinstance(value, str):
        return cut(value) or "–"
    if isinstance(value, np.ndarray):
        return f"array {list(value.shape)}" if value.size > 12 else cut(json.dumps(plain(value)))
    if isinstance(value, Mapping):
        return cut(", ".join(f"{name} {value_text(each)}" for name, each in value.items()))
    if isinstance(value, Sequence):
        return cut(", ".join(map(value_text, value[:50])) + (f", … ({len(value)})" if len(value) > 50 else ""))
    return cut(str(value))


def cut(text: str, most: int = LONGEST) -> str:
    """In one printable line, and not too long."""
    text = one_line(text[: 4 * most])
    return text if len(text) <= most else f"{text[: most - 1]}…"


def bars(array: npt.NDArray[Any]) -> tuple[float, ...]:
    """How its finite entries are spread, in a few bars of at most 1."""
    flat = np.asarray(array, np.float64).reshape(-1)
    flat = flat[np.isfinite(flat)]
    if flat.size < 2 or flat.min() == flat.max():
        return ()
    counts, _ = np.histogram(flat, BARS)
    return tuple((counts / counts.max()).tolist())
