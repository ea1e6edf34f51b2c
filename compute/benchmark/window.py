"""What the window costs training: the spiral with every view on, with ten plots beside these, with ten watches besides,
and without a window, by turns, each in a process of its own; medians."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from compute.benchmark import goals
from compute.benchmark.timing import Effort, Report

Measuring = Callable[[str], Mapping[str, float]]
"""Measures one of ``KINDS``, as ``editor.measuring`` does."""
KINDS = {
    "window": "every view on",
    "plots": "and ten plots",
    "watches": "and ten watches",
    "alone": "no window",
}
GOAL = 0.95


@dataclass(frozen=True)
class Seen:
    """ratio: of the speed without a window; snapshots_per_second, longest_gap_ms: how the window kept up."""

    kind: str
    steps_per_second: float
    snapshots_per_second: float
    longest_gap_ms: float
    ratio: float
    goal: float
    reached: bool | None


def measure(measuring: Measuring, effort: Effort, report: Report) -> list[Seen]:
    """All kinds, as often as there are rounds, at most three. Errors: GradwireError."""
    runs: dict[str, list[Mapping[str, float]]] = {kind: [] for kind in KINDS}
    for number in range(min(3, effort.rounds // 2)):
        for kind, found in runs.items():
            report(f"training, {KINDS[kind]}, round {number + 1}")
            found.append(measuring(kind))
    medians = {
        kind: {name: statistics.median(run[name] for run in found) for name in found[0]} for kind, found in runs.items()
    }
    alone = medians["alone"]["steps_per_second"]
    return [
        Seen(
            kind,
            each["steps_per_second"],
            each["snapshots_per_second"],
            each["longest_gap_ms"],
            ratio := each["steps_per_second"] / alone,
            GOAL,
            goals.at_least(ratio, GOAL) if kind != "alone" else None,
        )
        for kind, each in medians.items()
    ]
