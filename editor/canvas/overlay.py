"""What stands at the pointer: a sentence in a bubble."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from editor.canvas.ink import fonts, ink, pen

_WIDTH = 300.0


def paint_bubble(painter: QPainter, text: str, pointer: QPointF, room: QRectF) -> None:
    """A refusal, beside the pointer and inside the widget."""
    colors, type_ = ink(), fonts()
    flags = int(Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap)
    inner = type_.small_metrics.boundingRect(QRectF(0, 0, _WIDTH - 24, 400), flags, text)
    box = QRectF(pointer.x() + 16, pointer.y() + 18, inner.width() + 24, inner.height() + 16)
    box.moveLeft(max(8.0, min(box.left(), room.right() - box.width() - 8)))
    if box.bottom() > room.bottom() - 8:
        box.moveBottom(pointer.y() - 14)
    painter.setPen(pen(colors.error, 1.0))
    painter.setBrush(colors.error_ground)
    painter.drawRoundedRect(box, 7, 7)
    painter.setFont(type_.small)
    painter.setPen(colors.text)
    painter.drawText(box.adjusted(12, 8, -8, -8), flags, text)
