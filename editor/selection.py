"""What is selected on the canvas: any of its records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from compute.graph import Graph, Port, RecordId


@dataclass(frozen=True)
class Selection:
    """The ids of all that is selected, and those of them that are nodes.

    current: the one of them from which arrow keys go on: the only one, else the one that keys came to last.
    """

    ids: frozenset[RecordId] = frozenset()
    nodes: frozenset[str] = frozenset()
    current: RecordId | None = None

    @classmethod
    def of(cls, ids: Iterable[RecordId], graph: Graph, current: RecordId | None = None) -> Selection:
        """What there is in a graph of some ids."""
        tables = tuple(graph.tables().values())
        found = frozenset(record_id for record_id in ids if any(record_id in table for table in tables))
        nodes = frozenset(i for i in found if isinstance(i, str) and i in graph.nodes)
        if len(found) == 1:
            (current,) = found
        return cls(found, nodes, current if current in found else None)

    @cached_property
    def wires(self) -> frozenset[Port]:
        """The selected wires."""
        return frozenset(i for i in self.ids if not isinstance(i, str))

    @cached_property
    def placed(self) -> frozenset[str]:
        """All that has a place of its own: everything but wires."""
        return frozenset(i for i in self.ids if isinstance(i, str))

    @property
    def only(self) -> RecordId | None:
        """What is selected, if it is the only thing."""
        return next(iter(self.ids)) if len(self.ids) == 1 else None

    @property
    def single(self) -> str | None:
        """The selected node, if nothing else is selected."""
        return next(iter(self.nodes)) if len(self.ids) == len(self.nodes) == 1 else None

    @property
    def wire(self) -> Port | None:
        """The selected wire, if nothing else is selected."""
        return None if isinstance(self.only, str) else self.only
