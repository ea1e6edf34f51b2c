"""Choosing data: what is offered, and the edit that brings another data set in, with the columns to match."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compute.data import SOURCES, SPLIT, Offer, Table, find_source
from compute.document import Document
from compute.edits import Change, Edit, Editor
from compute.graph import columns_of
from compute.ops import role_of


def offers() -> dict[str, Offer]:
    """What all sources offer, by key."""
    return {offer.key: offer for source in SOURCES.values() for offer in source.offers()}


def key_of(data: Mapping[str, Any]) -> str:
    """What tells a data section from others: the key of an offer where it is one."""
    source = find_source(data)
    return source.key(data) if source else str(data.get("source"))


def describe(data: Mapping[str, Any]) -> str:
    """Where the data comes from, in a few words."""
    source = find_source(data)
    return source.describe(data) if source else str(data.get("source"))


def data_edit(document: Document, source: Mapping[str, Any], table: Table, text: str) -> Edit:
    """Another source of data, in one undo step with the columns of the input and the target node.

    table: what the source gives. The columns follow only where a graph has one such node and the table lacks what it
    names.
    """
    data = {**source, **{param.name: document.data[param.name] for param in SPLIT if param.name in document.data}}
    changes: list[Change] = list(Editor(document).set_data(text, data).changes)
    kind = find_source(source)
    target = kind.target(source, table) if kind else ""
    for role in ("input", "target"):
        nodes = [node for node in document.graph.nodes.values() if role_of(node.op) == role]
        if len(nodes) != 1:
            continue
        named = columns_of(nodes[0])
        if named and all(name in table.columns for name in named):
            continue
        columns = [target] if role == "target" else [name for name in table.names if name != target]
        params = {**nodes[0].params, "columns": columns}
        # How many classes there are, and how a row is laid out, belonged to the columns from before.
        params.pop("classes" if role == "target" else "shape", None)
        changes += Editor(document).change(nodes[0].id, text, params=params).changes
    return Edit(text, tuple(changes))
