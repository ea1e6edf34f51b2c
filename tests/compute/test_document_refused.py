"""A broken document is refused with the place of what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compute.document import Document, dumps, from_json, load, loads, save, to_json
from compute.errors import GradwireError
from tests.compute.test_document import changed, small


def refused(raw: dict[str, Any]) -> str:
    with pytest.raises(GradwireError) as caught:
        loads(json.dumps(raw).encode(), "a.json")
    text = str(caught.value)
    assert "\n" not in text
    return text


class TestRefusals:
    def test_newer_version(self) -> None:
        text = refused(changed(lambda d: d.update(version=2)))
        assert text == "a.json: The document has version 2 and this program reads up to 1; update Gradwire."

    @pytest.mark.parametrize("version", [2, 1.5, 10**30])
    def test_newer_version_with_fields_of_other_types(self, version: float) -> None:
        text = refused(changed(lambda d: d.update(version=version, training=[], graph="?", weights=None)))
        assert text == f"a.json: The document has version {version} and this program reads up to 1; update Gradwire."

    @pytest.mark.parametrize("raw", [{}, [], 3, {"format": "other", "version": 1}])
    def test_something_else(self, raw: Any) -> None:
        assert "This is no Gradwire document" in refused(raw)

    def test_broken_json_names_line_and_column(self) -> None:
        with pytest.raises(GradwireError, match=r"a\.json, line 3, column 13: the JSON is broken .*; mend it\."):
            loads(b'{\n "format": "gradwire",\n "version": }', "a.json")

    @pytest.mark.parametrize("data", [b"\xff\xfe\x00garbage", bytes(range(256))])
    def test_no_text_and_no_archive(self, data: bytes) -> None:
        with pytest.raises(GradwireError, match=r"neither a JSON text nor a \.gradwire archive"):
            loads(data)

    def test_empty_file(self) -> None:
        with pytest.raises(GradwireError, match="line 1, column 1"):
            loads(b"")

    def test_json_too_deep(self) -> None:
        with pytest.raises(GradwireError, match="nested too deeply"):
            loads(b"[" * 200_000)

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            (lambda d: d["graph"]["nodes"][1].pop("op"), "graph.nodes[1]: object missing required field `op`."),
            (lambda d: d["graph"]["nodes"][0].update(id=""), "graph.nodes[0]: the id is empty"),
            (lambda d: d["graph"]["nodes"][0].update(position=[0]), "graph.nodes[0].position"),
            (lambda d: d["graph"]["nodes"][0].update(id="h"), "two nodes have the id h; rename one"),
            (lambda d: d["graph"]["wires"][1].update({"from": "q"}), "graph.wires[1].from: there is no node 'q'"),
            (lambda d: d["graph"]["wires"][0].update(to="q"), "graph.wires[0].to: there is no node 'q'"),
            (lambda d: d["graph"]["wires"].append(d["graph"]["wires"][0]), "two wires feed the port h.x"),
            (lambda d: d["graph"].update(nodes={}), "graph.nodes: expected `array`, got `object`"),
            (lambda d: d["training"].update(batch_size=0), "training.batch_size: must be at least 1; it is 0"),
            (lambda d: d["training"].update(epochs="ten"), 'training.epochs: must be a whole number; it is "ten".'),
            (lambda d: d["training"].update(seed=-1), "training.seed: must be at least 0; it is -1."),
            (lambda d: d["data"].update(validation_fraction=1), "data.validation_fraction"),
            (lambda d: d["data"].update(standardize="no"), "data.standardize: must be true or false"),
            (lambda d: d["weights"].update(w=[[1, 2], [3]]), "weights: w must be a number or a rectangular list"),
            (lambda d: d["weights"].update(w="abc"), "weights: w must be"),
            (lambda d: d["weights"].update(w={"a": 1}), "weights: w must be"),
            (lambda d: d.update(graph=[]), "a.json: graph: expected `object`, got `array`"),
            (lambda d: d.update(version="2"), "a.json: version: expected `int`, got `str`"),
            (lambda d: d["weights"].update(w=[10**400]), "weights: w holds a number beyond float64; make it smaller."),
            (lambda d: d.update(initial_weights={"w": 10**400}), "initial_weights: w holds a number beyond float64"),
            (lambda d: d.update(trained={"epochs": -1}), "trained.epochs: expected `int` >= 0."),
            (lambda d: d.update(trained={"steps": -1}), "trained.steps: expected `int` >= 0."),
            (lambda d: d.update(trained={"epochs": 10**400}), "trained.epochs: expected `int` <= 9007199254740992."),
            (
                lambda d: d["training"].update(epochs=10**400),
                "training.epochs: must be at most 9007199254740992; it",
            ),
            (lambda d: d["training"].update(batch_size=10**400), "training.batch_size: must be at most"),
            (
                lambda d: d["graph"]["nodes"][1].update(position=[0, -1.5e7]),
                "graph.nodes[1].position: node h₁ lies at 0, -1.5e+07; write two numbers from -10000000 to 10000000.",
            ),
            (lambda d: d["graph"]["nodes"][0].update(position=[np.nan, 0]), "position: node x lies at nan, 0; write"),
            (lambda d: d["graph"]["nodes"][0].update(position=[0, np.inf]), "position: node x lies at 0, inf; write"),
            (
                lambda d: d["graph"]["frames"][0].update(rect=[0, np.inf, 1, 1]),
                "graph.frames[0].rect: frame layer lies at 0, inf, 1, 1; write four numbers from -10000000 to",
            ),
            (lambda d: d["graph"]["frames"][0].update(rect=[0, 1]), "graph.frames[0].rect: expected `array` of length"),
            (lambda d: d.update(name="a\ud800"), "a.json: name holds half of a character, which no text can; write"),
            (lambda d: d["graph"]["nodes"][2].update(id="\udfffs"), "a.json: graph.nodes[2].id holds half of a"),
            (lambda d: d["weights"].update({"\ud800": 1}), "a.json: the name of a field in weights holds half of a"),
            (lambda d: d.update(tags=["ok", ["\ud83d\ude00", "\ude00\ud83d"]]), "a.json: tags[1][1] holds half of a"),
        ],
    )
    def test_wrong_part_is_named(self, change: Callable[[dict[str, Any]], Any], says: str) -> None:
        text = refused(changed(change))
        assert text.startswith("a.json: ")
        assert says in text

    def test_number_of_thousands_of_digits_is_found(self) -> None:
        data = json.dumps(small(), indent=1).encode().replace(b'"seed": 4', b'"seed": 4' + b"0" * 5000)
        with pytest.raises(GradwireError) as caught:
            loads(data, "a.json")
        line = data[: data.index(b'"seed"')].count(b"\n") + 1
        assert str(caught.value) == f"a.json, line {line}, column 11: a number of 5001 digits is too long; shorten it."

    def test_a_character_that_json_spells_in_two_halves_is_whole(self) -> None:
        assert loads(b'{"format": "gradwire", "version": 1, "name": "\\uD83D\\uDE00"}').name == "😀"

    @pytest.mark.parametrize("field", ["deep", "trained", "data"])
    @pytest.mark.parametrize("kind", ["list", "object"])
    def test_what_is_nested_too_deeply_is_refused_at_opening(self, field: str, kind: str) -> None:
        def nested(levels: int) -> dict[str, Any]:
            deep: Any = 1
            for _ in range(levels):
                deep = [deep] if kind == "list" else {"a": deep}
            return changed(lambda d: d.update({field: {"deep": deep}}))

        for levels in (99, 700):
            says = f"a.json: {field}: nested more than 100 levels deep; flatten it."
            assert refused(nested(levels)) == says
        # One level less can be read and written again; without recursion, however deep.
        raw = to_json(from_json(nested(98)))
        assert to_json(loads(dumps(from_json(raw), archive=True))) == raw
        deepest = nested(98)
        for _ in range(5000):
            deepest[field]["deep"] = [deepest[field]["deep"]]
        with pytest.raises(GradwireError, match="nested more than 100 levels deep"):
            from_json(deepest)

    def test_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(GradwireError, match=r"nowhere\.json: the document cannot be read \(no such file"):
            load(tmp_path / "nowhere.json")

    def test_ending_is_asked_for(self, tmp_path: Path) -> None:
        with pytest.raises(GradwireError, match=r"a\.txt: a document is a \.json or \.gradwire file"):
            save(Document(), tmp_path / "a.txt")
        assert list(tmp_path.iterdir()) == []
