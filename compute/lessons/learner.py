"""One learner in one lesson: at which step, what is done, and whether what they did now was what the step asks for."""

from __future__ import annotations

import json
from collections.abc import Set
from dataclasses import dataclass, field
from typing import Any

from compute.lessons.conditions import Begun, Understood, begin, go_on, holds, understand
from compute.lessons.model import Lesson, Step
from compute.lessons.moment import Moment


@dataclass(frozen=True)
class Done:
    """How far a learner is: at: the id of the step on show; steps: the ids of those that are done."""

    at: str = ""
    steps: frozenset[str] = field(default_factory=frozenset)

    def written(self) -> str:
        """The text that ``read`` reads back."""
        return json.dumps({"at": self.at, "done": sorted(self.steps)})

    @classmethod
    def read(cls, text: str) -> Done:
        """Of a text that is not what it should be, nothing."""
        try:
            said: Any = json.loads(text)
            return cls(str(said["at"]), frozenset(map(str, said["done"])))
        except (ValueError, TypeError, KeyError, RecursionError):
            return cls()


class Learner:
    """``look`` is to be called with every moment that may be another; nothing is checked before the first."""

    def __init__(self, lesson: Lesson, done: Done | None = None) -> None:
        self.lesson = lesson
        before = done or Done()
        self.index = lesson.index(before.at)
        self._done = set(before.steps)
        self._asked: Understood | None = None
        self._begun: Begun | None = None
        self.not_understood = ""
        """Why the condition of the step is not checked, as a sentence; "" where it is."""
        self._arrive()

    @property
    def step(self) -> Step | None:
        """The step on show; None in a lesson without any."""
        return self.lesson.steps[self.index] if self.lesson.steps else None

    @property
    def done(self) -> Done:
        """How far the learner is."""
        return Done(self.step.id if self.step else "", frozenset(self._done))

    @property
    def done_steps(self) -> Set[str]:
        """The ids of the steps that are done."""
        return self._done

    @property
    def step_done(self) -> bool:
        """Whether the step on show is done."""
        return self.step is not None and self.step.id in self._done

    @property
    def begun(self) -> Begun | None:
        """What is known of the moment at which the step on show began; None before anything was looked at."""
        return self._begun

    @property
    def waits(self) -> bool:
        """Whether the step on show asks for something that is not done yet."""
        return self._asked is not None and not self.step_done

    @property
    def at_end(self) -> bool:
        """Whether no step follows."""
        return self.index >= len(self.lesson.steps) - 1

    @property
    def finished(self) -> bool:
        """Whether every step is done."""
        return all(step.id in self._done for step in self.lesson.steps)

    def _arrive(self) -> None:
        self._asked, self._begun, self.not_understood = None, None, ""
        if self.step is not None and self.step.do is not None:
            try:
                self._asked = understand(self.step.do)
            except ValueError as error:
                self.not_understood = str(error)

    def look(self, now: Moment) -> bool:
        """Whether the step has just become done."""
        if self.step is None or self._asked is None or self.step_done:
            return False
        self._begun = begin(self._asked, now) if self._begun is None else go_on(self._asked, now, self._begun)
        if not holds(self._asked, now, self._begun):
            return False
        self._done.add(self.step.id)
        return True

    def go(self, index: int, *, read: bool = True) -> None:
        """To another step; one that was only to be ``read`` is done when a later one is gone to."""
        if read and self.step is not None and index > self.index and self._asked is None:
            self._done.add(self.step.id)
        self.index = max(0, min(index, len(self.lesson.steps) - 1))
        self._arrive()

    def restart(self) -> None:
        """From the first step, with nothing done."""
        self._done.clear()
        self.go(0)

    def test(self) -> None:
        """The step on show begins now, and is not done."""
        if self.step is not None:
            self._done.discard(self.step.id)
        self._arrive()

    def follow(self, lesson: Lesson) -> None:
        """The lesson was edited: the same step, where there still is one, begins anew if it asks for something else."""
        before, self.lesson = self.step, lesson
        here = before.id if before else ""
        kept = any(step.id == here for step in lesson.steps)
        self.index = lesson.index(here) if kept else max(0, min(self.index, len(lesson.steps) - 1))
        if self.step is None or before is None or (self.step.id, self.step.do) != (before.id, before.do):
            self._arrive()
