"""Shortcuts as people see them on their keys: each key in a cap of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from editor import theme

_PAD, _GAP, _RISE = 5.0, 3.0, 2.0
_OR = " or "


def keys_of(shortcut: str) -> list[str]:
    """The keys of a shortcut, by the names that the system gives them: ``Ctrl``, ``Shift``, ``P``."""
    text = QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)
    return re.split(r"(?<=.)\+(?=.)", text)


def font() -> QFont:
    """The font on the caps."""
    return theme.ui_font(8.5)


def width_of(shortcuts: Sequence[str]) -> float:
    """How wide some alternatives are."""
    return sum(width for _, width in _pieces(shortcuts))


def _pieces(shortcuts: Sequence[str]) -> list[tuple[str, float]]:
    """Texts and widths from left to right, gaps included; _OR stands between alternatives."""
    metrics, out = QFontMetricsF(font()), []
    least = metrics.height()
    for i, shortcut in enumerate(shortcuts):
        if i:
            out.append((_OR, metrics.horizontalAdvance(_OR) + _GAP))
        out += [(key, max(metrics.horizontalAdvance(key) + 2 * _PAD, least) + _GAP) for key in keys_of(shortcut)]
    return out


def paint_keys(painter: QPainter, room: QRectF, shortcuts: Sequence[str]) -> None:
    """The caps, flush right in the middle of a room."""
    t = theme.current()
    height = QFontMetricsF(font()).height() + 2 * _RISE
    x = room.right() - width_of(shortcuts) + _GAP
    painter.setFont(font())
    for text, width in _pieces(shortcuts):
        cap = QRectF(x, room.center().y() - height / 2, width - _GAP, height)
        if text != _OR:
            painter.setPen(theme.color(t.line))
            painter.setBrush(theme.color(t.field))
            painter.drawRoundedRect(cap.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.setPen(theme.color(t.text_dim))
        painter.drawText(cap, int(Qt.AlignmentFlag.AlignCenter), text)
        x += width


class Keys(QWidget):
    """The caps as a widget, flush right."""

    def __init__(self, shortcuts: Sequence[str]) -> None:
        super().__init__()
        self._shortcuts = tuple(shortcuts)
        self.setAccessibleName(_OR.join("+".join(keys_of(each)) for each in shortcuts))
        self.setSizePolicy(QSizePolicy.Policy.MinimumExpanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(round(width_of(self._shortcuts)) + 2, round(QFontMetricsF(font()).height() + 2 * _RISE))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_keys(painter, QRectF(self.rect()), self._shortcuts)
        painter.end()
