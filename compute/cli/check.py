"""The command that checks gradients."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from compute.batches import Rows
from compute.check import Check, Item, Kink, Wire
from compute.check import check as check_gradients
from compute.cli.commands import samples_of
from compute.cli.output import document_of, engine_of, print_json, print_table, progress_bar, workspace_of
from compute.cli.streams import write
from compute.numbers_text import precise
from compute.shapes import shape_text

_MOST_KINKS = 12


def check(args: argparse.Namespace) -> bool:
    """Check the gradients of a document, over its first batch or the rows asked for; whether all of them are right."""
    document = document_of(args)
    workspace = workspace_of(args, document)
    workspace.program.analysis.require(document.training.loss)
    program = workspace.program
    rows: Rows = np.arange(min(workspace.program.rows, document.training.batch_size))
    if args.samples is not None:
        program, rows = samples_of(args, workspace)
    engine = engine_of(args, double=True)
    try:
        with progress_bar(args, "entry") as bar:
            task = bar.add_task("", total=0)

            def tick(name: str, done: int, total: int) -> None:
                bar.update(task, description=name, completed=done, total=total)

            found = check_gradients(program, rows, engine, entries=args.entries, tick=tick)
    finally:
        engine.close()
    if args.json:
        print_json(check_json(found, args.engine))
    else:
        _print(found)
    return found.ok


def check_json(found: Check, engine: str) -> dict[str, Any]:
    """A check as plain values; weights and wires without a gradient are None, as in a trace."""
    rules = found.rules
    wires = [_ends(item.wire) | _item_json(item) for item in found.wires if item.wire]
    return {
        "ok": found.ok,
        "engine": engine,
        "device": found.device,
        "precision": "float32" if rules.single else "float64",
        "eps": rules.eps,
        "atol": rules.atol,
        "rtol": rules.rtol,
        "loss": found.loss,
        "suspect": found.suspect or None,
        "parameters": {item.name: _item_json(item) for item in found.parameters},
        "wires": wires,
        "kinks": [_place(item) | asdict(kink) for item in found.items for kink in item.kinks],
        "no_gradient": {
            "parameters": [name for name in found.no_gradient if isinstance(name, str)],
            "wires": [_ends(wire) for wire in found.no_gradient if not isinstance(wire, str)],
        },
        "message": found.sentence,
    }


def _ends(wire: Wire) -> dict[str, str]:
    return dict(zip(("from", "to", "port"), wire, strict=True))


def _place(item: Item) -> dict[str, str]:
    return _ends(item.wire) if item.wire else {"parameter": item.name}


def _item_json(item: Item) -> dict[str, Any]:
    return {
        "shape": item.shape,
        "checked": item.checked,
        "total": item.total,
        "absolute": item.absolute,
        "relative": item.relative,
        "verdict": item.verdict,
        "worst": asdict(item.worst) if item.worst else None,
    }


def _print(found: Check) -> None:
    for kind, items in (("parameter", found.parameters), ("wire", found.wires)):
        if items:
            print_table((kind, "shape", "compared", "difference", "relative", "verdict"), [*map(_row, items)])
            write()
    kinks = [(item, kink) for item in found.items for kink in item.kinks]
    if kinks:
        shown = [_kink_row(item, kink) for item, kink in kinks[:_MOST_KINKS]]
        print_table(("at a kink", "entry", "slope left", "slope right", "gradient", "which is"), shown)
        if len(kinks) > _MOST_KINKS:
            write(f"and {len(kinks) - _MOST_KINKS} more; --json has all of them")
        write()
    if found.rules.single:
        write(f"The gradients are float32: they may be off by {found.rules.rtol:g} of the largest slope of a tensor.")
    write(found.sentence)


def _row(item: Item) -> Sequence[str]:
    return (
        item.name,
        shape_text(item.shape),
        f"{item.checked} of {item.total}",
        *("–" if number is None else precise(number) for number in (item.absolute, item.relative)),
        item.verdict,
    )


def _kink_row(item: Item, kink: Kink) -> Sequence[str]:
    which = {
        "left": "the left one",
        "right": "the right one",
        "both": "both",
        "between": "between them",
        "neither": "neither",
    }
    index = str(list(kink.index)) if kink.index else ""
    return item.name, index, precise(kink.left), precise(kink.right), precise(kink.analytic), which[kink.side]
