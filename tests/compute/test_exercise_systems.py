"""A short run of the campaign of exercises: their keys are worked out by hand-written formulas."""

from __future__ import annotations

import pytest

from tests.campaigns.exercise_systems import SYSTEMS, System
from tests.campaigns.exercises import Found, check


def test_there_is_one_for_each_of_the_thirteen() -> None:
    assert [system.row for system in SYSTEMS] == list(range(1, 14))


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_keys_and_what_follows_from_a_slip_are_as_by_hand(system: System) -> None:
    found = Found()
    check(system, 1, found)
    assert not found.wrong
    assert found.exercises == 1
    assert found.named == found.planted
