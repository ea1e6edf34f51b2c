"""The command that writes the manual."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from compute.cli.output import check_out, say
from compute.files import write_atomic
from compute.manual import Keys, contents, manual_html


def manual(args: argparse.Namespace, keys: Callable[[], Keys] | None) -> None:
    """Write it, with the window's shortcuts where there is a window. Errors: GradwireError."""
    path = Path(args.out)
    if path.is_dir():
        path /= "manual.html"
    check_out(path, (".html",))
    write_atomic(path, manual_html(contents(keys() if keys is not None else ())).encode())
    say(args, f"wrote {path}")
