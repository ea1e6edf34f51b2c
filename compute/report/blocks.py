"""What a report is made of, as plain values: whoever writes it, as a page or on paper, knows these and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Tone = Literal["", "dim", "good", "error"]


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True)
class Facts:
    """Names with what they stand for."""

    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Cell:
    """A cell of a table: its text; share: how far it is filled, 0 … 1; bars: heights of a small histogram instead."""

    text: str = ""
    share: float = 0.0
    bars: Sequence[float] = ()
    tone: Tone = ""


Cells: TypeAlias = "Sequence[str | Cell]"


@dataclass(frozen=True)
class Table:
    """Lines under a header. left: how many columns from the left hold words; last: whether the last line is the total;
    wide: whether each cell is one of a matrix, whose columns are all of one width."""

    header: Sequence[str]
    lines: Sequence[Cells]
    left: int = 1
    last: bool = False
    wide: bool = False


@dataclass(frozen=True)
class Curve:
    """One line of a chart. hue: which of the curves' colours; dashed: of the second of two documents."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    hue: int = 0
    dashed: bool = False


@dataclass(frozen=True)
class Chart:
    """Curves over one axis. logarithmic: the other axis; every y is above 0 then."""

    title: str
    across: str
    curves: Sequence[Curve]
    logarithmic: bool = False


@dataclass(frozen=True)
class Picture:
    """The graph of one of the report's documents, by its number, drawn by whoever can."""

    document: int = 0
    caption: str = ""


Block: TypeAlias = Text | Facts | Table | Chart | Picture


@dataclass(frozen=True)
class Section:
    """A title and what stands under it."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Report:
    """All of it. subtitle: the whole in a line; made: when and by what."""

    title: str
    subtitle: str
    sections: Sequence[Section]
    made: str = ""
    documents: Sequence[str] = field(default=())
    """The names of the documents that it is of."""
