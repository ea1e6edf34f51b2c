"""The error function of each entry, by the rational approximations of W. J. Cody's kind that the C library uses.

Within an ulp or so of float64; NumPy has none of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

# From FreeBSD's msun, s_erf.c: "Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved. Developed at SunPro,
# a Sun Microsystems, Inc. business. Permission to use, copy, modify, and distribute this software is freely granted,
# provided that this notice is preserved." Each pair is numerator and denominator, by rising powers.
_ERX = 8.45062911510467529297e-01
_NEAR = (
    (
        1.28379167095512558561e-01,
        -3.25042107247001499370e-01,
        -2.84817495755985104766e-02,
        -5.77027029648944159157e-03,
        -2.37630166566501626084e-05,
    ),
    (
        1.0,
        3.97917223959155352819e-01,
        6.50222499887672944485e-02,
        5.08130628187576562776e-03,
        1.32494738004321644526e-04,
        -3.96022827877536812320e-06,
    ),
)
_ONE = (
    (
        -2.36211856075265944077e-03,
        4.14856118683748331666e-01,
        -3.72207876035701323847e-01,
        3.18346619901161753674e-01,
        -1.10894694282396677476e-01,
        3.54783043256182359371e-02,
        -2.16637559486879084300e-03,
    ),
    (
        1.0,
        1.06420880400844228286e-01,
        5.40397917702171048937e-01,
        7.18286544141962662868e-02,
        1.26171219808761642112e-01,
        1.36370839120290507362e-02,
        1.19844998467991074170e-02,
    ),
)
_MIDDLE = (
    (
        -9.86494403484714822705e-03,
        -6.93858572707181764372e-01,
        -1.05586262253232909814e01,
        -6.23753324503260060396e01,
        -1.62396669462573470355e02,
        -1.84605092906711035994e02,
        -8.12874355063065934246e01,
        -9.81432934416914548592e00,
    ),
    (
        1.0,
        1.96512716674392571292e01,
        1.37657754143519042600e02,
        4.34565877475229228821e02,
        6.45387271733267880336e02,
        4.29008140027567833386e02,
        1.08635005541779435134e02,
        6.57024977031928170135e00,
        -6.04244152148580987438e-02,
    ),
)
_FAR = (
    (
        -9.86494292470009928597e-03,
        -7.99283237680523006574e-01,
        -1.77579549177547519889e01,
        -1.60636384855821916062e02,
        -6.37566443368389627722e02,
        -1.02509513161107724954e03,
        -4.83519191608651398019e02,
    ),
    (
        1.0,
        3.03380607434824582924e01,
        3.25792512996573918826e02,
        1.53672958608443695994e03,
        3.19985821950859553908e03,
        2.55305040643316442583e03,
        4.74528541206955367215e02,
        -2.24409524465858183362e01,
    ),
)


def _ratio(parts: Any, s: Array) -> Array:
    above, below = (np.polynomial.polynomial.polyval(s, part) for part in parts)
    return np.asanyarray(above / below)


def erfc(x: Array) -> Array:
    """1 − erf(x) of each entry, without loss where it is small; computed in float64, in the type of ``x``. An array
    that has a method ``whole`` takes this for one function, and is not looked into."""
    whole = getattr(x, "whole", None)
    if whole is not None:
        return np.asanyarray(whole(erfc))
    kind, x = _kind(x), np.asarray(x, dtype=np.float64)
    size = np.abs(x)
    out = np.full(x.shape, np.nan)
    near = size < 0.84375
    v = x[near]
    r = v * _ratio(_NEAR, v * v)
    out[near] = np.where(v < 0.25, 1.0 - (v + r), 0.5 - (r + (v - 0.5)))
    one = (size >= 0.84375) & (size < 1.25)
    p = _ratio(_ONE, size[one] - 1.0)
    out[one] = np.where(x[one] >= 0, 1.0 - _ERX - p, 1.0 + (_ERX + p))
    for parts, low, high in ((_MIDDLE, 1.25, 1 / 0.35), (_FAR, 1 / 0.35, 28.0)):
        here = (size >= low) & (size < high)
        v = size[here]
        # The square is taken of a number that has few digits, so that it is exact.
        z = (v.view(np.uint64) & np.uint64(0xFFFFFFFF00000000)).view(np.float64)
        tail = np.exp(-z * z - 0.5625) * np.exp((z - v) * (z + v) + _ratio(parts, 1.0 / (v * v))) / v
        out[here] = np.where(x[here] > 0, tail, 2.0 - tail)
    out[size >= 28.0] = np.where(x[size >= 28.0] > 0, 0.0, 2.0)
    return out.astype(kind)


def erf(x: Array) -> Array:
    """2/√π · ∫₀ˣ e^(−t²) dt of each entry; computed in float64, in the type of ``x``."""
    kind, x = _kind(x), np.asarray(x, dtype=np.float64)
    near = np.abs(x) < 0.84375
    v = x[near]
    out = np.array(np.sign(x) * (1.0 - erfc(np.abs(x))))
    out[near] = v + v * _ratio(_NEAR, v * v)
    return out.astype(kind)


def _kind(x: Array) -> npt.DTypeLike:
    kind = np.asarray(x).dtype
    return kind if kind.kind == "f" else np.float64
