"""The command that makes a document of another tool's network."""

from __future__ import annotations

import argparse
from pathlib import Path

from compute.cli.output import check_out, print_json, say
from compute.cli.streams import write
from compute.document import ENDINGS, load, save
from compute.errors import GradwireError, as_sentence
from compute.importing import import_file
from compute.importing.matching import put_into, weights_for


def import_network(args: argparse.Namespace) -> None:
    """Read it, write the document, and tell all that is not in it."""
    if args.into:
        _into(args)
        return
    if not args.out:
        raise GradwireError(
            "import needs --out FILE.gradwire for a document of its own, or --into FILE for one that is there"
        )
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


def _into(args: argparse.Namespace) -> None:
    """The weights of a file in a document that is there."""
    into = Path(args.into)
    out = Path(args.out or into)
    check_out(out, ENDINGS)
    document = load(into)
    found = weights_for(args.file, document, args.orientation)
    if found.ambiguous:
        raise GradwireError(
            f'"{args.file}": its layers are square, so how their weights lie cannot be told; say --orientation in-out '
            "(y = x·W) or out-in (as in PyTorch)"
        )
    save(put_into(document, found), out)
    if args.json:
        print_json({"out": str(out), "weights": sorted(found.weights), "notes": list(found.notes)})
        return
    for sentence in found.notes:
        say(args, sentence)
    write(f"{out}: {found.sentence}")
