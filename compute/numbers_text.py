"""Numbers as people read them: on labels, in sentences and in formulas."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

MINUS = "−"


def short(x: float) -> str:
    """Three significant digits for a label: ``0``, ``−0.0121``, ``1.3e-3``, ``12345``, ``NaN``, ``−∞``."""
    a = -x if x < 0 else x
    if 0.009995 <= a < 999.5:
        text = f"{a:.3g}"
    elif a == 0:
        return "0"
    elif 999.5 <= a < 99999.5:
        text = f"{a:.0f}"
    elif a < math.inf:
        text = _scientific(a, 2)
    else:
        text = "∞" if a == math.inf else "NaN"
    return MINUS + text if x < 0 else text


def precise(x: float) -> str:
    """Four significant digits for a sentence or a result: ``0.008771``, ``1.234e-5``."""
    text = _four(abs(x))
    text = {"inf": "∞", "nan": "NaN"}.get(text, text)
    return MINUS + text if x < 0 else text


def tex(x: float) -> str:
    r"""The same four digits in LaTeX: ``-0.008771``, ``1.234 \cdot 10^{-5}``."""
    text = _four(abs(x))
    mantissa, _, exponent = text.partition("e")
    if text in ("inf", "nan"):
        text = r"\infty" if text == "inf" else r"\mathrm{NaN}"
    elif exponent:
        power = f"10^{{{exponent}}}"
        text = power if mantissa == "1" else rf"{mantissa} \cdot {power}"
    return "-" + text if x < 0 else text


def summary(array: npt.NDArray[Any]) -> str:
    """Many numbers in one label: mean ± standard deviation, as in ``0.02 ± 0.9``; one number is itself."""
    if array.size == 1:
        return short(array.item())
    if array.size == 0:
        return "no numbers"
    flat = array.reshape(-1)
    mean, spread = mean_and_spread(flat)
    if not math.isfinite(mean):
        return _faults(flat)
    # What rounding leaves of a mean that is 0 would look like a number.
    return f"{_two(mean) if abs(mean) > 1e-4 * spread else '0'} ± {_two(spread)}"


def mean_and_spread(flat: npt.NDArray[Any]) -> tuple[float, float]:
    """Mean and standard deviation of at least one number; finite wherever all of the numbers are."""
    # In float64, as the squares of large float32 numbers are beyond float32.
    x = flat.astype(np.float64, copy=False)
    with np.errstate(all="ignore"):
        mean = float(np.add.reduce(x)) / x.size
        off = x - mean
        spread = math.sqrt(float(np.dot(off, off)) / x.size)
        if math.isfinite(spread) or not np.isfinite(x).all():
            return mean, spread
        top = float(np.abs(x).max())
        mean, spread = mean_and_spread(x / top)
    return mean * top, spread * top


def _faults(flat: npt.NDArray[Any]) -> str:
    """How many entries are not numbers any more; at least one is not."""
    count = int(np.isnan(flat).sum())
    word = "NaN" if count else "∞"
    return f"{word} in {count or int(np.isinf(flat).sum())} of {flat.size}"


def _two(x: float) -> str:
    """Two significant digits, which is what a mean and a spread deserve."""
    a = abs(x)
    if 0.00995 <= a < 99.5:
        text = f"{a:.2g}"
    elif 0 < a < 0.00995:
        text = _scientific(a, 1)
    else:
        return short(x)
    return MINUS + text if x < 0 else text


def _four(a: float) -> str:
    """Four significant digits of a number that is not negative; ASCII, exponent as ``e-5``."""
    if a == 0:
        return "0"
    if 9.9995e-5 <= a < 9999.5:
        return f"{a:.4g}"
    if 9999.5 <= a < 999999.5:
        return f"{a:.0f}"
    return _scientific(a, 3) if math.isfinite(a) else str(a)


def _scientific(a: float, digits: int) -> str:
    mantissa, exponent = f"{a:.{digits}e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


def count_text(count: int) -> str:
    """A count as people read it, in groups of three digits."""
    return f"{count:,}".replace(",", "\u2009")


def plural(noun: str, count: int) -> str:
    """A noun as it follows a number: ``row`` for 1, else ``rows``."""
    return noun if count == 1 else f"{noun}s"


def seconds_text(seconds: float) -> str:
    """A short time as people read it: ``91 µs``, ``3.52 ms``, ``1.2 s``."""
    for unit, size in (("ns", 1e-9), ("µs", 1e-6), ("ms", 1e-3)):
        if seconds < 999.5 * size:
            return f"{short(seconds / size)} {unit}"
    return f"{short(seconds)} s"


def size_text(count: int) -> str:
    """Bytes as people read them: ``512 bytes``, ``1.5 kB``, ``2.25 MB``; from 1000 TB on they are only many."""
    if count >= 10**15:
        return "more than 1000 TB"
    for size, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} {plural('byte', count)}"
