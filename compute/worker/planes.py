"""What the network and its neurons answer over planes of two inputs, and what measures prepare, for snapshots."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from compute.boundary import BoundaryPlane, first_plane, map_size, mapped, plane_columns
from compute.engine import Run
from compute.snapshot import Boundary, NeuronMaps
from compute.workspace import Workspace


class Planes:
    """The planes of a workspace, made when they are first asked for."""

    def __init__(self) -> None:
        self._plane: BoundaryPlane | None = None
        self._small: tuple[int, BoundaryPlane] | None = None
        """That of the neurons' maps, and how many points each way were asked for."""
        self.prepared: dict[Hashable, Any] = {}
        """What measures prepared for the workspace of now."""

    def clear(self) -> None:
        """There is another workspace."""
        self._plane, self._small, self.prepared = None, None, {}

    def boundary(
        self, workspace: Workspace, run: Run, columns: tuple[str, str] | None
    ) -> Callable[[], Boundary] | None:
        """Ask for the decision boundary over these columns, or ``first_plane``; None where there is no plane."""
        names = plane_columns(workspace)
        if len(names) < 2:
            return None
        wanted = columns
        if wanted is None or not set(wanted) <= set(names):
            wanted = first_plane(workspace, names)
        if self._plane is None or self._plane.columns != wanted:
            self._plane = BoundaryPlane(workspace, wanted)
        return self._plane.ask(run)

    def neurons(self, workspace: Workspace, run: Run, nodes: Sequence[str]) -> Callable[[], NeuronMaps] | None:
        """Ask for a map of each neuron of some nodes; None where there are none."""
        names = plane_columns(workspace)
        # A run computes what leads to the loss alone.
        nodes = mapped(workspace, [node for node in nodes if node in run.program.analysis.shapes])
        if not nodes:
            return None
        size = map_size(workspace, nodes)
        if self._small is None or self._small[0] != size:
            self._small = size, BoundaryPlane(workspace, (names[0], names[1]), size)
        return self._small[1].ask_neurons(run, nodes)
