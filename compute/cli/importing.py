"""The command that makes a document of another tool's network."""

from __future__ import annotations

import argparse
from pathlib import Path

from compute.cli.output import check_out, print_json, say
from compute.cli.streams import write
from compute.document import ENDINGS, save
from compute.errors import GradwireError, as_sentence
from compute.importing import import_file


def import_network(args: argparse.Namespace) -> None:
    """Read it, write the document, and tell all that is not in it."""
    out = Path(args.out)
    check_out(out, ENDINGS)
    found = import_file(args.file, args.orientation)
    if found.ambiguous:
        raise GradwireError(
            f'"{args.file}": its layers are square, so how their weights lie cannot be told; say --orientation in-out '
            "(y = x·W) or out-in (as in PyTorch)"
        )
    save(found.document, out)
    if args.json:
        missing = [{"op": each.op, "node": each.node, "reason": each.reason} for each in found.missing]
        shown = {"out": str(out), "nodes": len(found.document.graph.nodes), "missing": missing}
        print_json({**shown, "notes": list(found.notes), "largest_difference": found.difference, "rows": found.rows})
        return
    for sentence in found.told():
        say(args, as_sentence(sentence))
    write(f"{out}: {found.sentence}")
