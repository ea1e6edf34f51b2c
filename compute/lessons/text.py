"""The text of a lesson: paragraphs of words, formulas and live numbers; ``compute.lessons`` says how it is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import lru_cache

from compute.latex import IN_TEXT
from compute.latex_text import latex_text
from compute.lessons.readout import Readout, is_readout, readout

_BRACES = re.compile(r"\{([^{}$]{1,200})\}")
NOTHING = "—"
"""Stands for a live number that is not computed."""


@dataclass(frozen=True)
class Words:
    """Some text as it is."""

    text: str
    bold: bool = False


@dataclass(frozen=True)
class Formula:
    """LaTeX; alone: on a line of its own."""

    latex: str
    alone: bool = False


@dataclass(frozen=True)
class Live:
    """A live number."""

    asked: Readout
    bold: bool = False


Piece = Words | Formula | Live
Paragraph = tuple[Piece, ...]


@lru_cache(maxsize=500)
def paragraphs(text: str) -> tuple[Paragraph, ...]:
    """The paragraphs of a text; a formula over several lines is in one, and what is empty is left out."""
    joined = IN_TEXT.sub(lambda found: found[0].replace("\n", " "), text)
    return tuple(tuple(_pieces(line.strip())) for line in joined.split("\n") if line.strip())


def _pieces(line: str) -> Iterator[Piece]:
    at, bold = 0, False
    for found in IN_TEXT.finditer(line):
        bold = yield from _words(line[at : found.start()], bold)
        yield Formula(found[1] or found[2], found[1] is not None)
        at = found.end()
    yield from _words(line[at:], bold)


def _words(text: str, bold: bool) -> Generator[Piece, None, bool]:
    """What stands between formulas; returns whether the next is bold."""
    for i, part in enumerate(text.split("**")):
        bold = bold ^ (i > 0)
        at = 0
        for found in _BRACES.finditer(part):
            if is_readout(found[1]):
                if part[at : found.start()]:
                    yield Words(part[at : found.start()], bold)
                yield Live(readout(found[1]), bold)
                at = found.end()
        if part[at:]:
            yield Words(part[at:], bold)
    return bold


def asked_in(text: str) -> list[Readout]:
    """The live numbers in a text, in their order."""
    return [piece.asked for line in paragraphs(text) for piece in line if isinstance(piece, Live)]


def formulas_in(text: str) -> list[str]:
    """The LaTeX of the formulas in a text, in their order."""
    return [piece.latex for line in paragraphs(text) for piece in line if isinstance(piece, Formula)]


def spoken(text: str, shown: Callable[[Readout], str | None]) -> str:
    """A text as it is read aloud: on one line, formulas without LaTeX, live numbers as ``shown`` has them."""

    def say(piece: Piece) -> str:
        if isinstance(piece, Words):
            return piece.text
        return latex_text(piece.latex) if isinstance(piece, Formula) else shown(piece.asked) or NOTHING

    return " ".join("".join(map(say, line)) for line in paragraphs(text))


def braces_left(text: str) -> list[str]:
    """What stands in braces outside formulas and is no live number."""
    words = (piece.text for line in paragraphs(text) for piece in line if isinstance(piece, Words))
    return [found[1] for each in words for found in _BRACES.finditer(each)]
