"""What a heat map shows, and its numbers as pixels: hue by sign, strength by size, nothing at 0, faults loud."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor

from compute.tensor_view import Span, TensorView
from editor import theme
from editor.panels.tensor_table import color_ramp

Array = npt.NDArray[Any]
NOTHING = TensorView((0, 0))
_LEVELS = 32


@dataclass(frozen=True, eq=False)
class Sheet:
    """What a map shows: a matrix as ``laid_out`` has it, the magnitude that has the full hue (None: that of the largest
    entry), the chosen sample, the cell in focus, spans that something was made from, and of how many cells, row by row,
    a walk has come to the numbers (None: of all); about: what it is a matrix of, whose picture stays until that of its
    newer numbers is there."""

    matrix: Array = field(default_factory=lambda: np.zeros((0, 0)))
    laid_out: TensorView = NOTHING
    scale: float | None = None
    sample: int = -1
    lit: tuple[int, int] | None = None
    spans: tuple[Span, ...] = ()
    reached: int | None = None
    about: object = None

    def has(self, row: int, column: int) -> bool:
        """Whether the number of a cell is there."""
        return self.reached is None or row * self.laid_out.columns + column < self.reached


@lru_cache(maxsize=8)
def _colors(card: str, negative: str, positive: str, error: str, text: str) -> npt.NDArray[np.uint32]:
    """The pixel of each level, from the full hue of negative numbers to that of positive ones; at last of a fault."""
    ramps = [color_ramp(card, hue, text, (text, text)) for hue in (negative, positive)]
    cells = [cell for cell, _ in reversed(ramps[0])] + [cell for cell, _ in ramps[1][1:]] + [QColor(error)]
    return np.array([cell.rgb() for cell in cells], np.uint32)


def pixels_of(blocks: Array, scale: float) -> npt.NDArray[np.uint32]:
    """Numbers as pixels, in the colours of the tables' cells."""
    t = theme.current()
    colors = _colors(t.card, t.negative, t.positive, t.error, t.text)
    with np.errstate(all="ignore"):
        share = np.clip(blocks / scale, -1.0, 1.0) if scale > 0 else np.where(np.isfinite(blocks), 0.0, np.nan)
        level = np.rint(np.where(np.isfinite(blocks), share, 0.0) * _LEVELS).astype(np.intp) + _LEVELS
    level[~np.isfinite(blocks)] = len(colors) - 1
    return np.ascontiguousarray(colors[level])
