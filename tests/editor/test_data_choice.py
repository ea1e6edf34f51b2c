"""Another data set brings its own columns, and what belonged to the old ones goes."""

from __future__ import annotations

from compute.data import load_table
from compute.document import from_json
from editor.panels.data_choice import data_edit

X = {"columns": ["a", "b"], "shape": [2, 1], "standardize": False}


def test_the_layout_of_the_old_columns_goes_with_them() -> None:
    document = from_json(
        {
            "format": "gradwire",
            "version": 1,
            "graph": {
                "nodes": [
                    {
                        "id": "x",
                        "op": "input",
                        "params": {"columns": ["a", "b"], "shape": [2, 1], "standardize": False},
                    },
                    {"id": "y", "op": "target", "params": {"columns": ["c"], "encoding": "index", "classes": 5}},
                ],
                "wires": [],
            },
            "data": {"source": "inline", "columns": {"a": [1], "b": [2], "c": [3]}},
        }
    )
    source = {"source": "inline", "columns": {"p": [1], "q": [2], "r": [3], "s": [4]}}
    edit = data_edit(document, source, load_table(source, None), "Use")
    edit.apply(document)
    assert document.graph.nodes["x"].params == {"columns": ["p", "q", "r"], "standardize": False}
    assert document.graph.nodes["y"].params == {"columns": ["s"], "encoding": "index"}
    edit.inverse().apply(document)
    assert document.graph.nodes["x"].params["shape"] == [2, 1]
