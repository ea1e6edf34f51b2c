"""The edit that makes a document's network, data and settings those of a run that is kept."""

from __future__ import annotations

from compute.document import Document, KeptRun
from compute.edits import Change, Edit, FieldChange, RecordChange
from compute.graph import Graph, Record


def changed_to(document: Document, run: KeptRun) -> Edit:
    """One undo step; without changes where they are so already. The places of things are those of the run only where
    its network is another."""
    changes: list[Change] = []
    if not _computes_as(document.graph, run.graph):
        changes += _records(document.graph, run.graph)
    if run.data != document.data:
        changes.append(FieldChange("data", document.data, run.data))
    if run.training != document.training:
        changes.append(FieldChange("training", document.training, run.training))
    return Edit(f"Settings of {run.title}", tuple(changes))


def _computes_as(one: Graph, other: Graph) -> bool:
    def parts(graph: Graph) -> object:
        nodes = {node.id: (node.op, node.params, node.off) for node in graph.nodes.values()}
        return nodes, {key: wire.source for key, wire in graph.wires.items()}

    return parts(one) == parts(other)


def _records(old: Graph, new: Graph) -> list[Change]:
    """What makes one graph the other: all that goes, in the reverse order of its coming, then all that comes."""
    gone: list[Change] = []
    for kind, table in reversed(old.tables().items()):
        other = new.table(kind)
        places = list(enumerate(table))
        gone += [RecordChange(key, table[key], None, at) for at, key in reversed(places) if key not in other]
    come: list[Change] = []
    for kind, table in new.tables().items():
        mine: dict[object, Record] = dict(old.table(kind))
        left = [key for key in mine if key in table]
        at = len(left)
        for key, record in table.items():
            before = mine.get(key)
            if before is None:
                come.append(RecordChange(key, None, record, at))
                at += 1
            elif before != record:
                come.append(RecordChange(key, before, record))
    return [*gone, *come]
