"""How a walk asks: for what, how much it shows meanwhile, and what stands at one step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from compute.asking.fading import Level
from compute.asking.judging import Verdict
from compute.asking.question import Question
from compute.asking.reasons import Reason
from compute.explain import Phase

Way = Literal["number", "size"]
Which = Literal["all", "backward", "update"]
Stage = Literal["number", "reason", "done"]
"""The number is asked for; it is known, and the reason is asked for; all is said."""

WAYS: Mapping[Way, str] = {"number": "The number", "size": "Sign and size"}
WHICH: Mapping[Which, str] = {
    "all": "Every step",
    "backward": "Backward steps",
    "update": "Backward and update steps",
}
_PHASES: Mapping[Which, frozenset[Phase]] = {
    "all": frozenset(("forward", "loss", "backward", "update")),
    "backward": frozenset(("backward",)),
    "update": frozenset(("backward", "update")),
}


@dataclass(frozen=True)
class Manner:
    """What a person chose. level: how much of the way is shown; way: a number, or only its sign and size; which: the
    steps that are asked; reasons: whether a reason is asked for after the number (not where all factors are shown)."""

    level: Level = 0
    way: Way = "number"
    which: Which = "all"
    reasons: bool = True

    def asks(self, phase: Phase) -> bool:
        """Whether steps of a phase are asked."""
        return phase in _PHASES[self.which]

    def way_for(self, question: Question) -> Way:
        """How a question is answered: what nobody works out by hand, by sign and size."""
        return self.way if question.by_hand else "size"

    @property
    def asks_reason(self) -> bool:
        """Whether a reason is asked for: where the numbers stand there already it would be none."""
        return self.reasons and self.level > 0

    def to_data(self) -> dict[str, Any]:
        """As a plain dictionary."""
        return {"level": self.level, "way": self.way, "which": self.which, "reasons": self.reasons}

    @classmethod
    def from_data(cls, data: object) -> Manner:
        """From such a dictionary; what is not in it, or is not known, is as it is at first."""
        given = data if isinstance(data, dict) else {}
        choices: tuple[tuple[str, type, tuple[object, ...]], ...] = (
            ("level", int, (0, 1, 2, 3)),
            ("way", str, tuple(WAYS)),
            ("which", str, tuple(WHICH)),
            ("reasons", bool, (True, False)),
        )
        known: dict[str, Any] = {}
        for name, kind, values in choices:
            value = given.get(name)
            if type(value) is kind and value in values:
                known[name] = value
        return cls(**known)


@dataclass(frozen=True)
class Asked:
    """What stands at one step: the question, how far it is, the last verdict with what was typed, the reasons offered
    and which of them was chosen, how it is asked."""

    question: Question
    stage: Stage
    manner: Manner
    verdict: Verdict | None = None
    typed: str = ""
    reasons: tuple[Reason, ...] = ()
    chosen: int | None = None
