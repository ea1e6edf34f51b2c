"""The command that cross-validates."""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict, replace

from compute.cli.given import set_params, use_file
from compute.cli.output import document_of, engine_of, print_json, print_table, progress_bar
from compute.cli.streams import write
from compute.numbers_text import MINUS
from compute.validating import CrossValidation, cross_validate


def validate(args: argparse.Namespace) -> None:
    """Train on each of some folds and tell how good the network is on the rows left out. Errors: GradwireError."""
    document = document_of(args)
    set_params(document, args.given)
    if args.data:
        use_file(document, args.data)
    if args.epochs is not None:
        document.training = replace(document.training, epochs=args.epochs)
    engine = engine_of(args)
    start = time.monotonic()
    try:
        with progress_bar(args, "fold") as bar:
            task = bar.add_task("", total=args.folds)
            found = cross_validate(
                document,
                engine,
                args.folds,
                lambda number, share: bar.update(task, completed=number + share, description=f"fold {number + 1}"),
            )
    finally:
        engine.close()
    if args.json:
        print_json(
            {
                "split": found.kind,
                "folds": [{"fold": number, **asdict(each)} for number, each in enumerate(found.folds, start=1)],
                "mean": found.mean,
                "std": found.std,
                "test_rows": found.test_rows,
                "steps": found.steps,
                "device": engine.label,
                "seconds": time.monotonic() - start,
            }
        )
    else:
        _print(found)


def _print(found: CrossValidation) -> None:
    names = [*found.mean]
    rows = [
        (
            str(number),
            str(each.rows),
            str(each.validation_rows),
            _number(each.training_loss),
            *(_number(each.loss if name == "loss" else each.metrics[name]) for name in names),
        )
        for number, each in enumerate(found.folds, start=1)
    ]
    summary = (
        "mean ± std",
        "",
        "",
        "",
        *(f"{_number(found.mean[name])} ± {_number(found.std[name])}" for name in names),
    )
    print_table(("fold", "training rows", "validation rows", "training loss", *names), [*rows, summary])
    kept = f"; {found.test_rows} rows kept for a test are in none" if found.test_rows else ""
    write(f"{len(found.folds)} {found.kind} folds{kept}")


def _number(value: float) -> str:
    return f"{value:.4g}".replace("-", MINUS)
