"""The published schema of documents: made from the types, true of what is written, and no looser than reading."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from compute.document import save
from compute.document.reading import from_json
from compute.engines import open_engine
from compute.fitting import fit
from compute.gallery import FOLDER, load_entry
from compute.ops import REGISTRY
from compute.schema import document_schema
from tests.campaigns import schemas
from tests.compute.schema_check import wrong
from tests.compute.test_cli import Out, call

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "resources" / "document.schema.json"
SCHEMA = json.loads(json.dumps(document_schema()))


def fault(document: Any) -> str:
    return wrong(SCHEMA, document, SCHEMA)


def raw(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def test_the_shipped_file_is_what_the_command_makes(capsys: Out, tmp_path: Path) -> None:
    out, _ = call(capsys, "schema")
    assert json.loads(out) == SCHEMA
    assert json.loads(SHIPPED.read_text(encoding="utf-8")) == SCHEMA, "make it anew: gradwire schema --out " + str(
        SHIPPED.relative_to(ROOT)
    )


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_every_document_of_the_gallery_is_accepted(path: Path) -> None:
    assert fault(json.loads(path.read_text(encoding="utf-8"))) == ""


def test_every_reference_case_is_accepted() -> None:
    for path in sorted((ROOT / "tests" / "reference").glob("*.json")):
        assert fault(json.loads(path.read_text(encoding="utf-8"))["document"]) == "", path.name


def test_what_is_saved_after_training_is_accepted(tmp_path: Path) -> None:
    document = load_entry("iris")
    engine, _ = open_engine("reference")
    fit(document, engine, epochs=3)
    save(document, tmp_path / "iris.json")
    assert fault(json.loads((tmp_path / "iris.json").read_text(encoding="utf-8"))) == ""


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("version", 2),
        ("format", "other"),
        ("name", 3),
        ("graph.nodes.0.id", 5),
        ("graph.nodes.0.position", [1]),
        ("graph.nodes.0.off", "gone"),
        ("graph.nodes.0.params.columns", "x1"),
        ("graph.nodes.1.params.units", 0),
        ("graph.nodes.1.params.units", "8"),
        ("graph.nodes.1.params.weight_init", {"name": "normal", "sigma": 1}),
        ("graph.wires.0.from", None),
        ("training.batch_size", 0),
        ("training.optimizer.learning_rate", -1),
        ("training.optimizer.name", "adamant"),
        ("training.schedule", {"name": "cosine", "min_rate": "low"}),
        ("data.source", "table"),
        ("data.validation_fraction", 1.5),
        ("weights", {"h1.weight": [["a"]]}),
        ("watches", [{"node": "x"}]),
        ("trained", {"epochs": -1}),
        ("trained", {"best": {"loss": 1}}),
        ("runs", {"kept": [{"training": {"epochs": 0}}]}),
        ("exercise", {"learner": {"id": ""}}),
    ],
)
def test_what_is_written_wrongly_is_refused(path: str, value: Any) -> None:
    document = raw("spiral")
    *way, last = path.split(".")
    inside: Any = document
    for name in way:
        inside = inside[int(name)] if isinstance(inside, list) else inside[name]
    inside[last] = value
    assert fault(document).startswith("$")


def test_what_is_not_known_may_stand_anywhere() -> None:
    document = raw("spiral") | {"$schema": SCHEMA["$id"], "later": {"x": 1}}
    document["graph"]["nodes"].append({"id": "new", "op": "of a later version", "params": {"units": "many"}, "hue": 3})
    document["training"]["later"] = True
    assert fault(document) == ""
    assert from_json(copy.deepcopy(document)).extra["$schema"] == SCHEMA["$id"]


def test_what_is_accepted_opens_or_is_refused_for_what_it_means() -> None:
    found = schemas.compare(23, range(28))
    assert found.wrong == []
    assert found.counts["accepted, opens"] > 3
    assert found.counts["refused, refused for how it is written"] > 0


def test_every_op_and_setting_is_in_it() -> None:
    rules = {rule["if"]["properties"]["op"]["const"]: rule["then"] for rule in SCHEMA["$defs"]["Node"]["allOf"]}
    assert rules.keys() == REGISTRY.keys()
    for name, op in REGISTRY.items():
        assert rules[name]["properties"]["params"]["properties"].keys() == {param.name for param in op.params}
