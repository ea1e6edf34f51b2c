"""What stands above the graph: a sentence in a bubble at the pointer, and what to do while there is no graph."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QKeySequence, QPainter

from editor.canvas.ink import fonts, ink, pen
from editor.scale import factor

_WIDTH = 300.0
_LINE = 26.0


def hints() -> tuple[str, str]:
    """What to do with an empty canvas."""
    gallery = QKeySequence("Ctrl+G").toString(QKeySequence.SequenceFormat.NativeText)
    return "Press Tab or drag an operation here", f"or open an example: {gallery}"


def paint_hints(painter: QPainter, room: QRectF) -> None:
    """The hints, calmly in the middle of the widget."""
    colors, type_ = ink(), fonts()
    painter.save()
    painter.scale(factor(), factor())
    room = QRectF(room.topLeft() / factor(), room.size() / factor())
    middle = room.center().y()
    for text, font, color, y in zip(
        hints(), (type_.hint, type_.name), (colors.dim, colors.dim), (middle - _LINE, middle), strict=True
    ):
        painter.setFont(font)
        painter.setPen(color)
        painter.drawText(QRectF(room.left(), y, room.width(), _LINE), int(Qt.AlignmentFlag.AlignCenter), text)
    painter.restore()


def paint_bubble(painter: QPainter, text: str, pointer: QPointF, room: QRectF, *, calm: bool = False) -> None:
    """A refusal, or what can be done (``calm``), beside a point and inside the widget."""
    colors, type_ = ink(), fonts()
    painter.save()
    painter.scale(factor(), factor())
    pointer, room = pointer / factor(), QRectF(room.topLeft() / factor(), room.size() / factor())
    flags = int(Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap)
    inner = type_.small_metrics.boundingRect(QRectF(0, 0, _WIDTH - 24, 400), flags, text)
    box = QRectF(pointer.x() + 16, pointer.y() + 18, inner.width() + 24, inner.height() + 16)
    box.moveLeft(max(8.0, min(box.left(), room.right() - box.width() - 8)))
    if box.bottom() > room.bottom() - 8:
        box.moveBottom(pointer.y() - 14)
    painter.setPen(pen(colors.accent if calm else colors.error, 1.0))
    painter.setBrush(colors.card if calm else colors.error_ground)
    painter.drawRoundedRect(box, 7, 7)
    painter.setFont(type_.small)
    painter.setPen(colors.text)
    painter.drawText(box.adjusted(12, 8, -8, -8), flags, text)
    painter.restore()
