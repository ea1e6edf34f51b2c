"""How large text is, and with it all that is measured in pixels beside text: one factor for the whole program."""

from __future__ import annotations

import re

SCALES = (1.0, 1.1, 1.25, 1.5, 1.75, 2.0)
"""Those that can be chosen; 1 is the size that the system has."""
PROJECTOR = 1.5
"""For a projector, until another is chosen."""

_factor = 1.0


def factor() -> float:
    """The text scale in force, 1 … 2."""
    return _factor


def put(factor: float) -> None:
    """Another text scale; ``editor.theme.set_scale`` brings it onto the screen."""
    global _factor
    _factor = min(max(factor, SCALES[0]), SCALES[-1])


def px(pixels: float) -> int:
    """A length that goes along with the text, in pixels."""
    return round(pixels * _factor)


def nearest(value: float, step: int = 0) -> float:
    """The scale that can be chosen next to a value, or the one so many steps further."""
    at = min(range(len(SCALES)), key=lambda i: abs(SCALES[i] - value))
    return SCALES[min(max(at + step, 0), len(SCALES) - 1)]


def scaled(sheet: str) -> str:
    """A style sheet with its lengths at the text scale; lines of one pixel stay as thin."""
    if _factor == 1.0:
        return sheet
    return re.sub(r"(\d+)px", lambda found: f"{px(int(found[1])) if found[1] != '1' else 1}px", sheet)
