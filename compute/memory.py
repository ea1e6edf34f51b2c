"""Where the buffers of a plan lie in one block of memory, so that those whose lifetimes do not overlap share it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from compute.calls import Call

ALIGNMENT = 16
"""Elements: every buffer starts at a multiple of it."""
MANY = 800
"""With more buffers than this, the placement that compares all pairs would take too long."""


def aligned(size: int) -> int:
    """So many elements, and up to the next place where a buffer may start."""
    return -(-size // ALIGNMENT) * ALIGNMENT


@dataclass(frozen=True)
class _Life:
    """A buffer from the first call that touches it to the last."""

    buffer: str
    size: int
    first: int
    last: int


def place(calls: Sequence[Call], sizes: Mapping[str, int], keep: Collection[str]) -> tuple[dict[str, int], int]:
    """The first element of each buffer in ``sizes`` that the calls touch, and how many elements they need.

    A buffer lives from the first call that touches it to the last; those in ``keep`` live to the end.
    """
    touched = [{call.out.buffer, *call.reads} & sizes.keys() for call in calls]
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for i, buffers in enumerate(touched):
        for buffer in sorted(buffers):
            first.setdefault(buffer, i)
            last[buffer] = len(calls) if buffer in keep else i
    lives = [_Life(buffer, aligned(sizes[buffer]), first[buffer], last[buffer]) for buffer in first]
    scanned = _first_hole(lives)
    if len(lives) > MANY:
        return scanned
    return min(_largest_first(lives), scanned, key=lambda found: found[1])


def _first_hole(lives: Iterable[_Life]) -> tuple[dict[str, int], int]:
    """In the order of birth: each buffer takes the first hole that is large enough."""
    offsets: dict[str, int] = {}
    holes: list[tuple[int, int]] = []
    alive: list[_Life] = []
    end = 0
    for life in lives:
        dead = [other for other in alive if other.last < life.first]
        if dead:
            alive = [other for other in alive if other.last >= life.first]
            holes = _merged([*holes, *((offsets[d.buffer], offsets[d.buffer] + d.size) for d in dead)])
        at = next((i for i, (start, stop) in enumerate(holes) if stop - start >= life.size), None)
        if at is None:
            offsets[life.buffer], end = end, end + life.size
        else:
            start, stop = holes.pop(at)
            offsets[life.buffer] = start
            if stop - start > life.size:
                holes.insert(at, (start + life.size, stop))
        alive.append(life)
    return offsets, end


def _largest_first(lives: Sequence[_Life]) -> tuple[dict[str, int], int]:
    """The largest first: each buffer as low as those that it meets in time allow (Pisarchyk and Lee 2020, greedy by
    size). Rarely needs more than what is alive at one moment."""
    offsets: dict[str, int] = {}
    placed: list[tuple[int, _Life]] = []
    for life in sorted(lives, key=lambda life: -life.size):
        at = 0
        for start, other in placed:
            if other.last < life.first or life.last < other.first:
                continue
            if start - at >= life.size:
                break
            at = max(at, start + other.size)
        offsets[life.buffer] = at
        placed.append((at, life))
        placed.sort(key=lambda entry: entry[0])
    return offsets, max((start + life.size for start, life in placed), default=0)


def _merged(holes: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The holes in order, neighbours joined."""
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(holes):
        if merged and merged[-1][1] == start:
            merged[-1] = (merged[-1][0], stop)
        else:
            merged.append((start, stop))
    return merged
