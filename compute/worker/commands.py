"""What the compute thread can be asked to do, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy.typing as npt

from compute.document import Document, KeptRun, TrainingSettings, Watch
from compute.shown import RowsOf
from compute.snapshot import Part
from compute.tensor_view import Placed, Span
from compute.worker.engine_choice import EngineChoice


@dataclass(frozen=True)
class Open:
    """Compute this document from now on. ``fresh``: another document, so nothing of the last one is kept."""

    document: Document
    revision: int
    fresh: bool


@dataclass(frozen=True)
class SetTraining:
    """Other training settings, none of which needs a new run; the revision stays what it is."""

    training: TrainingSettings


@dataclass(frozen=True)
class SetWatches:
    """Other watches; the revision stays what it is."""

    watches: tuple[Watch, ...]


@dataclass(frozen=True)
class SetWeight:
    """One entry of a weight, or several, changed by hand."""

    name: str
    span: Span
    value: Placed


@dataclass(frozen=True)
class BringWeights:
    """What the next documents have that this one has not comes with these weights, by name."""

    weights: Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class SetParts:
    """Which parts of a snapshot are computed: those that somebody sees."""

    parts: frozenset[Part]


@dataclass(frozen=True)
class SetBoundary:
    """Which two columns the decision boundary spans."""

    columns: tuple[str, str]


@dataclass(frozen=True)
class SetNeurons:
    """The nodes whose neurons each have a map over the two inputs."""

    nodes: tuple[str, ...]


@dataclass(frozen=True)
class ShowBatch:
    """Which batch the wires show: an epoch and the number of a batch in it, both from 0; ``of``: what its rows are for,
    where they are kept from training."""

    epoch: int
    index: int
    of: RowsOf = "training"


@dataclass(frozen=True)
class ShowRow:
    """Show the batch that a row of the table is in, of the epoch on show or of the rows that are kept from training."""

    row: int


@dataclass(frozen=True)
class SetWalking:
    """A walk begins: the batch that training takes next is shown, unless a person chose another, and after each step
    again the next; or it ends."""

    on: bool


@dataclass(frozen=True)
class GoTo:
    """Show a step of the run that was done, or the nearest that can be shown; None: the newest."""

    step: int | None


@dataclass(frozen=True)
class KeepRun:
    """Keep the run as it is now, with a name or without; another goes on from here."""

    name: str = ""


@dataclass(frozen=True)
class PutRun:
    """Keep a run again."""

    run: KeptRun


@dataclass(frozen=True)
class DropRun:
    """Keep the run of that number no longer."""

    number: int


@dataclass(frozen=True)
class RenameRun:
    """Give a run a name; "": the automatic one again."""

    number: int
    name: str


@dataclass(frozen=True)
class SetAside:
    """Keep the run that goes on, by the settings of now: those of another run follow, and it."""


@dataclass(frozen=True)
class RestoreRun:
    """Go on with a run that is kept, or (``anew``) with another one that begins at its end. The network is as that run
    has it, and the one before was set aside."""

    number: int
    anew: bool = False


@dataclass(frozen=True)
class SetSpeed:
    """How many steps a second training does at most; None: as many as it can."""

    per_second: float | None


@dataclass(frozen=True)
class SetEngine:
    """Compute with another engine: training pauses, and goes on there when it is asked to."""

    choice: EngineChoice


@dataclass(frozen=True)
class Control:
    """What the transport buttons do. more: with ``train``, for how many epochs beyond those done; 0: to the goal, so
    that nothing happens where it is reached."""

    action: Literal["train", "pause", "step_batch", "step_epoch", "reset", "test", "device_ready", "close"]
    more: int = 0


@dataclass(frozen=True)
class Waits:
    """Finding a device waits for something; ``what``: the sentence that says for what."""

    what: str
    choice: EngineChoice


Command = (
    Open
    | SetTraining
    | SetWatches
    | SetWeight
    | BringWeights
    | SetParts
    | SetBoundary
    | SetNeurons
    | ShowBatch
    | ShowRow
    | SetWalking
    | GoTo
    | KeepRun
    | SetAside
    | PutRun
    | DropRun
    | RenameRun
    | RestoreRun
    | SetSpeed
    | SetEngine
    | Control
    | Waits
)


def is_superseded(command: Command, following: Command | None) -> bool:
    """Whether a command need not be carried out, since the next one opens a newer state of the same document, or shows
    another step."""
    if isinstance(command, GoTo) and isinstance(following, GoTo):
        return True
    return isinstance(command, Open) and isinstance(following, Open) and (following.fresh or not command.fresh)
