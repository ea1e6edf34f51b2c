"""The text of a note, laid out in lines of words and formulas; formulas are drawn beside the window."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QByteArray, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QFont, QPainter
from PySide6.QtSvg import QSvgGenerator, QSvgRenderer

from compute.latex import IN_TEXT
from editor.canvas.ink import Ink, fonts
from editor.drawing import Needed, picture, without_outline

PADDING = 10.0
_LINE = 18.0
FORMULA = "LaTeX"
"""The family of the font of a text that is the LaTeX of a formula, around whose middle it stands."""
_LETTERS = 15.0
"""The height of a formula's letters that goes with the text."""


class Unformed(QSvgGenerator):
    """A drawing for TeX: for a formula its LaTeX stands there, as a text in a font called so."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A word or a formula and where it stands, from the corner of the note."""

    rect: QRectF
    text: str
    drawing: QSvgRenderer | None = None


@dataclass(frozen=True, slots=True)
class _Token:
    """A word with the space before it, or the LaTeX of a formula; ``alone``: on a line of its own."""

    text: str
    latex: str = ""
    alone: bool = False


def _tokens(line: str) -> Iterator[_Token]:
    at = 0
    for found in IN_TEXT.finditer(line):
        yield from map(_Token, re.findall(r"\s*\S+", line[at : found.start()]))
        space = re.search(r"\s*$", line[: found.start()])
        yield _Token((space[0] if space else "") + found[0], found[1] or found[2], found[1] is not None)
        at = found.end()
    yield from map(_Token, re.findall(r"\s*\S+", line[at:]))


def needed(texts: Iterable[str], ink: Ink) -> list[Needed]:
    """The formulas in some texts, in the colour of the theme."""
    tokens = (token for text in texts for line in _paragraphs(text) for token in _tokens(line))
    return [_needed(token.latex, ink) for token in tokens if token.latex]


def _needed(latex: str, ink: Ink) -> Needed:
    return latex, ink.text.name(), _LETTERS


def _paragraphs(text: str) -> list[str]:
    """Lines of a text; a formula over several lines is on one."""
    joined = IN_TEXT.sub(lambda found: found[0].replace("\n", " "), text)
    return joined.split("\n")


def first_line(text: str) -> str:
    """The first line that says something, with formulas as they are written."""
    lines = (line.strip() for line in _paragraphs(text))
    return IN_TEXT.sub(lambda found: found[1] or found[2], next(filter(None, lines), ""))


@lru_cache(maxsize=256)
def _drawing(source: bytes) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(without_outline(source)))


def pieces(text: str, width: float, ink: Ink) -> tuple[list[Piece], float]:
    """Where everything stands in a note of a width, and how high it is; what is not drawn yet stands as its text."""
    type_, room = fonts(), max(width - 2 * PADDING, 20.0)
    out: list[Piece] = []
    y = PADDING
    for line in _paragraphs(text):
        row: list[tuple[_Token, QSizeF, QSvgRenderer | None]] = []
        used = 0.0
        for token in _tokens(line):
            source = picture(_needed(token.latex, ink)) if token.latex else None
            drawing = _drawing(source) if source else None
            shown = token.text.lstrip() if not row else token.text
            size = QSizeF(type_.width("name", shown), _LINE)
            if drawing is not None:
                box = drawing.viewBoxF()
                shrink = min(1.0, room / max(box.width(), 1.0))
                gap = type_.width("name", " ") if row and token.text[:1].isspace() else 0.0
                size = QSizeF(box.width() * shrink + gap, box.height() * shrink)
            if row and (used + size.width() > room or token.alone or row[-1][0].alone):
                y = _close(out, row, y)
                row, used = [], 0.0
                size = QSizeF(size.width() - type_.width("name", " ") * token.text[:1].isspace(), size.height())
            row.append((token, size, drawing))
            used += size.width()
        y = _close(out, row, y)
    return out, y + PADDING


def _close(out: list[Piece], row: list[tuple[_Token, QSizeF, QSvgRenderer | None]], y: float) -> float:
    """One line is full; returns where the next begins."""
    high = max((size.height() for _, size, _ in row), default=_LINE)
    x = PADDING
    for index, (token, size, drawing) in enumerate(row):
        rect = QRectF(x, y + (high - size.height()) / 2, size.width(), size.height())
        if drawing is not None and index and token.text[:1].isspace():
            rect.setLeft(rect.left() + fonts().width("name", " "))
        out.append(Piece(rect, token.text if index else token.text.lstrip(), drawing))
        x += size.width()
    return y + high


def _called(family: str, font: QFont) -> QFont:
    """A font of that size by another name."""
    found = QFont(family)
    found.setPixelSize(font.pixelSize())
    return found


def paint_text(painter: QPainter, text: str, rect: QRectF, ink: Ink) -> None:
    """The text in a note's area; what does not fit into it is not shown."""
    type_ = fonts()
    painter.save()
    painter.setClipRect(rect, Qt.ClipOperation.IntersectClip)
    painter.setFont(type_.name)
    painter.setPen(ink.text)
    baseline = _LINE / 2 + type_.name_rise
    unformed = isinstance(painter.device(), Unformed)
    for piece in pieces(text, rect.width(), ink)[0]:
        place = piece.rect.translated(rect.topLeft())
        if piece.drawing is not None and unformed:
            painter.setFont(_called(FORMULA, type_.name))
            painter.drawText(QPointF(place.left(), place.center().y()), piece.text.strip().strip("$"))
            painter.setFont(type_.name)
        elif piece.drawing is not None:
            piece.drawing.render(painter, place)
        else:
            painter.drawText(QPointF(place.left(), place.center().y() - _LINE / 2 + baseline), piece.text)
    painter.restore()
