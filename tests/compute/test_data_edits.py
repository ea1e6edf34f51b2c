"""Another source of data brings its columns, never the answer among the inputs; and columns are chosen one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from compute.data import load_table
from compute.data_edits import columns_by_role, free_columns, look_through, new_data_node, toggle_column, use_data
from compute.document import Document, from_json
from compute.edits import Effect
from compute.graph import columns_of
from compute.workspace import open_document
from tests.compute.fitted_documents import document_of


def document(x: Mapping[str, Any], y: Mapping[str, Any], data: Mapping[str, Any] | None = None) -> Document:
    nodes = [{"id": "x", "op": "input", "params": x}, {"id": "y", "op": "target", "params": y}]
    return from_json({"format": "gradwire", "version": 1, "graph": {"nodes": nodes, "wires": []}, "data": data or {}})


def inline(**columns: Any) -> dict[str, Any]:
    return {"source": "inline", "columns": {name: list(values) for name, values in columns.items()}}


def used(doc: Document, source: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Input and target columns once the source is in use; undone, all is as before."""
    before = doc.copy()
    table = load_table(source, None)
    edit = use_data(doc, source, table, look_through(doc.graph, source, table), "Use")
    edit.apply(doc)
    assert edit.effect == (Effect.GRAPH if len(edit.changes) > 1 else Effect.DATA)
    found = columns_by_role(doc.graph, "input"), columns_by_role(doc.graph, "target")
    undone = doc.copy()
    edit.inverse().apply(undone)
    assert (undone.graph.nodes, undone.data) == (before.graph.nodes, before.data)
    return found


class TestAnotherSource:
    def test_the_layout_of_the_old_columns_goes_with_them(self) -> None:
        doc = document(
            {"columns": ["a", "b"], "shape": [2, 1], "standardize": False},
            {"columns": ["c"], "encoding": "index", "classes": 5},
            inline(a=[1], b=[2], c=[3]),
        )
        assert used(doc, inline(p=[1], q=[2], r=[3], s=[4])) == (["p", "q", "r"], ["s"])
        assert doc.graph.nodes["x"].params == {"columns": ["p", "q", "r"], "standardize": False}
        assert doc.graph.nodes["y"].params == {"columns": ["s"], "encoding": "index"}

    def test_columns_that_are_there_stay_chosen(self) -> None:
        doc = document({"columns": ["b", "a"]}, {"columns": ["c"]})
        assert used(doc, inline(a=[1], b=[2], c=[3], d=[4])) == (["b", "a"], ["c"])

    def test_a_target_that_stays_is_not_among_the_inputs(self) -> None:
        # From iris to penguins: both call the answer "species", and the last column of text is another.
        doc = document({"columns": ["sepal length"]}, {"columns": ["species"], "encoding": "index"})
        rows = range(30)
        penguins = inline(
            species=["Adelie", "Gentoo", "Chinstrap"] * 10,
            bill=[40 + i % 7 for i in rows],
            sex=["male", "female"] * 15,
        )
        assert used(doc, penguins) == (["bill", "sex"], ["species"])

    def test_inputs_that_are_there_lose_what_is_the_target_now(self) -> None:
        doc = document({"columns": ["a", "b"]}, {"columns": ["y"]})
        assert used(doc, inline(a=[1, 2], b=[2, 1])) == (["a"], ["b"])

    def test_an_input_that_was_a_target_already_stays(self) -> None:
        doc = document({"columns": ["a", "b"]}, {"columns": ["a", "b"]})
        assert used(doc, inline(a=[1, 2], b=[2, 1], c=[3, 3])) == (["a", "b"], ["a", "b"])

    def test_ids_dates_and_copies_are_not_taken_unasked_and_text_is_a_column_for_each_class(self) -> None:
        answer = [0, 1, 1, 0, 1] * 6
        source = inline(
            id=range(30),
            when=[f"2024-01-{1 + i:02}" for i in range(30)],
            town=["Ulm", "Bonn", "Kiel"] * 10,
            size=np.sin(range(30)).tolist(),
            churned=["no" if each else "yes" for each in answer],
            answer=answer,
        )
        doc = document({"columns": ["?"]}, {"columns": ["answer"]})
        assert used(doc, source) == (["town=Bonn", "town=Kiel", "town=Ulm", "size"], ["answer"])

    def test_several_numbers_to_predict(self) -> None:
        doc = document({"columns": ["?"]}, {"columns": ["?"], "encoding": "index"})
        linnerud = {"source": "builtin", "name": "linnerud"}
        assert used(doc, linnerud) == (["chin-ups", "sit-ups", "jumps"], ["weight", "waist", "pulse"])
        assert "encoding" not in doc.graph.nodes["y"].params

    def test_the_split_stays(self) -> None:
        doc = document({"columns": ["a"]}, {"columns": ["b"]}, {**inline(a=[1], b=[1]), "validation_fraction": 0.5})
        used(doc, inline(a=[1, 2], b=[2, 3]))
        assert doc.data["validation_fraction"] == 0.5


class TestOneColumn:
    ORDER = ("a", "b", "c", "d")

    def toggled(self, doc: Document, node: str, column: str) -> list[str]:
        toggle_column(doc, node, column, self.ORDER).apply(doc)
        return list(doc.graph.nodes[node].params["columns"])

    def test_it_comes_where_it_stands_in_the_data(self) -> None:
        doc = document({"columns": ["a", "d"], "shape": [2, 1]}, {"columns": []})
        assert self.toggled(doc, "x", "b") == ["a", "b", "d"]
        assert "shape" not in doc.graph.nodes["x"].params
        assert self.toggled(doc, "x", "a") == ["b", "d"]

    def test_an_order_of_ones_own_stays(self) -> None:
        doc = document({"columns": ["d", "a"]}, {"columns": []})
        assert self.toggled(doc, "x", "b") == ["d", "a", "b"]

    def test_numbers_to_predict_add_up_and_classes_are_one_column(self) -> None:
        doc = document({"columns": []}, {"columns": ["a"]})
        assert self.toggled(doc, "y", "b") == ["a", "b"]
        doc = document({"columns": []}, {"columns": ["a"], "encoding": "index", "classes": 3})
        assert self.toggled(doc, "y", "b") == ["b"]
        assert doc.graph.nodes["y"].params == {"columns": ["b"], "encoding": "index"}

    def test_a_new_node_reads_it(self) -> None:
        doc = document({"columns": []}, {"columns": []})
        new_data_node(doc, "target", ["c"], (3.0, 4.0)).apply(doc)
        node = doc.graph.nodes["y2"]
        assert (node.op, node.params, node.position) == ("target", {"columns": ["c"]}, (3.0, 4.0))


class TestANewNode:
    def free(self, role: str, source: Mapping[str, Any], **of: list[str]) -> list[str]:
        nodes = [{"id": name, "op": name, "params": {"columns": columns}} for name, columns in of.items()]
        raw = {"format": "gradwire", "version": 1, "graph": {"nodes": nodes, "wires": []}, "data": dict(source)}
        return free_columns(from_json(raw), role, load_table(source, None))

    def test_an_input_takes_no_answer_no_copy_of_it_and_no_id(self) -> None:
        answer = [i * i % 7 % 2 for i in range(50)]
        source = inline(id=range(50), size=np.sin(range(50)).tolist(), again=[1 - a for a in answer], answer=answer)
        assert self.free("input", source) == ["size"]
        assert self.free("input", source, target=["size"]) == ["again", "answer"]
        assert self.free("target", source, input=["size"]) == ["answer"]
        assert self.free("target", source, input=["size", "answer"]) == ["again"]

    def test_what_the_source_proposes_comes_first(self) -> None:
        linnerud = {"source": "builtin", "name": "linnerud"}
        assert self.free("target", linnerud) == ["weight", "waist", "pulse"]
        assert self.free("input", linnerud) == ["chin-ups", "sit-ups", "jumps"]

    def test_of_many_columns_only_text_is_told_apart(self) -> None:
        columns = {f"c{i}": [float(i), 1.0, 2.0] for i in range(120)} | {"kind": ["a", "b", "c"], "y": [0, 1, 0]}
        found = self.free("input", inline(**columns), target=["y"])
        assert found == [*(f"c{i}" for i in range(120)), "kind=a", "kind=b", "kind=c"]


def test_text_is_read_as_a_column_for_each_class_and_left_out_with_them() -> None:
    doc = document_of(["n"], {"n": [1.0, 2.0, 3.0, 4.0], "k": ["a", "b", None, "c"], "y": [1.0, 2.0, 3.0, 4.0]})
    table = load_table(doc.data, None)
    toggle_column(doc, "x", "k", table.names, table).apply(doc)
    assert columns_of(doc.graph.nodes["x"]) == ["n", "k=a", "k=b", "k=c", "k=missing"]
    prepared = open_document(doc).prepared
    assert prepared is not None
    assert prepared.train["x"][:, 1:].tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]
    toggle_column(doc, "x", "k", table.names, table).apply(doc)
    assert columns_of(doc.graph.nodes["x"]) == ["n"]


def test_text_of_two_classes_some_of_which_are_missing_is_no_number() -> None:
    doc = document_of(["n"], {"n": [1.0, 2.0, 3.0], "k": ["a", "b", None], "y": [1.0, 2.0, 3.0]})
    table = load_table(doc.data, None)
    toggle_column(doc, "x", "k", table.names, table).apply(doc)
    assert columns_of(doc.graph.nodes["x"]) == ["n", "k=a", "k=b", "k=missing"]
    doc.data = {**doc.data, "prepare": {"k": {"missing": "most frequent"}}}
    toggle_column(doc, "x", "k", table.names, table).apply(doc)
    toggle_column(doc, "x", "k", table.names, table).apply(doc)
    assert columns_of(doc.graph.nodes["x"]) == ["n", "k"]


def test_the_number_of_a_class_is_whole_and_never_standardised() -> None:
    doc = document_of(["n", "k[index]"], {"n": [1.0, 2.0, 3.0], "k": ["c", "a", "b"], "y": [1.0, 2.0, 3.0]})
    doc.data = {**doc.data, "standardize": True}
    prepared = open_document(doc).prepared
    assert prepared is not None
    assert prepared.values["x"][:, 1].tolist() == [2, 0, 1]
    assert abs(prepared.values["x"][:, 0].mean()) < 1e-12
