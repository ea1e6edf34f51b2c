"""What each node has to answer for in a pass of the reference engine: its time, or what it computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar

import numpy.typing as npt

Array = npt.NDArray[Any]


class Added(Protocol):
    """What can be added up."""

    def __add__(self, other: Any, /) -> Any: ...


T = TypeVar("T", bound=Added)
Phase = Literal["forward", "backward", "update"]
PHASES: tuple[Phase, ...] = ("forward", "backward", "update")


@dataclass(frozen=True)
class StepTimes:
    """How long each node takes in a training step, in seconds. engine: which one; seconds: by node; rest: what belongs
    to none of them; how: what was measured, as a sentence."""

    engine: str
    seconds: Mapping[str, float]
    rest: float = 0.0
    how: str = ""

    @property
    def total(self) -> float:
        """Seconds of the whole step."""
        return sum(self.seconds.values()) + self.rest


class Ledger(Generic[T]):
    """``put`` is given to the reference engine's ``forward`` and ``backward``; ``end`` closes the backward pass.

    take: what has come together since it was called last; keep: what counts in place of an array that was computed.
    booked: by phase and node. The sum of the contributions that meet in a node belongs to that node.
    """

    def __init__(
        self,
        sources: Mapping[str, tuple[str, ...]],
        ports: Callable[[str], tuple[str, ...]],
        take: Callable[[], T],
        keep: Callable[[Array], Array] = lambda array: array,
    ) -> None:
        self._sources, self._ports, self._take, self._keep = sources, ports, take, keep
        self._owner = ""
        self.booked: dict[Phase, dict[str, T]] = {phase: {} for phase in PHASES}

    def book(self, phase: Phase, node: str) -> None:
        """What has come together by now is this node's."""
        found, of = self._take(), self.booked[phase]
        if node:
            of[node] = of[node] + found if node in of else found

    def put(self, kind: str, node: str, name: str, array: Array) -> Array:
        """As ``compute.reference.Put``."""
        array = self._keep(array)
        if kind == "value":
            self.book("forward", node)
            return array
        self.book("backward", self._owner)
        self._owner = node
        if kind == "wire":
            # What follows is the sum in the node that the wire comes from.
            self._owner = self._sources[node][self._ports(node).index(name)]
        return array

    def end(self) -> None:
        """The backward pass is through."""
        self.book("backward", self._owner)
        self._owner = ""
