"""Short runs of the campaigns: mutated files are opened or refused in order, and no kill loses a document."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from compute.cli import main
from compute.document import save
from compute.errors import LONGEST, printable
from compute.explain import gradients
from compute.export import FORMATS
from compute.gallery import GALLERY, load_entry
from compute.reference import ReferenceEngine
from tests.campaigns import (
    faults,
    formats,
    fuzz_documents,
    keras_mutations,
    kills,
    onnx_mutations,
    round_trips,
    walks,
)
from tests.campaigns.mutations import case


@pytest.mark.timeout(600)
def test_mutated_documents_are_opened_or_refused_in_a_sentence() -> None:
    found = list(fuzz_documents.findings(seed=0, first=0, count=120))
    assert not found, "\n".join(f"{each.number} ({each.mutation}): {each.wrong}" for each in found)


def test_mutated_models_are_imported_or_refused_in_a_sentence() -> None:
    peak = fuzz_documents.Peak()
    for number in range(40):
        mutation, data = onnx_mutations.case(0, number)
        wrong = fuzz_documents.try_model(data, peak)
        assert not wrong, f"{number} ({mutation}): {wrong}"


def test_mutated_archives_are_imported_or_refused_in_a_sentence() -> None:
    peak = fuzz_documents.Peak()
    for number in range(30):
        mutation, data = keras_mutations.case(0, number)
        wrong = fuzz_documents.try_archive(data, peak)
        assert not wrong, f"{number} ({mutation}): {wrong}"
    # An offset beyond all files, and a number beyond all numbers.
    for number in (944, 1273):
        wrong = fuzz_documents.try_archive(keras_mutations.case(11, number)[1], peak)
        assert not wrong, f"{number}: {wrong}"


def test_a_case_follows_from_its_number() -> None:
    assert case(3, 5) == case(3, 5)
    assert len({case(3, number)[1] for number in range(20)}) == 20


def test_the_walks_of_the_gallery_end_with_every_number_right(monkeypatch: pytest.MonkeyPatch) -> None:
    tallies = [tally for entry in GALLERY for tally in walks.walked(entry.id, most=8)]
    assert [sentence for tally in tallies for sentence in tally.wrong] == []
    assert sum(tally.sides for tally in tallies) > 200
    assert sum(tally.lines for tally in tallies) > 1000
    # A slope that is wrong by a hundredth is seen.
    slope_at = gradients.slope_at
    monkeypatch.setattr(gradients, "slope_at", lambda *asked: 1.01 * slope_at(*asked))
    assert any(tally.wrong for tally in walks.walked("mazur_2_2_2"))


@pytest.mark.parametrize("suffix", [".json", ".gradwire"])
def test_a_kill_leaves_a_whole_document_and_what_it_left_goes_at_the_next_save(suffix: str) -> None:
    tally = kills.run(kills=20, seed=1, suffix=suffix)
    assert (tally.kills, tally.wrong) == (20, [])


NASTY = "\x1b[2J\x1b]0;title\x07\0\r\n\u202e" + "long " * 200


@pytest.mark.parametrize(
    "command",
    [["trace"], ["trace", "--plan"], ["check"], ["train", "--epochs", "1"], ["export", "--to", "w.npz"]],
    ids=" ".join,
)
def test_no_name_in_a_document_reaches_the_terminal_as_a_command(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    document = load_entry("xor")
    document.name = NASTY
    for node_id, node in list(document.graph.nodes.items()):
        document.graph.nodes[node_id] = replace(node, title=NASTY)
    document.weights[NASTY] = np.ones(1)
    save(document, "a.json")
    assert main([command[0], "a.json", *command[1:], "--engine", "reference"]) == 0
    document.graph.wires.popitem()
    save(document, "a.json")
    assert main([command[0], "a.json", *command[1:], "--engine", "reference"]) == 2
    out, err = capsys.readouterr()
    assert "␛[2J" in out + err
    for line in (out + err).split("\n"):
        assert printable(line) == line
    assert max(map(len, err.splitlines())) <= LONGEST + len("error: ")


def test_planted_faults_are_named_by_node_row_step_and_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    engines = [(ReferenceEngine(), np.float64)]
    named, wrong = faults.run(2 * len(faults.PLANTERS), engines)
    assert wrong == []
    assert len(named) == len(set(faults.PLANTERS))
    # A search that looks at gradients only is found out.
    monkeypatch.setattr("compute.watches.fault.first_not_finite", lambda _analysis, _trace: None)
    assert faults.run(1, engines)[1]


def test_random_graphs_leave_in_every_format_as_they_compute() -> None:
    tally = formats.Tally()
    assert formats.random_graphs(3, tally) > 0
    assert tally.wrong == []
    assert {known.title for known in FORMATS if not known.lacking} - {"C source"} <= tally.largest.keys()


def test_random_graphs_come_back_as_they_left() -> None:
    sent, tally = round_trips.run(8)
    assert tally.wrong == []
    assert sent == tally.back[".onnx"] == tally.back[".keras"] > 3
    assert tally.equal[".npz"] == tally.back[".npz"] == tally.equal[".safetensors"] > 0
    assert max(tally.largest.values()) <= round_trips.NEAR
