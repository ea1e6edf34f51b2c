"""The command that writes a report on a document, or on what differs between two."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from compute.cli.output import check_out, document_of, engine_of, progress_bar, say
from compute.errors import GradwireError
from compute.report import Drawn, Findings, Report, comparison, find_out, page, report_of

_PARTS = {
    "reading": "reading",
    "cost": "counting operations",
    "results": "making ready",
    "trace": "one pass",
    "judged": "judging",
    "answers": "answering",
    "test": "judging the rows of the test",
    "audit": "auditing gradients",
    "times": "measuring a step",
}
"""What is being found out, in order, as ``find_out`` names it, in words."""


def report(args: argparse.Namespace, draw: Callable[[Report, Sequence[Findings], Path], None] | None) -> None:
    """One file that tells all of a document; with another document, what differs."""
    path = Path(args.out)
    check_out(path, (".html", ".pdf"))
    if draw is None and path.suffix.lower() == ".pdf":
        raise GradwireError("this installation cannot draw; write a .html file, or install Gradwire with its window")
    documents = [document_of(args)]
    if args.other:
        documents.append(document_of(argparse.Namespace(**{**vars(args), "file": args.other})))
    engine = engine_of(args)
    found = list[Findings]()
    try:
        with progress_bar(args, "part") as bar:
            task = bar.add_task("", total=len(_PARTS) * len(documents))

            def tell(what: str) -> None:
                done = len(_PARTS) * len(found) + list(_PARTS).index(what)
                bar.update(task, completed=done, description=_PARTS[what])

            for document in documents:
                found.append(find_out(document, engine, test=args.test, tell=tell))
    finally:
        engine.close()
    now = datetime.now()
    made = comparison(found[0], found[1], now) if args.other else report_of(found[0], now)
    if draw is not None:
        draw(made, found, path)
    else:
        from compute.files import write_atomic

        missing = Drawn(missing="This installation has no window, which draws the picture.")
        write_atomic(path, page(made, [missing] * len(found)).encode())
    say(args, f"wrote {path}")
