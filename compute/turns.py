"""What was changed while a training ran: each a mark on the loss curve."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

MOST = 400
"""Of more turns the first are forgotten."""


@dataclass(frozen=True, slots=True)
class Turn:
    """After ``step`` updates, at ``epoch`` epochs: what became ``after`` and was ``before``, both "" where it is a
    sentence of its own."""

    step: int
    epoch: float
    what: str
    before: str = ""
    after: str = ""

    @property
    def sentence(self) -> str:
        """What changed, in a few words."""
        return f"{self.what}: {self.before} → {self.after}" if self.after else self.what


def noted(turns: Sequence[Turn], new: Iterable[Turn]) -> tuple[Turn, ...]:
    """The turns with some more at the end. What changes again at the same step is one change, and none where it is as
    it was."""
    out = list(turns)
    for turn in new:
        same = [old for old in out if (old.step, old.what) == (turn.step, turn.what)]
        for old in same:
            out.remove(old)
            turn = replace(turn, before=old.before)
        if not turn.after or turn.before != turn.after:
            out.append(turn)
    return tuple(out[-MOST:])


def until(turns: Sequence[Turn], step: int) -> tuple[Turn, ...]:
    """Those of the way to a step, the ones that were done right there included."""
    return tuple(turn for turn in turns if turn.step <= step)
