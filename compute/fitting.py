"""Training a document in one call, for whoever uses ``compute`` as a library."""

from __future__ import annotations

from compute.document import Document
from compute.engine import Engine
from compute.evaluation import Judged, evaluate
from compute.history import Mark
from compute.problems import ProblemError
from compute.training import Trainer
from compute.workspace import Workspace, open_document


def fit(document: Document, engine: Engine, epochs: int | None = None) -> Judged:
    """Train a document, on from where it is, for so many epochs (None: those that it says), and say how good it is.

    The document then holds the weights, the curves and what was fitted to its data, ready to be saved, exported or
    to predict. Errors: GradwireError naming node, file, line or column; TrainingStopped where the loss is not finite.
    """
    workspace = open_document(document)
    if workspace.missing:
        raise ProblemError(workspace.missing)
    program = workspace.trained
    run = engine.open(program)
    try:
        trainer = Trainer(program, document.training, run, document.progress, keep_all=False)
        trainer.goal = trainer.epoch + (epochs or document.training.epochs)
        trainer.finish(every=judging_of(trainer.goal - trainer.epoch))
        put_into(document, workspace, trainer.mark())
        return evaluate(program, run)
    finally:
        run.close()


def judging_of(epochs: int) -> int:
    """After each how manieth of so many epochs it is enough to say how good the network is: a hundred points are a
    curve."""
    return max(1, epochs // 100)


def put_into(document: Document, workspace: Workspace, mark: Mark) -> None:
    """The document gets the weights and curves of a moment of its training."""
    document.weights = {**document.weights, **workspace.program.weights, **mark.weights}
    document.progress = mark.progress
