"""Arithmetic that is written once means the same in NumPy, in OpenCL C and on the board."""

from __future__ import annotations

import numpy as np
import pytest

from compute.explain.arithmetic import numeric, symbolic
from compute.expression import Expression, Host

LETTERS = {"a": 3.0, "b": -0.5, "r": 0.9, "t": 4, "x": np.array([1.0, 4.0, 9.0])}


def test_numbers_and_arrays() -> None:
    assert Expression("a - b*a").value(LETTERS) == 4.5
    np.testing.assert_array_equal(Expression("sqrt(x)/(a + 1) - square(b)").value(LETTERS), [0.0, 0.25, 0.5])
    assert Expression("1 - r**t").value(LETTERS) == 1 - 0.9**4
    np.testing.assert_allclose(Expression("r**t").value({"r": 0.9, "t": np.arange(1, 4)}), [0.9, 0.81, 0.729])
    with pytest.raises(NameError):
        Expression("open(x)").value(LETTERS)


@pytest.mark.parametrize(
    ("text", "kernel"),
    [
        ("x + a*x", "x + a * x"),
        ("(1 - a)*square(x)", "k1 * (x * x)"),
        ("x/(1 - r**t)", "x * k1"),
        ("a*b*x", "k1 * x"),
        ("-a*(x/(sqrt(x) + b))", "k1 * (x / (sqrt(x) + b))"),
        ("x*(x - 2)", "x * (x - 2)"),
    ],
)
def test_what_needs_no_array_is_left_to_the_host(text: str, kernel: str) -> None:
    host = Host(frozenset("abrt"))
    expression = Expression(text)
    rest = host.kernel(expression)
    assert rest == kernel
    parts = {name: part.value(LETTERS) for name, part in host.parts.items()}
    found = Expression(rest).value({**parts, "x": LETTERS["x"]})
    np.testing.assert_allclose(found, expression.value(LETTERS), rtol=1e-14)


def test_equal_parts_have_one_name() -> None:
    host = Host(frozenset("ab"))
    assert [host.kernel(Expression(text)) for text in ("x*(1 - a)", "x + (1-a)", "x*(a - b)", "a*x")] == [
        "x * k1", "x + k1", "x * k2", "a * x"
    ]  # fmt: skip
    assert host.comments() == ["// k1 = 1 - a", "// k2 = a - b"]


def test_a_power_in_the_kernel_is_refused() -> None:
    with pytest.raises(ValueError, match=r"x \*\* 3: only the host works out powers; write square\(x\)"):
        Host(frozenset("a")).kernel(Expression("a + x**3"))


def test_latex() -> None:
    symbols = {"a": r"\alpha", "b": r"\beta_1", "t": "t", "x": r"\frac{\partial L}{\partial w}", "y": "y"}
    numbers = {"a": 0.5, "b": 0.9, "t": 3.0, "x": -8.0, "y": 1e-8}
    settings = {"a": 0.5, "b": 0.9}
    slope = symbols["x"]
    for text, rule, worked in (
        ("b*y + (1 - b)*square(x)", rf"\beta_1\,y + (1 - \beta_1)\,\left({slope}\right)^2",
         r"0.9 \cdot 10^{-8} + 0.1 \cdot (-8)^2"),
        ("y/(1 - b**t)", r"\frac{y}{1 - \beta_1^{t}}", r"\frac{10^{-8}}{1 - 0.9^{3}}"),
        ("-a*(x + y)", rf"-\alpha\,\left({slope} + y\right)", r"-0.5 \cdot (-8 + 10^{-8})"),
        ("y - x", f"y - {slope}", "10^{-8} - (-8)"),
        ("square(y - a)", r"(y - \alpha)^2", "(10^{-8} - 0.5)^2"),
        ("sqrt(y)*-x", rf"\sqrt{{y}}\,(-{slope})", r"\sqrt{10^{-8}} \cdot (-(-8))"),
        ("square(y)", "y^2", "(10^{-8})^2"),
        ("2*y", r"2\,y", r"2 \cdot 10^{-8}"),
    ):  # fmt: skip
        assert " ".join(symbolic(Expression(text), symbols)) == rule
        assert " ".join(numeric(Expression(text), numbers, settings)) == worked
    assert numeric(Expression("b*y + (1 - b)*y"), numbers, settings) == [r"0.9 \cdot 10^{-8}", r"+ 0.1 \cdot 10^{-8}"]
