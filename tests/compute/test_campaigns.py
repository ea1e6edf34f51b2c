"""Short runs of the campaigns: mutated files are opened or refused in order, and no kill loses a document."""

from __future__ import annotations

import pytest

from tests.campaigns import fuzz_documents, kills
from tests.campaigns.mutations import case


def test_mutated_documents_are_opened_or_refused_in_a_sentence() -> None:
    found = list(fuzz_documents.findings(seed=0, first=0, count=120))
    assert not found, "\n".join(f"{each.number} ({each.mutation}): {each.wrong}" for each in found)


def test_a_case_follows_from_its_number() -> None:
    assert case(3, 5) == case(3, 5)
    assert len({case(3, number)[1] for number in range(20)}) == 20


@pytest.mark.parametrize("suffix", [".json", ".gradwire"])
def test_a_kill_leaves_a_whole_document_and_what_it_left_goes_at_the_next_save(suffix: str) -> None:
    tally = kills.run(kills=20, seed=1, suffix=suffix)
    assert (tally.kills, tally.wrong) == (20, [])
