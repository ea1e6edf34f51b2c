"""What is to follow a command to the compute thread once a snapshot has come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from compute.snapshot import Snapshot

Kind = Literal["reset", "step", "batch", "row", "walk", "test"]


def _nothing(_snapshot: Snapshot) -> None:
    """What follows when nothing is to follow."""


@dataclass(frozen=True)
class Awaited:
    """A command that no snapshot has followed yet. number: of the command; about: what it asked for."""

    number: int
    about: Any = None
    then: Callable[[Snapshot], None] = _nothing


class Continuations:
    """Of each kind of command the last one, until a snapshot has followed it."""

    def __init__(self) -> None:
        self._awaited: dict[Kind, Awaited] = {}

    def __contains__(self, kind: Kind) -> bool:
        return kind in self._awaited

    def put(self, kind: Kind, awaited: Awaited) -> None:
        """A command was sent; it takes the place of what is awaited of its kind."""
        self._awaited.pop(kind, None)  # so that the order is that of the commands
        self._awaited[kind] = awaited

    def number(self, kind: Kind) -> int:
        """The number of the command that is awaited; 0 if none is."""
        return self._awaited[kind].number if kind in self else 0

    def about(self, kind: Kind) -> Any:
        """What is awaited of a kind; None if nothing is."""
        return self._awaited[kind].about if kind in self else None

    def follow(self, snapshot: Snapshot, *kinds: Kind) -> None:
        """Do what was to follow the commands of some kinds (none named: of all) that a snapshot has handled."""
        for kind, awaited in list(self._awaited.items()):
            if awaited.number <= snapshot.handled and (not kinds or kind in kinds):
                del self._awaited[kind]
                awaited.then(snapshot)

    def clear(self) -> None:
        """Await nothing any more."""
        self._awaited.clear()
