"""What lies over the picture of the neurons: what is in focus or pointed at, and the card that tells of it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from compute.neurons import Element
from editor import theme
from editor.neurons.card import Said
from editor.neurons.picture import Picture
from editor.scale import px


def light(painter: QPainter, picture: Picture, element: Element, *, sure: bool) -> None:
    """A frame around an element; ``sure``: it is in focus, not only pointed at."""
    t = theme.current()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if element.kind == "weight":
        line = picture.line(element)
        weights = picture.numbers.weights(element.column)
        value = 0.0 if weights is None else float(weights[element.source, element.unit])
        for color, wide in ((theme.color(t.focus, 1.0 if sure else 0.6), 6.0), (theme.color(t.panel), 4.0)):
            painter.setPen(QPen(color, wide, c=Qt.PenCapStyle.FlatCap))
            painter.drawLine(line)
        painter.setPen(QPen(theme.color(t.negative if value < 0 else t.positive), 2.4))
        painter.drawLine(line)
        picture.write_weight(painter, element)
        return
    area = picture.area(element)
    grow = area.adjusted(-2.5, -2.5, 2.5, 2.5)
    for token, wide in ((t.panel, 4.0), (t.focus, 2.0 if sure else 1.2)):
        painter.setPen(QPen(theme.color(token), wide))
        if element.kind == "unit" and picture.places[element.column].picture is None:
            painter.drawEllipse(grow)
        else:
            painter.drawRect(grow)


def paint_card(painter: QPainter, view: QRectF, beside: QRectF, lines: list[Said]) -> None:
    """What is said of what lies at an area, beside it and inside of the view."""
    t, bold, plain = theme.current(), theme.ui_font(9.0, bold=True), theme.mono_font(8.5)
    fonts = [bold, *[plain] * (len(lines) - 1)]
    metrics = [QFontMetricsF(font) for font in fonts]
    wide = max(m.horizontalAdvance(said.text) for m, said in zip(metrics, lines, strict=True)) + px(18)
    high = sum(m.height() for m in metrics) + px(12)
    area = QRectF(beside.center().x() + px(14), beside.bottom() + px(6), min(wide, view.width() - 4), high)
    if area.right() > view.width() - 2:
        area.moveRight(view.width() - 2)
    if area.bottom() > view.height() - 2:
        area.moveBottom(beside.top() - px(6))
    area.moveLeft(max(area.left(), 2.0))
    area.moveTop(max(area.top(), 2.0))
    painter.setPen(QPen(theme.color(t.node_border), 1))
    painter.setBrush(theme.color(t.card))
    painter.drawRoundedRect(area, 6, 6)
    y = area.top() + px(6)
    for font, m, said in zip(fonts, metrics, lines, strict=True):
        painter.setFont(font)
        painter.setPen(theme.color(getattr(t, said.token)))
        place = QRectF(area.left() + px(9), y, area.width() - px(18), m.height())
        painter.drawText(
            place, Qt.AlignmentFlag.AlignLeft, m.elidedText(said.text, Qt.TextElideMode.ElideRight, place.width())
        )
        y += m.height()
