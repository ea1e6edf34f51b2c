"""The painting of frames, notes and reroute points."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath

from compute.graph import Frame, Note
from editor import theme
from editor.canvas.areas import POINT, AreaView, PointView, header
from editor.canvas.ink import Ink, fonts, pen
from editor.canvas.note_text import first_line, paint_text

_ROUND = 10.0
_LETTERS, _MOST_LETTERS, _READABLE = 13.0, 22.0, 7.0
"""The height of a title's letters in the scene, how high they may become from afar, and how many pixels they need."""
_GRIP = 9.0
_FAR_LETTERS = 9.5
"""The pixels of the letters in which the first line of a note is written from afar."""
_LEAST_LETTERS = 6
"""So many times their size it must be wide, or hardly a word would be seen."""


def paint_frame(painter: QPainter, view: AreaView[Frame], ink: Ink, chosen: bool, pixel: float = 1.0) -> None:
    """The area with its title. ``pixel``: one in scene units, where the title must be larger to be read."""
    rect, hue = view.rect, ink.hue(view.record.color)
    ground, strip, edge = (theme.mix(ink.theme.canvas, hue.name(), share) for share in (0.08, 0.2, 0.45))
    whole, top = QPainterPath(), QPainterPath()
    whole.addRoundedRect(rect, _ROUND, _ROUND)
    top.addRect(header(rect))
    painter.fillPath(whole, ground)
    painter.fillPath(whole.intersected(top), strip)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(pen(ink.accent if chosen else edge, (2.0 if chosen else 1.0) * pixel))
    painter.drawPath(whole)
    letters = min(_LETTERS * max(1.0, 0.8 * pixel), _MOST_LETTERS)
    if view.record.title and letters / pixel >= _READABLE:
        font = QFont(fonts().title)
        font.setPixelSize(round(letters))
        painter.setFont(font)
        painter.setPen(ink.text)
        room = header(rect).adjusted(12, 0, -12, 0)
        text = fonts().cut("title", view.record.title, room.width() * _LETTERS / letters)
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), text)
    _grip(painter, rect, edge)


def paint_note(painter: QPainter, view: AreaView[Note], ink: Ink, chosen: bool, afar: float = 0.0) -> None:
    """A card with its text. ``afar``: one pixel in scene units where the text is too small to be read; then its first
    line stands there in letters that can be."""
    rect = view.rect
    hue = ink.hue(view.record.color) if view.record.color else ink.warning
    painter.setPen(pen(ink.accent if chosen else theme.mix(ink.theme.canvas, hue.name(), 0.4), 2.0 if chosen else 1.0))
    painter.setBrush(theme.mix(ink.theme.node, hue.name(), 0.1))
    painter.drawRoundedRect(rect, 4, 4)
    if afar:
        _far_text(painter, view.record.text, rect, ink, afar)
    else:
        paint_text(painter, view.record.text, rect, ink)
    _grip(painter, rect, theme.mix(ink.theme.canvas, hue.name(), 0.5))


def _far_text(painter: QPainter, text: str, rect: QRectF, ink: Ink, pixel: float) -> None:
    """The first line as far as the width holds it; where there is no room for it, a grey line in its place."""
    first = first_line(text)
    room = rect.adjusted(4 * pixel, 2 * pixel, -4 * pixel, -2 * pixel)
    if not first or room.width() <= 0:
        return
    letters = _FAR_LETTERS * pixel
    if room.height() < letters or room.width() < _LEAST_LETTERS * letters:
        painter.setPen(pen(ink.faint, pixel))
        painter.drawLine(QPointF(room.left(), rect.center().y()), QPointF(room.right(), rect.center().y()))
        return
    font = QFont(fonts().name)
    font.setPixelSize(max(1, round(letters)))
    painter.setFont(font)
    painter.setPen(ink.text)
    # As it would be cut in letters of the usual size.
    shown = fonts().cut("name", first, room.width() * fonts().name.pixelSize() / letters)
    painter.drawText(room, int(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft), shown)


def _grip(painter: QPainter, rect: QRectF, color: QColor) -> None:
    """The corner by which an area is made larger."""
    corner = rect.bottomRight() - QPointF(4.0, 4.0)
    painter.setPen(pen(color, 1.2))
    for far in (_GRIP, _GRIP / 2):
        painter.drawLine(corner - QPointF(far, 0.0), corner - QPointF(0.0, far))


def paint_point(painter: QPainter, view: PointView, color: QColor, ink: Ink, chosen: bool) -> None:
    """A reroute point, in the colour of its wire."""
    middle = view.rect.center()
    painter.setPen(pen(ink.accent if chosen else color, 2.4 if chosen else 1.8))
    painter.setBrush(ink.canvas)
    painter.drawEllipse(middle, POINT - 1, POINT - 1)
    if chosen:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink.accent)
        painter.drawEllipse(middle, 2.4, 2.4)
