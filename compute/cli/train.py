"""The command that trains."""

from __future__ import annotations

import argparse
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compute.cli.given import set_params, use_file
from compute.cli.output import check_out, document_of, engine_of, print_json, progress_bar, say, workspace_of
from compute.cli.streams import flush
from compute.cli.watching import add_watches, checks, stopped_by
from compute.document import Document, Progress, save
from compute.engine import Engine
from compute.errors import GradwireError
from compute.evaluation import Judged, start_test
from compute.fitting import judging_of, put_into
from compute.problems import ProblemError
from compute.stopping import Stop, Stopped, stoppable
from compute.training import Trainer, require_trainable, unfit
from compute.watches.fault import TrainingStopped
from compute.workspace import Workspace

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

CHUNK_SECONDS = 0.1
CHECKPOINT_SECONDS, CHECKPOINT_SHARE = 10.0, 0.02
"""Of time between two writings of what was reached, and of the time that they may take."""


def train(args: argparse.Namespace) -> None:
    """Train for the document's number of epochs, or the call's, and write the trained document.

    What was reached is written now and then, and when a signal asks to stop. Errors: GradwireError; Stopped then.
    """
    out = Path(args.out) if args.out else None
    if out is not None:
        check_out(out, (".gradwire", ".json"))
    document = document_of(args)
    set_params(document, args.given)
    add_watches(document, args.watch)
    if args.data:
        use_file(document, args.data)
    if args.seed is not None:
        document.weights, document.progress = dict(document.initial), None
    workspace = workspace_of(args, document)
    if workspace.missing:
        raise ProblemError(workspace.missing)
    require_trainable(workspace.program, document.training.loss)
    program = workspace.trained
    engine = engine_of(args)
    run = engine.open(program)
    failure: GradwireError | None = None
    halted: TrainingStopped | None = None
    tested = Judged(on="test")
    try:
        trainer = Trainer(program, document.training, run, document.progress)
        if note := unfit(document.progress, program):
            say(args, note)
        checked, resting = checks(document, workspace)
        for sentence in resting:
            say(args, sentence)
        trainer.watch(checked)
        trainer.goal = trainer.epoch + (args.epochs or document.training.epochs)
        if not program.validation_rows:
            # There a pass over rows that are trained anyway would take longer than training them.
            trainer.judging = judging_of(trainer.goal - trainer.epoch)
        reached = _Reached(trainer, workspace, document, out)
        with stoppable() as stop:
            try:
                try:
                    _run(trainer, progress_bar(args, "epoch"), stop, reached)
                except TrainingStopped as error:
                    # A watch asks to stop there, and what was done before is written; anything else is an error.
                    halted = stopped_by(error, document, workspace)
                    if error.fault.check is None or not trainer.history.steps:
                        raise halted from None
                reached.take()
                tested = start_test(program, run)()
            except GradwireError:
                if reached.written:
                    say(args, f"{out} holds what was reached before: {reached.written}")
                raise
            try:
                reached.write()
            except GradwireError as error:
                failure = error
    finally:
        run.close()
        engine.close()
    stopped = stop.number if not trainer.finished else 0
    if halted is not None and failure is None:
        say(
            args,
            f"{out} holds what was reached before: {reached.written}" if reached.written else "nothing was written",
        )
    try:
        # What was trained is told even where it cannot be saved.
        if args.json:
            _print_json(document, workspace, trainer, engine, tested, halted)
            flush()
        elif failure is None and not stopped and halted is None:
            if trainer.said:
                say(args, trainer.said)
            say(args, _summary(trainer, engine, tested, out))
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"{out} is written" if out and failure is None else "") from None
    finally:
        if failure is not None:
            raise failure
    if halted is not None:
        raise halted
    if stopped:
        lost = f"nothing was written of {reached.name}, since --out was not given"
        raise Stopped(stopped, f"{out} holds what was reached: {reached.name}" if out else lost)


class _Reached:
    """What training has reached, for the document and its file."""

    def __init__(self, trainer: Trainer, workspace: Workspace, document: Document, out: Path | None) -> None:
        self._trainer, self._workspace, self._document, self._out = trainer, workspace, document, out
        self._next = time.monotonic() + CHECKPOINT_SECONDS
        self.written = ""
        """Which moment the file holds, in words; "" as long as it holds none of this training."""

    @property
    def name(self) -> str:
        """The moment that was taken last, in words."""
        return (self._document.progress or Progress()).name

    def take(self) -> None:
        """The document gets the weights and curves of now. Errors: GradwireError."""
        put_into(self._document, self._workspace, self._trainer.mark())

    def write(self) -> None:
        """Put what was taken into the file. Errors: GradwireError; the file then holds what it held."""
        if self._out is not None:
            save(self._document, self._out)
            self.written = self.name

    def keep(self) -> None:
        """Take and write it where that is due; it may cost a fiftieth of the time. Errors: as ``take``."""
        start = time.monotonic()
        if self._out is None or start < self._next:
            return
        self.take()
        with suppress(GradwireError):  # a disk that is full now may have room at the end
            self.write()
        end = time.monotonic()
        self._next = end + max(CHECKPOINT_SECONDS, (end - start) / CHECKPOINT_SHARE)


def _run(trainer: Trainer, bar: Bar, stop: Stop, reached: _Reached) -> None:
    """Train to the end, or until it shall stop."""
    with bar:
        start = trainer.epoch
        task = bar.add_task("", total=trainer.goal - start)

        def told() -> bool:
            reached.keep()
            if trainer.history.steps:
                loss = f"loss {trainer.history.steps[-1]:.4g}"
                bar.update(task, completed=trainer.position - start, description=loss)
            return bool(stop.number)

        if not stop.number:
            trainer.finish(told, CHUNK_SECONDS)


def _print_json(
    document: Document,
    workspace: Workspace,
    trainer: Trainer,
    engine: Engine,
    tested: Judged,
    halted: TrainingStopped | None,
) -> None:
    best = trainer.best if document.training.patience else None
    print_json(
        {
            "steps": len(trainer.history.steps),
            "loss_history": trainer.history.steps,
            "epochs": [asdict(epoch) for epoch in trainer.history.epochs],
            "test": told(tested),
            "parameters": {name: document.weights[name] for name in workspace.program.analysis.parameters},
            **({"best": {"epoch": best.epoch, "loss": best.loss, "put_back": best.stopped}} if best else {}),
            **({"stopped": halted.told()} if halted is not None else {}),
            "device": engine.label,
            "seconds": trainer.seconds,
            "samples_per_second": trainer.samples_per_second(),
        }
    )


def told(judged: Judged) -> dict[str, Any] | None:
    """How good a network is as JSON; None where there are no rows to tell it by."""
    return None if judged.loss is None else {"loss": judged.loss, "metrics": judged.metrics, "rows": judged.rows}


def _summary(trainer: Trainer, engine: Engine, tested: Judged, out: Path | None) -> str:
    last, best = trainer.history.epochs[-1], trainer.best
    if best is not None and best.stopped:
        last = next((epoch for epoch in trainer.history.epochs if epoch.epoch == best.epoch), last)
    parts = [f"{len(trainer.history.epochs)} epochs in {trainer.seconds:.2f} s on {engine.label}: loss {last.loss:.4g}"]
    if last.validation_loss is not None:
        parts.append(f"validation loss {last.validation_loss:.4g}")
    parts += [f"{name} {value:.4g}" for name, value in last.metrics.items()]
    if tested.loss is not None:
        parts.append(f"test loss {tested.loss:.4g}")
        parts += [f"test {name} {value:.4g}" for name, value in tested.metrics.items()]
    return ", ".join(parts) + (f"; wrote {out}" if out else "; not saved, since --out was not given")
