"""The loss around the weights of a training, over a plane through them, and the path that the weights took.

The plane is spanned by two directions, as in Li, Xu, Taylor, Studer and Goldstein, "Visualizing the Loss Landscape of
Neural Nets" (NeurIPS 2018): either random ones, of which each unit's part is as long as the weights that lead into that
unit (section 4, biases left alone), or the first two principal components of the path itself (section 7.2).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from compute.analysis import Analysis
from compute.errors import GradwireError
from compute.measure import Measure, Moment
from compute.reference import forward

Array = npt.NDArray[Any]
Numbers = npt.NDArray[np.float64]
Way = Literal["path", "random"]
MOST_WEIGHTS = 25_000
"""Of a network with more weights no path is kept, as every point of it holds them all."""
MOST_ROWS = 400
_WORK, _LEAST, _MOST = 2e8, 9, 31
"""Numbers that a surface may cost in all nodes, and its points each way."""


def trained_names(analysis: Analysis, loss: str) -> list[str]:
    """The weights that training changes, in order."""
    parameters = analysis.leading_to(loss).parameters if loss in analysis.shapes else {}
    return [name for name, (_, spec) in parameters.items() if spec.trainable]


@dataclass(frozen=True)
class FlatWeights(Measure):
    """All weights that training changes, in one row."""

    def of(self, moment: Moment) -> npt.NDArray[np.float32]:
        names = trained_names(moment.analysis, moment.training.loss)
        if not names:
            raise GradwireError("there is nothing to train; add a loss and a layer")
        return flat(moment.weights, names).astype(np.float32)


def flat(weights: Mapping[str, Array], names: Sequence[str]) -> Numbers:
    """Some weights in one row."""
    return np.concatenate([np.asarray(weights[name], np.float64).reshape(-1) for name in names])


def apart(row: Numbers, like: Mapping[str, Array], names: Sequence[str]) -> dict[str, Array]:
    """The weights that a row holds."""
    out, start = {}, 0
    for name in names:
        shape = like[name].shape
        size = math.prod(shape)
        out[name] = row[start : start + size].reshape(shape)
        start += size
    return out


def random_directions(weights: Mapping[str, Array], names: Sequence[str], seed: int = 0) -> Numbers:
    """(2, weights): Gaussian directions; of a weight with two axes or more the part of each unit, its last axis, is as
    long as that unit's weights, and of others it is 0."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(2):
        parts = []
        for name in names:
            weight = np.asarray(weights[name], np.float64)
            part = rng.normal(size=weight.shape)
            if weight.ndim < 2:
                part[...] = 0.0
            else:
                axes = tuple(range(weight.ndim - 1))
                lengths = np.sqrt((part**2).sum(axis=axes, keepdims=True))
                part *= np.sqrt((weight**2).sum(axis=axes, keepdims=True)) / np.where(lengths > 0, lengths, 1.0)
            parts.append(part.reshape(-1))
        rows.append(np.concatenate(parts))
    return np.stack(rows)


def path_directions(path: Numbers) -> Numbers:
    """(2, weights): the first two principal components of a path (moments, weights) about its last moment, of length
    1; of one that is a straight line the second is a random direction across it. Errors: GradwireError for a path that
    leads nowhere, or where there is nothing across it."""
    steps = path[:-1] - path[-1]
    if not len(steps) or not np.abs(steps).max() > 0:
        raise GradwireError("the weights have not moved yet; train for some steps first")
    _, _, rows = np.linalg.svd(steps, full_matrices=False)
    if is_straight(path):
        across = np.random.default_rng(0).normal(size=path.shape[1])
        across -= (across @ rows[0]) * rows[0]
        if path.shape[1] < 2:
            raise GradwireError("a single weight spans no plane; add another to see the loss around them")
        rows = np.stack([rows[0], across / np.linalg.norm(across)])
    # The same sign whatever the library does, and rising to the right from where it began.
    return np.stack([row if steps[0] @ row <= 0 else -row for row in rows[:2]])


def is_straight(path: Numbers) -> bool:
    """Whether a path (moments, weights) spans no plane, such as one of two moments."""
    sizes = np.linalg.svd(path[:-1] - path[-1], compute_uv=False)
    return len(sizes) < 2 or not bool(sizes[1] > 1e-9 * max(sizes[0], 1e-300))


@dataclass(frozen=True, eq=False)
class Surface:
    """losses: (size, size), row 0 at the lowest y; x, y: from where to where; origin: the weights at (0, 0);
    directions: (2, weights); share: of the path's variance that lies in the plane, NaN for random directions; rows:
    over how many rows of training."""

    losses: Numbers
    x: tuple[float, float]
    y: tuple[float, float]
    origin: Numbers
    directions: Numbers
    share: float
    rows: int
    straight: bool = False
    """Whether the path is a straight line, so that the second direction is random."""
    lines: Sequence[tuple[float, Numbers]] = ()
    """Contours: a loss, and (n, 2, 2) pieces of lines from (x, y) to (x, y)."""

    def project(self, path: Numbers) -> Numbers:
        """(moments, 2): where weights (moments, weights) stand in the plane, by the shortest way."""
        found, *_ = np.linalg.lstsq(self.directions.T, (path - self.origin).T, rcond=None)
        return np.asarray(found.T, np.float64)


def surface(
    analysis: Analysis,
    loss: str,
    weights: Mapping[str, Array],
    data: Mapping[str, Array],
    path: Numbers,
    way: Way,
    tell: Callable[[float], object] = lambda _share: None,
) -> Surface:
    """The loss around some weights, without what only training does. data: rows of training by data node; path:
    (moments, weights), may be empty for random directions; tell: hears the share that is done, and may raise to end it.
    Errors: GradwireError where there is no plane."""
    names, part = trained_names(analysis, loss), analysis.leading_to(loss)
    origin = flat(weights, names)
    directions = path_directions(path) if way == "path" else random_directions(weights, names)
    share, straight = math.nan, way == "path" and is_straight(path)
    low, high = np.full(2, -1.0), np.full(2, 1.0)
    if len(path):
        rough = Surface(np.zeros((0, 0)), (0, 1), (0, 1), origin, directions, share, 0)
        there = rough.project(path)
        if way == "path":
            inside, whole = ((each - each.mean(axis=0)) ** 2 for each in (there, path))
            share = float(inside.sum() / whole.sum())
        low, high = there.min(axis=0), there.max(axis=0)
        if way == "random":
            low, high = np.minimum(low, -1.0), np.maximum(high, 1.0)
        room = np.maximum(0.35 * (high - low), 0.1 * float((high - low).max()) or 1e-3)
        low, high = low - room, high + room
    rows = {node: table[:: max(1, -(-len(table) // MOST_ROWS))] for node, table in data.items() if node in part.shapes}
    count = max((len(table) for table in rows.values()), default=1)
    size = int(min(max(math.sqrt(_WORK / max(1, part.numbers_per_row * count)), _LEAST), _MOST)) | 1
    losses, xs, ys = (
        np.full((size, size), np.nan),
        np.linspace(low[0], high[0], size),
        np.linspace(low[1], high[1], size),
    )
    for i, y in enumerate(ys):
        for j, x in enumerate(xs):
            at = origin + x * directions[0] + y * directions[1]
            losses[i, j] = float(forward(part, {**weights, **apart(at, weights, names)}, rows)[loss])
        tell((i + 1) / size)
    ends = (float(xs[0]), float(xs[-1])), (float(ys[0]), float(ys[-1]))
    return Surface(losses, *ends, origin, directions, share, count, straight, contours(losses, xs, ys))


def contours(losses: Numbers, xs: Numbers, ys: Numbers, many: int = 9) -> list[tuple[float, Numbers]]:
    """Lines of the same loss, at levels of which there are as many points between one and the next."""
    good = losses[np.isfinite(losses)]
    if not good.size or good.max() <= good.min():
        return []
    levels = np.unique(np.quantile(good, np.linspace(0.06, 0.94, many)))
    return [(float(level), pieces) for level in levels if len(pieces := _line(losses, xs, ys, float(level)))]


def _line(z: Numbers, xs: Numbers, ys: Numbers, level: float) -> Numbers:
    """Where a surface crosses a level: a piece for each triangle that it crosses, two triangles to a cell."""
    pieces = []
    corners = ((0, 0), (0, 1), (1, 1)), ((0, 0), (1, 1), (1, 0))
    for i in range(len(ys) - 1):
        for j in range(len(xs) - 1):
            cell = z[i : i + 2, j : j + 2]
            if not (cell.min() < level < cell.max()):
                continue
            for triangle in corners:
                found = []
                for (a, b), (c, d) in zip(triangle, (*triangle[1:], triangle[0]), strict=True):
                    one, two = cell[a, b] - level, cell[c, d] - level
                    if (one < 0) != (two < 0):
                        t = one / (one - two)
                        found.append(
                            (
                                xs[j + b] + t * (xs[j + d] - xs[j + b]),
                                ys[i + a] + t * (ys[i + c] - ys[i + a]),
                            )
                        )
                if len(found) == 2:
                    pieces.append(found)
    return np.array(pieces, np.float64).reshape(-1, 2, 2)
