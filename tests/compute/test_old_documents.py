"""Documents that earlier versions wrote (``tests/documents``, made by ``tests.campaigns.old_documents``): each opens,
has its weights to the last digit, gives the numbers that its version computed, and is the same once it is saved again.

On the machine that made them, and with its wider vectors switched off, those are the same bits; a processor with other
instructions rounds its last digits otherwise (5e-14 of a number without AVX2)."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compute.cli.commands import trace_json
from compute.document import Document, load, plain, save, to_json
from compute.reference import ReferenceRun
from compute.schema import document_schema
from compute.workspace import open_document
from tests.campaigns.old_documents import MADE, OUT
from tests.compute.schema_check import wrong

SCHEMA = json.loads(json.dumps(document_schema()))
NEW: dict[str, Callable[[Document], object]] = {
    "first": lambda d: d.graph.frames["frame"].title == "hidden layer",
    "records": lambda d: d.graph.notes["n"].text == "$xW + b$" and d.graph.nodes["s"].off == "mute",
    "momentum": lambda d: d.progress is not None and d.progress.optimizer.updates == 9,
    "locked": lambda d: d.graph.nodes["z"].locked,
    "fitted": lambda d: d.progress is not None and d.progress.fitted is not None,
    "lesson": lambda d: d.lesson is not None and [step.id for step in d.lesson.steps] == ["one", "two"],
    "exercise": lambda d: d.exercise is not None and len(d.exercise.asked) == 2,
    "opening": lambda d: d.opening is not None and d.opening.locked == ("export",),
    "missing": lambda d: d.data["prepare"]["petal width"]["missing"] == "median",
    "split": lambda d: d.data["split"] == "stratified",
    "schedule": lambda d: d.training.schedule["name"] == "cosine" and d.training.clip_value == 0.5,
    "watches": lambda d: d.watches[0].kind == "norm",
    "runs": lambda d: d.runs.kept[0].origin.name == "wider",
    "turns": lambda d: d.progress is not None and d.progress.turns[0].what == "learning rate",
    "best": lambda d: d.progress is not None and d.progress.best is not None,
    "class_weights": lambda d: d.graph.nodes["loss"].params["label_smoothing"] == 0.1,
}
"""What was new in the files of each version."""
EACH = [
    pytest.param(OUT / f"{name}{ending}", id=f"{name}{ending}") for name in MADE for ending in (".json", ".gradwire")
]


def traced(document: Document) -> Any:
    workspace = open_document(document)
    assert not workspace.problems
    program = workspace.program
    table = workspace.prepared.values if workspace.prepared else {}
    whole = replace(program, train=table, rows=12)
    found = ReferenceRun(whole).trace(np.array([0, 3, 7]))
    return json.loads(json.dumps(plain(trace_json(document.graph, found))))


@pytest.mark.parametrize("path", EACH)
def test_it_opens_and_gives_the_numbers_that_it_gave(path: Path) -> None:
    document = load(path)
    name = path.stem
    assert NEW[name](document)
    assert document.extra["of another program"] == {"kept": True}
    recorded = json.loads((OUT / f"{name}.trace.json").read_text(encoding="utf-8"))
    found = traced(document)
    for weight, told in recorded["parameters"].items():
        assert found["parameters"][weight]["value"] == told["value"], weight
    same(found, recorded, "")


def same(found: Any, recorded: Any, where: str) -> None:
    """The same numbers, but for how a processor rounds."""
    if isinstance(recorded, dict):
        assert found.keys() == recorded.keys(), where
        for name, each in recorded.items():
            same(found[name], each, f"{where}.{name}")
    elif isinstance(recorded, list):
        assert len(found) == len(recorded), where
        for i, each in enumerate(recorded):
            same(found[i], each, f"{where}[{i}]")
    elif isinstance(recorded, float):
        assert math.isclose(found, recorded, rel_tol=1e-12, abs_tol=1e-15), where
    else:
        assert found == recorded, where


@pytest.mark.parametrize("path", EACH)
def test_saved_again_it_is_the_same_to_the_last_digit(path: Path, tmp_path: Path) -> None:
    document = load(path)
    for ending in (".json", ".gradwire"):
        copy = tmp_path / f"copy{ending}"
        save(document, copy)
        again = load(copy)
        assert to_json(again) == to_json(document)
        for weight, array in document.weights.items():
            assert again.weights[weight].tobytes() == array.tobytes()
        assert traced(again) == traced(document)


@pytest.mark.parametrize("name", MADE)
def test_the_schema_accepts_what_earlier_versions_wrote(name: str) -> None:
    written = json.loads((OUT / f"{name}.json").read_text(encoding="utf-8"))
    assert wrong(SCHEMA, written, SCHEMA) == ""
