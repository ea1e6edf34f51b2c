"""What a page of the manual is made of: the blocks of a report, and formulas and lines of text to type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from compute.report.blocks import Cell, Chart, Facts, Table, Text


@dataclass(frozen=True)
class Formula:
    """LaTeX, with what it is the formula of."""

    latex: str
    of: str = ""


@dataclass(frozen=True)
class Code:
    """Lines as they are typed or stand in a file."""

    text: str


Block: TypeAlias = Text | Facts | Table | Chart | Formula | Code


@dataclass(frozen=True)
class Page:
    """One subject: an id, a title, the chapter in which it stands, and what is told."""

    id: str
    title: str
    chapter: str
    blocks: Sequence[Block]


def plain_text(page: Page) -> str:
    """All words of a page, for a search."""
    return " ".join([page.title, page.chapter, *(word for block in page.blocks for word in _words(block))])


def _words(block: Block) -> list[str]:
    match block:
        case Text():
            return [block.text]
        case Facts():
            return [part for pair in block.pairs for part in pair]
        case Table():
            cells = [cell.text if isinstance(cell, Cell) else cell for line in block.lines for cell in line]
            return [*block.header, *cells]
        case Chart():
            return [block.title]
        case Formula():
            return [block.of]
        case Code():
            return [block.text]
