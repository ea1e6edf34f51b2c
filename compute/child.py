"""Another process of this program, for what may crash, hang or take too much memory: a file of ours, run by its path.

A built application has no Python of its own beside it: there the application itself is started again, and its door
runs the file.
"""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

RUN = "--run-part"
"""The first argument by which a built application is told to run a file of its own."""


def command(path: Path, arguments: Sequence[str], *, isolated: bool = False) -> list[str]:
    """The call that runs a file of this program with arguments; ``isolated``: without what the environment says."""
    if built():
        return [sys.executable, RUN, str(path), *arguments]
    return [sys.executable, *(["-I"] if isolated else []), str(path), *arguments]


def built() -> bool:
    """Whether this is an application that was built as one folder."""
    return bool(getattr(sys, "frozen", False))


def systems_environment(given: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for programs that are not ours: a built application finds its own libraries by what it adds to
    it, and others would load those in place of the system's. given: by default this process's own."""
    environment = dict(os.environ if given is None else given)
    if built():
        for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LIBPATH"):
            before = environment.pop(f"{name}_ORIG", None)
            environment.pop(name, None)
            if before is not None:
                environment[name] = before
    return environment


def run_part(argv: Sequence[str]) -> bool:
    """What a built application does where it is started as a child; returns whether it is one. Only its own files are
    run."""
    if not (built() and len(argv) > 2 and argv[1] == RUN):
        return False
    path = Path(argv[2]).resolve()
    if Path(__file__).resolve().parents[1] not in path.parents:
        raise SystemExit(f"error: {path} is no part of the program")
    sys.argv = [str(path), *argv[3:]]
    runpy.run_path(str(path), run_name="__main__")
    return True
