"""What measures found over the course of a training, for plots over time: a point for each snapshot that had them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from compute.measure import Measure, Unmeasured
from compute.snapshot import Snapshot

MOST, RECENT = 400, 60
"""So many points of a measure are kept at most; the last of them are not thinned out."""


@dataclass
class Course:
    """steps: updates done at each point, rising; epochs: the same as epochs; found: what was measured at each."""

    steps: list[int] = field(default_factory=list)
    epochs: list[float] = field(default_factory=list)
    found: list[Any] = field(default_factory=list)

    def back_to(self, step: int) -> None:
        """Forget what was measured at that step or later."""
        keep = bisect_left(self.steps, step)
        for each in (self.steps, self.epochs, self.found):
            del each[keep:]

    def add(self, step: int, epoch: float, found: Any) -> None:
        """A point in place of those at this step or later."""
        self.back_to(step)
        self.steps.append(step)
        self.epochs.append(epoch)
        self.found.append(found)
        if len(self.steps) > MOST:
            older = len(self.steps) - RECENT
            del self.steps[1:older:2]
            del self.epochs[1:older:2]
            del self.found[1:older:2]


class Recorded:
    """Fed with every snapshot that is shown; when the run goes back, what lay ahead is forgotten."""

    def __init__(self) -> None:
        self._courses: dict[Measure, Course] = {}
        self._step = 0

    def clear(self) -> None:
        """Forget everything: another document."""
        self._courses.clear()

    def add(self, snapshot: Snapshot) -> None:
        """Take what was measured for a snapshot."""
        progress = snapshot.progress
        if progress.steps < self._step:
            for course in self._courses.values():
                course.back_to(progress.steps)
        self._step = progress.steps
        place = progress.place
        epoch = progress.epochs + (place.done / place.order.steps if place else 0.0)
        for measure, found in snapshot.measured.items():
            if not isinstance(found, Unmeasured):
                self._courses.setdefault(measure, Course()).add(progress.steps, epoch, found)

    def of(self, measure: Measure) -> Course:
        """What is known of a measure."""
        return self._courses.get(measure) or Course()

    def keep(self, wanted: Iterable[object]) -> None:
        """Forget what no plot is about any more."""
        kept = set(wanted)
        self._courses = {measure: course for measure, course in self._courses.items() if measure in kept}
