"""The JSON text of a document is written in pieces, with news of how far it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute.document import Document, save, text


def json_values() -> st.SearchStrategy[Any]:
    """Plain JSON values of every form, lists of one kind and mixed."""
    leaf = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text()
    return st.recursive(leaf, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=25)


@given(json_values())
def test_the_text_in_pieces_is_the_text_at_once(value: Any) -> None:
    parts = list(text.pieces(value))
    assert b"".join(parts) == msgspec.json.format(msgspec.json.encode(value), indent=1)
    assert len(parts) == text.count(value)


def test_a_long_list_is_written_in_pieces() -> None:
    value = {"columns": {"a": [i / 7 for i in range(3 * text.LONGEST + 1)]}}
    parts = list(text.pieces(value))
    assert b"".join(parts) == msgspec.json.format(msgspec.json.encode(value), indent=1)
    assert max(map(len, parts)) < 200_000
    assert len(parts) == text.count(value) > 6


def test_saving_tells_how_far_it_is_and_can_be_called_off(tmp_path: Path) -> None:
    document = Document(weights={"h.weight": np.ones((300, 4))})
    shares: list[float] = []
    save(document, tmp_path / "a.json", shares.append)
    assert shares == sorted(shares)
    assert len(shares) > 300
    assert 0 <= shares[0] < 0.1 < 0.9 < shares[-1] < 1

    class Enough(Exception):
        pass

    def stop(share: float) -> None:
        if share > 0.5:
            raise Enough

    before = (tmp_path / "a.json").read_bytes()
    with pytest.raises(Enough):
        save(document, tmp_path / "a.json", stop)
    assert (tmp_path / "a.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
