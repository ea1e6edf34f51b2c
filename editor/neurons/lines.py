"""The lines between two columns of neurons: which of them are drawn, where, how thick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QPointF, QRectF

from editor.canvas.camera import Camera
from editor.neurons.layout import Place

Array = npt.NDArray[Any]

MOST_LINES = 320
"""Between all columns together; of more the strongest are drawn."""
THICKEST, THINNEST = 5.0, 0.6
_LEVELS = 6


@dataclass(frozen=True)
class Lines:
    """Lines that end at a column: each from a unit of the column before to one of its own, from the weakest to the
    strongest. ends: (lines, 4) x, y, x, y in pixels of the view; share: (lines,) |w| of the largest |w| of the chain;
    thick: (lines,) in pixels; total: how many weights there are."""

    column: int
    sources: Array
    units: Array
    weights: Array
    ends: Array
    share: Array
    thick: Array
    total: int

    @property
    def more(self) -> int:
        """How many are not drawn."""
        return self.total - len(self.sources)

    def nearest(self, at: QPointF, reach: float) -> tuple[int, float]:
        """The line that passes closest to a point, and how far away; −1 where none is within reach."""
        if not len(self.sources):
            return -1, reach
        x1, y1, x2, y2 = self.ends.T
        dx, dy = x2 - x1, y2 - y1
        along = np.clip(((at.x() - x1) * dx + (at.y() - y1) * dy) / np.maximum(dx * dx + dy * dy, 1e-9), 0.0, 1.0)
        away = np.hypot(at.x() - x1 - along * dx, at.y() - y1 - along * dy) - self.thick / 2
        best = int(away.argmin())
        return (best, float(away[best])) if away[best] <= reach else (-1, reach)

    def levels(self) -> list[tuple[float, float, bool, list[QLineF]]]:
        """Lines that look alike: thickness, share, whether they are negative, and where they are."""
        out = []
        level = np.ceil(self.share * _LEVELS).astype(int)
        negative = self.weights < 0
        for each in range(_LEVELS + 1):
            for minus in (False, True):
                some = np.flatnonzero((level == each) & (negative == minus))
                if some.size:
                    shown = [QLineF(*ends) for ends in self.ends[some].tolist()]
                    out.append((float(self.thick[some].mean()), float(self.share[some].mean()), minus, shown))
        return out


def lines_to(
    column: int,
    weights: Array,
    before: Place,
    after: Place,
    camera: Camera,
    view: QRectF,
    largest: float,
    most: int,
    only: tuple[int | None, int | None] = (None, None),
) -> Lines:
    """The strongest ``most`` lines that have an end in sight. weights: (units before, units); largest: |w| of the
    thickest; only: those of one source, or of one target."""
    sources, units = before.drawn, after.drawn
    if only[0] is not None:
        sources = sources[sources == only[0]]
    if only[1] is not None:
        units = units[units == only[1]]
    some = (
        np.abs(weights[np.ix_(sources, units)])
        if len(sources) != len(weights) or len(units) != weights.shape[1]
        else np.abs(weights)
    )
    zoom = camera.zoom
    from_y, to_y = before.y(sources) * zoom + camera.y, after.y(units) * zoom + camera.y
    seen_from = (from_y >= view.top()) & (from_y <= view.bottom())
    seen_to = (to_y >= view.top()) & (to_y <= view.bottom())
    if not (seen_from.all() or seen_to.all()):
        some = np.where(seen_from[:, None] | seen_to[None, :], some, -1.0)
    flat = some.reshape(-1)
    kept = np.arange(flat.size)
    if flat.size > most:
        kept = np.argpartition(np.nan_to_num(flat, nan=np.inf), flat.size - most)[flat.size - most :]
    kept = kept[~(flat[kept] < 0)]
    kept = kept[np.argsort(np.nan_to_num(flat[kept], nan=np.inf), kind="stable")]
    i, j = kept // max(1, len(units)), kept % max(1, len(units))
    share = np.nan_to_num(flat[kept] / (largest or 1.0), nan=1.0, posinf=1.0).clip(0.0, 1.0)
    radius = min(before.radius if before.picture is None else np.inf, after.radius) * zoom
    thickest = float(np.clip(0.4 * radius, 1.2, THICKEST))
    left, right = before.right * zoom + camera.x, after.left * zoom + camera.x
    ends = np.stack([np.full(len(i), left), from_y[i], np.full(len(i), right), to_y[j]], axis=1)
    thick = THINNEST + (thickest - THINNEST) * share
    return Lines(column, sources[i], units[j], weights[sources[i], units[j]], ends, share, thick, weights.size)
