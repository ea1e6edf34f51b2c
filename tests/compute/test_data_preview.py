"""Data before it is used: what is proposed, what is chosen of it, and the one edit that uses it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from compute import data_preview
from compute.data.source import First, source_of
from compute.data_edits import NEW, columns_by_role
from compute.data_preview import Choices, Chosen, Preview, choices_at_first, edit_of, look, look_again, summary
from compute.document import Document, from_json
from compute.graph import columns_of
from compute.workspace import open_document
from tests.compute.data_kinds.workbook import write_xlsx
from tests.compute.test_data_edits import document

PEOPLE = "id;age;town;sex;fare;lives\n" + "".join(
    f"{i + 1};{'' if i % 10 == 3 else 20 + i * i % 31};{('Ulm', 'Bonn', 'Kiel', 'NA')[i % 4]};{'mf'[i % 2]};"
    f"{i % 7},5;{('no', 'yes')[i * i % 3 % 2]}\n"
    for i in range(40)
)


@pytest.fixture
def section(tmp_path: Path) -> dict[str, Any]:
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE, "utf-8")
    return {"source": "csv", "path": str(path)}


@pytest.fixture
def doc() -> Document:
    return document({"columns": ["?"]}, {"columns": ["lives"], "encoding": "index"})


@pytest.fixture
def found(doc: Document, section: dict[str, Any]) -> Preview:
    return look(section, None, doc.graph)


def with_(choices: Choices, **changed: dict[str, Any]) -> dict[str, Chosen]:
    return {name: replace(one, **changed.get(name, {})) for name, one in choices.items()}


def used(doc: Document, found: Preview, choices: Choices) -> list[str]:
    before = doc.copy()
    edit = edit_of(doc, found, choices, "Use")
    edit.apply(doc)
    undone = doc.copy()
    edit.inverse().apply(undone)
    assert (undone.graph.nodes, undone.data) == (before.graph.nodes, before.data)
    assert open_document(doc).prepared is not None
    return columns_by_role(doc.graph, "input")


TOWNS = ["town=Bonn", "town=Kiel", "town=Ulm", "town=missing"]


def test_the_first_rows_and_the_dialect_are_there_before_the_table(section: dict[str, Any]) -> None:
    first = source_of(section).first(section, None)
    assert first is not None
    assert first.names == ("id", "age", "town", "sex", "fare", "lives")
    assert first.rows[:2] == (("1", "20", "Ulm", "m", "0,5", "no"), ("2", "21", "Bonn", "f", "1,5", "yes"))
    assert (first.reading["separator"], first.reading["decimal"], first.reading["header"]) == (
        "semicolon",
        "comma",
        True,
    )
    other = source_of(section).first({**section, "reading": {"header": False, "separator": "comma"}}, None)
    assert other is not None
    assert other.rows[0] == ("id;age;town;sex;fare;lives",)


def test_the_first_rows_of_a_workbook_and_its_sheets(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    rows: list[list[str | float | bool | None]] = [["Ulm", float(i), i / 2] for i in range(200)]
    rows[:0] = [["Sales of the year", None, None], ["town", "units", "price"]]
    write_xlsx(path, {"notes": [], "2026": rows})
    first = source_of({"source": "excel"}).first({"source": "excel", "path": str(path)}, None)
    assert first is not None
    assert (first.names, first.rows[1]) == (("town", "units", "price"), ("Ulm", "1", "0.5"))
    assert (first.fields[0].choices, first.reading["sheet"], first.reading["skip"]) == (("notes", "2026"), "2026", 1)
    assert len(first.rows) <= First.MOST_ROWS


def test_what_is_proposed(doc: Document, found: Preview) -> None:
    choices = choices_at_first(doc, found)
    assert {name: one.readers for name, one in choices.items()} == {
        "id": (), "age": ("x",), "town": ("x",), "sex": ("x",), "fare": ("x",), "lives": ("y",)
    }  # fmt: skip
    assert [data_preview.entering_now(found, name, one) for name, one in choices.items()] == [
        "", "", "one-hot", "index", "", "index"
    ]  # fmt: skip
    assert [each.missing for each in found.facts] == [0, 4, 10, 0, 0, 0]
    assert summary(doc, found, choices) == "7 inputs, made from 4; predicts lives."
    assert used(doc, found, choices) == ["age", *TOWNS, "sex", "fare"]
    assert "prepare" not in doc.data


def test_what_is_chosen_is_one_edit(doc: Document, found: Preview) -> None:
    choices = with_(
        choices_at_first(doc, found),
        age={"missing": "mean"},
        town={"missing": "most frequent"},
        sex={"entering": "embedding index"},
        fare={"readers": ()},
        id={"readers": ("x",), "type": "number"},
    )
    assert used(doc, found, choices) == ["id", "age", *TOWNS[:3], "sex[index]"]
    assert doc.data["prepare"] == {
        "id": {"type": "number"}, "age": {"missing": "mean"}, "town": {"missing": "most frequent"}
    }  # fmt: skip
    prepared = open_document(doc).prepared
    assert prepared is not None
    assert set(prepared.values["x"][:, -1].tolist()) == {0.0, 1.0}
    again = look(doc.data, None, doc.graph)
    assert choices_at_first(doc, again) == choices  # what was chosen is what is shown next time


def test_another_target_takes_it_out_of_the_inputs_and_points_out_its_copies(doc: Document, found: Preview) -> None:
    choices = with_(choices_at_first(doc, found), sex={"readers": ("y",)}, lives={"readers": ()})
    again = look_again(found, doc.graph, choices)
    assert again.by_name["sex"].warning == ""
    assert used(doc, again, choices) == ["age", *TOWNS, "fare"]
    assert columns_of(doc.graph.nodes["y"]) == ["sex"]


def test_types_that_are_said_count(doc: Document, found: Preview) -> None:
    choices = with_(choices_at_first(doc, found), fare={"type": "category"}, age={"missing": "median", "type": "text"})
    again = look_again(found, doc.graph, choices)
    assert [again.by_name[name].type for name in ("fare", "age", "town")] == ["classes", "text", "classes"]
    choices = data_preview.tidied(choices, again)
    assert choices["age"].missing == ""  # a median of text is none
    assert "fare=0.5" in used(doc, again, choices)


def test_where_no_node_reads_data_those_that_do_are_added(section: dict[str, Any]) -> None:
    doc = Document()
    found = look(section, None, doc.graph)
    choices = choices_at_first(doc, found)
    assert choices["lives"].readers == (NEW["target"],)
    assert summary(doc, found, choices).endswith("The nodes input and target are added.")
    assert used(doc, found, choices) == ["age", *TOWNS, "sex", "fare"]
    assert columns_by_role(doc.graph, "target") == ["lives"]


def test_what_is_made_from_a_past_stays(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text("sales,rain\n" + "".join(f"{i * i % 13},{i % 5}\n" for i in range(40)), "utf-8")
    doc = document(
        {"columns": ["sales[t-1]", "sales[t-2]"]}, {"columns": ["sales"]}, {"source": "csv", "path": str(path)}
    )
    found = look(doc.data, None, doc.graph)
    choices = choices_at_first(doc, found)
    assert choices["sales"].readers == ("x", "y")
    more = with_(choices, rain={"readers": ("x",)})
    assert used(doc, found, more) == ["sales[t-1]", "sales[t-2]", "rain"]


def test_the_split_of_the_same_data_stays(doc: Document, section: dict[str, Any]) -> None:
    doc.data = {**section, "split": "groups", "split_column": "sex", "validation_fraction": 0.3}
    found = look(doc.data, None, doc.graph)
    used(doc, found, choices_at_first(doc, found))
    assert (doc.data["split"], doc.data["split_column"], doc.data["validation_fraction"]) == ("groups", "sex", 0.3)


def test_several_inputs_are_told_apart() -> None:
    nodes = [{"id": each, "op": "input", "params": {"columns": [each]}} for each in ("a", "b")]
    raw = {"format": "gradwire", "version": 1, "graph": {"nodes": nodes, "wires": []}}
    doc = from_json(raw | {"data": {"source": "inline", "columns": {"a": [1, 2], "b": [3, 4], "c": [5, 6]}}})
    assert [(each.id, each.label) for each in data_preview.places(doc.graph)] == [
        ("a", "a"), ("b", "b"), ("+target", "target")
    ]  # fmt: skip
    found = look(doc.data, None, doc.graph)
    choices = with_(choices_at_first(doc, found), c={"readers": ("a", "b")})
    used(doc, found, choices)
    assert [columns_of(doc.graph.nodes[each]) for each in ("a", "b")] == [["a", "c"], ["b", "c"]]


def test_classes_are_predicted_one_column_at_a_time_and_numbers_together(doc: Document, found: Preview) -> None:
    choices = choices_at_first(doc, found)
    for encoding in ("index", "value"):
        doc = document({"columns": ["?"]}, {"columns": ["lives"], "encoding": encoding})
        other = data_preview.read_as(doc, found, choices, ["town"], "y")
        assert (other["town"].readers, other["lives"].readers) == (("y",), ())
    both = data_preview.read_as(doc, found, choices, ["age", "fare"], "y")
    assert [name for name, one in both.items() if "y" in one.readers] == ["age"]  # not beside a column of text
    both = data_preview.read_as(doc, found, with_(choices, lives={"readers": ()}), ["age", "fare"], "y")
    assert [name for name, one in both.items() if "y" in one.readers] == ["age", "fare"]


def test_inputs_are_proposed_for_what_is_predicted_by_now(doc: Document, found: Preview) -> None:
    choices = data_preview.read_as(doc, found, choices_at_first(doc, found), ["sex"], "y")
    again = look_again(found, doc.graph, choices)
    more = data_preview.with_inputs(doc, again, choices, {"sex", "fare"})
    assert [name for name, one in more.items() if "x" in one.readers] == ["age", "fare", "lives"]  # town gives it away
    doc = document({"columns": ["age"]}, {"columns": ["lives"]})  # it says what it reads
    assert data_preview.with_inputs(doc, again, choices, {"sex"}) == choices


def test_classes_that_would_be_predicted_as_one_number_are_pointed_out(doc: Document, found: Preview) -> None:
    one = Chosen(readers=("y",))
    assert data_preview.against(doc, found, "town", one) == ""
    doc = document({"columns": ["?"]}, {"columns": ["lives"]})
    assert data_preview.against(doc, found, "town", one).startswith("its 3 classes would be predicted as one number")
    assert data_preview.against(doc, found, "lives", one) == ""
    assert data_preview.against(doc, found, "age", one) == ""


def test_numbers_that_would_be_taken_for_classes_are_pointed_out(doc: Document, found: Preview) -> None:
    one = Chosen(readers=("y",))
    assert data_preview.against(doc, found, "fare", one).startswith("its numbers would be taken for classes")
    assert data_preview.against(doc, found, "age", one) == ""  # whole numbers below fifty may be classes


def test_what_is_mostly_missing_tells_rows_apart_or_names_them_is_no_answer_unasked(doc: Document) -> None:
    rows = range(60)
    columns: dict[str, list[Any]] = {
        "row": ["ab"[i % 2] for i in rows],
        "kind": ["uvw"[i % 3] for i in rows],
        "name": [f"n{i}" for i in rows],
        "note": ["late" if i % 9 == 0 else "early" if i % 9 == 1 else None for i in rows],
        "size": [i % 7 for i in rows],
    }
    doc = document({"columns": ["?"]}, {"columns": ["?"]})
    for answer in ("kind", "size"):
        found = look({"source": "inline", "columns": columns}, None, doc.graph)
        assert [name for name, one in choices_at_first(doc, found).items() if "y" in one.readers] == [answer]
        columns.pop("kind", None)
