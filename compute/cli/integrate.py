"""The command that makes the program known to a person's desktop."""

from __future__ import annotations

import argparse

from compute.cli.output import say
from compute.cli.streams import write
from compute.integration import here


def integrate(args: argparse.Namespace) -> None:
    """Menu entry, icon and file association for this person, or none of them any more. Errors: GradwireError."""
    told = here.take_out() if args.remove else here.integrate()
    for each in told:
        say(args, f"{'removed' if args.remove else 'wrote'} {each}")
    write(here.WRITTEN if not args.remove else here.REMOVED if told else "Gradwire was not in the menu.")
