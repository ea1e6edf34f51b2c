"""How fast training goes: so many steps a second, for people to watch, or as fast as it can."""

from __future__ import annotations

from collections.abc import Callable

SPEEDS: tuple[float | None, ...] = (1.0, 2.0, 5.0, 10.0, 30.0, 100.0, 1000.0, None)
"""What is offered, from slow to without a limit."""
ONE_BY_ONE = 5.0
"""Up to so many steps a second each is shown like one that is done alone, with its own batch."""
_TOGETHER = 0.1
"""Seconds whose steps are done at once at most; what a slow device leaves undone is not made up for."""


def speed_text(per_second: float | None) -> str:
    """A speed in words: ``1 step a second``."""
    if per_second is None:
        return "as many steps as it can"
    return "1 step a second" if per_second == 1 else f"{per_second:g} steps a second"


class Pace:
    """Counts the steps that are due by a clock (in seconds); per_second: None without a limit."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.per_second: float | None = None
        self._clock = clock
        self._next = 0.0

    def set(self, per_second: float | None) -> None:
        """So many steps a second from now on, the first at once."""
        self.per_second = per_second
        self.begin()

    def begin(self) -> None:
        """A step is due now."""
        self._next = self._clock()

    @property
    def one_by_one(self) -> bool:
        """Whether each step is to be shown."""
        return self.per_second is not None and self.per_second <= ONE_BY_ONE

    def take(self) -> int:
        """How many steps are due; they count as done."""
        late = self._clock() - self._next
        if self.per_second is None or late < 0:
            return 0
        due = 1 + int(late * self.per_second)
        self._next += due / self.per_second
        return min(due, max(1, int(self.per_second * _TOGETHER)))

    def wait(self) -> float:
        """Seconds until the next step is due."""
        return max(0.0, self._next - self._clock())
