"""Edits of the data: another source with the columns to match, and which node reads which column."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from compute.data import SPLIT, ColumnFacts, Table, facts_of, find_source, inputs_for
from compute.data.derived import sources_of
from compute.data.entering import MOST_UNASKED, input_names
from compute.data.missing import treatments
from compute.data.source import Told, untold
from compute.data.split import column_for, proposed
from compute.document import Document
from compute.edits import Change, Edit, Editor
from compute.graph import Graph, Node, columns_of
from compute.ops import REGISTRY, role_of

Section = Mapping[str, Any]


def data_nodes_of(graph: Graph) -> list[Node]:
    """The nodes that read columns, in the order of the graph: the inputs, then the targets."""
    return [node for role in ("input", "target") for node in graph.nodes.values() if role_of(node.op) == role]


def columns_by_role(graph: Graph, role: str) -> list[str]:
    """Every column that some node of the role (``input`` or ``target``) reads, once."""
    nodes = (node for node in data_nodes_of(graph) if role_of(node.op) == role)
    return list(dict.fromkeys(name for node in nodes for name in columns_of(node)))


def look_through(graph: Graph, source: Section, table: Table, told: Told = untold) -> tuple[ColumnFacts, ...]:
    """What ``use_data`` has to know of the columns; takes a while for a large table."""
    targets = [name for names in targets_by(graph, source, table).values() for name in names]
    return facts_of(table, targets, told, treatments(source))


def read_by(graph: Graph, source: Section, table: Table, facts: Sequence[ColumnFacts]) -> dict[str, list[str]]:
    """What every data node reads once the source is in use, by node: see ``use_data``."""
    found = targets_by(graph, source, table)
    taken = {name for names in found.values() for name in names}
    inputs = [node for node in graph.nodes.values() if role_of(node.op) == "input"]
    for node in inputs:
        named = found[node.id] = columns_of(node)
        was_target = set(columns_by_role(graph, "target"))
        fits = named and all(name in table.columns for name in sources_of(named, table.columns))
        if len(inputs) == 1 and (not fits or not taken.isdisjoint(set(named) - was_target)):
            found[node.id] = inputs_for(table, facts, taken, treatments(source))
    return found


def use_data(document: Document, source: Section, table: Table, facts: Sequence[ColumnFacts], text: str) -> Edit:
    """Another source of data, in one undo step with the columns of the input and the target nodes.

    table: what the source gives; facts: its columns, as ``look_through`` says. Columns that the table has stay where
    they are. Where some are missing, the only target node gets what the source proposes, and the only input node what
    speaks for itself: never a column that is a target.
    """
    return read_anew(document, source, table, read_by(document.graph, source, table, facts), text)


def read_anew(document: Document, source: Section, table: Table, read: Mapping[str, list[str]], text: str) -> Edit:
    """Another source of data, or the same in another way, in one undo step with what its nodes read, by node. Those of
    ``NEW`` are added where they read anything."""
    graph, editor = document.graph, Editor(document)
    role = {node_id: role_at(graph, node_id) for node_id in read}
    targets = {node_id: names for node_id, names in read.items() if role[node_id] == "target"}
    data = {**source, **_split_for(document, source, targets, table)}
    changes: list[Change] = list(editor.set_data(text, data).changes)
    added: list[Node] = []
    for node_id, names in read.items():
        node = graph.nodes.get(node_id)
        if node is None and names:
            classes = role[node_id] == "target" and len(names) == 1 and len(table.categories.get(names[0], ())) > 2
            params: dict[str, Any] = {"columns": names} | ({"encoding": "index"} if classes else {})
            op = REGISTRY[role[node_id]]
            added.append(Node(graph.free_id(op.stem), op.name, params, _below(graph, len(added))))
        if node is None or names == columns_of(node):
            continue
        # How a row is laid out, or how many classes there were, belonged to the columns from before.
        gone = "classes" if node_id in targets else "shape"
        params = {key: value for key, value in node.params.items() if key != gone} | {"columns": names}
        if node_id in targets and len(names) > 1:
            params.pop("encoding", None)  # classes are one column
        changes += editor.change(node_id, text, params=params).changes
    changes += editor.add(added, text).changes if added else ()
    return Edit(text, tuple(changes))


NEW = {"input": "+input", "target": "+target"}
"""Who reads a column where no node of that role is there yet, so that one is added."""


def role_at(graph: Graph, node_id: str) -> str:
    """``input`` or ``target``, also of a node that is to be added."""
    if node_id in graph.nodes:
        return role_of(graph.nodes[node_id].op) or ""
    return next((role for role, new in NEW.items() if new == node_id), "")


def _below(graph: Graph, number: int = 0) -> tuple[float, float]:
    """Where a new data node stands: below all others, at the left."""
    nodes = graph.nodes.values()
    left = min((node.position[0] for node in nodes), default=0.0)
    low = max((node.position[1] for node in nodes), default=-140.0)
    return left, low + 140.0 * (number + 1)


def _split_for(
    document: Document, source: Section, targets: Mapping[str, Sequence[str]], table: Table
) -> dict[str, Any]:
    """What was said of the rows, as far as it holds for another table: the kind of split is the one that suits it,
    unless one was chosen that still goes."""
    kept = {param.name: document.data[param.name] for param in SPLIT if param.name in document.data}
    if is_same(source, document.data, ("reading", "prepare")):
        return kept
    if "split" in source:
        return {name: value for name, value in kept.items() if name != "split_column"} | {"split": source["split"]}
    same = all(name in table.columns for name in columns_by_role(document.graph, "target"))
    column = kept.get("split_column")
    if "split" in kept and same and (column is None or column in table.columns):
        return kept
    kept.pop("split_column", None)
    target = next((names[0] for names in targets.values() if names), "")
    return kept | {"split": proposed(table, target)}


def is_same(a: Section, b: Section, beside: Container[str] = ()) -> bool:
    """Whether two data sections say the same, but for some fields; columns are never changed in place."""
    keys = [key for key in {**a, **b} if key not in beside]
    return all(key in a and key in b and (a[key] is b[key] or (key != "columns" and a[key] == b[key])) for key in keys)


def split_by(document: Document, kind: str, table: Table | None, text: str) -> Edit:
    """Rows are split in another way; where that goes by a column, by one that fits until another is chosen."""
    data = {name: value for name, value in document.data.items() if name != "split_column"} | {"split": kind}
    read = (*columns_by_role(document.graph, "input"), *columns_by_role(document.graph, "target"))
    column = column_for(kind, table, read) if table is not None else None
    if column is not None:
        data["split_column"] = column
    return Editor(document).set_data(text, data)


def targets_by(graph: Graph, source: Section, table: Table) -> dict[str, list[str]]:
    """The columns of every target node once the source is in use, by node."""
    nodes = [node for node in graph.nodes.values() if role_of(node.op) == "target"]
    found = {node.id: columns_of(node) for node in nodes}
    kind = find_source(source)
    if len(nodes) == 1 and kind is not None:
        named = found[nodes[0].id]
        if not named or any(name not in table.columns for name in named):
            found[nodes[0].id] = list(kind.targets(source, table))
    return found


def toggle_column(
    document: Document, node_id: str, column: str, order: Sequence[str], table: Table | None = None
) -> Edit:
    """A node reads a column, or no longer does. An input reads text of three or more classes, where ``table`` says so,
    as a column for each class, never as their numbers. order: the columns of the data; those that were read keep
    theirs, which the weights of a trained network depend on."""
    node = document.graph.nodes[node_id]
    named = columns_of(node)
    made = [name for name in named if name != column and sources_of([name], order) == [column]]
    if made:
        left = [name for name in named if name != column and name not in made]
        return choose_columns(document, node_id, left, "Leave out", column)
    is_new_input = column not in named and role_of(node.op) == "input"
    if is_new_input and table is not None and column in table.categories:
        entering = input_names(table, column, treatments(document.data).get(column))
        if entering != [column]:
            return choose_columns(document, node_id, [*named, *entering], "Read", column)
    if column in named:
        return choose_columns(document, node_id, [name for name in named if name != column], "Leave out", column)
    one = role_of(node.op) == "target" and node.params.get("encoding", "value") != "value"
    if one:  # classes are one column
        return choose_columns(document, node_id, [column], "Read", column)
    return choose_columns(document, node_id, _inserted(named, column, order), "Read", column)


def _inserted(named: list[str], column: str, order: Sequence[str]) -> list[str]:
    """With one more column, where it stands in the data, if the others are in that order too."""
    place = {name: at for at, name in enumerate(order)}
    if [place.get(name, -1) for name in named] != sorted(place.get(name, -1) for name in named):
        return [*named, column]
    at = sum(place.get(name, -1) < place.get(column, len(place)) for name in named)
    return [*named[:at], column, *named[at:]]


def choose_columns(document: Document, node_id: str, columns: Iterable[str], verb: str, what: str) -> Edit:
    """A node reads these columns. A layout of a row, or a number of classes, that was for others goes."""
    node, names = document.graph.nodes[node_id], list(columns)
    params = {key: value for key, value in node.params.items() if key not in ("shape", "classes")}
    params["columns"] = names
    if role_of(node.op) == "target" and len(names) > 1 and params.get("encoding", "value") != "value":
        params["encoding"] = "value"
    return Editor(document).change(node_id, f"{verb} {what} in {node.label}", params=params)


_SAMPLE, _MANY = 1000, 100
"""So many rows show at once what a column is; of more columns than that only what is known without looking."""


def free_columns(document: Document, role: str, table: Table) -> list[str]:
    """What a new node of a role reads unless somebody chooses: a target what the source proposes and no input reads; an
    input what speaks for itself and is no target. Quick, also for a large table."""
    graph, kind = document.graph, find_source(document.data)
    proposed = list(kind.targets(document.data, table)) if kind else []
    if role == "target":
        taken = set(sources_of(columns_by_role(graph, "input"), table.columns))
        return [name for name in proposed if name not in taken] or [n for n in table.names if n not in taken][-1:]
    targets = columns_by_role(graph, "target") or proposed
    said = treatments(document.data)
    if len(table.names) > _MANY:
        plain = [name for name in table.names if len(table.categories.get(name, ())) <= MOST_UNASKED]
        return [
            each
            for name in plain or table.names
            if name not in targets
            for each in input_names(table, name, said.get(name))
        ]
    every = slice(None, None, max(1, table.rows // _SAMPLE))
    some = Table({name: values[every] for name, values in table.columns.items()}, table.categories, table.faults)
    return inputs_for(table, facts_of(some, targets), targets, said)


def new_data_node(document: Document, op: str, columns: Sequence[str], position: tuple[float, float]) -> Edit:
    """A new input or target node that reads these columns."""
    kind = REGISTRY[op]
    node = Node(document.graph.free_id(kind.stem), op, {"columns": list(columns)}, position)
    return Editor(document).add_node(node, text=f"Add {kind.title.lower()} {node.id}")
