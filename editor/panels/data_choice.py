"""Choosing data: the edit that brings another data set in, with the columns of the data nodes to match."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from compute.data import BUILTIN, Option, Table, load_table
from compute.document import Document
from compute.edits import Change, Edit, Editor
from compute.ops import role_of
from compute.params import Param

KEPT = ("validation_fraction", "standardize")


def option_param(option: Option) -> Param:
    """An option of a generated data set as a parameter, from which a form can be made."""
    kind = "int" if option.is_integer else "float"
    return Param(option.name, kind, option.default, option.help.capitalize() + ".", option.low, option.high)  # type: ignore[arg-type]


def data_edit(document: Document, source: Mapping[str, Any], text: str) -> Edit:
    """Another source of data, in one undo step with the columns of the input and the target node.

    The columns follow only where a graph has one such node and the new data lacks what it names.
    Errors: GradwireError naming the file, line or column that cannot be read.
    """
    data = {**source, **{key: document.data[key] for key in KEPT if key in document.data}}
    table = load_table(data, document.folder)
    changes: list[Change] = list(Editor(document).set_data(text, data).changes)
    target = _target_column(source, table)
    for role in ("input", "target"):
        nodes = [node for node in document.graph.nodes.values() if role_of(node.op) == role]
        if len(nodes) != 1:
            continue
        named = nodes[0].params.get("columns") or ()
        if named and all(name in table.columns for name in named):
            continue
        columns = [target] if role == "target" else [name for name in table.names if name != target]
        params = {**nodes[0].params, "columns": columns}
        if role == "target":
            params.pop("classes", None)
        changes += Editor(document).change(nodes[0].id, text, params=params).changes
    return Edit(text, tuple(changes))


def _target_column(source: Mapping[str, Any], table: Table) -> str:
    """What is to be predicted: what the data set says, else its column of classes, else its last column."""
    if source.get("source") == "builtin":
        return BUILTIN[str(source["name"])].target
    return [*table.names[-1:], *table.categories][-1] if table.names else ""


def describe(data: Mapping[str, Any]) -> str:
    """Where the data comes from, in a few words."""
    source = data.get("source", "inline")
    if source == "builtin":
        builtin = BUILTIN.get(str(data.get("name")))
        return builtin.title if builtin else str(data.get("name"))
    if source in ("csv", "npz"):
        return Path(str(data.get("path"))).name
    return "Table in the document" if data.get("columns") else "No data"
