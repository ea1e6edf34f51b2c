"""A lesson as the document holds it. Values: changing one makes another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from compute.graph import RecordId

POINTS = ("focus", "record", "action", "panel")
"""What a step can point at."""


@dataclass(frozen=True)
class Condition:
    """What a learner is to bring about: a kind that is declared in ``compute.lessons.conditions``, or one that this
    version does not know; of: the conditions that it is made of."""

    kind: str
    params: Mapping[str, Any] = field(default_factory=dict)
    of: tuple[Condition, ...] = ()

    def each(self) -> Iterator[Condition]:
        """Itself, and all that it is made of."""
        yield self
        for part in self.of:
            yield from part.each()


@dataclass(frozen=True)
class Point:
    """What a step points at; kind: one of ``POINTS``, or of a later version."""

    kind: str
    what: RecordId


@dataclass(frozen=True)
class Step:
    """One step. text, hint, done: as ``compute.lessons`` says; do: None where the step is only read."""

    id: str
    text: str = ""
    points: tuple[Point, ...] = ()
    do: Condition | None = None
    hint: str = ""
    done: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Lesson:
    """The steps in their order, none of which have the same id; id: by which progress is remembered."""

    id: str = ""
    title: str = ""
    about: str = ""
    steps: tuple[Step, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    def index(self, step_id: str) -> int:
        """The place of a step; 0 where there is none such."""
        return next((i for i, step in enumerate(self.steps) if step.id == step_id), 0)

    def free_id(self) -> str:
        """An id that no step has."""
        taken = {step.id for step in self.steps}
        return next(name for n in range(1, len(taken) + 2) if (name := f"step{n}") not in taken)

    def with_step(self, index: int, step: Step) -> Lesson:
        """The step at a place in another form."""
        return replace(self, steps=(*self.steps[:index], step, *self.steps[index + 1 :]))

    def inserted(self, index: int, step: Step) -> Lesson:
        """One step more, at a place."""
        return replace(self, steps=(*self.steps[:index], step, *self.steps[index:]))

    def without(self, index: int) -> Lesson:
        """The step at a place is gone."""
        return replace(self, steps=(*self.steps[:index], *self.steps[index + 1 :]))

    def moved(self, index: int, to: int) -> Lesson:
        """The step at a place at another one."""
        return self.without(index).inserted(to, self.steps[index])
