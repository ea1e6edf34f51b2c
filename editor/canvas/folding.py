"""Columns of a layout folded into lines, as text is: from left to right, and on below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from editor.canvas.layering import GAP_X, GAP_Y, Item, Layers, Link, levelled

TURN = 50.0
"""The room at both ends of the lines, in which wires turn that lead to another line."""
GUTTER, LANE = 66.0, 14.0
"""Between two lines that a wire joins, and how much more for each other wire."""
_MOST_TURNING = 6
"""The sources whose wires may go on in another line; where there are more, a line goes on."""
Size = tuple[float, float]
Places = dict[str, tuple[float, float]]


def fold(
    part: Layers, sizes: Mapping[str, Size], limit: float, begins: Set[str] = frozenset()
) -> tuple[Places, Size, int]:
    """The corners of connected boxes in lines that are, if it can be, at most ``limit`` wide.

    ``begins``: boxes with which a line had better begin, as a layer with what belongs to it. Returns the corners with
    the size of the whole and the number of lines.
    """
    columns = part.columns
    widths = [max((sizes[i][0] for i in column if isinstance(i, str)), default=0.0) for column in columns]
    crossing = _crossing(part)
    lines = _lines(widths, crossing, [bool(begins & set(column)) for column in columns], limit)
    turn = TURN if len(lines) > 1 else 0.0
    heights = {i: sizes[i][1] for column in columns for i in column if isinstance(i, str)}
    line_of = {item: n for n, (a, b) in enumerate(lines) for column in columns[a:b] for item in column}
    inner: list[list[tuple[Item, Item, Link]]] = [[] for _ in lines]
    for each in part.parts:
        if line_of[each[0]] == line_of[each[1]]:
            inner[line_of[each[0]]].append(each)
    places: Places = {}
    wide = top = 0.0
    for n, (first, last) in enumerate(lines):
        tops = levelled(columns[first:last], inner[n], heights)
        boxes = [i for column in columns[first:last] for i in column if isinstance(i, str)]
        high = min(tops[i] for i in boxes)
        x = turn
        for column, width in zip(columns[first:last], widths[first:last], strict=True):
            for item in column:
                if isinstance(item, str):
                    places[item] = (x, top + tops[item] - high)
            x += width + (GAP_X if width else 0.0)
        wide = max(wide, x - GAP_X + turn)
        top += max(tops[i] + heights[i] for i in boxes) - high
        if last < len(columns):
            top += GUTTER + LANE * max(len(crossing[last]) - 1, 0)
    return places, (wide, top), len(lines)


def _crossing(part: Layers) -> list[set[str]]:
    """For each column the sources of the links that come into it from the one before: of a cut there, those that would
    have to turn."""
    column_of = {item: n for n, column in enumerate(part.columns) for item in column}
    found: list[set[str]] = [set() for _ in part.columns]
    for _, b, link in part.parts:
        found[column_of[b]].add(link.source)
    return found


def _lines(
    widths: Sequence[float], crossing: Sequence[Set[str]], begins: Sequence[bool], limit: float
) -> list[tuple[int, int]]:
    """Where lines begin and end: as few as fit, of about one length, and cut where few links pass, before what begins
    something."""
    count = len(widths)
    best: list[tuple[float, int]] = [(0.0, 0)] + [(float("inf"), 0)] * count
    for start in range(count):
        turning = len(crossing[start])
        if best[start][0] == float("inf") or (start and turning > _MOST_TURNING):
            continue
        length = -GAP_X
        for end in range(start + 1, count + 1):
            length += widths[end - 1] + (GAP_X if widths[end - 1] else 0.0)
            share = length / limit
            ragged = (1.0 - share) ** 2 if share <= 1.0 else 20.0 * (share - 1.0)
            cost = best[start][0] + 1.0 + ragged
            if start:
                cost += 0.3 * (turning - 1) + (0.0 if begins[start] else 0.15)
            if cost < best[end][0]:
                best[end] = cost, start
            if share > 1.0 and end < count and len(crossing[end]) <= _MOST_TURNING:
                break
    lines, end = [], count
    while end:
        start = best[end][1]
        lines.append((start, end))
        end = start
    return lines[::-1]


def shelved(blocks: Sequence[tuple[Places, Size]], limit: float) -> tuple[Places, Size]:
    """Blocks side by side as far as the limit lets them, and on below."""
    places: Places = {}
    x = y = high = wide = 0.0
    for inner, (width, height) in blocks:
        if x and x + width > limit:
            x, y, high = 0.0, y + high + GAP_Y, 0.0
        places |= {i: (x + dx, y + dy) for i, (dx, dy) in inner.items()}
        wide, high = max(wide, x + width), max(high, height)
        x += width + GAP_X / 2
    return places, (wide, y + high)
