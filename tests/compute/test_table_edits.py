"""A table in the document is edited cell by cell, in rows and columns, and from a spreadsheet; nodes follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute import table_edits
from compute.data import Table, load_table
from compute.data.pasted import columns_of_text, number_of
from compute.data_edits import columns_by_role
from compute.document import Document, from_json
from compute.edits import Edit, Effect
from compute.errors import GradwireError


def document(**columns: list[Any]) -> Document:
    nodes = [
        {"id": "x", "op": "input", "params": {"columns": ["a", "b"]}},
        {"id": "y", "op": "target", "params": {"columns": ["c"]}},
    ]
    data: dict[str, Any] = {"source": "inline", "columns": columns or {"a": [1, 2], "b": [3, 4], "c": ["no", "yes"]}}
    data["validation_fraction"] = 0.5
    return from_json({"format": "gradwire", "version": 1, "graph": {"nodes": nodes, "wires": []}, "data": data})


def done(doc: Document, edit: Edit) -> dict[str, list[Any]]:
    """The columns after an edit that can be taken back, and leaves the split as it is."""
    before = doc.copy()
    lists = {name: list(cells) for name, cells in table_edits.columns_in(before.data).items()}
    edit.apply(doc)
    assert edit.effect in (Effect.DATA, Effect.GRAPH)
    assert doc.data["validation_fraction"] == 0.5
    undone = doc.copy()
    edit.inverse().apply(undone)
    assert undone.data == before.data
    assert undone.graph.nodes == before.graph.nodes
    # What is on the undo stack, and with the compute thread, is never changed in place.
    assert table_edits.columns_in(undone.data) == lists
    return table_edits.columns_in(doc.data)


class TestCells:
    def test_a_number(self) -> None:
        doc = document()
        assert done(doc, table_edits.set_cell(doc, 1, "a", " −2,5 "))["a"] == [1, -2.5]
        assert done(doc, table_edits.set_cell(doc, 0, "a", "7"))["a"] == [7, -2.5]
        assert doc.data["columns"]["b"] == [3, 4]

    def test_a_class(self) -> None:
        doc = document()
        assert done(doc, table_edits.set_cell(doc, 0, "c", " maybe "))["c"] == ["maybe", "yes"]
        assert done(doc, table_edits.set_cell(doc, 0, "c", "1"))["c"] == ["1", "yes"]

    def test_below_the_last_row_a_new_one_begins(self) -> None:
        doc = document()
        assert done(doc, table_edits.set_cell(doc, 2, "b", "9")) == {
            "a": [1, 2, 0],
            "b": [3, 4, 9],
            "c": ["no", "yes", "yes"],
        }

    def test_text_among_numbers_is_refused_and_the_only_row_may_become_text(self) -> None:
        doc = document()
        with pytest.raises(GradwireError, match='“red” is no number, and "a" holds numbers; its menu makes it'):
            table_edits.set_cell(doc, 0, "a", "red")
        with pytest.raises(GradwireError, match='Row 0 of "c" is empty; type a class, such as no'):
            table_edits.set_cell(doc, 0, "c", " ")
        one = document(a=[0], b=[0], c=[0])
        assert done(one, table_edits.set_cell(one, 0, "c", "red"))["c"] == ["red"]
        assert done(one, table_edits.set_cell(one, 0, "c", "3"))["c"] == [3]

    def test_a_number_becomes_text_and_back(self) -> None:
        doc = document()
        assert done(doc, table_edits.set_type(doc, "a", text=True))["a"] == ["1", "2"]
        assert done(doc, table_edits.set_type(doc, "a", text=False))["a"] == [1, 2]
        with pytest.raises(GradwireError, match='Row 0 of "c" is “no”, which is no number; change it first'):
            table_edits.set_type(doc, "c", text=False)


class TestRowsAndColumns:
    def test_rows_come_and_go(self) -> None:
        doc = document()
        assert done(doc, table_edits.add_rows(doc)) == {"a": [1, 2, 0], "b": [3, 4, 0], "c": ["no", "yes", "yes"]}
        assert done(doc, table_edits.add_rows(doc, 1, 2))["c"] == ["no", "no", "no", "yes", "yes"]
        edit = table_edits.remove_rows(doc, [1, 2, 4])
        assert edit.text == "Remove 3 rows"
        assert done(doc, edit) == {"a": [1, 2], "b": [3, 4], "c": ["no", "yes"]}

    def test_a_column_comes_with_a_free_name(self) -> None:
        doc = document(x1=[1], x3=[2])
        assert list(done(doc, table_edits.add_column(doc))) == ["x1", "x3", "x2"]
        assert list(done(doc, table_edits.add_column(doc, before="x3"))) == ["x1", "x4", "x3", "x2"]

    def test_nodes_follow_a_column_to_its_new_name_and_out_of_the_table(self) -> None:
        doc = document()
        assert list(done(doc, table_edits.rename_column(doc, "b", " width "))) == ["a", "width", "c"]
        assert columns_by_role(doc.graph, "input") == ["a", "width"]
        assert list(done(doc, table_edits.remove_columns(doc, ["a", "c"]))) == ["width"]
        assert columns_by_role(doc.graph, "input") == ["width"]
        assert columns_by_role(doc.graph, "target") == []

    @pytest.mark.parametrize(
        ("name", "says"), [("c", 'There is a column "c" already'), (" ", "needs a name"), ("", "needs a name")]
    )
    def test_names_that_are_none(self, name: str, says: str) -> None:
        doc = document()
        assert not table_edits.rename_column(doc, "a", " a ").changes
        with pytest.raises(GradwireError, match=says):
            table_edits.rename_column(doc, "a", name)

    def test_a_table_that_is_too_large_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(table_edits, "MOST_CELLS", 6)
        doc = document()
        with pytest.raises(GradwireError, match="A table in the document has at most 6 cells"):
            table_edits.add_rows(doc)
        with pytest.raises(GradwireError, match="The table has 8 cells, and one in the document has at most 6"):
            table_edits.take_in(doc, Table({name: np.zeros(4) for name in "ab"}), "Copy")


class TestPasting:
    def test_cells_go_over_those_that_are_there_and_beyond(self) -> None:
        doc = document()
        edit = table_edits.paste(doc, 1, "b", "5\t7\n6\t8\n")
        assert edit.text == "Paste 2 × 2 cells"
        columns = done(doc, edit)
        assert columns["b"] == [3, 5, 6]
        assert columns["c"] == ["no", "7", "8"]
        assert columns["a"] == [1, 2, 0]

    def test_what_is_wider_makes_columns(self) -> None:
        doc = document()
        columns = done(doc, table_edits.paste(doc, 0, "c", "1\t2\tred\r\n3\t4\tblue\r\n"))
        assert columns == {"a": [1, 2], "b": [3, 4], "c": [1, 3], "x1": [2, 4], "x2": ["red", "blue"]}

    def test_a_line_of_names_is_left_out(self) -> None:
        doc = document()
        assert done(doc, table_edits.paste(doc, 0, "a", "a\tb\n8\t9"))["a"] == [8, 2]

    def test_a_line_of_names_names_a_table_that_no_node_reads_and_new_columns(self) -> None:
        text = "size\tage\ty1\ty2\n1\t2\t3\t4\n5\t6\t7\t8\n"
        doc = document(x1=[0], x2=[0], y=[0])
        doc.graph.nodes.clear()
        assert done(doc, table_edits.paste(doc, 0, "x1", text)) == {
            "size": [1, 5],
            "age": [2, 6],
            "y1": [3, 7],
            "y2": [4, 8],
        }
        doc = document(a=[0], b=[0], c=[0])
        now = done(doc, table_edits.paste(doc, 0, "a", text))
        assert now == {"a": [1, 5], "b": [2, 6], "c": [3, 7], "y2": [4, 8]}

    def test_text_over_some_of_the_numbers_is_refused(self) -> None:
        doc = document()
        with pytest.raises(GradwireError, match='“red” is no number, and "a" holds numbers; paste over all'):
            table_edits.paste(doc, 0, "a", "red")
        assert done(doc, table_edits.paste(doc, 0, "a", "red\nblue"))["a"] == ["red", "blue"]

    @pytest.mark.parametrize(
        ("text", "columns"),
        [
            ("a\tb\n1\t2\n3\t4", {"a": [1, 3], "b": [2, 4]}),
            ("1,5\t2\n−3\t4e2", {"x1": [1.5, -3], "x2": [2, 400.0]}),
            ("a;b\n1,5;red\n2,5;blue", {"a": [1.5, 2.5], "b": ["red", "blue"]}),
            ("a,b\n1,2", {"a": [1], "b": [2]}),
            ("1 2\n3 4", {"x1": [1, 3], "x2": [2, 4]}),
            ("red\nblue", {"x1": ["red", "blue"]}),
            ("a\ta\n1\t2", {"a": [1], "a (2)": [2]}),
            ("a;b\n1.234,5;$10\n2,5;\n", {"a": [1234.5, 2.5], "b": [10, None]}),
            ("# a note\n# another\n'a','b'\n'1','x'\n'2','y'", {"a": [1, 2], "b": ["x", "y"]}),
            ("1,5", {"x1": [1.5]}),
            ("a\tb\n1\t2\n3", {"a": [1, 3], "b": [2, None]}),
            ("a\tb\n1\t\nNA\tx", {"a": [1, None], "b": [None, "x"]}),
            ('a\tb\n"1"\t"two words"', {"a": [1], "b": ["two words"]}),
        ],
    )
    def test_what_spreadsheets_and_texts_hold(self, text: str, columns: dict[str, list[Any]]) -> None:
        assert table_edits.pasted_section(text)[1] == {"source": "inline", "columns": columns}

    @pytest.mark.parametrize(("text", "says"), [("", "no table"), ("\n \n", "no table")])
    def test_what_is_no_table(self, text: str, says: str) -> None:
        with pytest.raises(GradwireError, match=says):
            table_edits.pasted_section(text)

    @given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53) + 1, 2**53 - 1))
    def test_a_number_is_read_as_it_is_written(self, value: float) -> None:
        found = number_of(repr(value))
        assert found == value
        assert type(found) is type(value)

    @given(st.text(max_size=40))
    def test_any_text_is_a_table_or_is_refused(self, text: str) -> None:
        try:
            _, columns = columns_of_text(text)
        except GradwireError:
            return
        assert len({len(cells) for cells in columns.values()}) == 1
        load_table({"source": "inline", "columns": columns}, None)


@pytest.mark.parametrize("columns", [{"a": 5}, {"a": None, "b": [1]}, [1], "a"])
def test_what_is_no_table_is_not_edited(columns: Any) -> None:
    assert table_edits.columns_in({"source": "inline", "columns": columns}) == {}
    assert table_edits.columns_in({"source": "csv", "path": "x", "columns": {"a": [1]}}) == {}


def test_a_table_of_any_source_can_be_taken_into_the_document() -> None:
    table = load_table({"source": "builtin", "name": "iris"}, None)
    doc = from_json({"format": "gradwire", "version": 1, "data": {"source": "builtin", "name": "iris"}})
    doc.data = {**doc.data, "validation_fraction": 0.5}
    columns = done(doc, table_edits.take_in(doc, table, "Copy"))
    again = load_table(doc.data, None)
    assert again.categories == table.categories
    assert all(np.array_equal(again.columns[name], table.columns[name]) for name in table.names)
    assert columns["species"][0] == "setosa"


def test_a_table_to_begin_with_has_what_the_nodes_read() -> None:
    assert table_edits.first_table(document())["columns"] == {"a": [0], "b": [0], "c": [0]}
    assert table_edits.first_table(Document())["columns"] == {"x1": [0], "x2": [0], "y": [0]}


EDITS: list[Callable[[Document, int], Edit]] = [
    lambda d, n: table_edits.set_cell(d, n % 3, "a", str(n)),
    lambda d, n: table_edits.add_rows(d, n % 2),
    lambda d, n: table_edits.remove_rows(d, [n % 2]),
    lambda d, n: table_edits.add_column(d),
    lambda d, n: table_edits.paste(d, n % 2, "a", "1\t2\n3\t4"),
    lambda d, n: table_edits.rename_column(d, "b", f"b{n}") if "b" in d.data["columns"] else Edit("", ()),
]


@given(st.lists(st.tuples(st.sampled_from(EDITS), st.integers(0, 9)), max_size=12))
def test_any_edits_undone_give_back_the_start_and_redone_the_end(drawn: list[tuple[Any, int]]) -> None:
    doc = document()
    start, edits = doc.copy(), []
    for make, number in drawn:
        edit = make(doc, number)
        edit.apply(doc)
        edits.append(edit)
    end = doc.copy()
    for edit in reversed(edits):
        edit.inverse().apply(doc)
    assert (doc.data, doc.graph.nodes) == (start.data, start.graph.nodes)
    for edit in edits:
        edit.apply(doc)
    assert (doc.data, doc.graph.nodes) == (end.data, end.graph.nodes)
