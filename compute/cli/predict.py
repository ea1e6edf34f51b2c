"""The command that predicts: one line of answers for each row of another file."""

from __future__ import annotations

import argparse
from pathlib import Path

from compute.cli.output import check_out, document_of, say
from compute.numbers_text import plural
from compute.predict import predict_file


def predictions(args: argparse.Namespace) -> None:
    """Read the rows, predict, and write the answers. Errors: GradwireError naming file, column and row."""
    out = Path(args.out)
    check_out(out, (".csv",))
    document = document_of(args)
    count = predict_file(document, Path(args.rows), out)
    if not document.progress and not document.weights:
        say(args, "The document was not trained; the answers are those of its first weights.")
    say(args, f"wrote {count} {plural('prediction', count)} to {out}")
