"""The command that makes the program known to a person's desktop."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from compute.cli.output import say
from compute.cli.streams import write
from compute.errors import GradwireError
from compute.integration import Changes, linux, macos, starting, windows
from compute.integration.changes import Registry, put, take_back


def integrate(args: argparse.Namespace) -> None:
    """Menu entry, icon and file association for this person, or none of them any more. Errors: GradwireError."""
    changes, registry = _changes(args.remove), _registry()
    told = (take_back if args.remove else put)(changes, registry)
    if sys.platform == "win32":
        from compute.integration.windows import tell_explorer

        tell_explorer()
    for each in told:
        say(args, f"{'removed' if args.remove else 'wrote'} {each}")
    if args.remove:
        write("Gradwire is out of the menu." if told else "Gradwire was not in the menu.")
    else:
        write("Gradwire is in the menu, and opens .gradwire files.")


def _changes(removing: bool) -> Changes:
    start = starting()
    if sys.platform == "win32":
        folders = [os.environ.get(name) for name in ("APPDATA", "LOCALAPPDATA")]
        if not all(folders):
            raise GradwireError("APPDATA and LOCALAPPDATA are not set; start this from a person's own session")
        roaming, local = (Path(folder or "") for folder in folders)
        return windows(start, roaming, local, removing=removing)
    if sys.platform == "darwin":
        return macos(start, Path.home(), removing=removing)
    return linux(start, Path.home())


def _registry() -> Registry | None:
    if sys.platform == "win32":
        import winreg

        return winreg
    return None
