"""Where a walk through backpropagation stands, and where one goes from there. A value: moving makes another one."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import cached_property

from compute.asking import Asked, Question
from compute.document import Document
from compute.explain import Answer, Entry, Facts, Granularity, Quantity, Step, Steps, walking
from compute.explain.updates import update
from compute.focus import Focus
from compute.schedules import next_optimizer
from compute.snapshot import Snapshot


@dataclass(frozen=True)
class WalkState:
    """The steps of one pass, and which of them one is at.

    asked: what is, or was, asked for at this step before it is shown; None where the walk only shows.
    """

    steps: Steps
    index: int = 0
    granularity: Granularity = "node"
    asked: Asked | None = None

    @cached_property
    def step(self) -> Step:
        """The calculation on show; what is asked for is the first that it tells."""
        step, question = self.steps[self.index], self.question
        return step.about(question.quantity, question.entry) if question is not None else step

    @property
    def question(self) -> Question | None:
        """What is, or was, asked for at this step."""
        return self.asked.question if self.asked is not None else None

    @property
    def hides_number(self) -> bool:
        """Whether the number of this step is still to be found by the learner."""
        return self.asked is not None and self.asked.stage == "number"

    @property
    def hides_reason(self) -> bool:
        """Whether the explanation of this step is not shown yet."""
        return self.asked is not None and self.asked.stage in ("number", "reason")

    @cached_property
    def shown(self) -> frozenset[Quantity]:
        """All that is known at this moment; while the number of this step is asked for, what was known before."""
        if not self.hides_number:
            return self.step.shown
        return self.steps[self.index - 1].shown if self.index else frozenset()

    @property
    def reached(self) -> tuple[Quantity, int] | None:
        """What is known in part at this moment, with how many of its entries."""
        if not self.hides_number:
            return self.step.reached
        return self.steps[self.index - 1].reached if self.index else None

    @property
    def wanted(self) -> frozenset[Quantity]:
        """What is asked for now, under all its names."""
        if not self.hides_number or self.question is None:
            return frozenset()
        asked = self.question.quantity
        others = self.step.made if len(self.step.told) == 1 else ()
        return frozenset({asked, *others})

    @property
    def sentence(self) -> str:
        """What the step says: its explanation, or what is asked for."""
        if self.question is not None and self.hides_number:
            return self.question.text
        return "" if self.hides_reason else self.step.sentence

    @property
    def focus(self) -> Focus:
        """The first number that the step calculates."""
        return self.focus_of(0)

    def focus_of(self, answer: int) -> Focus:
        """The number that one of the step's answers is about."""
        return Focus.on(self.step.told[answer], self.step.entries[answer])

    def at(self, index: int) -> WalkState:
        """At another step; the first or the last where there is none such."""
        return replace(self, index=max(0, min(index, len(self.steps) - 1)), asked=None)

    def at_end_of_phase(self) -> WalkState:
        """At the last step of the phase, or of the next one if this is the last already."""
        ahead = self.at(self.index + 1).index
        return self.at(next(steps[-1] for steps in self.steps.phases.values() if ahead in steps))

    def at_end_of_node(self) -> WalkState:
        """At the last step of the node, or of the next one if this is the last already."""
        return self.at(self.steps.end_of_node(self.index))

    def renewed(self, steps: Steps, granularity: Granularity) -> WalkState:
        """The same place in other steps: the same step, or with another granularity one for the same number."""
        same = self.index if steps.outline is self.steps.outline else steps.like(self.step)
        return WalkState(steps, same, granularity).at(same)


def update_of(document: Document, snapshot: Snapshot, facts: Facts, weight: Quantity, entry: Entry) -> Answer | None:
    """How the next step would change an entry of a weight, were the batch on show the next; None where it is not
    trained, or has no gradient. Errors: GradwireError for settings that no optimizer has."""
    slope = Quantity("weight gradient", weight.node, weight.name)
    spec = next((spec for name, (_, spec) in snapshot.analysis.parameters.items() if name == weight.weight), None)
    if spec is None or not spec.trainable or not facts.has(slope):
        return None
    optimizer = next_optimizer(document.training, snapshot.progress, snapshot.rows, snapshot.goal)
    remembered = snapshot.optimizer(optimizer.name)
    q = Quantity("update", weight.node, weight.name)
    return update(facts, q, entry, optimizer, remembered.arrays, remembered.updates + 1)


def steps_of(
    document: Document, snapshot: Snapshot, sample: int, granularity: Granularity, earlier: Steps | None = None
) -> Generator[None, None, Steps]:
    """All calculations of a snapshot's pass, none without a loss, in pieces. ``earlier``: those of another pass, part
    of which may serve again. Errors: GradwireError for settings that no optimizer has, in the first piece."""
    if snapshot.trace.loss is None:
        return Steps()
    optimizer = next_optimizer(document.training, snapshot.progress, snapshot.rows, snapshot.goal)
    remembered = snapshot.optimizer(optimizer.name)
    steps = yield from walking(
        document.graph,
        snapshot.analysis,
        document.training.loss,
        snapshot.trace,
        optimizer,
        sample=sample,
        granularity=granularity,
        optimizer_state=remembered.arrays,
        updates_done=remembered.updates,
        earlier=earlier,
    )
    return steps
