"""Numbers as people read them: on labels, in sentences and in formulas."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

MINUS = "−"
MOST_DIGITS = 15
"""So many digits can be chosen; a number has hardly more."""
Kind = Literal["short", "significant", "fixed", "scientific", "full"]


@dataclass(frozen=True, slots=True)
class Format:
    """How the numbers of tensors are written. short: as briefly as three digits can be; significant: so many digits,
    those of the power of ten aside; fixed: so many after the point; scientific: so many after that of the mantissa;
    full: all that tell the number from every other."""

    kind: Kind = "short"
    digits: int = 3

    def text(self, x: float) -> str:
        """A number in this format; what is not finite is said in each of them."""
        a = abs(x)
        if self.kind == "short" or not a < math.inf:
            return short(x)
        if self.kind == "full":
            text = repr(float(a)).removesuffix(".0").replace("e-0", "e-").replace("e+", "e")
        elif self.kind == "scientific" or (self.kind == "fixed" and a >= 1e15):
            mantissa, exponent = f"{a:.{self.digits}e}".split("e")
            text = f"{mantissa}e{int(exponent)}"
        elif self.kind == "fixed":
            text = f"{a:.{self.digits}f}"
        else:
            text = f"{a:.{max(1, self.digits)}g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
        # A −0 would be no other number than 0.
        return MINUS + text if x < 0 and float(text) != 0 else text

    @property
    def widest(self) -> str:
        """A text that is as wide as most numbers in it."""
        if self.kind == "short":
            return "−0.00e-0"
        if self.kind == "full":
            return "−0.00000000000000000e-0"
        return "−" + ("00." if self.kind == "fixed" else "0.") + "0" * self.digits + "e-0" * (self.kind != "fixed")


_chosen = Format()


def chosen() -> Format:
    """The format that a person has chosen for the numbers of tensors."""
    return _chosen


def choose(format_: Format) -> None:
    """Another one; ``editor.number_format`` brings it onto the screen."""
    global _chosen
    _chosen = format_


def shown(x: float) -> str:
    """A number of a tensor, in the format that is chosen."""
    return _chosen.text(x)


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


def of_some(numbers: float | npt.NDArray[Any], write: Callable[[float], str] | None = None) -> str:
    """One number, or the one that all of several are, written by ``write`` (``precise``); else mean ± deviation."""
    array = np.asarray(numbers, np.float64)
    first = float(array.reshape(-1)[0]) if array.size else float("nan")
    return (write or precise)(first) if (array == first).all() else summary(array)


_BLOCK = 32_768


def mean_and_spread(flat: npt.NDArray[Any]) -> tuple[float, float]:
    """Mean and standard deviation of at least one number; finite wherever all of the numbers are."""
    # In float64, as the squares of large float32 numbers are beyond float32.
    x = flat.astype(np.float64, copy=False)
    with np.errstate(all="ignore"):
        mean = float(np.add.reduce(x)) / x.size
        # Block by block: a second array of ten million numbers costs more than all arithmetic with them.
        squares = (np.square(x[start : start + _BLOCK] - mean) for start in range(0, x.size, _BLOCK))
        spread = math.sqrt(sum(float(np.add.reduce(each)) for each in squares) / x.size)
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


def number_text(value: float | int) -> str:
    """The shortest text that reads back as the same number."""
    text = repr(float(value)) if isinstance(value, float) else str(value)
    return text.removesuffix(".0").replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")


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


def brief(x: float, digits: int) -> str:
    """A number in as few characters as its significant digits need: ``0.41``, ``−1.5``, ``9e-3``, ``−∞``, ``NaN``."""
    a = abs(x)
    if not math.isfinite(a):
        return short(x)
    if a == 0:
        return "0"
    if 0.00995 <= a < 9.5:
        text = f"{a:.{digits}g}"
    elif 9.5 <= a < 9999.5:
        text = f"{a:.0f}"
    else:
        mantissa, exponent = f"{a:.{digits - 1}e}".split("e")
        text = f"{mantissa}e{int(exponent)}"
    return MINUS + text if x < 0 else text


def fitting(number: float, room: int) -> str:
    """A number as it is chosen to be written, or with as many digits as so many characters hold, at least one."""
    text = shown(number)
    if len(text) > room:
        text = short(number)
    for digits in (2, 1):
        if len(text) > room:
            text = brief(number, digits)
    return text
