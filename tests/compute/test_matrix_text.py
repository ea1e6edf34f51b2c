"""Matrices as people type and paste them."""

from __future__ import annotations

import pytest

from compute.matrix_text import MOST, cells_of, matrix_of, used, written

A = [[6.0, 2.0, 3.0], [1.0, 5.0, 7.0]]


@pytest.mark.parametrize(
    "text",
    [
        "6 2 3; 1 5 7",
        "(6 2 3; 1 5 7)",
        "6, 2, 3; 1, 5, 7",
        "[[6, 2, 3], [1, 5, 7]]",
        "[[6. 2. 3.]\n [1. 5. 7.]]",
        "6\t2\t3\n1\t5\t7\n",
        "6\t2\t3\r\n1\t5\t7\r\n",
        "6 2 3\n1 5 7",
        r"\begin{bmatrix} 6 & 2 & 3 \\ 1 & 5 & 7 \end{bmatrix}",
        r"\begin{array}{ccc} 6 & 2 & 3 \\ 1 & 5 & 7 \end{array}",
    ],
)
def test_many_ways_to_write_the_same_matrix(text: str) -> None:
    assert matrix_of(cells_of(text)) == A


def test_fractions_minus_signs_and_decimal_commas() -> None:
    assert matrix_of(cells_of("1/3 −2; -0.5 2^3")) == [[1 / 3, -2.0], [-0.5, 8.0]]
    assert matrix_of(cells_of("0,5\t1,25")) == [[0.5, 1.25]]
    assert matrix_of(cells_of("(1, 7, 5)")) == [[1.0, 7.0, 5.0]]


def test_empty_rows_and_columns_are_none_and_an_empty_cell_is_named() -> None:
    assert used([["1", "", "2"], ["", "", ""], ["3", "", "4"]]) == [["1", "2"], ["3", "4"]]
    with pytest.raises(ValueError, match="Row 1 has no number in column 1; type one"):
        matrix_of([["1", "2"], ["3"]])
    with pytest.raises(ValueError, match="Row 0, column 1: “x” is not known here"):
        matrix_of([["1", "x"]])
    for nothing in ([], [[""]]):
        with pytest.raises(ValueError, match="has no numbers"):
            matrix_of(nothing)


def test_nothing_and_too_much_are_refused() -> None:
    for text in ("", " ; ", "[[]]"):
        with pytest.raises(ValueError, match="There is no matrix in that"):
            cells_of(text)
    assert len(cells_of("1\n" * MOST)) == MOST
    for text in ("1\n" * (MOST + 1), "1 " * (MOST + 1)):
        with pytest.raises(ValueError, match=f"at most {MOST} rows and columns"):
            cells_of(text.strip())


def test_what_is_written_reads_back() -> None:
    for value in (2.0, -0.5, 1 / 3, 1e-9, 6.02e23):
        assert matrix_of([[written(value)]]) == [[value]]
    assert [written(v) for v in (2.0, -0.5, 1e-9, 1e23)] == ["2", "-0.5", "1e-9", "1e23"]
