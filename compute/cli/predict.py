"""The command that predicts: one line of answers for each row of another file."""

from __future__ import annotations

import argparse
import csv
import io
from pathlib import Path

from compute.cli.output import check_out, document_of, say
from compute.data import SOURCES, load_table
from compute.errors import GradwireError
from compute.files import write_atomic
from compute.predict import Prediction, predict


def predictions(args: argparse.Namespace) -> None:
    """Read the rows, predict, and write the answers. Errors: GradwireError naming file, column and row."""
    out = Path(args.out)
    check_out(out, (".csv",))
    document = document_of(args)
    files = [source for source in SOURCES.values() if source.has_path]
    kind = next((source.name for source in files if args.rows.lower().endswith(source.endings)), "csv")
    try:
        found = predict(document, load_table({"source": kind, "path": args.rows}, Path()))
    except GradwireError as error:
        if not document.progress:
            raise
        raise GradwireError(f"{args.rows}: {error}") from error
    if not document.progress:
        say(args, "The document was not trained; the answers are those of its first weights.")
    write_atomic(out, table_text(found).encode())
    say(args, f"wrote {len(found.values)} predictions to {out}")


def table_text(found: Prediction) -> str:
    """The answers as CSV: a header; then for classes the class and the probability of each, else the numbers."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    values = found.values.tolist()
    if found.chosen is None:
        lines.writerow(found.names)
        lines.writerows([[repr(value) for value in line] for line in values])
    else:
        lines.writerow(["class", *found.names])
        lines.writerows(
            [name, *(repr(value) for value in line)] for name, line in zip(found.chosen, values, strict=True)
        )
    return text.getvalue()
