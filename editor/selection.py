"""What is selected on the canvas."""

from __future__ import annotations

from dataclasses import dataclass

from compute.graph import Port


@dataclass(frozen=True)
class Selection:
    """The selected nodes, or one selected wire."""

    nodes: frozenset[str] = frozenset()
    wire: Port | None = None

    @property
    def single(self) -> str | None:
        """The selected node, if it is the only one."""
        return next(iter(self.nodes)) if len(self.nodes) == 1 else None
