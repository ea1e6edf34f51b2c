"""A hue for each run: none of them that of values, of gradients or of what is wrong."""

from __future__ import annotations

from PySide6.QtGui import QColor

from editor import theme

HUES = (285, 150, 320, 178, 62, 255, 120, 340)
"""Of the run with number 1, 2, …; after the last the first again."""


def run_color(number: int, alpha: float = 1.0) -> QColor:
    """The colour of the run of that number, for the theme in force."""
    dark = QColor(theme.current().panel).lightnessF() < 0.5
    return QColor.fromHslF(HUES[(number - 1) % len(HUES)] / 360, 0.5 if dark else 0.6, 0.68 if dark else 0.38, alpha)
