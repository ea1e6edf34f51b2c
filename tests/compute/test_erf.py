"""The error function against that of the C library, and where nothing is left of it."""

from __future__ import annotations

import math

import numpy as np

from compute.erf import erf, erfc


def test_as_the_c_library_has_it() -> None:
    x = np.concatenate([np.linspace(-6, 27, 5001), np.linspace(-1.3, 1.3, 1001), [0.84375, 1.25, 1 / 0.35, 1e-300]])
    for ours, theirs in ((erf, math.erf), (erfc, math.erfc)):
        wanted = np.array([theirs(each) for each in x])
        there = np.abs(wanted) > 1e-300
        np.testing.assert_allclose(ours(x)[there], wanted[there], rtol=2e-15)


def test_the_ends_and_what_is_no_number() -> None:
    x = np.array([-np.inf, -40.0, 40.0, np.inf, np.nan, -0.0])
    np.testing.assert_array_equal(erf(x), [-1, -1, 1, 1, np.nan, 0])
    np.testing.assert_array_equal(erfc(x), [2, 2, 0, 0, np.nan, 1])
    assert np.signbit(erf(x)[-1])


def test_shape_and_type_are_kept() -> None:
    assert erf(np.zeros((2, 0, 3), np.float32)).shape == (2, 0, 3)
    assert erfc(np.ones(3, np.float32)).dtype == np.float32
    assert erf(np.arange(3)).dtype == np.float64
    assert float(erf(np.array(0.5))) == math.erf(0.5)
