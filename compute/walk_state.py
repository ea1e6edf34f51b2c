"""Where a walk through backpropagation stands, and where one goes from there. A value: moving makes another one."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

from compute.document import Document
from compute.explain import Granularity, Step, Steps, walking
from compute.focus import Focus
from compute.optimizers import make_optimizer
from compute.snapshot import Snapshot


@dataclass(frozen=True)
class WalkState:
    """The steps of one pass, and which of them one is at."""

    steps: Steps
    index: int = 0
    granularity: Granularity = "node"

    @property
    def step(self) -> Step:
        """The calculation on show."""
        return self.steps[self.index]

    @property
    def focus(self) -> Focus:
        """The first number that the step calculates."""
        return self.focus_of(0)

    def focus_of(self, answer: int) -> Focus:
        """The number that one of the step's answers is about."""
        return Focus.on(self.step.told[answer], self.step.entries[answer])

    def at(self, index: int) -> WalkState:
        """At another step; the first or the last where there is none such."""
        return replace(self, index=max(0, min(index, len(self.steps) - 1)))

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


def steps_of(
    document: Document, snapshot: Snapshot, sample: int, granularity: Granularity, earlier: Steps | None = None
) -> Generator[None, None, Steps]:
    """All calculations of a snapshot's pass, none without a loss, in pieces. ``earlier``: those of another pass, part
    of which may serve again. Errors: GradwireError for settings that no optimizer has, in the first piece."""
    if snapshot.trace.loss is None:
        return Steps()
    optimizer = make_optimizer(document.training.optimizer)
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
