"""What a document may ask for is one number, and it is asked before anything is allocated."""

from __future__ import annotations

import pytest

from compute import budget
from compute.cli import main
from compute.errors import GradwireError


def test_it_is_a_quarter_of_the_memory_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(budget.VARIABLE, raising=False)
    assert 2**28 < budget.memory_there_is() < 2**50
    assert budget.limit() == budget.memory_there_is() // 4


@pytest.mark.parametrize(
    ("written", "size"), [("500 MB", 500_000_000), ("4GB", 4 * 10**9), ("1.5 g", 1_500_000_000), ("2048", 2048)]
)
def test_the_variable_sets_it(monkeypatch: pytest.MonkeyPatch, written: str, size: int) -> None:
    monkeypatch.setenv(budget.VARIABLE, written)
    assert budget.limit() == size
    budget.require(size, "it", "")
    with pytest.raises(
        GradwireError, match=r"^it needs .* of memory and the limit is .* \(set by GRADWIRE_MEMORY\); do that\.$"
    ):
        budget.require(size + 1, "it", "do that")


@pytest.mark.parametrize("written", ["much", "0", "-3 GB", "1e9", "5 parsecs", "9" * 40])
def test_what_is_no_size_is_refused(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv(budget.VARIABLE, written)
    with pytest.raises(GradwireError, match=r"GRADWIRE_MEMORY is .*; write a size such as"):
        budget.limit()


def test_a_refusal_says_the_size_and_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(budget.VARIABLE, raising=False)
    monkeypatch.setattr(budget, "memory_there_is", lambda: 8 * 10**9)
    with pytest.raises(GradwireError) as caught:
        budget.require(10**400, "Dense h", "make it smaller")
    assert str(caught.value) == (
        "Dense h needs more than 1000 TB of memory and the limit is 2 GB (a quarter of what there is; GRADWIRE_MEMORY "
        "sets another); make it smaller."
    )


def test_a_variable_that_is_no_size_is_said_before_anything_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(budget.VARIABLE, "lots")
    assert main(["trace", "nowhere.json"]) == 2
    assert capsys.readouterr().err == (
        'error: GRADWIRE_MEMORY is "lots"; write a size such as 500 MB or 4 GB, or leave it out\n'
    )
    # The window is not opened either: that would be exit status 0.
    assert main([], edit=lambda *call: 0) == 2


def test_a_control_group_limits_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "_cgroup_limits", lambda: [10**9, 2**62])
    budget.memory_there_is.cache_clear()
    try:
        assert budget.memory_there_is() == 10**9
    finally:
        budget.memory_there_is.cache_clear()
