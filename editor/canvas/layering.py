"""Boxes and links in columns, sources left: their order in each, and how high all stand so that links run level."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Literal

GAP_X, GAP_Y = 150.0, 50.0
"""Between columns, where the labels of wires stand, and between boxes of one column."""
_GAP_WIRE = 24.0
"""Between a box and a wire that runs past it."""
_MOST_LINKS = 400
_SWEEPS = 3
_TALL = 1e4
"""More than any box is high: by it a port counts as a part of its box's place."""
_MOST_COUNTED = 200
"""Links between two columns whose crossings are counted."""
_UNIT = 100
"""The layers' own distance between neighbours."""

Item = str | int
"""A box, or by number a place where a link passes through a column."""


@dataclass(frozen=True, slots=True)
class Link:
    """A wire between two boxes. leaves, arrives: how far below their tops; weight: how much it should be level."""

    source: str
    target: str
    leaves: float = 0.0
    arrives: float = 0.0
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Layers:
    """Connected boxes in columns: ``columns`` has what each holds from the top; ``parts`` the links, cut at each column
    that they pass through, as (from, to, the link itself)."""

    columns: tuple[tuple[Item, ...], ...]
    parts: tuple[tuple[Item, Item, Link], ...]


def layered(boxes: Sequence[str], links: Sequence[Link]) -> list[Layers]:
    """The connected parts of some boxes, in the order of their first boxes."""
    found: list[Layers] = []
    pairs = {(link.source, link.target): link for link in reversed(links)}
    edges = forward(pairs)
    if edges:
        from fast_sugiyama import from_edges

        # One part at a time: of several it gives some that pass through a column the name of a box.
        for some in _parts(edges):
            for positions, _wide, _high, cut in from_edges(some, vertex_spacing=_UNIT, ranking_type=_ranking(some)):
                found.append(_columns(positions, cut, pairs))
    there = {item for part in found for column in part.columns for item in column}
    found += [Layers(((box,),), ()) for box in boxes if box not in there]
    first = {box: i for i, box in enumerate(boxes)}
    return sorted(found, key=lambda part: min(first[i] for c in part.columns for i in c if isinstance(i, str)))


def _ranking(edges: Sequence[tuple[str, str]]) -> Literal["minimize", "up", "down"]:
    """How boxes find their columns. The shortest links cost seconds in large graphs; there every box stands right
    before what it feeds, or right behind what feeds it where more boxes feed none than are fed by none."""
    if len(edges) <= _MOST_LINKS:
        return "minimize"
    sources, targets = {a for a, _ in edges}, {b for _, b in edges}
    return "up" if len(targets - sources) > len(sources - targets) else "down"


def _parts(edges: Sequence[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Edges by the connected part that they belong to."""
    root: dict[str, str] = {}

    def find(box: str) -> str:
        while (above := root.setdefault(box, box)) != box:
            root[box] = box = root[above]
        return box

    for a, b in edges:
        root[find(a)] = find(b)
    parts: dict[str, list[tuple[str, str]]] = {}
    for edge in edges:
        parts.setdefault(find(edge[0]), []).append(edge)
    return list(parts.values())


def _columns(
    positions: Iterable[tuple[Item, tuple[float, float]]],
    cut: Iterable[tuple[Item, Item]],
    pairs: Mapping[tuple[str, str], Link],
) -> Layers:
    places = dict(positions)
    levels = sorted({along for _, along in places.values()}, reverse=True)
    by_level: dict[float, list[Item]] = {along: [] for along in levels}
    for item, (_, along) in places.items():
        by_level[along].append(item)
    columns = tuple(tuple(sorted(by_level[along], key=lambda i: places[i][0])) for along in levels)
    onward: dict[Item, list[Item]] = {}
    for a, b in cut:
        onward.setdefault(a, []).append(b)
    parts: list[tuple[Item, Item, Link]] = []
    for a in (item for item in places if isinstance(item, str)):
        for first in onward.get(a, ()):
            way: list[Item] = [a, first]
            while not isinstance(way[-1], str):
                way.append(onward[way[-1]][0])
            end = str(way[-1])
            link = pairs.get((a, end)) or pairs[end, a]
            parts += [(x, y, link) for x, y in pairwise(way)]
    return min((Layers(each, tuple(parts)) for each in (columns, tuple(c[::-1] for c in columns))), key=_untidiness)


def _untidiness(part: Layers) -> tuple[float, float]:
    """How often links cross, counted at the ports, and how high those boxes stand that nothing feeds."""
    height = {item: i for column in part.columns for i, item in enumerate(column)}
    column_of = {item: n for n, column in enumerate(part.columns) for item in column}
    fed = {b for _, b, _ in part.parts}
    ends: dict[int, list[tuple[float, float]]] = {}
    for a, b, link in part.parts:
        leaves, arrives = (link.leaves, link.arrives) if link.source != b else (0.0, 0.0)
        ends.setdefault(column_of[a], []).append((height[a] + leaves / _TALL, height[b] + arrives / _TALL))
    crossings = sum(
        (a - c) * (b - d) < 0 for some in ends.values() if len(some) <= _MOST_COUNTED
        for i, (a, b) in enumerate(some) for c, d in some[:i]
    )  # fmt: skip
    unfed = sum(height[i] for column in part.columns[1:] for i in column if i not in fed)
    return crossings, -unfed


def forward(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The edges, those that close a cycle turned around, and none from a box to itself.

    A document may hold cycles; with one the layout sometimes never ends, and a loop at a box ends the whole program.
    """
    edges = set(pairs)
    targets: dict[str, list[str]] = {}
    for source, target in sorted(edges):
        targets.setdefault(source, []).append(target)
    left: dict[str, int] = {}
    """When the search was done with each box: after all that follow it, unless a cycle leads back."""
    seen: set[str] = set()
    for first in sorted(targets):
        if first in seen:
            continue
        seen.add(first)
        path: list[tuple[str, Iterator[str]]] = [(first, iter(targets[first]))]
        while path:
            box, rest = path[-1]
            following = next((each for each in rest if each not in seen), None)
            if following is None:
                left[box] = len(left)
                path.pop()
            else:
                seen.add(following)
                path.append((following, iter(targets.get(following, ()))))
    return sorted({(a, b) if left[a] > left[b] else (b, a) for a, b in edges if a != b})


def levelled(
    columns: Sequence[Sequence[Item]], parts: Iterable[tuple[Item, Item, Link]], heights: Mapping[str, float]
) -> dict[Item, float]:
    """The top of each item of some columns, so that links run as level as the order and the gaps let them."""
    before: dict[Item, list[tuple[Item, float, float]]] = {}
    after: dict[Item, list[tuple[Item, float, float]]] = {}
    for a, b, link in parts:
        turned = a == link.target or b == link.source
        leaves = 0.0 if isinstance(a, int) else link.arrives if turned else link.leaves
        arrives = 0.0 if isinstance(b, int) else link.leaves if turned else link.arrives
        before.setdefault(b, []).append((a, leaves - arrives, link.weight))
        after.setdefault(a, []).append((b, arrives - leaves, link.weight))
    tops: dict[Item, float] = {}
    for column in columns:
        y = 0.0
        for item, step in zip(column, _steps(column, heights), strict=True):
            y += step
            tops[item] = y
    spaced = [(column, list(accumulate(_steps(column, heights)))) for column in columns]
    for _ in range(_SWEEPS):
        there = [_settle(column, before, tops, offsets) for column, offsets in spaced]
        back = [_settle(column, after, tops, offsets) for column, offsets in reversed(spaced)]
        if max(*there, *back) < 1.0:
            break
    for column, offsets in spaced:
        _settle(column, before, tops, offsets)
    return tops


def _steps(column: Sequence[Item], heights: Mapping[str, float]) -> list[float]:
    """How far each item of a column stands at least below the one above it."""
    steps = [0.0]
    for above, below in pairwise(column):
        wire = isinstance(above, int) or isinstance(below, int)
        steps.append((heights[above] if isinstance(above, str) else 0.0) + (_GAP_WIRE if wire else GAP_Y))
    return steps


def _settle(
    column: Sequence[Item],
    pulls: Mapping[Item, Sequence[tuple[Item, float, float]]],
    tops: dict[Item, float],
    offsets: Sequence[float],
) -> float:
    """Put a column where its links pull it, with the least squares that the order and the gaps leave; how far that was.

    ``offsets``: of each item from the first, where they stand as close as they may. Items that would overlap stand
    together, at the mean of what they want (pooling of adjacent violators).
    """
    pools: list[list[float]] = []
    """Of items that stand together: what they want, its weight, and how many they are."""
    for item, down in zip(column, offsets, strict=True):
        known = [(tops[other] + shift, weight) for other, shift, weight in pulls.get(item, ()) if other in tops]
        # One that is to be level is, whatever else is wired.
        most = max((w for _, w in known), default=0.0)
        known = [(y, w) for y, w in known if w == most]
        weight = sum(w for _, w in known)
        want = sum(y * w for y, w in known) / weight if known else tops[item]
        pools.append([want - down, weight if known else 0.01, 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            y, w, count = pools.pop()
            last = pools[-1]
            last[0] = (last[0] * last[1] + y * w) / (last[1] + w)
            last[1] += w
            last[2] += count
    places = (y for y, _, count in pools for _ in range(int(count)))
    moved = 0.0
    for item, y, offset in zip(column, places, offsets, strict=True):
        moved = max(moved, abs(tops[item] - y - offset))
        tops[item] = y + offset
    return moved
