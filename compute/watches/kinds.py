"""What a watch can watch for, each kind declared once: in NumPy, which is the specification, and in OpenCL C.

A kind turns all numbers of a tensor into one, its measure, which must not be above (or below) the watch's limit. A
measure that is no number keeps to no limit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from compute.params import Param
from compute.trace import Kind as What

Array = npt.NDArray[Any]
ANY: frozenset[What] = frozenset({"value", "gradient", "wire", "weight", "weight gradient"})
VALUE: frozenset[What] = frozenset({"value"})
WEIGHT: frozenset[What] = frozenset({"weight"})


@dataclass(frozen=True)
class Kind:
    """One of them.

    title: as in lists; help: one sentence; on: what it is for; limit: what may be set, None where there is nothing to
    set (the limit is 0); above: whether the measure must not be above the limit, else not below; measure: of the
    entries, and of the same a step before where ``before``; told: the measure in words.

    sums: in OpenCL C what each entry ``x`` (and ``y``, the same a step before) adds to the sums ``s0``, ``s1``, …,
    for vectors too; what several kinds ask for is added up once. found: of those sums the measure, or whatever keeps to
    the limit where that does. units: each unit (an entry of a row) counts, as one that is 0 in every row.
    """

    name: str
    title: str
    help: str
    on: frozenset[What]
    measure: Callable[[Array, Array], float]
    told: Callable[[float], str]
    sums: tuple[str, ...] = ()
    found: str = "s0"
    limit: Param | None = None
    above: bool = True
    before: bool = False
    units: bool = False

    def trips(self, measure: float, limit: float) -> bool:
        """Whether a watch with this limit is set off."""
        return not (measure <= limit if self.above else measure >= limit)

    @property
    def c_keeps(self) -> str:
        """In OpenCL C, the comparison of measure and limit that keeps it quiet."""
        return "<=" if self.above else ">="


MOST = 1e18
"""The largest limit of a norm: the square of more is none in float32."""


def _norm(x: Array) -> float:
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.sum(np.square(x, dtype=np.float64))))


def _change(x: Array, y: Array) -> float:
    with np.errstate(all="ignore"):
        return _norm(np.asarray(x, np.float64) - y)


def _relative(x: Array, y: Array) -> float:
    before = _norm(y)
    return _change(x, y) / before if before else 0.0


def dead_units(x: Array) -> npt.NDArray[np.bool_]:
    """Of the values (B, …) of a batch, the units that are 0 in every row, as a flat array."""
    found: npt.NDArray[np.bool_] = (x.reshape(len(x), -1) == 0).all(axis=0)
    return found


def _plain(what: str) -> Callable[[float], str]:
    return lambda measure: f"{what} is {measure:.6g}"


def _count(what: str) -> Callable[[float], str]:
    return lambda n: f"{n:.0f} of its numbers {'is' if n == 1 else 'are'} {what}" if n else f"none of it is {what}"


_NORM = Param("limit", "float", 100.0, "The norm: the root of the sum of all squares.", 0.0, MOST)
_NO_NUMBER = "(isnan(s0) ? 1 : 0)"
"""Of sums that are no number where one of the entries is none: quicker than counting these."""

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "nan",
            "not a number",
            "Stops where any entry is not a number (NaN).",
            ANY,
            lambda x, _: float(np.isnan(x).sum()),
            _count("no number (NaN)"),
            ("x*x",),
            _NO_NUMBER,
        ),
        Kind(
            "infinite",
            "infinite",
            "Stops where any entry is infinite.",
            ANY,
            lambda x, _: float(np.isinf(x).sum()),
            _count("infinite"),
            ("isinf(x) ? (VEC)1 : (VEC)0",),
        ),
        Kind(
            "norm_above",
            "norm above",
            "Stops where the norm (the root of the sum of all squares) is above the limit.",
            ANY,
            lambda x, _: _norm(x),
            _plain("its norm"),
            ("x*x",),
            "sqrt(s0)",
            _NORM,
        ),
        Kind(
            "norm_below",
            "norm below",
            "Stops where the norm (the root of the sum of all squares) is below the limit, as where gradients vanish.",
            ANY,
            lambda x, _: _norm(x),
            _plain("its norm"),
            ("x*x",),
            "sqrt(s0)",
            Param("limit", "float", 1e-6, "The norm: the root of the sum of all squares.", 0.0, MOST),
            above=False,
        ),
        Kind(
            "dead_above",
            "dead units above",
            "Stops where more than this share of the units is 0 for every row of the batch.",
            VALUE,
            lambda x, _: float(dead_units(x).mean()),
            lambda share: f"{share:.0%} of its units are 0 in every row of the batch",
            limit=Param("limit", "float", 0.5, "The share of units, from 0 to 1.", 0.0, 1.0),
            units=True,
        ),
        Kind(
            "change_above",
            "change above",
            "Stops after a step that changes a weight by more than this: the norm of the difference.",
            WEIGHT,
            _change,
            _plain("the norm of its change"),
            ("(x - y)*(x - y)",),
            "sqrt(s0)",
            Param("limit", "float", 1.0, "The norm of what a step adds to the weight.", 0.0, MOST),
            before=True,
        ),
        Kind(
            "relative_change_above",
            "relative change above",
            "Stops after a step that changes a weight by more than this share of its own norm.",
            WEIGHT,
            _relative,
            lambda share: f"it changed by {share:.3%} of its norm",
            ("(x - y)*(x - y)", "y*y"),
            "(s1 == 0 ? 0 : sqrt(s0)/sqrt(s1))",
            Param("limit", "float", 0.5, "The norm of the change as a share of the weight's.", 0.0, MOST),
            before=True,
        ),
    )
}
"""By name, in the order of lists."""

FINITE = Kind(
    "finite",
    "not finite",
    "Stops where any entry is not finite.",
    ANY,
    lambda x, _: float((~np.isfinite(x)).sum()),
    _count("not finite"),
    ("0*x",),
    _NO_NUMBER,
)
"""What every training checks of its gradients, unasked."""
