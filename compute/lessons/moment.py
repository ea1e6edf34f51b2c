"""All that conditions and live numbers are asked of: the document, its numbers, and what the window shows."""

from __future__ import annotations

from dataclasses import dataclass, field

from compute.document import Document
from compute.explain import Facts, Granularity, Phase
from compute.focus import Focus
from compute.graph import RecordId
from compute.snapshot import Snapshot


@dataclass(frozen=True)
class Walk:
    """Where a walk through backpropagation stands: the phase and the node of its step, and whether that is the last."""

    phase: Phase
    node: str
    granularity: Granularity
    last: bool
    asks: bool = False
    """Whether it asks for each number before it shows it."""


@dataclass(frozen=True)
class Seen:
    """What the window shows of it all, and what was done with it.

    selected: records; tab: of the inspector, by its title; panels: by id; saved: whether its file holds everything;
    exports: how often weights were exported since it was opened; right: answers that were right in the walk that asks.
    """

    selected: frozenset[RecordId] = frozenset()
    focus: Focus | None = None
    walk: Walk | None = None
    tab: str = ""
    panels: frozenset[str] = frozenset()
    saved: bool = False
    exports: int = 0
    right: int = 0


@dataclass(frozen=True)
class Moment:
    """``facts`` are those of the snapshot, which belongs to the document as it is. Immutable, but for the document."""

    document: Document
    snapshot: Snapshot
    facts: Facts
    seen: Seen = field(default_factory=Seen)

    @property
    def sample(self) -> int:
        """The row of the batch that is chosen."""
        return self.facts.sample
