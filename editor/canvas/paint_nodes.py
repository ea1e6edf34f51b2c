"""The painting of nodes: what does not change with the numbers."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath

from compute.problems import Kind, sentence_of
from editor.canvas.face import FIRST_ROW, HEADER, LINE, PADDING, ROW, Face
from editor.canvas.ink import Ink, fonts, pen
from editor.canvas.standing import NodeView

RADIUS = 8.0
KNOB = 5.0
_ALIGN_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_ALIGN_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


@lru_cache(maxsize=512)
def _outlines(width: float, height: float) -> tuple[QPainterPath, QPainterPath]:
    """The rounded body and its header, from the corner of the node."""
    whole = QPainterPath()
    whole.addRoundedRect(QRectF(0, 0, width, height), RADIUS, RADIUS)
    bar = QPainterPath()
    bar.addRect(QRectF(0, 0, width, HEADER))
    return whole, whole.intersected(bar)


def _text(painter: QPainter, font: QFont, color: QColor, rect: QRectF, align: int, text: str) -> None:
    painter.setFont(font)
    painter.setPen(color)
    painter.drawText(rect, align, text)


DIMMED = 0.45
"""The opacity of what is switched off."""


NAME = 13.0
"""The height of a name's letters in the scene."""
_LEAST_NAME = 9.5
"""And what it is at least on the screen."""


def name_letters(pixel: float) -> float:
    """The height of a name's letters, where one pixel has a size in the scene: from afar larger than close by."""
    return max(NAME, _LEAST_NAME * pixel)


def paint_box(painter: QPainter, view: NodeView, ink: Ink, wired: set[str], feeds: bool, letters: float = NAME) -> None:
    """Box, header, title, fixed lines, port labels and knobs. ``wired``: input ports with a wire; ``letters``: the
    height of those of the name.

    What is switched off is dimmed; through what is bypassed a wire runs from its first port to its output.
    """
    face, type_ = view.face, fonts()
    painter.save()
    painter.translate(view.rect.topLeft())
    bypassed = view.node.off == "bypass"
    dimmed = view.off is not None or bypassed
    on_header, on_header_dim = (ink.text, ink.text) if dimmed else (ink.on_header, ink.on_header_dim)
    if dimmed:
        painter.setOpacity(DIMMED)
    whole, bar = _outlines(face.width, face.height)
    painter.fillPath(whole, ink.node)
    painter.fillPath(bar, ink.group(face.group))
    edge = ink.border
    style = Qt.PenStyle.SolidLine if face.known else Qt.PenStyle.DashLine
    painter.strokePath(whole, pen(edge, 1.0, style))
    painter.setOpacity(1.0)
    _paint_header(painter, face, on_header, on_header_dim, letters)
    if dimmed:
        painter.setOpacity(DIMMED)
    y = HEADER + 9
    for line in face.lines:
        row = QRectF(PADDING, y, face.width - 2 * PADDING, LINE)
        _text(painter, type_.mono, ink.dim, row, _ALIGN_LEFT, line)
        y += LINE
    if face.labelled and not face.collapsed and not bypassed:
        for index, port in enumerate(face.said):
            row = QRectF(PADDING, FIRST_ROW + (index - 0.5) * ROW, face.width - 2 * PADDING, ROW)
            _text(painter, type_.small, ink.dim, row, _ALIGN_LEFT, port)
    if bypassed and face.ports and view.off is None:
        painter.setOpacity(1.0)
        painter.setPen(pen(ink.wire, 1.8))
        painter.drawLine(face.input(0), face.output())
    for index, port in enumerate(face.ports):
        paint_knob(painter, face.input(index), ink.wire if port in wired else ink.warning, ink.node)
    paint_knob(painter, face.output(), ink.wire, ink.wire if feeds else ink.node)
    painter.restore()


def _paint_header(painter: QPainter, face: Face, color: QColor, dim: QColor, letters: float) -> None:
    """Title, name and shape; where the letters are large, as much of them as there is room for, in this order."""
    type_, larger = fonts(), letters / NAME
    room = QRectF(PADDING, 0, face.width - 2 * PADDING, HEADER)
    if larger <= 1.0:
        title, title_font, name_font, name = face.title, type_.title, type_.name, face.name
        wide = type_.width("title", title)
    else:
        room = room.adjusted(-PADDING / 2, 0, PADDING / 2, 0)
        title_font, name_font = type_.sized("title", round(letters)), type_.sized("name", round(letters))
        title = type_.cut("title", face.title, room.width() / larger)
        wide = type_.width("title", title) * larger
        left = room.width() - wide - 6
        fits = left > min(2 * letters, type_.width("name", face.name) * larger)
        name = type_.cut("name", face.name, left / larger) if face.name and fits else ""
    _text(painter, title_font, color, room, _ALIGN_LEFT, title)
    if name:
        room.setLeft(room.left() + wide + 6)
        _text(painter, name_font, color, room, _ALIGN_LEFT, name)
        wide = type_.width("name", name) * larger
    if face.corner and (larger <= 1.0 or wide + 10 + type_.width("mono", face.corner) <= room.width()):
        _text(painter, type_.mono, dim, room, _ALIGN_RIGHT, face.corner)


def paint_knob(painter: QPainter, at: QPointF, edge: QColor, inside: QColor) -> None:
    """The circle of a port."""
    painter.setPen(pen(edge, 1.8))
    painter.setBrush(inside)
    painter.drawEllipse(at, KNOB, KNOB)


def paint_ring(painter: QPainter, rect: QRectF, color: QColor, width: float = 2.0, gap: float = 3.5) -> None:
    """An outline around a node, at a distance."""
    painter.setPen(pen(color, width))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(rect.adjusted(-gap, -gap, gap, gap), RADIUS + gap, RADIUS + gap)


def paint_lock(painter: QPainter, rect: QRectF, ink: Ink) -> None:
    """A padlock at the upper right corner of something that is locked."""
    middle = rect.topRight()
    painter.setPen(pen(ink.border, 1.0))
    painter.setBrush(ink.card)
    painter.drawEllipse(middle, 9.0, 9.0)
    painter.setPen(pen(ink.text, 1.4))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawArc(QRectF(middle.x() - 2.6, middle.y() - 5.6, 5.2, 6.4), 0, 180 * 16)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink.text)
    painter.drawRoundedRect(QRectF(middle.x() - 4.2, middle.y() - 1.8, 8.4, 6.2), 1.2, 1.2)


def paint_glow(painter: QPainter, rect: QRectF, color: QColor) -> None:
    """The light around the node at work."""
    soft = QColor(color)
    for gap, alpha in ((9.0, 0.10), (7.0, 0.16), (5.0, 0.24)):
        soft.setAlphaF(alpha)
        paint_ring(painter, rect, soft, 3.0, gap)
    paint_ring(painter, rect, color, 2.0, 3.5)


def paint_problem(painter: QPainter, view: NodeView, ink: Ink) -> None:
    """The outline of a node at fault with its sentence on a card below it."""
    assert view.problem is not None
    sentence = view.problem.sentence
    # A port without a wire is no mistake yet: the person is still at work.
    quiet = view.problem.kind is Kind.MISSING_WIRE
    color, ground = (ink.warning, ink.warning_ground) if quiet else (ink.error, ink.error_ground)
    paint_ring(painter, view.rect, color, 1.8, 0.0)
    card, inner = problem_card(view)
    path = QPainterPath()
    path.addRoundedRect(card, 6, 6)
    painter.fillPath(path, ground)
    painter.strokePath(path, pen(color, 1.0))
    painter.setFont(fonts().small)
    painter.setPen(color if not quiet else ink.text)
    painter.drawText(inner, _wrapping(sentence, inner.width()), sentence)


def _wrapping(text: str, width: float) -> int:
    """Lines end between words, unless a word is wider than a line."""
    widest = max((fonts().width("small", word) for word in text.split()), default=0.0)
    wrap = Qt.TextFlag.TextWordWrap if widest <= width else Qt.TextFlag.TextWrapAnywhere
    return int(Qt.AlignmentFlag.AlignLeft | wrap)


def problem_card(view: NodeView) -> tuple[QRectF, QRectF]:
    """The card of a node's problem, and the room for its text."""
    sentence = sentence_of(view.problem)
    width = max(view.rect.width(), 210.0)
    metrics = fonts().small_metrics
    text = metrics.boundingRect(QRectF(0, 0, width - 20, 1000), _wrapping(sentence, width - 20), sentence)
    card = QRectF(view.rect.left(), view.rect.bottom() + 8, width, text.height() + 14)
    return card, card.adjusted(10, 7, -10, -7)
