"""Where the buffers of a plan lie in one block of memory, so that those whose lifetimes are apart share it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from compute.calls import Call
from compute.plan import reads

ALIGNMENT = 16
"""Elements: every buffer starts at a multiple of it."""


def place(calls: Sequence[Call], sizes: Mapping[str, int], keep: Collection[str]) -> tuple[dict[str, int], int]:
    """The first element of each buffer in ``sizes`` that the calls touch, and how many elements they need.

    A buffer lives from the first call that touches it to the last; those in ``keep`` live to the end. By
    linear scan: at each call, take the first hole that is large enough, then return what died there.
    """
    touched = [{call.out.buffer, *reads(call)} & sizes.keys() for call in calls]
    last = {buffer: i for i, buffers in enumerate(touched) for buffer in buffers}
    dying: list[list[str]] = [[] for _ in calls]
    for buffer, i in last.items():
        if buffer not in keep:
            dying[i].append(buffer)
    offsets: dict[str, int] = {}
    holes: list[tuple[int, int]] = []
    end = 0
    for buffers, dead in zip(touched, dying, strict=True):
        for buffer in sorted(buffers - offsets.keys()):
            size = _rounded(sizes[buffer])
            at = next((i for i, (start, stop) in enumerate(holes) if stop - start >= size), None)
            if at is None:
                offsets[buffer], end = end, end + size
            else:
                start, stop = holes.pop(at)
                offsets[buffer] = start
                if stop - start > size:
                    holes.insert(at, (start + size, stop))
        for buffer in dead:
            holes.append((offsets[buffer], offsets[buffer] + _rounded(sizes[buffer])))
        holes = _merged(holes) if dead else holes
    return offsets, end


def _rounded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def _merged(holes: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The holes in order, neighbours joined."""
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(holes):
        if merged and merged[-1][1] == start:
            merged[-1] = (merged[-1][0], stop)
        else:
            merged.append((start, stop))
    return merged
