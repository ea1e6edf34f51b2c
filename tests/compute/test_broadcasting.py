"""What is used many times says so, where it happens and where its gradient is added up."""

from __future__ import annotations

import numpy as np
import pytest

from compute.explain import Facts, Quantity, tell
from compute.explain.broadcasting import repeated
from compute.gallery import load_entry
from compute.reference import ReferenceRun
from compute.shapes import Shape
from compute.workspace import open_document


@pytest.mark.parametrize(
    ("small", "full", "words"),
    [
        ((2,), (4, 2), "each of the 4 rows"),
        ((2,), ("B", 2), "each row of the batch"),
        ((4, 1), (4, 2), "each of the 2 columns"),
        ((1, 2), (4, 2), "each of the 4 rows"),
        ((), (2, 3), "each of the 6 entries"),
        ((), ("B", 2), "each entry of the batch"),
        ((3,), ("B", 5, 3), "each entry of the batch"),
        ((4, 2), (4, 2), ""),
        ((), (), ""),
        ((1, 1), (1, 1), ""),
    ],
)
def test_what_the_numbers_of_a_shape_are_used_for(small: Shape, full: Shape, words: str) -> None:
    assert repeated(small, full)[0] == words


def facts_of(entry_id: str) -> Facts:
    document = load_entry(entry_id)
    program = open_document(document, strict=False).program
    trace = ReferenceRun(program).trace(np.arange(program.rows))
    return Facts(document.graph, program.analysis, document.training.loss, trace)


def sentence(entry_id: str, *quantity: str) -> str:
    return tell(facts_of(entry_id), Quantity(*quantity)).sentence  # type: ignore[arg-type]


def test_b_is_used_for_each_row_and_its_gradient_is_the_sum_over_them() -> None:
    assert sentence("batch_matrix", "value", "Z").endswith("gives 2.5. b (2) is used for each of the 4 rows.")
    for asked in (("wire", "Z", "b"), ("gradient", "b"), ("weight gradient", "b", "value")):
        assert sentence("batch_matrix", *asked) == (
            "Add Z repeats this entry of b 4 times (broadcast), so 4 contributions add up. "
            "b (2) is used for each of the 4 rows, so its gradient is the sum over the rows."
        )


def test_the_bias_of_a_layer_too_and_its_weights_not() -> None:
    assert sentence("xor", "value", "h").endswith("plus h.bias[1]. h.bias (2) is used for each of the 4 rows.")
    assert sentence("xor", "weight gradient", "h", "bias").endswith(
        "added up over 4 entries. h.bias (2) is used for each of the 4 rows, so its gradient is the sum over the rows."
    )
    assert "used for" not in sentence("xor", "weight gradient", "h", "weight")
    assert "used for" not in sentence("xor", "value", "a")


def test_a_scalar_is_used_for_each_entry() -> None:
    assert sentence("matrix_playground", "value", "sA").endswith("s is used for each of the 6 entries.")
