"""The command that trains a document again and again with other settings."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from compute.cli.given import use_file
from compute.cli.output import check_out, document_of, engine_of, print_json, print_table, progress_bar, say
from compute.cli.streams import flush, write
from compute.document import Document, save
from compute.engine import Engine
from compute.errors import GradwireError
from compute.files import write_atomic
from compute.numbers_text import plural, seconds_text, short
from compute.stopping import Stop, Stopped, stoppable
from compute.sweep import Outcome, Reached, Runner, Sweep, means, parse_axis, ranked, value_text
from compute.sweep import document_of as opened
from compute.sweep.table import csv_of, metrics_of

DOCUMENTS, TABLE = (".gradwire", ".json"), ".csv"
BEST = 10
"""Trials whose documents go into a folder."""
_FAULT_ROOM = 60


def sweep(args: argparse.Namespace) -> None:
    """Train all trials, tell the best first, and write what is asked for; what was reached is told and written where a
    signal stops it, or the device fails. Errors: GradwireError; Stopped then."""
    out = Path(args.out) if args.out else None
    if out is not None and out.suffix:
        check_out(out, (*DOCUMENTS, TABLE))
    made = _sweep(args)
    if args.rank > len(made.trials):
        raise GradwireError(f"--rank {args.rank} is beyond the {_trials(len(made.trials))}; give a smaller number")
    engine = engine_of(args)
    failure: GradwireError | None = None
    try:
        runner = Runner(made, engine)
        with stoppable() as stop:
            try:
                _run(args, runner, stop)
            except GradwireError as error:
                failure = error
    finally:
        engine.close()
    reached = runner.reached
    if any(outcome.steps for outcome in reached.outcomes):
        best = ranked(reached.outcomes)
        if args.json:
            _print_json(made, best, reached, engine)
        else:
            _print_tables(args, made, best)
        flush()
        said = _written(args, made, best, out)
        done = sum(outcome.state is not None for outcome in best)
        say(args, f"{_trials(done)} in {seconds_text(reached.seconds)} on {engine.label}{said}")
    if failure is not None:
        raise failure
    if stop.number:
        raise Stopped(stop.number, f"{reached.share:.0%} of the steps were done, and what was reached is told")


def _sweep(args: argparse.Namespace) -> Sweep:
    document = document_of(args)
    if args.epochs:
        document.training = replace(document.training, epochs=args.epochs)
    if args.data:
        use_file(document, args.data)
    optimizers = [part.strip() for name, text in args.axes if name == "optimizer" for part in text.split(",")]
    axes = [parse_axis(document, name, text, optimizers) for name, text in args.axes]
    return Sweep(document, tuple(axes), args.random or 0)


def _run(args: argparse.Namespace, runner: Runner, stop: Stop) -> None:
    with progress_bar(args, "trial") as bar:
        task = bar.add_task("", total=len(runner.outcomes))

        def told(reached: Reached) -> bool:
            best = min(outcome.score for outcome in reached.outcomes)
            bar.update(task, completed=reached.share * len(reached.outcomes), description=f"best loss {short(best)}")
            return bool(stop.number)

        runner.run(told)


def _print_tables(args: argparse.Namespace, made: Sweep, best: Sequence[Outcome]) -> None:
    """The best trials, and before them the means over seeds where there are some."""
    names = [axis.name for axis in made.axes]
    if made.repeats:
        seeds = {axis.name for axis in made.axes if axis.varied.is_seed}
        of = [name for name in names if name not in seeds]
        rows = [
            [
                str(rank),
                *(value_text(mean.values[name]) for name in of),
                f"{short(mean.score)} ± {short(mean.spread)}",
                str(len(mean.outcomes)),
                f"{mean.faults} failed" if mean.faults else "",
            ]
            for rank, mean in enumerate(means(made, best)[: args.top], 1)
        ]
        print_table(["rank", *of, "mean over seeds", "trials", ""], rows)
        write()
    metrics = metrics_of(best)
    judged = any(outcome.validation_loss is not None for outcome in best)
    header = ["rank", *names, *(["validation loss"] if judged else []), "loss", *metrics, "epochs", ""]
    print_table(
        header,
        [
            [
                str(rank),
                *(value_text(each.trial.values[name]) for name in names),
                *([_number(each.validation_loss)] if judged else []),
                _number(each.loss),
                *(_number(each.metrics.get(name)) for name in metrics),
                str(each.epochs),
                each.fault if len(each.fault) <= _FAULT_ROOM else f"{each.fault[: _FAULT_ROOM - 1]}…",
            ]
            for rank, each in enumerate(best[: args.top], 1)
        ],
    )
    if len(best) > args.top:
        write(f"and {len(best) - args.top:,} more; --top shows more of them, --json and --out FILE.csv all")


def _trials(count: int) -> str:
    return f"{count:,} {plural('trial', count)}"


def _number(value: float | None) -> str:
    return "–" if value is None else short(value)


def _print_json(made: Sweep, best: Sequence[Outcome], reached: Reached, engine: Engine) -> None:
    told: dict[str, Any] = {
        "trials": [
            {
                "rank": rank,
                "trial": each.trial.number,
                "values": dict(each.trial.values),
                "loss": each.loss,
                "validation_loss": each.validation_loss,
                "metrics": dict(each.metrics),
                "epochs": each.epochs,
                "steps": each.steps,
                "fault": each.fault or None,
            }
            for rank, each in enumerate(best, 1)
        ],
        "device": engine.label,
        "seconds": reached.seconds,
    }
    if made.repeats:
        told["means"] = [
            {
                "values": dict(mean.values),
                "mean": mean.score,
                "deviation": mean.spread,
                "trials": [each.trial.number for each in mean.outcomes],
                "faults": mean.faults,
            }
            for mean in means(made, best)
        ]
    print_json(told)


def _written(args: argparse.Namespace, made: Sweep, best: Sequence[Outcome], out: Path | None) -> str:
    """Write what is asked for; what that was, as the end of a sentence. Errors: GradwireError."""
    if out is None:
        return "; not saved, since --out was not given"
    if out.suffix == TABLE:
        write_atomic(out, csv_of(made, best).encode())
        return f"; wrote {out}"
    if out.suffix:
        save(_document(made, best, args.rank), out)
        return f"; wrote trial {best[args.rank - 1].trial.number} to {out}"
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GradwireError(f'the folder "{out}" cannot be made ({(error.strerror or str(error)).lower()})') from error
    write_atomic(out / "trials.csv", csv_of(made, best).encode())
    count = sum(each.state is not None and not each.fault for each in best[:BEST])
    for rank in range(1, count + 1):
        save(_document(made, best, rank), out / f"{rank:02}.gradwire")
    return f"; wrote trials.csv and the best {_trials(count)} to {out}"


def _document(made: Sweep, best: Sequence[Outcome], rank: int) -> Document:
    outcome = best[rank - 1]
    if outcome.state is None or (outcome.fault and rank == 1):
        why = outcome.fault or "it was not trained"
        raise GradwireError(f"the trial of rank {rank} is not written: {why}")
    return opened(made, outcome)
