"""What is wrong with a document, as data: what kind of problem it is, where it lies, and what would mend it.

Views show the sentence; whoever has to tell problems apart goes by the kind, never by words of the sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

from compute.errors import GradwireError, one_line


class Kind(Enum):
    """What kind of problem it is."""

    UNKNOWN_OP = auto()
    UNKNOWN_PORT = auto()
    """A wire leads to a port that the op does not have."""
    UNKNOWN_SOURCE = auto()
    """A wire comes from a node that does not exist."""
    MISSING_WIRE = auto()
    SETTING = auto()
    SHAPE = auto()
    CYCLE = auto()
    MEMORY = auto()
    """With the node, all would need more memory than the budget."""
    WAITING = auto()
    """The node depends on another one that has a problem."""
    OFF = auto()
    """The node is muted, or needs one that is; or it is bypassed and has nothing to pass through."""
    DATA = auto()
    LOSS = auto()
    WEIGHT = auto()
    DEVICE = auto()
    TRAINING = auto()
    """Training stopped by itself."""
    PROGRAM = auto()
    """A mistake in Gradwire, not in the document."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a problem lies; what is empty plays no part, and a place without anything is the whole document."""

    node: str = ""
    port: str = ""
    setting: str = ""
    column: str = ""
    weight: str = ""


Act = Literal[
    "wire port",
    "cut wire",
    "remove node",
    "change setting",
    "switch on",
    "show node",
    "choose loss",
    "choose data",
    "choose device",
    "show number",
    "stop watching",
    "set learning rate",
    "clip gradients",
    "standardise",
    "change op",
    "go to step",
]


@dataclass(frozen=True, slots=True)
class Remedy:
    """What would mend a problem, and where: a port to wire, a wire (by the port it feeds) to cut, …"""

    act: Act
    place: Place = Place()
    value: float | str = ""
    """Which learning rate, norm, step or op it would be."""


@dataclass(frozen=True, slots=True)
class Problem:
    """kind and subject: what is wrong with what; sentence: for people; remedy: what would mend it, where known;
    others: what may help besides."""

    kind: Kind
    subject: Place
    sentence: str
    remedy: Remedy | None = None
    others: tuple[Remedy, ...] = ()

    def __post_init__(self) -> None:
        # Names come from files, which may call a node anything.
        object.__setattr__(self, "sentence", one_line(self.sentence))


class ProblemError(GradwireError):
    """A problem that keeps the program from going on; the message is its sentence."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.sentence)
        self.problem = problem


class SettingError(GradwireError):
    """A setting has a value that it cannot have."""

    def __init__(self, setting: str, sentence: str) -> None:
        super().__init__(sentence)
        self.setting = setting


def problem_of(error: GradwireError, kind: Kind, subject: Place | None = None, remedy: Remedy | None = None) -> Problem:
    """The problem that an error carries, or else one of this kind with its sentence."""
    if isinstance(error, ProblemError):
        return error.problem
    return Problem(kind, subject or Place(), str(error), remedy)


def sentence_of(problem: Problem | None) -> str:
    """What a person reads about a problem; nothing where there is none."""
    return problem.sentence if problem else ""
