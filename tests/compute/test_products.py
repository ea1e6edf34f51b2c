"""Subscripts of sums of products: letters, and sums of them."""

from __future__ import annotations

import pytest

from compute.products import Subscript, subscripts


def test_letters_and_sums_of_letters() -> None:
    assert subscripts("ik") == (Subscript((("i", 1),)), Subscript((("k", 1),)))
    assert subscripts("") == ()
    batch, seen, channel = subscripts("b,2*t+k-1,c")
    assert (batch.letter, seen.letter, channel.letter) == ("b", "", "c")
    assert seen == Subscript((("t", 2), ("k", 1)), -1)
    assert seen.at({"t": 3, "k": 2}) == 7
    assert subscripts("-t+4")[0].at({"t": 1}) == 3
    assert subscripts("t+t")[0] == Subscript((("t", 2),))


@pytest.mark.parametrize("text", ["b,,c", "t k", "t+", "2t", "t*2", "t+K", "tk+1"])
def test_what_is_no_sum_of_letters_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no sum of letters such as 2\*t\+k-1"):
        subscripts(text)
