"""Where wires run that would cross nodes on their way: level, in the free strip between what lies there.

A wire that runs back, as from the end of a line of nodes to the beginning of the next, and one that skips nodes beside
it. A lane is found from where everything stands, so nothing of it is in the document.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from compute.graph import Port
from editor.canvas.wire_path import runs_ahead

_AWAY = 14.0
"""Between a lane and the node that it passes, and between two lanes."""
_TURN = 40.0
"""How far a wire goes on beyond its ends before it turns back, and how much more for each other beside it."""
_MOST_TURN = 90.0
_SKIPS = 260.0
"""The length from which on a wire may have a node in its way: a gap, a node and another gap."""
_MOST_ASKED = 200_000
"""Wires of one of these kinds times nodes; with more they run straight, as there nobody could follow them anyway."""
Nodes = npt.NDArray[np.float64]
"""(n, 4): left, top, right and bottom of each node."""


@dataclass(frozen=True, slots=True)
class Lane:
    """The height at which a wire runs level, and how far beyond its ends it turns."""

    y: float
    turn: float = _TURN


@dataclass(frozen=True, slots=True)
class Course:
    """A wire to be led: its port, its source, and its ends as (x, y)."""

    key: Port
    source: str
    start: tuple[float, float]
    end: tuple[float, float]


def needs_lane(dx: float) -> bool:
    """Whether a wire that ends so far to the right of its start may have a node in its way."""
    return dx > _SKIPS or not runs_ahead(dx)


def lanes(nodes: Nodes, courses: Sequence[Course]) -> dict[Port, Lane]:
    """A lane for each of some wires that needs one and has one; those of one strip lie beside each other."""
    back = [c for c in courses if not runs_ahead(c.end[0] - c.start[0])]
    ahead = [c for c in courses if runs_ahead(c.end[0] - c.start[0])]
    asked = [some for some in (back, ahead) if len(some) * len(nodes) <= _MOST_ASKED]
    strips: dict[tuple[float, float], list[Course]] = defaultdict(list)
    for course in chain(*asked):
        ahead_of = runs_ahead(course.end[0] - course.start[0])
        strip = _around(nodes, course) if ahead_of else _strip_back(nodes, course)
        if strip is not None:
            strips[strip].append(course)
    found: dict[Port, Lane] = {}
    for strip, some in strips.items():
        found |= _beside(strip, some)
    return found


def _strip_back(nodes: Nodes, course: Course) -> tuple[float, float] | None:
    """The free strip between the ends of a wire that runs back, over the whole of its way; that nearest to its start
    from which the way down to its end is free."""
    (x0, y0), (x1, y1) = course.start, course.end
    low, high = min(y0, y1), max(y0, y1)
    between = (nodes[:, 2] > x1 - _TURN) & (nodes[:, 0] < x0 + _TURN) & (nodes[:, 3] > low) & (nodes[:, 1] < high)
    strips = _free(nodes[between], low, high)
    if y1 < y0:
        strips.reverse()
    for top, bottom in strips:
        a, b = sorted(((top + bottom) / 2, y1))
        beside = (nodes[:, 2] > x1 - _TURN) & (nodes[:, 0] < x1 - 4) & (nodes[:, 3] > a) & (nodes[:, 1] < b)
        if not beside.any():
            return top, bottom
    return strips[-1] if strips else None


def _around(nodes: Nodes, course: Course) -> tuple[float, float] | None:
    """The free strip nearest to a wire that would cross nodes ahead; None where it crosses none."""
    (x0, y0), (x1, y1) = course.start, course.end
    within = nodes[(nodes[:, 0] > x0 + 4) & (nodes[:, 2] < x1 - 4)]
    # The curve is about level at its ends and steep in its middle.
    share = np.clip((within[:, [0, 2]] - x0) / (x1 - x0), 0, 1)
    y = y0 + (y1 - y0) * share * share * (3 - 2 * share)
    if not ((within[:, 1] - 2 < y.max(axis=1)) & (within[:, 3] + 2 > y.min(axis=1))).any():
        return None
    far = max(abs(y1 - y0), 400.0)
    strips = _free(within, min(y0, y1) - far, max(y0, y1) + far)
    # An open strip is passed close to what bounds it.
    room = 2 * _AWAY

    def places(strip: tuple[float, float]) -> list[tuple[float, float]]:
        top, bottom = strip
        if bottom - top <= 2 * room:
            return [strip]
        return [(top, top + room), (bottom - room, bottom)]

    def detour(strip: tuple[float, float]) -> float:
        middle = sum(strip) / 2
        return abs(middle - y0) + abs(middle - y1)

    return min((place for strip in strips for place in places(strip)), key=detour, default=None)


def _free(nodes: Nodes, low: float, high: float) -> list[tuple[float, float]]:
    """What some nodes leave free between two heights, from the top."""
    strips: list[tuple[float, float]] = []
    reached = low
    for top, bottom in nodes[np.argsort(nodes[:, 1], kind="stable")][:, [1, 3]].tolist():
        if top - reached > _AWAY:
            strips.append((reached, top))
        reached = max(reached, bottom)
    if high - reached > _AWAY:
        strips.append((reached, high))
    return strips


def _beside(strip: tuple[float, float], courses: list[Course]) -> Mapping[Port, Lane]:
    """The lanes of one strip. Wires of one source share one; the upper of two sources has the lower lane and turns
    farther out, so that they do not cross."""
    top, bottom = strip
    sources: dict[str, tuple[float, float]] = {}
    for course in courses:
        sources.setdefault(course.source, course.start)
    order = sorted(sources, key=lambda s: (-sources[s][1], sources[s][0], s))
    apart = min(_AWAY, (bottom - top) / (len(order) + 1))
    middle = (top + bottom) / 2
    first = middle - apart * (len(order) - 1) / 2
    at = {s: (first + apart * i, min(_TURN + i * _AWAY, _MOST_TURN)) for i, s in enumerate(order)}
    return {course.key: Lane(*at[course.source]) for course in courses}
