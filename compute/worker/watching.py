"""The watches of a job's document: applied to what trains, and what is said when one is set off."""

from __future__ import annotations

from collections.abc import Callable

from compute.document import Document
from compute.errors import GradwireError
from compute.problems import Kind, Problem, problem_of
from compute.training import Trainer
from compute.watches.applied import Applied, applied
from compute.watches.fault import Fault, TrainingStopped
from compute.workspace import Workspace


class Watching:
    """applied: what is checked of the document as it is, and what rests; fault: why training stopped last, None where
    it did so for another reason, or goes on since."""

    def __init__(self) -> None:
        self.applied = Applied()
        self.fault: Fault | None = None
        self.told: Problem | None = None
        """What was told of it."""
        self._of: tuple[object, ...] = ()

    def use(self, document: Document, workspace: Workspace, trainer: Trainer | None) -> None:
        """Watch for what a document says. Errors: as of training."""
        program = workspace.trained
        computable = program.loss in program.analysis.shapes
        of = document.watches, document.graph, program.analysis
        if len(self._of) != len(of) or any(a is not b for a, b in zip(self._of, of, strict=True)):
            self._of = of
            self.applied = applied(document.watches if computable else (), document.graph, program)
        if trainer is not None and trainer.run.checks != self.applied.checks:
            trainer.watch(self.applied.checks)

    def problem(
        self, error: GradwireError, document: Document, workspace: Workspace, good: Callable[[], int | None]
    ) -> Problem:
        """What a person is told of an error of training, by the names and the rows of the document; ``good``: finds
        what ``Fault.problem`` calls so. Errors: as of training."""
        self.fault = error.fault if isinstance(error, TrainingStopped) else None
        if self.fault is None:
            return problem_of(error, Kind.TRAINING)
        nodes, order = document.graph.nodes, workspace.order
        self.told = self.fault.problem(
            lambda node: nodes[node].label if node in nodes else node, lambda row: int(order[row]), good()
        )
        return self.told
