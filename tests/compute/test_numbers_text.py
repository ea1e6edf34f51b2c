"""Numbers are short, have a true minus sign, and nan, infinity and 0 cannot be mistaken."""

from __future__ import annotations

import math
import timeit

import numpy as np
import pytest

from compute.numbers_text import Format, choose, mean_and_spread, precise, short, shown, summary, tex
from compute.tsv import tsv


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


@pytest.mark.parametrize(
    ("format_", "texts"),
    [
        (Format(), ["−0.0123", "3.14", "1234568", "0", "NaN", "−∞"]),
        (Format("significant", 5), ["−0.012346", "3.1416", "1.2346e6", "0", "NaN", "−∞"]),
        (Format("fixed", 2), ["−0.01", "3.14", "1234567.89", "0.00", "NaN", "−∞"]),
        (Format("fixed", 0), ["0", "3", "1234568", "0", "NaN", "−∞"]),
        (Format("scientific", 1), ["−1.2e-2", "3.1e0", "1.2e6", "0.0e0", "NaN", "−∞"]),
        (Format("full"), ["−0.0123456789", "3.141592653589793", "1234567.89", "0", "NaN", "−∞"]),
    ],
)
def test_a_format_is_chosen_for_all_numbers_of_tensors(format_: Format, texts: list[str]) -> None:
    numbers = (-0.0123456789, math.pi, 1234567.89, 0.0, math.nan, -math.inf)
    if format_.kind == "short":
        texts = [*texts[:2], short(1234567.89), *texts[3:]]
    assert [format_.text(x) for x in numbers] == texts
    assert max(len(format_.text(x)) for x in (-0.0123456789, math.pi)) <= len(format_.widest)
    choose(format_)
    try:
        assert [shown(x) for x in numbers] == texts
    finally:
        choose(Format())


def test_with_all_digits_a_number_reads_back_as_itself() -> None:
    for x in np.random.default_rng(1).normal(size=200) * 10.0 ** np.arange(-100, 100):
        assert float(Format("full").text(float(x)).replace("−", "-")) == x
    assert Format("fixed", 3).text(1e300) == "1.000e300"


def test_a_table_is_text_with_tabs_and_every_digit() -> None:
    assert tsv([[0.1, -2.0], [1e-7, math.nan]]) == "0.1\t-2\n1e-7\tnan"
    named = tsv([[1.0, None], ["a\tb", 2.0]], ["r 0", "r\n1"], ["x", "y"])
    assert named == "\tx\ty\nr 0\t1\t\nr 1\ta b\t2"
    assert tsv([[1.0]], None, ["x"]) == "x\n1"
