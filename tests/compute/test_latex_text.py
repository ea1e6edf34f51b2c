"""Formulas as plain text: each of the gallery's lessons, and what they are made of."""

from __future__ import annotations

import re

import pytest

from compute.gallery import GALLERY, load_entry
from compute.latex_text import latex_text
from compute.lessons.text import formulas_in


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"L = z \cdot f", "L = z · f"),
        (r"\frac{dL}{dx} = \frac{1}{x^2} \cdot 2x", "dL/dx = 1/x² · 2x"),
        (r"\frac{\partial L}{\partial z} = \frac{p - y}{B}", "∂L/∂z = (p − y)/B"),
        (r"p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}", "pₖ = e^(zₖ)/(∑ⱼ e^(zⱼ))"),
        (r"A_{1,2} = A^T_{2,1}", "A[1,2] = Aᵀ[2,1]"),
        (r"\alpha \to \infty, \text{size} \ge \frac{1}{2}", "α → ∞, size ≥ 1/2"),
        (r"\begin{bmatrix} 1 & 2 \\ 3 & -4 \end{bmatrix}", "(1, 2; 3, −4)"),
        (r"\tanh", "tanh"),
        (r"\frac{1}{1 + e^{-0.3775}}", "1/(1 + e^(−0.3775))"),
        (r"\frac{\broken", "frac broken"),
    ],
)
def test_a_formula_is_read_in_one_line(latex: str, text: str) -> None:
    assert latex_text(latex) == text


def test_no_formula_of_the_lessons_has_latex_left_in_it() -> None:
    found = 0
    for entry in GALLERY:
        lesson = load_entry(entry.id).lesson
        for step in lesson.steps if lesson else ():
            for each in formulas_in(step.text):
                found += 1
                assert not re.search(r"[\\{}$_]|frac|cdot|partial", latex_text(each)), each
    assert found > 30
