"""How two or more sides are timed: in one process, by turns, warmed up, medians over several rounds."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Side = Callable[[int], None]
"""Does its work so many times, and returns when all of it is done."""
Report = Callable[[str], None]
"""Hears what is measured next."""


@dataclass(frozen=True)
class Effort:
    """How thoroughly to measure. seconds: of one side in one round; pause: before each side's turn, so that the
    threads of the side before it have gone to sleep."""

    rounds: int
    seconds: float
    pause: float = 0.04


FULL, QUICK = Effort(7, 0.3), Effort(3, 0.05)


@dataclass(frozen=True)
class Ratio:
    """How many times as fast one side is: the quotient of the medians, and the least and the most of any round."""

    value: float
    low: float
    high: float


def alternating(sides: Mapping[str, Side], effort: Effort) -> dict[str, list[float]]:
    """Seconds that each side takes for its work once, in every round. A round is all sides one after the other, every
    other round in reverse."""
    counts = {name: fitting(side, effort.seconds) for name, side in sides.items()}
    times: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(effort.rounds):
        for name in list(sides)[:: -1 if turn % 2 else 1]:
            side, count = sides[name], counts[name]
            time.sleep(effort.pause)
            side(max(1, count // 8))
            times[name].append(_spent(side, count) / count)
    return times


def fitting(side: Side, seconds: float) -> int:
    """How often a side does its work in about so many seconds, at least once."""
    count = 1
    while True:
        spent = _spent(side, count)
        if spent > seconds / 4:
            return max(1, round(count * seconds / spent))
        count *= 2


def ratio(theirs: Sequence[float], ours: Sequence[float]) -> Ratio:
    """How many times as fast as theirs ours is; both are seconds in the same rounds."""
    each = [a / b for a, b in zip(theirs, ours, strict=True)]
    return Ratio(statistics.median(theirs) / statistics.median(ours), min(each), max(each))


def fastest(times: Mapping[str, Sequence[float]]) -> str:
    """The side with the least median."""
    return min(times, key=lambda name: statistics.median(times[name]))


def _spent(side: Side, count: int) -> float:
    start = time.perf_counter()
    side(count)
    return time.perf_counter() - start
