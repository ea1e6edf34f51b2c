"""Numbers are short, have a true minus sign, and nan, infinity and 0 cannot be mistaken."""

from __future__ import annotations

import math
import timeit

import numpy as np
import pytest

from compute.numbers_text import mean_and_spread, precise, short, summary, tex


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (-0.0121, "−0.0121"),
        (0.18404, "0.184"),
        (2.0, "2"),
        (-4.0, "−4"),
        (0.0013, "1.3e-3"),
        (-0.0088, "−8.8e-3"),
        (0.009999, "0.01"),
        (0.01, "0.01"),
        (999.4, "999"),
        (999.6, "1000"),
        (12345.4, "12345"),
        (99999.6, "1e5"),
        (1.234e-12, "1.23e-12"),
        (-6.02e23, "−6.02e23"),
        (math.nan, "NaN"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
    ],
)
def test_short(x: float, text: str) -> None:
    assert short(x) == text
    assert short(np.float64(x)) == text


@pytest.mark.parametrize(
    ("x", "text", "formula"),
    [
        (0.0, "0", "0"),
        (4 / 3, "1.333", "1.333"),
        (-0.00877135, "−0.008771", "-0.008771"),
        (1.23456e-5, "1.235e-5", r"1.235 \cdot 10^{-5}"),
        (1e-8, "1e-8", r"10^{-8}"),
        (-5e7, "−5e7", r"-5 \cdot 10^{7}"),
        (123456.0, "123456", "123456"),
        (math.nan, "NaN", r"\mathrm{NaN}"),
        (-math.inf, "−∞", r"-\infty"),
    ],
)
def test_precise_and_tex(x: float, text: str, formula: str) -> None:
    assert precise(x) == text
    assert tex(x) == formula


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([0.02 - 0.9, 0.02 + 0.9], "0.02 ± 0.9"),
        ([-1.84 - 2.1, -1.84 + 2.1], "−1.8 ± 2.1"),
        ([3.0], "3"),
        ([3.0, 3.0], "3 ± 0"),
        ([1e-18, -1.0, 1.0], "0 ± 0.82"),
        ([1.0, math.nan, 2.0], "NaN in 1 of 3"),
        ([1.0, math.inf, math.inf], "∞ in 2 of 3"),
        ([math.inf, -math.inf], "∞ in 2 of 2"),
        ([], "no numbers"),
    ],
)
def test_summary(values: list[float], text: str) -> None:
    assert summary(np.array(values)) == text


def test_a_summary_of_huge_numbers_is_a_number_in_every_type() -> None:
    assert summary(np.array([-3e38, 3e38, 3e38], np.float32)) == "1e38 ± 2.83e38"
    assert summary(np.array([-1e308, 1e308])) == "0 ± 1e308"
    assert summary(np.array([1.7e308, 1.7e308])) == "1.7e308 ± 0"
    assert summary(np.array([3e38, np.inf], np.float32)) == "∞ in 1 of 2"
    mean, spread = mean_and_spread(np.array([1e30, 3e30], np.float32))
    assert (mean, spread) == pytest.approx((2e30, 1e30), rel=1e-6)


def test_a_label_costs_less_than_two_microseconds() -> None:
    values = (np.random.default_rng(0).normal(size=1000) * 10.0 ** np.arange(-5, 5).repeat(100)).tolist()
    best = min(timeit.repeat(lambda: [short(x) for x in values], number=1, repeat=20))
    assert best / len(values) < 2e-6
