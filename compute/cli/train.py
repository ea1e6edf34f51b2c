"""The command that trains."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from compute.cli.output import check_out, document_of, engine_of, print_json, progress_bar, say, workspace_of
from compute.cli.streams import flush
from compute.document import Document, save
from compute.engine import Engine
from compute.errors import GradwireError
from compute.training import Trainer, require_trainable, unfit
from compute.workspace import Workspace

if TYPE_CHECKING:
    from rich.progress import Progress

CHUNK_SECONDS = 0.1


def train(args: argparse.Namespace) -> None:
    """Train for the document's number of epochs, or the call's, and write the trained document."""
    out = Path(args.out) if args.out else None
    if out is not None:
        check_out(out, (".gradwire", ".json"))
    document = document_of(args)
    if args.seed is not None:
        document.weights, document.progress = dict(document.initial), None
    workspace = workspace_of(args, document)
    require_trainable(workspace.program, document.training.loss)
    program = workspace.trained
    engine = engine_of(args)
    run = engine.open(program)
    try:
        trainer = Trainer(program, document.training, run, document.progress)
        if note := unfit(document.progress, program):
            say(args, note)
        trainer.goal = trainer.epoch + (args.epochs or document.training.epochs)
        _run(trainer, progress_bar(args, "epoch"))
        mark = trainer.mark()
        document.weights = {**document.weights, **workspace.program.weights, **mark.weights}
        document.progress = mark.progress
    finally:
        run.close()
        engine.close()
    failure: GradwireError | None = None
    if out is not None:
        try:
            save(document, out)
        except GradwireError as error:
            failure = error
    try:
        # What was trained is told even where it cannot be saved.
        if args.json:
            _print_json(document, workspace, trainer, engine)
            flush()
        elif failure is None:
            say(args, _summary(trainer, engine, out))
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"{out} is written" if out and failure is None else "") from None
    finally:
        if failure is not None:
            raise failure


def _run(trainer: Trainer, bar: Progress) -> None:
    with bar:
        start = trainer.epoch
        task = bar.add_task("", total=trainer.goal - start)
        while not trainer.finished:
            trainer.train(CHUNK_SECONDS)
            bar.update(task, completed=trainer.position - start, description=f"loss {trainer.history.steps[-1]:.4g}")


def _print_json(document: Document, workspace: Workspace, trainer: Trainer, engine: Engine) -> None:
    print_json(
        {
            "steps": len(trainer.history.steps),
            "loss_history": trainer.history.steps,
            "epochs": [asdict(epoch) for epoch in trainer.history.epochs],
            "parameters": {name: document.weights[name] for name in workspace.program.analysis.parameters},
            "device": engine.label,
            "seconds": trainer.seconds,
            "samples_per_second": trainer.samples_per_second,
        }
    )


def _summary(trainer: Trainer, engine: Engine, out: Path | None) -> str:
    last = trainer.history.epochs[-1]
    parts = [f"{len(trainer.history.epochs)} epochs in {trainer.seconds:.2f} s on {engine.label}: loss {last.loss:.4g}"]
    if last.validation_loss is not None:
        parts.append(f"validation loss {last.validation_loss:.4g}")
    parts += [f"{name} {value:.4g}" for name, value in last.metrics.items()]
    return ", ".join(parts) + (f"; wrote {out}" if out else "; not saved, since --out was not given")
